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
import type { DataHash } from '../../ports/data-hasher.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { ImageWork, StorageQuota } from '../../ports/image-work-repository.ts';
import { authorizeOnImage } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import { leaseEnd, newLease } from '../leases.ts';
import { recoverExpiredWork, undoUpload } from '../recover-work.ts';
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
  const { id: imageId } = await loadUploadable(parts, context, input.imageId);
  const allowance = await findAllowance(parts, context, { imageId, expectedBytes: input.expectedBytes });
  const work: ImageWork = { kind: 'upload', imageId, attemptId: parts.ids.next(), ...newLease(parts) };
  // The formats may have changed since the image was looked at; from here on they cannot.
  const image = await parts.work.beginUpload(work, parts.clock.now());
  if (image === undefined) throw gone(work);
  const lease = keepLease(parts, work);
  try {
    const upload = { image, allowance, input, lease };
    await activate(parts, upload, await storeData(parts, upload));
  } finally {
    lease.stop();
  }
}

interface UploadAllowance {
  readonly bytes: number;
  readonly exceeded: string;
  /** What is looked at once more when the image becomes active: others may have used up what remained. */
  readonly quota: StorageQuota | null;
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
  requireFormats(image);
  return image;
}

function requireFormats(image: Image): void {
  if (image.containerFormat !== null && image.diskFormat !== null) return;
  throw badRequest('Set disk_format and container_format of the image before uploading its data.');
}

/** How many bytes may come at most, and what a sender of more is told. Raises at once when it is known to be too many. */
async function findAllowance(
  parts: ServiceParts,
  context: RequestContext,
  upload: { readonly imageId: string; readonly expectedBytes: number | null },
): Promise<UploadAllowance> {
  const { sizeCapBytes, userStorageQuotaBytes: quotaBytes } = parts.limits;
  const { projectId } = context;
  const usedBytes = quotaBytes > 0 ? await parts.images.storedBytes(projectId, upload.imageId) : 0;
  const remaining = checkStorageQuota({ quotaBytes, usedBytes, expectedBytes: upload.expectedBytes }) ?? Infinity;
  const exceeded =
    remaining < sizeCapBytes
      ? `The image exceeds the storage quota of the project; ${remaining} bytes remain.`
      : `The image is larger than the ${sizeCapBytes} bytes one image may have.`;
  if (upload.expectedBytes !== null && upload.expectedBytes > sizeCapBytes) throw limitExceeded(exceeded);
  const quota = quotaBytes > 0 ? { projectId, bytes: quotaBytes } : null;
  return { bytes: Math.min(remaining, sizeCapBytes), exceeded, quota };
}

interface KeptLease {
  stop(): void;
  /** Raises once the lease was found to be lost, or the image to be gone. */
  proceed(): void;
  /** Makes sure that it is still held, and for a whole term from now. Raises when it is not. */
  confirm(): Promise<void>;
  /** The work with the time until which it is held. */
  work(): ImageWork;
}

/** Renews the lease while the upload runs. */
function keepLease(parts: ServiceParts, begun: ImageWork): KeptLease {
  let work = begun;
  let lost = false;

  async function renew(): Promise<void> {
    const renewed = { ...work, expiresAt: leaseEnd(parts) };
    if (await parts.work.renew(renewed)) work = renewed;
    else lost = true;
  }

  function proceed(): void {
    if (lost) throw gone(work);
  }

  return {
    stop: parts.clock.every((parts.data.leaseSeconds * 1000) / 3, renew),
    proceed,
    async confirm() {
      await renew();
      proceed();
    },
    work: () => work,
  };
}

interface UploadUnderWay {
  readonly image: Image;
  readonly allowance: UploadAllowance;
  readonly input: UploadInput;
  readonly lease: KeptLease;
}

/** Writes, hashes and inspects the data; what it gives is durable. A failure leaves the image queued and no data. */
async function storeData(parts: ServiceParts, upload: UploadUnderWay): Promise<StatusChange> {
  const { image, lease } = upload;
  let hash: DataHash | undefined;
  let writer: ObjectWriter | undefined;
  try {
    requireFormats(image);
    hash = parts.hasher.start(parts.data.hashAlgorithm);
    writer = parts.store.write(image.id, lease.work().attemptId);
    await writer.open();
    const inspection = image.containerFormat === 'bare' ? startInspection() : null;
    const sizeBytes = await receiveData({ hasher: parts.hasher, hash, writer, inspection }, upload.input.body(), {
      expectedBytes: upload.input.expectedBytes,
      maximum: upload.allowance,
      proceed: lease.proceed,
    });
    const virtualSizeBytes = concludeInspection(parts, image, inspection);
    const { checksum, hashValue } = await hash.digest();
    // Nobody may have taken the work over before the object gets its final name.
    await lease.confirm();
    const { url } = await writer.commit();
    const hashAlgorithm = parts.data.hashAlgorithm;
    const locations = [{ url, metadata: {} }];
    return { to: 'active', sizeBytes, virtualSizeBytes, checksum, hashAlgorithm, hashValue, locations };
  } catch (error) {
    hash?.abort();
    await writer?.abort();
    await undo(parts, lease.work());
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
async function activate(parts: ServiceParts, upload: UploadUnderWay, stored: StatusChange): Promise<void> {
  const work = upload.lease.work();
  const end = { ...stored, quota: upload.allowance.quota };
  const outcome = await parts.work.finishUpload(work, end, parts.clock.now());
  if (outcome === 'finished') return;
  // Who took the lease over looks after the data too.
  if (outcome !== 'lease-lost') await undo(parts, upload.lease.work());
  if (outcome !== 'over-quota') throw gone(work);
  throw limitExceeded('Other images used up the storage quota of the project while this one was being uploaded.');
}

/** What cannot be undone now is undone by the recovery when the lease runs out. */
async function undo(parts: ServiceParts, work: ImageWork): Promise<void> {
  try {
    await undoUpload(parts, work);
  } catch (error) {
    parts.report('upload not undone yet', { imageId: work.imageId, error });
  }
}

function gone(work: ImageWork): Error {
  return new ImageServiceError('gone', `Image ${work.imageId} was deleted or its upload was given up meanwhile.`);
}
