/** The schema on a database, for the conformance suite. */
import { sql } from 'kysely';
import type { OpenedSchema } from '../../ports/database-schema.conformance.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';

/** `connections`: one or more to the same empty database. */
export function openSchema(connections: readonly [SqlDatabase, ...SqlDatabase[]]): OpenedSchema {
  const [database, ...others] = connections;
  return {
    schema: sqlDatabaseSchema(database),
    elsewhere: others.map(sqlDatabaseSchema),
    async execute(statement) {
      await sql.raw(statement).execute(database.db);
    },
    tables: () => database.dialect.tableNames(database.db),
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
}
