/** The image cache of the node that answers. Source: contract 08 §2. */
import { headerNames } from '@lucarne/contract/header-names.ts';
import type { CachePruneView, CacheView } from '@lucarne/contract/wire.ts';
import { callOf, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface CacheClearOptions extends CallOptions {
  /** Which part to empty; both if left out. */
  readonly target?: 'cache' | 'queue';
}

/** For administrators, 403 for others; 404 where there is no cache. */
export interface CacheMethods {
  listCachedImages(options?: CallOptions): Promise<CacheView>;
  /** Idempotent. */
  clearImageCache(options?: CacheClearOptions): Promise<void>;
  /** Resolves when the image is in the queue; it is fetched later. Idempotent. 400 for an image that is not active. */
  queueCachedImage(imageId: string, options?: CallOptions): Promise<void>;
  /** From cache and queue. Idempotent. */
  deleteCachedImage(imageId: string, options?: CallOptions): Promise<void>;
  /** URLs of the nodes that have the image in their cache. 409 where nodes do not share what they have. */
  listCachedImageNodes(imageId: string, options?: CallOptions): Promise<readonly string[]>;
  /** Deletes what was cached wrongly, and what has been incomplete for long. */
  cleanImageCache(options?: CallOptions): Promise<void>;
  /** Deletes what was used least recently until the cache has its largest allowed size; tells files and bytes. */
  pruneImageCache(options?: CallOptions): Promise<CachePruneView>;
}

export function cacheMethods(connection: Connection): CacheMethods {
  return {
    listCachedImages: (options) => sendForJson(connection, { ...callOf('listCachedImages', {}), ...options }),
    clearImageCache: ({ target, ...options } = {}) =>
      sendForNothing(connection, {
        ...callOf('clearImageCache', {}),
        ...(target === undefined ? {} : { headers: { [headerNames.cacheClearTarget]: target } }),
        ...options,
      }),
    queueCachedImage: (imageId, options) =>
      sendForNothing(connection, { ...callOf('queueCachedImage', { image_id: imageId }), ...options }),
    deleteCachedImage: (imageId, options) =>
      sendForNothing(connection, { ...callOf('deleteCachedImage', { image_id: imageId }), ...options }),
    listCachedImageNodes: (imageId, options) =>
      sendForJson(connection, { ...callOf('listCachedImageNodes', { image_id: imageId }), ...options }),
    cleanImageCache: (options) => sendForNothing(connection, { ...callOf('cleanImageCache', {}), ...options }),
    pruneImageCache: (options) => sendForJson(connection, { ...callOf('pruneImageCache', {}), ...options }),
  };
}
