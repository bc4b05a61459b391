/**
 * Reads an image from the cache when it is there, and fills the cache with what is read otherwise.
 *
 * Who asks was authorized before. Invariant: whatever is wrong with the cache, the data come from the store instead,
 * from the byte on that could not be read; and a copy that turns out not to be the image never ends a whole download.
 * Source: contract 08 §3.
 * Differs: a range is served from a copy too, and counts as a use of it; one of an image that is not cached fills
 * nothing, as there. A range alone cannot be checked: rot is found when the copy is read as a whole. What the right to
 * prefer stores says holds for cached data as well.
 */
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import { DamagedData, isWhole, verifiedChunks } from '../image-data/verified-data.ts';
import type { ServiceParts } from '../service-parts.ts';
import { startFill } from './fill.ts';
import type { FillParts } from './fill.ts';
import { countHit } from './hits.ts';
import { patiently } from './image-cache.ts';
import type { CacheFill, ImageCache } from './image-cache.ts';

type Parts = FillParts & Pick<ServiceParts, 'cache'>;

/** Longer than that no reader waits for a copy before it goes to the store. */
const momentMilliseconds = 500;

export interface OpenedImage {
  readonly reader: ObjectReader;
  /** The data come from a copy. */
  readonly isCached: boolean;
}

/** Opens an image; `openStored` opens its stored data, and gives null when there are none. */
export async function openThroughCache(
  parts: Parts,
  image: Image,
  openStored: () => Promise<ObjectReader | null>,
): Promise<OpenedImage | null> {
  const { cache } = parts;
  // What is deactivated is nobody's to keep: an administrator reads it where it is.
  if (cache?.servesDownloads !== true || image.status !== 'active') return uncached(await openStored());
  const fill = cache.fills.get(image.id);
  // Somebody has just read the image to its end; its copy needs a moment to be on disk.
  if (fill?.isComplete() === true) await patiently(parts.clock, fill.outcome, momentMilliseconds);
  const copy = await openCopy(parts, cache, image);
  if (copy !== null) return { reader: copyReader(parts, cache, { image, ...copy, openStored }), isCached: true };
  const stored = await openStored();
  return uncached(stored === null ? null : fillingReader(parts, cache, { image, stored }));
}

function uncached(reader: ObjectReader | null): OpenedImage | null {
  return reader === null ? null : { reader, isCached: false };
}

/** Whether there is a copy that may stand for the image. A bad one is removed. */
export async function isCached(parts: Pick<ServiceParts, 'report'>, cache: ImageCache, image: Image): Promise<boolean> {
  const opened = await openCopy(parts, cache, image);
  await opened?.copy.close();
  return opened !== null;
}

/** Null when there is no copy, or none that can be used. */
async function openCopy(
  parts: Pick<ServiceParts, 'report'>,
  cache: ImageCache,
  image: Image,
): Promise<Pick<OpenedCopy, 'copy' | 'checksum'> | null> {
  try {
    const entry = await cache.books.find(image.id);
    if (entry === undefined) return null;
    const isOutdated = entry.checksum !== null && image.checksum !== null && entry.checksum !== image.checksum;
    const copy = isOutdated ? null : await cache.files.open(image.id);
    if (copy !== null && (image.sizeBytes === null || copy.sizeBytes === image.sizeBytes)) {
      return { copy, checksum: image.checksum ?? entry.checksum };
    }
    await copy?.close();
    await dropCopy(parts, cache, image.id);
  } catch (error) {
    parts.report('cache unreadable', { imageId: image.id, error });
  }
  return null;
}

/** Puts a bad copy aside. Never raises. */
async function dropCopy(parts: Pick<ServiceParts, 'report'>, cache: ImageCache, imageId: string): Promise<void> {
  try {
    await cache.books.strike(imageId);
    await cache.files.reject(imageId);
  } catch (error) {
    parts.report('bad copy left in the cache', { imageId, error });
  }
}

interface OpenedCopy {
  readonly image: Image;
  readonly copy: ObjectReader;
  /** MD5 the copy must have; null when nobody knows. */
  readonly checksum: string | null;
  readonly openStored: () => Promise<ObjectReader | null>;
}

