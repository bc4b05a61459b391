/** The rules and protections as they are configured; also for the commands that look at them without a service. */
import type { Logger } from 'pino';
import { openPolicy } from '../adapters/policy-files/policy-files.ts';
import type { PolicyEvent, PolicyFilesOptions } from '../adapters/policy-files/policy-files.ts';
import { loadPropertyProtections } from '../adapters/policy-files/protection-file.ts';
import { openHttpPolicyCheck } from '../adapters/policy-http/http-policy-check.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { Settings } from '../config/settings.ts';
import type { PolicyEngine } from '../domain/policy/policy-engine.ts';
import type { PropertyProtections } from '../domain/property-protections/property-protections.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';

/** Raises `internal`, with file, line and reason, when a file of the operator's cannot be used. */
export function openPolicyParts(settings: Settings, log: Logger): Pick<ServiceParts, 'policy' | 'protections'> {
  const { protections, remote, searchDirs: searchDirectories } = settings.policy;
  const policy = openPolicy(policyFilesOptions(settings), {
    clock: systemClock,
    remoteCheck: openHttpPolicyCheck(remote),
    report: (event) => report(log, event),
  });
  if (protections === null) return { policy, protections: null };
  const loaded = loadPropertyProtections({ ...protections, searchDirectories });
  for (const problem of missingPolicies(loaded, policy.current(), settings.policy.defaultRule)) log.warn(problem);
  return { policy, protections: loaded };
}

/** A slip of the pen would open to everybody what was to be protected. */
function missingPolicies(
  protections: PropertyProtections,
  engine: PolicyEngine,
  defaultRule: string,
): readonly string[] {
  const known = new Set(engine.rules().map(({ name }) => name));
  const instead = known.has(defaultRule) ? `so rule \`${defaultRule}\` decides instead` : 'which never allows';
  return [...protections.policies()]
    .filter((rule) => !known.has(rule))
    .map((rule) => `property protections: there is no rule \`${rule}\`, ${instead}`);
}

export function policyFilesOptions({ policy, lucarne }: Settings): PolicyFilesOptions {
  const { file, dirs, searchDirs, enforceNewDefaults, defaultRule } = policy;
  return {
    file,
    directories: dirs,
    searchDirectories: searchDirs,
    enforceNewDefaults,
    defaultRule,
    explainsDenials: lucarne.explainDenials,
  };
}

function report(log: Logger, event: PolicyEvent): void {
  if (event.kind === 'problem') log.warn(`policy: ${event.message}`);
  else if (event.kind === 'reloaded') log.info({ files: event.files }, 'policy: rules read again');
  else log.error(`policy: the rules of before stay in force: ${event.error.message}`);
}
