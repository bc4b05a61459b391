/**
 * Users: administrators see and change all; everybody sees itself and changes the own password.
 */
import { checkPassword } from '../authentication.ts';
import { currentModel, found, listReply, param, requireAdmin, requireSelfOrAdmin, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { extraChange, readOptions, refuseTakenName } from '../entry-attributes.ts';
import { addEntry, changeUser, removeUser } from '../identity-edits.ts';
import type { EntryChange } from '../identity-edits.ts';
import { badRequest, unauthorized } from '../identity-error.ts';
import type { IdentityModel, User } from '../identity-model.ts';
import type { JsonObject } from '../request-body.ts';
import { generateId, hashSecret } from '../secrets.ts';
import { renderUser } from '../views.ts';

const maxNameCharacters = 255;
const readOnlyNames = ['id', 'domain_id', 'links', 'options', 'password_expires_at', 'original_password'];
const knownNames = [...readOnlyNames, 'name', 'description', 'enabled', 'password', 'default_project_id'];

export function listUsers(call: Call): Reply {
  requireAdmin(call);
  return listReply(call, {
    name: 'users',
    entries: currentModel(call).users.values(),
    render: (user) => renderUser(user, v3Url(call)),
    filters: {
      name: (user) => user.name,
      domain_id: (user) => user.domainId,
      enabled: (user) => user.enabled,
    },
  });
}

export function showUser(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  return userReply(call, 200, param(call, 'user'));
}

export async function createUser(call: Call): Promise<Reply> {
  const caller = requireAdmin(call);
  const given = (await call.readBody()).object('user');
  const domainId = given.optionalText('domain_id') ?? caller.project?.domain.id ?? caller.user.domain.id;
  const id = generateId();
  const password = await readPassword(given);
  await call.deps.file.edit((draft) => {
    if (!draft.model.domains.has(domainId)) throw badRequest('user.domain_id names no domain.');
    const name = given.text('name', maxNameCharacters);
    refuseTakenName(draft.model.users, { id, domainId, name });
    const change = readChange(given, { model: draft.model, user: undefined });
    addEntry(draft, 'users', { id, name, domain: domainId, ...password, ...change });
  });
  return userReply(call, 201, id);
}

export async function updateUser(call: Call): Promise<Reply> {
  requireAdmin(call);
  const given = (await call.readBody()).object('user');
  const password = await readPassword(given);
  await call.deps.file.edit((draft) => {
    const user = found(draft.model.users, param(call, 'user'));
    if ((given.optionalText('domain_id') ?? user.domainId) !== user.domainId) {
      throw badRequest('A user cannot move to another domain.');
    }
    const name = given.changedText('name', maxNameCharacters) ?? user.name;
    refuseTakenName(draft.model.users, { id: user.id, domainId: user.domainId, name });
    changeUser(draft, user, { name, ...password, ...readChange(given, { model: draft.model, user }) });
  });
  return userReply(call, 200, param(call, 'user'));
}

export async function deleteUser(call: Call): Promise<Reply> {
  requireAdmin(call);
  await call.deps.file.edit((draft) => removeUser(draft, found(draft.model.users, param(call, 'user'))));
  return { status: 204 };
}

/** The user's own change of password; needs the old password instead of a token, and ends the user's tokens. */
export async function changePassword(call: Call): Promise<Reply> {
  const given = (await call.readBody()).object('user');
  const userId = param(call, 'user');
  const user = currentModel(call).users.get(userId);
  const login = { claimed: userId, password: given.text('original_password') };
  const next = given.text('password');
  const correct = await checkPassword(call.deps, user, login);
  if (!correct || user === undefined || !user.enabled) throw unauthorized();
  const password = await hashSecret(next);
  await call.deps.file.edit((draft) => {
    const current = found(draft.model.users, userId);
    if (current.password !== user.password) throw unauthorized();
    changeUser(draft, current, { password });
  });
  return { status: 204 };
}

/** The kept form of a new password; null takes the password away. */
async function readPassword(given: JsonObject): Promise<EntryChange> {
  const password = given.optionalText('password');
  if (password === undefined) return {};
  return { password: password === null ? undefined : await hashSecret(given.text('password')) };
}

/** What the body changes besides name and password. */
function readChange(given: JsonObject, known: { model: IdentityModel; user: User | undefined }): EntryChange {
  readOptions(given);
  const description = given.optionalText('description');
  const enabled = given.optionalFlag('enabled');
  const projectId = given.optionalText('default_project_id');
  if (typeof projectId === 'string' && !known.model.projects.has(projectId)) {
    throw badRequest('user.default_project_id names no project.');
  }
  return {
    ...(description === undefined ? {} : { description: description ?? undefined }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(projectId === undefined ? {} : { default_project: projectId ?? undefined }),
    ...extraChange(given, knownNames, known.user?.extra),
  };
}

function userReply(call: Call, status: number, id: string): Reply {
  return { status, body: { user: renderUser(found(currentModel(call).users, id), v3Url(call)) } };
}
