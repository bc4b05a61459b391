/**
 * Stores the data of a queued image and makes it active.
 *
 * Invariant: acknowledged means durable, and a failure at any point leaves the image queued with nothing behind it.
 * The lease taken at the start covers what this process cannot undo itself. Source: contract 03 §1.
 */
import { conflict } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { SizeLimit } from '../../domain/imports/archive-formats.ts';
import { claimOf } from '../../domain/images/project-limits.ts';
import type { ProjectLimit } from '../../domain/images/project-limits.ts';
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
import { checkBeforehand, claimsOfData, findLimits, reserveForLease } from '../project-limits.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { findAllowance } from './allowance.ts';
import { reasonToTell } from './data-events.ts';
import { reservingWriter } from './reserving-writer.ts';
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
  const { projectId } = context;
  const { expectedBytes } = input;
  await checkBeforehand(parts, projectId, { resource: 'image_size_total', amount: expectedBytes ?? 0 });
  const attached = storeForUpload(parts.stores, input.storeId);
  const { id: imageId } = await loadUploadable(parts, context, input.imageId);
  const allowance = findAllowance(parts, expectedBytes);
  const atOnce = await findLimits(parts, projectId, ['image_count_uploading']);
  const limits = await findLimits(parts, projectId, ['image_size_total']);
  const claims = [...atOnce.map((limit) => claimOf(limit, 0)), ...claimsOfData(limits, expectedBytes)];
  const attempt = { attemptId: parts.ids.next(), storeId: attached.id, progress: null };
  const work: ImageWork = { kind: 'upload', imageId, ...attempt, ...newLease(parts) };
  // The formats may have changed since the image was looked at; from here on they cannot.
  const image = await parts.work.beginUpload(work, parts.clock.now(), claims);
  if (image === undefined) throw givenUp(work);
  const lease = keepLease(parts, work);
  try {
    const upload = { image, attached, allowance, limits, input, lease };
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
  readonly allowance: SizeLimit;
  /** Of the data; what is known of them beforehand is reserved. */
  readonly limits: readonly ProjectLimit[];
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
    const attributes = await storeImageData(parts, reserved(parts, writer, upload), {
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
    await undo(parts, lease.work(), error);
    throw error;
  }
}

/** Whatever comes has room: what nobody announced is reserved as it comes. */
function reserved(parts: ServiceParts, writer: ObjectWriter, { input, limits, lease }: UploadUnderWay): ObjectWriter {
  if (input.expectedBytes !== null) return writer;
  return reservingWriter(writer, (claims) => reserveForLease(parts, lease, claims), { limits });
}

/**
 * Makes the image active with its data. When the database does not answer, nothing is undone: the lease decides
 * later whether the commit had happened.
 */
async function activate(parts: ServiceParts, upload: UploadUnderWay, stored: StatusChange): Promise<void> {
  const work = upload.lease.work();
  const outcome = await parts.work.finishUpload(work, stored, parts.clock.now());
  if (outcome === 'finished') return;
  // Who took the lease over looks after the data too.
  const error = givenUp(work);
  if (outcome !== 'lease-lost') await undo(parts, upload.lease.work(), error);
  throw error;
}

/** What cannot be undone now is undone by the recovery when the lease runs out. */
async function undo(parts: ServiceParts, work: ImageWork, failure: unknown): Promise<void> {
  try {
    await undoUpload(parts, work, reasonToTell(failure));
  } catch (error) {
    parts.report('upload not undone yet', { imageId: work.imageId, error });
  }
}
