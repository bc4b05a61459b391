/**
 * Removes what stores would not let go of when an import ended. Only while nothing else is at work on the image: what
 * lies in a store could be that work's by now, and work does not begin while this holds its lease.
 */
import { conflict, isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import type { ImageWork, Leftover } from '../../ports/image-work-repository.ts';
import { storeNamed } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'stores' | 'clock' | 'report'>;

/** Whether somebody is putting data of the image in stores; its leftovers must wait, and not stand in the way. */
export async function isBeingStored(parts: Pick<Parts, 'images'>, imageId: string): Promise<boolean> {
  const image = await parts.images.show({ isAdmin: true, projectId: null }, imageId);
  return image !== undefined && isBusy(image);
}

/** Raises when something is left; whoever finds the lease expired tries again. */
export async function removeLeftovers(parts: Parts, work: ImageWork): Promise<void> {
  if (await isBeingStored(parts, work.imageId)) {
    const now = parts.clock.now();
    await parts.work.advanceTask(work, { expiresAt: now }, now);
    throw conflict(`Image ${work.imageId} is being worked on.`);
  }
  const keptUrls = await parts.images.listLocationUrls(work.imageId);
  // Only the repositories write the list.
  const leftovers = JSON.parse(work.progress ?? '[]') as readonly Leftover[];
  for (const leftover of leftovers) await removeLeftover(parts, work, { leftover, keptUrls });
  await parts.work.advanceTask(work, { ends: true }, parts.clock.now());
}

function isBusy({ status, properties }: Image): boolean {
  return ['saving', 'importing'].includes(status) || properties.has('os_glance_import_task');
}

async function removeLeftover(
  parts: Parts,
  work: ImageWork,
  { leftover, keptUrls }: { readonly leftover: Leftover; readonly keptUrls: readonly string[] },
): Promise<void> {
  const store = storeNamed(parts.stores, leftover.storeId)?.store;
  if (store === undefined) {
    parts.report('data left in a store that is not configured', { imageId: work.imageId, store: leftover.storeId });
    return;
  }
  const isHeld = (): boolean => parts.clock.now() < work.expiresAt;
  for (const url of leftover.urls) if (!keptUrls.includes(url) && isHeld()) await removeUrl(store, url);
  for (const attemptId of leftover.attemptIds) await store.discard(work.imageId, attemptId, { keptUrls, isHeld });
  if (!isHeld()) throw conflict('It took longer than a lease.');
}

async function removeUrl(store: ImageStore, url: string): Promise<void> {
  try {
    await store.delete(url);
  } catch (error) {
    if (!isImageServiceError(error, 'notFound')) throw error;
  }
}
