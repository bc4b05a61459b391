/**
 * Which schema a database has, and bringing it to ours: `lucarne db sync | version | check`.
 *
 * Invariant: Glance's tables are created on an empty database and never altered afterwards.
 * Source: contract 12 §1.
 */
import { Migrator } from 'kysely/migration';
import { ImageServiceError } from '../../domain/errors.ts';
import type { DatabaseSchema, SchemaState } from '../../ports/database-schema.ts';
import { createGlanceSchema } from './create-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { glanceRevision } from './glance-schema.ts';
import { ownMigrationLockTable, ownMigrationTable, ownMigrations } from './own-migrations.ts';
import { reading, writing } from './transactions.ts';

export function sqlDatabaseSchema(database: SqlDatabase): DatabaseSchema {
  return {
    state: () => reading(database, () => readState(database)),
    sync: () => sync(database),
  };
}

async function readState(database: SqlDatabase): Promise<SchemaState> {
  const tables = await database.dialect.tableNames(database.db);
  const foreign = tables.filter((name) => !name.startsWith('lucarne_'));
  if (foreign.length === 0) return { kind: 'empty', supported: glanceRevision };
  if (!tables.includes('alembic_version')) return { kind: 'foreign', supported: glanceRevision, revisions: [] };
  const rows = await database.db.selectFrom('alembic_version').select('version_num').execute();
  const revisions = rows.map((row) => row.version_num).sort();
  if (revisions.length !== 1 || revisions[0] !== glanceRevision) {
    return { kind: 'foreign', supported: glanceRevision, revisions };
  }
  const pending = (await migrator(database).getMigrations()).filter((migration) => migration.executedAt === undefined);
  return { kind: pending.length === 0 ? 'current' : 'own-tables-missing', supported: glanceRevision };
}

async function sync(database: SqlDatabase): Promise<SchemaState> {
  const before = await reading(database, () => readState(database));
  if (before.kind === 'foreign') throw unsupported(before.revisions);
  if (before.kind === 'empty') {
    await writing(database, async (transaction) => {
      // Another process may have been faster between the look and this transaction.
      const tables = await database.dialect.tableNames(transaction);
      if (!tables.includes('alembic_version')) await createGlanceSchema(transaction, database.dialect.columnTypes);
    });
  }
  const { error } = await migrator(database).migrateToLatest();
  if (error !== undefined) throw error;
  return reading(database, () => readState(database));
}

function migrator(database: SqlDatabase): Migrator {
  return new Migrator({
    db: database.db,
    provider: { getMigrations: () => Promise.resolve({ ...ownMigrations }) },
    migrationTableName: ownMigrationTable,
    migrationLockTableName: ownMigrationLockTable,
  });
}

function unsupported(revisions: readonly string[]): ImageServiceError {
  const found = revisions.length === 0 ? 'tables but no revision' : `revision ${revisions.join(', ')}`;
  return new ImageServiceError(
    'conflict',
    `The database has ${found}; this service needs ${glanceRevision}. ` +
      'Bring it there with `glance-manage db sync` of Glance 2024.1 or later, or name an empty database.',
  );
}
