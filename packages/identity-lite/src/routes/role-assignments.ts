/**
 * Which user has which role where: on a project, a domain or the whole system.
 */
import {
  currentModel,
  found,
  isOn,
  listReply,
  param,
  requireAdmin,
  requireCaller,
  requireSelfOrAdmin,
  v3Url,
} from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { grantRole, revokeRole } from '../identity-edits.ts';
import { forbidden, notFound } from '../identity-error.ts';
import { assignedRoles, domainOf, expandRoles } from '../identity-model.ts';
import type { IdentityModel, Role, Scope, User } from '../identity-model.ts';
import { hasRole, named } from '../token-description.ts';
import { renderRole } from '../views.ts';

export function listRolesOfUser(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  const model = currentModel(call);
  const entries = assignedRoles(found(model.users, param(call, 'user')), scopeOf(call, model));
  return listReply(call, { name: 'roles', entries, render: (role) => renderRole(role, v3Url(call)) });
}

/** Errors: 404 when the user does not have the role there. */
export function checkRoleOfUser(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  const model = currentModel(call);
  const { user, role, scope } = assignmentOf(call, model);
  if (!assignedRoles(user, scope).includes(role)) throw notFound('The user does not have this role there.');
  return { status: 204 };
}

export async function addRoleToUser(call: Call): Promise<Reply> {
  requireAdmin(call);
  await call.deps.file.edit((draft) => {
    const { user, ...given } = assignmentOf(call, draft.model);
    grantRole(draft, user, given);
  });
  return { status: 204 };
}

/** Errors: 404 when the user does not have the role there. */
export async function removeRoleFromUser(call: Call): Promise<Reply> {
  requireAdmin(call);
  await call.deps.file.edit((draft) => {
    const { user, ...taken } = assignmentOf(call, draft.model);
    if (!revokeRole(draft, user, taken)) throw notFound('The user does not have this role there.');
  });
  return { status: 204 };
}

/** All assignments for administrators; others must ask for their own with `user.id`. */
export function listRoleAssignments(call: Call): Reply {
  const caller = requireCaller(call);
  const isOwn = call.query.get('user.id') === caller.user.id;
  if (!isOwn && !hasRole(caller, 'admin')) throw forbidden();
  const model = currentModel(call);
  return listReply(call, {
    name: 'role_assignments',
    entries: listAssignments(model, { effective: isOn(call.query, 'effective') }),
    render: (assignment) => renderAssignment(call, model, assignment),
    filters: {
      'user.id': ({ user }) => user.id,
      'role.id': ({ role }) => role.id,
      'scope.project.id': ({ scope }) => (scope.kind === 'project' ? scope.id : null),
      'scope.domain.id': ({ scope }) => (scope.kind === 'domain' ? scope.id : null),
      'scope.system': ({ scope }) => scope.kind === 'system',
      // No groups, no inheritance: nothing is assigned through them.
      'group.id': () => null,
      'scope.OS-INHERIT:inherited_to': () => null,
    },
  });
}

interface Assignment {
  readonly user: User;
  readonly role: Role;
  readonly scope: Scope;
}

function listAssignments(model: IdentityModel, { effective }: { effective: boolean }): Assignment[] {
  return [...model.users.values()].flatMap((user) => {
    const scopes = new Map(user.grants.map(({ scope }) => [`${scope.kind}:${scope.id}`, scope]));
    return [...scopes.values()].flatMap((scope) => {
      const assigned = assignedRoles(user, scope);
      return (effective ? expandRoles(model, assigned) : assigned).map((role) => ({ user, role, scope }));
    });
  });
}

function renderAssignment(call: Call, model: IdentityModel, { user, role, scope }: Assignment): unknown {
  const names = isOn(call.query, 'include_names');
  const path = scope.kind === 'system' ? 'system' : `${scope.kind}s/${scope.id}`;
  const inDomain = (entry: { id: string; name: string; domainId: string }): unknown =>
    names ? { ...named(entry), domain: named(domainOf(model, entry)) } : { id: entry.id };
  return {
    role: names ? named(role) : { id: role.id },
    user: inDomain(user),
    scope: renderScope(model, { scope, names, inDomain }),
    links: { assignment: `${v3Url(call)}/${path}/users/${user.id}/roles/${role.id}` },
  };
}

interface ScopeRendering {
  readonly scope: Scope;
  readonly names: boolean;
  readonly inDomain: (entry: { id: string; name: string; domainId: string }) => unknown;
}

function renderScope(model: IdentityModel, { scope, names, inDomain }: ScopeRendering): unknown {
  if (scope.kind === 'system') return { system: { all: true } };
  if (scope.kind === 'project') return { project: inDomain(found(model.projects, scope.id)) };
  return { domain: names ? named(found(model.domains, scope.id)) : { id: scope.id } };
}

function assignmentOf(call: Call, model: IdentityModel): Assignment {
  return {
    user: found(model.users, param(call, 'user')),
    role: found(model.roles, param(call, 'role')),
    scope: scopeOf(call, model),
  };
}

function scopeOf(call: Call, model: IdentityModel): Scope {
  if (call.params.has('project')) return { kind: 'project', id: found(model.projects, param(call, 'project')).id };
  if (call.params.has('domain')) return { kind: 'domain', id: found(model.domains, param(call, 'domain')).id };
  return { kind: 'system', id: 'all' };
}
