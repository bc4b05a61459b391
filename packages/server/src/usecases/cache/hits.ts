/** Counting uses of copies: in memory first, so that no answer waits for the books. Source: contract 08 §3. */
import type { ServiceParts } from '../service-parts.ts';
import type { ImageCache } from './image-cache.ts';

export function countHit(cache: ImageCache, imageId: string, at: Date): void {
  addHits(cache, imageId, { count: 1, lastAt: at });
}

/** Writes down the uses counted so far. Never raises: what cannot be written now is written with the next ones. */
export async function recordHits(parts: Pick<ServiceParts, 'report'>, cache: ImageCache): Promise<void> {
  if (cache.hits.size === 0) return;
  const hits = new Map(cache.hits);
  cache.hits.clear();
  try {
    await cache.books.addHits(hits);
  } catch (error) {
    parts.report('uses of cached images not written down yet', { error });
    for (const [imageId, counted] of hits) addHits(cache, imageId, counted);
  }
}

function addHits(cache: ImageCache, imageId: string, { count, lastAt }: { count: number; lastAt: Date }): void {
  const known = cache.hits.get(imageId);
  if (known === undefined) cache.hits.set(imageId, { count, lastAt });
  else {
    const latest = lastAt > known.lastAt ? lastAt : known.lastAt;
    cache.hits.set(imageId, { count: known.count + count, lastAt: latest });
  }
}
