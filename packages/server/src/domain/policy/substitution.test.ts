import { describe, expect, test } from 'vitest';
import { parseTemplate, substitute } from './substitution.ts';

const target = new Map<string, unknown>([
  ['name', 'n'],
  ['a(b)c', 'inside'],
  ['nothing', null],
  ['yes', true],
  ['no', false],
  ['count', 20],
  ['big', 2n ** 70n],
  ['at', new Date('2026-03-01T09:00:00Z')],
  ['tags', ['a', 'b']],
  ['metadata', { key: 'value' }],
  ['__proto__', 'p'],
  ['percent', '%(name)s'],
]);

function fill(source: string): string | null {
  const template = parseTemplate(source);
  return template === null ? null : substitute(template, target);
}

describe('a template is filled in from the target', () => {
  test.each([
    ['', ''],
    ['plain', 'plain'],
    ['%(name)s', 'n'],
    ['a%(name)sb%(count)sc', 'anb20c'],
    ['%(name)s%(name)s', 'nn'],
    ['100%%', '100%'],
    ['%%(name)s', '%(name)s'],
    ['%(a(b)c)s', 'inside'],
    ['%(nothing)s', 'None'],
    ['%(yes)s %(no)s', 'True False'],
    ['%(big)s', '1180591620717411303424'],
    ['%(at)s', '2026-03-01T09:00:00Z'],
    ['%(tags)s', "['a', 'b']"],
    ['%(metadata)s', '{"key":"value"}'],
    ['%(__proto__)s', 'p'],
    ['%(percent)s', '%(name)s'],
  ])('%j becomes %j', (source, text) => {
    expect(fill(source)).toBe(text);
  });

  test.each(['%(missing)s', '%(name)s %(missing)s', '%(toString)s', '%(constructor)s', '%()s'])(
    '%j asks for what the target lacks',
    (source) => {
      expect(parseTemplate(source)).not.toBeNull();
      expect(fill(source)).toBeNull();
    },
  );

  test.each(['%', '50%', '%s', '%(name)', '%(name)d', '%(name', '%(name)%', '% (name)s'])(
    '%j is no template',
    (source) => {
      expect(parseTemplate(source)).toBeNull();
    },
  );
});
