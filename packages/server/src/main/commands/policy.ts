/**
 * `lucarne policy check | list | sample`: why a rule allows or denies, which rules are in force and where they are from,
 * and the default rules as a file. Source: contract 10 §4, §5.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { openPolicy } from '../../adapters/policy-files/policy-files.ts';
import type { PolicySource } from '../../adapters/policy-files/policy-files.ts';
import { openHttpPolicyCheck } from '../../adapters/policy-http/http-policy-check.ts';
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
import { sqlImageRepository } from '../../adapters/sql/image-repository.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { anonymous } from '../../adapters/identity/trusted-headers.ts';
import type { Settings } from '../../config/settings.ts';
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { decidingSentence, explanationLines } from '../../domain/policy/explanation-text.ts';
import { formerOwnershipAllows } from '../../domain/policy/former-ownership.ts';
import { imageTarget, newImageTarget } from '../../domain/policy/image-target.ts';
import type { PolicyTarget } from '../../domain/policy/named-values.ts';
import type { PolicyEngine, PolicyRule } from '../../domain/policy/policy-engine.ts';
import { policySample } from '../../domain/policy/policy-sample.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { identifyCaller } from '../../usecases/identify-caller.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { connectKeystone } from '../keystone.ts';
import type { ConnectedKeystone } from '../keystone.ts';
import { openLog } from '../logging.ts';
import { openDatabase } from '../open-database.ts';
import { mountPocketIdentity } from '../pocket-identity.ts';
import { policyFilesOptions } from '../policy-parts.ts';

export interface CheckArguments {
  readonly rule: string;
  /** Who asks: a token, `-` for one on standard input, or else the facts that follow. */
  readonly token: string | undefined;
  readonly roles: readonly string[] | undefined;
  readonly serviceRoles: readonly string[];
  readonly user: string | undefined;
  readonly project: string | undefined;
  readonly domain: string | undefined;
  readonly systemScope: string | undefined;
  /** Facts of what is acted upon, over those of the image. */
  readonly target: ReadonlyMap<string, string>;
  readonly image: string | undefined;
}

const allowed = 0;
const denied = 1;
const noAnswer = 2;

/** Links are not shown to anybody here. */
const anyBaseUrl = 'http://localhost';

