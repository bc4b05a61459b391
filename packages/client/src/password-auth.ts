/**
 * Tokens from Keystone v3 by a password or an application credential, renewed before they expire, and the image
 * endpoint from the catalogue that comes with them.
 */
import type { FetchFunction, TokenSource } from './connection.ts';
import { errorMessageOf } from './image-api-error.ts';

/** A name needs its domain, an id does not. Without a domain the one with the id `default` is meant. */
export type UserReference =
  | { readonly userId: string }
  | { readonly username: string; readonly userDomainName?: string; readonly userDomainId?: string };

export type ProjectReference =
  | { readonly projectId: string }
  | { readonly projectName: string; readonly projectDomainName?: string; readonly projectDomainId?: string };

export type PasswordCredentials = UserReference & ProjectReference & { readonly password: string };

/** A credential has its project in itself. */
export type ApplicationCredentials =
  | { readonly applicationCredentialId: string; readonly applicationCredentialSecret: string }
  | (UserReference & { readonly applicationCredentialName: string; readonly applicationCredentialSecret: string });

export interface TokenProviderOptions {
  /** Keystone's URL; a `/v3` at its end does not matter. */
  readonly authUrl: string;
  readonly fetch?: FetchFunction;
  /** How long before it expires a token is no longer given out; 60 if left out. */
  readonly renewBeforeSeconds?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface EndpointChoice {
  /** Any region if left out. */
  readonly region?: string;
  /** `public` if left out. */
  readonly interface?: 'public' | 'internal' | 'admin';
}

export interface TokenProvider {
  /** A token good for a while. Logs in if there is none, and callers at the same time share one login. */
  readonly token: TokenSource;
  /** URL of the image service in the catalogue of the token. Raises `AuthenticationError` if there is none. */
  imageEndpoint(choice?: EndpointChoice): Promise<string>;
}

/** Keystone refuses, or answers what cannot be used. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
  /** Of Keystone's answer; 401 for wrong credentials. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface CatalogEntry {
  readonly type: string;
  readonly endpoints: readonly {
    readonly url: string;
    readonly interface: string;
    readonly region_id?: string | null;
    readonly region?: string | null;
  }[];
}

interface Login {
  readonly token: string;
  readonly expiresAt: number;
  readonly catalog: readonly CatalogEntry[];
}

/** Nothing is sent until the first token is asked for. */
export function createTokenProvider(
  options: TokenProviderOptions & (PasswordCredentials | ApplicationCredentials),
): TokenProvider {
  const now = options.now ?? Date.now;
  const renewBefore = (options.renewBeforeSeconds ?? 60) * 1000;
  let pending: Promise<Login> | null = null;
  let current: Login | null = null;

  async function renew(): Promise<Login> {
    pending ??= logIn(options);
    try {
      current = await pending;
      return current;
    } finally {
      pending = null;
    }
  }

  async function login(refusedToken?: string): Promise<Login> {
    const usable = current !== null && current.token !== refusedToken && current.expiresAt - renewBefore > now();
    return usable && current !== null ? current : renew();
  }

  return {
    token: async (refusedToken) => (await login(refusedToken)).token,
    imageEndpoint: async (choice = {}) => imageEndpoint((await login()).catalog, choice),
  };
}

async function logIn(options: TokenProviderOptions & (PasswordCredentials | ApplicationCredentials)): Promise<Login> {
  const send: FetchFunction = options.fetch ?? ((url, init) => fetch(url, init));
  const authUrl = options.authUrl.replace(/\/+$/, '').replace(/\/v3$/, '');
  const response = await send(`${authUrl}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: authRequest(options) }),
  });
  const text = await response.text();
  const { status } = response;
  if (!response.ok) throw new AuthenticationError(status, errorMessageOf(text) ?? `Keystone answered ${status}.`);
  return loginOf(status, response.headers.get('x-subject-token'), text);
}

function loginOf(status: number, token: string | null, text: string): Login {
  if (token === null) throw new AuthenticationError(status, 'Keystone answered without a token that can be read.');
  try {
    // Keystone vouches for the shape.
    const body = JSON.parse(text) as { token: { expires_at: string; catalog?: readonly CatalogEntry[] } };
    return { token, expiresAt: Date.parse(body.token.expires_at), catalog: body.token.catalog ?? [] };
  } catch {
    throw new AuthenticationError(status, 'Keystone answered something that is no description of a token.');
  }
}

function imageEndpoint(catalog: readonly CatalogEntry[], choice: EndpointChoice): string {
  const wanted = choice.interface ?? 'public';
  const endpoint = catalog
    .filter(({ type }) => type === 'image')
    .flatMap(({ endpoints }) => endpoints)
    .filter((candidate) => candidate.interface === wanted)
    .find(({ region, region_id: id }) => choice.region === undefined || choice.region === (id ?? region));
  if (endpoint === undefined) {
    const where = choice.region === undefined ? '' : ` in region ${choice.region}`;
    throw new AuthenticationError(200, `The catalogue has no ${wanted} endpoint of an image service${where}.`);
  }
  return endpoint.url;
}

function authRequest(credentials: PasswordCredentials | ApplicationCredentials): object {
  if ('password' in credentials) {
    const user = { ...userReference(credentials), password: credentials.password };
    const scope = { project: projectReference(credentials) };
    return { identity: { methods: ['password'], password: { user } }, scope };
  }
  const secret = credentials.applicationCredentialSecret;
  const credential =
    'applicationCredentialId' in credentials
      ? { id: credentials.applicationCredentialId, secret }
      : { name: credentials.applicationCredentialName, user: userReference(credentials), secret };
  return { identity: { methods: ['application_credential'], application_credential: credential } };
}

function userReference(user: UserReference): object {
  if ('userId' in user) return { id: user.userId };
  return { name: user.username, domain: domainReference(user.userDomainName, user.userDomainId) };
}

function projectReference(project: ProjectReference): object {
  if ('projectId' in project) return { id: project.projectId };
  return { name: project.projectName, domain: domainReference(project.projectDomainName, project.projectDomainId) };
}

function domainReference(name: string | undefined, id: string | undefined): object {
  return name === undefined ? { id: id ?? 'default' } : { name };
}
