/**
 * Stores the data of a queued image and makes it active.
 *
 * Invariant: acknowledged means durable, and a failure at any point leaves the image queued with nothing behind it.
 * The lease taken at the start covers what this process cannot undo itself. Source: contract 03 §1.
 */
import { conflict, limitExceeded } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { StatusChange } from '../../ports/image-change.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { AttachedStore } from '../../ports/image-stores.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage } from '../authorization.ts';
import { locationOf, storeForUpload } from '../image-locations.ts';
import { loadImage } from '../images/load-image.ts';
import { givenUp, keepLease, newLease } from '../leases.ts';
import type { KeptLease } from '../leases.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { findAllowance } from './allowance.ts';
import type { DataAllowance } from './allowance.ts';
import { requireFormats, storeImageData } from './store-data.ts';
import { undoUpload } from './undo-upload.ts';

export interface UploadInput {
  readonly imageId: string;
  /** Id of the store the data shall go to; null for the default one. */
  readonly storeId: string | null;
  /** What the sender said the data will be; null when it did not. */
  readonly expectedBytes: number | null;
  /** Starts the body; called once, when nothing stands in the way any more. Raises when the sender breaks off. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

export async function uploadImageData(parts: ServiceParts, context: RequestContext, input: UploadInput): Promise<void> {
  const attached = storeForUpload(parts.stores, input.storeId);
  const { id: imageId } = await loadUploadable(parts, context, input.imageId);
  const { projectId } = context;
  const allowance = await findAllowance(parts, { imageId, projectId, expectedBytes: input.expectedBytes });
  const attempt = { attemptId: parts.ids.next(), storeId: attached.id, progress: null };
  const work: ImageWork = { kind: 'upload', imageId, ...attempt, ...newLease(parts) };
  // The formats may have changed since the image was looked at; from here on they cannot.
  const image = await parts.work.beginUpload(work, parts.clock.now());
  if (image === undefined) throw givenUp(work);
  const lease = keepLease(parts, work);
  try {
    const upload = { image, attached, allowance, input, lease };
    await activate(parts, upload, await storeData(parts, upload));
  } finally {
    lease.stop();
  }
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

interface UploadUnderWay {
  readonly image: Image;
  readonly attached: AttachedStore;
  readonly allowance: DataAllowance;
  readonly input: UploadInput;
  readonly lease: KeptLease;
}

/** Puts the data in the store; what it gives is durable. A failure leaves the image queued and no data. */
async function storeData(parts: ServiceParts, upload: UploadUnderWay): Promise<StatusChange> {
  const { image, attached, input, lease } = upload;
  let writer: ObjectWriter | undefined;
  try {
    requireFormats(image);
    writer = attached.store.write(image.id, lease.work().attemptId, input.expectedBytes);
    const attributes = await storeImageData(parts, writer, {
      image,
      body: input.body(),
      limits: { expectedBytes: input.expectedBytes, maximum: upload.allowance, proceed: lease.proceed },
      isInspected: true,
    });
    // Nobody may have taken the work over before the object gets its final name.
    await lease.confirm();
    const stored = await writer.commit();
    return { to: 'active', ...attributes, locations: [locationOf(parts.stores, attached, stored)] };
  } catch (error) {
    await writer?.abort();
    await undo(parts, lease.work());
    throw error;
  }
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
  if (outcome !== 'over-quota') throw givenUp(work);
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
