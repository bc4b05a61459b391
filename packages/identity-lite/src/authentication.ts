/**
 * Turns the body of `POST /v3/auth/tokens` into what a new token says: proves who is asking by every method named, then
 * finds the scope asked for.
 *
 * Invariant: whatever is wrong with name, secret, account or scope, the answer is the same 401.
 */
import { createHash } from 'node:crypto';
import { IdentityError, badRequest, forbidden, unauthorized } from './identity-error.ts';
import { findByName, findDomainByName, projectsOf } from './identity-model.ts';
import type { ApplicationCredential, Domain, Scope, User } from './identity-model.ts';
import type { IdentityFile, UsableModel } from './identity-file.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { JsonObject } from './request-body.ts';
import { verifySecret } from './secrets.ts';
import { generateAuditId, markSecret } from './token-codec.ts';
import type { TokenClaims } from './token-codec.ts';
import { describeToken } from './token-description.ts';
import type { Tokens } from './tokens.ts';

export interface AuthenticationDeps {
  readonly file: IdentityFile;
  readonly tokens: Tokens;
  readonly throttle: LoginThrottle;
  readonly now: () => Date;
}

/** Who was proven, and what limits the new token. */
interface Proof {
  readonly user: User;
  readonly credential: ApplicationCredential | null;
  readonly parent: TokenClaims | null;
}

/** Errors: 400 (body), 401, 403 (an application credential asked for another scope), 429, 503. */
export async function authenticate(deps: AuthenticationDeps, body: JsonObject): Promise<TokenClaims> {
  const auth = body.object('auth');
  const identity = auth.object('identity');
  const methods = identity.texts('methods') ?? [];
  if (methods.length === 0) throw badRequest('auth.identity.methods must name a method.');
  const proofs: Proof[] = [];
  for (const method of new Set(methods)) proofs.push(await prove(deps, method, identity));
  const proof = proofs.reduce(mergeProofs);
  return makeClaims(deps, { proof, methods, scope: findScope(deps.file.model(), auth, proof) });
}

/** Checks a password of a user that may not exist, slowing guesses down. Errors: 429, 503. */
export function checkPassword(
  deps: AuthenticationDeps,
  user: User | undefined,
  login: { claimed: string; password: string },
): Promise<boolean> {
  const account = user === undefined ? digest(login.claimed) : user.id;
  return deps.throttle.attempt(`user:${account}`, () => verifySecret(user?.password ?? null, login.password));
}

async function prove(deps: AuthenticationDeps, method: string, identity: JsonObject): Promise<Proof> {
  if (method === 'password') return provePassword(deps, identity.object('password').object('user'));
  if (method === 'token') return proveToken(deps, identity.object('token').text('id'));
  if (method === 'application_credential') {
    return proveApplicationCredential(deps, identity.object('application_credential'));
  }
  throw new IdentityError(401, 'This authentication method is not supported.');
}

async function provePassword(deps: AuthenticationDeps, given: JsonObject): Promise<Proof> {
  const { user, claimed } = findClaimedUser(deps.file.model(), given);
  const password = given.text('password');
  if (!(await checkPassword(deps, user, { claimed, password })) || user === undefined) throw unauthorized();
  return { user, credential: null, parent: null };
}

function proveToken(deps: AuthenticationDeps, token: string): Proof {
  const model = deps.file.model();
  const parent = deps.tokens.check(token)?.claims;
  const user = model.users.get(parent?.userId ?? '');
  if (parent === undefined || user === undefined) throw unauthorized();
  const credential = model.applicationCredentials.get(parent.applicationCredentialId ?? '') ?? null;
  return { user, credential, parent };
}

async function proveApplicationCredential(deps: AuthenticationDeps, given: JsonObject): Promise<Proof> {
  const model = deps.file.model();
  const secret = given.text('secret');
  const { credential, claimed } = findClaimedCredential(model, given);
  const account = `application_credential:${credential?.id ?? digest(claimed)}`;
  const correct = await deps.throttle.attempt(account, () => verifySecret(credential?.secret ?? null, secret));
  const user = model.users.get(credential?.userId ?? '');
  if (!correct || credential === undefined || user === undefined) throw unauthorized();
  const endsAt = credential.expiresAt?.getTime() ?? Infinity;
  if (endsAt <= deps.now().getTime()) throw unauthorized();
  return { user, credential, parent: null };
}

function findClaimedCredential(
  model: UsableModel,
  given: JsonObject,
): { credential: ApplicationCredential | undefined; claimed: string } {
  const id = given.optionalText('id');
  if (typeof id === 'string') return { credential: model.applicationCredentials.get(id), claimed: id };
  const name = given.text('name');
  const { user, claimed } = findClaimedUser(model, given.object('user'));
  const credential = model.applicationCredentials
    .values()
    .find((candidate) => candidate.userId === user?.id && candidate.name === name);
  return { credential, claimed: `${claimed}\0${name}` };
}

