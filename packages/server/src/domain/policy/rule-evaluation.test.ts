import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NamedValues } from './named-values.ts';
import { compileRule, evaluateRule } from './rule-evaluation.ts';
import type { CompiledRule, Evaluation, RemoteQuestion, Verdict } from './rule-evaluation.ts';
import { parseRule } from './rule-parser.ts';
import type { PolicyCheck, RuleSource } from './rule-parser.ts';

interface Situation {
  readonly credentials?: Readonly<Record<string, unknown>>;
  readonly target?: Readonly<Record<string, unknown>>;
  readonly rules?: Readonly<Record<string, RuleSource>>;
  readonly askRemote?: Evaluation['askRemote'];
}

function evaluationIn({ credentials = {}, target = {}, rules = {}, askRemote }: Situation): Evaluation {
  const compiled = new Map(Object.entries(rules).map(([name, rule]) => [name, compileRule(name, parseRule(rule))]));
  return {
    rule: 'asked',
    credentials: new Map(Object.entries(credentials)),
    target: new Map(Object.entries(target)),
    findRule: (name) => compiled.get(name),
    askRemote: askRemote ?? ((url) => Promise.reject(new Error(`nobody was to be asked at ${url}`))),
  };
}

function decide(source: RuleSource, situation: Situation = {}): Verdict {
  return evaluateRule(compileRule('asked', parseRule(source)), evaluationIn(situation));
}

describe('one check', () => {
  const credentials = {
    user_id: 'u',
    project_id: null,
    is_admin_project: true,
    roles: ['admin', 'Member'],
    empty: [],
    count: 20,
    nested: { deep: { er: 'x' }, list: [{ id: 1 }, { id: 2 }], __proto__: null },
  };
  const target = { u: 'u', nothing: null, yes: true, count: 20, visibility: 'public', role: 'ADMIN', two: 2 };

  test.each<[string, boolean]>([
    ['@', true],
    ['!', false],
    ['role:admin', true],
    ['role:ADMIN', true],
    ['role:member', true],
    ['role:reader', false],
    ['role:%(role)s', true],
    ['role:%(missing)s', false],
    ['user_id:u', true],
    ['user_id:%(u)s', true],
    ['user_id:U', false],
    ['user_id:%(missing)s', false],
    ['missing:%(u)s', false],
    ['missing:None', false],
    ['missing:%(nothing)s', false],
    ['project_id:%(nothing)s', true],
    ['project_id:None', true],
    ['None:%(nothing)s', true],
    ['is_admin_project:True', true],
    ['is_admin_project:true', false],
    ['True:%(yes)s', true],
    ['False:%(yes)s', false],
    ["'public':%(visibility)s", true],
    ["'private':%(visibility)s", false],
    ['20:%(count)s', true],
    ['20.0:%(count)s', false],
    ['count:20', true],
    ['roles:admin', true],
    ['roles:reader', false],
    ['empty:', false],
    ['nested.deep.er:x', true],
    ['nested.deep:x', false],
    ['nested.list.id:%(two)s', true],
    ['nested.list.id:3', false],
    ['user_id.length:1', false],
    ['nested.constructor:None', false],
    ['constructor:None', false],
    ['toString:%(u)s', false],
    ['rule:missing', false],
    ['foo', false],
  ])('%s is %s', (source, allowed) => {
    expect(decide(source, { credentials, target })).toBe(allowed);
  });

  test('roles that are no list match nothing', () => {
    expect(decide('role:a', { credentials: { roles: 'a' } })).toBe(false);
    expect(decide('role:a')).toBe(false);
  });

  test.each(['not foo', 'not 50%:50%', 'not (foo or role:x)', 'not not not foo', ['not foo']])(
    'what cannot be read denies under a not as well: %j',
    (source) => {
      expect(decide(source)).toBe(false);
    },
  );
});

