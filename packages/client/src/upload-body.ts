/**
 * What an upload sends, for every kind of source and every runtime.
 *
 * Node sends a stream while it is read. A browser can do so only over HTTP/2 or newer, and only some can at all; there
 * a source of known size is sent whole, and progress is told at the start and at the end.
 */
import type { StreamSupport } from './connection.ts';

/** Image data. A stream or an iterable can be read once. */
export type ImageDataSource = Blob | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Told with bytes handed to the network so far, and the size of the whole, or null while nobody knows it. */
export type ProgressListener = (bytes: number, totalBytes: number | null) => void;

/** Raised when a source has not the size it was announced with. The service is told to keep nothing of it. */
export class DataSizeError extends Error {
  override readonly name = 'DataSizeError';
}

/** What the runtime can do on the way to an endpoint. */
export function streamSupport(endpoint: string): StreamSupport {
  if (typeof process !== 'undefined' && process.versions?.node !== undefined) return 'always';
  return endpoint.startsWith('https:') && knowsStreamingRequests() ? 'maybe' : 'never';
}

/** A browser that streams request bodies asks for `duplex`; one that does not turns the stream into text. */
function knowsStreamingRequests(): boolean {
  let asked = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return 'half';
    },
  };
  const { headers } = new Request('http://localhost', init);
  return asked && !headers.has('content-type');
}

export function knownSizeBytes(source: ImageDataSource): number | null {
  if (source instanceof Blob) return source.size;
  return source instanceof Uint8Array ? source.byteLength : null;
}

export function isRepeatable(source: ImageDataSource): source is Blob | Uint8Array {
  return source instanceof Blob || source instanceof Uint8Array;
}

/**
 * The source as something any runtime sends; a stream is collected into a blob, which a browser may put on disk.
 * Raises `DataSizeError` if the announced size, unless null, is not the real one.
 */
export async function wholeBody(source: ImageDataSource, sizeBytes: number | null): Promise<Blob> {
  const body = await blobOf(source);
  checkSize(body.size, sizeBytes, true);
  return body;
}

async function blobOf(source: ImageDataSource): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (source instanceof Uint8Array) return new Blob([ownBytes(source)]);
  return new Response(streamOf(source)).blob();
}

/** The bytes without a shared buffer below them, which `fetch` does not take. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes);
}

interface StreamWatch {
  /** Null if unknown; a source that turns out longer or shorter ends in a `DataSizeError`. */
  readonly sizeBytes: number | null;
  readonly onProgress: ProgressListener;
  /** Told why the source failed, which `fetch` would wrap or hide. */
  readonly onFailure: (error: unknown) => void;
}

export interface WatchedStream {
  readonly stream: ReadableStream<Uint8Array>;
  /**
   * To be called when the request is over, however it ended: lets go of the source. Node would otherwise read what is
   * left of it to no end, which of an endless one is for ever.
   */
  stop(): void;
}

/** The source as a stream that tells how it gets on. */
export function watchedStream(source: ImageDataSource, watch: StreamWatch): WatchedStream {
  const chunks = chunksOf(source);
  let sentBytes = 0;
  let stopped = false;

  async function release(): Promise<void> {
    if (stopped) return;
    stopped = true;
    await chunks.return?.();
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await chunks.next();
      if (stopped) return;
      if (done !== true) sentBytes += value.byteLength;
      checkSize(sentBytes, watch.sizeBytes, done === true);
      if (done === true) return controller.close();
      controller.enqueue(value);
    } catch (error) {
      watch.onFailure(error);
      throw error;
    }
    watch.onProgress(sentBytes, watch.sizeBytes);
  }

  const ending: { fail(reason: Error): void } = { fail: () => {} };
  const stream = new ReadableStream<Uint8Array>({
    // An error, and not the end: a server that is still listening must not take this for all of the data.
    start: (controller) => void (ending.fail = (reason) => controller.error(reason)),
    pull,
    cancel: release,
  });
  return {
    stream,
    stop() {
      ending.fail(new Error('The request is over.'));
      // It has its own result by then; how the source takes its leave changes nothing about it.
      release().catch(() => {});
    },
  };
}

function checkSize(bytes: number, sizeBytes: number | null, ended: boolean): void {
  if (sizeBytes === null || bytes === sizeBytes || (bytes < sizeBytes && !ended)) return;
  throw new DataSizeError(`The data has ${ended ? 'only' : 'at least'} ${bytes} bytes, announced were ${sizeBytes}.`);
}

function chunksOf(source: ImageDataSource): AsyncIterator<Uint8Array> {
  if (source instanceof Blob) return slicesOfBlob(source);
  if (source instanceof Uint8Array) return slicesOf(source);
  return source instanceof ReadableStream ? readerOf(source) : source[Symbol.asyncIterator]();
}

function streamOf(source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  if (source instanceof ReadableStream) return source;
  return watchedStream(source, { sizeBytes: null, onProgress: () => {}, onFailure: () => {} }).stream;
}

const sliceBytes = 256 * 1024;

async function* slicesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < bytes.byteLength; start += sliceBytes) yield bytes.subarray(start, start + sliceBytes);
}

/** A blob in memory comes as one piece in Node, of which there would be no progress to tell. */
async function* slicesOfBlob(blob: Blob): AsyncGenerator<Uint8Array, void> {
  const pieces = readerOf(blob.stream());
  try {
    for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next())
      yield* slicesOf(piece.value);
  } finally {
    await pieces.return?.();
  }
}

/** Some browsers cannot iterate streams, and a generator could not cancel a read that is under way. */
function readerOf(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array, undefined> {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
