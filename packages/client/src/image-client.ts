/**
 * The client: one method for each operation, named as the operation table names it.
 *
 * Runs wherever there is `fetch`: browsers, Node, workers.
 */
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { Connection, FetchFunction, TokenSource } from './connection.ts';
import { downloadImageData } from './image-data-download.ts';
import type { DownloadOptions, ImageDownload } from './image-data-download.ts';
import { uploadImageData } from './image-data-upload.ts';
import type { UploadOptions } from './image-data-upload.ts';
import { imageMethods } from './images.ts';
import type { ImageMethods } from './images.ts';
import { memberMethods } from './members.ts';
import type { MemberMethods } from './members.ts';
import { schemaMethods } from './schemas.ts';
import type { SchemaMethods } from './schemas.ts';
import { tagMethods } from './tags.ts';
import type { TagMethods } from './tags.ts';
import { streamSupport } from './upload-body.ts';
import type { ImageDataSource } from './upload-body.ts';
import { versionMethods } from './versions.ts';
import type { VersionMethods } from './versions.ts';

export interface ImageClientOptions {
  /** The image endpoint as the catalogue has it; a version at its end does not matter. */
  readonly endpoint: string;
  /** A token, or where to get one before every call. */
  readonly token: string | TokenSource;
  /** In place of the runtime's own. */
  readonly fetch?: FetchFunction;
}

export interface ImageDataMethods {
  /**
   * Sends the data of a queued image and resolves when it is stored; the image is then active.
   *
   * Data of a kind that can be read once is sent as it is read; a browser that cannot do this collects it first.
   */
  uploadImageData(imageId: string, data: ImageDataSource, options?: UploadOptions): Promise<void>;
  /** Resolves when the answer begins; the data is in its stream. */
  downloadImageData(imageId: string, options?: DownloadOptions): Promise<ImageDownload>;
}

/**
 * All methods raise `ImageApiError` for an answer that is no success, `RangeError` for an argument that no URL can
 * carry, and the errors of `fetch` for a network failure or an abort.
 */
export interface ImageClient
  extends VersionMethods, ImageMethods, ImageDataMethods, TagMethods, MemberMethods, SchemaMethods {}

/** Operations that have a method of the same name. */
export const clientOperations = [
  'listImages',
  'createImage',
  'showImage',
  'updateImage',
  'deleteImage',
  'deactivateImage',
  'reactivateImage',
  'uploadImageData',
  'downloadImageData',
  'addImageTag',
  'removeImageTag',
  'listMembers',
  'createMember',
  'showMember',
  'updateMember',
  'deleteMember',
  'showImageSchema',
  'showImagesSchema',
  'showMemberSchema',
  'showMembersSchema',
  'showTaskSchema',
  'showTasksSchema',
  'showMetadefNamespaceSchema',
  'showMetadefNamespacesSchema',
  'showMetadefResourceTypeSchema',
  'showMetadefResourceTypesSchema',
  'showMetadefPropertySchema',
  'showMetadefPropertiesSchema',
  'showMetadefObjectSchema',
  'showMetadefObjectsSchema',
  'showMetadefTagSchema',
  'showMetadefTagsSchema',
] as const satisfies readonly OperationId[];

type ClientOperation = (typeof clientOperations)[number];

export function createImageClient(options: ImageClientOptions): ImageClient {
  const connection = connectionOf(options);
  return {
    ...versionMethods(connection),
    ...imageMethods(connection),
    ...tagMethods(connection),
    ...memberMethods(connection),
    ...schemaMethods(connection),
    uploadImageData: (imageId, data, upload = {}) => uploadImageData(connection, { imageId, data, options: upload }),
    downloadImageData: (imageId, download = {}) => downloadImageData(connection, { imageId, options: download }),
  } satisfies ImageClient & Record<ClientOperation, (...parameters: never[]) => unknown>;
}

function connectionOf({ endpoint: given, token, fetch: givenFetch }: ImageClientOptions): Connection {
  const endpoint = given.replace(/\/+$/, '').replace(/\/v2(\.\d+)?$/, '');
  return {
    endpoint,
    streamSupport: streamSupport(endpoint),
    token: typeof token === 'string' ? () => Promise.resolve(token) : token,
    // Called as a method of something else, a browser's own fetch refuses to work.
    fetch: givenFetch ?? ((url, init) => fetch(url, init)),
  };
}
