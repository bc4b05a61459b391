/**
 * SQLite: an embedded file, the database of laptops and small sites, and of Glance's own development set-ups.
 *
 * Invariant: an acknowledged commit is on disk (`synchronous = FULL`), and foreign keys hold, as Glance has it.
 * A fresh file is put into WAL mode, which is a property of the file that every other process follows; the mode of
 * an existing file is left alone. Source: contract 12 §2.
 */
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqlDatabase, SqlDialect } from '../dialect.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { plainUrls } from '../location-urls.ts';
import type { LocationUrls } from '../location-urls.ts';
import type { Tables } from '../tables.ts';
import { SqliteFileDialect } from './sqlite-file-dialect.ts';

/**
 * How long one statement may hold up this whole process while another one holds the file: a short commit of somebody
 * else. Longer waits are made between tries, where they hold up nobody but the caller.
 */
const lockWaitMilliseconds = 10;
/** Rows looked at for the statistics of one index: enough to plan by, and a few milliseconds for any size. */
const analysedRows = 1000;
const defaultPatienceMilliseconds = 10_000;

export interface SqliteOptions {
  readonly patienceMilliseconds?: number;
  /** Plain when left out. */
  readonly urls?: LocationUrls;
  /** Nobody is told of anything when left out. */
  readonly events?: EventRecorder;
}

export function openSqlite(path: string, options: SqliteOptions = {}): SqlDatabase {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const patienceMilliseconds = options.patienceMilliseconds ?? defaultPatienceMilliseconds;
  // Nothing else runs yet, so that opening can wait for whoever holds the file.
  const file = new Database(path, { timeout: patienceMilliseconds });
  file.defaultSafeIntegers(true);
  if (isEmpty(file)) file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.pragma('foreign_keys = ON');
  // Without statistics the planner prefers an index that gives the order to one that finds the few rows asked for.
  file.pragma(`analysis_limit = ${analysedRows}`);
  file.pragma('optimize = 0x10002');
  file.pragma(`busy_timeout = ${lockWaitMilliseconds}`);
  const db = new Kysely<Tables>({ dialect: new SqliteFileDialect(file) });
  return {
    db,
    dialect: sqliteDialect,
    urls: options.urls ?? plainUrls,
    events: options.events ?? null,
    inTurn: oneAtATime(),
    patienceMilliseconds,
    maintain: async () => {
      file.pragma('optimize');
    },
    close: () => db.destroy(),
  };
}

/** There is one writer at a time anyhow; ten that try again and again would leave readers no time. */
function oneAtATime(): SqlDatabase['inTurn'] {
  let last: Promise<unknown> = Promise.resolve();
  return (write) => {
    const written = last.then(write);
    last = written.catch(() => undefined);
    return written;
  };
}

function isEmpty(file: Database.Database): boolean {
  return file.prepare('select name from sqlite_master limit 1').get() === undefined;
}

const sqliteDialect: SqlDialect = {
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
