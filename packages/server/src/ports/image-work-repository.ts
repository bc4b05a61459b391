/**
 * Work on images that must survive a crash: uploads, staging, tasks and deletions, each under a lease.
 *
 * A lease is a row with a time at which it expires. Who works renews it; whoever finds it expired may take the work
 * over and finish or undo it. The row is written in the same transaction as the status it belongs to, so there is no
 * moment at which an image is being worked on and nobody is known to do it. Every method is one transaction. Whatever
 * ends work gives back what it reserved of the limits of a project.
 * Source: architecture, invariants 2 and 4; contract 12 §7, 04 §4.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Image } from '../domain/images/image.ts';
import type { Claim, LimitedResource, ProjectLimit } from '../domain/images/project-limits.ts';
import type { Task, TaskChange } from '../domain/tasks/task.ts';
import type { ImageStep, StatusChange } from './image-change.ts';

/** `task`: whatever a task does with its image, an import for example. `scrub`: see `scrub-repository.ts`.
 * `leftovers`: what stores would not let go of. */
export type ImageWorkKind = 'upload' | 'stage' | 'task' | 'delete' | 'scrub' | 'leftovers';

/** The status of an image while data come in. */
export const statusDuring = { upload: 'saving', stage: 'uploading' } as const satisfies Partial<
  Record<ImageWorkKind, ImageStatus>
>;

export interface ImageWork {
  readonly kind: ImageWorkKind;
  readonly imageId: string;
  /** Identifies one attempt, a UUID; part of the temporary object's name. Of a task: its id. */
  readonly attemptId: string;
  /** Of an upload: the store that takes the data. */
  readonly storeId: string | null;
  /** Of a task: how far it is, for whoever goes on with it. */
  readonly progress: string | null;
  /** Identifies who holds the work now, a UUID; whoever takes it over puts another in its place. */
  readonly leaseId: string;
  readonly expiresAt: Date;
}

/**
 * `finished`: status and attributes are written, the lease is ended. Otherwise nothing was written:
 * `lease-lost`: somebody took the work over and looks after what was stored.
 * `image-gone`: the image was deleted or its status changed by somebody else; the lease goes on.
 */
export type UploadOutcome = 'finished' | 'image-gone' | 'lease-lost';

/** Bytes that work has reserved of a limit; see `project-usage.ts`. */
export interface Reservation {
  readonly resource: LimitedResource;
  readonly amount: number;
}

export interface TaskStart {
  readonly task: Task;
  /** Statuses in which the image may be. */
  readonly from: readonly ImageStatus[];
  /**
   * Whether a task that holds the import lock of the image is dead, so that the lock may be taken from it. Asked with
   * undefined when there is no such task.
   */
  readonly isStale: (holder: Task | undefined) => boolean;
}

/**
 * `begun`: lock, task and lease are written. Otherwise nothing was:
 * `locked`: another task works on the image, or data that it dropped are still being removed. `wrong-status`: the image is in none of the statuses.
 * `image-gone`: there is no such image.
 */
export type TaskBeginning =
  | { readonly kind: 'begun'; readonly image: Image }
  | { readonly kind: 'locked' }
  | { readonly kind: 'wrong-status'; readonly image: Image }
  | { readonly kind: 'image-gone' };

/** What a store would not let go of when the work that brought it ended. */
export interface Leftover {
  readonly storeId: string;
  /** Ids under which it was written. */
  readonly attemptIds: readonly string[];
  /** Objects no location refers to any more. */
  readonly urls: readonly string[];
}

/** How an upload ends badly. */
export interface UploadUndoing {
  readonly leftovers?: readonly Leftover[];
  /** Why, in words for whoever is told of it. */
  readonly reason?: string;
}

/** What one step of a task writes. */
export interface TaskStep {
  /** Stores that have the data since the step; each is told of. */
  readonly uploads?: number;
  /** What becomes of the image; it must be in one of the statuses. */
  readonly image?: ImageStep;
  readonly task?: TaskChange;
  readonly progress?: string;
  /** Moves the end of the lease. */
  readonly expiresAt?: Date;
  /** What must hold once the step is written; else it raises `limitExceeded`, and nothing is. */
  readonly limits?: readonly ProjectLimit[];
  /** No more than this stays reserved of these resources: the rest has become usage, or is not needed any more. */
  readonly leavesReserved?: readonly Reservation[];
  /** Ends the lease and releases the import lock. */
  readonly ends?: true;
  /** Left to work of kind `leftovers` from now on; its progress is a JSON list of them. */
  readonly leftovers?: readonly Leftover[];
}

