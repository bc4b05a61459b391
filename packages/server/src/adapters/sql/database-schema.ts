/**
 * Which schema a database has, and bringing it to ours: `lucarne db sync | version | check`.
 *
 * Invariant: Glance's tables are created on an empty database and never altered afterwards.
 * Source: contract 12 §1.
 */
import type { Transaction } from 'kysely';
import { ImageServiceError } from '../../domain/errors.ts';
import type { DatabaseSchema, SchemaState } from '../../ports/database-schema.ts';
import { createGlanceSchema } from './create-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { glanceRevision } from './glance-schema.ts';
import { applyMigrations, pendingMigrations } from './own-migrations.ts';
import type { Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';

export function sqlDatabaseSchema(database: SqlDatabase): DatabaseSchema {
  return {
    state: () => reading(database, (snapshot) => readState(database, snapshot)),
    sync: () => sync(database),
  };
}

async function readState(database: SqlDatabase, transaction: Transaction<Tables>): Promise<SchemaState> {
  const tables = await database.dialect.tableNames(transaction);
  const foreign = tables.filter((name) => !name.startsWith('lucarne_'));
  if (foreign.length === 0) return { kind: 'empty', supported: glanceRevision };
  if (!tables.includes('alembic_version')) return { kind: 'foreign', supported: glanceRevision, revisions: [] };
  const rows = await transaction.selectFrom('alembic_version').select('version_num').execute();
  const revisions = rows.map((row) => row.version_num).toSorted();
  if (revisions.length !== 1 || revisions[0] !== glanceRevision) {
    return { kind: 'foreign', supported: glanceRevision, revisions };
  }
  const pending = await pendingMigrations(transaction, tables);
  return { kind: pending.length === 0 ? 'current' : 'own-tables-missing', supported: glanceRevision };
}

/** Look and deed are one transaction, so that of two processes the second finds everything done. */
async function sync(database: SqlDatabase): Promise<SchemaState> {
  const before = await reading(database, (snapshot) => readState(database, snapshot));
  if (before.kind === 'current') return before;
  return writing(database, async (transaction) => {
    const state = await readState(database, transaction);
    if (state.kind === 'foreign') throw unsupported(state.revisions);
    if (state.kind === 'empty') await createGlanceSchema(transaction, database.dialect);
    const tables = await database.dialect.tableNames(transaction);
    await applyMigrations(transaction, await pendingMigrations(transaction, tables));
    return readState(database, transaction);
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
