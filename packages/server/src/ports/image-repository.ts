/**
 * Image records and what hangs on them: properties, tags, locations.
 *
 * Rows a viewer may not see do not exist for it: `show` gives undefined, `list` leaves them out. Nor does an image
 * exist for anybody once its deletion began. Every method is one transaction: what it reads belongs together, what it
 * writes happens whole or not at all. A database that cannot be reached or stays locked raises `unavailable`.
 * Source: contract 02 §9, 12 §3, §7, §8.
 */
import type { Image } from '../domain/images/image.ts';
import type { ImageListQuery } from '../domain/images/list-query.ts';
import type { Claim, ProjectLimit } from '../domain/images/project-limits.ts';
import type { RecordQuotas } from '../domain/images/quotas.ts';
import type { Viewer } from '../domain/request-context.ts';
import type { ImageStep } from './image-change.ts';
import type { ImageWork } from './image-work-repository.ts';

/** When something is added to an image, and how many of its kind it may have then. */
export interface Addition {
  readonly at: Date;
  /** Negative is unlimited. */
  readonly quota: number;
}

export interface UpdateOptions {
  /** The stored image must still equal `before`, else `preconditionFailed`. */
  readonly onlyIfUnchanged?: boolean;
  /** Work of kind `scrub` under which data are removed; needed where locations are dropped. */
  readonly scrub?: ImageWork;
  /** Where locations are added, these must hold with them, else `limitExceeded`. */
  readonly limits?: readonly ProjectLimit[];
  /** Of what is added, with what others added since `before`: more than these is `limitExceeded`. */
  readonly quotas?: RecordQuotas;
}

export interface ImageRepository {
  /**
   * Inserts a record with its properties and tags. An id used before, deleted or not, raises `conflict`; a claim that does
   * not fit before raises `limitExceeded`.
   */
  create(image: Image, claims?: readonly Claim[]): Promise<void>;

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
   * Writes the attributes, properties, tags and locations in which `after` differs from `before`, and moves `updatedAt`
   * to `after.updatedAt`. Attributes both agree on are left as they are in the database, so that two changes of
   * different attributes do not undo each other. A change of the formats, the status or the locations needs the status
   * `before` has, else `conflict`: data are judged by the formats, so these must not change once data began to arrive.
   * A vanished image raises `notFound`. Gives the image as stored afterwards.
   *
   * Locations are changed only where the stored ones are those of `before`, else `conflict`. One whose metadata alone
   * change keeps its place, new ones come behind. One that goes, and whose data no other location refers to, waits until
   * its data are removed; an import at work on the image raises `conflict` then, for it may be about to bring the same data back.
   */
  update(before: Image, after: Image, options?: UpdateOptions): Promise<Image>;

  /**
   * Compare-and-set of the status, with all that belongs to the step. False when the image is gone or
   * its status is none of `from`; then nothing was written.
   */
  changeStatus(id: string, step: ImageStep, at: Date): Promise<boolean>;

  /** URLs of all locations an image has or had that are not removed yet, whatever became of the image. */
  listLocationUrls(id: string): Promise<readonly string[]>;

  /**
   * Adds a tag unless the image has it, and moves `updatedAt`. A vanished image raises `notFound`, one tag more than the
   * quota `limitExceeded`; a negative quota is none.
   */
  addTag(id: string, tag: string, addition: Addition): Promise<void>;

  /** Removes a tag. False when the image does not have it. */
  removeTag(id: string, tag: string, at: Date): Promise<boolean>;
}
