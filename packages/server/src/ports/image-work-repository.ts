/**
 * Work on images that must survive a crash: uploads and deletions, each under a lease.
 *
 * A lease is a row with a time at which it expires. Who works renews it; whoever finds it expired may take the work
 * over and finish or undo it. The row is written in the same transaction as the status it belongs to, so there is no
 * moment at which an image is being worked on and nobody is known to do it. Every method is one transaction.
 * Source: architecture, invariants 2 and 4; contract 12 §7.
 */
import type { Image } from '../domain/images/image.ts';
import type { StatusChange } from './image-repository.ts';

export type ImageWorkKind = 'upload' | 'delete';

export interface ImageWork {
  readonly kind: ImageWorkKind;
  readonly imageId: string;
  /** Identifies one attempt, a UUID; part of the temporary object's name. */
  readonly attemptId: string;
  /** Identifies who holds the work now, a UUID; whoever takes it over puts another in its place. */
  readonly leaseId: string;
  readonly expiresAt: Date;
}

/** How an upload ends well. */
export interface UploadEnd extends StatusChange {
  /** What a project may store in all, this image included; null or absent for no limit. */
  readonly quota?: StorageQuota | null;
}

export interface StorageQuota {
  readonly projectId: string | null;
  readonly bytes: number;
}

/**
 * `finished`: status and attributes are written, the lease is ended. Otherwise nothing was written:
 * `lease-lost`: somebody took the work over and looks after what was stored.
 * `image-gone`: the image was deleted or its status changed by somebody else; the lease goes on.
 * `over-quota`: the project would store more than its quota; the lease goes on.
 */
export type UploadOutcome = 'finished' | 'image-gone' | 'lease-lost' | 'over-quota';

export interface ImageWorkRepository {
  /**
   * Turns a queued image to saving and records the attempt; an earlier attempt is superseded. Gives the image as it is
   * then, or undefined, and nothing written, when it is not queued.
   */
  beginUpload(work: ImageWork, at: Date): Promise<Image | undefined>;

  /** Makes the image in saving what `end` says. */
  finishUpload(work: ImageWork, end: UploadEnd, at: Date): Promise<UploadOutcome>;

  /**
   * Ends an upload of which nothing is left: an image in saving becomes queued and loses all attributes and locations
   * of data, one in any other status is left alone. False, and nothing written, when the work was taken over.
   */
  undoUpload(work: ImageWork, at: Date): Promise<boolean>;

  /**
   * Turns a live image, whatever its status, to `deleted` and records the work with the status it had. From then on
   * the image exists for nobody. Gives the image as it was, or undefined when it is gone or being deleted by others.
   * `check` may refuse by raising, which is passed on with nothing written; it may be called several times.
   * Repeated by who holds the work, it gives the image again, unchecked.
   */
  beginDelete(work: ImageWork, check: (image: Image) => void): Promise<Image | undefined>;

  /**
   * Soft-deletes an image whose deletion began, with all that hangs on it and one time stamp, and ends the lease,
   * whoever holds it. False when the image was gone already.
   */
  finishDelete(work: ImageWork, at: Date): Promise<boolean>;

  /**
   * Gives an image whose deletion began the status back that it had (queued for saving: its upload may have given up
   * meanwhile), and ends the lease. False, and nothing written, when the work was taken over.
   */
  revertDelete(work: ImageWork): Promise<boolean>;

  /**
   * Moves the expiry of work one still holds. False, and nothing written, when there is no point in going on: it was
   * taken over, has ended, or, for an upload, the image is not in saving any more.
   */
  renew(work: ImageWork): Promise<boolean>;

  /** Makes expired work one's own. False when somebody was faster, be it by renewing it, or when it has ended. */
  takeOver(expired: ImageWork, lease: Pick<ImageWork, 'leaseId' | 'expiresAt'>): Promise<boolean>;

  /** Work that expired at `now` or before, longest expired first, at most 100; of one image when `imageId` is given. */
  listExpired(now: Date, imageId?: string): Promise<readonly ImageWork[]>;
}
