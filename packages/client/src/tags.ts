/** Tags of an image, one at a time; all at once with `updateImage`. Source: contract 06 §4. */
import { callOf, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface TagMethods {
  /** Idempotent. A tag with a slash, or of dots alone, cannot be part of a URL: `updateImage` can set it. */
  addImageTag(imageId: string, tag: string, options?: CallOptions): Promise<void>;
  /** 404 if the image does not have the tag. */
  removeImageTag(imageId: string, tag: string, options?: CallOptions): Promise<void>;
}

export function tagMethods(connection: Connection): TagMethods {
  return {
    addImageTag: (imageId, tag, options) =>
      sendForNothing(connection, { ...callOf('addImageTag', { image_id: imageId, tag }), ...options }),
    removeImageTag: (imageId, tag, options) =>
      sendForNothing(connection, { ...callOf('removeImageTag', { image_id: imageId, tag }), ...options }),
  };
}
