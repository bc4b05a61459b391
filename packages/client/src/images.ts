/** Image records: list, create, show, update, delete, deactivate, reactivate. Source: contract 02. */
import { jsonPatchMediaTypes } from '@lucarne/contract/json-patch-media-types.ts';
import type {
  ImageCreateRequest,
  ImageList,
  ImageListQuery,
  ImageView,
  PatchDocument,
} from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import { eachItem } from './pages.ts';

export interface ImageMethods {
  /** One page. `next` of the answer says whether there may be more. */
  listImages(query?: ImageListQuery, options?: CallOptions): Promise<ImageList>;
  /** All images a query finds, page after page; `limit` is the size of a page. Stops asking when the loop stops. */
  eachImage(query?: ImageListQuery, options?: CallOptions): AsyncGenerator<ImageView, void>;
  createImage(request: ImageCreateRequest, options?: CallOptions): Promise<ImageView>;
  showImage(imageId: string, options?: CallOptions): Promise<ImageView>;
  /** Applies all operations or none. An image changed meanwhile by others keeps their changes of other attributes. */
  updateImage(imageId: string, patch: PatchDocument, options?: CallOptions): Promise<ImageView>;
  deleteImage(imageId: string, options?: CallOptions): Promise<void>;
  /** Idempotent. */
  deactivateImage(imageId: string, options?: CallOptions): Promise<void>;
  /** Idempotent. */
  reactivateImage(imageId: string, options?: CallOptions): Promise<void>;
}

export function imageMethods(connection: Connection): ImageMethods {
  return {
    listImages: (query = {}, options = {}) => listImages(connection, query, options),
    eachImage: (query = {}, options = {}) =>
      eachItem({ query, list: (page) => listImages(connection, page, options), itemsOf: ({ images }) => images }),
    createImage: (request, options) =>
      sendForJson(connection, { ...callOf('createImage', {}), ...jsonBody(request), ...options }),
    showImage: (imageId, options) =>
      sendForJson(connection, { ...callOf('showImage', { image_id: imageId }), ...options }),
    updateImage: (imageId, patch, options) =>
      sendForJson(connection, {
        ...callOf('updateImage', { image_id: imageId }),
        ...jsonBody(patch, jsonPatchMediaTypes.v21),
        ...options,
      }),
    deleteImage: (imageId, options) =>
      sendForNothing(connection, { ...callOf('deleteImage', { image_id: imageId }), ...options }),
    deactivateImage: (imageId, options) =>
      sendForNothing(connection, { ...callOf('deactivateImage', { image_id: imageId }), ...options }),
    reactivateImage: (imageId, options) =>
      sendForNothing(connection, { ...callOf('reactivateImage', { image_id: imageId }), ...options }),
  };
}

function listImages(connection: Connection, query: ImageListQuery, options: CallOptions): Promise<ImageList> {
  return sendForJson(connection, { ...callOf('listImages', {}), query, ...options });
}
