/**
 * Image records in SQL. Source: contract 12 §3, §7, §8.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Kysely, Updateable } from 'kysely';
import { ImageServiceError, conflict, notFound } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { sameImage } from '../../domain/images/image-equality.ts';
import { dropsLocations, locationChanges, sameLocations } from '../../domain/images/locations.ts';
import type { Claim } from '../../domain/images/project-limits.ts';
import { checkAddedTagQuota, checkTogether } from '../../domain/images/quotas.ts';
import type { Viewer } from '../../domain/request-context.ts';
import type { ImageStep } from '../../ports/image-change.ts';
import type { ImageRepository, UpdateOptions } from '../../ports/image-repository.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { addTag, insertChildren, removeTag, setProperties, updateChildren } from './image-children.ts';
import {
  activeLocations,
  changeLocations,
  insertLocations,
  removeLocations,
  replaceLocations,
  waitingRows,
} from './image-location-rows.ts';
import type { ImageWrite } from './image-write.ts';
import { changedColumns, newImageRow } from './image-columns.ts';
import { selectPage } from './image-list-queries.ts';
import { imagesFromRows } from './image-rows.ts';
import type { ImageRow } from './image-rows.ts';
import { grantClaims, lockProjects, requireLimits } from './reservation-rows.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { tellImage, tellSave } from './recorded-events.ts';
import { reading, writing } from './transactions.ts';
import { timeToSql } from './values.ts';
import { isImporting, recordWork } from './work-rows.ts';

export function sqlImageRepository(database: SqlDatabase): ImageRepository {
  const { dialect, urls, events } = database;
  return {
    create: (image, claims = []) => createImage(database, image, claims),

    show: (viewer, id) =>
      reading(database, async (snapshot) => {
        const row = await liveRow(snapshot, dialect, id);
        if (row === undefined || !(await isVisible({ db: snapshot, dialect }, viewer, row))) return undefined;
        return (await imagesFromRows({ db: snapshot, urls }, [row]))[0];
      }),

    list: (query) =>
      reading(database, async (snapshot) =>
        imagesFromRows({ db: snapshot, urls }, await selectPage(snapshot, dialect, query)),
      ),

    findMarker: (viewer, id) =>
      reading(database, async (snapshot) => {
        const row = viewer.isAdmin ? await anyRow(snapshot, id) : await liveRow(snapshot, dialect, id);
        return row !== undefined && (await isVisible({ db: snapshot, dialect }, viewer, row)) ? 'found' : 'unknown';
      }),

    update: (before, after, options = {}) => updateImage(database, { before, after }, options),

    changeStatus: (id, step, at) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, urls, events, imageId: id, at };
        const isChanged = await setStatus(write, step);
        if (isChanged) await tellSave(write);
        return isChanged;
      }),

    listLocationUrls: (imageId) =>
      reading(database, async (transaction) => {
        const source = { transaction, urls, imageId };
        const rows = [
          ...(await activeLocations(source)),
          ...(await waitingRows(source)).map(({ location }) => location),
        ];
        return rows.map(({ url }) => url);
      }),

    addTag: (id, tag, { at, quota }) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, urls, events, imageId: id, at };
        await touch(write);
        if (await addTag(write, tag)) checkAddedTagQuota(id, (await loaded(write)).tags.length, quota);
        await tellSave(write);
      }),

    removeTag: (id, tag, at) =>
      writing(database, async (transaction) => {
        const write = { transaction, dialect, urls, events, imageId: id, at };
        const removed = await removeTag(write, tag);
        if (removed) {
          await touch(write);
          await tellSave(write);
        }
        return removed;
      }),
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

async function createImage(database: SqlDatabase, image: Image, claims: readonly Claim[]): Promise<void> {
  const { dialect, urls, events } = database;
  try {
    await writing(database, async (transaction) => {
      const write = { transaction, dialect, urls, events, imageId: image.id, at: image.createdAt };
      await lockProjects(
        transaction,
        claims.map(({ limit }) => limit),
      );
      await grantClaims(write, claims, null);
      await transaction.insertInto('images').values(newImageRow(image, dialect)).execute();
      await insertChildren(write, image);
      await tellImage(write, 'create', image);
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
  options: UpdateOptions,
): Promise<Image> {
  const { dialect, urls, events } = database;
  const { before, after } = change;
  return writing(database, async (transaction) => {
    const write: ImageWrite = { transaction, dialect, urls, events, imageId: before.id, at: after.updatedAt };
    if (options.limits !== undefined) await lockProjects(transaction, options.limits);
    const columns = { ...changedColumns(before, after, dialect), updated_at: timeToSql(after.updatedAt) };
    if (options.onlyIfUnchanged === true && !sameImage(await loaded(write), before)) {
      throw new ImageServiceError('preconditionFailed', 'The image was changed meanwhile; read it again and retry.');
    }
    if (touchesData(before, after)) await updateRowInStatus(write, columns, before.status);
    else await updateRow(write, columns);
    await updateChildren(write, before, after);
    if (!sameLocations(before.locations, after.locations)) await relocate(write, change, options);
    const image = await loaded(write);
    if (options.quotas !== undefined) checkTogether(change, image, options.quotas);
    await tellImage(write, 'update', image);
    return image;
  });
}

function touchesData(one: Image, other: Image): boolean {
  const isSame =
    one.diskFormat === other.diskFormat &&
    one.containerFormat === other.containerFormat &&
    one.status === other.status &&
    sameLocations(one.locations, other.locations);
  return !isSame;
}

async function relocate(
  write: ImageWrite,
  { before, after }: { readonly before: Image; readonly after: Image },
  { scrub, limits = [] }: UpdateOptions,
): Promise<void> {
  if (dropsLocations(before.locations, after.locations)) {
    if (scrub === undefined) throw new Error('Locations are dropped only by work that removes their data.');
    if (await isImporting(write)) {
      throw conflict(`An import is at work on image ${before.id}; wait until it has ended.`);
    }
    await recordWork(write, scrub, null);
  }
  await changeLocations(write, before.locations, after.locations);
  const { added } = locationChanges(before.locations, after.locations);
  if (added.length > 0) await requireLimits(write, limits, (after.sizeBytes ?? 0) * added.length);
}

/** Others that add to the image wait until this transaction has ended. The first thing it does. */
export async function lockImage({ transaction, imageId }: ImageWrite): Promise<void> {
  await transaction
    .updateTable('images')
    .set(({ ref }) => ({ status: ref('images.status') }))
    .where('id', '=', imageId)
    .execute();
}

