/** Keeping the cache small, and free of what nobody will use. Source: contract 08 §2. */
import { copiesToPrune } from '../../domain/cache/pruning.ts';
import type { ServiceParts } from '../service-parts.ts';
import { recordHits } from './hits.ts';
import type { ImageCache } from './image-cache.ts';

export interface PruneResult {
  readonly files: number;
  readonly bytes: number;
}

/** Keeps the limit after a copy was added. The copies are counted only when they may have become too large. */
export async function pruneAfterAdding(
  parts: Pick<ServiceParts, 'report'>,
  cache: ImageCache,
  sizeBytes: number,
): Promise<void> {
  cache.addedBytes += sizeBytes;
  if (cache.heldBytes !== null) cache.heldBytes += sizeBytes;
  if (cache.heldBytes === null || cache.heldBytes > cache.maxBytes) await pruneCopies(parts, cache);
}

/**
 * Removes the least recently used copies until the rest is no larger than the limit. Several may do so at the same
 * time: each counts what it removed itself.
 */
export async function pruneCopies(parts: Pick<ServiceParts, 'report'>, cache: ImageCache): Promise<PruneResult> {
  const { addedBytes } = cache;
  const copies = await cache.files.list();
  const totalBytes = copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // What was added while they were counted may have been missed; counting it twice only means to count again earlier.
  cache.heldBytes = totalBytes + (cache.addedBytes - addedBytes);
  if (totalBytes <= cache.maxBytes) return { files: 0, bytes: 0 };
  await recordHits(parts, cache);
  const lastUses = new Map((await cache.books.list()).map(({ imageId, lastAccessed }) => [imageId, lastAccessed]));
  const prunable = copies.map((copy) => ({ ...copy, lastUsedAt: lastUses.get(copy.imageId) ?? copy.modifiedAt }));
  let files = 0;
  let bytes = 0;
  for (const { imageId, sizeBytes } of copiesToPrune(prunable, cache.maxBytes)) {
    const isRemoved = await cache.files.remove(imageId);
    await cache.books.strike(imageId);
    if (!isRemoved) continue;
    files += 1;
    bytes += sizeBytes;
    cache.heldBytes -= sizeBytes;
  }
  return { files, bytes };
}

/** Removes all that was put aside, and unfinished copies that are stalled or whose process is gone. */
export async function cleanLeftovers(parts: Pick<ServiceParts, 'clock'>, cache: ImageCache): Promise<void> {
  await cache.files.sweep();
  await cache.files.clean({ unfinished: stalledSince(parts, cache), rejected: parts.clock.now() });
}

/** As `cleanLeftovers`, but leaves what was put aside for people to look at as long as an unfinished copy. */
export async function cleanOldLeftovers(parts: Pick<ServiceParts, 'clock'>, cache: ImageCache): Promise<void> {
  const since = stalledSince(parts, cache);
  await cache.files.sweep();
  await cache.files.clean({ unfinished: since, rejected: since });
}

function stalledSince(parts: Pick<ServiceParts, 'clock'>, cache: ImageCache): Date {
  return new Date(parts.clock.now().getTime() - cache.stallSeconds * 1000);
}
