/**
 * Really deletes rows that were deleted long ago. What is alive is never touched: revived rows may carry the time of
 * an earlier deletion, so a row must be marked as deleted too. Nor is what data wait for that are still to be removed, and
 * what an image can be restored with: both need the rows. Source: contract 12 §10. Differs: docs/compat.md, purge.
 */
import type { Transaction } from 'kysely';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import type { Tables } from './tables.ts';
import { writing } from './transactions.ts';
import { timeToSql } from './values.ts';

export interface PurgeRequest {
  /** Rows deleted before this time. */
  readonly before: Date;
  /** Oldest first, at most so many of each table; −1 is all. */
  readonly maxRows: number;
}

/** Rows purged, by table. */
export type PurgedRows = ReadonlyMap<string, number>;

const childTables = ['image_properties', 'image_tags', 'image_locations', 'image_members'] as const;
type PurgedTable = (typeof childTables)[number] | 'tasks' | 'images';

const rowsAtOnce = 500;

/** Tasks and what hung on images. The images stay, so that nobody can take over the id of a deleted one. */
export async function purgeRows(database: SqlDatabase, request: PurgeRequest): Promise<PurgedRows> {
  const purged = new Map<string, number>();
  for (const table of [...childTables, 'tasks'] as const) purged.set(table, await purgeTable(database, table, request));
  return purged;
}

/** The images themselves. One that other rows still belong to raises the database's own error, and nothing is purged. */
export async function purgeImages(database: SqlDatabase, request: PurgeRequest): Promise<PurgedRows> {
  return new Map([['images', await purgeTable(database, 'images', request)]]);
}

/** In portions, so that nobody waits long for the database. */
async function purgeTable(database: SqlDatabase, table: PurgedTable, request: PurgeRequest): Promise<number> {
  let purged = 0;
  const most = request.maxRows === -1 ? Infinity : request.maxRows;
  while (purged < most) {
    const limit = Math.min(rowsAtOnce, most - purged);
    const count = await writing(database, async (transaction) => {
      const ids = await oldestRows(transaction, database.dialect, { table, before: request.before, limit });
      await removeRows(transaction, table, ids);
      return ids.length;
    });
    purged += count;
    if (count < limit) break;
  }
  return purged;
}

interface Portion {
  readonly table: PurgedTable;
  readonly before: Date;
  readonly limit: number;
}

async function oldestRows(
  transaction: Transaction<Tables>,
  dialect: SqlDialect,
  { table, before, limit }: Portion,
): Promise<readonly (string | number)[]> {
  const waits = 'pending_delete';
  const restorable = transaction.selectFrom('images').select('id').where('status', '=', waits);
  const withData = transaction.selectFrom('image_locations').select('image_id').where('status', '=', waits);
  const rows = await transaction
    .selectFrom(table as 'images')
    .select('id')
    .where('deleted', '=', dialect.boolean(true))
    .where('deleted_at', '<', timeToSql(before))
    .$if(table === 'images', (images) => images.where('status', '!=', waits).where('id', 'not in', withData))
    .$if(table === 'image_locations', (locations) => locations.where('status', '!=', waits))
    // All tables of children have the column.
    .$if(table !== 'images' && table !== 'tasks', (rest) => rest.where('image_id' as 'id', 'not in', restorable))
    .orderBy('deleted_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

async function removeRows(
  transaction: Transaction<Tables>,
  table: PurgedTable,
  ids: readonly (string | number)[],
): Promise<void> {
  if (ids.length === 0) return;
  if (table === 'tasks') await transaction.deleteFrom('task_info').where('task_id', 'in', ids.map(String)).execute();
  // Ids are numbers in some of the tables and text in others; each list is of one table.
  await transaction
    .deleteFrom(table as 'images')
    .where('id', 'in', ids as readonly string[])
    .execute();
}