describe('rules that refer to rules', () => {
  test('a reference has the outcome of the rule', () => {
    const situation: Situation = { rules: { yes: '@', no: '!', both: 'rule:yes and not rule:no' } };
    expect(decide('rule:both', situation)).toBe(true);
    expect(decide('not rule:both', situation)).toBe(false);
  });

  test('the same rule may be referred to twice without that being a circle', () => {
    expect(decide('rule:yes and rule:also and rule:yes', { rules: { yes: '@', also: 'rule:yes' } })).toBe(true);
  });

  test.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['itself', { x: 'rule:x' }, false],
    ['itself under a not', { x: 'not rule:x' }, false],
    ['itself under two nots', { x: 'not not rule:x' }, false],
    ['two of each other', { x: 'rule:y', y: 'rule:x' }, false],
    ['two of each other under a not', { x: 'rule:y', y: 'not rule:x' }, false],
    ['itself after a way out', { x: '@ or rule:x' }, true],
    ['itself before a way out', { x: 'rule:x or @' }, true],
    ['itself before no way out', { x: 'rule:x or !' }, false],
  ])('a circle of %s cannot allow by itself', (_what, rules, allowed) => {
    expect(decide('rule:x', { rules })).toBe(allowed);
  });

  test.each(['rule:r0', 'not rule:r0'])(
    'a chain of 10,000 rules denies instead of overflowing the stack: %s',
    (rule) => {
      const rules = Object.fromEntries(
        Array.from({ length: 10_000 }, (_, index) => [`r${index}`, `rule:r${index + 1}`]),
      );
      expect(decide(rule, { rules: { ...rules, r10000: rule.startsWith('not') ? '!' : '@' } })).toBe(false);
    },
  );

  test('a chain of 500 rules is followed to its end', () => {
    const rules = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`r${index}`, `rule:r${index + 1}`]));
    expect(decide('rule:r0', { rules: { ...rules, r500: '@' } })).toBe(true);
  });
});

describe('remote checks', () => {
  function server(answers: Readonly<Record<string, boolean>>) {
    const asked: [string, RemoteQuestion][] = [];
    return {
      asked,
      askRemote: (url: string, question: RemoteQuestion) => {
        asked.push([url, question]);
        return Promise.resolve(answers[url] ?? false);
      },
    };
  }

  test('the server gets the rule asked for, the target and the credentials', async () => {
    const { asked, askRemote } = server({ 'http://host/i?x=1': true });
    const target = { id: 'i', size: 2n, huge: 2n ** 70n, nothing: null };
    const verdict = decide('rule:inner', {
      askRemote,
      target,
      credentials: { roles: ['a'] },
      rules: { inner: 'http://host/%(id)s?x=1' },
    });
    await expect(verdict).resolves.toBe(true);
    expect(asked).toEqual([
      [
        'http://host/i?x=1',
        {
          rule: 'asked',
          target: { id: 'i', size: 2, huge: '1180591620717411303424', nothing: null },
          credentials: { roles: ['a'] },
        },
      ],
    ]);
  });

  test.each<[string, boolean, readonly string[]]>([
    ['@ or http:yes', true, []],
    ['! and http:yes', false, []],
    ['http:yes or http:no', true, ['http:yes']],
    ['http:no or http:yes', true, ['http:no', 'http:yes']],
    ['http:no and http:yes', false, ['http:no']],
    ['http:yes and http:yes and !', false, ['http:yes', 'http:yes']],
    ['not http:yes', false, ['http:yes']],
    ['not (http:no or !)', true, ['http:no']],
    ['https:yes', true, ['https:yes']],
    ['http:%(missing)s', false, []],
    ['not http:%(missing)s', false, []],
  ])('%s is %s', async (source, allowed, urls) => {
    const { asked, askRemote } = server({ 'http:yes': true, 'https:yes': true });
    expect(await decide(source, { askRemote })).toBe(allowed);
    expect(asked.map(([url]) => url)).toEqual(urls);
  });

  test('a server that does not answer is an error and no denial', async () => {
    await expect(decide('http:host or @')).rejects.toThrow('nobody was to be asked at http:host');
  });
});

