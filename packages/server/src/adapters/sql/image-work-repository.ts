/**
 * Leased work in SQL, in a table of our own: one row for each image and kind of work. Times are compared as the text
 * they are kept as.
 *
 * A deletion marks the image in the way Glance does, in two steps: first the status, which ends the image for
 * everybody, then, with the objects gone, the row and all that hangs on it. Source: contract 12 §7.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Selectable, Updateable } from 'kysely';
import type { Image } from '../../domain/images/image.ts';
import { clearedOfStores } from '../../domain/tasks/import-task.ts';
import { isUnfinished } from '../../domain/tasks/task.ts';
import { requeued } from '../../ports/image-change.ts';
import type { StatusChange } from '../../ports/image-change.ts';
import { statusDuring } from '../../ports/image-work-repository.ts';
import type {
  ImageWork,
  ImageWorkRepository,
  Leftover,
  TaskBeginning,
  TaskStart,
  TaskStep,
  UploadOutcome,
} from '../../ports/image-work-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { deleteChildren, setProperties } from './image-children.ts';
import { waitingRows } from './image-location-rows.ts';
import type { ImageWrite } from './image-write.ts';
import { lockHolder, releaseLock, takeLock } from './import-lock.ts';
import { liveRow, setStatus } from './image-repository.ts';
import { imagesFromRows } from './image-rows.ts';
import type { RowSource } from './image-rows.ts';
import { grantClaims, lockProjects, lowerReservations, requireLimits } from './reservation-rows.ts';
import {
  propertiesToTell,
  tellBeginning,
  tellDeletion,
  tellEnd,
  tellFailure,
  tellSave,
  tellStep,
  tellTask,
} from './recorded-events.ts';
import type { ImageWorkTable } from './tables.ts';
import { changeTask, findTask, insertTask } from './task-rows.ts';
import { reading, writing } from './transactions.ts';
import { timeToSql } from './values.ts';
import { endLease, hasWork, isHeld, ofHolder, ofImage, recordWork, sealProgress, workFromRow } from './work-rows.ts';

const expiredAtOnce = 100;

export function sqlImageWorkRepository(database: SqlDatabase): ImageWorkRepository {
  const { dialect, urls, events } = database;

  /** Runs a unit of work on one image. */
  function onImage<T>(work: ImageWork, at: Date, act: (write: ImageWrite) => Promise<T>): Promise<T> {
    return writing(database, (transaction) => act({ transaction, dialect, urls, events, imageId: work.imageId, at }));
  }

  return {
    beginUpload: (work, at, claims = []) =>
      onImage(work, at, async (write) => {
        await lockProjects(
          write.transaction,
          claims.map(({ limit }) => limit),
        );
        if (await isBeingCleaned(write)) return undefined;
        if (!(await setStatus(write, { from: ['queued'], to: statusOf(work) }))) return undefined;
        await recordWork(write, work, null);
        await grantClaims(write, claims, work);
        await tellBeginning(write, work);
        return liveImage(write);
      }),

    finishUpload: (work, end, at) => onImage(work, at, (write) => finishUpload(write, work, end)),

    undoUpload: (work, at, { leftovers = [], reason = 'it was given up' } = {}) =>
      onImage(work, at, async (write) => {
        if (!(await endLease(write, work))) return false;
        if (leftovers.length > 0) await recordLeftovers(write, work, leftovers);
        const isSaved = await setStatus(write, { ...requeued, from: [statusOf(work)] });
        await tellFailure(write, work, { reason, isSaved });
        return true;
      }),

    async beginTask(work, start, at) {
      try {
        return await onImage(work, at, (write) => beginTask(write, work, start));
      } catch (error) {
        // Another task took the lock at the same moment.
        if (dialect.isUniqueViolation(error)) return { kind: 'locked' };
        throw error;
      }
    },

    recordTask: (work, task, at) =>
      onImage(work, at, async (write) => {
        await insertTask(write.transaction, dialect, task);
        await tellTask(write, 'create', { task });
        await recordWork(write, work, null);
      }),

    advanceTask: (work, step, at) => onImage(work, at, (write) => advanceTask(write, work, step)),

    beginDelete: (work, check) => onImage(work, work.expiresAt, (write) => beginDelete(write, work, check)),
    finishDelete: (work, at, status) => onImage(work, at, (write) => finishDelete(write, work, status)),
    revertDelete: (work) => onImage(work, work.expiresAt, (write) => revertDelete(write, work)),
    renew: (work) => onImage(work, work.expiresAt, (write) => renew(write, work)),

    takeOver: (expired, lease) =>
      onImage(expired, lease.expiresAt, async (write) => {
        const taken = await ofHolder(write.transaction.updateTable('lucarne_image_work'), expired)
          .set({ lease_id: lease.leaseId, expires_at: timeToSql(lease.expiresAt) })
          .where('expires_at', '=', timeToSql(expired.expiresAt))
          .executeTakeFirst();
        return taken.numUpdatedRows > 0n;
      }),

    listExpired: (now, imageId) =>
      reading(database, async (snapshot) => {
        let rows = snapshot.selectFrom('lucarne_image_work').selectAll().where('expires_at', '<=', timeToSql(now));
        if (imageId !== undefined) rows = rows.where('image_id', '=', imageId);
        const expired = await rows.orderBy('expires_at').limit(expiredAtOnce).execute();
        return expired.map((row) => workFromRow(urls, row));
      }),
  };
}

