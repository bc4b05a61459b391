/** Image records. Source: contract 02. */
import { acceptPatch, jsonPatchMediaTypes } from '@lucarne/contract/json-patch-media-types.ts';
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { PatchDialect } from '../../domain/images/patch-document.ts';
import { deactivateImage, reactivateImage } from '../../usecases/images/change-activation.ts';
import { createImage } from '../../usecases/images/create.ts';
import { deleteImage } from '../../usecases/images/delete.ts';
import { listImages } from '../../usecases/images/list.ts';
import { showImage } from '../../usecases/images/show.ts';
import { updateImage } from '../../usecases/images/update.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, jsonAnswer, pathParameter } from '../api-call.ts';
import type { ApiAnswer, ApiCall, OperationHandler } from '../api-call.ts';
import { entityTag, isNotModified, requireMatch } from '../conditional-requests.ts';
import { peerCall } from '../peer-calls.ts';
import { imageView } from '../views/image-view.ts';
import type { ImageViewOptions } from '../views/image-view.ts';

const collectionPath = '/v2/images';

export function listImagesHandler(parts: ServiceParts, view: ImageViewOptions): OperationHandler {
  return async (call) => {
    const page = await listImages(parts, call.context, {
      path: collectionPath,
      query: call.query,
      dialect: view.profile?.listDialect ?? null,
    });
    return jsonAnswer(200, {
      images: page.images.map((image) => imageView(image, call.context, view)),
      first: page.links.first,
      schema: '/v2/schemas/images',
      ...(page.links.next === undefined ? {} : { next: page.links.next }),
    });
  };
}

export function createImageHandler(parts: ServiceParts, view: ImageViewOptions): OperationHandler {
  return async (call) => {
    const image = await createImage(parts, call.context, await call.readJson());
    const answer = imageAnswer(201, imageView(image, call.context, view));
    const location = `${call.origin}${collectionPath}/${image.id}`;
    return { ...answer, headers: { ...answer.headers, location, ...view.offerHeaders } };
  };
}

export function showImageHandler(parts: ServiceParts, view: ImageViewOptions): OperationHandler {
  return async (call) => {
    const image = await showImage(parts, call.context, pathParameter(call, 'image_id'));
    const answer = imageAnswer(200, imageView(image, call.context, view));
    const tag = answer.headers?.['etag'] ?? '';
    if (!isNotModified(call.header('if-none-match'), tag)) return answer;
    return { status: 304, headers: { etag: tag }, body: { kind: 'none' } };
  };
}

export function updateImageHandler(parts: ServiceParts, view: ImageViewOptions): OperationHandler {
  return async (call) => {
    const dialect = patchDialect(call);
    const image = await updateImage(parts, call.context, {
      imageId: pathParameter(call, 'image_id'),
      dialect,
      document: await call.readJson(),
      precondition: precondition(call, view),
    });
    return imageAnswer(200, imageView(image, call.context, view));
  };
}

export function deleteImageHandler(parts: ServiceParts, view: ImageViewOptions): OperationHandler {
  return async (call) => {
    await deleteImage(parts, call.context, {
      imageId: pathParameter(call, 'image_id'),
      precondition: precondition(call, view),
      call: peerCall(call, null),
    });
    return emptyAnswer(204);
  };
}

export function deactivateImageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deactivateImage(parts, call.context, pathParameter(call, 'image_id'));
    return emptyAnswer(204);
  };
}

export function reactivateImageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await reactivateImage(parts, call.context, pathParameter(call, 'image_id'));
    return emptyAnswer(204);
  };
}

function imageAnswer(status: number, view: Readonly<Record<string, unknown>>): ApiAnswer {
  const text = JSON.stringify(view);
  return { status, headers: { etag: entityTag(text) }, body: { kind: 'json', text } };
}

/** What `If-Match` demands of the image, or null when the client demands nothing. */
function precondition(call: ApiCall, view: ImageViewOptions): ((image: Image) => void) | null {
  const wanted = call.header('if-match');
  if (wanted === undefined) return null;
  return (image) => requireMatch(wanted, entityTag(JSON.stringify(imageView(image, call.context, view))));
}

/** The media type names the dialect; its parameters do not matter, its case does. */
function patchDialect(call: ApiCall): PatchDialect {
  const mediaType = call.header('content-type')?.split(';')[0]?.trim();
  if (mediaType === jsonPatchMediaTypes.v21) return 'v2.1';
  if (mediaType === jsonPatchMediaTypes.v20) return 'v2.0';
  throw new ImageServiceError(
    'unsupportedMediaType',
    `A patch must be sent as ${jsonPatchMediaTypes.v21} or ${jsonPatchMediaTypes.v20}.`,
    { headers: { 'accept-patch': acceptPatch } },
  );
}
