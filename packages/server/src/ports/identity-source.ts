/**
 * Who sent a request, from its headers. Source: contract 10 §2, §3.
 */
import type { RequestContext } from '../domain/request-context.ts';

/** A caller without what the policy adds: whether it is an administrator. */
export type CallerClaims = Omit<RequestContext, 'requestId' | 'isAdmin'> & {
  /** Set by sources that decide it themselves; otherwise rule `context_is_admin` does. */
  readonly isAdmin?: boolean;
  /** Names, which only rule `context_is_admin` may look at. */
  readonly names?: Readonly<Record<string, string>>;
};

/** Header values by lower-case name; of a repeated header the values joined by a comma. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What of a request its identity may depend on. */
export interface IdentifiedRequest {
  readonly headers: RequestHeaders;
  readonly method: string;
  /** Path without query string, `/v2/…`, with nothing encoded that need not be; some credentials are good for some only. */
  readonly path: string;
  /** `scheme://host[prefix]` under which the client reached the service. */
  readonly baseUrl: string;
}

export interface IdentitySource {
  /**
   * null when the request carries no valid identity; it is answered 401 then. Raises `unavailable` when identity
   * cannot be checked now.
   */
  identify(request: IdentifiedRequest): Promise<CallerClaims | null>;
  /** Value of `WWW-Authenticate` on every 401, or null for none. */
  readonly challenge: ((baseUrl: string) => string) | null;
  /** How that 401 is written: as every other error, or as the filter in front of Keystone's services writes it. */
  readonly refusal: 'page' | 'keystone';
}
