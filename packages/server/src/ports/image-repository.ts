/**
 * Image records and what hangs on them: properties, tags, locations.
 *
 * Rows a viewer may not see do not exist for it: `show` gives undefined, `list` leaves them out. Nor does an image
 * exist for anybody once its deletion began. Every method is one transaction: what it reads belongs together, what it
 * writes happens whole or not at all. A database that cannot be reached or stays locked raises `unavailable`.
 * Source: contract 02 §9, 12 §3, §7, §8.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Image, ImageLocation } from '../domain/images/image.ts';
import type { ImageListQuery } from '../domain/images/list-query.ts';
import type { Viewer } from '../domain/request-context.ts';

/** What a status change may set along with the status. Undefined leaves a column alone, null clears it. */
export interface StatusChange {
  readonly to: ImageStatus;
  readonly sizeBytes?: number | null;
  readonly virtualSizeBytes?: bigint | null;
  readonly checksum?: string | null;
  readonly hashAlgorithm?: string | null;
  readonly hashValue?: string | null;
  /** Replaces the active locations; the ones dropped become `deleted`. */
  readonly locations?: readonly ImageLocation[];
}

/** A status change that is made only from certain statuses. */
export interface StatusStep extends StatusChange {
  readonly from: readonly ImageStatus[];
}

/** What turns an image in saving back into one without data. */
export const requeued: StatusChange = {
  to: 'queued',
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
};

export interface ImageRepository {
  /** Inserts a record with its properties and tags. An id used before, deleted or not, raises `conflict`. */
  create(image: Image): Promise<void>;

  /** A live image the viewer may see, or undefined. Ids are compared verbatim, case included. */
  show(viewer: Viewer, id: string): Promise<Image | undefined>;

  /** One page. One query for the page, one per child table for its ids. */
  list(query: ImageListQuery): Promise<readonly Image[]>;

  /**
   * Where a page continues: `found` when the viewer sees the image, `unknown` otherwise.
   * A deleted image is found only for an admin.
   */
  findMarker(viewer: Viewer, id: string): Promise<'found' | 'unknown'>;

  /**
   * Writes the attributes, properties and tags in which `after` differs from `before`, and moves `updatedAt` to
   * `after.updatedAt`. Attributes both agree on are left as they are in the database, so that two changes of
   * different attributes do not undo each other. With `onlyIfUnchanged` the stored image must still equal `before`,
   * else `preconditionFailed`. A change of the formats needs the status `before` has, else `conflict`: data are
   * judged by the formats, so these must not change once data began to arrive. A vanished image raises `notFound`.
   * Gives the image as stored afterwards.
   */
  update(before: Image, after: Image, options?: { onlyIfUnchanged: boolean }): Promise<Image>;

  /**
   * Compare-and-set of the status, with the data attributes that belong to the step. False when the image is gone or
   * its status is none of `from`; then nothing was written.
   */
  changeStatus(id: string, step: StatusStep, at: Date): Promise<boolean>;

  /** Adds a tag unless the image has it, and moves `updatedAt`. A vanished image raises `notFound`. */
  addTag(id: string, tag: string, at: Date): Promise<void>;

  /** Removes a tag. False when the image does not have it. */
  removeTag(id: string, tag: string, at: Date): Promise<boolean>;

  /**
   * Bytes stored by a project: Σ size × live locations over images not killed, deleted or pending_delete.
   * `exceptImageId` is left out of the sum. Source: contract 13 B.
   */
  storedBytes(projectId: string | null, exceptImageId: string): Promise<number>;
}
