/**
 * The books of one node's cache in an SQLite file of their own, with the one table that Glance's driver `sqlite`
 * keeps there. Source: contract 08 §1.
 */
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CacheBooks, CacheEntry, CachedImage } from '../../../ports/cache-books.ts';
import type { SqlDatabase } from '../dialect.ts';
import { reading, writing } from '../transactions.ts';
import { numberFromSql } from '../values.ts';
import { openSqlite } from './open-sqlite.ts';

/** Times in seconds since 1970, with fractions. */
interface CacheRow {
  readonly image_id: string;
  readonly last_accessed: number;
  readonly last_modified: number;
  readonly size: number | bigint;
  readonly hits: number | bigint;
  readonly checksum: string | null;
}

export interface OpenedCacheBooks {
  readonly books: CacheBooks;
  close(): Promise<void>;
}

const creation = `
  create table if not exists cached_images (
    image_id text primary key,
    last_accessed real default 0.0,
    last_modified real default 0.0,
    size integer default 0,
    hits integer default 0,
    checksum text
  )`;

/** Null when there is no such file and none is to be made. */
export function openSqliteCacheBooks(
  path: string,
  options: { readonly create: boolean; readonly patienceMilliseconds?: number },
): OpenedCacheBooks | null {
  if (!options.create && !existsSync(path)) return null;
  createTable(path);
  const { create: _, ...rest } = options;
  const database = openSqlite(path, rest);
  return { books: booksIn(database), close: () => database.close() };
}

/**
 * By itself, so that the file is not empty when it is opened for work: it would be put into WAL mode then, whose
 * further files in the cache's folder a Glance would take for images.
 */
function createTable(path: string): void {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const file = new Database(path);
  try {
    file.exec(creation);
  } finally {
    file.close();
  }
}

function booksIn(database: SqlDatabase): CacheBooks {
  function write(statement: ReturnType<typeof sql>): Promise<bigint> {
    return writing(database, async (transaction) => (await statement.execute(transaction)).numAffectedRows ?? 0n);
  }

  async function rows(statement: ReturnType<typeof sql<CacheRow>>): Promise<readonly CacheEntry[]> {
    const { rows: found } = await reading(database, (snapshot) => statement.execute(snapshot));
    return found.map(entryOf);
  }

  return {
    list: () => rows(sql<CacheRow>`select * from cached_images order by image_id`),
    async find(imageId) {
      const [entry] = await rows(sql<CacheRow>`select * from cached_images where image_id = ${imageId}`);
      return entry;
    },
    async enter(image) {
      await write(sql`insert or replace into cached_images ${columnsOf(image)}`);
    },
    async enterIfAbsent(image) {
      await write(sql`insert or ignore into cached_images ${columnsOf(image)}`);
    },
    strike: async (imageId) => (await write(sql`delete from cached_images where image_id = ${imageId}`)) > 0n,
    async addHits(hits) {
      await writing(database, async (transaction) => {
        for (const [imageId, { count, lastAt }] of hits) {
          await sql`
            update cached_images set hits = hits + ${count}, last_accessed = max(last_accessed, ${secondsOf(lastAt)})
            where image_id = ${imageId}`.execute(transaction);
        }
      });
    },
    nodesOf: () => Promise.resolve(null),
  };
}

function columnsOf(image: CachedImage) {
  return sql`
    (image_id, last_accessed, last_modified, size, hits, checksum)
    values (${image.imageId}, ${secondsOf(image.lastAccessed)}, ${secondsOf(image.lastModified)},
            ${image.sizeBytes}, ${image.hits}, ${image.checksum})`;
}

function entryOf(row: CacheRow): CacheEntry {
  return {
    row: null,
    imageId: row.image_id,
    sizeBytes: numberFromSql(row.size),
    hits: numberFromSql(row.hits),
    lastAccessed: timeOf(row.last_accessed),
    lastModified: timeOf(row.last_modified),
    checksum: row.checksum === '' ? null : row.checksum,
  };
}

function secondsOf(time: Date): number {
  return time.getTime() / 1000;
}

function timeOf(seconds: number | bigint): Date {
  return new Date(Math.round(Number(seconds) * 1000));
}
