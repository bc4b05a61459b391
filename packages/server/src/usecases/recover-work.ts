/**
 * Finishes or undoes work whose worker died: an upload is undone (the image becomes queued again, nothing stays in
 * the store), a deletion is finished. Safe to run in any number of processes at once.
 * Source: architecture, invariant 4.
 */
import type { ImageWork } from '../ports/image-work-repository.ts';
import { finishDeletion } from './images/delete.ts';
import { newLease } from './leases.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'store' | 'clock' | 'ids' | 'data' | 'report'>;

/** Gives how many pieces of work were recovered; limited to one image when `imageId` is given. */
export async function recoverExpiredWork(parts: Parts, imageId?: string): Promise<number> {
  let recovered = 0;
  for (const expired of await parts.work.listExpired(parts.clock.now(), imageId)) {
    const lease = newLease(parts);
    if (!(await parts.work.takeOver(expired, lease))) continue;
    const work = { ...expired, ...lease };
    try {
      await (work.kind === 'upload' ? undoUpload(parts, work) : resumeDeletion(parts, work));
      recovered += 1;
      parts.report('work recovered', { kind: work.kind, imageId: work.imageId });
    } catch (error) {
      // The lease runs out again and the next round tries again.
      parts.report('work not recovered yet', { kind: work.kind, imageId: work.imageId, error });
    }
  }
  return recovered;
}

/**
 * Removes all an upload left in the store, and makes its image queued. Raises, and leaves the rest to the next round,
 * when the lease ran out meanwhile: the object may belong to a later upload then.
 */
export async function undoUpload(
  parts: Pick<ServiceParts, 'images' | 'work' | 'store' | 'clock'>,
  work: ImageWork,
): Promise<void> {
  const image = await parts.images.show({ isAdmin: true, projectId: null }, work.imageId);
  // An image in saving owns no data, whatever locations an upload that was given up elsewhere left on it.
  const locations = image === undefined || image.status === 'saving' ? [] : image.locations;
  await parts.store.discard(work.imageId, work.attemptId, {
    keptUrls: locations.map(({ url }) => url),
    isHeld: () => parts.clock.now() < work.expiresAt,
  });
  await parts.work.undoUpload(work, parts.clock.now());
}

async function resumeDeletion(parts: Parts, work: ImageWork): Promise<void> {
  const image = await parts.work.beginDelete(work, () => undefined);
  if (image !== undefined) return finishDeletion(parts, work, image);
  // Whatever became of the image, there is nothing to finish but the lease.
  await parts.work.finishDelete(work, parts.clock.now());
}
