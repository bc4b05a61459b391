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
  /** Makes the object durable under its final name and gives its location. Nothing was visible before. */
  commit(): Promise<StoredObject>;
  /** Removes what was written. May be called at any time before `commit` resolved, also twice. Never raises. */
  abort(): Promise<void>;
}

export interface ObjectReader {
  /** Bytes of the whole object, as the store knows it. */
  readonly sizeBytes: number;
  /**
   * The bytes of `[start, end]` (inclusive) in order. A chunk is valid until the next one is asked for.
   * Ending the iteration early, or `close`, frees the reader.
   */
  chunks(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface ImageStore {
  /** Starts an object. `uploadId` names the attempt, so that `discard` can find what a dead one left. */
  write(imageId: string, uploadId: string): Promise<ObjectWriter>;
  /** Opens an object of this store for reading. A URL of another store or outside its roots raises `notFound`. */
  read(url: string): Promise<ObjectReader>;
  /** Removes an object; `notFound` when there is none. */
  delete(url: string): Promise<void>;
  /**
   * Removes what an attempt that died left behind: its temporary object, and the final one unless it is among
   * `keptUrls`, which a location owns. Without effect when there is nothing.
   */
  discard(imageId: string, uploadId: string, keptUrls: readonly string[]): Promise<void>;
  /** Whether a URL belongs to this store. */
  owns(url: string): boolean;
}
