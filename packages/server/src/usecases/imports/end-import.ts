/** How an import ends: well, undone after a failure, or without its image. Source: contract 04 §5, §6. */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { stageHostProperty } from '../../domain/tasks/import-task.ts';
import { requeued } from '../../ports/image-change.ts';
import type { ImageStep } from '../../ports/image-change.ts';
import type { Leftover } from '../../ports/image-work-repository.ts';
import { storeNamed, storeOfLocation } from '../image-locations.ts';
import { finishDeletion } from '../images/delete.ts';
import { newLease } from '../leases.ts';
import type { ServiceParts } from '../service-parts.ts';
import { discardAttempts } from './import-attempts.ts';
import type { ImportFailure } from './import-progress.ts';
import { listProperties, taskExpiry } from './running-import.ts';
import type { RunningImport } from './running-import.ts';
import { isStagedHere } from './staged-data.ts';

export async function finishImport(parts: ServiceParts, run: RunningImport): Promise<void> {
  const image = await run.image();
  const { id } = image;
  await parts.staging.removeAll(id, run.lease.isHeld);
  const holding = new Set(image.locations.map((location) => storeOfLocation(parts.stores, location)?.id));
  const lacking = run.order.stores.filter((store) => !holding.has(store));
  const properties = listProperties(parts, image, { failed: lacking });
  await run.advance({
    image: { from: ['active', 'deactivated'], properties },
    task: { status: 'success', message: '', result: { image_id: id }, expiresAt: taskExpiry(parts) },
    ends: true,
    leftovers: run.progress().leftovers,
  });
}

/** Takes back what the import did: the data it stored, the locations, the status. Repeatable. */
export async function undoImport(parts: ServiceParts, run: RunningImport): Promise<void> {
  const failure = run.progress().failure;
  if (failure === null) throw new Error('The import has not failed.');
  const image = await run.image();
  const made = image.locations.filter((location) => isOfImport(parts, run, location));
  const kept = image.locations.filter((location) => !made.includes(location)).map(({ url }) => url);
  const leftovers = [...run.progress().leftovers, ...(await discardEverywhere(parts, run, kept))];
  if (!failure.keepsStaged) await parts.staging.removeAll(image.id, run.lease.isHeld);
  if (run.task.type === 'import') return endWithoutImage(parts, run, { message: failure.message, leftovers });
  await run.advance({
    image: await imageAfter(parts, run, { image, failure, removedUrls: made.map(({ url }) => url) }),
    task: { status: 'failure', message: failure.message, expiresAt: taskExpiry(parts) },
    ends: true,
    leftovers,
  });
}

/** An image that a task made itself goes with the task's failure. */
async function endWithoutImage(
  parts: ServiceParts,
  run: RunningImport,
  { message, leftovers }: { readonly message: string; readonly leftovers: readonly Leftover[] },
): Promise<void> {
  const { imageId } = run.lease.work();
  const attempt = { attemptId: parts.ids.next(), storeId: null, progress: null };
  const work = { kind: 'delete' as const, imageId, ...attempt, ...newLease(parts) };
  const deleted = await parts.work.beginDelete(work, () => undefined);
  if (deleted !== undefined) await finishDeletion(parts, work, deleted);
  const task = { status: 'failure' as const, message, expiresAt: taskExpiry(parts) };
  await run.advance({ task, ends: true, leftovers });
}

/** Whether this import made the location: it fills certain stores, and was not the first to put something in them. */
function isOfImport(parts: ServiceParts, run: RunningImport, location: ImageLocation): boolean {
  if (run.progress().kept.includes(location.url)) return false;
  const attached = storeOfLocation(parts.stores, location);
  return attached !== undefined && run.order.stores.includes(attached.id);
}

/**
 * Removes what attempts left, their objects too unless locations own them; also in stores that were never written, for
 * an attempt may have died at any of them. Gives what is left in stores out of order.
 */
async function discardEverywhere(
  parts: ServiceParts,
  run: RunningImport,
  keptUrls: readonly string[],
): Promise<readonly Leftover[]> {
  const leftovers: Leftover[] = [];
  for (const id of run.order.stores) {
    const attached = storeNamed(parts.stores, id);
    if (attached === undefined || attached.readOnly) continue;
    try {
      await discardAttempts(run, { attached, keptUrls });
    } catch (error) {
      parts.report('data left in a store', { imageId: run.lease.work().imageId, store: id, error });
      leftovers.push({ storeId: id, attemptIds: run.progress().attempts, urls: [] });
    }
  }
  return leftovers;
}

interface Undone {
  readonly image: Image;
  readonly failure: ImportFailure;
  readonly removedUrls: readonly string[];
}

async function imageAfter(
  parts: ServiceParts,
  run: RunningImport,
  { image, failure, removedUrls }: Undone,
): Promise<ImageStep> {
  const lists = listProperties(parts, image, { done: run.order.stores, failed: failure.stores });
  if (run.order.method === 'copy-image') return { from: ['active', 'deactivated'], removedUrls, properties: lists };
  const from = ['importing', 'uploading', 'queued'] as const;
  const stagedBytes = failure.keepsStaged ? await stagedSize(parts, run, image.id) : null;
  if (stagedBytes === null) return { ...requeued, from, properties: lists, ...formatsBefore(run) };
  const host = parts.selfUrl === null ? [] : [[stageHostProperty, parts.selfUrl] as const];
  return {
    ...requeued,
    from,
    to: 'uploading',
    sizeBytes: stagedBytes,
    properties: new Map([...lists, ...host]),
  };
}

/** The formats the image had: data that are gone were converted in vain. */
function formatsBefore(run: RunningImport): Pick<ImageStep, 'diskFormat' | 'containerFormat'> {
  const { formats } = run.progress();
  return formats === null ? {} : { diskFormat: formats.disk, containerFormat: formats.container };
}

/** Null when this node does not have the data, and so cannot promise them for another try. */
async function stagedSize(parts: ServiceParts, run: RunningImport, imageId: string): Promise<number | null> {
  try {
    if (!(await isStagedHere(parts, imageId, run.progress()))) return null;
    return await parts.staging.sizeOf({ imageId, stage: null });
  } catch (error) {
    if (isImageServiceError(error)) return null;
    throw error;
  }
}

/**
 * Ends an import whose image was deleted, or brought to another status by others: what it has not written down as a
 * location is removed, locations are the affair of who has the image now.
 */
export async function abandonImport(parts: ServiceParts, run: RunningImport): Promise<void> {
  const { imageId } = run.lease.work();
  const image = await parts.images.show({ isAdmin: true, projectId: null }, imageId);
  const keptUrls = image?.locations.map(({ url }) => url) ?? (await parts.images.listLocationUrls(imageId));
  const leftovers = [...run.progress().leftovers, ...(await discardEverywhere(parts, run, keptUrls))];
  // Data in uploading were staged by somebody else since.
  if (image?.status !== 'uploading') await parts.staging.removeAll(imageId, run.lease.isHeld);
  const message =
    run.progress().failure?.message ??
    (image === undefined
      ? 'The image was deleted while it was being imported.'
      : `The image became ${image.status} while it was being imported.`);
  const lists = image === undefined ? null : listProperties(parts, image, { failed: run.order.stores });
  await run.advance({
    ...(image === undefined || lists === null ? {} : { image: { from: [image.status], properties: lists } }),
    task: { status: 'failure', message, expiresAt: taskExpiry(parts) },
    ends: true,
    leftovers,
  });
}
