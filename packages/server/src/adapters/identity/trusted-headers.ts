/**
 * Flavor `trusted-auth`: a fronting proxy has checked the caller and says who it is in headers. Whoever reaches the
 * listener directly can be anybody, so this is for listeners only the proxy can reach.
 * Source: contract 10 §1, §3.
 */
import type { CallerClaims, IdentitySource, RequestHeaders } from '../../ports/identity-source.ts';
import { headerList, headerValue } from './identity-headers.ts';

export function trustedHeadersIdentity(options: { readonly anonymousAccess: boolean }): IdentitySource {
  return {
    challenge: null,
    refusal: 'page',
    async identify({ headers }) {
      if (headerValue(headers, 'x-identity-status') === 'Confirmed') return claimsFrom(headers);
      return options.anonymousAccess ? anonymous : null;
    },
  };
}

/** Nobody in particular: may read what needs no role. */
export const anonymous: CallerClaims = {
  userId: null,
  userDomainId: null,
  projectId: null,
  projectDomainId: null,
  domainId: null,
  systemScope: null,
  roles: [],
  serviceRoles: [],
  serviceUserId: null,
  serviceUserDomainId: null,
  serviceProjectId: null,
  serviceProjectDomainId: null,
  isAdminProject: true,
  isAdmin: false,
  readOnly: true,
};

function claimsFrom(headers: RequestHeaders): CallerClaims {
  return {
    userId: headerValue(headers, 'x-user-id', 'x-user'),
    userDomainId: headerValue(headers, 'x-user-domain-id'),
    projectId: headerValue(headers, 'x-project-id', 'x-tenant-id', 'x-tenant'),
    projectDomainId: headerValue(headers, 'x-project-domain-id'),
    domainId: headerValue(headers, 'x-domain-id'),
    systemScope: headerValue(headers, 'openstack-system-scope'),
    roles: headerList(headers, 'x-roles', 'x-role').map((role) => role.toLowerCase()),
    serviceRoles: headerList(headers, 'x-service-roles'),
    serviceUserId: headerValue(headers, 'x-service-user-id'),
    serviceUserDomainId: headerValue(headers, 'x-service-user-domain-id'),
    serviceProjectId: headerValue(headers, 'x-service-project-id'),
    serviceProjectDomainId: headerValue(headers, 'x-service-project-domain-id'),
    isAdminProject: headerValue(headers, 'x-is-admin-project')?.toLowerCase() !== 'false',
    readOnly: false,
    ...accessFrom(headers),
    names: {
      user_name: headerValue(headers, 'x-user-name') ?? '',
      project_name: headerValue(headers, 'x-project-name', 'x-tenant-name') ?? '',
    },
  };
}

function accessFrom(headers: RequestHeaders): Pick<CallerClaims, 'access'> {
  const token = headerValue(headers, 'x-auth-token', 'x-storage-token');
  if (token === null) return {};
  const catalog = headerValue(headers, 'x-service-catalog');
  return { access: { token: () => token, catalog: () => (catalog === null ? undefined : parsed(catalog)) } };
}

/** What is no JSON names no service. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
