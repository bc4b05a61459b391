/** Sending the data of an image, to its store or to the staging area. Source: contract 03 §1, §2. */
import { headerNames } from '@lucarne/contract/header-names.ts';
import { callOf, sendForNothing } from './connection.ts';
import type { Call, CallOptions, Connection } from './connection.ts';
import { isRepeatable, knownSizeBytes, watchedStream, wholeBody } from './upload-body.ts';
import type { ImageDataSource, ProgressListener } from './upload-body.ts';

export interface StageOptions extends CallOptions {
  /** Size of a stream or iterable. Known to the service beforehand, limits are checked before anything is sent. */
  readonly sizeBytes?: number;
  readonly onProgress?: ProgressListener;
}

export interface UploadOptions extends StageOptions {
  /** Store to put the data in; the default one if left out. */
  readonly store?: string;
}

export interface Upload {
  readonly operation: 'uploadImageData' | 'stageImageData';
  readonly imageId: string;
  readonly data: ImageDataSource;
  readonly options: UploadOptions;
}

/**
 * Data of known size is sent with it. If progress is wanted, or the source can be read once, it is sent as a stream
 * where that works, and whole where it does not.
 *
 * Resolves when the service has the data safe. After any failure the image takes data again.
 */
export async function sendImageData(connection: Connection, upload: Upload): Promise<void> {
  const { data, options } = upload;
  const sizeBytes = knownSizeBytes(data) ?? options.sizeBytes ?? null;
  options.onProgress?.(0, sizeBytes);
  const wantsStream = !isRepeatable(data) || (options.onProgress !== undefined && sizeBytes !== 0);
  if (!wantsStream || connection.streamSupport === 'never') return sendWhole(connection, upload);
  const sent = await sendStream(connection, upload, sizeBytes);
  if (!sent) await sendWhole(connection, upload);
}

/** False if the network refused to take a stream at all and the data can be sent whole instead. */
async function sendStream(connection: Connection, upload: Upload, sizeBytes: number | null): Promise<boolean> {
  const { data, options } = upload;
  const failures: unknown[] = [];
  let chunksTaken = 0;
  const watched = watchedStream(data, {
    sizeBytes,
    onProgress: (bytes, totalBytes) => {
      chunksTaken += 1;
      options.onProgress?.(bytes, totalBytes);
    },
    onFailure: (error) => failures.push(error),
  });
  try {
    await sendForNothing(connection, {
      ...uploadCall(upload),
      headers: streamHeaders(connection, upload.options, sizeBytes),
      body: watched.stream,
    });
    return true;
  } catch (error) {
    if (failures.length > 0) throw failures[0];
    // A browser that finds itself on HTTP/1 gives up with the first chunk in hand.
    const refusedAtOnce = error instanceof TypeError && chunksTaken <= 1 && options.signal?.aborted !== true;
    if (refusedAtOnce && connection.streamSupport === 'maybe' && isRepeatable(data)) return false;
    throw error;
  } finally {
    watched.stop();
  }
}

async function sendWhole(connection: Connection, upload: Upload): Promise<void> {
  const { data, options } = upload;
  const body = await wholeBody(data, knownSizeBytes(data) ?? options.sizeBytes ?? null);
  await sendForNothing(connection, { ...uploadCall(upload), body });
  options.onProgress?.(body.size, body.size);
}

function uploadCall({ operation, imageId, options }: Upload): Call {
  return {
    ...callOf(operation, { image_id: imageId }),
    headers: uploadHeaders(options),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function uploadHeaders({ store }: UploadOptions): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(store === undefined ? {} : { [headerNames.imageStore]: store }),
  };
}

/** Node sends the content length with the stream; a browser would drop it, and there the service's own header tells. */
function streamHeaders(
  { streamSupport }: Connection,
  options: UploadOptions,
  sizeBytes: number | null,
): Record<string, string> {
  const headers = uploadHeaders(options);
  if (sizeBytes === null) return headers;
  return { ...headers, [streamSupport === 'always' ? 'content-length' : headerNames.imageSize]: String(sizeBytes) };
}