async function finishUpload(write: ImageWrite, work: ImageWork, end: StatusChange): Promise<UploadOutcome> {
  if (!(await isHeld(write.transaction, work))) return 'lease-lost';
  if (!(await setStatus(write, { ...end, from: [statusOf(work)] }))) return 'image-gone';
  await endLease(write, work);
  await tellEnd(write, work);
  return 'finished';
}

/** The status of an image while data come in by an upload or by staging. */
function statusOf({ kind }: ImageWork): ImageStatus {
  if (kind === 'upload' || kind === 'stage') return statusDuring[kind];
  throw new Error(`A ${kind} is not an upload.`);
}

async function beginTask(write: ImageWrite, work: ImageWork, start: TaskStart): Promise<TaskBeginning> {
  const image = await liveImage(write);
  if (image === undefined) return { kind: 'image-gone' };
  if (!start.from.includes(image.status)) return { kind: 'wrong-status', image };
  // What the task brings could be taken for data that were dropped, and removed.
  if ((await waitingRows(write)).length > 0 || (await isBeingCleaned(write))) return { kind: 'locked' };
  // The data are not all there yet.
  if (await hasWork(write, 'stage')) return { kind: 'locked' };
  const holderId = await lockHolder(write);
  if (holderId !== undefined) {
    const holder = await findTask(write.transaction, write.dialect, holderId);
    if (!start.isStale(holder)) return { kind: 'locked' };
    await releaseLock(write, holderId);
    await setProperties(write, clearedOfStores(image, holder));
    if (holder !== undefined) {
      const change = {
        status: 'failure',
        message: 'Another task took its place, for it showed no sign of life.',
      } as const;
      await changeTask(write.transaction, holder.id, { change, at: write.at });
      await tellTask(write, 'failure', { task: { ...holder, ...change, updatedAt: write.at } });
    }
  }
  await takeLock(write, start.task.id);
  await insertTask(write.transaction, write.dialect, start.task);
  await tellTask(write, 'create', { task: start.task });
  await recordWork(write, work, null);
  return { kind: 'begun', image: (await liveImage(write)) ?? image };
}

