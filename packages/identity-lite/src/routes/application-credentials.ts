/**
 * Application credentials: a name and a secret with which a program gets tokens for one project, with some of the roles
 * its user has there. Everybody keeps the own ones; administrators may read and delete those of others.
 */
import { currentModel, found, listReply, param, requireCaller, requireSelfOrAdmin, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import type { AccessRule } from '../access-rules.ts';
import { addEntry, removeEntries } from '../identity-edits.ts';
import { badRequest, conflict, forbidden, notFound } from '../identity-error.ts';
import { findRoleByName } from '../identity-model.ts';
import type { ApplicationCredential, IdentityModel } from '../identity-model.ts';
import type { JsonObject } from '../request-body.ts';
import { generateId, generateSecret, hashSecret } from '../secrets.ts';
import type { TokenDescription } from '../token-description.ts';
import { renderApplicationCredential } from '../views.ts';

const maxNameCharacters = 255;
const maxAccessRules = 100;
const maxRulePathCharacters = 128;
const maxCredentialsOfUser = 200;

export function listApplicationCredentials(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  const model = currentModel(call);
  const user = found(model.users, param(call, 'user'));
  return listReply(call, {
    name: 'application_credentials',
    entries: model.applicationCredentials.values().filter((credential) => credential.userId === user.id),
    render: (credential) => renderApplicationCredential(credential, v3Url(call)),
    filters: { name: (credential) => credential.name },
  });
}

export function showApplicationCredential(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  const credential = credentialOf(call, currentModel(call));
  return { status: 200, body: { application_credential: renderApplicationCredential(credential, v3Url(call)) } };
}

/** The answer shows the secret; nothing later does. */
export async function createApplicationCredential(call: Call): Promise<Reply> {
  const caller = requireCaller(call);
  if (caller.user.id !== param(call, 'user')) throw forbidden('An application credential is made by its own user.');
  refuseRestricted(caller);
  const { project } = caller;
  if (project === null) throw badRequest('An application credential is made with a token for its project.');
  const given = (await call.readBody()).object('application_credential');
  const secret = typeof given.optionalText('secret') === 'string' ? given.text('secret') : generateSecret();
  const id = generateId();
  const entry = { id, ...readEntry(call, given, caller), secret: await hashSecret(secret) };
  await call.deps.file.edit((draft) => {
    const own = [...draft.model.applicationCredentials.values()].filter((one) => one.userId === caller.user.id);
    if (own.some((other) => other.name === entry.name)) throw conflict(`The name ${entry.name} is taken.`);
    if (own.length >= maxCredentialsOfUser) throw forbidden('The user has too many application credentials.');
    addEntry(draft, 'application_credentials', { ...entry, user: caller.user.id, project: project.id });
  });
  const credential = found(currentModel(call).applicationCredentials, id);
  const view = renderApplicationCredential(credential, v3Url(call));
  return { status: 201, body: { application_credential: { ...view, secret } } };
}

export async function deleteApplicationCredential(call: Call): Promise<Reply> {
  refuseRestricted(requireSelfOrAdmin(call, param(call, 'user')));
  await call.deps.file.edit((draft) => {
    removeEntries(draft, 'application_credentials', [credentialOf(call, draft.model).index]);
  });
  return { status: 204 };
}

/** A program that got a restricted credential must not be able to make itself another one. */
function refuseRestricted(caller: TokenDescription): void {
  if (caller.applicationCredential?.restricted) {
    throw forbidden('A restricted application credential cannot manage application credentials.');
  }
}

function credentialOf(call: Call, model: IdentityModel): ApplicationCredential {
  const credential = found(model.applicationCredentials, param(call, 'credential'));
  if (credential.userId !== param(call, 'user')) throw notFound();
  return credential;
}

function readEntry(call: Call, given: JsonObject, caller: TokenDescription) {
  const accessRules = readAccessRules(given);
  return {
    name: given.text('name', maxNameCharacters),
    description: given.optionalText('description') ?? undefined,
    roles: readRoles(given, caller, currentModel(call)),
    expires_at: readExpiry(given, call.deps.now()),
    unrestricted: given.value('unrestricted') === null ? false : (given.optionalFlag('unrestricted') ?? false),
    access_rules: accessRules,
  };
}

/** Names of roles of the token; all of them when the body names none. Errors: 400 for a role the token lacks. */
function readRoles(given: JsonObject, caller: TokenDescription, model: IdentityModel): string[] {
  const wanted = given.value('roles') === undefined || given.value('roles') === null ? [] : given.objects('roles');
  if (wanted.length === 0) return caller.roles.map((role) => role.name);
  const names = wanted.map((item) => {
    const id = item.optionalText('id');
    const role = typeof id === 'string' ? model.roles.get(id) : findRoleByName(model.roles, item.text('name'));
    if (!caller.roles.some((held) => held.id === role?.id))
      throw badRequest('Your token does not have all these roles.');
    return role?.name ?? '';
  });
  return [...new Set(names)];
}

/** A time without zone means UTC, as everywhere in OpenStack. */
function readExpiry(given: JsonObject, now: Date): string | undefined {
  const text = given.optionalText('expires_at');
  if (text === undefined || text === null) return undefined;
  const time = new Date(/(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(time.getTime())) throw badRequest('application_credential.expires_at is not a time.');
  if (time <= now) throw badRequest('application_credential.expires_at must lie in the future.');
  return time.toISOString();
}

function readAccessRules(given: JsonObject): AccessRule[] | undefined {
  if (given.value('access_rules') === undefined || given.value('access_rules') === null) return undefined;
  const rules = given.objects('access_rules');
  if (rules.length > maxAccessRules) throw badRequest(`At most ${maxAccessRules} access rules are possible.`);
  return rules.map((rule) => {
    const path = rule.text('path', maxRulePathCharacters);
    if (!path.startsWith('/')) throw badRequest('The path of an access rule must start with a slash.');
    return { id: generateId(), service: rule.text('service', 64), method: rule.text('method', 16), path };
  });
}
