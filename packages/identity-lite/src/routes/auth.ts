/**
 * Tokens: issue, show, check, revoke; and what the caller's own token can reach.
 */
import { authenticate } from '../authentication.ts';
import { currentModel, found, isOn, listReply, requireCaller, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { renderCatalog } from '../catalog.ts';
import { forbidden, notFound, unauthorized } from '../identity-error.ts';
import { assignedRoles, domainsOf, projectsOf } from '../identity-model.ts';
import type { User } from '../identity-model.ts';
import { hasRole } from '../token-description.ts';
import type { CheckedToken } from '../tokens.ts';
import { renderToken } from '../token-view.ts';
import { renderDomain, renderProject } from '../views.ts';

export async function issueToken(call: Call): Promise<Reply> {
  const claims = await authenticate(call.deps, await call.readBody());
  const token = call.deps.tokens.sign(claims);
  const issued = call.deps.tokens.check(token);
  // The file may have changed since the password was checked.
  if (issued === undefined) throw unauthorized();
  return { status: 201, ...tokenReply(call, token, issued) };
}

export function showToken(call: Call): Reply {
  const subject = requireSubject(call, { allowExpired: isOn(call.query, 'allow_expired') });
  return { status: 200, ...tokenReply(call, call.headers['x-subject-token'] ?? '', subject) };
}

export async function revokeToken(call: Call): Promise<Reply> {
  await call.deps.tokens.revoke(requireSubject(call, { allowExpired: false }).claims);
  return { status: 204 };
}

/** Errors: 403 for an unscoped token, which has no catalogue. */
export function showCatalog(call: Call): Reply {
  const caller = requireCaller(call);
  if (caller.roles.length === 0) throw forbidden('An unscoped token has no catalogue.');
  return { status: 200, body: { catalog: renderCatalog(call), links: { self: `${v3Url(call)}/auth/catalog` } } };
}

export function listReachableProjects(call: Call): Reply {
  const user = callingUser(call);
  const entries = projectsOf(currentModel(call), user);
  return listReply(call, { name: 'projects', entries, render: (project) => renderProject(project, v3Url(call)) });
}

export function listReachableDomains(call: Call): Reply {
  const user = callingUser(call);
  const entries = domainsOf(currentModel(call), user);
  return listReply(call, { name: 'domains', entries, render: (domain) => renderDomain(domain, v3Url(call)) });
}

export function listReachableSystems(call: Call): Reply {
  const reachable = assignedRoles(callingUser(call), { kind: 'system', id: 'all' }).length > 0;
  return listReply(call, { name: 'system', entries: reachable ? [{ all: true }] : [], render: (system) => system });
}

function callingUser(call: Call): User {
  return found(currentModel(call).users, requireCaller(call).user.id);
}

/**
 * The token in X-Subject-Token. Errors: 401; 403 unless it is the caller's own or the caller is an administrator or a
 * service; 404 when it does not count, or has access rules and the caller does not say that it looks at them.
 */
function requireSubject(call: Call, { allowExpired }: { allowExpired: boolean }): CheckedToken {
  const caller = requireCaller(call);
  const isTrusted = hasRole(caller, 'admin') || hasRole(caller, 'service');
  const token = call.headers['x-subject-token'] ?? '';
  const subject = call.deps.tokens.check(token, { allowExpired: allowExpired && isTrusted });
  if (subject === undefined) throw notFound('There is no such token.');
  const { user, applicationCredential } = subject.description;
  if (!isTrusted && user.id !== caller.user.id) throw forbidden();
  const hasRules = applicationCredential !== null && applicationCredential.accessRules !== null;
  if (hasRules && call.method !== 'DELETE' && call.headers['openstack-identity-access-rules'] === undefined) {
    throw notFound('There is no such token.');
  }
  return subject;
}

function tokenReply(call: Call, token: string, { description }: CheckedToken): Omit<Reply, 'status'> {
  const urls = call.query.has('nocatalog') ? null : call;
  return { headers: { 'X-Subject-Token': token }, body: renderToken(description, urls) };
}
