/**
 * What a token is worth now: who it stands for and with which roles, looked up in the current model.
 *
 * A token stops counting when its user, project or domain is disabled or gone, when the last role in its scope is taken
 * away, when the password or secret it was made with changes, and with its application credential.
 */
import type { AccessRule } from './access-rules.ts';
import { assignedRoles, domainOf, expandRoles, isProjectUsable } from './identity-model.ts';
import type { ApplicationCredential, Role, Scope, User } from './identity-model.ts';
import type { UsableModel } from './identity-file.ts';
import { markSecret } from './token-codec.ts';
import type { TokenClaims } from './token-codec.ts';

export interface NamedId {
  readonly id: string;
  readonly name: string;
}

export interface NamedIdInDomain extends NamedId {
  readonly domain: NamedId;
}

export interface TokenDescription {
  readonly user: NamedIdInDomain;
  /** At most one of project, domain and system is set; none for an unscoped token. */
  readonly project: NamedIdInDomain | null;
  readonly domain: NamedId | null;
  readonly system: 'all' | null;
  /** With implied roles; empty for an unscoped token. */
  readonly roles: readonly NamedId[];
  readonly methods: readonly string[];
  readonly auditIds: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly applicationCredential: {
    readonly id: string;
    readonly name: string;
    readonly restricted: boolean;
    /** Null: no restriction. Otherwise only calls that `accessRulesAllow` may be served. */
    readonly accessRules: readonly AccessRule[] | null;
  } | null;
}

/** Undefined when the token does not count any more; its expiry is the caller's to look at. */
export function describeToken(model: UsableModel, claims: TokenClaims): TokenDescription | undefined {
  const user = model.users.get(claims.userId);
  if (user === undefined || !user.enabled || !domainOf(model, user).enabled) return undefined;
  const credential = credentialOf(model, claims);
  if (credential === undefined) return undefined;
  const secret = credential === null ? user.password : credential.secret;
  if (markSecret(model.signingKey, secret) !== claims.secretMark) return undefined;
  const scope = describeScope(model, claims.scope);
  if (scope === undefined) return undefined;
  const roles = claims.scope === null ? [] : rolesIn(model, { user, scope: claims.scope, credential });
  if (claims.scope !== null && roles.length === 0) return undefined;
  return {
    user: { ...named(user), domain: named(domainOf(model, user)) },
    ...scope,
    roles: roles.map(named),
    methods: claims.methods,
    auditIds: claims.auditIds,
    issuedAt: new Date(claims.issuedAtMs),
    expiresAt: new Date(claims.expiresAtMs),
    applicationCredential: credential && {
      ...named(credential),
      restricted: !credential.unrestricted,
      accessRules: credential.accessRules,
    },
  };
}

export function hasRole(token: TokenDescription, name: string): boolean {
  return token.roles.some((role) => role.name === name);
}

export function named(entry: NamedId): NamedId {
  return { id: entry.id, name: entry.name };
}

function credentialOf(model: UsableModel, claims: TokenClaims): ApplicationCredential | null | undefined {
  if (claims.applicationCredentialId === null) return null;
  const credential = model.applicationCredentials.get(claims.applicationCredentialId);
  const fits =
    credential?.userId === claims.userId &&
    claims.scope?.kind === 'project' &&
    claims.scope.id === credential.projectId;
  return fits ? credential : undefined;
}

type ScopeDescription = Pick<TokenDescription, 'project' | 'domain' | 'system'>;

function describeScope(model: UsableModel, scope: Scope | null): ScopeDescription | undefined {
  const unscoped: ScopeDescription = { project: null, domain: null, system: null };
  if (scope === null) return unscoped;
  if (scope.kind === 'system') return { ...unscoped, system: 'all' };
  if (scope.kind === 'domain') {
    const domain = model.domains.get(scope.id);
    return domain?.enabled ? { ...unscoped, domain: named(domain) } : undefined;
  }
  const project = model.projects.get(scope.id);
  if (project === undefined || !isProjectUsable(model, project)) return undefined;
  return { ...unscoped, project: { ...named(project), domain: named(domainOf(model, project)) } };
}

interface RoleQuestion {
  readonly user: User;
  readonly scope: Scope;
  readonly credential: ApplicationCredential | null;
}

/** An application credential never gives more than its user has now. */
function rolesIn(model: UsableModel, { user, scope, credential }: RoleQuestion): Role[] {
  const held = expandRoles(model, assignedRoles(user, scope));
  if (credential === null) return held;
  const heldIds = new Set(held.map((role) => role.id));
  return expandRoles(model, credential.roles).filter((role) => heldIds.has(role.id));
}
