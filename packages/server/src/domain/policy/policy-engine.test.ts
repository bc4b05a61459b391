import { describe, expect, test } from 'vitest';
import { sampleImage } from '../images/image-samples.testing.ts';
import { defaultRules } from './default-rules.ts';
import { imageTarget } from './image-target.ts';
import { emptyTarget } from './named-values.ts';
import { sampleContext, sampleEngine } from './policy-samples.testing.ts';
import type { PolicyExplanation } from './rule-explanation.ts';

const admin = sampleContext({ roles: ['admin', 'member', 'reader'] });
const reader = sampleContext({ roles: ['reader'] });
const nobody = sampleContext();

describe('the scope of the token', () => {
  const apiRules = defaultRules.filter((rule) => rule.scopeTypes.length > 0).map((rule) => rule.name);
  const open = sampleEngine(Object.fromEntries(apiRules.map((name) => [name, '@'])));

  test.each([
    ['system', { systemScope: 'all', projectId: null }],
    ['domain', { domainId: 'd', projectId: null }],
  ])('a %s-scoped token is denied every call, whatever the rule says', (_scope, scope) => {
    const context = sampleContext({ ...scope, roles: ['admin'] });
    expect(apiRules.filter((rule) => open.allows(context, rule, emptyTarget) !== false)).toEqual([]);
  });

  test('a token of no scope is judged by the rule', () => {
    expect(open.allows(sampleContext({ projectId: null }), 'get_images', emptyTarget)).toBe(true);
  });

  test('building blocks and the rules of the operator are open to every scope', () => {
    const engine = sampleEngine({ mine: 'role:admin' });
    const context = sampleContext({ systemScope: 'all', roles: ['admin'] });
    expect(engine.allows(context, 'mine', emptyTarget)).toBe(true);
    expect(engine.allows(context, 'context_is_admin', emptyTarget)).toBe(true);
  });
});

describe('the rules of the operator', () => {
  test('take the place of the default', () => {
    const engine = sampleEngine({ publicize_image: 'role:reader' });
    expect(engine.allows(reader, 'publicize_image', emptyTarget)).toBe(true);
    expect(engine.allows(admin, 'publicize_image', emptyTarget)).toBe(true);
    expect(engine.allows(nobody, 'publicize_image', emptyTarget)).toBe(false);
  });

  test('a changed building block changes the rules made of it', () => {
    const engine = sampleEngine({ context_is_admin: 'role:boss' });
    expect(engine.allows(admin, 'publicize_image', emptyTarget)).toBe(false);
    expect(engine.allows(sampleContext({ roles: ['boss'] }), 'publicize_image', emptyTarget)).toBe(true);
  });

  test.each([
    ['default', {}, true],
    ['default', { default: '!' }, false],
    ['fallback', { fallback: 'role:reader' }, true],
    ['absent', {}, false],
    ['', {}, false],
  ])('a rule that does not exist is decided by rule %j of %j: %s', (defaultRule, overrides, allowed) => {
    const engine = sampleEngine({ ...overrides, get_images: 'rule:no_such_rule' }, { defaultRule });
    expect(engine.allows(reader, 'get_images', emptyTarget)).toBe(allowed);
    expect(engine.allows(reader, 'no_such_rule', emptyTarget)).toBe(allowed);
  });

  test('rules named like members of every object are ordinary rules', () => {
    const overrides = new Map([
      ['__proto__', 'role:reader'],
      ['constructor', '!'],
    ]);
    const engine = sampleEngine({}, { overrides });
    expect(engine.allows(reader, '__proto__', emptyTarget)).toBe(true);
    expect(engine.allows(reader, 'constructor', emptyTarget)).toBe(false);
    expect(engine.problems).toEqual([]);
  });
});

describe('without enforce_new_defaults', () => {
  const legacy = sampleEngine({ delete_image: '!' }, { enforceNewDefaults: false });
  const foreign = imageTarget(sampleImage({ owner: 'foreign', visibility: 'private' }), nobody);

  test.each([
    ['get_image', true],
    ['modify_image', true],
    ['add_image', true],
    ['get_metadef_namespace', true],
    ['delete_image_location', true],
    ['publicize_image', false],
    ['copy_image', false],
    ['cache_image', false],
    ['stores_info_detail', false],
    ['tasks_api_access', false],
    ['add_metadef_namespace', false],
    ['delete_image', false],
  ])('a caller without roles asks for %s: %s', (rule, allowed) => {
    expect(legacy.allows(nobody, rule, foreign)).toBe(allowed);
    expect(sampleEngine().allows(nobody, rule, foreign)).toBe(false);
  });

  test('the cache rules follow a changed manage_image_cache', () => {
    const engine = sampleEngine({ manage_image_cache: 'role:reader' }, { enforceNewDefaults: false });
    expect(engine.allows(reader, 'cache_list', emptyTarget)).toBe(true);
    expect(engine.allows(reader, 'list_cached_nodes', emptyTarget)).toBe(false);
  });
});

