/**
 * Image records in SQL. Source: contract 12 §3, §7, §8.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Kysely, Updateable } from 'kysely';
import { ImageServiceError, conflict, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { sameImage } from '../../domain/images/image-equality.ts';
import type { Viewer } from '../../domain/request-context.ts';
import type { ImageRepository, StatusStep } from '../../ports/image-repository.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
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
  const { dialect } = database;
  return {
    create: (image) => createImage(database, image),

    show: (viewer, id) =>
      reading(database, async (snapshot) => {
        const row = await liveRow(snapshot, dialect, id);
        if (row === undefined || !(await isVisible({ db: snapshot, dialect }, viewer, row))) return undefined;
        return (await imagesFromRows(snapshot, [row]))[0];
      }),

    list: (query) =>
      reading(database, async (snapshot) => imagesFromRows(snapshot, await selectPage(snapshot, dialect, query))),

    findMarker: (viewer, id) =>
      reading(database, async (snapshot) => {
        const row = viewer.isAdmin ? await anyRow(snapshot, id) : await liveRow(snapshot, dialect, id);
        return row !== undefined && (await isVisible({ db: snapshot, dialect }, viewer, row)) ? 'found' : 'unknown';
      }),

    update: (before, after, options) => updateImage(database, { before, after }, options?.onlyIfUnchanged ?? false),

    changeStatus: (id, step, at) =>
      writing(database, (transaction) => setStatus({ transaction, dialect, imageId: id, at }, step)),

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

    storedBytes: (projectId, exceptImageId) =>
      reading(database, (db) => sumStoredBytes({ db, dialect }, projectId, exceptImageId)),
  };
}

type Reader = Pick<SqlDatabase, 'db' | 'dialect'>;

/** Statuses of images that exist for nobody, although the row of one whose deletion began is not marked deleted yet. */
const goneStatuses: readonly ImageStatus[] = ['deleted', 'pending_delete'];

function anyRow(db: Kysely<Tables>, id: string): Promise<ImageRow | undefined> {
  return db.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The row of an image that exists for those who may see it. */
export async function liveRow(db: Kysely<Tables>, dialect: SqlDialect, id: string): Promise<ImageRow | undefined> {
  return db
    .selectFrom('images')
    .selectAll()
    .where('id', '=', id)
    .where('deleted', '=', dialect.boolean(false))
    .where('status', 'not in', goneStatuses)
    .executeTakeFirst();
}

/** An image without owner is visible to everybody; policy decides what that is worth. Source: contract 12 §3. */
async function isVisible({ db, dialect }: Reader, viewer: Viewer, row: ImageRow): Promise<boolean> {
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
    if (onlyIfUnchanged && !sameImage(await loaded(transaction, dialect, before.id), before)) {
      throw new ImageServiceError('preconditionFailed', 'The image was changed meanwhile; read it again and retry.');
    }
    if (sameFormats(before, after)) await updateRow(write, columns);
    else await updateRowInStatus(write, columns, before.status);
    await updateChildren(write, before, after);
    return loaded(transaction, dialect, before.id);
  });
}

function sameFormats(one: Image, other: Image): boolean {
  return one.diskFormat === other.diskFormat && one.containerFormat === other.containerFormat;
}

async function loaded(db: Kysely<Tables>, dialect: SqlDialect, id: string): Promise<Image> {
  const row = await liveRow(db, dialect, id);
  const [image] = row === undefined ? [] : await imagesFromRows(db, [row]);
  if (image === undefined) throw vanished(id);
  return image;
}

/** Writes columns of a live image. A vanished one raises `notFound`. */
async function updateRow(write: ImageWrite, columns: Updateable<ImagesTable>): Promise<void> {
  const updated = await liveImage(write).set(columns).executeTakeFirst();
  if (updated.numUpdatedRows === 0n) throw vanished(write.imageId);
}

/** The same for an image that must still be in that status; one in another raises `conflict`. */
async function updateRowInStatus(
  write: ImageWrite,
  columns: Updateable<ImagesTable>,
  status: ImageStatus,
): Promise<void> {
  const updated = await liveImage(write).set(columns).where('status', '=', status).executeTakeFirst();
  if (updated.numUpdatedRows > 0n) return;
  const { status: found } = await loaded(write.transaction, write.dialect, write.imageId);
  throw conflict(`Image ${write.imageId} is ${found} by now, so its formats cannot be changed any more.`);
}

function liveImage(write: ImageWrite) {
  return write.transaction
    .updateTable('images')
    .where('id', '=', write.imageId)
    .where('deleted', '=', write.dialect.boolean(false))
    .where('status', 'not in', goneStatuses);
}

function touch(write: ImageWrite): Promise<void> {
  return updateRow(write, { updated_at: timeToSql(write.at) });
}

function vanished(id: string): Error {
  return notFound(`Image ${id} does not exist any more.`);
}

/** Compare-and-set of the status of a live image. */
export async function setStatus(write: ImageWrite, change: StatusStep): Promise<boolean> {
  const columns: Updateable<ImagesTable> = { status: change.to, updated_at: timeToSql(write.at) };
  if (change.sizeBytes !== undefined) columns.size = change.sizeBytes;
  if (change.virtualSizeBytes !== undefined) columns.virtual_size = change.virtualSizeBytes;
  if (change.checksum !== undefined) columns.checksum = change.checksum;
  if (change.hashAlgorithm !== undefined) columns.os_hash_algo = change.hashAlgorithm;
  if (change.hashValue !== undefined) columns.os_hash_value = change.hashValue;
  const updated = await liveImage(write).set(columns).where('status', 'in', change.from).executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (change.locations !== undefined) await replaceLocations(write, change.locations);
  return true;
}

/** See `ImageRepository.storedBytes`. */
export async function sumStoredBytes(
  { db, dialect }: Reader,
  projectId: string | null,
  exceptImageId: string,
): Promise<number> {
  const row = await db
    .selectFrom('images')
    .innerJoin('image_locations', 'image_locations.image_id', 'images.id')
    .select((select) => select.fn.sum<number | bigint | string | null>('images.size').as('bytes'))
    .where('images.owner', projectId === null ? 'is' : '=', projectId)
    .where('images.id', '!=', exceptImageId)
    .where('images.deleted', '=', dialect.boolean(false))
    .where('images.status', 'not in', ['killed', ...goneStatuses])
    .where('image_locations.status', '!=', 'deleted')
    .executeTakeFirst();
  return numberFromSql(row?.bytes ?? 0);
}
