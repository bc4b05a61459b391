/**
 * Leased work in SQL, in a table of our own: one row for each image and kind of work. Times are compared as the text
 * they are kept as.
 *
 * A deletion marks the image in the way Glance does, in two steps: first the status, which ends the image for
 * everybody, then, with the objects gone, the row and all that hangs on it. Source: contract 12 §7.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Selectable, Transaction } from 'kysely';
import type { Image } from '../../domain/images/image.ts';
import { requeued } from '../../ports/image-repository.ts';
import type {
  ImageWork,
  ImageWorkKind,
  ImageWorkRepository,
  UploadEnd,
  UploadOutcome,
} from '../../ports/image-work-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { deleteChildren } from './image-children.ts';
import type { ImageWrite } from './image-children.ts';
import { liveRow, setStatus, sumStoredBytes } from './image-repository.ts';
import { imagesFromRows } from './image-rows.ts';
import type { ImageWorkTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { timeFromSql, timeToSql } from './values.ts';

const expiredAtOnce = 100;

export function sqlImageWorkRepository(database: SqlDatabase): ImageWorkRepository {
  const { dialect } = database;

  /** Runs a unit of work on one image. */
  function onImage<T>(work: ImageWork, at: Date, act: (write: ImageWrite) => Promise<T>): Promise<T> {
    return writing(database, (transaction) => act({ transaction, dialect, imageId: work.imageId, at }));
  }

  return {
    beginUpload: (work, at) =>
      onImage(work, at, async (write) => {
        if (!(await setStatus(write, { from: ['queued'], to: 'saving' }))) return undefined;
        await record(write.transaction, work, null);
        return liveImage(write);
      }),

    finishUpload: (work, end, at) => onImage(work, at, (write) => finishUpload(write, work, end)),

    undoUpload: (work, at) =>
      onImage(work, at, async (write) => {
        if (!(await endLease(write, work))) return false;
        await setStatus(write, { ...requeued, from: ['saving'] });
        return true;
      }),

    beginDelete: (work, check) => onImage(work, work.expiresAt, (write) => beginDelete(write, work, check)),
    finishDelete: (work, at) => onImage(work, at, (write) => finishDelete(write, work)),
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
        return (await rows.orderBy('expires_at').limit(expiredAtOnce).execute()).map(workFromRow);
      }),
  };
}

async function finishUpload(write: ImageWrite, work: ImageWork, end: UploadEnd): Promise<UploadOutcome> {
  if (!(await isHeld(write.transaction, work))) return 'lease-lost';
  if (await exceedsQuota(write, end)) return 'over-quota';
  if (!(await setStatus(write, { ...end, from: ['saving'] }))) return 'image-gone';
  await endLease(write, work);
  return 'finished';
}

/** False when somebody else holds the work. */
async function endLease(write: ImageWrite, work: ImageWork): Promise<boolean> {
  const ended = await ofHolder(write.transaction.deleteFrom('lucarne_image_work'), work).executeTakeFirst();
  return ended.numDeletedRows > 0n;
}

async function exceedsQuota(write: ImageWrite, { quota, sizeBytes }: UploadEnd): Promise<boolean> {
  if (quota === undefined || quota === null || typeof sizeBytes !== 'number') return false;
  const reader = { db: write.transaction, dialect: write.dialect };
  return (await sumStoredBytes(reader, quota.projectId, write.imageId)) + sizeBytes > quota.bytes;
}

async function beginDelete(
  write: ImageWrite,
  work: ImageWork,
  check: (image: Image) => void,
): Promise<Image | undefined> {
  if (await isHeld(write.transaction, work)) return imageBeingDeleted(write);
  const image = await liveImage(write);
  if (image === undefined) return undefined;
  check(image);
  await write.transaction.updateTable('images').set({ status: 'deleted' }).where('id', '=', work.imageId).execute();
  await record(write.transaction, work, image.status);
  return image;
}

async function finishDelete(write: ImageWrite, work: ImageWork): Promise<boolean> {
  await ofImage(write.transaction.deleteFrom('lucarne_image_work'), work).execute();
  const time = timeToSql(write.at);
  const deleted = await beingDeleted(write)
    .set({ updated_at: time, deleted_at: time, deleted: write.dialect.boolean(true) })
    .executeTakeFirst();
  if (deleted.numUpdatedRows === 0n) return false;
  await deleteChildren(write);
  return true;
}

