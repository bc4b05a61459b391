/**
 * Who is calling: what the identity layer found out about a request, in the terms the rules need.
 * Source: contract 10 §3.
 */
export interface RequestContext {
  /** The id this request is logged under and answered with, `req-…`. */
  readonly requestId: string;
  readonly userId: string | null;
  readonly userDomainId: string | null;
  /** The project whose images are "own"; null for unscoped, domain- or system-scoped tokens. */
  readonly projectId: string | null;
  readonly projectDomainId: string | null;
  /** Set only for a domain-scoped token. */
  readonly domainId: string | null;
  /** `all` for a system-scoped token, else null. */
  readonly systemScope: string | null;
  /** Lower-cased role names of the user's token. */
  readonly roles: readonly string[];
  /** Roles of the service token, as sent; they never widen what policy rules on `role:` allow. */
  readonly serviceRoles: readonly string[];
  readonly serviceUserId: string | null;
  readonly serviceUserDomainId: string | null;
  readonly serviceProjectId: string | null;
  readonly serviceProjectDomainId: string | null;
  readonly isAdminProject: boolean;
  /** Result of rule `context_is_admin`, computed once; drives the hard-coded privileges. */
  readonly isAdmin: boolean;
  /** An anonymous caller may only read. */
  readonly readOnly: boolean;
  /** Absent for a caller who came without a token. */
  readonly access?: CallerAccess;
}

/**
 * What a caller lends the service, to act for it elsewhere. Never kept and never logged; both are functions so that
 * whatever writes a context down does not write these.
 */
export interface CallerAccess {
  token(): string;
  /** The service catalog of the token as Keystone words it, in its present shape or its former one; else undefined. */
  catalog(): unknown;
}

/** What the database needs to know about the caller to pick the rows that exist for it. */
export interface Viewer {
  readonly isAdmin: boolean;
  readonly projectId: string | null;
}
