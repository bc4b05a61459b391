/**
 * The limits of a project that are in force: `user_storage_quota`, or those that Keystone keeps in its place. The project
 * is that of the caller, whoever owns the image. Source: contract 13 B, C.
 */
import { claimOf, unitOf } from '../domain/images/project-limits.ts';
import type { Claim, LimitedResource, ProjectLimit } from '../domain/images/project-limits.ts';
import { givenUp } from './leases.ts';
import type { KeptLease } from './leases.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'limits' | 'projectLimits'>;

/** The limits there are of these resources. Raises `unavailable` or `internal` when nobody knows. */
export async function findLimits(
  { limits, projectLimits }: Parts,
  projectId: string | null,
  resources: readonly LimitedResource[],
): Promise<readonly ProjectLimit[]> {
  if (projectLimits === null) {
    const { userStorageQuotaBytes: maximum } = limits;
    const isLimited = maximum > 0 && resources.includes('image_size_total');
    return isLimited ? [{ resource: 'image_size_total', projectId, maximum, unit: 'bytes' }] : [];
  }
  const known = await projectLimits.show(projectId);
  return resources
    .map((resource) => ({ resource, projectId, maximum: known[resource], unit: unitOf(resource) }))
    .filter(({ maximum }) => maximum >= 0);
}

/** What staged data are counted as: `user_storage_quota` makes no difference between them and others. */
export function stagingResource({ projectLimits }: Pick<Parts, 'projectLimits'>): LimitedResource {
  return projectLimits === null ? 'image_size_total' : 'image_stage_total';
}

/**
 * Looks at a limit of Keystone before anything else is. Nothing is reserved: what counts is decided when the work begins.
 * Raises `limitExceeded`.
 */
export async function checkBeforehand(
  parts: Parts & Pick<ServiceParts, 'usage'>,
  projectId: string | null,
  { resource, amount }: { readonly resource: LimitedResource; readonly amount: number },
): Promise<void> {
  if (parts.projectLimits === null) return;
  const limits = await findLimits(parts, projectId, [resource]);
  await parts.usage.check(limits.map((limit) => claimOf(limit, amount)));
}

/**
 * What data that are about to come claim, all of it when their size is known. Of the static quota something must be left
 * for others; one of Keystone must not be exceeded already.
 */
export function claimsOfData(limits: readonly ProjectLimit[], expectedBytes: number | null): readonly Claim[] {
  return limits.map((limit) => claimOf(limit, expectedBytes ?? (limit.unit === 'bytes' ? 1 : 0)));
}

/** Makes an upload hold what it claims. Raises `limitExceeded`, or `gone` when the work is no longer in these hands. */
export async function reserveForLease(
  { usage }: Pick<ServiceParts, 'usage'>,
  lease: KeptLease,
  claims: readonly Claim[],
): Promise<readonly number[]> {
  const held = await usage.reserve(lease.work(), claims);
  if (held === undefined) throw givenUp(lease.work());
  return held;
}