async function advanceTask(write: ImageWrite, work: ImageWork, step: TaskStep): Promise<UploadOutcome> {
  if (step.limits !== undefined) await lockProjects(write.transaction, step.limits);
  if (!(await isHeld(write.transaction, work))) return 'lease-lost';
  const onlyEnds = step.ends === true && step.image === undefined && step.task === undefined;
  if (!onlyEnds && work.kind === 'task' && !(await isInCharge(write, work))) return 'lease-lost';
  const formerProperties = await propertiesToTell(write, step);
  if (step.image !== undefined && !(await setStatus(write, step.image))) return 'image-gone';
  if (step.leavesReserved !== undefined) await lowerReservations(write.transaction, work, step.leavesReserved);
  if (step.limits !== undefined) await requireLimits(write, step.limits, addedBytes(step));
  await changeTask(write.transaction, work.attemptId, { change: step.task ?? {}, at: write.at });
  await tellAdvance(write, work, { step, formerProperties });
  const columns: Updateable<ImageWorkTable> = {};
  if (step.progress !== undefined) columns.progress = sealProgress(write.urls, step.progress);
  if (step.expiresAt !== undefined) columns.expires_at = timeToSql(step.expiresAt);
  if (Object.keys(columns).length > 0) {
    await ofHolder(write.transaction.updateTable('lucarne_image_work'), work).set(columns).execute();
  }
  if (step.ends === true) {
    await endLease(write, work);
    await releaseLock(write, work.attemptId);
  }
  if (step.leftovers !== undefined && step.leftovers.length > 0) await recordLeftovers(write, work, step.leftovers);
  return 'finished';
}

function addedBytes({ image }: TaskStep): number {
  return (image?.sizeBytes ?? 0) * (image?.addedLocations?.length ?? 0);
}

/** A task that begins is told before what it does to its image, one that ends behind it. */
async function tellAdvance(
  write: ImageWrite,
  work: ImageWork,
  { step, formerProperties }: { readonly step: TaskStep; readonly formerProperties: Image['properties'] | null },
): Promise<void> {
  const status = step.task?.status;
  const isTold = status !== undefined && status !== 'pending' && write.events?.wants(`task.${status}`) === true;
  const task = isTold ? await findTask(write.transaction, write.dialect, work.attemptId) : undefined;
  if (status === 'processing' && task !== undefined) await tellTask(write, status, { task });
  if (step.image !== undefined) await tellStep(write, step, formerProperties);
  if ((status === 'success' || status === 'failure') && task !== undefined) await tellTask(write, status, { task });
}

/** Whether the task is not over by other hands, and still has the import lock of an image that is there. */
async function isInCharge(write: ImageWrite, work: ImageWork): Promise<boolean> {
  const task = await findTask(write.transaction, write.dialect, work.attemptId);
  if (task === undefined || !isUnfinished(task)) return false;
  if (task.type === 'import' || (await liveImage(write)) === undefined) return true;
  return (await lockHolder(write)) === task.id;
}

/** Adds to what is left of the image already. It can be taken on at once. */
async function recordLeftovers(write: ImageWrite, work: ImageWork, leftovers: readonly Leftover[]): Promise<void> {
  const query = write.transaction.selectFrom('lucarne_image_work').selectAll();
  const row = await ofImage(query, { imageId: work.imageId, kind: 'leftovers' }).executeTakeFirst();
  const known = row === undefined ? null : workFromRow(write.urls, row).progress;
  // Only this function writes it.
  const all = [...((known === null ? [] : JSON.parse(known)) as readonly Leftover[]), ...leftovers];
  await recordWork(write, { ...work, kind: 'leftovers', progress: JSON.stringify(all), expiresAt: write.at }, null);
}

/** Whether leftovers of the image are being removed right now. */
async function isBeingCleaned({ transaction, imageId, at }: ImageWrite): Promise<boolean> {
  const query = transaction.selectFrom('lucarne_image_work').select('image_id').where('expires_at', '>', timeToSql(at));
  return (await ofImage(query, { imageId, kind: 'leftovers' }).executeTakeFirst()) !== undefined;
}