async function revertDelete(write: ImageWrite, work: ImageWork): Promise<boolean> {
  const held = await ofHolder(
    write.transaction.selectFrom('lucarne_image_work').select('former_status'),
    work,
  ).executeTakeFirst();
  if (held === undefined) return false;
  await endLease(write, work);
  await beingDeleted(write)
    .set({ status: revertedStatus(held) })
    .execute();
  return true;
}

async function renew(write: ImageWrite, work: ImageWork): Promise<boolean> {
  if (work.kind === 'upload') {
    const image = await liveRow(write.transaction, write.dialect, work.imageId);
    if (image?.status !== 'saving') return false;
  }
  const renewed = await ofHolder(write.transaction.updateTable('lucarne_image_work'), work)
    .set({ expires_at: timeToSql(work.expiresAt) })
    .executeTakeFirst();
  return renewed.numUpdatedRows > 0n;
}

async function liveImage(write: ImageWrite): Promise<Image | undefined> {
  const row = await liveRow(write.transaction, write.dialect, write.imageId);
  return row === undefined ? undefined : (await imagesFromRows(write.transaction, [row]))[0];
}

async function imageBeingDeleted(write: ImageWrite): Promise<Image | undefined> {
  const rows = await write.transaction
    .selectFrom('images')
    .selectAll()
    .where('id', '=', write.imageId)
    .where('status', '=', 'deleted')
    .where('deleted', '=', write.dialect.boolean(false))
    .execute();
  return (await imagesFromRows(write.transaction, rows))[0];
}

/** The image while its deletion has begun and is not finished. */
function beingDeleted(write: ImageWrite) {
  return write.transaction
    .updateTable('images')
    .where('id', '=', write.imageId)
    .where('status', '=', 'deleted')
    .where('deleted', '=', write.dialect.boolean(false));
}

/** An upload that found its image deleted has given up; nobody would end its saving. */
function revertedStatus(held: Pick<Selectable<ImageWorkTable>, 'former_status'>): string {
  const former = held.former_status ?? 'queued';
  return former === 'saving' ? 'queued' : former;
}

/** Makes this attempt the one that works on the image; an earlier attempt of the same kind is superseded. */
async function record(
  transaction: Transaction<Tables>,
  work: ImageWork,
  formerStatus: ImageStatus | null,
): Promise<void> {
  await ofImage(transaction.deleteFrom('lucarne_image_work'), work).execute();
  await transaction
    .insertInto('lucarne_image_work')
    .values({
      image_id: work.imageId,
      kind: work.kind,
      attempt_id: work.attemptId,
      lease_id: work.leaseId,
      expires_at: timeToSql(work.expiresAt),
      former_status: formerStatus,
    })
    .execute();
}

async function isHeld(transaction: Transaction<Tables>, work: ImageWork): Promise<boolean> {
  const held = await ofHolder(transaction.selectFrom('lucarne_image_work').select('image_id'), work).executeTakeFirst();
  return held !== undefined;
}

type WorkColumn = 'image_id' | 'kind' | 'attempt_id' | 'lease_id';

interface Narrowable<Query> {
  where(column: WorkColumn, operator: '=', value: string): Query;
}

/** Narrows a query to the work of that kind on an image, whoever holds it. */
function ofImage<Query extends Narrowable<Query>>(query: Query, work: ImageWork): Query {
  return query.where('image_id', '=', work.imageId).where('kind', '=', work.kind);
}

/** Narrows a query to the work while it is in the hands of that holder. */
function ofHolder<Query extends Narrowable<Query>>(query: Query, work: ImageWork): Query {
  return ofImage(query, work).where('attempt_id', '=', work.attemptId).where('lease_id', '=', work.leaseId);
}

function workFromRow(row: Selectable<ImageWorkTable>): ImageWork {
  return {
    // The column holds only these words: nobody else writes the table.
    kind: row.kind as ImageWorkKind,
    imageId: row.image_id,
    attemptId: row.attempt_id,
    leaseId: row.lease_id,
    expiresAt: timeFromSql(row.expires_at),
  };
}
