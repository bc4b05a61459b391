/**
 * Finishes or undoes work whose worker died: an upload is undone (the image becomes queued again, nothing stays in
 * the store), a deletion is finished. Safe to run in any number of processes at once.
 * Source: architecture, invariant 4.
 */
import type { ImageWork } from '../ports/image-work-repository.ts';
import { removeObjects } from './images/delete.ts';
import { leaseEnd } from './leases.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'store' | 'clock' | 'data' | 'report'>;

/** Attributes an image has while it holds no data. */
export const withoutData = {
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
} as const;

/** Gives how many pieces of work were recovered; limited to one image when `imageId` is given. */
export async function recoverExpiredWork(parts: Parts, imageId?: string): Promise<number> {
  let recovered = 0;
  for (const expired of await parts.work.listExpired(parts.clock.now(), imageId)) {
    const expiresAt = leaseEnd(parts);
    if (!(await parts.work.takeOver(expired, expiresAt))) continue;
    const work = { ...expired, expiresAt };
    try {
      await (work.kind === 'upload' ? undoUpload(parts, work) : finishDeletion(parts, work));
      recovered += 1;
      parts.report('work recovered', { kind: work.kind, imageId: work.imageId });
    } catch (error) {
      // The lease runs out again and the next round tries again.
      parts.report('work not recovered yet', { kind: work.kind, imageId: work.imageId, error });
    }
  }
  return recovered;
}

async function undoUpload(parts: Parts, work: ImageWork): Promise<void> {
  const image = await parts.images.show({ isAdmin: true, projectId: null }, work.imageId);
  const kept = image?.locations.map((location) => location.url) ?? [];
  await parts.store.discard(work.imageId, work.attemptId, kept);
  await parts.work.finishUpload(work, { to: 'queued', ...withoutData, locations: [] }, parts.clock.now());
}

async function finishDeletion(parts: Parts, work: ImageWork): Promise<void> {
  const locations = await parts.work.beginDelete(work);
  if (locations === undefined) return parts.work.cancel(work);
  await removeObjects(parts, locations);
  await parts.work.finishDelete(work, parts.clock.now());
}