describe('who is an administrator', () => {
  test.each([
    ['role:admin', ['admin'], true],
    ['role:admin', ['reader'], false],
    ['user_id:user', [], true],
    ['tenant:own', [], true],
    ['user_name:root', [], true],
    ['project_name:nobody', [], false],
    ['domain_name:None', [], true],
    ['project_id:%(tenant)s', [], true],
    ['is_admin:False', [], true],
    ['role:%(user_name)s', ['root'], true],
  ])('%s of a caller with roles %j: %s', (rule, roles, expected) => {
    const engine = sampleEngine({ context_is_admin: rule });
    expect(engine.isAdmin(sampleContext({ roles }), { user_name: 'root' })).toBe(expected);
    expect(engine.problems).toEqual([]);
  });

  test('holds for tokens of every scope', () => {
    expect(sampleEngine().isAdmin(sampleContext({ systemScope: 'all', roles: ['admin'] }))).toBe(true);
  });

  test.each(['is_admin:True', 'is_admin:False', 'tenant:own', 'user:user', 'user_name:root'])(
    'other rules cannot look at %s',
    (rule) => {
      const engine = sampleEngine({ get_images: rule });
      expect(engine.allows(sampleContext({ isAdmin: true }), 'get_images', emptyTarget)).toBe(false);
    },
  );
});

describe('what looks wrong', () => {
  test('nothing in the defaults', () => {
    expect(sampleEngine().problems).toEqual([]);
    expect(sampleEngine({}, { enforceNewDefaults: false }).problems).toEqual([]);
  });

  test.each([
    ['role:a role:b', 'Rule `mine`: `role:b` stands where `and` or `or` is expected.'],
    ['foo', 'Rule `mine`: `foo` is no check: it lacks a colon.'],
    ['is_admin:True', 'Rule `mine`: nothing named `is_admin` is known about a caller, so it never matches.'],
    ['rule:x', 'Rule `mine`: it refers to rule `x`, which does not exist, so rule `default` decides instead.'],
    ['rule:mine', 'Rules refer to each other in a circle, whose last step never allows: mine → mine.'],
  ])('%s', (rule, problem) => {
    expect(sampleEngine({ mine: rule }).problems).toEqual([problem]);
  });

  test('a reference that nothing stands in for', () => {
    expect(sampleEngine({ mine: 'rule:x' }, { defaultRule: 'y' }).problems).toEqual([
      'Rule `mine`: it refers to rule `x`, which does not exist, which never allows.',
    ]);
  });

  test('a circle through a default rule', () => {
    expect(sampleEngine({ context_is_admin: 'rule:metadef_admin' }).problems).toEqual([
      'Rules refer to each other in a circle, whose last step never allows: ' +
        'context_is_admin → metadef_admin → context_is_admin.',
    ]);
  });

  test('references too many levels deep, without overflowing the stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => [`r${index}`, `rule:r${index + 1}`] as const);
    const { problems } = sampleEngine({ ...Object.fromEntries(chain), r10000: '@' });
    expect(problems).toHaveLength(10_001 - 1000);
    expect(problems).toContain(
      'Rule `r0`: it refers to rules that refer to rules too many levels deep to be followed.',
    );
  });
});

test('the rules in force are listed with what they guard', () => {
  const rules = sampleEngine({ publicize_image: '(role:a)', mine: ['x:y z'] }).rules();
  expect(rules).toHaveLength(defaultRules.length + 1);
  expect(rules.find((rule) => rule.name === 'publicize_image')).toEqual({
    name: 'publicize_image',
    text: 'role:a',
    overridden: true,
    origin: null,
    description: 'Make an image public.',
    operations: [
      { method: 'POST', path: '/v2/images' },
      { method: 'PATCH', path: '/v2/images/{image_id}' },
    ],
    scopeTypes: ['project'],
  });
  expect(rules.at(-1)).toEqual({
    name: 'mine',
    text: '[["x:y z"]]',
    overridden: true,
    origin: null,
    description: null,
    operations: [],
    scopeTypes: [],
  });
});

