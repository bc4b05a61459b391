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
}

export interface ObjectWriter {
  /**
   * Appends bytes; resolves when the buffer may be reused. Calls must not overlap.
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the object durable under its final name and gives its location. Nothing was visible before. Takes the place
   * of an object left there by an attempt that died. A failure may leave something behind until `abort`.
   */
  commit(): Promise<StoredObject>;
  /** Removes what was written. May be called at any time but after `commit` resolved, also twice. Never raises. */
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

export interface ImageStore {
  /** Starts an object. `uploadId` names the attempt, so that `discard` can find what a dead one left. */
  write(imageId: string, uploadId: string): Promise<ObjectWriter>;
  /** Opens an object of this store for reading. A URL of another store or outside its roots raises `notFound`. */
  read(url: string): Promise<ObjectReader>;
  /**
   * Removes an object; `notFound` when there is none. `forbidden` and `conflict` say that the object is whole and
   * stays; after any other error it may be there or not.
   */
  delete(url: string): Promise<void>;
  /**
   * Removes what an attempt that died left behind: its temporary object, and the final one unless it is among
   * `keptUrls`, which a location owns. Without effect when there is nothing.
   */
  discard(imageId: string, uploadId: string, keptUrls: readonly string[]): Promise<void>;
  /** Whether a URL belongs to this store. */
  owns(url: string): boolean;
}
