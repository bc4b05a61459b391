/**
 * The policy against Debian's oslo.policy and the rules of Debian's Glance: a unit-level test that needs programs, which is
 * why it stands here. Files that the tools of oslo.policy write load as they are; what rules mean the library itself says.
 */
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPolicy } from '@lucarne/server/adapters/policy-files/policy-files.ts';
import type { PolicyEvent } from '@lucarne/server/adapters/policy-files/policy-files.ts';
import { policyCredentials } from '@lucarne/server/domain/policy/credentials.ts';
import { defaultRules } from '@lucarne/server/domain/policy/default-rules.ts';
import type { PolicyEngine } from '@lucarne/server/domain/policy/policy-engine.ts';
import { policySample } from '@lucarne/server/domain/policy/policy-sample.ts';
import { sampleContext, sampleEngine } from '@lucarne/server/domain/policy/policy-samples.testing.ts';
import type { RuleSource } from '@lucarne/server/domain/policy/rule-parser.ts';
import { requirePackages } from './support/debian-packages.ts';
import { askOslo, runOsloTool } from './support/oslo-policy.ts';
import type { OsloQuestion } from './support/oslo-policy.ts';

const hasGlance = await requirePackages(['glance-api']);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-oslo-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The policy of a file, and what was said about it. */
function load(file: string): { readonly engine: PolicyEngine; readonly events: readonly PolicyEvent[] } {
  const events: PolicyEvent[] = [];
  const policy = openPolicy(
    {
      file,
      directories: [],
      searchDirectories: [],
      enforceNewDefaults: true,
      defaultRule: 'default',
      explainsDenials: false,
    },
    {
      clock: { now: () => new Date() },
      remoteCheck: { ask: () => Promise.reject(new Error('Nobody is to be asked.')) },
      report: (event) => events.push(event),
    },
  );
  return { engine: policy.current(), events };
}

/** As Keystone hands roles out: the greater ones come with the lesser ones. */
const personas = [
  ['admin', 'manager', 'member', 'reader'],
  ['member', 'reader'],
  ['member'],
  ['reader'],
  ['service'],
  [],
].flatMap((roles) => [
  sampleContext({ roles, userId: 'u' }),
  sampleContext({ roles, userId: 'u', projectId: null }),
  sampleContext({ roles, userId: 'u', projectId: 'theirs', serviceRoles: ['service'] }),
]);

const targets = [
  {},
  ...['own', 'theirs', null].flatMap((owner) =>
    ['public', 'community', 'shared', 'private'].map((visibility) => ({
      project_id: owner,
      owner,
      visibility,
      member_id: visibility === 'shared' && owner !== 'own' ? 'own' : null,
    })),
  ),
];

interface Cell extends OsloQuestion {
  readonly allowed: boolean;
}

/** Every persona on every target, with the outcome we give. */
function cellsOf(engine: PolicyEngine, rules: readonly string[]): readonly Cell[] {
  return rules.flatMap((rule) =>
    personas.flatMap((context) => {
      const facts = policyCredentials(context);
      const credentials = Object.fromEntries(Array.from(facts.keys(), (name) => [name, facts.get(name)]));
      return targets.map((target) => ({
        rule,
        credentials,
        target,
        allowed: engine.allows(context, rule, new Map(Object.entries(target))) === true,
      }));
    }),
  );
}

/** Rules whose outcome differs in some cell. */
function differing(cells: readonly Cell[], outcomes: readonly boolean[]): readonly string[] {
  expect(outcomes).toHaveLength(cells.length);
  return [...new Set(cells.filter(({ allowed }, index) => allowed !== outcomes[index]).map(({ rule }) => rule))];
}

const ownRules = Object.fromEntries(defaultRules.map(({ name, check }) => [name, check]));

