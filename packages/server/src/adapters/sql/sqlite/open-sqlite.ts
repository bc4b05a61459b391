/**
 * SQLite: an embedded file, the database of laptops and small sites, and of Glance's own development set-ups.
 *
 * Invariant: an acknowledged commit is on disk (`synchronous = FULL`), and foreign keys hold, as Glance has it.
 * A fresh file is put into WAL mode, which is a property of the file that every other process follows; the mode of
 * an existing file is left alone. Source: contract 12 §2.
 */
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqlDatabase, SqlDialect } from '../dialect.ts';
import type { Tables } from '../tables.ts';

/** How long one statement may block the process while another process holds the file, in milliseconds. */
const lockWaitMilliseconds = 100;

export function openSqlite(path: string): SqlDatabase {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = new Database(path, { timeout: lockWaitMilliseconds });
  file.defaultSafeIntegers(true);
  if (isEmpty(file)) file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.pragma('foreign_keys = ON');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
  return { db, dialect: sqliteDialect, close: () => db.destroy() };
}

function isEmpty(file: Database.Database): boolean {
  return file.prepare('select name from sqlite_master limit 1').get() === undefined;
}

export const sqliteDialect: SqlDialect = {
  columnTypes: {
    boolean: 'BOOLEAN',
    datetime: 'DATETIME',
    integer: 'INTEGER',
    bigint: 'BIGINT',
    text: 'TEXT',
    visibility: 'VARCHAR(9)',
    autoIncrement: 'INTEGER',
    bigAutoIncrement: 'INTEGER',
  },
  boolean: (value) => (value ? 1 : 0),
  isUniqueViolation: (error) =>
    ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'].includes(sqliteCode(error)),
  isTransient: (error) => /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error)),
  isUnavailable: (error) => /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOTADB|CORRUPT)/.test(sqliteCode(error)),
  async tableNames(db) {
    const rows = await db.introspection.getTables({ withInternalKyselyTables: true });
    return rows.map((row) => row.name);
  },
};

function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}
