/** Import of image data, and the methods there are for it. Source: contract 04 §1, 01 §10. */
import type { ImportMethodsView, ImportRequest } from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface ImportMethods {
  /**
   * Resolves when the import has been accepted, long before it has ended: the image's `status`, and while there are
   * several stores its `os_glance_importing_to_stores` and `os_glance_failed_import`, tell how it gets on;
   * `listImageTasks` tells why it failed.
   *
   * `glance-direct` needs staged data, the downloads a queued image, and `copy-image` an active one. 400 for a method
   * that is not enabled or a URI that is not allowed; 409 if the image is in another status, has no formats or is being
   * imported, or if there is no such store.
   */
  importImage(imageId: string, request: ImportRequest, options?: CallOptions): Promise<void>;
  /** Which import methods are enabled; there may be none. */
  showImportInfo(options?: CallOptions): Promise<ImportMethodsView>;
}

export function importMethods(connection: Connection): ImportMethods {
  return {
    importImage: (imageId, request, options) =>
      sendForNothing(connection, {
        ...callOf('importImage', { image_id: imageId }),
        ...jsonBody(request),
        ...options,
      }),
    showImportInfo: (options) => sendForJson(connection, { ...callOf('showImportInfo', {}), ...options }),
  };
}
