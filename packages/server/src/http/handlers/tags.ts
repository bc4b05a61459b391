/** Tags of an image. Source: contract 06 §4. */
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { addImageTag, removeImageTag } from '../../usecases/tags.ts';
import { emptyAnswer, pathParameter } from '../api-call.ts';
import type { ApiCall, OperationHandler } from '../api-call.ts';

export function addImageTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await addImageTag(parts, call.context, tagOf(call));
    return emptyAnswer(204);
  };
}

export function removeImageTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await removeImageTag(parts, call.context, tagOf(call));
    return emptyAnswer(204);
  };
}

function tagOf(call: ApiCall): { imageId: string; tag: string } {
  return { imageId: pathParameter(call, 'image_id'), tag: pathParameter(call, 'tag') };
}
