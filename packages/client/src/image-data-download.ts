/** Downloading the data of an image. Source: contract 03 §4. */
import { headerNames } from '@lucarne/contract/header-names.ts';
import { callOf, send } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import { incrementalHash, verifyingStream } from './download-verification.ts';
import type { ExpectedHash } from './download-verification.ts';
import type { ProgressListener } from './upload-body.ts';

/** From a byte to another, both included, or to the end; or so many bytes at the end. */
export type RequestedRange =
  { readonly firstByte: number; readonly lastByte?: number } | { readonly lastBytes: number };

export interface DownloadOptions extends CallOptions {
  readonly range?: RequestedRange;
  /** Stores to read from before others. */
  readonly preferStores?: readonly string[];
  /** What all the data must hash to. Has no effect on a range, nor where the runtime cannot hash a stream. */
  readonly expectedHash?: ExpectedHash;
  readonly onProgress?: ProgressListener;
}

export interface ImageDownload {
  /** 200 all of it, 206 the range, 204 the image has no data. */
  readonly status: 200 | 204 | 206;
  /** Must be read to its end or cancelled. Fails at its end if the data is not what was announced. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes that will come; null if the service did not say, as when data is compressed on its way. */
  readonly sizeBytes: number | null;
  /** Hexadecimal MD5 of the whole image; null if it has none, or a browser may not show it to a foreign page. */
  readonly checksum: string | null;
  /** `bytes 0-4/10` of a 206, under the same restriction. */
  readonly contentRange: string | null;
  /** Whether the end of the stream will vouch for `expectedHash`. */
  readonly verifiesHash: boolean;
}

export interface Download {
  readonly imageId: string;
  readonly options: DownloadOptions;
}

/** Resolves when the answer begins. */
export async function downloadImageData(connection: Connection, download: Download): Promise<ImageDownload> {
  const { imageId, options } = download;
  const { preferStores } = options;
  const response = await send(connection, {
    ...callOf('downloadImageData', { image_id: imageId }),
    ...(preferStores === undefined ? {} : { query: { prefer: preferStores.join(',') } }),
    ...(options.range === undefined ? {} : { headers: { range: rangeHeader(options.range) } }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return imageDownload(response, options);
}

function imageDownload(response: Response, { expectedHash, onProgress }: DownloadOptions): ImageDownload {
  const status = response.status === 206 || response.status === 204 ? response.status : 200;
  const sizeBytes = status === 204 ? 0 : announcedBytes(response.headers);
  const computing = expectedHash === undefined || status !== 200 ? null : incrementalHash(expectedHash.algorithm);
  const hash = expectedHash === undefined || computing === null ? null : { expected: expectedHash, computing };
  const onBytes = (bytes: number) => onProgress?.(bytes, sizeBytes);
  onBytes(0);
  return {
    status,
    stream: (response.body ?? emptyStream()).pipeThrough(verifyingStream({ sizeBytes, hash, onBytes })),
    sizeBytes,
    checksum: response.headers.get(headerNames.contentMd5),
    contentRange: response.headers.get('content-range'),
    verifiesHash: hash !== null,
  };
}

/** Raises `RangeError` for what is no range: the service would answer 416 or, worse, all of the image. */
function rangeHeader(range: RequestedRange): string {
  const bounds = 'lastBytes' in range ? [range.lastBytes] : [range.firstByte, range.lastByte ?? range.firstByte];
  if (!bounds.every((bound) => Number.isSafeInteger(bound) && bound >= 0)) {
    throw new RangeError('A range is given in whole, non-negative numbers of bytes.');
  }
  if ('lastBytes' in range) return `bytes=-${range.lastBytes}`;
  return `bytes=${range.firstByte}-${range.lastByte ?? ''}`;
}

/** The content length counts what is on the wire, which is not the data if it was compressed there. */
function announcedBytes(headers: Headers): number | null {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? null : Number(length);
}

function emptyStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