describe.skipIf(!hasGlance)('Policy files of oslo.policy', () => {
  test('the sample of Glance loads as it is, and changes nothing', async () => {
    const file = join(folder, 'sample.yaml');
    await writeFile(file, await runOsloTool('oslopolicy-sample-generator'));
    const { engine, events } = load(file);
    expect(events).toEqual([]);
    expect(engine.rules().filter(({ overridden }) => overridden)).toEqual([]);
  });

  /** No rule of Glance ever had another name: were there one, a file with its former name would have to count. */
  test('say of every former default that it goes by the same name, and what it was', async () => {
    const text = (await runOsloTool('oslopolicy-sample-generator')).replace(/\n# /g, ' ');
    const former = /"(\w+)":"([^"]*)" has been deprecated since \S+ in favor of "(\w+)"/g;
    const found = [...text.matchAll(former)].map(([, name, check, successor]) => ({ name, check, successor }));
    expect(found.length).toBeGreaterThan(30);
    expect(found.filter(({ name, successor }) => name !== successor)).toEqual([]);
    const ours = new Map(defaultRules.map(({ name, check, formerCheck }) => [name, formerCheck ?? check]));
    const others = found.filter(({ name = '', check }) => ours.get(name) !== check && name !== 'default');
    expect(others.map(({ name }) => name)).toEqual([]);
  });

  /**
   * Rules of Debian's Glance that are not those of the Glance that the contract was taken from; all others mean the same to
   * every persona on every target.
   */
  const laterChanged = ['stores_info_detail'];

  test.each([
    ['the rules in force, as YAML', () => runOsloTool('oslopolicy-policy-generator')],
    ['the rules in force, in JSON', () => runOsloTool('oslopolicy-sample-generator', '--format', 'json')],
    ['rules in JSON that were converted to YAML', () => convertedRules()],
  ])('%s, load as they are and mean what the defaults mean', async (_, write) => {
    const file = join(folder, 'rules');
    await writeFile(file, await write());
    const { engine, events } = load(file);
    expect(events).toEqual([]);
    const names = engine
      .rules()
      .filter(({ overridden }) => overridden)
      .map(({ name }) => name);
    expect(names.length).toBeGreaterThan(55);
    const known = names.filter((name) => name in ownRules);
    const cells = cellsOf(engine, known);
    const defaults = sampleEngine();
    const outcomes = cellsOf(defaults, known).map(({ allowed }) => allowed);
    expect(differing(cells, outcomes)).toEqual(laterChanged);
    expect(names.filter((name) => !(name in ownRules))).toEqual([]);
  });

  /** Rules that differ from the defaults stay uncommented when they are converted. */
  async function convertedRules(): Promise<string> {
    const json = join(folder, 'policy.json');
    const rules = JSON.parse(await runOsloTool('oslopolicy-sample-generator', '--format', 'json')) as object;
    await writeFile(json, JSON.stringify(rules));
    const yaml = await runOsloTool('oslopolicy-convert-json-to-yaml', '--policy-file', json);
    return yaml.replace(/^#(?=")/gm, '');
  }
});

describe.skipIf(!hasGlance)('What rules mean to oslo.policy and to us', () => {
  test('is the same for every default rule, every persona and every target', async () => {
    const cells = cellsOf(sampleEngine(), Object.keys(ownRules));
    expect(cells.length).toBeGreaterThan(10_000);
    expect(differing(cells, await askOslo(ownRules, cells))).toEqual([]);
  });

  test('is the same for the sample that we print', async () => {
    const file = join(folder, 'own-sample.yaml');
    await writeFile(file, policySample({ active: true }));
    const { engine, events } = load(file);
    expect(events).toEqual([]);
    expect(engine.rules().filter(({ overridden }) => !overridden)).toEqual([]);
    expect(engine.rules().map(({ name, text }) => [name, text])).toEqual(
      sampleEngine()
        .rules()
        .map(({ name, text }) => [name, text]),
    );
    await writeFile(file, policySample({ active: false }));
    expect(
      load(file)
        .engine.rules()
        .filter(({ overridden }) => overridden),
    ).toEqual([]);
  });

  test('is the same for rules made at random, in both forms', async () => {
    const rules = Object.fromEntries(
      fc.sample(anyRule, { numRuns: 600, seed: 20_261_121 }).map((rule, index) => [`r${index}`, rule] as const),
    );
    const all: Readonly<Record<string, RuleSource>> = { ...rules, default: 'role:reader' };
    const cells = cellsOf(sampleEngine(all), Object.keys(rules));
    const outcomes = await askOslo({ ...ownRules, ...all }, cells);
    expect(outcomes.filter(Boolean).length).toBeGreaterThan(1000);
    expect(outcomes.filter((allowed) => !allowed).length).toBeGreaterThan(1000);
    expect(differing(cells, outcomes).map((name) => rules[name])).toEqual([]);
  });
});

const check = fc.constantFrom(
  '@',
  '!',
  'role:reader',
  'role:MEMBER',
  'role:%(visibility)s',
  'rule:context_is_admin',
  'rule:service_api',
  'rule:nothing_of_that_name',
  'project_id:%(project_id)s',
  'project_id:%(member_id)s',
  'project_id:None',
  'user_id:u',
  'roles:member',
  'service_roles:service',
  'is_admin_project:True',
  'is_admin:True',
  "'public':%(visibility)s",
  '"shared":%(visibility)s',
  'None:%(owner)s',
  'True:True',
  '1:1',
  "'x':%(missing)s",
);

/** Rules in text, with parentheses, and words in any case. */
const textRule = fc.letrec<{ rule: string }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    check,
    fc
      .tuple(tie('rule'), fc.constantFrom('and', 'AND'), tie('rule'))
      .map(([one, word, other]) => `(${one}) ${word} (${other})`),
    fc
      .tuple(tie('rule'), fc.constantFrom('or', 'Or'), tie('rule'))
      .map(([one, word, other]) => `(${one} ${word} ${other})`),
    fc.tuple(check, fc.constantFrom(' and ', ' or '), tie('rule')).map((parts) => parts.join('')),
    tie('rule').map((rule) => `not (${rule})`),
    check.map((rule) => `not ${rule}`),
  ),
})).rule;

const anyRule: fc.Arbitrary<RuleSource> = fc.oneof(
  { weight: 5, arbitrary: textRule },
  { weight: 2, arbitrary: fc.array(fc.oneof(check, fc.array(check, { maxLength: 3 })), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant('') },
);