/** Reads the copy; read as a whole it is checked before its last chunk is out. */
function copyReader(parts: Parts, cache: ImageCache, opened: OpenedCopy): ObjectReader {
  const { image, copy, checksum } = opened;
  return {
    sizeBytes: copy.sizeBytes,
    close: () => copy.close().catch(() => undefined),
    async *chunks(start, end) {
      countHit(cache, image.id, parts.clock.now());
      const chunks = copiedChunks(parts, cache, { ...opened, start, end });
      if (checksum === null || !isWhole(copy, start, end)) yield* chunks;
      else yield* verifiedCopy(parts, cache, { ...opened, checksum, chunks });
    },
  };
}

/** Where the first chunk is the last one, a bad copy goes unnoticed: the data come from the store. */
async function* verifiedCopy(
  parts: Parts,
  cache: ImageCache,
  opened: OpenedCopy & { readonly checksum: string; readonly chunks: AsyncIterable<Uint8Array> },
): AsyncGenerator<Uint8Array> {
  const { image, copy, checksum } = opened;
  const { sizeBytes } = copy;
  let hasBegun = false;
  try {
    for await (const chunk of verifiedChunks(parts.hasher, opened.chunks, { sizeBytes, checksum })) {
      hasBegun = true;
      yield chunk;
    }
    return;
  } catch (error) {
    if (!(error instanceof DamagedData)) throw error;
    parts.report('cached copy is not the image', { imageId: image.id });
    await dropCopy(parts, cache, image.id);
    if (hasBegun) throw error;
  }
  const stored = await requireStored(opened);
  yield* fillingReader(parts, cache, { image, stored }).chunks(0, sizeBytes - 1);
}

/** Reads the copy, and goes on with the stored data where the copy fails. */
async function* copiedChunks(
  parts: Parts,
  cache: ImageCache,
  { start, end, ...opened }: OpenedCopy & { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  const { image, copy } = opened;
  let position = start;
  try {
    for await (const chunk of copy.chunks(start, end)) {
      position += chunk.byteLength;
      yield chunk;
    }
    return;
  } catch (error) {
    parts.report('cached copy broke off', { imageId: image.id, position, error });
  }
  await dropCopy(parts, cache, image.id);
  if (position > end) return;
  yield* (await requireStored(opened)).chunks(position, end);
}

async function requireStored({ openStored }: Pick<OpenedCopy, 'openStored'>): Promise<ObjectReader> {
  const stored = await openStored();
  if (stored === null) throw new ImageServiceError('internal', 'The image data are not in the store any more.');
  return stored;
}

interface OpenedData {
  readonly image: Image;
  readonly stored: ObjectReader;
}

/** Reads the stored data; who reads all of them fills the cache. */
function fillingReader(parts: Parts, cache: ImageCache, { image, stored }: OpenedData): ObjectReader {
  const { sizeBytes } = stored;
  return {
    sizeBytes,
    close: () => stored.close(),
    async *chunks(start, end) {
      // Begun with the first chunk that is asked for: who asks for none would never end it.
      const fill = isWhole(stored, start, end) ? startFill(parts, cache, { image, sizeBytes }) : null;
      yield* fill === null ? stored.chunks(start, end) : offeredChunks(stored, fill);
    },
  };
}

/** Reads stored data to their end and offers them to the cache. Who stops early gives the copy up. */
export async function* offeredChunks(stored: ObjectReader, fill: CacheFill): AsyncGenerator<Uint8Array> {
  const { sizeBytes } = stored;
  let offered = 0;
  let taken: Promise<void> | undefined;
  try {
    for await (const chunk of stored.chunks(0, sizeBytes - 1)) {
      // The reader gets the chunk at once; only the next one waits for the cache.
      taken = fill.offer(chunk);
      offered += chunk.byteLength;
      // Before the last byte is out, so that whoever has it finds the copy under way.
      if (offered >= sizeBytes) fill.complete();
      yield chunk;
      await taken;
    }
    if (sizeBytes === 0) fill.complete();
  } finally {
    if (fill.isComplete()) await taken;
    else fill.abandon();
  }
}