async function beginDelete(
  write: ImageWrite,
  work: ImageWork,
  check: (image: Image) => void,
): Promise<Image | undefined> {
  const former = await formerStatus(write, work);
  if (former !== undefined) return imageBeingDeleted(write, former);
  const image = await liveImage(write);
  if (image === undefined) return undefined;
  check(image);
  await write.transaction.updateTable('images').set({ status: 'deleted' }).where('id', '=', work.imageId).execute();
  await recordWork(write, work, image.status);
  return image;
}

async function finishDelete(
  write: ImageWrite,
  work: ImageWork,
  status: 'deleted' | 'pending_delete' = 'deleted',
): Promise<boolean> {
  await ofImage(write.transaction.deleteFrom('lucarne_image_work'), work).execute();
  const time = timeToSql(write.at);
  const deleted = await beingDeleted(write)
    .set({ status, updated_at: time, deleted_at: time, deleted: write.dialect.boolean(true) })
    .executeTakeFirst();
  if (deleted.numUpdatedRows === 0n) return false;
  // Before what hangs on the image goes.
  await tellDeletion(write);
  await deleteChildren(write, status);
  return true;
}

async function revertDelete(write: ImageWrite, work: ImageWork): Promise<boolean> {
  const former = await formerStatus(write, work);
  if (former === undefined) return false;
  await endLease(write, work);
  const isQueuedAnew = statusWhileDataCome.has(former);
  await beingDeleted(write)
    .set({ status: isQueuedAnew ? 'queued' : former })
    .execute();
  // Nobody was told of the deletion: that is undone without a word.
  if (isQueuedAnew) await tellSave(write);
  return true;
}

async function renew(write: ImageWrite, work: ImageWork): Promise<boolean> {
  if (work.kind === 'upload' || work.kind === 'stage') {
    const image = await liveRow(write.transaction, write.dialect, work.imageId);
    if (image?.status !== statusOf(work)) return false;
  }
  const renewed = await ofHolder(write.transaction.updateTable('lucarne_image_work'), work)
    .set({ expires_at: timeToSql(work.expiresAt) })
    .executeTakeFirst();
  return renewed.numUpdatedRows > 0n;
}

async function liveImage(write: ImageWrite): Promise<Image | undefined> {
  const row = await liveRow(write.transaction, write.dialect, write.imageId);
  return row === undefined ? undefined : (await imagesFromRows(sourceOf(write), [row]))[0];
}

async function imageBeingDeleted(write: ImageWrite, status: ImageStatus): Promise<Image | undefined> {
  const rows = await write.transaction
    .selectFrom('images')
    .selectAll()
    .where('id', '=', write.imageId)
    .where('status', '=', 'deleted')
    .where('deleted', '=', write.dialect.boolean(false))
    .execute();
  const [image] = await imagesFromRows(sourceOf(write), rows);
  return image === undefined ? undefined : { ...image, status };
}

function sourceOf({ transaction, urls }: ImageWrite): RowSource {
  return { db: transaction, urls };
}

/** The status an image had before the deletion one holds began; undefined when somebody else holds it. */
async function formerStatus(write: ImageWrite, work: ImageWork): Promise<ImageStatus | undefined> {
  const query = write.transaction.selectFrom('lucarne_image_work').select('former_status');
  const held: Pick<Selectable<ImageWorkTable>, 'former_status'> | undefined = await ofHolder(
    query,
    work,
  ).executeTakeFirst();
  // Only a deletion writes the column, and only what the status was.
  return held === undefined ? undefined : ((held.former_status ?? 'queued') as ImageStatus);
}

/** The image while its deletion has begun and is not finished. */
function beingDeleted(write: ImageWrite) {
  return write.transaction
    .updateTable('images')
    .where('id', '=', write.imageId)
    .where('status', '=', 'deleted')
    .where('deleted', '=', write.dialect.boolean(false));
}

/** Who brings data finds the image deleted and gives up; nobody would end these. */
const statusWhileDataCome: ReadonlySet<string> = new Set(['saving', 'uploading', 'importing']);
