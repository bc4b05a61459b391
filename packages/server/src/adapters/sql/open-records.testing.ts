/** Repositories on a database, for the conformance suites: one line adds a server. */
import type { OpenedRecords, Records } from '../../ports/image-repository.conformance.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlImageRepository } from './image-repository.ts';
import { sqlImageWorkRepository } from './image-work-repository.ts';
import { sqlMemberRepository } from './member-repository.ts';
import { sqlProjectUsage } from './project-usage.ts';
import { sqlScrubRepository } from './scrub-repository.ts';
import { sqlTaskRepository } from './task-repository.ts';

/** In an order foreign keys allow to empty them in. */
const recordTables = [
  'image_members',
  'image_tags',
  'image_properties',
  'image_locations',
  'lucarne_image_work',
  'lucarne_reservations',
  'task_info',
  'tasks',
  'images',
] as const;

/** `connections`: one, or two to the same database. */
export async function openRecords(connections: readonly [SqlDatabase, ...SqlDatabase[]]): Promise<OpenedRecords> {
  const [database, other = database] = connections;
  await sqlDatabaseSchema(database).sync();
  return {
    ...recordsOf(database),
    elsewhere: recordsOf(other),
    async clear() {
      await database.db.transaction().execute(async (transaction) => {
        for (const table of recordTables) await transaction.deleteFrom(table).execute();
      });
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
}

function recordsOf(database: SqlDatabase): Records {
  return {
    images: sqlImageRepository(database),
    members: sqlMemberRepository(database),
    work: sqlImageWorkRepository(database),
    scrub: sqlScrubRepository(database),
    usage: sqlProjectUsage(database),
    tasks: sqlTaskRepository(database),
  };
}
