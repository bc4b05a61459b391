/** Where the data of images are. Source: contract 05 §3. */
import { addImageLocation } from '../../usecases/locations/add.ts';
import { listImageLocations } from '../../usecases/locations/list.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, jsonAnswer, pathParameter, taskBodyLimitBytes } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';

export function listImageLocationsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    // Nothing is asked of the body, but it must be JSON.
    if (call.contentLength !== null && call.contentLength > 0) await call.readJson();
    return jsonAnswer(200, await listImageLocations(parts, call.context, pathParameter(call, 'image_id')));
  };
}

export function addImageLocationHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await addImageLocation(parts, call.context, {
      imageId: pathParameter(call, 'image_id'),
      body: await call.readJson(taskBodyLimitBytes),
    });
    return emptyAnswer(202);
  };
}
