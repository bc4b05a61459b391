import Database from 'better-sqlite3';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCacheBooksConformance } from '../../ports/cache-books.conformance.ts';
import type { OpenedCacheBooks } from '../../ports/cache-books.conformance.ts';
import { sqlCacheBooks } from './cache-books.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { openSqliteCacheBooks } from './sqlite/sqlite-cache-books.ts';

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-books-'));
});

afterAll(() => rm(folder, { recursive: true }));

function newPath(): string {
  files += 1;
  return join(folder, `${files}`, 'cache.db');
}

const nodes = ['http://one.example.org:9292', 'http://two.example.org:9292'] as const;

/** `connections`: one, or two to the same database. */
async function openShared(connections: readonly [SqlDatabase, ...SqlDatabase[]]): Promise<OpenedCacheBooks> {
  const [database, other = database] = connections;
  await sqlDatabaseSchema(database).sync();
  return {
    books: sqlCacheBooks(database, nodes[0]),
    elsewhere: sqlCacheBooks(other, nodes[0]),
    otherNode: sqlCacheBooks(other, nodes[1]),
    nodes,
    async clear() {
      await database.db.deleteFrom('cached_images').execute();
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
}

describeCacheBooksConformance('A shared SQLite in memory', () => openShared([openSqlite(':memory:')]));
describeCacheBooksConformance('A shared SQLite in a file with two connections', () => {
  const path = newPath();
  return openShared([openSqlite(path), openSqlite(path)]);
});

function openOwn(path: string) {
  const opened = openSqliteCacheBooks(path, { create: true });
  if (opened === null) throw new Error('It was not made.');
  return opened;
}

describeCacheBooksConformance('An SQLite of its own with two connections', async () => {
  const path = newPath();
  const [one, other] = [openOwn(path), openOwn(path)];
  return {
    books: one.books,
    elsewhere: other.books,
    otherNode: null,
    nodes,
    async clear() {
      for (const { imageId } of await one.books.list()) await one.books.strike(imageId);
    },
    async close() {
      await one.close();
      await other.close();
    },
  };
});

describe('The books of one node in a file', () => {
  test('are in the form of Glance, and leave nothing but themselves in the folder while they are open', async () => {
    const path = newPath();
    const { books, close } = openOwn(path);
    const at = new Date('2026-03-01T09:00:00.250Z');
    await books.enter({
      imageId: 'i',
      sizeBytes: 5,
      hits: 1,
      lastAccessed: at,
      lastModified: at,
      checksum: null,
    });
    expect(await readdir(join(path, '..'))).toEqual(['cache.db']);
    await close();
    const file = new Database(path, { readonly: true });
    expect(file.prepare('select * from cached_images').all()).toEqual([
      {
        image_id: 'i',
        last_accessed: 1_772_355_600.25,
        last_modified: 1_772_355_600.25,
        size: 5,
        hits: 1,
        checksum: null,
      },
    ]);
    file.close();
  });

  test('are those a Glance left, with its times to the microsecond', async () => {
    const path = newPath();
    await openOwn(path).close();
    const file = new Database(path);
    file.exec("insert into cached_images values ('i', 1795246462.085154, 1795246461.03599, 10, 1, null)");
    file.close();
    const { books, close } = openOwn(path);
    expect(await books.list()).toEqual([
      {
        row: null,
        imageId: 'i',
        sizeBytes: 10,
        hits: 1,
        lastAccessed: new Date(1_795_246_462_085),
        lastModified: new Date(1_795_246_461_036),
        checksum: null,
      },
    ]);
    await close();
  });

  test('are not made when they are only to be looked at', () => {
    expect(openSqliteCacheBooks(newPath(), { create: false })).toBeNull();
  });
});