/** Exit status 0 when the rule allows it, 1 when it denies it, 2 when there is no answer. */
export async function check(given: ConfigurationArguments, wanted: CheckArguments): Promise<number> {
  const problem = problemOf(wanted);
  if (problem !== null) return complain(problem);
  const configuration = readConfiguration(given);
  if (configuration === null) return noAnswer;
  try {
    return await explain(configuration.settings, wanted);
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

/** The rules in force, one a line, or all that is known about them as JSON. */
export async function list(given: ConfigurationArguments, { json }: { readonly json: boolean }): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  try {
    const rules = openRules(configuration.settings).current().rules();
    process.stdout.write(json ? `${JSON.stringify(rules.map(jsonOf), null, 2)}\n` : tableOf(rules));
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

export async function sample({ active }: { readonly active: boolean }): Promise<number> {
  process.stdout.write(policySample({ active }));
  return 0;
}

function problemOf({ token, roles, user, project, domain, systemScope, serviceRoles }: CheckArguments): string | null {
  const facts = [roles, user, project, domain, systemScope].some((each) => each !== undefined);
  if (token === undefined && roles === undefined) return 'Say who asks: by --token, or by --roles.';
  if (token !== undefined && (facts || serviceRoles.length > 0)) {
    return 'A token says all about its owner: --token goes with neither --roles nor the like.';
  }
  if ([project, domain, systemScope].filter((scope) => scope !== undefined).length > 1) {
    return 'A token has one scope: --project, --domain or --system-scope.';
  }
  return null;
}

function complain(problem: string): number {
  process.stderr.write(`${problem}\n`);
  return noAnswer;
}

async function explain(settings: Settings, wanted: CheckArguments): Promise<number> {
  const policy = openRules(settings);
  const engine = policy.current();
  const context = await callerOf(settings, policy, wanted);
  const image = wanted.image === undefined ? null : await findImage(settings, wanted.image);
  if (image === undefined) return complain(`There is no image with ID ${wanted.image ?? ''}.`);
  const target = targetOf(wanted.target, image, context);
  const explanation = await engine.explain(context, wanted.rule, target);
  const isAllowed = explanation.outcome === 'allows';
  const lines = [
    `${isAllowed ? 'Allowed' : 'Denied'}. ${decidingSentence(explanation)}`,
    '',
    ...explanationLines(explanation),
    ...notesOn({ engine, rule: wanted.rule, isAllowed }, context, image),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return isAllowed ? allowed : denied;
}

function openRules(settings: Settings): PolicySource {
  return openPolicy(policyFilesOptions(settings), {
    clock: systemClock,
    remoteCheck: openHttpPolicyCheck(settings.policy.remote),
    report: (event) => {
      if (event.kind === 'problem') process.stderr.write(`${event.message}\n`);
    },
  });
}

async function callerOf(settings: Settings, policy: PolicySource, wanted: CheckArguments): Promise<RequestContext> {
  const { token } = wanted;
  if (token !== undefined) return ownerOf(settings, policy, token === '-' ? (await text(process.stdin)).trim() : token);
  const candidate = {
    ...anonymous,
    requestId: 'req-policy-check',
    readOnly: false,
    roles: (wanted.roles ?? []).map((role) => role.toLowerCase()),
    serviceRoles: wanted.serviceRoles,
    userId: wanted.user ?? null,
    projectId: wanted.project ?? null,
    domainId: wanted.domain ?? null,
    systemScope: wanted.systemScope ?? null,
  };
  return { ...candidate, isAdmin: await policy.current().isAdmin(candidate) };
}

async function ownerOf(settings: Settings, policy: PolicySource, token: string): Promise<RequestContext> {
  const identity = await openIdentity(settings);
  try {
    const request = { headers: { 'x-auth-token': token }, method: 'GET', path: '/v2/images', baseUrl: anyBaseUrl };
    return await identifyCaller({ policy, identity: identity.source }, { ...request, requestId: 'req-policy-check' });
  } catch (error) {
    if (isImageServiceError(error, 'unauthorized')) throw new Error('The token is not valid.', { cause: error });
    throw error;
  } finally {
    await identity.close();
  }
}

/** The identity the service asks, too. */
async function openIdentity(settings: Settings): Promise<ConnectedKeystone> {
  const { keystone, flavor } = settings.identity;
  if (keystone !== null) return connectKeystone(keystone, false, openLog(settings.logging).log);
  if (flavor !== 'pocket') {
    throw new Error('No tokens are validated in this configuration; say by --roles who asks.');
  }
  if (!existsSync(join(settings.dataDir, 'identity'))) {
    throw new Error('There are no users yet: the service was never started here.');
  }
  const { source } = await mountPocketIdentity(settings.dataDir, anyBaseUrl, () => undefined);
  return { source, close: () => Promise.resolve() };
}

/** As administrators see it; undefined when there is none. Looking something up leaves the database as it is. */
async function findImage(settings: Settings, imageId: string): Promise<Image | undefined> {
  const database = openDatabase(settings);
  try {
    const { kind, supported } = await sqlDatabaseSchema(database).state();
    if (kind !== 'current') throw new Error(`The database is not at ${supported}: lucarne db check says why.`);
    return await sqlImageRepository(database).show({ isAdmin: true, projectId: null }, imageId);
  } finally {
    await database.close();
  }
}

/** Without any word about it, what the caller would act upon by creating something. */
function targetOf(given: ReadonlyMap<string, string>, image: Image | null, context: RequestContext): PolicyTarget {
  if (image === null) return given.size > 0 ? given : newImageTarget({ owner: null, visibility: null }, context);
  const target = imageTarget(image, context);
  return {
    get: (name) => given.get(name) ?? target.get(name),
    keys: () => new Set([...given.keys(), ...target.keys()]),
  };
}

/** What else decides about a call, besides the rule. */
function notesOn(
  { engine, rule, isAllowed }: { readonly engine: PolicyEngine; readonly rule: string; readonly isAllowed: boolean },
  context: RequestContext,
  image: Image | null,
): readonly string[] {
  if (image === null) return [];
  const isOwn = context.projectId !== null && context.projectId === image.owner;
  const notes: string[] = [];
  if (image.visibility === 'private' && !isOwn && !context.isAdmin) {
    notes.push('The image is private to another project: calls on it end with 404 before any rule is asked.');
  }
  if (image.visibility === 'shared' && !isOwn && !context.isAdmin) {
    notes.push('Projects with which the image is not shared get 404 before any rule is asked.');
  }
  if (isAllowed && !engine.enforcesNewDefaults && !formerOwnershipAllows(rule, image, context)) {
    notes.push('While enforce_new_defaults is off, only the owner of the image may do this: the call ends with 403.');
  }
  return notes.length === 0 ? [] : ['', ...notes];
}

function placeOf({ overridden, origin }: PolicyRule): string {
  if (origin !== null) return `${origin.file}:${origin.line}`;
  return overridden ? 'a policy file' : 'default';
}

function tableOf(rules: readonly PolicyRule[]): string {
  const rows = [['rule', 'from', 'check'], ...rules.map((rule) => [rule.name, placeOf(rule), rule.text])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      ([name = '', from = '', text = '']) => `${name.padEnd(widths[0] ?? 0)}  ${from.padEnd(widths[1] ?? 0)}  ${text}`,
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function jsonOf(rule: PolicyRule): object {
  return {
    name: rule.name,
    check: rule.text,
    from: placeOf(rule),
    overridden: rule.overridden,
    description: rule.description,
    operations: rule.operations.map(({ method, path }) => `${method} ${path}`),
    scope_types: rule.scopeTypes,
  };
}
