/**
 * Work on images that must survive a crash: uploads and deletions, each under a lease.
 *
 * A lease is a row with a time at which it expires. Who works renews it; whoever finds it expired may take the work
 * over and finish or undo it. The row is written in the same transaction as the status it belongs to, so there is no
 * moment at which an image is being worked on and nobody is known to do it.
 * Source: architecture, invariants 2 and 4; contract 12 §7.
 */
import type { ImageLocation } from '../domain/images/image.ts';
import type { StatusChange } from './image-repository.ts';

export type ImageWorkKind = 'upload' | 'delete';

export interface ImageWork {
  readonly kind: ImageWorkKind;
  readonly imageId: string;
  /** Identifies one attempt, a UUID; part of the temporary object's name. */
  readonly attemptId: string;
  readonly expiresAt: Date;
}

export interface ImageWorkRepository {
  /** Turns a queued image to saving and records the attempt. False, and nothing written, when it is not queued. */
  beginUpload(work: ImageWork, at: Date): Promise<boolean>;

  /**
   * Ends an upload: the status change of an image in saving, and the end of the lease.
   * `image-gone`: the image was deleted or its status changed by somebody else; the lease is ended all the same.
   * `lease-lost`: somebody took the work over; nothing was written.
   */
  finishUpload(work: ImageWork, change: StatusChange, at: Date): Promise<'finished' | 'image-gone' | 'lease-lost'>;

  /** Records that an image is being deleted and gives its locations; undefined when it is gone. */
  beginDelete(work: ImageWork): Promise<readonly ImageLocation[] | undefined>;

  /**
   * Soft-deletes the image with all that hangs on it, with one time stamp, and ends the lease.
   * False when the image was gone already.
   */
  finishDelete(work: ImageWork, at: Date): Promise<boolean>;

  /** Moves the expiry of work one still holds. False when it was taken over: stop. */
  renew(work: ImageWork): Promise<boolean>;

  /** Makes expired work one's own until `expiresAt`. False when somebody else was faster or it has ended. */
  takeOver(expired: ImageWork, expiresAt: Date): Promise<boolean>;

  /** Ends a lease without touching the image. */
  cancel(work: ImageWork): Promise<void>;

  /** Expired work, oldest first, at most 100; of one image when `imageId` is given. */
  listExpired(now: Date, imageId?: string): Promise<readonly ImageWork[]>;
}
