/**
 * What a cache does by itself, without anybody asking: it writes down how it is used, fetches what is queued, and stays
 * in order and within its limit. Source: contract 08 §1, §2.
 */
import type { ServiceParts } from '../service-parts.ts';
import { recordHits } from './hits.ts';
import { patiently } from './image-cache.ts';
import type { ImageCache } from './image-cache.ts';
import { startPrefetching } from './prefetch.ts';
import type { PrefetchParts } from './prefetch.ts';
import { cleanOldLeftovers, pruneCopies } from './prune.ts';
import { adoptCopies, reconcileCache } from './reconcile.ts';

const hitsPauseMilliseconds = 5_000;
/** For images queued by others: a command, another process, the older management calls. */
const queuePauseMilliseconds = 60_000;
const orderPauseMilliseconds = 10 * 60 * 1000;

/** Gives what ends it again: copies under way are given up, and what was queued stays so. */
export function startCacheUpkeep(parts: PrefetchParts & Pick<ServiceParts, 'cache'>): () => Promise<void> {
  const { cache, clock } = parts;
  if (cache === null) return () => Promise.resolve();
  const ordered = putInOrder(parts, cache).then(() => startPrefetching(parts, cache));
  const stops = [
    clock.every(hitsPauseMilliseconds, () => recordHits(parts, cache)),
    clock.every(queuePauseMilliseconds, async () => startPrefetching(parts, cache)),
    clock.every(orderPauseMilliseconds, () => putInOrder(parts, cache)),
  ];
  return async () => {
    for (const stop of stops) stop();
    cache.stop.abort();
    await ordered;
    for (const fill of cache.fills.values()) if (!fill.isComplete()) fill.abandon();
    const ending = [...cache.fills.values()].map(({ outcome }) => outcome);
    await patiently(clock, Promise.all([...ending, cache.prefetching]));
    await recordHits(parts, cache);
  };
}

/** Never raises: it is done again after a while. */
async function putInOrder(parts: PrefetchParts, cache: ImageCache): Promise<void> {
  try {
    await cleanOldLeftovers(parts, cache);
    const unentered = await reconcileCache(parts, cache);
    await pruneCopies(parts, cache);
    await adoptCopies(parts, cache, unentered);
  } catch (error) {
    parts.report('cache not in order', { error });
  }
}
