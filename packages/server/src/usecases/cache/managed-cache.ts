/**
 * The older management calls of the cache, under one rule, and without looking at the images. Source: contract 08 §4.
 */
import { emptyTarget } from '../../domain/policy/named-values.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorize } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';
import { cacheContents } from './cached-images.ts';
import type { CacheContents } from './cached-images.ts';
import { requireCache } from './image-cache.ts';
import type { ImageCache } from './image-cache.ts';
import { emptyQueue, removeAllCopies, removeCopy } from './remove.ts';

type Parts = Pick<ServiceParts, 'policy' | 'cache' | 'clock' | 'report'>;

async function managedCache(parts: Parts, context: RequestContext): Promise<ImageCache> {
  await authorize(parts, context, { rule: 'manage_image_cache', target: emptyTarget });
  return requireCache(parts);
}

export async function listManagedCache(parts: Parts, context: RequestContext): Promise<CacheContents> {
  return cacheContents(parts, await managedCache(parts, context));
}

/** Gives the number of images removed. */
export async function clearManagedCache(parts: Parts, context: RequestContext): Promise<number> {
  return removeAllCopies(parts, await managedCache(parts, context));
}

export async function deleteManagedCopy(parts: Parts, context: RequestContext, imageId: string): Promise<void> {
  await removeCopy(parts, await managedCache(parts, context), imageId);
}

/** Only queues the image; whoever works the queue off finds out what it is. */
export async function queueManagedImage(parts: Parts, context: RequestContext, imageId: string): Promise<void> {
  const cache = await managedCache(parts, context);
  if (cache.fills.has(imageId) || (await cache.books.find(imageId)) !== undefined) return;
  await cache.files.enqueue(imageId);
}

/** Gives the number of images that were queued. */
export async function clearManagedQueue(parts: Parts, context: RequestContext): Promise<number> {
  return emptyQueue(await managedCache(parts, context));
}

export async function dequeueManagedImage(parts: Parts, context: RequestContext, imageId: string): Promise<void> {
  await (await managedCache(parts, context)).files.dequeue(imageId);
}
