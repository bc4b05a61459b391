import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyTarget } from './named-values.ts';
import { decidingSentence, explanationLines } from './explanation-text.ts';
import { sampleContext, sampleEngine } from './policy-samples.testing.ts';

const target = new Map([['project_id', 'theirs']]);
const member = sampleContext({ roles: ['member'] });

describe('The sentence about a decision', () => {
  test('names the rule, each check that denied, and the rule it stands in', async () => {
    expect(decidingSentence(await sampleEngine().explain(member, 'delete_image', target))).toBe(
      'Rule `delete_image` (the default) denies: ' +
        "`role:admin` in rule `context_is_admin` (the default) denies, as the caller's roles are ['member']; " +
        "`project_id:%(project_id)s` denies, as the caller's project_id is own and the target's project_id is theirs.",
    );
  });

  test('leaves out the checks that did not decide', async () => {
    const context = sampleContext({ roles: ['admin'] });
    expect(decidingSentence(await sampleEngine().explain(context, 'delete_image', target))).toBe(
      'Rule `delete_image` (the default) allows: ' +
        "`role:admin` in rule `context_is_admin` (the default) allows, as the caller's roles are ['admin'].",
    );
  });

  test('says in which file and line a rule of the operator is', async () => {
    const origins = new Map([
      ['delete_image', { file: '/etc/glance/policy.yaml', line: 3 }],
      ['nobody', { file: '/etc/glance/policy.d/more.yaml', line: 1 }],
    ]);
    const engine = sampleEngine({ delete_image: 'role:member and rule:nobody', nobody: '!' }, { origins });
    expect(decidingSentence(await engine.explain(member, 'delete_image', target))).toBe(
      'Rule `delete_image` (/etc/glance/policy.yaml, line 3) denies: ' +
        '`!` in rule `nobody` (/etc/glance/policy.d/more.yaml, line 1) denies.',
    );
    expect(engine.rules().find(({ name }) => name === 'nobody')?.origin).toEqual(origins.get('nobody'));
  });

  test.each([
    ['not @', 'denies: `@` allows behind a `not`.'],
    ['not !', 'allows: `!` denies behind a `not`.'],
    ['not rule:turned', 'allows: `@` in rule `turned` (the default) allows.'],
    ['rule:turned', 'denies: `@` in rule `turned` (the default) allows behind a `not`.'],
    [
      'not bad',
      'denies: `bad` allows behind a `not`, as `bad` is no check: it lacks a colon; ' +
        'behind a `not` that counts as true, so that it lets nobody in.',
    ],
    ["not 'a':b", "allows: `'a':b` denies behind a `not`, as both sides are fixed texts."],
    [
      'not http://rules/%(none)s',
      'denies: `http://rules/%(none)s` allows behind a `not`, as the target has no `none`; ' +
        'behind a `not` that counts as true, so that it lets nobody in.',
    ],
  ])('says where a `not` turned a check round: %s', async (rule, expected) => {
    const engine = sampleEngine({ get_images: rule, turned: 'not @' });
    const sentence = decidingSentence(await engine.explain(member, 'get_images', target));
    expect(sentence).toBe(`Rule \`get_images\` (the default) ${expected}`);
  });

  test('says that the scope of the token decided', async () => {
    const context = sampleContext({ systemScope: 'all', roles: ['admin'] });
    expect(decidingSentence(await sampleEngine().explain(context, 'delete_image', target))).toBe(
      'Rule `delete_image` (the default) denies: ' +
        'the token is scoped to a system, and only project-scoped tokens are let in.',
    );
  });

  test('keeps the password of a web service that is asked to itself', async () => {
    const options = { askRemote: () => Promise.resolve(false) };
    const engine = sampleEngine({ get_images: 'https://me:sec@ret@rules/%(name)s' }, options);
    expect(decidingSentence(await engine.explain(member, 'get_images', new Map([['name', 'n']])))).toBe(
      'Rule `get_images` (the default) denies: ' +
        '`https://…@rules/%(name)s` denies, as `https://…@rules/%(name)s` is https://…@rules/n.',
    );
  });

  test('says that another rule stood in, and that there is none', async () => {
    expect(decidingSentence(await sampleEngine().explain(member, 'xyz', emptyTarget))).toBe(
      'Rule `default` (the default) allows: there is no rule `xyz`; `default` decides; `@` allows.',
    );
    const engine = sampleEngine({}, { defaultRule: 'gone' });
    expect(decidingSentence(await engine.explain(member, 'xyz', emptyTarget))).toBe(
      '`rule:xyz` denies: there is no such rule, and no default rule.',
    );
  });
});

test('What is explained is what is decided, and a decision always has a check that decided, for any rule', async () => {
  const check = fc.constantFrom(
    '@',
    '!',
    'role:member',
    'role:x',
    'project_id:%(project_id)s',
    'user_id:%(none)s',
    'rule:r',
    'bad',
  );
  const { rule } = fc.letrec<{ rule: string }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 5 },
      check,
      fc.tuple(tie('rule'), tie('rule')).map(([one, other]) => `(${one}) and (${other})`),
      fc.tuple(tie('rule'), tie('rule')).map(([one, other]) => `(${one}) or (${other})`),
      tie('rule').map((part) => `not (${part})`),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(rule, rule, async (asked, referred) => {
      const engine = sampleEngine({ asked, r: referred });
      const explanation = await engine.explain(member, 'asked', target);
      expect(explanation.outcome === 'allows').toBe(engine.allows(member, 'asked', target));
      expect(decidingSentence(explanation)).toMatch(/^Rule `asked` \(the default\) (?:allows|denies): `.*\.$/s);
      const leaves = explanationLines(explanation).filter((line) => line.startsWith('*'));
      expect(leaves.length).toBeGreaterThan(1);
    }),
    { numRuns: 500 },
  );
});

test('The tree of a decision has a line for each part, and marks those that decided', async () => {
  const engine = sampleEngine({ get_images: 'not (role:a or rule:mine) and role:b', mine: 'role:x and role:member' });
  expect(explanationLines(await engine.explain(member, 'get_images', emptyTarget))).toEqual([
    '* rule:get_images (the default): denies',
    '*   not (role:a or rule:mine) and role:b: denies',
    '      not (role:a or rule:mine): allows',
    '        role:a or rule:mine: denies',
    "          role:a: denies; the caller's roles are ['member']",
    '          rule:mine (the default): denies',
    '            role:x and role:member: denies',
    "              role:x: denies; the caller's roles are ['member']",
    '              role:member: not asked',
    "*     role:b: denies; the caller's roles are ['member']",
  ]);
});
