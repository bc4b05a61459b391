/** `lucarne db sync | version | check`. Source: contract 12 §1. */
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
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
    const texts = {
      current: `The database is at ${state.supported}.`,
      empty: 'The database is empty: run lucarne db sync.',
      'own-tables-missing': 'The tables of this service are missing beside those of Glance: run lucarne db sync.',
      foreign: `The database is at ${revisionsOf(state).join(' ') || 'no known revision'}; needed is ${state.supported}.`,
    };
    process.stdout.write(`${texts[state.kind]}\n`);
    return checkStatus[state.kind];
  });
}

function revisionsOf(state: SchemaState): readonly string[] {
  if (state.kind === 'foreign') return state.revisions;
  return state.kind === 'empty' ? [] : [state.supported];
}

async function withSchema(
  given: ConfigurationArguments,
  work: (schema: DatabaseSchema) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  try {
    const database = openDatabase(configuration.settings);
    try {
      return await work(sqlDatabaseSchema(database));
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
