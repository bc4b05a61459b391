/**
 * The books of all nodes' caches in the database that the nodes share, by the URL at which each node is known.
 * Source: contract 08 §1, 12 §5.
 */
import { sql } from 'kysely';
import type { Selectable, Transaction } from 'kysely';
import type { CacheBooks, CacheEntry, CachedImage } from '../../ports/cache-books.ts';
import type { SqlDatabase } from './dialect.ts';
import type { CachedImagesTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { numberFromSql, timeFromSql, timeToSql } from './values.ts';

/** The books of one node: where they are, and the URL of the node. */
interface NodeBooks {
  readonly database: SqlDatabase;
  readonly nodeUrl: string;
}

/** `nodeUrl` has at most 255 characters; the node becomes known with its first entry. */
export function sqlCacheBooks(database: SqlDatabase, nodeUrl: string): CacheBooks {
  const books = { database, nodeUrl };
  return { ...readings(books), ...entering(books), ...changing(books) };
}

function readings(books: NodeBooks): Pick<CacheBooks, 'list' | 'find' | 'nodesOf'> {
  return {
    list: () =>
      reading(books.database, async (snapshot) => {
        const rows = await ownEntries(books, snapshot).orderBy('id').execute();
        return rows.map(entryOf);
      }),

    find: (imageId) =>
      reading(books.database, async (snapshot) => {
        const row = await findOwn(books, snapshot, imageId);
        return row === undefined ? undefined : entryOf(row);
      }),

    nodesOf: (imageId) =>
      reading(books.database, async (snapshot) => {
        const rows = await snapshot
          .selectFrom('cached_images')
          .innerJoin('node_reference', 'node_reference.node_reference_id', 'cached_images.node_reference_id')
          .select('node_reference_url')
          .where('image_id', '=', imageId)
          .orderBy('node_reference.node_reference_id')
          .execute();
        return rows.map((row) => row.node_reference_url);
      }),
  };
}

function entering(books: NodeBooks): Pick<CacheBooks, 'enter' | 'enterIfAbsent'> {
  /** Of two that meet at the same moment the second finds what the first one did. */
  async function meeting<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    try {
      return await writing(books.database, work);
    } catch (error) {
      if (!books.database.dialect.isUniqueViolation(error)) throw error;
      return writing(books.database, work);
    }
  }

  return {
    enter: (image) =>
      meeting(async (transaction) => {
        const known = await findOwn(books, transaction, image.imageId);
        if (known === undefined) return insert(books, transaction, image);
        await transaction.updateTable('cached_images').set(rowOf(image)).where('id', '=', known.id).execute();
      }),

    enterIfAbsent: (image) =>
      meeting(async (transaction) => {
        const known = await findOwn(books, transaction, image.imageId);
        if (known === undefined) await insert(books, transaction, image);
      }),
  };
}

function changing(books: NodeBooks): Pick<CacheBooks, 'strike' | 'addHits'> {
  return {
    strike: (imageId) =>
      writing(books.database, async (transaction) => {
        const struck = await transaction
          .deleteFrom('cached_images')
          .where('image_id', '=', imageId)
          .where('node_reference_id', 'in', ownNode(books, transaction))
          .executeTakeFirst();
        return struck.numDeletedRows > 0n;
      }),

    addHits: (hits) =>
      writing(books.database, async (transaction) => {
        for (const [imageId, { count, lastAt }] of hits) {
          const at = timeToSql(lastAt);
          await transaction
            .updateTable('cached_images')
            .set({
              hits: sql`hits + ${count}`,
              last_accessed: sql`case when last_accessed < ${at} then ${at} else last_accessed end`,
            })
            .where('image_id', '=', imageId)
            .where('node_reference_id', 'in', ownNode(books, transaction))
            .execute();
        }
      }),
  };
}

function ownNode({ nodeUrl }: NodeBooks, transaction: Transaction<Tables>) {
  return transaction.selectFrom('node_reference').select('node_reference_id').where('node_reference_url', '=', nodeUrl);
}

function ownEntries(books: NodeBooks, transaction: Transaction<Tables>) {
  const node = ownNode(books, transaction);
  return transaction.selectFrom('cached_images').selectAll().where('node_reference_id', 'in', node);
}

function findOwn(books: NodeBooks, transaction: Transaction<Tables>, imageId: string) {
  return ownEntries(books, transaction).where('image_id', '=', imageId).executeTakeFirst();
}

async function insert(books: NodeBooks, transaction: Transaction<Tables>, image: CachedImage): Promise<void> {
  if ((await ownNode(books, transaction).executeTakeFirst()) === undefined) {
    await transaction.insertInto('node_reference').values({ node_reference_url: books.nodeUrl }).execute();
  }
  const { node_reference_id } = await ownNode(books, transaction).executeTakeFirstOrThrow();
  const row = { ...rowOf(image), image_id: image.imageId, node_reference_id: numberFromSql(node_reference_id) };
  await transaction.insertInto('cached_images').values(row).execute();
}

function rowOf(image: CachedImage) {
  return {
    last_accessed: timeToSql(image.lastAccessed),
    last_modified: timeToSql(image.lastModified),
    size: image.sizeBytes,
    hits: image.hits,
    checksum: image.checksum,
  };
}

function entryOf(row: Selectable<CachedImagesTable>): CacheEntry {
  return {
    row: numberFromSql(row.id),
    imageId: row.image_id,
    sizeBytes: numberFromSql(row.size),
    hits: numberFromSql(row.hits),
    lastAccessed: timeFromSql(row.last_accessed),
    lastModified: timeFromSql(row.last_modified),
    checksum: row.checksum,
  };
}
