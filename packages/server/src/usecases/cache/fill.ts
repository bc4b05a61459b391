/**
 * Makes a copy of an image out of data that are on their way to somebody else.
 *
 * Invariants: there is one copy of an image in the making at a time; a copy that does not have the digests of its image
 * never becomes visible; whatever happens to the copy, those the data are for do not notice.
 * Source: contract 08 §3.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { CacheFileWriter } from '../../ports/cache-files.ts';
import type { DataDigests, DataHash, DataHasher } from '../../ports/data-hasher.ts';
import { receiveData } from '../image-data/receive.ts';
import type { ServiceParts } from '../service-parts.ts';
import { openHandover } from './handover.ts';
import { patiently } from './image-cache.ts';
import type { CacheFill, FillOutcome, ImageCache } from './image-cache.ts';
import { pruneAfterAdding } from './prune.ts';

export type FillParts = Pick<ServiceParts, 'images' | 'hasher' | 'clock' | 'ids' | 'report'>;

/** A copy to which nobody added anything for so long gives way to the next one. */
const stuckMilliseconds = 60_000;

/** What the cache gives up without anything being wrong. */
class GivenUp extends Error {}

/**
 * Begins a copy of these data, all of which are to be offered to it. Null when there is to be none: the image does not
 * fit, or somebody else makes one.
 */
export function startFill(
  parts: FillParts,
  cache: ImageCache,
  source: { readonly image: Image; readonly sizeBytes: number },
): CacheFill | null {
  const { image, sizeBytes } = source;
  if (sizeBytes > cache.maxBytes || cache.stop.signal.aborted) return null;
  const other = cache.fills.get(image.id);
  if (other !== undefined && parts.clock.now().getTime() - other.lastOfferAt().getTime() < stuckMilliseconds)
    return null;
  other?.abandon();

  const handover = openHandover();
  let isComplete = false;
  let lastOfferAt = parts.clock.now();
  let reason: Error | undefined;
  function abandon(error: Error = new GivenUp('Nobody reads the data to their end.')): void {
    reason ??= error;
    handover.fail(error);
  }
  function proceed(): void {
    if (reason !== undefined) throw reason;
  }
  const copy: CopyUnderWay = {
    image,
    sizeBytes,
    chunks: () => handover.chunks(),
    proceed,
    usedAt: () => lastOfferAt,
  };
  const fill: CacheFill = {
    async offer(chunk) {
      lastOfferAt = parts.clock.now();
      const isTaken = await patiently(parts.clock, handover.push(chunk));
      if (!isTaken) abandon(new Error('The cache takes no more data.'));
    },
    complete() {
      isComplete = true;
      handover.end();
    },
    abandon: () => abandon(),
    isComplete: () => isComplete,
    lastOfferAt: () => lastOfferAt,
    outcome: begin(),
  };
  cache.fills.set(image.id, fill);
  return fill;

  async function begin(): Promise<FillOutcome> {
    try {
      if (other !== undefined) await patiently(parts.clock, other.outcome);
      return await makeCopy(parts, cache, copy);
    } catch (error) {
      if (!(error instanceof GivenUp)) parts.report('image not cached', { imageId: image.id, error });
      return 'failed';
    } finally {
      handover.close();
      if (cache.fills.get(image.id) === fill) cache.fills.delete(image.id);
    }
  }
}

interface CopyUnderWay {
  readonly image: Image;
  readonly sizeBytes: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Raises once the copy was given up. */
  readonly proceed: () => void;
  /** When somebody read the image, which may be a while before the copy is there. */
  readonly usedAt: () => Date;
}

async function makeCopy(parts: FillParts, cache: ImageCache, copy: CopyUnderWay): Promise<FillOutcome> {
  const { image, sizeBytes } = copy;
  const writer = await cache.files.begin(image.id, parts.ids.next());
  if (writer === null) return 'elsewhere';
  let digests: DataDigests;
  try {
    digests = await writeData(parts, writer, copy);
    if (!isGenuine(image, digests)) {
      await writer.reject();
      parts.report('the stored data of an image are not those that were uploaded', { imageId: image.id });
      return 'failed';
    }
    await requireUnchanged(parts, image);
    copy.proceed();
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  const times = { lastAccessed: copy.usedAt(), lastModified: parts.clock.now() };
  await cache.books.enter({ imageId: image.id, sizeBytes, hits: 0, ...times, checksum: digests.checksum });
  await cache.files.dequeue(image.id);
  await pruneAfterAdding(parts, cache, sizeBytes);
  return 'cached';
}

async function writeData(parts: FillParts, writer: CacheFileWriter, copy: CopyUnderWay): Promise<DataDigests> {
  const hash = startHash(parts.hasher, copy.image);
  try {
    await receiveData({ hasher: parts.hasher, hash, writer, inspection: null }, copy.chunks(), {
      expectedBytes: copy.sizeBytes,
      maximum: { bytes: copy.sizeBytes, exceeded: 'There are more data than the image has.' },
      proceed: copy.proceed,
    });
    return await hash.digest();
  } catch (error) {
    hash.abort();
    throw error;
  }
}

/** The hash by which the image is known, where this host can compute it; MD5 comes along with any. */
function startHash(hasher: DataHasher, image: Image): DataHash {
  try {
    return hasher.start(image.hashAlgorithm ?? 'md5');
  } catch (error) {
    if (!isImageServiceError(error, 'internal')) throw error;
    return hasher.start('md5');
  }
}

/** An image of which no digest is known is taken for what its size says. */
function isGenuine(image: Image, digests: DataDigests): boolean {
  if (image.checksum !== null && digests.checksum !== image.checksum) return false;
  const isComparable = image.hashValue?.length === digests.hashValue.length;
  return !isComparable || digests.hashValue === image.hashValue;
}

/** While the data came, the image may have been deleted, or been given other data. */
async function requireUnchanged(parts: FillParts, image: Image): Promise<void> {
  const now = await parts.images.show({ isAdmin: true, projectId: null }, image.id);
  if (now?.status === 'active' && now.checksum === image.checksum) return;
  throw new GivenUp('The image is not what it was.');
}
