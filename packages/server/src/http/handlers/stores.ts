/** Copies of images in stores. Source: contract 05 §4. */
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { deleteFromStore } from '../../usecases/stores/delete-from-store.ts';
import { emptyAnswer, pathParameter } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';

export function deleteImageFromStoreHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const storeId = pathParameter(call, 'store_id');
    await deleteFromStore(parts, call.context, { storeId, imageId: pathParameter(call, 'image_id') });
    return emptyAnswer(204);
  };
}
