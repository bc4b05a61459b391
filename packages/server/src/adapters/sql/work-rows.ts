/**
 * The rows of leased work: one for each image and kind of work. Who holds the lease is part of every question that
 * matters, so that work which was taken over is never written by who had it.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Selectable, Transaction } from 'kysely';
import type { ImageWork, ImageWorkKind } from '../../ports/image-work-repository.ts';
import type { ImageWrite } from './image-write.ts';
import { releaseReservations } from './reservation-rows.ts';
import type { ImageWorkTable, Tables } from './tables.ts';
import { timeFromSql, timeToSql } from './values.ts';

type WorkColumn = 'image_id' | 'kind' | 'attempt_id' | 'lease_id';

interface Narrowable<Query> {
  where(column: WorkColumn, operator: '=', value: string): Query;
}

/** Narrows a query to the work of that kind on an image, whoever holds it. */
export function ofImage<Query extends Narrowable<Query>>(
  query: Query,
  work: Pick<ImageWork, 'imageId' | 'kind'>,
): Query {
  return query.where('image_id', '=', work.imageId).where('kind', '=', work.kind);
}

/** Narrows a query to the work while it is in the hands of that holder. */
export function ofHolder<Query extends Narrowable<Query>>(query: Query, work: ImageWork): Query {
  return ofImage(query, work).where('attempt_id', '=', work.attemptId).where('lease_id', '=', work.leaseId);
}

/** Makes this attempt the one that works on the image; an earlier attempt of the same kind is superseded. */
export async function recordWork(write: ImageWrite, work: ImageWork, formerStatus: ImageStatus | null): Promise<void> {
  await ofImage(write.transaction.deleteFrom('lucarne_image_work'), work).execute();
  await releaseReservations(write.transaction, work);
  await write.transaction
    .insertInto('lucarne_image_work')
    .values({
      image_id: work.imageId,
      kind: work.kind,
      attempt_id: work.attemptId,
      lease_id: work.leaseId,
      expires_at: timeToSql(work.expiresAt),
      former_status: formerStatus,
      store_id: work.storeId,
      progress: sealProgress(write.urls, work.progress),
    })
    .execute();
}

export async function isHeld(transaction: Transaction<Tables>, work: ImageWork): Promise<boolean> {
  const held = await ofHolder(transaction.selectFrom('lucarne_image_work').select('image_id'), work).executeTakeFirst();
  return held !== undefined;
}

/**
 * The same, and until this transaction has ended nobody ends the work or takes it over: what is reserved for work that is
 * gone would never be given back.
 */
export async function lockWork(transaction: Transaction<Tables>, work: ImageWork): Promise<boolean> {
  const locked = await ofHolder(transaction.updateTable('lucarne_image_work'), work)
    .set({ lease_id: work.leaseId })
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}

/** Whether anybody is at work of that kind on the image, dead or alive. */
export async function hasWork(
  { transaction, imageId }: Pick<ImageWrite, 'transaction' | 'imageId'>,
  kind: ImageWorkKind,
): Promise<boolean> {
  const query = transaction.selectFrom('lucarne_image_work').select('image_id');
  return (await ofImage(query, { imageId, kind }).executeTakeFirst()) !== undefined;
}

/** Whether an import is at work on the image, dead or alive. */
export async function isImporting({ transaction, imageId }: ImageWrite): Promise<boolean> {
  const row = await transaction
    .selectFrom('lucarne_image_work')
    .innerJoin('tasks', 'tasks.id', 'lucarne_image_work.attempt_id')
    .select('tasks.id')
    .where('lucarne_image_work.image_id', '=', imageId)
    .where('lucarne_image_work.kind', '=', 'task')
    .where('tasks.type', '=', 'api_image_import')
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends work with all it reserved. False when somebody else holds it. */
export async function endLease({ transaction }: ImageWrite, work: ImageWork): Promise<boolean> {
  const ended = await ofHolder(transaction.deleteFrom('lucarne_image_work'), work).executeTakeFirst();
  if (ended.numDeletedRows === 0n) return false;
  await releaseReservations(transaction, work);
  return true;
}

/** Progress may name locations, and is kept as secret as they are. */
export function sealProgress(urls: ImageWrite['urls'], progress: string | null): string | null {
  return progress === null ? null : urls.sealNote(progress);
}

export function workFromRow(urls: ImageWrite['urls'], row: Selectable<ImageWorkTable>): ImageWork {
  return {
    // The column holds only these words: nobody else writes the table.
    kind: row.kind as ImageWorkKind,
    imageId: row.image_id,
    attemptId: row.attempt_id,
    storeId: row.store_id,
    progress: row.progress === null ? null : urls.openNote(row.progress),
    leaseId: row.lease_id,
    expiresAt: timeFromSql(row.expires_at),
  };
}
