import { describe, expect, test } from 'vitest';
import type { RuleSource } from '../../domain/policy/rule-parser.ts';
import { parsePolicyDocument } from './policy-document.ts';

describe('a policy file', () => {
  test.each<[string, string, readonly (readonly [string, RuleSource])[]]>([
    ['nothing', '', []],
    ['comments', '# "get_image": ""\n', []],
    ['an empty document', '---\n', []],
    ['an empty mapping', '{}', []],
    [
      'quoted texts',
      "\"get_image\": \"role:a\"\n'b': '''public'':%(visibility)s'\n",
      [
        ['get_image', 'role:a'],
        ['b', "'public':%(visibility)s"],
      ],
    ],
    [
      'plain texts',
      'get_image: role:a and role:b\nb: rule:get_image\n',
      [
        ['get_image', 'role:a and role:b'],
        ['b', 'rule:get_image'],
      ],
    ],
    ['the empty rule', 'a: ""\n', [['a', '']]],
    [
      'texts of several lines',
      'a: >\n  role:a\n  or role:b\nb: |\n  @\n',
      [
        ['a', 'role:a or role:b\n'],
        ['b', '@\n'],
      ],
    ],
    [
      'lists',
      'a: []\nb: [role:a, [role:b, role:c]]\nc:\n  - - role:a\n    - role:b\n',
      [
        ['a', []],
        ['b', ['role:a', ['role:b', 'role:c']]],
        ['c', [['role:a', 'role:b']]],
      ],
    ],
    [
      'JSON with tabs',
      '{\n\t"a": "role:a",\n\t"b": [["role:b"]]\n}\n',
      [
        ['a', 'role:a'],
        ['b', [['role:b']]],
      ],
    ],
    [
      'words that are no texts in old YAML',
      'y: no\non: off\n1: "@"\n',
      [
        ['y', 'no'],
        ['on', 'off'],
        ['1', '@'],
      ],
    ],
    [
      'names of something built in',
      '__proto__: role:a\nconstructor: role:b\n',
      [
        ['__proto__', 'role:a'],
        ['constructor', 'role:b'],
      ],
    ],
  ])('may hold %s', (_what, source, rules) => {
    expect(parsePolicyDocument(source)).toMatchObject({ rules: new Map(rules), problems: [] });
  });

  test.each([
    ['a: "role:a', /line 1/],
    ['a: @\n', /line 1, column 4/],
    ['a: role:a\nb: "x" y\n', /line 2/],
    ['a: role: b\n', /line 1/],
    ['a: role:a\n---\nb: role:b\n', /multiple documents/],
    ['a: !custom role:a\n', /tag/],
    ['- role:a\n', /not a mapping/],
    ['role:a\n', /not a mapping/],
    ['b: role:b\n\na: 1\n', /rule `a` is neither a text nor a list of texts at line 3/],
    ['a: true\n', /rule `a` is neither/],
    ['a: {b: role:c}\n', /rule `a` is neither/],
    ['a: [1]\n', /rule `a` is neither/],
    ['a: [[[role:a]]]\n', /rule `a` is neither/],
    ['a: *unknown\n', /alias/i],
  ])('%j is refused', (source, reason) => {
    expect(() => parsePolicyDocument(source)).toThrow(reason);
  });

  test('a repeated rule counts the last time and is pointed out', () => {
    expect(parsePolicyDocument('a: role:a\nb: "@"\na: role:c\n')).toMatchObject({
      rules: new Map([
        ['a', 'role:c'],
        ['b', '@'],
      ]),
      problems: ['Rule `a` stands more than once; the last one counts.'],
    });
  });

  test('a rule without a value allows everybody and is pointed out', () => {
    expect(parsePolicyDocument('a:\nb: ~\n')).toMatchObject({
      rules: new Map([
        ['a', ''],
        ['b', ''],
      ]),
      problems: [
        'Rule `a` is empty and so allows everybody; write "" if that is meant.',
        'Rule `b` is empty and so allows everybody; write "" if that is meant.',
      ],
    });
  });

  test('an exclamation mark without quotes denies and is pointed out', () => {
    const problems = ['An exclamation mark stands without quotes; it is taken as "!", which denies.'];
    expect(parsePolicyDocument('a: !\nb: [!, role:b]\nc: ! ""\n')).toMatchObject({
      rules: new Map<string, RuleSource>([
        ['a', '!'],
        ['b', ['!', 'role:b']],
        ['c', ''],
      ]),
      problems,
    });
  });

  test('aliases and merge keys are followed', () => {
    expect([...parsePolicyDocument('a: &list [role:a]\nb: *list\n<<: {c: role:c}\n').rules]).toEqual([
      ['a', ['role:a']],
      ['b', ['role:a']],
      ['c', 'role:c'],
    ]);
  });

  test('each rule has its line', () => {
    const text = '# first\na: role:a\n"b": [role:b,\n  role:c]\n\nc: >\n  role:c\na: role:d\n<<: {d: role:e}\n';
    expect([...parsePolicyDocument(text).lines]).toEqual([
      ['a', 8],
      ['b', 3],
      ['c', 6],
      ['d', 9],
    ]);
  });

  test('aliases cannot be used to fill the memory', () => {
    const levels = Array.from({ length: 30 }, (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`);
    expect(() => parsePolicyDocument(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toThrow();
  });
});
