/** Upload and download of image data. Source: contract 03. */
import { ImageServiceError, badRequest } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { resolveByteRange } from '../../lib/byte-ranges.ts';
import type { ByteRange } from '../../lib/byte-ranges.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import { downloadImageData } from '../../usecases/image-data/download.ts';
import { requireStaging, stageImageData } from '../../usecases/image-data/stage.ts';
import { uploadImageData } from '../../usecases/image-data/upload.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../api-call.ts';
import type { ApiAnswer, ApiCall, OperationHandler } from '../api-call.ts';
import { isNotModified } from '../conditional-requests.ts';

export function uploadImageDataHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    requireOctetStream(call);
    const expectedBytes = expectedSize(call);
    const imageId = pathParameter(call, 'image_id');
    const storeId = call.header('x-image-meta-store') ?? null;
    await uploadImageData(parts, call.context, { imageId, storeId, expectedBytes, body: () => call.body() });
    return emptyAnswer(204);
  };
}

export function stageImageDataHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    requireStaging(parts);
    requireOctetStream(call);
    const expectedBytes = expectedSize(call);
    const imageId = pathParameter(call, 'image_id');
    await stageImageData(parts, call.context, { imageId, expectedBytes, body: () => call.body() });
    return emptyAnswer(204);
  };
}

/** The media type must be written exactly so; parameters behind it do not matter. */
function requireOctetStream(call: ApiCall): void {
  const mediaType = call.header('content-type')?.split(';')[0]?.trim();
  if (mediaType === 'application/octet-stream') return;
  throw new ImageServiceError(
    'unsupportedMediaType',
    `Image data must be sent as application/octet-stream, not as ${mediaType ?? 'data without a content type'}.`,
  );
}

/** What the sender says the size will be: its own header before the length of the body; 0 says nothing. */
function expectedSize(call: ApiCall): number | null {
  const stated = call.header('x-openstack-image-size');
  if (stated === undefined) return call.contentLength === 0 ? null : call.contentLength;
  const size = /^\s*[+-]?\d+\s*$/.test(stated) ? Number(stated) : Number.NaN;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw badRequest(`The header x-openstack-image-size must be a number of bytes, not "${stated}".`);
  }
  return size === 0 ? null : size;
}

/** Store ids of the last `prefer`, a comma list; empty items say nothing. */
function preferredStores(call: ApiCall): readonly string[] {
  const [, list = ''] = call.query.findLast(([name]) => name === 'prefer') ?? [];
  return list
    .split(',')
    .map((store) => store.trim())
    .filter((store) => store !== '');
}

export function downloadImageDataHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const { image, data } = await downloadImageData(parts, call.context, {
      imageId: pathParameter(call, 'image_id'),
      preferredStores: preferredStores(call),
      receiverAddress: call.clientAddress,
    });
    if (data === null) return { status: 204, body: { kind: 'none' } };
    try {
      return await dataAnswer(call, image, data);
    } catch (error) {
      await data.close();
      throw error;
    }
  };
}

async function dataAnswer(call: ApiCall, image: Image, data: ObjectReader): Promise<ApiAnswer> {
  const tag = image.hashValue === null ? null : `"${image.hashAlgorithm}-${image.hashValue}"`;
  const headers = {
    'accept-ranges': 'bytes',
    ...(tag === null ? {} : { etag: tag }),
    ...(image.checksum === null ? {} : { 'content-md5': image.checksum }),
  };
  if (tag !== null && isNotModified(call.header('if-none-match'), tag)) {
    await data.close();
    return { status: 304, headers, body: { kind: 'none' } };
  }
  const { start, end, status } = requestedBytes(rangeOf(call, data.sizeBytes), data.sizeBytes);
  const partial = status === 206 ? { 'content-range': `bytes ${start}-${end}/${data.sizeBytes}` } : {};
  return {
    status,
    headers: { 'content-type': 'application/octet-stream', ...headers, ...partial },
    body: {
      kind: 'data',
      length: end - start + 1,
      chunks: () => data.chunks(start, end),
      close: () => data.close(),
    },
  };
}

/** Ranges mean something for GET only (RFC 9110 §14.2). */
function rangeOf(call: ApiCall, sizeBytes: number): ByteRange {
  if (call.headersOnly) return { kind: 'whole' };
  return resolveByteRange({ range: call.header('range'), contentRange: call.header('content-range') }, sizeBytes);
}

function requestedBytes(range: ByteRange, size: number): { start: number; end: number; status: 200 | 206 } {
  switch (range.kind) {
    case 'whole':
      return { start: 0, end: size - 1, status: 200 };
    case 'range':
      return { start: range.start, end: range.end, status: 206 };
    case 'multiple':
      throw badRequest('Only one range can be asked for at a time.');
    case 'unsatisfiable':
      throw new ImageServiceError('rangeNotSatisfiable', `The range does not fit data of ${size} bytes.`);
  }
}
