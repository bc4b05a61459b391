/** The cache API. Source: contract 08 §2. */
import { headerNames } from '@lucarne/contract/header-names.ts';
import {
  cleanImageCache,
  clearImageCache,
  deleteCachedImage,
  listCachedImageNodes,
  listCachedImages,
  pruneImageCache,
  queueCachedImage,
} from '../../usecases/cache/cached-images.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, jsonAnswer, pathParameter } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';
import { cacheView, pruneView } from '../views/cache-view.ts';

export function listCachedImagesHandler(parts: ServiceParts): OperationHandler {
  return async (call) => jsonAnswer(200, cacheView(await listCachedImages(parts, call.context)));
}

export function clearImageCacheHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await clearImageCache(parts, call.context, call.header(headerNames.cacheClearTarget) ?? '');
    return emptyAnswer(204);
  };
}

export function queueCachedImageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await queueCachedImage(parts, call.context, pathParameter(call, 'image_id'));
    return emptyAnswer(202);
  };
}

export function deleteCachedImageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteCachedImage(parts, call.context, pathParameter(call, 'image_id'));
    return emptyAnswer(204);
  };
}

export function listCachedImageNodesHandler(parts: ServiceParts): OperationHandler {
  return async (call) =>
    jsonAnswer(200, await listCachedImageNodes(parts, call.context, pathParameter(call, 'image_id')));
}

export function cleanImageCacheHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await cleanImageCache(parts, call.context);
    return emptyAnswer(200);
  };
}

export function pruneImageCacheHandler(parts: ServiceParts): OperationHandler {
  return async (call) => jsonAnswer(200, pruneView(await pruneImageCache(parts, call.context)));
}