describe('an explanation', () => {
  /** One line a part: outcome, `!` when decisive, text, reason. */
  function lines(explanation: PolicyExplanation, indent = ''): readonly string[] {
    const { outcome, decisive, text, reason, parts } = explanation;
    const line = `${indent}${outcome}${decisive ? '!' : ''} ${text}${reason === null ? '' : ` (${reason})`}`;
    return [line, ...parts.flatMap((part) => lines(part, `${indent}  `))];
  }

  test('shows which part decided, and what was compared', async () => {
    const engine = sampleEngine({
      modify_image: "rule:mine or 'public':%(visibility)s or role:x",
      mine: 'role:a and @',
    });
    const target = imageTarget(sampleImage({ visibility: 'public' }), reader);
    expect(lines(await engine.explain(reader, 'modify_image', target))).toEqual([
      'allows! rule:modify_image',
      "  allows! rule:mine or 'public':%(visibility)s or role:x",
      '    denies rule:mine',
      '      denies! role:a and @',
      "        denies! role:a (the caller's roles are ['reader'])",
      '        not asked @',
      "    allows! 'public':%(visibility)s (the target's visibility is public)",
      '    not asked role:x',
    ]);
  });

  test('shows nots, missing values, missing rules and circles', async () => {
    const engine = sampleEngine({
      get_images: 'not (user_id:%(absent)s or rule:none or tenant:x or foo) and !',
      none: 'rule:none',
    });
    expect(lines(await engine.explain(nobody, 'get_images', emptyTarget))).toEqual([
      'denies! rule:get_images',
      '  denies! not (user_id:%(absent)s or rule:none or tenant:x or foo) and !',
      '    denies! not (user_id:%(absent)s or rule:none or tenant:x or foo)',
      '      allows! user_id:%(absent)s or rule:none or tenant:x or foo',
      "        denies user_id:%(absent)s (the caller's user_id is user and the target has no `absent`)",
      '        allows! rule:none',
      '          allows! rule:none (rule `none` refers to itself, or is too deep; it cannot allow; ' +
        'behind a `not` that counts as true, so that it lets nobody in)',
      '        not asked tenant:x',
      '        not asked foo',
      '    not asked !',
    ]);
  });

  test('shows which rule stood in for a missing one', async () => {
    expect(lines(await sampleEngine().explain(nobody, 'xyz', emptyTarget))).toEqual([
      'allows! rule:xyz (there is no rule `xyz`; `default` decides)',
      '  allows! @',
    ]);
    expect(lines(await sampleEngine({}, { defaultRule: 'gone' }).explain(nobody, 'xyz', emptyTarget))).toEqual([
      'denies! rule:xyz (there is no such rule, and no default rule)',
    ]);
  });

  test('shows that the scope decided', async () => {
    const context = sampleContext({ systemScope: 'all' });
    expect(lines(await sampleEngine().explain(context, 'get_images', emptyTarget))).toEqual([
      'denies! rule:get_images (the token is scoped to a system, and only project-scoped tokens are let in)',
    ]);
  });

  test('has the outcome that the engine gives, for every rule and several callers', async () => {
    const engine = sampleEngine();
    for (const { name } of defaultRules) {
      for (const context of [admin, reader, nobody]) {
        for (const visibility of ['public', 'private'] as const) {
          const target = imageTarget(sampleImage({ owner: 'foreign', visibility }), context);
          const { outcome } = await engine.explain(context, name, target);
          expect(outcome).toBe(engine.allows(context, name, target) ? 'allows' : 'denies');
        }
      }
    }
  });

  test('asks a remote server as the rule does', async () => {
    const engine = sampleEngine({ get_images: 'http://host' }, { askRemote: () => Promise.resolve(true) });
    expect(lines(await engine.explain(nobody, 'get_images', emptyTarget))).toEqual([
      'allows! rule:get_images',
      '  allows! http://host',
    ]);
  });
});

test('100,000 images are checked within three seconds, however busy the machine', () => {
  const engine = sampleEngine();
  const target = imageTarget(sampleImage({ owner: 'foreign', visibility: 'shared' }), reader);
  let allowed = 0;
  const start = performance.now();
  for (let count = 0; count < 100_000; count++) if (engine.allows(reader, 'get_image', target) === true) allowed++;
  const milliseconds = performance.now() - start;
  console.info(`100,000 evaluations of get_image: ${milliseconds.toFixed(0)} ms`);
  expect(allowed).toBe(100_000);
  expect(milliseconds).toBeLessThan(3000);
});