describe('evaluation is what a naive reading of the tree gives', () => {
  type Known = boolean | 'unknown';

  /** Three-valued: what cannot be decided stays unknown, and unknown in the end is a no. */
  function model(
    check: PolicyCheck,
    situation: Required<Pick<Situation, 'credentials' | 'target'>>,
    rules: Trees,
  ): Known {
    const recur = (part: PolicyCheck): Known => model(part, situation, rules);
    switch (check.kind) {
      case 'allow':
        return true;
      case 'deny':
        return false;
      case 'not': {
        const known = recur(check.part);
        return known === 'unknown' ? known : !known;
      }
      case 'and':
      case 'or': {
        const parts = check.parts.map((part) => recur(part));
        if (parts.includes(check.kind === 'or')) return check.kind === 'or';
        return parts.includes('unknown') ? 'unknown' : check.kind === 'and';
      }
      case 'rule': {
        const rule = rules[check.name];
        return rule === undefined ? false : recur(rule);
      }
      case 'role':
        return Object.values(situation.credentials['roles'] ?? []).includes(check.role);
      case 'match':
        return situation.credentials[check.left] === situation.target[check.right.slice(2, -2)];
      default:
        return 'unknown';
    }
  }

  type Trees = Readonly<Record<string, PolicyCheck>>;

  const value = fc.constantFrom('1', '2');
  const leaf = (references: readonly string[]): fc.Arbitrary<PolicyCheck> =>
    fc.oneof(
      fc.constantFrom<PolicyCheck>(
        { kind: 'allow' },
        { kind: 'deny' },
        { kind: 'unreadable', source: '', problem: '' },
      ),
      fc.constantFrom('a', 'b').map((role): PolicyCheck => ({ kind: 'role', role })),
      fc.constantFrom('none', ...references).map((name): PolicyCheck => ({ kind: 'rule', name })),
      fc
        .tuple(fc.constantFrom('x', 'y'), fc.constantFrom('%(x)s', '%(y)s'))
        .map(([left, right]): PolicyCheck => ({ kind: 'match', left, right })),
    );
  function tree(references: readonly string[]): fc.Arbitrary<PolicyCheck> {
    return fc.letrec<{ check: PolicyCheck }>((tie) => ({
      check: fc.oneof(
        { maxDepth: 4 },
        leaf(references),
        tie('check').map((part): PolicyCheck => ({ kind: 'not', part })),
        fc
          .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('check'), { minLength: 2, maxLength: 3 }))
          .map(([kind, parts]): PolicyCheck => ({ kind, parts })),
      ),
    })).check;
  }

  test('for any tree, any rules it refers to, any caller and any target', () => {
    const trees = fc.record({ first: tree(['second', 'third']), second: tree(['third']), third: tree([]) });
    const facts = fc.record({ x: value, y: value });
    const roles = fc.subarray(['a', 'b']);
    fc.assert(
      fc.property(trees, facts, roles, facts, (rules, caller, held, target) => {
        const credentials = { ...caller, roles: held };
        const compiled = new Map(Object.entries(rules).map(([name, check]) => [name, compileRule(name, check)]));
        const evaluation = { ...evaluationIn({ credentials, target }), findRule: (name: string) => compiled.get(name) };
        const expected = model(rules.first, { credentials, target }, rules) === true;
        expect(evaluateRule(compiled.get('first') as CompiledRule, evaluation)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });
});

test('names and values are looked up only when a check needs them', () => {
  const looked: string[] = [];
  const spy = (prefix: string): NamedValues => ({
    get: (name) => {
      looked.push(prefix + name);
      return 'v';
    },
    keys: () => [],
  });
  const evaluation = { ...evaluationIn({}), target: spy('target.'), credentials: spy('caller.') };
  expect(evaluateRule(compileRule('asked', parseRule('a:%(b)s or c:%(d)s')), evaluation)).toBe(true);
  expect(looked).toEqual(['target.b', 'caller.a']);
});
