/** The cache as clients see it; entries have a number where the books number them. Source: contract 08 §2. */
import type { CachePruneView, CacheView, CachedImageView } from '@lucarne/contract/wire.ts';
import type { CacheEntry } from '../../ports/cache-books.ts';
import type { CacheContents } from '../../usecases/cache/cached-images.ts';
import type { PruneResult } from '../../usecases/cache/prune.ts';

export function cacheView({ cached, queued }: CacheContents): CacheView {
  return { cached_images: cached.map(cachedImageView), queued_images: queued };
}

function cachedImageView(entry: CacheEntry): CachedImageView {
  const { imageId, sizeBytes, hits, row } = entry;
  const times = { last_accessed: seconds(entry.lastAccessed), last_modified: seconds(entry.lastModified) };
  if (row === null) return { image_id: imageId, hits, ...times, size: sizeBytes };
  // The checksum is for the service itself; clients of this form have always seen null.
  return { id: row, image_id: imageId, ...times, size: sizeBytes, hits, checksum: null };
}

export function pruneView({ files, bytes }: PruneResult): CachePruneView {
  return { total_files_pruned: files, total_bytes_pruned: bytes };
}

/** Seconds since 1970, with fractions. */
function seconds(time: Date): number {
  return time.getTime() / 1000;
}
