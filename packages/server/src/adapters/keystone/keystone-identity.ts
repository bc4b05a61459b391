/**
 * Flavor `keystone`: callers are who Keystone says their token belongs to. Headers that name an identity are never
 * looked at, wherever they come from.
 *
 * Differs: a Keystone that cannot be asked is a 503 also where the decision is delayed. Source: contract 10 §2, §3
 */
import type { Clock } from '../../ports/clock.ts';
import type { CallerClaims, IdentifiedRequest, IdentitySource, RequestHeaders } from '../../ports/identity-source.ts';
import type { TokenValidator } from './token-validator.ts';
import { catalogOf } from './validated-token.ts';
import type { AccessRule, ValidatedToken } from './validated-token.ts';

/** `disabled` believes every bearer, `permissive` all but those of Kerberos, `strict` none of a token that is bound. */
export type BindEnforcement = 'disabled' | 'permissive' | 'strict';

export interface KeystoneIdentityOptions {
  readonly validator: TokenValidator;
  readonly clock: Clock;
  /** Where clients find Keystone. */
  readonly authenticateUri: string;
  /** What a request without a valid token is worth; null refuses it. */
  readonly anonymous: CallerClaims | null;
  /**
   * False answers requests without valid tokens as Keystone's own filter does, and those with an invalid service token
   * as well; true leaves the former to the service and makes nothing of the latter.
   */
  readonly delaysDecision: boolean;
  readonly serviceTokens: {
    readonly roles: readonly string[];
    /** Whether tokens without one of these roles are invalid, instead of being merely good for less. */
    readonly required: boolean;
  };
  /** Name of this service in access rules; without it credentials that have some are good for nothing. */
  readonly serviceType: string | null;
  readonly bindEnforcement: BindEnforcement;
  readonly accessRulesAllow: (
    rules: readonly AccessRule[],
    request: { readonly service: string; readonly method: string; readonly path: string },
  ) => boolean;
}

/** `absent` without a service token, `invalid` with one that counts for nothing. */
type ServiceStatus = 'absent' | 'invalid' | ServiceCaller;

interface ServiceCaller {
  readonly token: ValidatedToken;
  /** Whether it has a role that lets it act for users: their tokens may have expired, and be meant for other calls. */
  readonly mayActForUsers: boolean;
}

export function keystoneIdentity(options: KeystoneIdentityOptions): IdentitySource {
  return {
    challenge: () => `Keystone uri="${options.authenticateUri}"`,
    refusal: options.delaysDecision ? 'page' : 'keystone',
    async identify(request) {
      const text = tokenIn(request.headers, 'x-auth-token') ?? tokenIn(request.headers, 'x-storage-token');
      if (text === null) return options.anonymous;
      const service = await identifyService(options, request.headers);
      const user = await identifyUser(options, request, { text, service });
      if (user === null || (service === 'invalid' && !options.delaysDecision)) return options.anonymous;
      return {
        ...claimsOf(user, typeof service === 'string' ? null : service.token),
        access: { token: () => text, catalog: () => catalogOf(user) },
      };
    },
  };
}

function tokenIn(headers: RequestHeaders, name: string): string | null {
  const value = headers[name];
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? null : text;
}

async function identifyService(options: KeystoneIdentityOptions, headers: RequestHeaders): Promise<ServiceStatus> {
  const text = tokenIn(headers, 'x-service-token');
  if (text === null) return 'absent';
  const token = await options.validator.validate(text, { allowExpired: false });
  if (token === null || hasExpired(options, token) || !bindAllows(options, token)) return 'invalid';
  const { roles, required } = options.serviceTokens;
  const hasRole = token.roles.some((role) => roles.includes(role));
  return required && !hasRole ? 'invalid' : { token, mayActForUsers: hasRole };
}

async function identifyUser(
  options: KeystoneIdentityOptions,
  request: IdentifiedRequest,
  { text, service }: { readonly text: string; readonly service: ServiceStatus },
): Promise<ValidatedToken | null> {
  const comesFromService = typeof service !== 'string' && service.mayActForUsers;
  const token = await options.validator.validate(text, { allowExpired: comesFromService });
  if (token === null || !bindAllows(options, token)) return null;
  // A service acts for the user in the course of a call that was allowed.
  if (comesFromService) return knowsService(options, token) ? token : null;
  return !hasExpired(options, token) && rulesAllow(options, token, request) ? token : null;
}

/** A kept token has to be asked each time. */
function hasExpired({ clock }: KeystoneIdentityOptions, token: ValidatedToken): boolean {
  return token.expiresAtMilliseconds <= clock.now().getTime();
}

/** Whether the application credential behind the token, if there is one, is for calls like this. */
function rulesAllow(options: KeystoneIdentityOptions, token: ValidatedToken, request: IdentifiedRequest): boolean {
  const { serviceType: service, accessRulesAllow } = options;
  if (token.accessRules === null) return true;
  if (service === null || !knowsService(options, token)) return false;
  return accessRulesAllow(token.accessRules, { service, method: request.method, path: request.path });
}

/** Rules are about services by the names of the catalog; where this one has none, no rule can be about it. */
function knowsService({ serviceType }: KeystoneIdentityOptions, token: ValidatedToken): boolean {
  return token.accessRules === null || (serviceType !== null && token.serviceTypes.includes(serviceType));
}

/** What a bearer would have to prove is known to a web server in front, and not to us. */
function bindAllows({ bindEnforcement }: KeystoneIdentityOptions, { bindKinds }: ValidatedToken): boolean {
  if (bindEnforcement === 'disabled') return true;
  return bindEnforcement === 'strict' ? bindKinds.length === 0 : !bindKinds.includes('kerberos');
}

function claimsOf(token: ValidatedToken, service: ValidatedToken | null): CallerClaims {
  return {
    userId: token.user.id,
    userDomainId: token.user.domainId,
    projectId: token.project?.id ?? null,
    projectDomainId: token.project?.domainId ?? null,
    domainId: token.domainId,
    systemScope: token.systemScope,
    roles: token.roles.map((role) => role.toLowerCase()),
    serviceRoles: service?.roles ?? [],
    serviceUserId: service?.user.id ?? null,
    serviceUserDomainId: service?.user.domainId ?? null,
    serviceProjectId: service?.project?.id ?? null,
    serviceProjectDomainId: service?.project?.domainId ?? null,
    isAdminProject: token.isAdminProject,
    readOnly: false,
    names: { user_name: token.user.name ?? '', project_name: token.project?.name ?? '' },
  };
}
