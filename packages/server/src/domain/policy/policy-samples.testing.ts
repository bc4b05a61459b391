/** Callers and engines for tests of the policy. */
import type { RequestContext } from '../request-context.ts';
import { createPolicyEngine } from './policy-engine.ts';
import type { PolicyEngine, PolicyEngineOptions } from './policy-engine.ts';
import type { RuleSource } from './rule-parser.ts';

/** A user of project `own` without roles, but for what `overrides` says. */
export function sampleContext(overrides: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 'req-1',
    userId: 'user',
    userDomainId: 'user-domain',
    projectId: 'own',
    projectDomainId: 'project-domain',
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
    readOnly: false,
    ...overrides,
  };
}

/** The default policy with the given rules over it. A remote check fails the test that does not expect one. */
export function sampleEngine(
  overrides: Readonly<Record<string, RuleSource>> = {},
  options: Partial<PolicyEngineOptions> = {},
): PolicyEngine {
  return createPolicyEngine({
    overrides: new Map(Object.entries(overrides)),
    enforceNewDefaults: true,
    defaultRule: 'default',
    explainsDenials: false,
    askRemote: (url) => Promise.reject(new Error(`nobody was to be asked at ${url}`)),
    ...options,
  });
}
