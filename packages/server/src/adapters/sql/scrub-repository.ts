/**
 * Data that wait to be removed, in SQL: rows of `image_locations` in `pending_delete`. An image whose deletion is put
 * off is itself in `pending_delete` and marked deleted, as Glance leaves it for its scrubber. Source: contract 12 §7.
 */
import type { Kysely, Selectable, Updateable } from 'kysely';
import type { ScrubRepository, WaitingData } from '../../ports/scrub-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { reviveChildren } from './image-children.ts';
import { activateRows, activeLocations, markRows, waitingRows } from './image-location-rows.ts';
import type { LocationReading } from './image-location-rows.ts';
import { revivedStamps } from './image-write.ts';
import type { ImageWrite } from './image-write.ts';
import { liveRow } from './image-repository.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { booleanFromSql, timeToSql } from './values.ts';
import { endLease, hasWork, isHeld, recordWork } from './work-rows.ts';

const dueAtOnce = 100;

export function sqlScrubRepository(database: SqlDatabase): ScrubRepository {
  const { dialect, urls } = database;

  function onImage<T>(imageId: string, at: Date, act: (write: ImageWrite) => Promise<T>): Promise<T> {
    return writing(database, (transaction) => act({ transaction, dialect, urls, imageId, at }));
  }

  return {
    listDue: (deletedBefore) =>
      reading(database, async (snapshot) => {
        const delayed = await delayedImages(snapshot, timeToSql(deletedBefore));
        const dropping = await imagesWithDroppedData(snapshot);
        return [...new Set([...dropping, ...delayed])].slice(0, dueAtOnce);
      }),

    begin: (work, deletedBefore) =>
      onImage(work.imageId, work.expiresAt, async (write) => {
        if ((await hasWork(write, 'scrub')) || !(await isDue(write, timeToSql(deletedBefore)))) return false;
        await recordWork(write, work, null);
        return true;
      }),

    listWaiting: (work) =>
      reading(database, async (transaction) =>
        (await isHeld(transaction, work)) ? waitingData({ transaction, urls, imageId: work.imageId }) : undefined,
      ),

    markRemoved: (work, url, at) =>
      onImage(work.imageId, at, async (write) => {
        if (!(await isHeld(write.transaction, work))) return false;
        const removed = (await waitingRows(write)).filter(({ location }) => location.url === url);
        await markRows(write, removed, 'deleted');
        await conclude(write);
        return true;
      }),

    giveBack: (work, url, at) =>
      onImage(work.imageId, at, async (write) => {
        if (!(await isHeld(write.transaction, work))) return false;
        if ((await liveRow(write.transaction, dialect, work.imageId)) === undefined) return false;
        const rows = (await waitingRows(write)).filter(({ location }) => location.url === url);
        await activateRows(write, rows);
        await setImage(write, { updated_at: timeToSql(at) });
        return true;
      }),

    end: (work, at) =>
      onImage(work.imageId, at, async (write) => {
        if (await endLease(write, work)) await conclude(write);
      }),

    findDeleted: (imageId) =>
      reading(database, async (transaction) => {
        const image = { transaction, urls, imageId };
        const row = await imageRow(image);
        if (row === undefined) return { kind: 'unknown' };
        if ((await liveRow(transaction, dialect, imageId)) !== undefined) return { kind: 'live' };
        if (!isDelayed(row) || (await hasWork(image, 'scrub'))) return { kind: 'gone' };
        const { locations } = await waitingData(image);
        return locations.length === 0 ? { kind: 'gone' } : { kind: 'restorable', locations };
      }),

    restore: (imageId, kept, at) => onImage(imageId, at, (write) => restore(write, kept)),
  };
}

/** Ids of images that somebody is at work on, dead or alive; recovery sees to the dead. */
function beingScrubbed(db: Kysely<Tables>) {
  return db.selectFrom('lucarne_image_work').select('image_id').where('kind', '=', 'scrub');
}

async function delayedImages(db: Kysely<Tables>, deletedBefore: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('images')
    .select('images.id')
    .where('status', '=', 'pending_delete')
    .where('deleted_at', '<=', deletedBefore)
    .where('images.id', 'not in', beingScrubbed(db))
    .orderBy('deleted_at')
    .limit(dueAtOnce)
    .execute();
  return rows.map(({ id }) => id);
}

async function imagesWithDroppedData(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('image_locations')
    .innerJoin('images', 'images.id', 'image_locations.image_id')
    .select('images.id')
    .distinct()
    .where('image_locations.status', '=', 'pending_delete')
    .where('images.status', '!=', 'pending_delete')
    .where('images.id', 'not in', beingScrubbed(db))
    .limit(dueAtOnce)
    .execute();
  return rows.map(({ id }) => id);
}

function imageRow({ transaction, imageId }: LocationReading): Promise<Selectable<ImagesTable> | undefined> {
  return transaction.selectFrom('images').selectAll().where('id', '=', imageId).executeTakeFirst();
}

async function setImage({ transaction, imageId }: ImageWrite, columns: Updateable<ImagesTable>): Promise<void> {
  await transaction.updateTable('images').set(columns).where('id', '=', imageId).execute();
}

function isDelayed(row: Selectable<ImagesTable>): boolean {
  return row.status === 'pending_delete' && booleanFromSql(row.deleted);
}

async function isDue(write: ImageWrite, deletedBefore: string): Promise<boolean> {
  const row = await imageRow(write);
  if (row === undefined) return false;
  if (row.status === 'pending_delete') return isDelayed(row) && (row.deleted_at ?? '') <= deletedBefore;
  return (await waitingRows(write)).length > 0;
}

async function waitingData(reader: LocationReading): Promise<WaitingData> {
  const row = await imageRow(reader);
  const locations = new Map((await waitingRows(reader)).map(({ location }) => [location.url, location]));
  return {
    locations: [...locations.values()],
    keptUrls: (await activeLocations(reader)).map(({ url }) => url),
    isRestorable: row !== undefined && isDelayed(row),
  };
}

/** An image whose deletion was put off is deleted for good when nothing of it waits any more. */
async function conclude(write: ImageWrite): Promise<void> {
  const row = await imageRow(write);
  if (row === undefined || !isDelayed(row) || (await waitingRows(write)).length > 0) return;
  await setImage(write, { status: 'deleted', updated_at: timeToSql(write.at) });
}

async function restore(write: ImageWrite, urls: readonly string[]): Promise<boolean> {
  const row = await imageRow(write);
  if (row === undefined || !isDelayed(row) || (await hasWork(write, 'scrub'))) return false;
  const waiting = await waitingRows(write);
  const kept = waiting.filter(({ location }) => urls.includes(location.url));
  if (kept.length === 0) return false;
  await activateRows(write, kept);
  await markRows(
    write,
    waiting.filter((other) => !kept.includes(other)),
    'deleted',
  );
  if (row.deleted_at !== null) await reviveChildren(write, row.deleted_at);
  await setImage(write, { ...revivedStamps(write), status: 'active' });
  return true;
}
