/**
 * Writing what hangs on an image: properties and tags; `image-location-rows.ts` writes locations.
 *
 * Properties have a unique key over (image, name), so a removed one keeps its row and is revived by the next write;
 * reviving clears `deleted_at`, else a purge that looks only there would take a live row.
 * Source: contract 12 §3, §7, §10.
 */
import type { Image } from '../../domain/images/image.ts';
import { importingProperty, stageHostProperty } from '../../domain/tasks/import-task.ts';
import { inBatches } from './batches.ts';
import { deleteLocations, insertLocations } from './image-location-rows.ts';
import { deletedStamps, freshStamps, revivedStamps } from './image-write.ts';
import type { ImageWrite } from './image-write.ts';

const rowsAtOnce = 100;

export async function insertChildren(write: ImageWrite, image: Image): Promise<void> {
  const { transaction, imageId } = write;
  const properties = [...image.properties].map(([name, value]) => ({
    image_id: imageId,
    name,
    value,
    ...freshStamps(write),
  }));
  for (const rows of inBatches(properties, rowsAtOnce))
    await transaction.insertInto('image_properties').values(rows).execute();
  const tags = image.tags.map((value) => ({ image_id: imageId, value, ...freshStamps(write) }));
  for (const rows of inBatches(tags, rowsAtOnce)) await transaction.insertInto('image_tags').values(rows).execute();
  await insertLocations(write, image.locations);
}

export async function updateChildren(write: ImageWrite, before: Image, after: Image): Promise<void> {
  for (const [name, value] of after.properties) {
    if (before.properties.get(name) !== value) await setProperty(write, name, value);
  }
  for (const name of before.properties.keys()) {
    if (!after.properties.has(name)) await removeProperty(write, name);
  }
  for (const tag of after.tags) if (!before.tags.includes(tag)) await addTag(write, tag);
  for (const tag of before.tags) if (!after.tags.includes(tag)) await removeTag(write, tag);
}

/** Sets properties, or removes those given as null. */
export async function setProperties(write: ImageWrite, properties: ReadonlyMap<string, string | null>): Promise<void> {
  for (const [name, value] of properties) {
    await (value === null ? removeProperty(write, name) : setProperty(write, name, value));
  }
}

async function setProperty(write: ImageWrite, name: string, value: string | null): Promise<void> {
  const { transaction, imageId } = write;
  const revived = await transaction
    .updateTable('image_properties')
    .set({ value, ...revivedStamps(write) })
    .where('image_id', '=', imageId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (revived.numUpdatedRows > 0n) return;
  await transaction
    .insertInto('image_properties')
    .values({ image_id: imageId, name, value, ...freshStamps(write) })
    .execute();
}

async function removeProperty(write: ImageWrite, name: string): Promise<void> {
  await write.transaction
    .updateTable('image_properties')
    .set(deletedStamps(write))
    .where('image_id', '=', write.imageId)
    .where('name', '=', name)
    .where('deleted', '=', write.dialect.boolean(false))
    .execute();
}

/** Adds a tag unless a live row has it already; gives whether it was added. */
export async function addTag(write: ImageWrite, tag: string): Promise<boolean> {
  const live = await write.transaction
    .selectFrom('image_tags')
    .select('id')
    .where('image_id', '=', write.imageId)
    .where('value', '=', tag)
    .where('deleted', '=', write.dialect.boolean(false))
    .executeTakeFirst();
  if (live !== undefined) return false;
  await write.transaction
    .insertInto('image_tags')
    .values({ image_id: write.imageId, value: tag, ...freshStamps(write) })
    .execute();
  return true;
}

/** Gives whether there was a live row. */
export async function removeTag(write: ImageWrite, tag: string): Promise<boolean> {
  const removed = await write.transaction
    .updateTable('image_tags')
    .set(deletedStamps(write))
    .where('image_id', '=', write.imageId)
    .where('value', '=', tag)
    .where('deleted', '=', write.dialect.boolean(false))
    .executeTakeFirst();
  return removed.numUpdatedRows > 0n;
}

/**
 * Soft-deletes all live children with the time stamp of the image. Locations become `deleted`, or `pending_delete` when
 * their data are to stay for a while.
 */
export async function deleteChildren(write: ImageWrite, locationStatus: 'deleted' | 'pending_delete'): Promise<void> {
  for (const table of ['image_properties', 'image_members', 'image_tags'] as const) {
    await write.transaction
      .updateTable(table)
      .set(deletedStamps(write))
      .where('image_id', '=', write.imageId)
      .where('deleted', '=', write.dialect.boolean(false))
      .execute();
  }
  await deleteLocations(write, locationStatus);
}

/** What the service notes about work under way; with the image gone nobody is at work on it any more. */
const workNotes: ReadonlySet<string> = new Set([
  'os_glance_import_task',
  'os_glance_hash_op_host',
  importingProperty,
  stageHostProperty,
]);

/** Brings back what was soft-deleted together with the image, at that time. */
export async function reviveChildren(write: ImageWrite, deletedAt: string): Promise<void> {
  for (const table of ['image_members', 'image_tags'] as const) {
    await write.transaction
      .updateTable(table)
      .set(revivedStamps(write))
      .where('image_id', '=', write.imageId)
      .where('deleted', '=', write.dialect.boolean(true))
      .where('deleted_at', '=', deletedAt)
      .execute();
  }
  await write.transaction
    .updateTable('image_properties')
    .set(revivedStamps(write))
    .where('image_id', '=', write.imageId)
    .where('deleted', '=', write.dialect.boolean(true))
    .where('deleted_at', '=', deletedAt)
    .where('name', 'not in', [...workNotes])
    .execute();
}
