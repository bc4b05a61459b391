import Database from 'better-sqlite3';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeDatabaseSchemaConformance } from '../../../ports/database-schema.conformance.ts';
import { describeImageRepositoryConformance } from '../../../ports/image-repository.conformance.ts';
import { describeImageWorkRepositoryConformance } from '../../../ports/image-work-repository.conformance.ts';
import { describeMemberRepositoryConformance } from '../../../ports/member-repository.conformance.ts';
import { describeProjectUsageConformance } from '../../../ports/project-usage.conformance.ts';
import { describeScrubRepositoryConformance } from '../../../ports/scrub-repository.conformance.ts';
import { describeTaskConformance } from '../../../ports/task-repository.conformance.ts';
import { sqlDatabaseSchema } from '../database-schema.ts';
import { encryptedUrls } from '../location-urls.ts';
import { openRecords } from '../open-records.testing.ts';
import { openSchema } from '../open-schema.testing.ts';
import { openSqlite } from './open-sqlite.ts';

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-sqlite-'));
});

afterAll(() => rm(folder, { recursive: true }));

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

for (const describeConformance of [
  describeImageRepositoryConformance,
  describeMemberRepositoryConformance,
  describeImageWorkRepositoryConformance,
  describeTaskConformance,
  describeScrubRepositoryConformance,
  describeProjectUsageConformance,
]) {
  describeConformance('SQLite in memory', () => openRecords([openSqlite(':memory:')]));
  describeConformance('SQLite in a file with two connections', () => {
    const path = newPath();
    return openRecords([openSqlite(path), openSqlite(path)]);
  });
  describeConformance('SQLite with encrypted locations', () =>
    openRecords([openSqlite(':memory:', { urls: encryptedUrls('0123456789abcdef') })]),
  );
}

describeDatabaseSchemaConformance('SQLite in memory', async () => openSchema([openSqlite(':memory:')]));
describeDatabaseSchemaConformance('SQLite in a file with three connections', async () => {
  const path = newPath();
  return openSchema([openSqlite(path), openSqlite(path), openSqlite(path)]);
});

describe('SQLite in a file', () => {
  test('is opened as soon as another process lets go of it', async () => {
    const path = newPath();
    const program = `
      const Database = (await import(${JSON.stringify(import.meta.resolve('better-sqlite3'))})).default;
      const file = new Database(${JSON.stringify(path)});
      file.exec('begin exclusive');
      console.log('locked');
      setTimeout(() => file.exec('commit'), 150);
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program]);
    await once(holder.stdout, 'data');
    // Waits without a turn of the event loop, so that only the other process can end it.
    const database = openSqlite(path);
    expect((await sqlDatabaseSchema(database).sync()).kind).toBe('current');
    await database.close();
    await once(holder, 'exit');
  });

  test('that stays locked cannot be opened', () => {
    const path = newPath();
    const other = new Database(path);
    other.exec('begin exclusive');
    expect(() => openSqlite(path, { patienceMilliseconds: 30 })).toThrow('locked');
    other.close();
  });

  test('is made once when several processes start on it at the same moment', async () => {
    const path = newPath();
    const program = `
      const { openSqlite } = await import(${JSON.stringify(new URL('open-sqlite.ts', import.meta.url).href)});
      const { sqlDatabaseSchema } = await import(${JSON.stringify(new URL('../database-schema.ts', import.meta.url).href)});
      const database = openSqlite(${JSON.stringify(path)});
      console.log((await sqlDatabaseSchema(database).sync()).kind);
      await database.close();
    `;
    const run = promisify(execFile);
    const started = Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', program]));
    const states = (await Promise.all(started)).map(({ stdout }) => stdout.trim());
    expect(states).toEqual(['current', 'current', 'current']);
  });
});
