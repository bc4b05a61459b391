/** What the project of the caller uses of the limits that Keystone keeps for it. Source: contract 13 D. */
import { inUnit, limitedResources, unitOf } from '../../domain/images/project-limits.ts';
import type { LimitedResource } from '../../domain/images/project-limits.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ServiceParts } from '../service-parts.ts';

export interface ResourceUsage {
  readonly resource: LimitedResource;
  /** In MiB, rounded down, or images; so is the limit. */
  readonly used: number;
  /** -1 is unlimited. */
  readonly limit: number;
}

/** Of every resource; of none where the static limits count. */
export async function showUsage(
  parts: Pick<ServiceParts, 'usage' | 'projectLimits'>,
  { projectId }: RequestContext,
): Promise<readonly ResourceUsage[]> {
  if (parts.projectLimits === null) return [];
  const limits = await parts.projectLimits.show(projectId);
  const amounts = await parts.usage.show(projectId);
  return limitedResources.map((resource) => ({
    resource,
    used: inUnit(amounts[resource], unitOf(resource)),
    limit: Math.max(-1, limits[resource]),
  }));
}
