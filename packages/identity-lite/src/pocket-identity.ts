/**
 * A pocket Keystone v3 for laptops and tests: users, projects, roles and application credentials in one YAML file,
 * tokens that are signed instead of stored. Free of any HTTP framework.
 *
 * Keeps in its directory: `identity.yaml`, and `revoked-tokens.json` once a token was revoked; both mode 0600. One
 * process should own the directory; a second one sees changes of users and projects, but not revocations.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthenticationDeps } from './authentication.ts';
import type { Call, Reply } from './call.ts';
import { createFileDurably } from './durable-file.ts';
import { createFirstIdentity } from './first-identity.ts';
import type { CreatedUser } from './first-identity.ts';
import { IdentityError, notFound, renderError } from './identity-error.ts';
import { openIdentityFile } from './identity-file.ts';
import { LoginThrottle } from './login-throttle.ts';
import { readJsonBody } from './request-body.ts';
import { Revocations } from './revocations.ts';
import { findRoute } from './routes.ts';
import type { Route } from './routes.ts';
import type { TokenDescription } from './token-description.ts';
import { Tokens } from './tokens.ts';

export interface PocketIdentityOptions {
  /** Folder that holds identity.yaml; made when missing. */
  readonly directory: string;
  readonly now?: () => Date;
  /** 86400 (a day) when not given: a laptop's tokens outlive a working day and long uploads. */
  readonly tokenLifetimeSeconds?: number;
  /** Told when identity.yaml is edited into something that cannot be read. Never holds a secret. */
  readonly report?: (problem: string) => void;
}

export interface IdentityRequest {
  readonly method: string;
  /** Below the mount, still encoded, such as `/v3/auth/tokens`; empty or `/` for the mount itself. */
  readonly path: string;
  /** Without question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body; the caller bounds it. When it rejects, the answer is 400. */
  readonly body: () => Promise<Uint8Array>;
  /** Scheme and host under which the client reached the server; links and catalogue are made from it. */
  readonly baseUrl: string;
  /** Such as `/identity`. */
  readonly mountPath: string;
}

export interface IdentityResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** JSON; empty for 204 and HEAD. */
  readonly body: string;
}

export interface ValidateOptions {
  /**
   * Set by a caller that looks at `applicationCredential.accessRules` itself; without it a token that has access rules
   * is unknown, so that nobody serves it more than it may have.
   */
  readonly enforcesAccessRules?: boolean;
}

export interface PocketIdentity {
  /** Answers a request; every failure a client can cause is an answer. Raises on I/O errors only. */
  handle(request: IdentityRequest): Promise<IdentityResponse>;
  /** What a token is worth now; undefined when it is unknown, expired, revoked, or its user lost the right to it. */
  validate(token: string, options?: ValidateOptions): TokenDescription | undefined;
  /** The first users with their passwords in clear when identity.yaml was made just now, else null. */
  readonly created: { readonly users: readonly CreatedUser[] } | null;
}

const defaultTokenLifetimeSeconds = 86_400;

/** Errors: an identity.yaml that cannot be read, with the place in it; those of the file system. */
export async function openPocketIdentity(options: PocketIdentityOptions): Promise<PocketIdentity> {
  const now = options.now ?? (() => new Date());
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const path = join(options.directory, 'identity.yaml');
  const created = await createUnlessPresent(path);
  const file = await openIdentityFile({ path, now, report: options.report ?? (() => undefined) });
  const tokens = new Tokens({
    file,
    revocations: new Revocations(join(options.directory, 'revoked-tokens.json')),
    now,
    lifetimeSeconds: options.tokenLifetimeSeconds ?? defaultTokenLifetimeSeconds,
  });
  const deps: AuthenticationDeps = { file, tokens, throttle: new LoginThrottle(now), now };
  return {
    handle: (request) => answer(deps, request),
    validate: (token, { enforcesAccessRules = false } = {}) => {
      const description = tokens.check(token)?.description;
      const isRestricted = (description?.applicationCredential?.accessRules ?? null) !== null;
      return isRestricted && !enforcesAccessRules ? undefined : description;
    },
    created,
  };
}

async function createUnlessPresent(path: string): Promise<PocketIdentity['created']> {
  if (existsSync(path)) return null;
  const first = await createFirstIdentity();
  return (await createFileDurably(path, first.text)) ? { users: first.users } : null;
}

async function answer(deps: AuthenticationDeps, request: IdentityRequest): Promise<IdentityResponse> {
  try {
    return renderReply(request, await dispatch(deps, request));
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    const challenge = { 'WWW-Authenticate': `Keystone uri="${request.baseUrl}${request.mountPath}"` };
    const headers = { ...error.headers, ...(error.status === 401 ? challenge : {}) };
    return renderReply(request, { status: error.status, headers, body: renderError(error) });
  }
}

async function dispatch(deps: AuthenticationDeps, request: IdentityRequest): Promise<Reply> {
  const path = request.path.replace(/\/$/, '');
  const route = findRoute(path);
  if (route === undefined) throw notFound();
  const handler = route.handlers.get(request.method) ?? headHandler(route, request.method);
  if (handler === undefined) throw methodNotAllowed(route);
  const call: Call = {
    deps,
    method: request.method,
    path,
    headers: request.headers,
    query: new URLSearchParams(request.query),
    params: route.params,
    baseUrl: request.baseUrl,
    mountUrl: request.baseUrl + request.mountPath,
    readBody: () => readJsonBody(request.body),
  };
  return handler(call);
}

function headHandler(route: Route, method: string) {
  return method === 'HEAD' ? route.handlers.get('GET') : undefined;
}

function methodNotAllowed(route: Route): IdentityError {
  const methods = [...route.handlers.keys()];
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return new IdentityError(405, 'This address does not know the method.', { Allow: allowed.join(', ') });
}

/** Answers depend on the token and hold secrets: nothing may keep them. */
function renderReply(request: IdentityRequest, reply: Reply): IdentityResponse {
  const body = reply.body === undefined ? '' : JSON.stringify(reply.body);
  return {
    status: reply.status,
    headers: {
      ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
      'Cache-Control': 'no-store',
      Vary: 'X-Auth-Token',
      ...reply.headers,
    },
    body: request.method === 'HEAD' ? '' : body,
  };
}
