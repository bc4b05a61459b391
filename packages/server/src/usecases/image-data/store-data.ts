/**
 * Takes image data in, and says what they are: what every way into a store has in common. Source: contract 03 §1.4, §3.
 */
import { ImageServiceError, badRequest } from '../../domain/errors.ts';
import { startInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { StreamInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { Image } from '../../domain/images/image.ts';
import type { DataHash } from '../../ports/data-hasher.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { ServiceParts } from '../service-parts.ts';
import { receiveData } from './receive.ts';
import type { DataLimits } from './receive.ts';

type Parts = Pick<ServiceParts, 'hasher' | 'data' | 'report'>;

/** The attributes of an image that come from its data. */
export interface DataAttributes {
  readonly sizeBytes: number;
  readonly virtualSizeBytes: bigint | null;
  readonly checksum: string;
  readonly hashAlgorithm: string;
  readonly hashValue: string;
}

export interface IncomingData {
  /** Judged by its formats; both must be set. */
  readonly image: Image;
  readonly body: AsyncIterable<Uint8Array>;
  readonly limits: DataLimits;
  /** False for data that were judged before. */
  readonly isInspected: boolean;
}

/**
 * Writes, hashes and inspects the data. What was written is not committed yet. Data that are not what the image says
 * raise `unsupportedMediaType`.
 */
export async function storeImageData(parts: Parts, writer: ObjectWriter, data: IncomingData): Promise<DataAttributes> {
  const { image } = data;
  requireFormats(image);
  const hashAlgorithm = parts.data.hashAlgorithm;
  let hash: DataHash | undefined;
  try {
    hash = parts.hasher.start(hashAlgorithm);
    await writer.open();
    const inspection = data.isInspected && image.containerFormat === 'bare' ? startInspection() : null;
    const receivers = { hasher: parts.hasher, hash, writer, inspection };
    const sizeBytes = await receiveData(receivers, data.body, data.limits);
    const virtualSizeBytes = concludeInspection(parts, image, inspection);
    return { sizeBytes, virtualSizeBytes, hashAlgorithm, ...(await hash.digest()) };
  } catch (error) {
    hash?.abort();
    throw error;
  }
}

export function requireFormats(image: Image): void {
  if (image.containerFormat !== null && image.diskFormat !== null) return;
  throw badRequest('Set disk_format and container_format of the image before uploading its data.');
}

/** The virtual size, when the data are what the image says they are; refuses them otherwise. */
function concludeInspection(parts: Parts, image: Image, inspection: StreamInspection | null): bigint | null {
  if (inspection === null || image.diskFormat === null) return null;
  const verdict = inspection.conclude(image.diskFormat, parts.data.inspection);
  if (!verdict.accepted) throw new ImageServiceError('unsupportedMediaType', verdict.reason);
  if (verdict.warning !== null) parts.report('image format', { imageId: image.id, warning: verdict.warning });
  return verdict.virtualSizeBytes;
}