async function loaded({ transaction, dialect, urls, imageId }: ImageWrite): Promise<Image> {
  const row = await liveRow(transaction, dialect, imageId);
  const [image] = row === undefined ? [] : await imagesFromRows({ db: transaction, urls }, [row]);
  if (image === undefined) throw vanished(imageId);
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
  const { status: found } = await loaded(write);
  throw conflict(`Image ${write.imageId} is ${found} by now, so its formats and data cannot be changed in this way.`);
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

/** A change of a live image in one of the statuses; false when it is in none of them. */
export async function setStatus(write: ImageWrite, change: ImageStep): Promise<boolean> {
  const columns: Updateable<ImagesTable> = { updated_at: timeToSql(write.at) };
  if (change.to !== undefined) columns.status = change.to;
  if (change.diskFormat !== undefined) columns.disk_format = change.diskFormat;
  if (change.containerFormat !== undefined) columns.container_format = change.containerFormat;
  if (change.sizeBytes !== undefined) columns.size = change.sizeBytes;
  if (change.virtualSizeBytes !== undefined) columns.virtual_size = change.virtualSizeBytes;
  if (change.checksum !== undefined) columns.checksum = change.checksum;
  if (change.hashAlgorithm !== undefined) columns.os_hash_algo = change.hashAlgorithm;
  if (change.hashValue !== undefined) columns.os_hash_value = change.hashValue;
  const updated = await liveImage(write).set(columns).where('status', 'in', change.from).executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (change.locations !== undefined) await replaceLocations(write, change.locations);
  if (change.removedUrls !== undefined) await removeLocations(write, change.removedUrls);
  if (change.addedLocations !== undefined) await insertLocations(write, change.addedLocations);
  if (change.properties !== undefined) await setProperties(write, change.properties);
  return true;
}
