/** Taking images out of the cache and its queue. */
import type { ServiceParts } from '../service-parts.ts';
import { patiently, settleFills } from './image-cache.ts';
import type { ImageCache } from './image-cache.ts';

type Parts = Pick<ServiceParts, 'clock'>;

/** Removes the copy of an image; one in the making is given up. False when there is none. */
export async function removeCopy(parts: Parts, cache: ImageCache, imageId: string): Promise<boolean> {
  const fill = cache.fills.get(imageId);
  if (fill !== undefined) {
    fill.abandon();
    await patiently(parts.clock, fill.outcome);
  }
  const isRemoved = await cache.files.remove(imageId);
  await cache.books.strike(imageId);
  cache.hits.delete(imageId);
  return isRemoved;
}

/** Removes all copies; gives their number. */
export async function removeAllCopies(parts: Parts, cache: ImageCache): Promise<number> {
  await settleFills(parts.clock, cache);
  const entries = await cache.books.list();
  const imageIds = [...(await cache.files.list()), ...entries].map(({ imageId }) => imageId);
  let removed = 0;
  for (const imageId of new Set([...cache.fills.keys(), ...imageIds])) {
    if (await removeCopy(parts, cache, imageId)) removed += 1;
  }
  return removed;
}

/** Empties the queue; gives the number of images that were in it. */
export async function emptyQueue(cache: ImageCache): Promise<number> {
  let removed = 0;
  for (const imageId of await cache.files.listQueue()) if (await cache.files.dequeue(imageId)) removed += 1;
  return removed;
}

/** Removes whatever the cache has of an image that was deleted. Never raises: nobody can reach it any more. */
export async function forgetImage(
  parts: Pick<ServiceParts, 'clock' | 'cache' | 'report'>,
  imageId: string,
): Promise<void> {
  const { cache } = parts;
  if (cache === null) return;
  try {
    await cache.files.dequeue(imageId);
    await removeCopy(parts, cache, imageId);
  } catch (error) {
    parts.report('copy of a deleted image left in the cache', { imageId, error });
  }
}
