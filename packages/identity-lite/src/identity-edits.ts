/**
 * Changes to identity.yaml, made on the parsed document so that comments and order of the rest survive.
 *
 * A draft is good for one call: positions in its model are those from before the change.
 */
import { isMap, isSeq } from 'yaml';
import type { IdentityDraft } from './identity-document.ts';
import { sameScope } from './identity-model.ts';
import type { IdentityModel, Project, Role, Scope, User } from './identity-model.ts';

export type Section = 'domains' | 'roles' | 'projects' | 'users' | 'application_credentials';

/** Values as the file writes them; undefined removes a key. */
export type EntryChange = Readonly<Record<string, unknown>>;

export function addEntry(draft: IdentityDraft, section: Section, entry: EntryChange): void {
  appendTo(draft, [section], entry);
}

/** Removes the entries at these places. */
export function removeEntries(draft: IdentityDraft, section: Section, indexes: readonly number[]): void {
  removeItems(draft, [section], indexes);
}

/** Also writes the project's id into everything that names it, so that a new name breaks nothing. */
export function changeProject(draft: IdentityDraft, project: Project, change: EntryChange): void {
  for (const user of draft.model.users.values()) {
    if (user.defaultProjectId === project.id)
      draft.document.setIn(['users', user.index, 'default_project'], project.id);
    for (const grant of grantsOn(user, { kind: 'project', id: project.id })) {
      draft.document.setIn(['users', user.index, 'roles', grant.index, 'project'], project.id);
    }
  }
  for (const credential of draft.model.applicationCredentials.values()) {
    if (credential.projectId !== project.id) continue;
    draft.document.setIn(['application_credentials', credential.index, 'project'], project.id);
  }
  changeEntry(draft, ['projects', project.index], { id: project.id, ...change });
}

export function changeUser(draft: IdentityDraft, user: User, change: EntryChange): void {
  for (const credential of credentialsOf(draft.model, user)) {
    draft.document.setIn(['application_credentials', credential.index, 'user'], user.id);
  }
  changeEntry(draft, ['users', user.index], { id: user.id, ...change });
}

/** Removes the project with the role assignments and application credentials for it. */
export function removeProject(draft: IdentityDraft, project: Project): void {
  for (const user of draft.model.users.values()) {
    if (user.defaultProjectId === project.id) draft.document.deleteIn(['users', user.index, 'default_project']);
    const grants = grantsOn(user, { kind: 'project', id: project.id });
    removeItems(
      draft,
      ['users', user.index, 'roles'],
      grants.map((grant) => grant.index),
    );
  }
  const credentials = draft.model.applicationCredentials.values().filter((one) => one.projectId === project.id);
  removeEntries(draft, 'application_credentials', credentials.map((one) => one.index).toArray());
  removeEntries(draft, 'projects', [project.index]);
}

/** Removes the user with its role assignments and application credentials. */
export function removeUser(draft: IdentityDraft, user: User): void {
  const indexes = credentialsOf(draft.model, user).map((credential) => credential.index);
  removeEntries(draft, 'application_credentials', indexes);
  removeEntries(draft, 'users', [user.index]);
}

/** Removes the role from the file and from everybody who has it. */
export function removeRole(draft: IdentityDraft, role: Role): void {
  for (const user of draft.model.users.values()) takeRole(draft, user, { role, within: user.grants });
  for (const credential of draft.model.applicationCredentials.values()) {
    const left = credential.roles.filter((other) => other.id !== role.id);
    if (left.length === credential.roles.length) continue;
    setRoleNames(draft, ['application_credentials', credential.index, 'roles'], left);
  }
  removeEntries(draft, 'roles', [role.index]);
}

/** Without effect when the user has the role in the scope already. */
export function grantRole(draft: IdentityDraft, user: User, given: { role: Role; scope: Scope }): void {
  const grants = grantsOn(user, given.scope);
  if (grants.some((grant) => grant.roles.some((role) => role.id === given.role.id))) return;
  const [grant] = grants;
  if (grant === undefined) {
    const entry = { [given.scope.kind]: given.scope.id, roles: [given.role.name] };
    appendTo(draft, ['users', user.index, 'roles'], entry);
  } else {
    setRoleNames(draft, ['users', user.index, 'roles', grant.index, 'roles'], [...grant.roles, given.role]);
  }
}

/** False when the user does not have the role in the scope. */
export function revokeRole(draft: IdentityDraft, user: User, taken: { role: Role; scope: Scope }): boolean {
  return takeRole(draft, user, { role: taken.role, within: grantsOn(user, taken.scope) });
}

function takeRole(draft: IdentityDraft, user: User, taken: { role: Role; within: User['grants'] }): boolean {
  const path = ['users', user.index, 'roles'];
  const affected = taken.within.filter((grant) => grant.roles.some((role) => role.id === taken.role.id));
  for (const grant of affected) {
    const left = grant.roles.filter((role) => role.id !== taken.role.id);
    setRoleNames(draft, [...path, grant.index, 'roles'], left);
  }
  const emptied = affected.filter((grant) => grant.roles.every((role) => role.id === taken.role.id));
  removeItems(
    draft,
    path,
    emptied.map((grant) => grant.index),
  );
  return affected.length > 0;
}

type Path = readonly (string | number)[];

function changeEntry(draft: IdentityDraft, path: Path, change: EntryChange): void {
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) draft.document.deleteIn([...path, key]);
    else if (typeof value === 'object') draft.document.setIn([...path, key], draft.document.createNode(value));
    // A scalar put in place of another one keeps the comment behind it.
    else draft.document.setIn([...path, key], value);
  }
}

function appendTo(draft: IdentityDraft, path: Path, entry: EntryChange): void {
  const present = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
  if (!isSeq(draft.document.getIn(path))) draft.document.setIn(path, draft.document.createNode([]));
  const list = draft.document.getIn(path);
  if (!isSeq(list)) throw new Error(`identity.yaml: cannot write to ${path.join('.')}`);
  // An empty list is written as [] and would keep everything on one line.
  if (list.items.length === 0) list.flow = false;
  const node = draft.document.createNode(present);
  const roles = isMap(node) ? node.get('roles') : undefined;
  if (isSeq(roles) && !roles.items.some(isMap)) roles.flow = true;
  list.add(node);
}

function setRoleNames(draft: IdentityDraft, path: Path, roles: readonly Role[]): void {
  const names = roles.map((role) => role.name);
  draft.document.setIn(path, draft.document.createNode(names, { flow: true }));
}

function removeItems(draft: IdentityDraft, path: Path, indexes: readonly number[]): void {
  // From the end, so that the places still to be removed stay what they are.
  for (const index of indexes.toSorted((left, right) => right - left)) draft.document.deleteIn([...path, index]);
}

function grantsOn(user: User, scope: Scope): User['grants'] {
  return user.grants.filter((grant) => sameScope(grant.scope, scope));
}

function credentialsOf(model: IdentityModel, user: User): { index: number }[] {
  return [...model.applicationCredentials.values()].filter((credential) => credential.userId === user.id);
}
