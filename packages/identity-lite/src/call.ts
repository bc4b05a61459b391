/**
 * One request to the pocket identity service as its handlers see it, and the two questions nearly all of them ask
 * first: who is calling, and is it an administrator.
 *
 * Whoever has the role admin in any scope administers everything, as with Keystone's own default.
 */
import type { AuthenticationDeps } from './authentication.ts';
import { forbidden, notFound, unauthorized } from './identity-error.ts';
import type { IdentityModel } from './identity-model.ts';
import type { JsonObject } from './request-body.ts';
import { hasRole } from './token-description.ts';
import type { TokenDescription } from './token-description.ts';

export interface Call {
  readonly deps: AuthenticationDeps;
  readonly method: string;
  /** Below the mount, such as `/v3/projects`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** The variable parts of the path, decoded. */
  readonly params: ReadonlyMap<string, string>;
  /** Scheme and host, no slash at the end. */
  readonly baseUrl: string;
  /** URL of the service itself, no version and no slash at the end. */
  readonly mountUrl: string;
  readonly readBody: () => Promise<JsonObject>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Rendered as JSON; none for 204. */
  readonly body?: unknown;
}

/** The caller's token. Errors: 401. */
export function requireCaller(call: Call): TokenDescription {
  const request = { service: 'identity', method: call.method, path: call.path };
  const checked = call.deps.tokens.checkForRequest(call.headers['x-auth-token'] ?? '', request);
  if (checked === undefined) throw unauthorized();
  return checked.description;
}

/** Errors: 401, 403. */
export function requireAdmin(call: Call): TokenDescription {
  const caller = requireCaller(call);
  if (!hasRole(caller, 'admin')) throw forbidden();
  return caller;
}

/** Errors: 401, 403 unless the caller is this user or an administrator. */
export function requireSelfOrAdmin(call: Call, userId: string): TokenDescription {
  const caller = requireCaller(call);
  if (caller.user.id !== userId && !hasRole(caller, 'admin')) throw forbidden();
  return caller;
}

/** A variable part of the path. */
export function param(call: Call, name: string): string {
  return call.params.get(name) ?? '';
}

/** The entry a variable part of the path names by id. Errors: 404. */
export function found<T>(entries: ReadonlyMap<string, T>, id: string): T {
  const entry = entries.get(id);
  if (entry === undefined) throw notFound(`Nothing here has the id ${id}.`);
  return entry;
}

export function currentModel(call: Call): IdentityModel {
  return call.deps.file.model();
}

export function v3Url(call: Call): string {
  return `${call.mountUrl}/v3`;
}

export interface Listing<T> {
  /** Name of the list in the body. */
  readonly name: string;
  readonly entries: Iterable<T>;
  readonly render: (entry: T) => unknown;
  /** Query parameter → value of an entry; an entry stays when all that are given are equal. */
  readonly filters?: Readonly<Record<string, (entry: T) => string | boolean | null>>;
}

/** A list in one page; parameters that are no filters are ignored. */
export function listReply<T>(call: Call, listing: Listing<T>): Reply {
  const filters = Object.entries(listing.filters ?? {}).filter(([name]) => call.query.has(name));
  const entries = [...listing.entries].filter((entry) =>
    filters.every(([name, valueOf]) => matches(call.query.get(name) ?? '', valueOf(entry))),
  );
  const query = call.query.size === 0 ? '' : `?${call.query.toString()}`;
  const links = { next: null, self: `${call.mountUrl}${call.path}${query}`, previous: null };
  return { status: 200, body: { [listing.name]: entries.map(listing.render), links } };
}

/** Whether a parameter switches something on: given, and not `0` or `false`. */
export function isOn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !['0', 'false'].includes(value.toLowerCase());
}

function matches(wanted: string, value: string | boolean | null): boolean {
  if (typeof value !== 'boolean') return value === wanted;
  return value === !['0', 'false'].includes(wanted.toLowerCase());
}
