/**
 * Finishes or undoes work whose worker died: an upload is undone (the image becomes queued again, nothing stays in
 * the store), a deletion is finished, a task goes on. Safe to run in any number of processes at once.
 * Source: architecture, invariant 4.
 */
import type { ImageWork } from '../ports/image-work-repository.ts';
import { undoStaging, undoUpload } from './image-data/undo-upload.ts';
import { finishDeletion } from './images/delete.ts';
import { isBeingStored, removeLeftovers } from './imports/remove-leftovers.ts';
import { awaitsItsNode } from './imports/staged-data.ts';
import { newLease } from './leases.ts';
import { resumeScrubbing } from './scrub/scrub.ts';
import type { ServiceParts } from './service-parts.ts';
import { resumeTask } from './tasks/run-task.ts';

/**
 * Gives how many pieces of work were recovered; limited to one image when `imageId` is given. All are recovered at the
 * same time: one store that does not answer is in the way of nothing else, and is waited for no longer than a lease.
 */
export async function recoverExpiredWork(parts: ServiceParts, imageId?: string): Promise<number> {
  const expired = await parts.work.listExpired(parts.clock.now(), imageId);
  const outcomes = await Promise.all(expired.map((work) => withinLease(parts, recoverOne(parts, work))));
  return outcomes.filter(Boolean).length;
}

async function recoverOne(parts: ServiceParts, expired: ImageWork): Promise<boolean> {
  // Tasks that wait for a free place here are left to processes that have one.
  if (expired.kind === 'task' && !parts.jobs.hasRoom()) return false;
  const work = { ...expired, ...newLease(parts) };
  try {
    if (expired.kind === 'leftovers' && (await isBeingStored(parts, expired.imageId))) return false;
    if ((await awaitsItsNode(parts, expired)) || !(await parts.work.takeOver(expired, work))) return false;
    await recover(parts, work);
    parts.report('work recovered', { kind: work.kind, imageId: work.imageId });
    return true;
  } catch (error) {
    // The lease runs out again and the next round tries again.
    parts.report('work not recovered yet', { kind: work.kind, imageId: work.imageId, error });
    return false;
  }
}

/** False when it takes longer than a lease; it goes on all the same. */
async function withinLease(parts: ServiceParts, recovery: Promise<boolean>): Promise<boolean> {
  const patience = Promise.withResolvers<boolean>();
  const stop = parts.clock.every(parts.data.leaseSeconds * 1000, async () => patience.resolve(false));
  try {
    return await Promise.race([recovery, patience.promise]);
  } finally {
    stop();
  }
}

function recover(parts: ServiceParts, work: ImageWork): Promise<void> {
  switch (work.kind) {
    case 'upload':
      return undoUpload(parts, work);
    case 'stage':
      return undoStaging(parts, work);
    case 'task':
      return resumeTask(parts, work);
    case 'delete':
      return resumeDeletion(parts, work);
    case 'scrub':
      return resumeScrubbing(parts, work);
    case 'leftovers':
      return removeLeftovers(parts, work);
  }
}

async function resumeDeletion(parts: ServiceParts, work: ImageWork): Promise<void> {
  const image = await parts.work.beginDelete(work, () => undefined);
  if (image !== undefined) return finishDeletion(parts, work, image);
  // Whatever became of the image, there is nothing to finish but the lease.
  await parts.work.finishDelete(work, parts.clock.now());
}
