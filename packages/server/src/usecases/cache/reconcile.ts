/**
 * Brings the files of the cache and its books together again, after a crash, a change of the books' driver, a Glance
 * that had the folder, or a person with a shell. Source: contract 08 §1, §5.
 */
import type { CacheBooks } from '../../ports/cache-books.ts';
import type { CacheFile } from '../../ports/cache-files.ts';
import { DamagedData, verifiedChunks } from '../image-data/verified-data.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { ImageCache } from './image-cache.ts';
import { removeCopy } from './remove.ts';

const anybody = { isAdmin: true, projectId: null } as const;
/** Images looked up in one go. */
const batchSize = 100;

type ReconcileParts = Pick<ServiceParts, 'images' | 'clock'>;
type AdoptParts = Pick<ServiceParts, 'images' | 'hasher' | 'report'>;

/** Strikes entries that have no file, removes copies of images that are gone, and gives the files without an entry. */
export async function reconcileCache(parts: ReconcileParts, cache: ImageCache): Promise<readonly CacheFile[]> {
  // First the entries: a copy is entered after its file is there, so that none made meanwhile looks like one without.
  const entered = new Set((await cache.books.list()).map(({ imageId }) => imageId));
  const files = await cache.files.list();
  const unentered: CacheFile[] = [];
  for (let start = 0; start < files.length && !cache.stop.signal.aborted; start += batchSize) {
    if (start > 0) await otherWork();
    const batch = files.slice(start, start + batchSize);
    const listed = await listedIds(parts, batch);
    for (const file of batch) {
      const { imageId } = file;
      // Only what is listed nowhere is looked up by itself.
      const isThere = listed.has(imageId) || (await parts.images.show(anybody, imageId)) !== undefined;
      if (!isThere) await removeCopy(parts, cache, imageId);
      else if (!entered.has(imageId)) unentered.push(file);
    }
  }
  const present = new Set(files.map(({ imageId }) => imageId));
  for (const imageId of entered) if (!present.has(imageId)) await cache.books.strike(imageId);
  return unentered;
}

async function listedIds({ images }: ReconcileParts, files: readonly CacheFile[]): Promise<ReadonlySet<string>> {
  const ids = files.map(({ imageId }) => imageId);
  const found = new Set<string>();
  for (const hidden of [false, true]) {
    const listed = await images.list({
      viewer: anybody,
      visibility: 'all',
      memberStatus: 'all',
      hidden,
      filters: [{ kind: 'text', column: 'id', values: ids }],
      sort: [
        { key: 'created_at', direction: 'asc' },
        { key: 'id', direction: 'asc' },
      ],
      limit: ids.length,
      marker: null,
    });
    for (const { id } of listed) found.add(id);
  }
  return found;
}

/** Lets requests be answered in between. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Enters files that have no entry, one after the other. One whose image has a checksum is read and compared first, and
 * put aside when it is not the image. Ends early when the service stops: the rest is adopted after its next start.
 */
export async function adoptCopies(parts: AdoptParts, cache: ImageCache, files: readonly CacheFile[]): Promise<void> {
  for (const file of files) {
    if (cache.stop.signal.aborted) return;
    const { imageId, sizeBytes, modifiedAt } = file;
    const image = await parts.images.show(anybody, imageId);
    // Made, entered or deleted meanwhile.
    if (image === undefined || cache.fills.has(imageId) || (await cache.books.find(imageId)) !== undefined) continue;
    const { checksum } = image;
    const kind = checksum === null ? 'same' : await comparedCopy(parts, cache, { imageId, checksum });
    if (kind === 'other') {
      parts.report('cached copy is not the image', { imageId });
      await cache.files.reject(imageId);
    } else if (kind === 'same') {
      const times = { lastAccessed: modifiedAt, lastModified: modifiedAt };
      await cache.books.enterIfAbsent({ imageId, sizeBytes, hits: 0, ...times, checksum });
    }
  }
}

/** Whether a copy has that checksum; `unknown` when it is gone or cannot be read, or the service stops. */
async function comparedCopy(
  { hasher, report }: AdoptParts,
  cache: ImageCache,
  { imageId, checksum }: { readonly imageId: string; readonly checksum: string },
): Promise<'same' | 'other' | 'unknown'> {
  const copy = await cache.files.open(imageId);
  if (copy === null) return 'unknown';
  const { sizeBytes } = copy;
  try {
    const chunks = verifiedChunks(hasher, copy.chunks(0, sizeBytes - 1), { sizeBytes, checksum });
    for await (const _ of chunks) if (cache.stop.signal.aborted) return 'unknown';
    return 'same';
  } catch (error) {
    if (error instanceof DamagedData) return 'other';
    // One copy that cannot be read keeps nobody from the next one.
    report('cache unreadable', { imageId, error });
    return 'unknown';
  } finally {
    await copy.close();
  }
}

/** Takes over what other books of this cache say, which are empty afterwards. */
export async function takeOverBooks(cache: ImageCache, former: CacheBooks): Promise<void> {
  const present = new Set((await cache.files.list()).map(({ imageId }) => imageId));
  for (const { row: _, ...image } of await former.list()) {
    if (present.has(image.imageId)) await cache.books.enterIfAbsent(image);
    await former.strike(image.imageId);
  }
}
