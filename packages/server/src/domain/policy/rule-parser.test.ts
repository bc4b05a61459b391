import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRule, maxRuleDepth, parseRule, ruleProblems } from './rule-parser.ts';
import type { PolicyCheck, RuleSource } from './rule-parser.ts';
import { parseTemplate } from './substitution.ts';

const allow: PolicyCheck = { kind: 'allow' };
const deny: PolicyCheck = { kind: 'deny' };
const a: PolicyCheck = { kind: 'role', role: 'a' };
const b: PolicyCheck = { kind: 'role', role: 'b' };
const c: PolicyCheck = { kind: 'role', role: 'c' };
const d: PolicyCheck = { kind: 'role', role: 'd' };

function and(...parts: PolicyCheck[]): PolicyCheck {
  return { kind: 'and', parts };
}
function or(...parts: PolicyCheck[]): PolicyCheck {
  return { kind: 'or', parts };
}
function not(part: PolicyCheck): PolicyCheck {
  return { kind: 'not', part };
}

describe('the text form', () => {
  test.each<[string, PolicyCheck]>([
    ['', allow],
    ['@', allow],
    ['!', deny],
    ['role:a', a],
    ['  role:a\t\n', a],
    ['rule:x', { kind: 'rule', name: 'x' }],
    ['rule:', { kind: 'rule', name: '' }],
    ['rule:100%', { kind: 'rule', name: '100%' }],
    ['Role:a', { kind: 'match', left: 'Role', right: 'a' }],
    ['role:x:y', { kind: 'role', role: 'x:y' }],
    ['http://host/%(id)s', { kind: 'remote', url: 'http://host/%(id)s' }],
    ['https://host', { kind: 'remote', url: 'https://host' }],
    ['user_id:%(user.id)s', { kind: 'match', left: 'user_id', right: '%(user.id)s' }],
    ['user_id:', { kind: 'match', left: 'user_id', right: '' }],
    ["'public':%(visibility)s", { kind: 'match', left: "'public'", right: '%(visibility)s' }],
    ['role:a and role:b', and(a, b)],
    ['role:a AND role:b And role:c', and(a, b, c)],
    ['role:a or role:b OR role:c', or(a, b, c)],
    ['role:a or role:b and role:c', or(a, and(b, c))],
    ['role:a and role:b or role:c and role:d', or(and(a, b), and(c, d))],
    ['role:a or role:b and role:c and role:d', or(a, and(b, c, d))],
    ['(role:a or role:b) and role:c', and(or(a, b), c)],
    ['role:a and (role:b and role:c)', and(a, and(b, c))],
    ['(role:a)', a],
    ['( ( role:a ) )', a],
    ['((role:a or role:b) and (role:c))', and(or(a, b), c)],
    ['not role:a', not(a)],
    ['NOT not role:a', not(not(a))],
    ['not role:a and role:b', and(not(a), b)],
    ['role:a or not role:b and role:c', or(a, and(not(b), c))],
    ['not (role:a or role:b)', not(or(a, b))],
    ["('a':'b')", { kind: 'match', left: "'a'", right: "'b'" }],
    ['role:and', { kind: 'role', role: 'and' }],
  ])('%j', (source, check) => {
    expect(parseRule(source)).toEqual(check);
  });

  test.each([
    ['   ', 'it ends where a check is expected'],
    ['role:a role:b', '`role:b` stands where `and` or `or` is expected'],
    ['role:a not role:b', '`not` stands where `and` or `or` is expected'],
    ['role:a (role:b)', '`(` stands where `and` or `or` is expected'],
    ['and role:a', '`and` stands where a check is expected'],
    ['role:a and', 'it ends where a check is expected'],
    ['role:a or or role:b', '`or` stands where a check is expected'],
    ['not', 'it ends where a check is expected'],
    ['not and role:a', '`and` stands where a check is expected'],
    ['()', '`)` stands where a check is expected'],
    ['(', '`(` is not closed'],
    [')', '`)` stands where a check is expected'],
    ['(role:a', '`(` is not closed'],
    ['role:a)', '`)` closes nothing'],
    ['role:a and not(role:b)', '`)` closes nothing'],
    ["'role:a'", 'a text in quotes stands where a check is expected'],
    ['"role:a" or role:b', 'a text in quotes stands where a check is expected'],
    ["role:a 'b'", 'a text in quotes stands where `and` or `or` is expected'],
  ])('%j is denied as a whole', (source, problem) => {
    expect(parseRule(source)).toEqual({ kind: 'unreadable', source, problem });
  });

  test.each([
    ['foo', '`foo` is no check: it lacks a colon'],
    [':foo', '`:foo` is no check: nothing stands before its colon'],
    ["'a:b", "`'a:b` is no check: the text in quotes before its colon is not closed"],
    ['role:50%', '`role:50%` has a percent sign that starts no `%(name)s`; a plain one is written `%%`'],
  ])('%j spoils only its own part', (source, problem) => {
    const part: PolicyCheck = { kind: 'unreadable', source, problem };
    expect(parseRule(`role:a or ${source}`)).toEqual(or(a, part));
    expect(ruleProblems(parseRule(`${source} and not ${source}`))).toEqual([problem, problem]);
  });
});

describe('the list form', () => {
  test.each<[RuleSource, PolicyCheck]>([
    [[], allow],
    [['role:a'], a],
    [['role:a', 'role:b'], or(a, b)],
    [[['role:a', 'role:b']], and(a, b)],
    [[['role:a', 'role:b'], 'role:c', []], or(and(a, b), c)],
    [[[]], deny],
    [[''], deny],
    [['@'], allow],
    [[['!', 'role:a']], and(deny, a)],
    [['role:a or role:b'], { kind: 'role', role: 'a or role:b' }],
    [['(role:a)'], { kind: 'match', left: '(role', right: 'a)' }],
    [[['']], { kind: 'unreadable', source: '', problem: '`` is no check: it lacks a colon' }],
    [['not role:a'], { kind: 'match', left: 'not role', right: 'a' }],
  ])('%j', (source, check) => {
    expect(parseRule(source)).toEqual(check);
  });
});

