/**
 * Removes data that wait on an image, under work that one holds. Each location is written down as gone behind its data,
 * and taking data that are gone for removed makes it repeatable. Source: contract 05 §2, 12 §7.
 */
import { newLease, keepLease } from '../leases.ts';
import type { KeptLease } from '../leases.ts';
import type { ImageLocation } from '../../domain/images/image.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import type { WaitingData } from '../../ports/scrub-repository.ts';
import { isRefusal, removeObject } from '../images/delete.ts';
import type { ServiceParts } from '../service-parts.ts';

export type ScrubParts = Pick<ServiceParts, 'scrub' | 'work' | 'stores' | 'clock' | 'data' | 'report'>;

export interface RemovalFailure {
  readonly url: string;
  readonly error: unknown;
  /** The location is one of the image again. */
  readonly isGivenBack: boolean;
}

/** Work of removing data of an image, from now. */
export function newScrubWork(parts: Pick<ServiceParts, 'ids' | 'clock' | 'data'>, imageId: string): ImageWork {
  const attempt = { attemptId: parts.ids.next(), storeId: null, progress: null };
  return { kind: 'scrub', imageId, ...attempt, ...newLease(parts) };
}

/**
 * Gives what could not be removed. A dropped location whose store refuses becomes one of the image again. What failed
 * for any other reason is tried again by whoever finds the lease expired.
 */
export async function removeWaiting(parts: ScrubParts, work: ImageWork): Promise<readonly RemovalFailure[]> {
  const lease = keepLease(parts, work);
  try {
    const waiting = await parts.scrub.listWaiting(work);
    if (waiting === undefined) return [];
    const failures: RemovalFailure[] = [];
    for (const location of waiting.locations) {
      const failure = await removeOne(parts, lease, { location, waiting });
      if (failure !== null) failures.push(failure);
    }
    // The next round asks a store again that refused to let go of an image that is deleted.
    const isOver = failures.every(
      ({ error, isGivenBack }) => isGivenBack || (waiting.isRestorable && isRefusal(error)),
    );
    if (isOver) await parts.scrub.end(lease.work(), parts.clock.now());
    return failures;
  } finally {
    lease.stop();
  }
}

async function removeOne(
  parts: ScrubParts,
  lease: KeptLease,
  { location, waiting }: { readonly location: ImageLocation; readonly waiting: WaitingData },
): Promise<RemovalFailure | null> {
  // Somebody may have taken the work over meanwhile, ended it, and the image may have been restored.
  await lease.confirm();
  const work = lease.work();
  if (!waiting.keptUrls.includes(location.url)) {
    try {
      await removeObject(parts, work.imageId, location);
    } catch (error) {
      const isDropped = !waiting.isRestorable && isRefusal(error);
      const isGivenBack = isDropped && (await parts.scrub.giveBack(work, location.url, parts.clock.now()));
      return { url: location.url, error, isGivenBack };
    }
  }
  await parts.scrub.markRemoved(work, location.url, parts.clock.now());
  return null;
}
