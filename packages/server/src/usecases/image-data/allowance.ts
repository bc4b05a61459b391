/** How many bytes an image may get. Source: contract 03 §1.2, 13 B. */
import { limitExceeded } from '../../domain/errors.ts';
import { checkStorageQuota } from '../../domain/images/quotas.ts';
import type { StorageQuota } from '../../ports/image-work-repository.ts';
import type { ServiceParts } from '../service-parts.ts';

export interface DataAllowance {
  readonly bytes: number;
  /** What a sender of more is told. */
  readonly exceeded: string;
  /** What is looked at once more when the data become those of the image: others may have used up what remained. */
  readonly quota: StorageQuota | null;
}

export interface AllowanceRequest {
  readonly imageId: string;
  readonly projectId: string | null;
  readonly expectedBytes: number | null;
}

/** Raises at once when it is known to be too many. */
export async function findAllowance(
  parts: Pick<ServiceParts, 'images' | 'limits'>,
  { imageId, projectId, expectedBytes }: AllowanceRequest,
): Promise<DataAllowance> {
  const { sizeCapBytes, userStorageQuotaBytes: quotaBytes } = parts.limits;
  const usedBytes = quotaBytes > 0 ? await parts.images.storedBytes(projectId, imageId) : 0;
  const remaining = checkStorageQuota({ quotaBytes, usedBytes, expectedBytes }) ?? Infinity;
  const exceeded =
    remaining < sizeCapBytes
      ? `The image exceeds the storage quota of the project; ${remaining} bytes remain.`
      : `The image is larger than the ${sizeCapBytes} bytes one image may have.`;
  if (expectedBytes !== null && expectedBytes > sizeCapBytes) throw limitExceeded(exceeded);
  const quota = quotaBytes > 0 ? { projectId, bytes: quotaBytes } : null;
  return { bytes: Math.min(remaining, sizeCapBytes), exceeded, quota };
}
