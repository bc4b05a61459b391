/**
 * The image cache of this process: its files, its books, and what is going on in it. Source: contract 08.
 */
import { notFound } from '../../domain/errors.ts';
import type { CacheBooks, CacheHits } from '../../ports/cache-books.ts';
import type { CacheFiles } from '../../ports/cache-files.ts';
import type { Clock } from '../../ports/clock.ts';

export interface ImageCacheOptions {
  readonly files: CacheFiles;
  readonly books: CacheBooks;
  /** Downloads are served from the cache and fill it. Without it only what is queued gets in. */
  readonly servesDownloads: boolean;
  /** What the copies may take together; a larger image is not cached. */
  readonly maxBytes: number;
  /** Age at which an unfinished copy is removed. */
  readonly stallSeconds: number;
}

export interface ImageCache extends ImageCacheOptions {
  /** Copies that this process is making, by image id. */
  readonly fills: Map<string, CacheFill>;
  /** Uses that are not in the books yet, by image id. */
  readonly hits: Map<string, CacheHits>;
  /**
   * What the copies take together at most, as far as this process knows: they are counted now and then, and what this
   * process added since is added. Null when they have not been counted yet.
   */
  heldBytes: number | null;
  /** What this process has added since it started. */
  addedBytes: number;
  /** What fetches queued images; null when nothing does. */
  prefetching: Promise<void> | null;
  /** Whether the queue is to be looked at again. */
  prefetchWanted: boolean;
  /** Aborted when the process is about to end. */
  readonly stop: AbortController;
}

/** One copy of an image that is being made out of data on their way to somebody else. */
export interface CacheFill {
  /**
   * Takes bytes, in order; resolves when the buffer may be reused. Never raises, and resolves at once when the copy was
   * given up. Calls must not overlap.
   */
  offer(chunk: Uint8Array): Promise<void>;
  /** The chunk offered last, taken or not, was the last one. */
  complete(): void;
  /** Gives the copy up, unless it is complete on disk already. */
  abandon(): void;
  /** Whether all data were offered. */
  isComplete(): boolean;
  /** When data were offered last. */
  lastOfferAt(): Date;
  readonly outcome: Promise<FillOutcome>;
}

/** `elsewhere`: another process makes the copy, or has made it. `failed`: there is none; unless given up, reported. */
export type FillOutcome = 'cached' | 'elsewhere' | 'failed';

export function openImageCache(options: ImageCacheOptions): ImageCache {
  return {
    ...options,
    fills: new Map(),
    hits: new Map(),
    heldBytes: null,
    addedBytes: 0,
    prefetching: null,
    prefetchWanted: false,
    stop: new AbortController(),
  };
}

/** A service without a cache knows nothing at the URLs of the cache. */
export function requireCache({ cache }: { readonly cache: ImageCache | null }): ImageCache {
  if (cache === null) throw notFound('This service has no image cache.');
  return cache;
}

/** How long anybody waits for what only concerns the cache, such as a disk that does not answer. */
const patienceMilliseconds = 10_000;

/** Waits for the end of some work, good or bad, but no longer than patience lasts: false then. */
export async function patiently(
  clock: Clock,
  work: Promise<unknown>,
  milliseconds = patienceMilliseconds,
): Promise<boolean> {
  const outOfPatience = Promise.withResolvers<boolean>();
  const stop = clock.every(milliseconds, async () => outOfPatience.resolve(false));
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, outOfPatience.promise]);
  } finally {
    stop();
  }
}

/** Waits until images whose last byte was sent are in the cache, so that whoever looks sees what it has just done. */
export async function settleFills(clock: Clock, cache: ImageCache): Promise<void> {
  const ending = [...cache.fills.values()].filter((fill) => fill.isComplete()).map(({ outcome }) => outcome);
  if (ending.length > 0) await patiently(clock, Promise.all(ending));
}
