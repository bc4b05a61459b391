/**
 * Image records in SQL. Source: contract 12 §3, §7, §8.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Kysely, Updateable } from 'kysely';
import { ImageServiceError, conflict, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { sameImage } from '../../domain/images/image-equality.ts';
import type { Viewer } from '../../domain/request-context.ts';
import type { ImageRepository, StatusChange } from '../../ports/image-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { addTag, insertChildren, removeTag, replaceLocations, updateChildren } from './image-children.ts';
import type { ImageWrite } from './image-children.ts';
import { changedColumns, newImageRow } from './image-columns.ts';
import { selectPage } from './image-list-queries.ts';
import { imagesFromRows } from './image-rows.ts';
import type { ImageRow } from './image-rows.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { numberFromSql, timeToSql } from './values.ts';

export function sqlImageRepository(database: SqlDatabase): ImageRepository {
  const { db, dialect } = database;
  return {
    create: (image) => createImage(database, image),

    show: (viewer, id) =>
      reading(database, async () => {
        const row = await liveRow(database, db, id);
        if (row === undefined || !(await isVisible(database, viewer, row))) return undefined;
        return (await imagesFromRows(db, dialect, [row]))[0];
      }),

    list: (query) => reading(database, async () => imagesFromRows(db, dialect, await selectPage(db, dialect, query))),

    findMarker: (viewer, id) =>
      reading(database, async () => {
        const row = await db.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
        if (row === undefined) return 'unknown';
        if (viewer.isAdmin) return 'found';
        return !row.deleted && (await isVisible(database, viewer, row)) ? 'found' : 'unknown';
      }),

    update: (before, after, options) => updateImage(database, { before, after }, options?.onlyIfUnchanged ?? false),

    changeStatus: (id, from, change, at) =>
      writing(database, (transaction) => setStatus({ transaction, dialect, imageId: id, at }, from, change)),

    addTag: (id, tag, at) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, imageId: id, at };
        await touch(write);
        await addTag(write, tag);
      }),

    removeTag: (id, tag, at) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, imageId: id, at };
        const removed = await removeTag(write, tag);
        if (removed) await touch(write);
        return removed;
      }),

    storedBytes: (projectId, exceptImageId) => storedBytes(database, projectId, exceptImageId),
  };
}

async function liveRow(database: SqlDatabase, db: Kysely<Tables>, id: string): Promise<ImageRow | undefined> {
  return db
    .selectFrom('images')
    .selectAll()
    .where('id', '=', id)
    .where('deleted', '=', database.dialect.boolean(false))
    .executeTakeFirst();
}

/** An image without owner is visible to everybody; policy decides what that is worth. Source: contract 12 §3. */
async function isVisible({ db, dialect }: SqlDatabase, viewer: Viewer, row: ImageRow): Promise<boolean> {
  if (viewer.isAdmin || row.owner === null || row.owner === viewer.projectId) return true;
  if (row.visibility === 'public' || row.visibility === 'community') return true;
  if (row.visibility !== 'shared' || viewer.projectId === null) return false;
  const member = await db
    .selectFrom('image_members')
    .select('id')
    .where('image_id', '=', row.id)
    .where('member', '=', viewer.projectId)
    .where('deleted', '=', dialect.boolean(false))
    .executeTakeFirst();
  return member !== undefined;
}

async function createImage(database: SqlDatabase, image: Image): Promise<void> {
  const { dialect } = database;
  try {
    await writing(database, async (transaction) => {
      await transaction.insertInto('images').values(newImageRow(image, dialect)).execute();
      await insertChildren({ transaction, dialect, imageId: image.id, at: image.createdAt }, image);
    });
  } catch (error) {
    if (dialect.isUniqueViolation(error)) {
      throw conflict(`Image ID ${image.id} is in use already; choose another one or leave it out.`, error);
    }
    throw error;
  }
}

async function updateImage(
  database: SqlDatabase,
  change: { readonly before: Image; readonly after: Image },
  onlyIfUnchanged: boolean,
): Promise<Image> {
  const { dialect } = database;
  const { before, after } = change;
  return writing(database, async (transaction) => {
    const write: ImageWrite = { transaction, dialect, imageId: before.id, at: after.updatedAt };
    const columns = { ...changedColumns(before, after, dialect), updated_at: timeToSql(after.updatedAt) };
    if (onlyIfUnchanged) await requireUnchanged(database, transaction, before);
    await updateRow(write, columns);
    await updateChildren(write, before, after);
    return loaded(database, transaction, before.id);
  });
}

async function requireUnchanged(database: SqlDatabase, db: Kysely<Tables>, before: Image): Promise<void> {
  const stored = await loaded(database, db, before.id);
  if (!sameImage(stored, before)) {
    throw new ImageServiceError('preconditionFailed', 'The image was changed meanwhile; read it again and retry.');
  }
}

async function loaded(database: SqlDatabase, db: Kysely<Tables>, id: string): Promise<Image> {
  const row = await liveRow(database, db, id);
  const [image] = row === undefined ? [] : await imagesFromRows(db, database.dialect, [row]);
  if (image === undefined) throw vanished(id);
  return image;
}

/** Writes columns of a live image. A vanished one raises `notFound`. */
async function updateRow(write: ImageWrite, columns: Updateable<ImagesTable>): Promise<void> {
  const updated = await write.transaction
    .updateTable('images')
    .set(columns)
    .where('id', '=', write.imageId)
    .where('deleted', '=', write.dialect.boolean(false))
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) throw vanished(write.imageId);
}

function touch(write: ImageWrite): Promise<void> {
  return updateRow(write, { updated_at: timeToSql(write.at) });
}

function vanished(id: string): Error {
  return notFound(`Image ${id} does not exist any more.`);
}

/** Compare-and-set of the status of a live image. */
export async function setStatus(
  write: ImageWrite,
  from: readonly ImageStatus[],
  change: StatusChange,
): Promise<boolean> {
  const columns: Updateable<ImagesTable> = { status: change.to, updated_at: timeToSql(write.at) };
  if (change.sizeBytes !== undefined) columns.size = change.sizeBytes;
  if (change.virtualSizeBytes !== undefined) columns.virtual_size = change.virtualSizeBytes;
  if (change.checksum !== undefined) columns.checksum = change.checksum;
  if (change.hashAlgorithm !== undefined) columns.os_hash_algo = change.hashAlgorithm;
  if (change.hashValue !== undefined) columns.os_hash_value = change.hashValue;
  const updated = await write.transaction
    .updateTable('images')
    .set(columns)
    .where('id', '=', write.imageId)
    .where('status', 'in', from)
    .where('deleted', '=', write.dialect.boolean(false))
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (change.locations !== undefined) await replaceLocations(write, change.locations);
  return true;
}

async function storedBytes(database: SqlDatabase, projectId: string | null, exceptImageId: string): Promise<number> {
  const { db, dialect } = database;
  const row = await reading(database, () =>
    db
      .selectFrom('images')
      .innerJoin('image_locations', 'image_locations.image_id', 'images.id')
      .select((select) => select.fn.sum<number | bigint | string | null>('images.size').as('bytes'))
      .where('images.owner', projectId === null ? 'is' : '=', projectId)
      .where('images.id', '!=', exceptImageId)
      .where('images.deleted', '=', dialect.boolean(false))
      .where('images.status', 'not in', ['killed', 'deleted', 'pending_delete'])
      .where('image_locations.status', '!=', 'deleted')
      .executeTakeFirst(),
  );
  return numberFromSql(row?.bytes ?? 0);
}
