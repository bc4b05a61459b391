/**
 * The tables of our own beside Glance's, and their history. Names begin with `lucarne_`; Glance ignores them.
 *
 * A step is applied once, in the transaction that records it. Steps say `if not exists` all the same, for servers on
 * which a table made stays made when the transaction does not.
 */
import { sql } from 'kysely';
import type { RawBuilder, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

const historyTable = 'lucarne_migrations';

type Migration = (transaction: Transaction<Tables>) => Promise<void>;

/** In the order in which they are applied. */
const ownMigrations: Readonly<Record<string, Migration>> = {
  async '2026-11-01-image-work'(transaction) {
    await transaction.schema
      .createTable('lucarne_image_work')
      .ifNotExists()
      .addColumn('image_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('kind', 'varchar(20)', (column) => column.notNull())
      .addColumn('attempt_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('lease_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('expires_at', 'varchar(26)', (column) => column.notNull())
      .addColumn('former_status', 'varchar(30)')
      .addPrimaryKeyConstraint('lucarne_image_work_pk', ['image_id', 'kind'])
      .execute();
    await transaction.schema
      .createIndex('lucarne_image_work_expiry_idx')
      .ifNotExists()
      .on('lucarne_image_work')
      .column('expires_at')
      .execute();
  },

  async '2026-11-21-image-work-details'(transaction) {
    await addColumn(transaction, 'store_id', sql`varchar(255)`);
    await addColumn(transaction, 'progress', sql`text`);
  },

  async '2026-11-21-reservations'(transaction) {
    await transaction.schema
      .createTable('lucarne_reservations')
      .ifNotExists()
      .addColumn('image_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('kind', 'varchar(20)', (column) => column.notNull())
      .addColumn('resource', 'varchar(40)', (column) => column.notNull())
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('amount', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('lucarne_reservations_pk', ['image_id', 'kind', 'resource'])
      .execute();
    await transaction.schema
      .createIndex('lucarne_reservations_project_idx')
      .ifNotExists()
      .on('lucarne_reservations')
      .columns(['project_id', 'resource'])
      .execute();
    await transaction.schema
      .createTable('lucarne_project_locks')
      .ifNotExists()
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull().primaryKey())
      .addColumn('taken', 'bigint', (column) => column.notNull())
      .execute();
  },

  async '2026-11-21-outbox'(transaction) {
    await transaction.schema
      .createTable('lucarne_outbox')
      .ifNotExists()
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('target', 'varchar(80)', (column) => column.notNull())
      .addColumn('message_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('event_type', 'varchar(80)', (column) => column.notNull())
      .addColumn('priority', 'varchar(10)', (column) => column.notNull())
      .addColumn('subject', 'varchar(400)', (column) => column.notNull())
      .addColumn('stream', 'varchar(255)', (column) => column.notNull())
      .addColumn('size', 'integer', (column) => column.notNull())
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('recorded_at', 'varchar(26)', (column) => column.notNull())
      .execute();
    await transaction.schema
      .createIndex('lucarne_outbox_target_idx')
      .ifNotExists()
      .on('lucarne_outbox')
      .columns(['target', 'position', 'size'])
      .execute();
    await transaction.schema
      .createTable('lucarne_outbox_lease')
      .ifNotExists()
      .addColumn('target', 'varchar(80)', (column) => column.notNull().primaryKey())
      .addColumn('holder', 'varchar(36)', (column) => column.notNull())
      .addColumn('expires_at', 'varchar(26)', (column) => column.notNull())
      .execute();
  },
};

/** Adds a column that may be null to the table of work, unless it has it. */
async function addColumn(transaction: Transaction<Tables>, name: string, type: RawBuilder<unknown>): Promise<void> {
  const tables = await transaction.introspection.getTables();
  const columns = tables.find((table) => table.name === 'lucarne_image_work')?.columns ?? [];
  if (columns.some((column) => column.name === name)) return;
  await transaction.schema.alterTable('lucarne_image_work').addColumn(name, type).execute();
}

/** Names of the steps a database still needs; `tables` are the tables it has. */
export async function pendingMigrations(
  transaction: Transaction<Tables>,
  tables: readonly string[],
): Promise<readonly string[]> {
  const names = Object.keys(ownMigrations);
  if (!tables.includes(historyTable)) return names;
  const applied = await transaction.selectFrom(historyTable).select('name').execute();
  const known = new Set(applied.map((row) => row.name));
  return names.filter((name) => !known.has(name));
}

export async function applyMigrations(transaction: Transaction<Tables>, names: readonly string[]): Promise<void> {
  await transaction.schema
    .createTable(historyTable)
    .ifNotExists()
    .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
    .execute();
  for (const name of names) {
    await ownMigrations[name]?.(transaction);
    await transaction.insertInto(historyTable).values({ name, timestamp: new Date().toISOString() }).execute();
  }
}
