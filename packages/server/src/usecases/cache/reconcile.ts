/**
 * Brings the files of the cache and its books together again, after a crash, a change of the books' driver, a Glance
 * that had the folder, or a person with a shell. Source: contract 08 §1, §5.
 */
import type { CacheBooks } from '../../ports/cache-books.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { ImageCache } from './image-cache.ts';
import { removeCopy } from './remove.ts';

/** Enters files that have no entry, strikes entries that have no file, and removes copies of images that are gone. */
export async function reconcileCache(parts: Pick<ServiceParts, 'images' | 'clock'>, cache: ImageCache): Promise<void> {
  // First the entries: a copy is entered after its file is there, so that none made meanwhile looks like one without.
  const entered = new Set((await cache.books.list()).map(({ imageId }) => imageId));
  const files = await cache.files.list();
  for (const { imageId, sizeBytes, modifiedAt } of files) {
    const image = await parts.images.show({ isAdmin: true, projectId: null }, imageId);
    if (image === undefined) {
      await removeCopy(parts, cache, imageId);
    } else if (!entered.has(imageId) && !cache.fills.has(imageId)) {
      const times = { lastAccessed: modifiedAt, lastModified: modifiedAt };
      await cache.books.enterIfAbsent({ imageId, sizeBytes, hits: 0, ...times, checksum: null });
    }
  }
  const present = new Set(files.map(({ imageId }) => imageId));
  for (const imageId of entered) if (!present.has(imageId)) await cache.books.strike(imageId);
}

/** Takes over what other books of this cache say, which are empty afterwards. */
export async function takeOverBooks(cache: ImageCache, former: CacheBooks): Promise<void> {
  const present = new Set((await cache.files.list()).map(({ imageId }) => imageId));
  for (const { row: _, ...image } of await former.list()) {
    if (present.has(image.imageId)) await cache.books.enterIfAbsent(image);
    await former.strike(image.imageId);
  }
}
