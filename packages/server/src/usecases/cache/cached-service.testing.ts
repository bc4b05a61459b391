/** A service in memory that has a cache, for tests of the use cases. */
import type { RequestContext } from '../../domain/request-context.ts';
import type { CacheFiles } from '../../ports/cache-files.ts';
import { memoryCacheBooks, memoryCacheFiles } from '../../ports/memory-cache.testing.ts';
import type { MemoryCacheBooks, MemoryCacheFiles } from '../../ports/memory-cache.testing.ts';
import { downloadImageData } from '../image-data/download.ts';
import { openTestService, owner } from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { openImageCache, settleFills } from './image-cache.ts';
import type { ImageCache, ImageCacheOptions } from './image-cache.ts';

export interface CachedService extends TestService {
  readonly parts: ServiceParts & { readonly cache: ImageCache };
  readonly cache: ImageCache;
  readonly copies: MemoryCacheFiles;
  readonly books: MemoryCacheBooks;
}

export interface CachedServiceOptions extends ServiceOptions {
  readonly cache?: Partial<Omit<ImageCacheOptions, 'files'>>;
  /** What stands between the cache and its files. */
  readonly files?: (copies: MemoryCacheFiles) => CacheFiles;
}

export function openCachedService(options: CachedServiceOptions = {}): CachedService {
  const service = openTestService(options);
  const copies = memoryCacheFiles(service.clock);
  const books = memoryCacheBooks({ own: 'http://this', all: new Map() });
  const cache = openImageCache({
    files: options.files?.(copies) ?? copies,
    books,
    servesDownloads: true,
    maxBytes: 100_000_000,
    stallSeconds: 86_400,
    ...options.cache,
  });
  return { ...service, cache, copies, books, parts: { ...service.parts, cache } };
}

export interface Reading {
  readonly as?: RequestContext;
  readonly range?: readonly [start: number, end: number];
}

/** Downloads, and then waits for the cache; null when there are no data. */
export async function download(
  service: { readonly parts: ServiceParts },
  imageId: string,
  reading: Reading = {},
): Promise<Buffer | null> {
  const bytes = await receive(service, imageId, reading);
  const { cache, clock } = service.parts;
  if (cache !== null) await settleFills(clock, cache);
  return bytes;
}

/** Downloads; null when there are no data. */
export async function receive(
  { parts }: { readonly parts: ServiceParts },
  imageId: string,
  { as = owner, range }: Reading = {},
): Promise<Buffer | null> {
  const { data } = await downloadImageData(parts, as, { imageId, preferredStores: [] });
  if (data === null) return null;
  const [start, end] = range ?? [0, data.sizeBytes - 1];
  const pieces: Uint8Array[] = [];
  for await (const chunk of data.chunks(start, end)) pieces.push(Uint8Array.from(chunk));
  await data.close();
  return Buffer.concat(pieces);
}

/** Begins a download, reads its first piece and goes no further. */
export async function beginDownload(
  { parts }: { readonly parts: ServiceParts },
  imageId: string,
): Promise<{ goOn(): Promise<Buffer>; goAway(): Promise<void> }> {
  const { data } = await downloadImageData(parts, owner, { imageId, preferredStores: [] });
  if (data === null) throw new Error('There are no data.');
  const chunks = data.chunks(0, data.sizeBytes - 1)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const pieces: Uint8Array[] = first.done === true ? [] : [Uint8Array.from(first.value)];
  return {
    async goOn() {
      for (;;) {
        const next = await chunks.next();
        if (next.done === true) break;
        pieces.push(Uint8Array.from(next.value));
      }
      await data.close();
      if (parts.cache !== null) await settleFills(parts.clock, parts.cache);
      return Buffer.concat(pieces);
    },
    async goAway() {
      await chunks.return?.();
      await data.close();
    },
  };
}

/** Lets go on whatever can go on without time passing. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
