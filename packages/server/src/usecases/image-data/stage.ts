/**
 * Puts data in the staging area, to be imported later by glance-direct. The data are not looked at here.
 * Source: contract 03 §2.
 */
import { conflict, isImageServiceError, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { claimOf } from '../../domain/images/project-limits.ts';
import type { ProjectLimit } from '../../domain/images/project-limits.ts';
import type { SizeLimit } from '../../domain/imports/archive-formats.ts';
import { stageHostProperty } from '../../domain/tasks/import-task.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import { keepLease, newLease } from '../leases.ts';
import type { KeptLease } from '../leases.ts';
import { checkBeforehand, claimsOfData, findLimits, reserveForLease, stagingResource } from '../project-limits.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { findAllowance } from './allowance.ts';
import { copyData } from './receive.ts';
import { reservingWriter } from './reserving-writer.ts';
import { undoStaging } from './undo-upload.ts';
import type { UploadInput } from './upload.ts';

export async function stageImageData(
  parts: ServiceParts,
  context: RequestContext,
  input: Omit<UploadInput, 'storeId'>,
): Promise<void> {
  requireStaging(parts);
  const { projectId } = context;
  const { expectedBytes } = input;
  await checkBeforehand(parts, projectId, { resource: 'image_stage_total', amount: expectedBytes ?? 0 });
  const { id: imageId } = await loadStageable(parts, context, input.imageId);
  const allowance = findAllowance(parts, expectedBytes);
  const atOnce = await findLimits(parts, projectId, ['image_count_uploading']);
  const limits = await findLimits(parts, projectId, [stagingResource(parts)]);
  const claims = [...atOnce.map((limit) => claimOf(limit, 0)), ...claimsOfData(limits, expectedBytes)];
  const attempt = { attemptId: parts.ids.next(), storeId: null, progress: null };
  const work: ImageWork = { kind: 'stage', imageId, ...attempt, ...newLease(parts) };
  if ((await parts.work.beginUpload(work, parts.clock.now(), claims)) === undefined) throw notQueued(imageId);
  const lease = keepLease(parts, work);
  try {
    await finish(parts, lease, await writeStaged(parts, { input, allowance, limits, lease }));
  } finally {
    lease.stop();
  }
}

/** Raises `notFound` where nothing could be done with staged data; that comes before anything else. */
export function requireStaging({ imports }: Pick<ServiceParts, 'imports'>): void {
  if (!imports.methods.includes('glance-direct')) {
    throw notFound('Data cannot be staged: glance-direct is not enabled.');
  }
}

async function loadStageable(parts: ServiceParts, context: RequestContext, imageId: string): Promise<Image> {
  let image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['modify_image'], image });
  if (image.status !== 'queued' && (await recoverExpiredWork(parts, imageId)) > 0) {
    image = await loadImage(parts, context, imageId);
  }
  if (image.status !== 'queued') throw notQueued(imageId);
  return image;
}

function notQueued(imageId: string): Error {
  return conflict(`Data can be staged for a queued image only, which ${imageId} is not.`);
}

interface StagingUnderWay {
  readonly input: Omit<UploadInput, 'storeId'>;
  readonly allowance: SizeLimit;
  readonly limits: readonly ProjectLimit[];
  readonly lease: KeptLease;
}

async function writeStaged(parts: ServiceParts, staging: StagingUnderWay): Promise<number> {
  const { input, allowance, lease } = staging;
  const { imageId, attemptId } = lease.work();
  let writer: ObjectWriter | undefined;
  try {
    // What an import before left behind is of no use to anybody; what a later one brings must not be touched.
    await parts.staging.removeAll(imageId, lease.isHeld);
    writer = parts.staging.write({ imageId, stage: null }, attemptId);
    await writer.open();
    const sizeBytes = await copyData(parts.hasher, reserved(parts, writer, staging), {
      body: input.body(),
      limits: { expectedBytes: input.expectedBytes, maximum: allowance, proceed: lease.proceed },
    });
    await lease.confirm();
    await writer.commit();
    return sizeBytes;
  } catch (error) {
    await writer?.abort();
    await undo(parts, lease.work());
    throw (await isDeleted(parts, error, imageId)) ? imageNotFound(imageId) : error;
  }
}

/** Whether the work was given up because its image was deleted, and not because somebody else took it over. */
async function isDeleted({ images }: ServiceParts, failure: unknown, imageId: string): Promise<boolean> {
  if (!isImageServiceError(failure, 'gone')) return false;
  return (await images.show({ isAdmin: true, projectId: null }, imageId)) === undefined;
}

/** Whatever comes has room: what nobody announced is reserved as it comes. */
function reserved(parts: ServiceParts, writer: ObjectWriter, { input, limits, lease }: StagingUnderWay): ObjectWriter {
  if (input.expectedBytes !== null) return writer;
  return reservingWriter(writer, (claims) => reserveForLease(parts, lease, claims), { limits });
}

/**
 * The image stays in uploading until it is imported. When the database does not answer, nothing is undone: the lease
 * decides later whether the commit had happened.
 */
async function finish(parts: ServiceParts, lease: KeptLease, sizeBytes: number): Promise<void> {
  const work = lease.work();
  const host = new Map(parts.selfUrl === null ? [] : [[stageHostProperty, parts.selfUrl]]);
  const end = { to: 'uploading', sizeBytes, properties: host } as const;
  const outcome = await parts.work.finishUpload(work, end, parts.clock.now());
  if (outcome === 'finished') return;
  // Who took the lease over looks after the data too.
  if (outcome !== 'lease-lost') await undo(parts, work);
  throw imageNotFound(work.imageId);
}

async function undo(parts: ServiceParts, work: ImageWork): Promise<void> {
  try {
    await undoStaging(parts, work);
  } catch (error) {
    parts.report('staging not undone yet', { imageId: work.imageId, error });
  }
}
