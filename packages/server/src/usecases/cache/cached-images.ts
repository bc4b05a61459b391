/**
 * The calls of the cache API, each for the cache of the answering node alone. Source: contract 08 §2.
 *
 * The order of the checks: calls on one image look it up first, all others ask the policy first; that there is no cache
 * is told last.
 */
import { badRequest, conflict } from '../../domain/errors.ts';
import { imageTarget } from '../../domain/policy/image-target.ts';
import { emptyTarget } from '../../domain/policy/named-values.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { CacheEntry } from '../../ports/cache-books.ts';
import { authorize, imageNotFound } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import type { ServiceParts } from '../service-parts.ts';
import { recordHits } from './hits.ts';
import { requireCache, settleFills } from './image-cache.ts';
import type { ImageCache } from './image-cache.ts';
import { enqueueImage, startPrefetching } from './prefetch.ts';
import type { PrefetchParts } from './prefetch.ts';
import { cleanLeftovers, pruneCopies } from './prune.ts';
import type { PruneResult } from './prune.ts';
import { emptyQueue, removeAllCopies, removeCopy } from './remove.ts';

type PolicyParts = Pick<ServiceParts, 'policy' | 'cache'>;
type UpkeepParts = PolicyParts & Pick<ServiceParts, 'clock' | 'report'>;

export interface CacheContents {
  readonly cached: readonly CacheEntry[];
  /** In the order in which they are fetched. */
  readonly queued: readonly string[];
}

async function authorizedCache(parts: PolicyParts, context: RequestContext, rule: string): Promise<ImageCache> {
  await authorize(parts, context, { rule, target: emptyTarget });
  return requireCache(parts);
}

export async function listCachedImages(parts: UpkeepParts, context: RequestContext): Promise<CacheContents> {
  return cacheContents(parts, await authorizedCache(parts, context, 'cache_list'));
}

export async function cacheContents(
  parts: Pick<ServiceParts, 'clock' | 'report'>,
  cache: ImageCache,
): Promise<CacheContents> {
  await settleFills(parts.clock, cache);
  await recordHits(parts, cache);
  return { cached: await cache.books.list(), queued: await cache.files.listQueue() };
}

/** Has an image fetched into the cache; does not wait until it is there. */
export async function queueCachedImage(
  parts: PrefetchParts & PolicyParts,
  context: RequestContext,
  imageId: string,
): Promise<void> {
  const image = await loadImage(parts, context, imageId);
  await authorize(parts, context, { rule: 'cache_image', target: imageTarget(image, context) });
  const cache = requireCache(parts);
  if (image.status !== 'active') {
    throw badRequest(`Image ${imageId} is ${image.status}; only active images can be cached.`);
  }
  await enqueueImage(parts, cache, image);
  startPrefetching(parts, cache);
}

/** Removes an image from the cache and the queue; also one that has been deleted meanwhile. */
export async function deleteCachedImage(
  parts: UpkeepParts & Pick<ServiceParts, 'images'>,
  context: RequestContext,
  imageId: string,
): Promise<void> {
  const image = await parts.images.show(context, imageId);
  if (image === undefined) await requireLeftover(parts, context, imageId);
  else await authorize(parts, context, { rule: 'cache_delete', target: imageTarget(image, context) });
  const cache = requireCache(parts);
  await cache.files.dequeue(imageId);
  await removeCopy(parts, cache, imageId);
}

/** A refusal would tell that there is an image which the caller cannot see: for such a caller there is none. */
async function requireLeftover(parts: PolicyParts, context: RequestContext, imageId: string): Promise<void> {
  const isAllowed = await parts.policy.current().allows(context, 'cache_delete', emptyTarget);
  if (!isAllowed || !(await isKnown(parts.cache, imageId))) throw imageNotFound(imageId);
}

async function isKnown(cache: ImageCache | null, imageId: string): Promise<boolean> {
  if (cache === null) return false;
  if ((await cache.books.find(imageId)) !== undefined) return true;
  return cache.files.isQueued(imageId);
}

const clearTargets = ['cache', 'queue'] as const;

/** `target` is what the client asked to be cleared, in any case; empty means both. */
export async function clearImageCache(parts: UpkeepParts, context: RequestContext, target: string): Promise<void> {
  const cache = await authorizedCache(parts, context, 'cache_delete');
  const wanted = clearTargets.find((known) => known === target.toLowerCase());
  if (wanted === undefined && target !== '') {
    throw badRequest(`What is to be cleared must be one of ${clearTargets.join(', ')}, or empty for both.`);
  }
  if (wanted !== 'queue') await removeAllCopies(parts, cache);
  if (wanted !== 'cache') await emptyQueue(cache);
}

/** URLs of the nodes that have the image in their caches. */
export async function listCachedImageNodes(
  parts: PolicyParts & Pick<ServiceParts, 'images' | 'clock'>,
  context: RequestContext,
  imageId: string,
): Promise<readonly string[]> {
  const cache = await authorizedCache(parts, context, 'list_cached_nodes');
  await settleFills(parts.clock, cache);
  const nodes = await cache.books.nodesOf(imageId);
  if (nodes === null) {
    throw conflict('The nodes are known only where image_cache_driver is centralized_db.');
  }
  await loadImage(parts, context, imageId);
  return nodes;
}

export async function cleanImageCache(parts: UpkeepParts, context: RequestContext): Promise<void> {
  await cleanLeftovers(parts, await authorizedCache(parts, context, 'cache_clean'));
}

export async function pruneImageCache(parts: UpkeepParts, context: RequestContext): Promise<PruneResult> {
  const cache = await authorizedCache(parts, context, 'cache_prune');
  await settleFills(parts.clock, cache);
  return pruneCopies(parts, cache);
}
