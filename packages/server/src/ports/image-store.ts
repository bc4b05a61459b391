/**
 * A place that keeps the bytes of images, one object an image. Source: contract 05 §7, §8.
 *
 * Errors: `limitExceeded` (full), `unavailable` (refuses writes, cannot be reached), `gone` (cannot add at all),
 * `badRequest` (cannot be read), `forbidden` (refuses deletion), `conflict` (in use), `notFound` (no such object).
 */
export interface StoredObject {
  /** URL for the location row. */
  readonly url: string;
  readonly sizeBytes: number;
  /** What the store adds to the metadata of the location; absent for nothing. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface ObjectWriter {
  /** Starts the object; to be called once, before the first write. */
  open(): Promise<void>;
  /**
   * Appends bytes; resolves when the buffer may be reused. Calls must not overlap.
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the object durable under its final name and gives its location. Nothing was visible before. Takes the place
   * of an object left there by an attempt that died. A failure may leave something behind until `discard`.
   */
  commit(): Promise<StoredObject>;
  /**
   * Stops writing and lets go of what the writer holds. What was written is removed by `discard`. May be called at any
   * time, also twice. Never raises.
   */
  abort(): Promise<void>;
}

export interface ObjectReader {
  /** Bytes of the whole object, as the store knows it. */
  readonly sizeBytes: number;
  /**
   * The bytes of `[start, end]` (inclusive) in order. A chunk is valid until the next one is asked for.
   * Data that turn out to be shorter than `sizeBytes` raise an error; they never end early in silence.
   * Ending the iteration, early or not, frees the reader.
   */
  chunks(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Frees the reader; may be called at any time, also twice. */
  close(): Promise<void>;
}

/** Who owns the object that stands under the final name, which all attempts on one image share. */
export interface ObjectOwnership {
  /** URLs that locations own. */
  readonly keptUrls: readonly string[];
  /**
   * Whether nobody else can be at work on the image. Asked at the last moment before the final object is removed, for
   * it may be that of a later attempt otherwise; false raises `gone` instead.
   */
  readonly isHeld: () => boolean;
}

export interface ImageStore {
  /**
   * A writer of the object of an image; nothing happens before it is opened. `uploadId` names the attempt, so that
   * `discard` can find what a dead one left. Both are UUIDs; anything else raises `notFound`. `expectedBytes` helps to
   * choose a place; absent or null when the size is not known.
   */
  write(imageId: string, uploadId: string, expectedBytes?: number | null): ObjectWriter;
  /** Opens an object of this store for reading. A URL of another store or outside its roots raises `notFound`. */
  read(url: string): Promise<ObjectReader>;
  /** Bytes of an object of this store, as the store knows them. Errors as `read`. */
  sizeOf(url: string): Promise<number>;
  /**
   * Removes an object; `notFound` when there is none, and from a store that cannot delete. `forbidden` and `conflict` say that the object is whole and
   * stays; after any other error it may be there or not.
   */
  delete(url: string): Promise<void>;
  /**
   * Removes what an attempt that failed or died left behind, whichever call it failed at: its temporary object, and
   * the final one unless a location owns it. Without effect when there is nothing. Should the attempt be alive after
   * all, it cannot commit any more. Any error says that something may be left.
   */
  discard(imageId: string, uploadId: string, ownership: ObjectOwnership): Promise<void>;
  /** Whether a URL belongs to this store. */
  owns(url: string): boolean;
}