describe('hostile rules are read without overflowing the stack', () => {
  const levels = 10_000;

  test('parentheses around a check add no depth', () => {
    expect(parseRule(`${'('.repeat(levels)}role:a${')'.repeat(levels)}`)).toEqual(a);
  });

  test.each([
    ['not', `${'not '.repeat(levels)}role:a`],
    ['nested operators', `${'(role:a or '.repeat(levels)}role:b${')'.repeat(levels)}`],
    ['alternating operators', `${'(role:a and not (role:b or '.repeat(levels)}role:b${')'.repeat(2 * levels)}`],
  ])('%s to a depth of 10,000 is denied', (_what, source) => {
    expect(parseRule(source)).toEqual({
      kind: 'unreadable',
      source,
      problem: `it is nested more than ${maxRuleDepth} levels deep`,
    });
  });

  test('exactly the greatest depth is read', () => {
    expect(parseRule(`${'not '.repeat(maxRuleDepth - 1)}role:a`).kind).toBe('not');
    expect(parseRule(`${'not '.repeat(maxRuleDepth)}role:a`).kind).toBe('unreadable');
  });

  test('a rule of 100,000 alternatives is read', () => {
    const check = parseRule(Array<string>(100_000).fill('role:a').join(' or '));
    expect(check.kind === 'or' && check.parts.length).toBe(100_000);
  });

  test.each([')'.repeat(100_000), `${')'.repeat(100_000)}x`, `role:a${'('.repeat(100_000)}b`, '%('.repeat(100_000)])(
    'long pieces without white space are read',
    (source) => {
      expect(() => parseRule(source)).not.toThrow();
    },
  );
});

describe('printing', () => {
  test.each([
    ['', '@'],
    ['((role:a)  OR (role:b AND role:c))', 'role:a or role:b and role:c'],
    ['not (not (role:a))', 'not not role:a'],
    ['(role:a or role:b) and not (role:c or role:d)', '(role:a or role:b) and not (role:c or role:d)'],
    ["role:a or ('a':'b')", "role:a or ('a':'b')"],
  ])('%j is printed as %j', (source, printed) => {
    expect(formatRule(parseRule(source))).toBe(printed);
  });

  test('what only the list form can say is printed as a list', () => {
    expect(formatRule(parseRule(['role:a b', ['role:c', 'role:d']]))).toEqual([['role:a b'], ['role:c', 'role:d']]);
  });

  const rightSide = fc
    .array(fc.constantFrom('a', 'B', '(', ')', "'", '"', ':', '.', '%%', '%(x)s', '@', '!'), { maxLength: 6 })
    .map((pieces) => pieces.join(''))
    .filter((text) => parseTemplate(text) !== null && !text.endsWith(')'));
  const leaf: fc.Arbitrary<PolicyCheck> = fc.oneof(
    fc.constantFrom<PolicyCheck>(allow, deny, a, b),
    rightSide.map((role): PolicyCheck => ({ kind: 'role', role })),
    rightSide.map((name): PolicyCheck => ({ kind: 'rule', name })),
    rightSide.map((path): PolicyCheck => ({ kind: 'remote', url: `https:${path}` })),
    fc
      .tuple(fc.constantFrom('user_id', 'a.b', "'x'", '"y"', '42', 'None', 'and', 'x(y'), rightSide)
      .map(([left, right]): PolicyCheck => ({ kind: 'match', left, right })),
  );
  const { check: anyCheck } = fc.letrec<{ check: PolicyCheck }>((tie) => ({
    check: fc.oneof(
      { maxDepth: 5 },
      leaf,
      tie('check').map((part): PolicyCheck => not(part)),
      fc.array(tie('check'), { minLength: 2, maxLength: 4 }).map((parts): PolicyCheck => and(...parts)),
      fc.array(tie('check'), { minLength: 2, maxLength: 4 }).map((parts): PolicyCheck => or(...parts)),
    ),
  }));

  test('parsing what was printed gives the same tree', () => {
    fc.assert(
      fc.property(anyCheck, (check) => {
        const printed = formatRule(check);
        expect(printed).toBeTypeOf('string');
        expect(parseRule(printed)).toEqual(check);
      }),
      { numRuns: 1000 },
    );
  });

  const piece = fc.oneof(
    fc.constantFrom(
      '(',
      ')',
      '((',
      '))',
      'and',
      'OR',
      'not',
      '@',
      '!',
      'role:a',
      "'x':y",
      "'x':'y'",
      "'q'",
      'foo',
      'x:%',
    ),
    fc.string({ maxLength: 4 }),
  );
  const anyText = fc
    .array(fc.tuple(piece, fc.constantFrom('', ' ', '\t')), { maxLength: 10 })
    .map((pieces) => pieces.flat().join(''));
  const anySource: fc.Arbitrary<RuleSource> = fc.oneof(
    anyText,
    fc.array(fc.oneof(anyText, fc.array(anyText, { maxLength: 3 })), { maxLength: 4 }),
  );

  test('whatever is read, parsing what is printed of it gives the same tree', () => {
    fc.assert(
      fc.property(anySource, (source) => {
        const check = parseRule(source);
        expect(parseRule(formatRule(check))).toEqual(check);
      }),
      { numRuns: 3000 },
    );
  });
});
