/**
 * Stores the data of a queued image and makes it active.
 *
 * Invariant: acknowledged means durable, and a failure at any point leaves the image queued with nothing behind it.
 * The lease taken at the start covers what this process cannot undo itself. Source: contract 03 §1.
 */
import { ImageServiceError, badRequest, conflict, limitExceeded } from '../../domain/errors.ts';
import { startInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { StreamInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { Image } from '../../domain/images/image.ts';
import { checkStorageQuota } from '../../domain/images/quotas.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { StatusChange } from '../../ports/image-repository.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage } from '../authorization.ts';
import { removeObjects } from '../images/delete.ts';
import { loadImage } from '../images/load-image.ts';
import { leaseEnd } from '../leases.ts';
import { recoverExpiredWork, withoutData } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { receiveData } from './receive.ts';

export interface UploadInput {
  readonly imageId: string;
  /** What the sender said the data will be; null when it did not. */
  readonly expectedBytes: number | null;
  /** Starts the body; called once, when nothing stands in the way any more. Raises when the sender breaks off. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

export async function uploadImageData(parts: ServiceParts, context: RequestContext, input: UploadInput): Promise<void> {
  const image = await loadUploadable(parts, context, input.imageId);
  const allowance = await findAllowance(parts, context, { image, expectedBytes: input.expectedBytes });
  const work = await beginUpload(parts, image);
  const lease = keepLease(parts, work);
  try {
    const stored = await storeData(parts, { image, work, allowance, input, lease }).catch(async (error: unknown) => {
      await requeue(parts, work);
      throw error;
    });
    await activate(parts, work, stored);
  } finally {
    lease.stop();
  }
}

interface UploadAllowance {
  readonly bytes: number;
  readonly exceeded: string;
}

async function loadUploadable(parts: ServiceParts, context: RequestContext, imageId: string): Promise<Image> {
  let image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['upload_image'], image });
  if (image.status === 'saving' && (await recoverExpiredWork(parts, imageId)) > 0) {
    image = await loadImage(parts, context, imageId);
  }
  if (image.status !== 'queued') {
    throw conflict(`Image ${imageId} is ${image.status}; data can be uploaded to a queued image only.`);
  }
  if (image.containerFormat === null || image.diskFormat === null) {
    throw badRequest('Set disk_format and container_format of the image before uploading its data.');
  }
  return image;
}

/** How many bytes may come at most, and what a sender of more is told. Raises at once when it is known to be too many. */
async function findAllowance(
  parts: ServiceParts,
  context: RequestContext,
  upload: { readonly image: Image; readonly expectedBytes: number | null },
): Promise<UploadAllowance> {
  const { sizeCapBytes, userStorageQuotaBytes: quotaBytes } = parts.limits;
  const usedBytes = quotaBytes > 0 ? await parts.images.storedBytes(context.projectId, upload.image.id) : 0;
  const remaining = checkStorageQuota({ quotaBytes, usedBytes, expectedBytes: upload.expectedBytes }) ?? Infinity;
  const exceeded =
    remaining < sizeCapBytes
      ? `The image exceeds the storage quota of the project; ${remaining} bytes remain.`
      : `The image is larger than the ${sizeCapBytes} bytes one image may have.`;
  if (upload.expectedBytes !== null && upload.expectedBytes > sizeCapBytes) throw limitExceeded(exceeded);
  return { bytes: Math.min(remaining, sizeCapBytes), exceeded };
}

async function beginUpload(parts: ServiceParts, image: Image): Promise<ImageWork> {
  const work: ImageWork = {
    kind: 'upload',
    imageId: image.id,
    attemptId: parts.ids.next(),
    expiresAt: leaseEnd(parts),
  };
  if (await parts.work.beginUpload(work, parts.clock.now())) return work;
  throw gone(work);
}

interface KeptLease {
  stop(): void;
  /** Raises once the lease was lost. */
  proceed(): void;
}

/** Renews the lease while the upload runs. */
function keepLease(parts: ServiceParts, work: ImageWork): KeptLease {
  let lost = false;
  const stop = parts.clock.every((parts.data.leaseSeconds * 1000) / 3, async () => {
    if (!(await parts.work.renew({ ...work, expiresAt: leaseEnd(parts) }))) lost = true;
  });
  return {
    stop,
    proceed(): void {
      if (lost) throw gone(work);
    },
  };
}

interface UploadUnderWay {
  readonly image: Image;
  readonly work: ImageWork;
  readonly allowance: UploadAllowance;
  readonly input: UploadInput;
  readonly lease: KeptLease;
}

/** Writes, hashes and inspects the data; what it gives is durable. A failure leaves nothing in the store. */
async function storeData(parts: ServiceParts, upload: UploadUnderWay): Promise<StatusChange> {
  const { image, work } = upload;
  const hash = parts.hasher.start(parts.data.hashAlgorithm);
  const writer = await parts.store.write(image.id, work.attemptId);
  try {
    const inspection = image.containerFormat === 'bare' ? startInspection() : null;
    const sizeBytes = await receiveData({ hasher: parts.hasher, hash, writer, inspection }, upload.input.body(), {
      expectedBytes: upload.input.expectedBytes,
      maximum: upload.allowance,
      proceed: upload.lease.proceed,
    });
    const virtualSizeBytes = concludeInspection(parts, image, inspection);
    const { checksum, hashValue } = await hash.digest();
    // Nobody may have taken the work over before the object gets its final name.
    if (!(await parts.work.renew({ ...work, expiresAt: leaseEnd(parts) }))) throw gone(work);
    const { url } = await writer.commit();
    const hashAlgorithm = parts.data.hashAlgorithm;
    const locations = [{ url, metadata: {} }];
    return { to: 'active', sizeBytes, virtualSizeBytes, checksum, hashAlgorithm, hashValue, locations };
  } catch (error) {
    hash.abort();
    await writer.abort();
    throw error;
  }
}

/** The virtual size, when the data are what the image says they are; refuses them otherwise. */
function concludeInspection(parts: ServiceParts, image: Image, inspection: StreamInspection | null): bigint | null {
  if (inspection === null || image.diskFormat === null) return null;
  const verdict = inspection.conclude(image.diskFormat, parts.data.inspection);
  if (!verdict.accepted) throw new ImageServiceError('unsupportedMediaType', verdict.reason);
  if (verdict.warning !== null) parts.report('image format', { imageId: image.id, warning: verdict.warning });
  return verdict.virtualSizeBytes;
}

/**
 * Makes the image active with its data. When the database does not answer, nothing is undone: the lease decides
 * later whether the commit had happened.
 */
async function activate(parts: ServiceParts, work: ImageWork, stored: StatusChange): Promise<void> {
  const outcome = await parts.work.finishUpload(work, stored, parts.clock.now());
  if (outcome === 'finished') return;
  // With the lease lost, the object of that name may be another attempt's by now.
  if (outcome === 'image-gone') await removeObjects(parts, stored.locations ?? []);
  throw gone(work);
}

async function requeue(parts: ServiceParts, work: ImageWork): Promise<void> {
  try {
    await parts.work.finishUpload(work, { to: 'queued', ...withoutData, locations: [] }, parts.clock.now());
  } catch (error) {
    // The lease runs out and the recovery does it.
    parts.report('upload not undone yet', { imageId: work.imageId, error });
  }
}

function gone(work: ImageWork): Error {
  return new ImageServiceError('gone', `Image ${work.imageId} was deleted or its upload was given up meanwhile.`);
}
