/**
 * What policy rules can know about the caller, under the names they know it by. Source: contract 10 §3, §4.1.
 */
import type { RequestContext } from '../request-context.ts';
import type { PolicyCredentials } from './named-values.ts';

type Fact = (context: RequestContext) => unknown;

/** Deliberately without `is_admin`: rules decide who is an administrator and cannot presuppose it. */
const facts: ReadonlyMap<string, Fact> = new Map<string, Fact>([
  ['user_id', (context) => context.userId],
  ['user_domain_id', (context) => context.userDomainId],
  ['system_scope', (context) => context.systemScope],
  ['system', (context) => context.systemScope],
  ['domain_id', (context) => context.domainId],
  ['project_id', (context) => context.projectId],
  ['project_domain_id', (context) => context.projectDomainId],
  ['roles', (context) => context.roles],
  ['is_admin_project', (context) => context.isAdminProject],
  ['service_user_id', (context) => context.serviceUserId],
  ['service_user_domain_id', (context) => context.serviceUserDomainId],
  ['service_project_id', (context) => context.serviceProjectId],
  ['service_project_domain_id', (context) => context.serviceProjectDomainId],
  ['service_roles', (context) => context.serviceRoles],
]);

export function policyCredentials(context: RequestContext): PolicyCredentials {
  return {
    get: (name) => facts.get(name)?.(context),
    keys: () => facts.keys(),
  };
}

/** The caller before it is known whether it is an administrator. */
export type AdminCandidate = Omit<RequestContext, 'isAdmin'>;

const candidateFacts: ReadonlyMap<string, (candidate: AdminCandidate) => unknown> = new Map<
  string,
  (candidate: AdminCandidate) => unknown
>([
  ['user', (candidate) => candidate.userId],
  ['tenant', (candidate) => candidate.projectId],
  ['user_domain', (candidate) => candidate.userDomainId],
  ['project_domain', (candidate) => candidate.projectDomainId],
  ['domain', (candidate) => candidate.domainId],
  ['read_only', (candidate) => candidate.readOnly],
  ['request_id', (candidate) => candidate.requestId],
  ['is_admin', () => false],
]);

const candidateNames = ['user_name', 'user_domain_name', 'project_name', 'project_domain_name', 'domain_name'];

/**
 * The richer facts that rule `context_is_admin` is decided by, as both its credentials and its target.
 * `names` holds those of `user_name`, `project_name` and the like that are known; the others are null.
 */
export function candidateCredentials(
  candidate: AdminCandidate,
  names: Readonly<Record<string, string>>,
): PolicyCredentials {
  const common = policyCredentials({ ...candidate, isAdmin: false });
  return {
    get(name) {
      if (candidateNames.includes(name)) return Object.hasOwn(names, name) ? names[name] : null;
      const fact = candidateFacts.get(name);
      return fact === undefined ? common.get(name) : fact(candidate);
    },
    keys: () => [...common.keys(), ...candidateFacts.keys(), ...candidateNames],
  };
}

/** Whether rules can know this fact; `candidate` includes what only `context_is_admin` may look at. */
export function isKnownFact(name: string, scope: 'call' | 'candidate'): boolean {
  if (facts.has(name)) return true;
  return scope === 'candidate' && (candidateFacts.has(name) || candidateNames.includes(name));
}
