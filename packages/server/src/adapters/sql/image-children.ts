/**
 * Writing what hangs on an image: properties, tags, locations.
 *
 * Properties have a unique key over (image, name), so a removed one keeps its row and is revived by the next write;
 * reviving clears `deleted_at`, else a purge that looks only there would take a live row.
 * Source: contract 12 §3, §7, §10.
 */
import type { Insertable, Transaction } from 'kysely';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { inBatches } from './batches.ts';
import type { SqlDialect } from './dialect.ts';
import type { Tables } from './tables.ts';
import { timeToSql } from './values.ts';

const rowsAtOnce = 100;

/** One write of an image: the transaction, the image and the time it is stamped with. */
export interface ImageWrite {
  readonly transaction: Transaction<Tables>;
  readonly dialect: SqlDialect;
  readonly imageId: string;
  readonly at: Date;
}

function freshStamps(write: ImageWrite) {
  const time = timeToSql(write.at);
  return { created_at: time, updated_at: time, deleted_at: null, deleted: write.dialect.boolean(false) };
}

function deletedStamps(write: ImageWrite) {
  const time = timeToSql(write.at);
  return { updated_at: time, deleted_at: time, deleted: write.dialect.boolean(true) };
}

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

async function setProperty(write: ImageWrite, name: string, value: string | null): Promise<void> {
  const { transaction, dialect, imageId } = write;
  const revived = await transaction
    .updateTable('image_properties')
    .set({ value, updated_at: timeToSql(write.at), deleted_at: null, deleted: dialect.boolean(false) })
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

/** Adds a tag unless a live row has it already. */
export async function addTag(write: ImageWrite, tag: string): Promise<void> {
  const live = await write.transaction
    .selectFrom('image_tags')
    .select('id')
    .where('image_id', '=', write.imageId)
    .where('value', '=', tag)
    .where('deleted', '=', write.dialect.boolean(false))
    .executeTakeFirst();
  if (live !== undefined) return;
  await write.transaction
    .insertInto('image_tags')
    .values({ image_id: write.imageId, value: tag, ...freshStamps(write) })
    .execute();
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

/** Makes the given locations the active ones: others become `deleted`, new ones are inserted behind. */
export async function replaceLocations(write: ImageWrite, locations: readonly ImageLocation[]): Promise<void> {
  await write.transaction
    .updateTable('image_locations')
    .set({ ...deletedStamps(write), status: 'deleted' })
    .where('image_id', '=', write.imageId)
    .where('deleted', '=', write.dialect.boolean(false))
    .execute();
  await insertLocations(write, locations);
}

async function insertLocations(write: ImageWrite, locations: readonly ImageLocation[]): Promise<void> {
  const inserted: Insertable<Tables['image_locations']>[] = locations.map((location) => ({
    image_id: write.imageId,
    value: location.url,
    meta_data: JSON.stringify(location.metadata),
    status: 'active',
    ...freshStamps(write),
  }));
  for (const rows of inBatches(inserted, rowsAtOnce)) {
    await write.transaction.insertInto('image_locations').values(rows).execute();
  }
}

/** Soft-deletes all live children with the time stamp of the image. */
export async function deleteChildren(write: ImageWrite): Promise<void> {
  for (const table of ['image_properties', 'image_members', 'image_tags'] as const) {
    await write.transaction
      .updateTable(table)
      .set(deletedStamps(write))
      .where('image_id', '=', write.imageId)
      .where('deleted', '=', write.dialect.boolean(false))
      .execute();
  }
  await replaceLocations(write, []);
}
