/** Requests on the image cache, as the HTTP tests need them. */
import type { Answer } from './http-client.testing.ts';
import { createActiveImage } from './images.testing.ts';
import type { RunningService } from './running-service.testing.ts';

export interface CacheListing {
  readonly cached_images: readonly Readonly<Record<string, unknown>>[];
  readonly queued_images: readonly string[];
}

/** What `GET /v2/cache` tells. */
export async function listCache(service: RunningService): Promise<CacheListing> {
  const answer = await service.send('GET /v2/cache', { as: 'admin' });
  if (answer.status !== 200) throw new Error(`The cache was not listed: ${answer.status} ${answer.text}`);
  const { cached_images, queued_images } = answer.json();
  if (!Array.isArray(cached_images) || !Array.isArray(queued_images)) throw new Error(`No listing: ${answer.text}`);
  return { cached_images, queued_images };
}

export async function cachedIds(service: RunningService): Promise<readonly unknown[]> {
  return (await listCache(service)).cached_images.map(({ image_id }) => image_id);
}

/** Waits until what was queued has been fetched. */
export async function queueWorkedOff(service: RunningService): Promise<void> {
  await service.parts.cache?.prefetching;
}

/** For each operation on the cache a request that succeeds. */
export function cacheSuccesses(service: () => RunningService) {
  const send = (request: string): Promise<Answer> => service().send(request, { as: 'admin' });
  return {
    listCachedImages: () => send('GET /v2/cache'),
    clearImageCache: () => send('DELETE /v2/cache'),
    queueCachedImage: async () => send(`PUT /v2/cache/${await createActiveImage(service())}`),
    deleteCachedImage: async () => send(`DELETE /v2/cache/${await createActiveImage(service())}`),
    listCachedImageNodes: async () => send(`GET /v2/cache/nodes/${await createActiveImage(service())}`),
    cleanImageCache: () => send('POST /v2/cache/clean'),
    pruneImageCache: () => send('POST /v2/cache/prune'),
  };
}
