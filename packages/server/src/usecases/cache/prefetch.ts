/**
 * Fetches queued images into the cache, one after the other. An image that cannot be fetched leaves the queue, and it
 * is reported why; what is queued while the service is down is fetched when it is up. Source: contract 08 §2.
 */
import { conflict, limitExceeded, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import { openFirstReadable } from '../image-data/download.ts';
import type { ServiceParts } from '../service-parts.ts';
import { startFill } from './fill.ts';
import type { FillParts } from './fill.ts';
import type { ImageCache } from './image-cache.ts';
import { isCached, offeredChunks } from './read-through.ts';

export type PrefetchParts = FillParts & Pick<ServiceParts, 'stores'>;

/** Puts an image on the queue unless it is there, is cached or is being cached. */
export async function enqueueImage(parts: PrefetchParts, cache: ImageCache, image: Image): Promise<void> {
  if (cache.fills.has(image.id) || (await isCached(parts, cache, image))) return;
  await cache.files.enqueue(image.id);
}

/** Makes sure that the queue is worked off, with all that is in it now; does not wait for it. */
export function startPrefetching(parts: PrefetchParts, cache: ImageCache): void {
  if (cache.stop.signal.aborted) return;
  cache.prefetchWanted = true;
  cache.prefetching ??= prefetchWanted(parts, cache);
}

async function prefetchWanted(parts: PrefetchParts, cache: ImageCache): Promise<void> {
  try {
    while (cache.prefetchWanted) {
      cache.prefetchWanted = false;
      await prefetchQueued(parts, cache);
    }
  } catch (error) {
    parts.report('queue of the cache unreadable', { error });
  } finally {
    // At the same moment at which nothing was wanted any more: whoever wants something later begins anew.
    cache.prefetching = null;
  }
}

/** Works the queue off until nothing new is in it: an image that stays there is not tried again. */
async function prefetchQueued(parts: PrefetchParts, cache: ImageCache): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const untried = (await cache.files.listQueue()).filter((id) => !tried.has(id));
    if (untried.length === 0) return;
    for (const imageId of untried) {
      tried.add(imageId);
      if (cache.stop.signal.aborted) return;
      // It may have been taken from the queue since that was listed.
      if (await cache.files.isQueued(imageId)) await tryToPrefetch(parts, cache, imageId);
    }
  }
}

async function tryToPrefetch(parts: PrefetchParts, cache: ImageCache, imageId: string): Promise<void> {
  try {
    await prefetchImage(parts, cache, imageId);
  } catch (error) {
    if (cache.stop.signal.aborted) return;
    parts.report('image not prefetched', { imageId, error });
    await cache.files.dequeue(imageId);
  }
}

/**
 * Fetches one image, whoever else may read it meanwhile; it leaves the queue. `cached`: it is there now, or was before;
 * `elsewhere`: somebody else makes the copy, who may yet give up, so that it stays in the queue. Raises when it cannot
 * be cached.
 */
export async function prefetchImage(
  parts: PrefetchParts,
  cache: ImageCache,
  imageId: string,
): Promise<'cached' | 'elsewhere'> {
  const image = await parts.images.show({ isAdmin: true, projectId: null }, imageId);
  if (image === undefined) throw notFound(`There is no image with ID ${imageId}.`);
  if (image.status !== 'active') throw conflict(`Image ${imageId} is ${image.status}; only active ones are cached.`);
  if (await isCached(parts, cache, image)) {
    await cache.files.dequeue(imageId);
    return 'cached';
  }
  const stored = await openFirstReadable(parts, image);
  if (stored === null) throw notFound(`The data of image ${imageId} are in none of its stores.`);
  try {
    return await readWhole(parts, cache, { image, stored });
  } finally {
    await stored.close();
  }
}

async function readWhole(
  parts: PrefetchParts,
  cache: ImageCache,
  { image, stored }: { readonly image: Image; readonly stored: ObjectReader },
): Promise<'cached' | 'elsewhere'> {
  const { sizeBytes } = stored;
  if (sizeBytes > cache.maxBytes) {
    throw limitExceeded(`Image ${image.id} is larger than the cache, which has ${cache.maxBytes} bytes.`);
  }
  const fill = startFill(parts, cache, { image, sizeBytes });
  if (fill === null) return 'elsewhere';
  for await (const _ of offeredChunks(stored, fill)) if (cache.stop.signal.aborted) break;
  const outcome = await fill.outcome;
  if (outcome === 'failed') throw conflict(`Image ${image.id} could not be cached.`);
  return outcome;
}
