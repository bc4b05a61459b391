/**
 * Puts data in the staging area, to be imported later by glance-direct. The data are not looked at here.
 * Source: contract 03 §2.
 */
import { conflict, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { stageHostProperty } from '../../domain/tasks/import-task.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import { keepLease, newLease } from '../leases.ts';
import type { KeptLease } from '../leases.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { findAllowance } from './allowance.ts';
import type { DataAllowance } from './allowance.ts';
import { copyData } from './receive.ts';
import { undoStaging } from './undo-upload.ts';
import type { UploadInput } from './upload.ts';

export async function stageImageData(
  parts: ServiceParts,
  context: RequestContext,
  input: Omit<UploadInput, 'storeId'>,
): Promise<void> {
  requireStaging(parts);
  const { id: imageId } = await loadStageable(parts, context, input.imageId);
  const { projectId } = context;
  const allowance = await findAllowance(parts, { imageId, projectId, expectedBytes: input.expectedBytes });
  const attempt = { attemptId: parts.ids.next(), storeId: null, progress: null };
  const work: ImageWork = { kind: 'stage', imageId, ...attempt, ...newLease(parts) };
  if ((await parts.work.beginUpload(work, parts.clock.now())) === undefined) throw notQueued(imageId);
  const lease = keepLease(parts, work);
  try {
    await finish(parts, lease, await writeStaged(parts, { input, allowance, lease }));
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
  readonly allowance: DataAllowance;
  readonly lease: KeptLease;
}

async function writeStaged(parts: ServiceParts, { input, allowance, lease }: StagingUnderWay): Promise<number> {
  const { imageId, attemptId } = lease.work();
  let writer: ObjectWriter | undefined;
  try {
    // What an import before left behind is of no use to anybody; what a later one brings must not be touched.
    await parts.staging.removeAll(imageId, lease.isHeld);
    writer = parts.staging.write({ imageId, stage: null }, attemptId);
    await writer.open();
    const sizeBytes = await copyData(parts.hasher, writer, {
      body: input.body(),
      limits: { expectedBytes: input.expectedBytes, maximum: allowance, proceed: lease.proceed },
    });
    await lease.confirm();
    await writer.commit();
    return sizeBytes;
  } catch (error) {
    await writer?.abort();
    await undo(parts, lease.work());
    throw error;
  }
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
