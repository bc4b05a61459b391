/**
 * Who exists and who may do what: the content of identity.yaml in the terms the rules need, and the look-ups on it.
 *
 * Every entry knows its place in the file (`index`, -1 when it is built in), so an edit changes exactly that entry and
 * leaves comments alone.
 */
import { createHash } from 'node:crypto';
import type { AccessRule } from './access-rules.ts';

export interface Domain {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
}

export interface Role {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

export type ExtraValue = string | number | boolean;

export interface Project {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly extra: ReadonlyMap<string, ExtraValue>;
}

/** What a token or a role assignment is about; `id` is `all` for the system. */
export interface Scope {
  readonly kind: 'project' | 'domain' | 'system';
  readonly id: string;
}

export interface Grant {
  readonly index: number;
  readonly scope: Scope;
  readonly roles: readonly Role[];
}

export interface User {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly defaultProjectId: string | null;
  /** As kept in the file: hashed, or plain when written by hand. Null: cannot log in with a password. */
  readonly password: string | null;
  readonly grants: readonly Grant[];
  readonly extra: ReadonlyMap<string, ExtraValue>;
}

export interface ApplicationCredential {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly userId: string;
  readonly projectId: string;
  readonly roles: readonly Role[];
  /** As kept in the file. */
  readonly secret: string;
  readonly expiresAt: Date | null;
  readonly unrestricted: boolean;
  /** Null: no restriction. An empty list allows nothing. */
  readonly accessRules: readonly AccessRule[] | null;
}

export interface IdentityModel {
  /** Undefined in a file written by hand that the service has not completed yet. */
  readonly signingKey: string | undefined;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly projects: ReadonlyMap<string, Project>;
  readonly users: ReadonlyMap<string, User>;
  readonly applicationCredentials: ReadonlyMap<string, ApplicationCredential>;
}

export const defaultDomainId = 'default';

export const builtinRoleNames = ['admin', 'member', 'reader', 'service'] as const;

/** What a role brings with it directly. */
export const impliedRoleNames: ReadonlyMap<string, string> = new Map([
  ['admin', 'member'],
  ['member', 'reader'],
]);

/** The id of an entry that was written without one: the same in every run and on every machine. */
export function derivedId(kind: string, domainId: string, name: string): string {
  return createHash('sha256').update(`${kind}\0${domainId}\0${name}`).digest('hex').slice(0, 32);
}

export function sameScope(left: Scope, right: Scope): boolean {
  return left.kind === right.kind && left.id === right.id;
}

export function findByName<T extends { readonly name: string; readonly domainId: string }>(
  entries: ReadonlyMap<string, T>,
  domainId: string,
  name: string,
): T | undefined {
  return entries.values().find((entry) => entry.domainId === domainId && entry.name === name);
}

export function findRoleByName(roles: ReadonlyMap<string, Role>, name: string): Role | undefined {
  return roles.values().find((role) => role.name === name);
}

export function findDomainByName(domains: ReadonlyMap<string, Domain>, name: string): Domain | undefined {
  return domains.values().find((domain) => domain.name === name);
}

/** Roles given to the user in the scope as they were assigned, each once. */
export function assignedRoles(user: User, scope: Scope): Role[] {
  const roles = user.grants.filter((grant) => sameScope(grant.scope, scope)).flatMap((grant) => grant.roles);
  return [...new Map(roles.map((role) => [role.id, role])).values()];
}

/** The roles with everything they imply, each once. */
export function expandRoles(model: IdentityModel, roles: readonly Role[]): Role[] {
  const expanded = new Map<string, Role>();
  const pending = [...roles];
  for (const role of pending) {
    if (expanded.has(role.id)) continue;
    expanded.set(role.id, role);
    const implied = findRoleByName(model.roles, impliedRoleNames.get(role.name) ?? '');
    if (implied !== undefined) pending.push(implied);
  }
  return [...expanded.values()];
}

/** Projects the user can get a token for. */
export function projectsOf(model: IdentityModel, user: User): Project[] {
  return [...model.projects.values()].filter(
    (project) => isProjectUsable(model, project) && assignedRoles(user, { kind: 'project', id: project.id }).length > 0,
  );
}

/** Domains the user can get a token for. */
export function domainsOf(model: IdentityModel, user: User): Domain[] {
  return [...model.domains.values()].filter(
    (domain) => domain.enabled && assignedRoles(user, { kind: 'domain', id: domain.id }).length > 0,
  );
}

export function isProjectUsable(model: IdentityModel, project: Project): boolean {
  return project.enabled && domainOf(model, project).enabled;
}

export function domainOf(model: IdentityModel, entry: { readonly domainId: string }): Domain {
  const domain = model.domains.get(entry.domainId);
  if (domain === undefined) throw new Error(`the identity model refers to the unknown domain ${entry.domainId}`);
  return domain;
}
