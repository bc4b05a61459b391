/** How the service signs in to Keystone, and the document it does so with. Source: contract 10 §2 */

/** By its id, or by a name that is unique within a domain. */
export type DomainName = { readonly id: string } | { readonly name: string };
export type NamedInDomain = { readonly id: string } | { readonly name: string; readonly domain: DomainName };

export type LoginProof =
  | { readonly kind: 'password'; readonly user: NamedInDomain; readonly password: string }
  | {
      readonly kind: 'applicationCredential';
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: NamedInDomain };
      readonly secret: string;
    }
  | { readonly kind: 'token'; readonly token: string };

/** Where the token is good. An application credential brings its own project, and nothing else may be said then. */
export type LoginScope =
  | { readonly kind: 'none' }
  | { readonly kind: 'system' }
  | { readonly kind: 'domain'; readonly domain: DomainName }
  | { readonly kind: 'project'; readonly project: NamedInDomain }
  | { readonly kind: 'trust'; readonly trustId: string };

export interface KeystoneLogin {
  /** Address of Keystone, with or without its version. */
  readonly authUrl: string;
  readonly proof: LoginProof;
  readonly scope: LoginScope;
}

/** The body of `POST /v3/auth/tokens`. */
export function loginDocument({ proof, scope }: KeystoneLogin): unknown {
  const scoped = scopeDocument(scope);
  return { auth: { identity: identityDocument(proof), ...(scoped === null ? {} : { scope: scoped }) } };
}

function identityDocument(proof: LoginProof): unknown {
  switch (proof.kind) {
    case 'password':
      return { methods: ['password'], password: { user: { ...proof.user, password: proof.password } } };
    case 'applicationCredential': {
      const credential = { ...proof.credential, secret: proof.secret };
      return { methods: ['application_credential'], application_credential: credential };
    }
    case 'token':
      return { methods: ['token'], token: { id: proof.token } };
  }
}

function scopeDocument(scope: LoginScope): unknown {
  switch (scope.kind) {
    case 'none':
      return null;
    case 'system':
      return { system: { all: true } };
    case 'domain':
      return { domain: scope.domain };
    case 'project':
      return { project: scope.project };
    case 'trust':
      return { 'OS-TRUST:trust': { id: scope.trustId } };
  }
}
