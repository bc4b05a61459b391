/** Where the data of an image is kept. Source: contract 05 §3. */
import type { LocationAddRequest, LocationView } from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface LocationMethods {
  /** None for an image without data. For administrators and services: 403 for others. */
  listImageLocations(imageId: string, options?: CallOptions): Promise<readonly LocationView[]>;
  /**
   * Makes data that are elsewhere the data of a queued image. Resolves when this has been accepted; the image becomes
   * active later, or stays queued if there are no such data or they have not the given hash.
   *
   * 403 for a URL other than of a web server, unless a service calls, or where no store takes such a URL; 409 for an
   * image that is not queued or is being imported.
   */
  addImageLocation(imageId: string, request: LocationAddRequest, options?: CallOptions): Promise<void>;
}

export function locationMethods(connection: Connection): LocationMethods {
  return {
    listImageLocations: (imageId, options) =>
      sendForJson(connection, { ...callOf('listImageLocations', { image_id: imageId }), ...options }),
    addImageLocation: (imageId, request, options) =>
      sendForNothing(connection, {
        ...callOf('addImageLocation', { image_id: imageId }),
        ...jsonBody(request),
        ...options,
      }),
  };
}
