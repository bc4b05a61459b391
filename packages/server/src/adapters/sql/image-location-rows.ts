/**
 * The rows of `image_locations`. One in use is `active`; one whose data wait to be removed is `pending_delete` and marked
 * deleted, and `deleted` once they are gone. URLs may be encrypted, so rows are told apart by what they say when they
 * are opened, and by their ids. Source: contract 12 §3, §6, §7.
 */
import type { Insertable } from 'kysely';
import { conflict } from '../../domain/errors.ts';
import type { ImageLocation } from '../../domain/images/image.ts';
import { locationChanges, sameLocations } from '../../domain/images/locations.ts';
import { inBatches } from './batches.ts';
import { locationFromRow } from './image-rows.ts';
import { deletedStamps, freshStamps, revivedStamps } from './image-write.ts';
import type { ImageWrite } from './image-write.ts';
import type { Tables } from './tables.ts';
import { booleanFromSql, numberFromSql, timeToSql } from './values.ts';

const rowsAtOnce = 100;

export interface LocationRow {
  readonly id: number;
  readonly status: string;
  readonly deleted: boolean;
  readonly deletedAt: string | null;
  readonly location: ImageLocation;
}

/** What is needed to read the rows of an image. */
export type LocationReading = Pick<ImageWrite, 'transaction' | 'urls' | 'imageId'>;

/** All rows of an image in row order, also those that are deleted. */
export async function rowsOf({ transaction, urls, imageId }: LocationReading): Promise<readonly LocationRow[]> {
  const rows = await transaction
    .selectFrom('image_locations')
    .select(['id', 'status', 'deleted', 'deleted_at', 'value', 'meta_data'])
    .where('image_id', '=', imageId)
    .execute();
  return rows
    .map((row) => ({
      id: numberFromSql(row.id),
      status: row.status,
      deleted: booleanFromSql(row.deleted),
      deletedAt: row.deleted_at,
      location: locationFromRow(urls, row),
    }))
    .toSorted((one, other) => one.id - other.id);
}

function isActive(row: LocationRow): boolean {
  return row.status === 'active' && !row.deleted;
}

/** Rows whose data wait to be removed, in row order. */
export async function waitingRows(reading: LocationReading): Promise<readonly LocationRow[]> {
  return (await rowsOf(reading)).filter(({ status }) => status === 'pending_delete');
}

/** Locations in use, in row order. */
export async function activeLocations(reading: LocationReading): Promise<readonly ImageLocation[]> {
  return (await rowsOf(reading)).filter(isActive).map(({ location }) => location);
}

/** Makes the given locations the active ones: others become `deleted`, new ones are inserted behind. */
export async function replaceLocations(write: ImageWrite, locations: readonly ImageLocation[]): Promise<void> {
  await deleteLocations(write, 'deleted');
  await insertLocations(write, locations);
}

/** Soft-deletes all live locations. */
export async function deleteLocations(write: ImageWrite, status: 'deleted' | 'pending_delete'): Promise<void> {
  await write.transaction
    .updateTable('image_locations')
    .set({ ...deletedStamps(write), status })
    .where('image_id', '=', write.imageId)
    .where('deleted', '=', write.dialect.boolean(false))
    .execute();
}

/** Makes the active locations with such a URL `deleted`. */
export async function removeLocations(write: ImageWrite, urls: readonly string[]): Promise<void> {
  if (urls.length === 0) return;
  const rows = (await rowsOf(write)).filter((row) => !row.deleted && urls.includes(row.location.url));
  await markRows(write, rows, 'deleted');
}

/** Marks rows; both states count as deleted. */
export async function markRows(
  write: ImageWrite,
  rows: readonly Pick<LocationRow, 'id'>[],
  status: 'deleted' | 'pending_delete',
): Promise<void> {
  const ids = rows.map(({ id }) => id);
  for (const some of inBatches(ids, rowsAtOnce)) {
    await write.transaction
      .updateTable('image_locations')
      .set({ ...deletedStamps(write), status })
      .where('id', 'in', some)
      .execute();
  }
}

/** Marks rows whose data waited and are gone now. The time of the deletion stays: it tells what was deleted together. */
export async function markGone(write: ImageWrite, rows: readonly LocationRow[]): Promise<void> {
  for (const { id, deletedAt } of rows) {
    await write.transaction
      .updateTable('image_locations')
      .set({ ...deletedStamps(write), ...(deletedAt === null ? {} : { deleted_at: deletedAt }), status: 'deleted' })
      .where('id', '=', id)
      .execute();
  }
}

/** Takes rows into use again. */
export async function activateRows(write: ImageWrite, rows: readonly Pick<LocationRow, 'id'>[]): Promise<void> {
  for (const { id } of rows) {
    await write.transaction
      .updateTable('image_locations')
      .set({ ...revivedStamps(write), status: 'active' })
      .where('id', '=', id)
      .execute();
  }
}

/**
 * Turns the locations of an image from one list into another; those stored must be the former, else `conflict`. What
 * nobody refers to any more waits for its data to be removed.
 */
export async function changeLocations(
  write: ImageWrite,
  before: readonly ImageLocation[],
  after: readonly ImageLocation[],
): Promise<void> {
  const rows = (await rowsOf(write)).filter(isActive);
  if (
    !sameLocations(
      rows.map(({ location }) => location),
      before,
    )
  ) {
    throw conflict(`The locations of image ${write.imageId} changed meanwhile; look at them again.`);
  }
  const { fates, added } = locationChanges(before, after);
  for (const [index, row] of rows.entries()) {
    const fate = fates[index];
    if (fate === undefined) continue;
    if (fate.kind === 'kept') await setMetadata(write, row, fate.location);
    else await markRows(write, [row], fate.kind === 'dropped' ? 'pending_delete' : 'deleted');
  }
  await insertLocations(write, added);
}

async function setMetadata(write: ImageWrite, row: LocationRow, location: ImageLocation): Promise<void> {
  if (sameLocations([row.location], [location])) return;
  await write.transaction
    .updateTable('image_locations')
    .set({ meta_data: JSON.stringify(location.metadata), updated_at: timeToSql(write.at) })
    .where('id', '=', row.id)
    .execute();
}

export async function insertLocations(write: ImageWrite, locations: readonly ImageLocation[]): Promise<void> {
  const inserted: Insertable<Tables['image_locations']>[] = locations.map((location) => ({
    image_id: write.imageId,
    value: write.urls.seal(location.url),
    meta_data: JSON.stringify(location.metadata),
    status: 'active',
    ...freshStamps(write),
  }));
  for (const rows of inBatches(inserted, rowsAtOnce)) {
    await write.transaction.insertInto('image_locations').values(rows).execute();
  }
}
