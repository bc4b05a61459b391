/**
 * Leased work in SQL, in a table of our own: one row for each image and kind of work. Times are compared as the text
 * they are kept as.
 */
import type { Transaction } from 'kysely';
import type { ImageWork, ImageWorkKind, ImageWorkRepository } from '../../ports/image-work-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { deleteChildren } from './image-children.ts';
import { setStatus } from './image-repository.ts';
import { locationFromRow } from './image-rows.ts';
import type { Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { timeFromSql, timeToSql } from './values.ts';

const expiredAtOnce = 100;

export function sqlImageWorkRepository(database: SqlDatabase): ImageWorkRepository {
  const { dialect } = database;
  return {
    beginUpload: (work, at) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, imageId: work.imageId, at };
        if (!(await setStatus(write, ['queued'], { to: 'saving' }))) return false;
        await record(transaction, work);
        return true;
      }),

    finishUpload: (work, change, at) =>
      writing(database, async (transaction) => {
        if (!(await end(transaction, work))) return 'lease-lost';
        const write = { transaction, dialect, imageId: work.imageId, at };
        return (await setStatus(write, ['saving'], change)) ? 'finished' : 'image-gone';
      }),

    beginDelete: (work) =>
      writing(database, async (transaction) => {
        const image = await transaction
          .selectFrom('images')
          .select('id')
          .where('id', '=', work.imageId)
          .where('deleted', '=', dialect.boolean(false))
          .executeTakeFirst();
        if (image === undefined) return undefined;
        await record(transaction, work);
        const locations = await transaction
          .selectFrom('image_locations')
          .select(['value', 'meta_data'])
          .where('image_id', '=', work.imageId)
          .where('deleted', '=', dialect.boolean(false))
          .orderBy('id')
          .execute();
        return locations.map(locationFromRow);
      }),

    finishDelete: (work, at) =>
      writing(database, async (transaction) => {
        await end(transaction, work);
        const time = timeToSql(at);
        const deleted = await transaction
          .updateTable('images')
          .set({ status: 'deleted', updated_at: time, deleted_at: time, deleted: dialect.boolean(true) })
          .where('id', '=', work.imageId)
          .where('deleted', '=', dialect.boolean(false))
          .executeTakeFirst();
        if (deleted.numUpdatedRows === 0n) return false;
        await deleteChildren({ transaction, dialect, imageId: work.imageId, at });
        return true;
      }),

    renew: (work) =>
      writing(database, async (transaction) => {
        const renewed = await ofAttempt(transaction.updateTable('lucarne_image_work'), work)
          .set({ expires_at: timeToSql(work.expiresAt) })
          .executeTakeFirst();
        return renewed.numUpdatedRows > 0n;
      }),

    takeOver: (expired, expiresAt) =>
      writing(database, async (transaction) => {
        const taken = await ofAttempt(transaction.updateTable('lucarne_image_work'), expired)
          .set({ expires_at: timeToSql(expiresAt) })
          .where('expires_at', '=', timeToSql(expired.expiresAt))
          .executeTakeFirst();
        return taken.numUpdatedRows > 0n;
      }),

    cancel: (work) =>
      writing(database, async (transaction) => {
        await end(transaction, work);
      }),

    listExpired: (now, imageId) =>
      reading(database, async () => {
        let rows = database.db.selectFrom('lucarne_image_work').selectAll().where('expires_at', '<=', timeToSql(now));
        if (imageId !== undefined) rows = rows.where('image_id', '=', imageId);
        const expired = await rows.orderBy('expires_at').limit(expiredAtOnce).execute();
        return expired.map((row) => ({
          // The column holds only these words: nobody else writes the table.
          kind: row.kind as ImageWorkKind,
          imageId: row.image_id,
          attemptId: row.attempt_id,
          expiresAt: timeFromSql(row.expires_at),
        }));
      }),
  };
}

/** Makes this attempt the one that works on the image; an earlier attempt of the same kind is superseded. */
async function record(transaction: Transaction<Tables>, work: ImageWork): Promise<void> {
  await transaction
    .deleteFrom('lucarne_image_work')
    .where('image_id', '=', work.imageId)
    .where('kind', '=', work.kind)
    .execute();
  await transaction
    .insertInto('lucarne_image_work')
    .values({
      image_id: work.imageId,
      kind: work.kind,
      attempt_id: work.attemptId,
      expires_at: timeToSql(work.expiresAt),
    })
    .execute();
}

/** Removes the row of an attempt. False when it is not there any more. */
async function end(transaction: Transaction<Tables>, work: ImageWork): Promise<boolean> {
  const ended = await ofAttempt(transaction.deleteFrom('lucarne_image_work'), work).executeTakeFirst();
  return ended.numDeletedRows > 0n;
}

/** Narrows an update or a delete to the row of one attempt. */
function ofAttempt<
  Query extends { where(column: 'image_id' | 'kind' | 'attempt_id', operator: '=', value: string): Query },
>(query: Query, work: ImageWork): Query {
  return query
    .where('image_id', '=', work.imageId)
    .where('kind', '=', work.kind)
    .where('attempt_id', '=', work.attemptId);
}
