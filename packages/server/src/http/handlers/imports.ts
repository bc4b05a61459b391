/** Import of images. Source: contract 04 §1, §2. */
import { startImport } from '../../usecases/imports/start-import.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter, taskBodyLimitBytes } from '../api-call.ts';
import { peerCall } from '../peer-calls.ts';
import type { OperationHandler } from '../api-call.ts';

export function importImageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const body = await call.readJson(taskBodyLimitBytes);
    await startImport(parts, call.context, {
      imageId: pathParameter(call, 'image_id'),
      body,
      storeHeader: call.header('x-image-meta-store') ?? null,
      call: peerCall(call, body),
    });
    return emptyAnswer(202);
  };
}
