import { describe, expect, test } from 'vitest';
import { expandReferences } from './references.ts';

const texts: Readonly<Record<string, string | null>> = {
  'DEFAULT.host': 'example.org',
  'DEFAULT.port': '9292',
  'DEFAULT.url': 'http://$host:${port}',
  'DEFAULT.nothing': null,
  'DEFAULT.one': '$two',
  'DEFAULT.two': '$one',
  'database.host': 'db.example.org',
  'database.place': '$host',
};

function expand(text: string, group = 'DEFAULT') {
  return expandReferences(text, group, ({ group: targetGroup, name }) => texts[`${targetGroup}.${name}`]);
}

describe('expandReferences', () => {
  test.each([
    { text: 'plain', group: 'DEFAULT', expanded: 'plain' },
    { text: '$host', group: 'DEFAULT', expanded: 'example.org' },
    { text: '${host}s', group: 'DEFAULT', expanded: 'example.orgs' },
    { text: '$host', group: 'database', expanded: 'db.example.org' },
    { text: '$port', group: 'database', expanded: '9292' },
    { text: '$database.host/x', group: 'DEFAULT', expanded: 'db.example.org/x' },
    { text: '${database.host}', group: 'DEFAULT', expanded: 'db.example.org' },
    { text: '$url', group: 'database', expanded: 'http://example.org:9292' },
    { text: '$database.place', group: 'DEFAULT', expanded: 'db.example.org' },
    { text: '<$nothing>', group: 'DEFAULT', expanded: '<>' },
    { text: '$$host', group: 'DEFAULT', expanded: '$host' },
    { text: '\\$host', group: 'DEFAULT', expanded: '$host' },
    { text: 'a$ $1 $', group: 'DEFAULT', expanded: 'a$ $1 $' },
  ])('"$text" in [$group] becomes "$expanded"', ({ text, group, expanded }) => {
    expect(expand(text, group)).toEqual({ text: expanded });
  });

  test('a reference to nothing is wrong, and the sentence says how to write a dollar sign', () => {
    expect(expand('pa$word')).toEqual({
      wrong: 'the reference $word names no option; write $$ for a dollar sign',
    });
  });

  test('references in a circle are wrong instead of endless', () => {
    expect(expand('$one')).toEqual({ wrong: 'the reference $one leads back to itself' });
  });
});