function findClaimedUser(model: UsableModel, given: JsonObject): { user: User | undefined; claimed: string } {
  const id = given.optionalText('id');
  if (typeof id === 'string') return { user: model.users.get(id), claimed: id };
  const name = given.text('name');
  const domain = findDomain(model, given.object('domain'));
  return {
    user: domain && findByName(model.users, domain.id, name),
    claimed: `${domain?.id ?? ''}\0${name}`,
  };
}

function findDomain(model: UsableModel, given: JsonObject): Domain | undefined {
  const id = given.optionalText('id');
  if (typeof id === 'string') return model.domains.get(id);
  return findDomainByName(model.domains, given.text('name'));
}

/** Several methods must prove the same user; the narrowest limits of all of them hold. */
function mergeProofs(left: Proof, right: Proof): Proof {
  if (left.user.id !== right.user.id) throw unauthorized();
  return {
    user: left.user,
    credential: left.credential ?? right.credential,
    parent: left.parent ?? right.parent,
  };
}

function findScope(model: UsableModel, auth: JsonObject, proof: Proof): Scope | null {
  const asked = auth.value('scope') === 'unscoped' ? undefined : auth.optionalObject('scope');
  const explicitlyUnscoped = auth.value('scope') === 'unscoped' || asked?.has('unscoped') === true;
  if (proof.credential !== null) return credentialScope(model, { asked, explicitlyUnscoped, proof });
  if (explicitlyUnscoped) return null;
  if (asked === undefined) return defaultScope(model, proof.user);
  const scope = readScope(model, asked);
  if (scope === undefined) throw unauthorized();
  return scope;
}

function credentialScope(
  model: UsableModel,
  request: { asked: JsonObject | undefined; explicitlyUnscoped: boolean; proof: Proof },
): Scope {
  const own: Scope = { kind: 'project', id: request.proof.credential?.projectId ?? '' };
  const asked = request.asked && !request.explicitlyUnscoped ? readScope(model, request.asked) : own;
  if (request.explicitlyUnscoped || asked?.kind !== 'project' || asked.id !== own.id) {
    throw forbidden('An application credential is good for its own project only.');
  }
  return own;
}

function readScope(model: UsableModel, asked: JsonObject): Scope | undefined {
  const kinds = ['project', 'domain', 'system'].filter((kind) => asked.has(kind));
  if (kinds.length !== 1) throw badRequest('auth.scope must have one of project, domain and system.');
  if (kinds[0] === 'system') {
    if (asked.object('system').value('all') !== true) throw badRequest('auth.scope.system.all must be true.');
    return { kind: 'system', id: 'all' };
  }
  if (kinds[0] === 'domain') {
    const domain = findDomain(model, asked.object('domain'));
    return domain && { kind: 'domain', id: domain.id };
  }
  const given = asked.object('project');
  const id = given.optionalText('id');
  if (typeof id === 'string') return { kind: 'project', id };
  const name = given.text('name');
  const domain = findDomain(model, given.object('domain'));
  const project = domain && findByName(model.projects, domain.id, name);
  return project && { kind: 'project', id: project.id };
}

/** Who asks for no scope gets the default project when it can be used, else an unscoped token. */
function defaultScope(model: UsableModel, user: User): Scope | null {
  if (user.defaultProjectId === null) return null;
  const usable = projectsOf(model, user).some((project) => project.id === user.defaultProjectId);
  return usable ? { kind: 'project', id: user.defaultProjectId } : null;
}

interface ClaimsRequest {
  readonly proof: Proof;
  readonly methods: readonly string[];
  readonly scope: Scope | null;
}

function makeClaims(deps: AuthenticationDeps, { proof, methods, scope }: ClaimsRequest): TokenClaims {
  const { user, credential, parent } = proof;
  const model = deps.file.model();
  const chain = parent === null ? [] : [parent.auditIds[1] ?? parent.auditIds[0] ?? ''];
  const claims: TokenClaims = {
    userId: user.id,
    scope,
    methods: [...new Set([...(parent?.methods ?? []), ...methods])],
    issuedAtMs: deps.now().getTime(),
    expiresAtMs: Math.min(
      deps.tokens.newExpiryMs(),
      parent?.expiresAtMs ?? Infinity,
      credential?.expiresAt?.getTime() ?? Infinity,
    ),
    auditIds: [generateAuditId(), ...chain],
    applicationCredentialId: credential?.id ?? null,
    // From the entry that was proven, not from the model of now: a password changed meanwhile must end this token.
    secretMark: markSecret(model.signingKey, credential === null ? user.password : credential.secret),
  };
  if (describeToken(model, claims) === undefined) throw unauthorized();
  return claims;
}

/** Names of accounts that do not exist may be long; what is remembered must not be. */
function digest(claimed: string): string {
  return createHash('sha256').update(claimed).digest('base64url');
}
