/** `lucarne db sync | version | check | purge | purge-images`. Source: contract 12 §1, §10. */
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
import type { SqlDatabase } from '../../adapters/sql/dialect.ts';
import { purgeImages, purgeRows } from '../../adapters/sql/purge.ts';
import type { PurgedRows, PurgeRequest } from '../../adapters/sql/purge.ts';
import type { DatabaseSchema, SchemaState } from '../../ports/database-schema.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { openDatabase } from '../open-database.ts';

/** Exit statuses of `db check`, as operators know them from glance-manage. */
const checkStatus = { current: 0, empty: 3, 'own-tables-missing': 3, foreign: 5 } as const;

export function sync(given: ConfigurationArguments): Promise<number> {
  return withSchema(given, async (schema) => {
    const state = await schema.sync();
    process.stdout.write(`The database is at ${state.supported}.\n`);
    return 0;
  });
}

export function version(given: ConfigurationArguments): Promise<number> {
  return withSchema(given, async (schema) => {
    const state = await schema.state();
    process.stdout.write(`${revisionsOf(state).join(' ')}\n`);
    return 0;
  });
}

export function check(given: ConfigurationArguments): Promise<number> {
  return withSchema(given, async (schema) => {
    const state = await schema.state();
    process.stdout.write(`${describeState(state)}\n`);
    return checkStatus[state.kind];
  });
}

function describeState(state: SchemaState): string {
  return {
    current: `The database is at ${state.supported}.`,
    empty: 'The database is empty: run lucarne db sync.',
    'own-tables-missing': 'The tables of this service are missing beside those of Glance: run lucarne db sync.',
    foreign: `The database is at ${revisionsOf(state).join(' ') || 'no known revision'}; needed is ${state.supported}. A Glance database of an earlier release is brought there by glance-manage db sync of Glance 2024.1 or later.`,
  }[state.kind];
}

function revisionsOf(state: SchemaState): readonly string[] {
  if (state.kind === 'foreign') return state.revisions;
  return state.kind === 'empty' ? [] : [state.supported];
}

export interface PurgeFlags {
  /** Only rows that were deleted so long ago. */
  readonly ageInDays: number;
  /** At most so many rows of each table; −1 is all. */
  readonly maxRows: number;
}

const dayMilliseconds = 86_400_000;

export function purge(given: ConfigurationArguments, flags: PurgeFlags): Promise<number> {
  return purgeWith(purgeRows, given, flags);
}

export function purgeImagesTable(given: ConfigurationArguments, flags: PurgeFlags): Promise<number> {
  return purgeWith(purgeImages, given, flags);
}

function purgeWith(
  purgeTables: (database: SqlDatabase, request: PurgeRequest) => Promise<PurgedRows>,
  given: ConfigurationArguments,
  { ageInDays, maxRows }: PurgeFlags,
): Promise<number> {
  return withDatabase(given, async (database) => {
    const state = await sqlDatabaseSchema(database).state();
    if (state.kind !== 'current') throw new Error(describeState(state));
    const before = new Date(Date.now() - ageInDays * dayMilliseconds);
    const purged = await purgeTables(database, { before, maxRows });
    for (const [table, count] of purged) process.stdout.write(`${table}: ${count} purged\n`);
    return 0;
  });
}

function withSchema(given: ConfigurationArguments, work: (schema: DatabaseSchema) => Promise<number>): Promise<number> {
  return withDatabase(given, (database) => work(sqlDatabaseSchema(database)));
}

async function withDatabase(
  given: ConfigurationArguments,
  work: (database: SqlDatabase) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  try {
    const database = openDatabase(configuration.settings);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
