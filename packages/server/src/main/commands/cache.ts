/**
 * `lucarne cache list | prefetch | prune | clean`: the cache of this node, also while the service runs on it.
 * Source: contract 08 §2.
 */
import { startThreadedHasher } from '../../adapters/hashing/threaded-hasher.ts';
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
import { sqlImageRepository } from '../../adapters/sql/image-repository.ts';
import { randomUuids } from '../../adapters/system/random-uuids.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { ImageServiceError } from '../../domain/errors.ts';
import { cacheContents } from '../../usecases/cache/cached-images.ts';
import type { CacheContents } from '../../usecases/cache/cached-images.ts';
import type { ImageCache } from '../../usecases/cache/image-cache.ts';
import { prefetchImage } from '../../usecases/cache/prefetch.ts';
import type { PrefetchParts } from '../../usecases/cache/prefetch.ts';
import { cleanLeftovers, pruneCopies } from '../../usecases/cache/prune.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { openConfiguredCache } from '../image-cache.ts';
import { openLog } from '../logging.ts';
import { openDatabase } from '../open-database.ts';
import { openStores } from '../open-stores.ts';

export function list(given: ConfigurationArguments): Promise<number> {
  return withCache(given, async (parts, cache) => {
    process.stdout.write(listing(await cacheContents(parts, cache)));
    return 0;
  });
}

/** Fetches these images, or, without any, all that are queued. Status 1 says that some could not be fetched. */
export function prefetch(given: ConfigurationArguments, imageIds: readonly string[]): Promise<number> {
  return withCache(given, async (parts, cache) => {
    const wanted = imageIds.length === 0 ? await cache.files.listQueue() : imageIds;
    let status = 0;
    for (const imageId of wanted) if (!(await fetchOne(parts, cache, imageId))) status = 1;
    if (wanted.length === 0) process.stdout.write('No image is queued.\n');
    return status;
  });
}

async function fetchOne(parts: PrefetchParts, cache: ImageCache, imageId: string): Promise<boolean> {
  try {
    const outcome = await prefetchImage(parts, cache, imageId);
    process.stdout.write(`${imageId}: ${outcome === 'cached' ? 'cached' : 'being cached by another process'}\n`);
    return true;
  } catch (error) {
    process.stderr.write(`${imageId}: ${reasonOf(error)}\n`);
    await cache.files.dequeue(imageId);
    return false;
  }
}

export function prune(given: ConfigurationArguments): Promise<number> {
  return withCache(given, async (parts, cache) => {
    const { files, bytes } = await pruneCopies(parts, cache);
    process.stdout.write(`${files} images with ${bytes} bytes were removed.\n`);
    return 0;
  });
}

export function clean(given: ConfigurationArguments): Promise<number> {
  return withCache(given, async (parts, cache) => {
    await cleanLeftovers(parts, cache);
    process.stdout.write('Unfinished and bad copies were removed.\n');
    return 0;
  });
}

function listing({ cached, queued }: CacheContents): string {
  const rows = cached.map(({ imageId, sizeBytes, hits, lastAccessed }) => [
    imageId,
    String(sizeBytes),
    String(hits),
    lastAccessed.toISOString(),
  ]);
  const lines = [['image', 'bytes', 'hits', 'last accessed'], ...rows, ...queued.map((imageId) => [imageId, 'queued'])];
  return lines.map(([imageId = '', ...rest]) => `${[imageId.padEnd(36), ...rest].join('\t')}\n`).join('');
}

async function withCache(
  given: ConfigurationArguments,
  work: (parts: PrefetchParts, cache: ImageCache) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  const { settings } = configuration;
  const releases: (() => unknown)[] = [];
  try {
    const database = openDatabase(settings);
    releases.push(() => database.close());
    await requireSchema(sqlDatabaseSchema(database));
    const { cache, close } = await openConfiguredCache(settings, database);
    releases.push(close);
    if (cache === null) throw new ImageServiceError('notFound', 'There is no cache: set [DEFAULT] image_cache_dir.');
    const hasher = startThreadedHasher();
    releases.push(() => hasher.close());
    const parts = {
      images: sqlImageRepository(database),
      stores: await openStores(settings, openLog(settings.logging).log),
      hasher,
      clock: systemClock,
      ids: randomUuids,
      report: (event: string, { error }: Readonly<Record<string, unknown>>) =>
        void process.stderr.write(`${event}${error === undefined ? '' : `: ${reasonOf(error)}`}\n`),
    };
    return await work(parts, cache);
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    return 1;
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

async function requireSchema(schema: ReturnType<typeof sqlDatabaseSchema>): Promise<void> {
  const { kind } = await schema.state();
  if (kind === 'current') return;
  throw new ImageServiceError('unavailable', 'The database is not ready: see lucarne db check.');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