/** As `UploadOutcome`; nothing was written unless `finished`. */
export type TaskStepOutcome = UploadOutcome;

export interface ImageWorkRepository {
  /**
   * Turns a queued image to the status of the work (`statusDuring`) and records the attempt; an earlier attempt is
   * superseded. Gives the image as it is then, or undefined, and nothing written, when it is not queued. What is claimed
   * of sizes is reserved for the work, the image counting as it is then; a claim that does not fit raises `limitExceeded`,
   * and nothing is written.
   */
  beginUpload(work: ImageWork, at: Date, claims?: readonly Claim[]): Promise<Image | undefined>;

  /** Makes the image that is in the status of the work what `end` says. */
  finishUpload(work: ImageWork, end: StatusChange, at: Date): Promise<UploadOutcome>;

  /**
   * Ends an upload of which nothing is left: an image in the status of the work becomes queued and loses all
   * attributes and locations of data, one in any other status is left alone. False, and nothing written, when the work
   * was taken over. What its store would not let go of is left to work of kind `leftovers`.
   */
  undoUpload(work: ImageWork, at: Date, end?: UploadUndoing): Promise<boolean>;

  /**
   * Takes the import lock of an image (property `os_glance_import_task`) and records task and work. Leftovers that are
   * being removed at the moment, and data that are still being staged, are in the way: `locked`. A task whose stale
   * lock is taken fails, and the stores it was to fill are no longer listed as being imported to or failed.
   */
  beginTask(work: ImageWork, start: TaskStart, at: Date): Promise<TaskBeginning>;

  /** Records a task that has no image yet, and its work. */
  recordTask(work: ImageWork, task: Task, at: Date): Promise<void>;

  /**
   * One step of a task: what it changes in image, task and work is written whole or not at all. A task that has ended by
   * other hands, or has lost its import lock to another one, is `lease-lost`; to do nothing but end it is always possible.
   */
  advanceTask(work: ImageWork, step: TaskStep, at: Date): Promise<TaskStepOutcome>;

  /**
   * Turns a live image, whatever its status, to `deleted` and records the work with the status it had. From then on
   * the image exists for nobody. Gives the image as it was, or undefined when it is gone or being deleted by others.
   * `check` may refuse by raising, which is passed on with nothing written; it may be called several times.
   * Repeated by who holds the work, it gives the image again as it was, unchecked.
   */
  beginDelete(work: ImageWork, check: (image: Image) => void): Promise<Image | undefined>;

  /**
   * Soft-deletes an image whose deletion began, with all that hangs on it and one time stamp, and ends the lease,
   * whoever holds it. False when the image was gone already. As `pending_delete` its data wait until they are removed,
   * and it can be restored.
   */
  finishDelete(work: ImageWork, at: Date, status?: 'deleted' | 'pending_delete'): Promise<boolean>;

  /**
   * Gives an image whose deletion began the status back that it had (queued where data were coming in: who brought them
   * has given up meanwhile), and ends the lease. False, and nothing written, when the work was taken over.
   */
  revertDelete(work: ImageWork): Promise<boolean>;

  /**
   * Moves the expiry of work one still holds. False, and nothing written, when there is no point in going on: it was
   * taken over, has ended, or, for an upload, the image is not in the status of the work any more.
   */
  renew(work: ImageWork): Promise<boolean>;

  /** Makes expired work one's own. False when somebody was faster, be it by renewing it, or when it has ended. */
  takeOver(expired: ImageWork, lease: Pick<ImageWork, 'leaseId' | 'expiresAt'>): Promise<boolean>;

  /** Work that expired at `now` or before, longest expired first, at most 100; of one image when `imageId` is given. */
  listExpired(now: Date, imageId?: string): Promise<readonly ImageWork[]>;
}
