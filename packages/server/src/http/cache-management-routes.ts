/**
 * The older management calls of the cache, which stand beside the operation table: they are there in some deployments
 * only, and a method they do not know is as unknown as any other path. Source: contract 08 §4.
 */
import {
  clearManagedCache,
  clearManagedQueue,
  deleteManagedCopy,
  dequeueManagedImage,
  listManagedCache,
  queueManagedImage,
} from '../usecases/cache/managed-cache.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import { jsonAnswer, pathParameter } from './api-call.ts';
import type { OperationHandler } from './api-call.ts';
import { cacheView } from './views/cache-view.ts';

export interface CacheManagementRoute {
  /** Verb and noun, as operations have it. */
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: `/v2/${string}`;
  readonly handler: OperationHandler;
}

export function cacheManagementRoutes(parts: ServiceParts): readonly CacheManagementRoute[] {
  return [
    {
      id: 'listCachedImages',
      method: 'GET',
      path: '/v2/cached_images',
      handler: async ({ context }) => {
        const { cached_images } = cacheView(await listManagedCache(parts, context));
        return jsonAnswer(200, { cached_images });
      },
    },
    {
      id: 'deleteCachedImages',
      method: 'DELETE',
      path: '/v2/cached_images',
      handler: async ({ context }) => jsonAnswer(200, { num_deleted: await clearManagedCache(parts, context) }),
    },
    {
      id: 'deleteCachedImage',
      method: 'DELETE',
      path: '/v2/cached_images/{image_id}',
      handler: async (call) => {
        await deleteManagedCopy(parts, call.context, pathParameter(call, 'image_id'));
        return jsonAnswer(200, null);
      },
    },
    {
      id: 'listQueuedImages',
      method: 'GET',
      path: '/v2/queued_images',
      handler: async ({ context }) => {
        const { queued_images } = cacheView(await listManagedCache(parts, context));
        return jsonAnswer(200, { queued_images });
      },
    },
    {
      id: 'queueImage',
      method: 'PUT',
      path: '/v2/queued_images/{image_id}',
      handler: async (call) => {
        await queueManagedImage(parts, call.context, pathParameter(call, 'image_id'));
        return jsonAnswer(200, null);
      },
    },
    {
      id: 'deleteQueuedImages',
      method: 'DELETE',
      path: '/v2/queued_images',
      handler: async ({ context }) => jsonAnswer(200, { num_deleted: await clearManagedQueue(parts, context) }),
    },
    {
      id: 'deleteQueuedImage',
      method: 'DELETE',
      path: '/v2/queued_images/{image_id}',
      handler: async (call) => {
        await dequeueManagedImage(parts, call.context, pathParameter(call, 'image_id'));
        return jsonAnswer(200, null);
      },
    },
  ];
}
