/**
 * The client: one method for each operation, named as the operation table names it.
 *
 * Runs wherever there is `fetch`: browsers, Node, workers.
 */
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { Connection, FetchFunction, TokenSource } from './connection.ts';
import { cacheMethods } from './image-cache.ts';
import type { CacheMethods } from './image-cache.ts';
import { downloadImageData } from './image-data-download.ts';
import type { DownloadOptions, ImageDownload } from './image-data-download.ts';
import { sendImageData } from './image-data-upload.ts';
import type { StageOptions, UploadOptions } from './image-data-upload.ts';
import { imageMethods } from './images.ts';
import type { ImageMethods } from './images.ts';
import { importMethods } from './imports.ts';
import type { ImportMethods } from './imports.ts';
import { locationMethods } from './locations.ts';
import type { LocationMethods } from './locations.ts';
import { memberMethods } from './members.ts';
import type { MemberMethods } from './members.ts';
import { metadefNamespaceMethods } from './metadef-namespaces.ts';
import type { MetadefNamespaceMethods } from './metadef-namespaces.ts';
import { metadefObjectMethods } from './metadef-objects.ts';
import type { MetadefObjectMethods } from './metadef-objects.ts';
import { metadefPropertyMethods } from './metadef-properties.ts';
import type { MetadefPropertyMethods } from './metadef-properties.ts';
import { metadefResourceTypeMethods } from './metadef-resource-types.ts';
import type { MetadefResourceTypeMethods } from './metadef-resource-types.ts';
import { metadefTagMethods } from './metadef-tags.ts';
import type { MetadefTagMethods } from './metadef-tags.ts';
import { schemaMethods } from './schemas.ts';
import type { SchemaMethods } from './schemas.ts';
import { storeMethods } from './stores.ts';
import type { StoreMethods } from './stores.ts';
import { tagMethods } from './tags.ts';
import type { TagMethods } from './tags.ts';
import { taskMethods } from './tasks.ts';
import type { TaskMethods } from './tasks.ts';
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
  /**
   * Puts data in the staging area, sent like those of an upload, and resolves when they are all there; the image is then
   * `uploading` and waits for `importImage` with `glance-direct`. 404 where that import method is not enabled.
   */
  stageImageData(imageId: string, data: ImageDataSource, options?: StageOptions): Promise<void>;
  /** Resolves when the answer begins; the data is in its stream. */
  downloadImageData(imageId: string, options?: DownloadOptions): Promise<ImageDownload>;
}

/**
 * All methods raise `ImageApiError` for an answer that is no success, `RangeError` for an argument that no URL can
 * carry, and the errors of `fetch` for a network failure or an abort.
 */
export interface ImageClient
  extends
    VersionMethods,
    ImageMethods,
    ImageDataMethods,
    TagMethods,
    MemberMethods,
    ImportMethods,
    TaskMethods,
    LocationMethods,
    StoreMethods,
    CacheMethods,
    MetadefNamespaceMethods,
    MetadefResourceTypeMethods,
    MetadefPropertyMethods,
    MetadefObjectMethods,
    MetadefTagMethods,
    SchemaMethods {}

/** Complete by compilation: an operation of the table without a method is an error here. */
type OperationMethods = { readonly [Id in OperationId]: ImageClient[Id] };

export function createImageClient(options: ImageClientOptions): ImageClient {
  const connection = connectionOf(options);
  return {
    ...versionMethods(connection),
    ...imageMethods(connection),
    ...tagMethods(connection),
    ...memberMethods(connection),
    ...importMethods(connection),
    ...taskMethods(connection),
    ...locationMethods(connection),
    ...storeMethods(connection),
    ...cacheMethods(connection),
    ...metadefNamespaceMethods(connection),
    ...metadefResourceTypeMethods(connection),
    ...metadefPropertyMethods(connection),
    ...metadefObjectMethods(connection),
    ...metadefTagMethods(connection),
    ...schemaMethods(connection),
    uploadImageData: (imageId, data, upload = {}) =>
      sendImageData(connection, { operation: 'uploadImageData', imageId, data, options: upload }),
    stageImageData: (imageId, data, stage = {}) =>
      sendImageData(connection, { operation: 'stageImageData', imageId, data, options: stage }),
    downloadImageData: (imageId, download = {}) => downloadImageData(connection, { imageId, options: download }),
  } satisfies ImageClient & OperationMethods;
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
