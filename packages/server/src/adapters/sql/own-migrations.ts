/**
 * The tables of our own beside Glance's, and their history. Names begin with `lucarne_`; Glance ignores them.
 */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const ownMigrationTable = 'lucarne_migrations';
export const ownMigrationLockTable = 'lucarne_migrations_lock';

export const ownMigrations: Readonly<Record<string, Migration>> = {
  '2026-11-01-image-work': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('lucarne_image_work')
        .addColumn('image_id', 'varchar(36)', (column) => column.notNull())
        .addColumn('kind', 'varchar(20)', (column) => column.notNull())
        .addColumn('attempt_id', 'varchar(36)', (column) => column.notNull())
        .addColumn('expires_at', 'varchar(26)', (column) => column.notNull())
        .addPrimaryKeyConstraint('lucarne_image_work_pk', ['image_id', 'kind'])
        .execute();
      await db.schema
        .createIndex('lucarne_image_work_expiry_idx')
        .on('lucarne_image_work')
        .column('expires_at')
        .execute();
    },
  },
};
