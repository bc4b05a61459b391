/**
 * The copies of image data that a node keeps, and its list of what to fetch: files of this node alone, which several
 * processes of the node may use at the same time. Source: contract 08 §3, §5.
 *
 * A copy is there as a whole or not at all. Ids that could not be the id of an image have no copy: where one would be
 * made they raise `notFound`, everywhere else nothing is known of them. Any other failure of the disk raises.
 */
import type { ObjectReader } from './image-store.ts';

export interface CacheFile {
  readonly imageId: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** A copy that is being made. Once it ended, by whichever call, the others do nothing but raise. */
export interface CacheFileWriter {
  /** Appends bytes; resolves when the buffer may be reused. Calls must not overlap. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the copy durable, then visible. Raises, and nothing is visible, when it was cleaned away meanwhile. */
  commit(): Promise<void>;
  /** Removes what was written. Never raises; after `commit` without effect. */
  discard(): Promise<void>;
  /** Puts what was written aside, for people to look at. Never raises. */
  reject(): Promise<void>;
}

export interface CacheFiles {
  /** Opens a copy; null when there is none. It can be read to its end also when it is removed meanwhile. */
  open(imageId: string): Promise<ObjectReader | null>;
  /** All copies, in no order. */
  list(): Promise<readonly CacheFile[]>;
  /** Removes a copy; false when there is none. */
  remove(imageId: string): Promise<boolean>;
  /** Puts a copy aside that turned out to be bad; where that fails it is removed. Without effect when there is none. */
  reject(imageId: string): Promise<void>;

  /**
   * Begins a copy, at most one of an image at a time in all processes of the node: null when there is a copy already,
   * or one is being made. One whose process is gone, or that has not grown for five minutes, is given up for this one.
   * `attemptId` is a UUID.
   */
  begin(imageId: string, attemptId: string): Promise<CacheFileWriter | null>;
  /** Removes what processes that are gone left of unfinished copies. */
  sweep(): Promise<void>;
  /** Removes unfinished copies that have not grown since the one time, and what was put aside before the other. */
  clean(before: { readonly unfinished: Date; readonly rejected: Date }): Promise<void>;

  /** Puts an image on the list, at its end; false when it is there already, where it stays. */
  enqueue(imageId: string): Promise<boolean>;
  /** False when it is not on the list. */
  dequeue(imageId: string): Promise<boolean>;
  isQueued(imageId: string): Promise<boolean>;
  /** Ids in the order in which they were put there. */
  listQueue(): Promise<readonly string[]>;
}
