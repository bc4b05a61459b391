/**
 * Data that wait to be removed, in SQL: rows of `image_locations` in `pending_delete`. An image whose deletion is put
 * off is itself in `pending_delete` and marked deleted, as Glance leaves it for its scrubber. Rows that were deleted with
 * the image have its time; other times are of rows it dropped before, unless no row has it: then another service put the
 * deletion off, which gives each row a time of its own. Work that is about all of them has the status `pending_delete`
 * in its row. Source: contract 12 §7.
 */
import type { Kysely, Selectable, Updateable } from 'kysely';
import type { ScrubRepository, WaitingData } from '../../ports/scrub-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { reviveChildren } from './image-children.ts';
import { activateRows, activeLocations, markGone, markRows, rowsOf, waitingRows } from './image-location-rows.ts';
import type { LocationReading, LocationRow } from './image-location-rows.ts';
import { revivedStamps } from './image-write.ts';
import type { ImageWrite } from './image-write.ts';
import { liveRow } from './image-repository.ts';
import { tellSave } from './recorded-events.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { booleanFromSql, timeToSql } from './values.ts';
import { endLease, hasWork, isHeld, ofImage, recordWork } from './work-rows.ts';

const dueAtOnce = 100;

export function sqlScrubRepository(database: SqlDatabase): ScrubRepository {
  const { dialect, urls, events } = database;

  function onImage<T>(imageId: string, at: Date, act: (write: ImageWrite) => Promise<T>): Promise<T> {
    return writing(database, (transaction) => act({ transaction, dialect, urls, events, imageId, at }));
  }

  return {
    listDue: (deletedBefore, behind) =>
      reading(database, async (snapshot) => {
        const dropping = behind === undefined ? await imagesWithDroppedData(snapshot) : [];
        return [...dropping, ...(await delayedImages(snapshot, timeToSql(deletedBefore), behind))];
      }),

    begin: (work, deletedBefore) =>
      onImage(work.imageId, work.expiresAt, async (write) => {
        const row = await imageRow(write);
        if (row === undefined || (await isTaken(write, row))) return false;
        if (!(await isDue(write, row, timeToSql(deletedBefore)))) return false;
        await recordWork(write, work, isDelayed(row) ? 'pending_delete' : null);
        return true;
      }),

    listWaiting: (work) =>
      reading(database, async (transaction) =>
        (await isHeld(transaction, work)) ? waitingFor({ transaction, urls, imageId: work.imageId }) : undefined,
      ),

    markRemoved: (work, url, at) =>
      onImage(work.imageId, at, async (write) => {
        if (!(await isHeld(write.transaction, work))) return false;
        const { inScope } = await waitingOn(write);
        await markGone(
          write,
          inScope.filter(({ location }) => location.url === url),
        );
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
        await tellSave(write);
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
        if (!isDelayed(row) || (await isTaken(image, row))) return { kind: 'gone' };
        const locations = distinct((await waitingOn(image)).deleted);
        return locations.length === 0 ? { kind: 'gone' } : { kind: 'restorable', locations };
      }),

    restore: (imageId, kept, at) => onImage(imageId, at, (write) => restore(write, kept)),
  };
}

/** Ids of images that somebody is at work on, dead or alive; recovery sees to the dead. */
function beingScrubbed(db: Kysely<Tables>) {
  return db.selectFrom('lucarne_image_work').select('image_id').where('kind', '=', 'scrub');
}

async function delayedImages(
  db: Kysely<Tables>,
  deletedBefore: string,
  behind: string | undefined,
): Promise<readonly string[]> {
  let images = db
    .selectFrom('images')
    .select('images.id')
    .where('status', '=', 'pending_delete')
    .where('deleted_at', '<=', deletedBefore)
    .where('images.id', 'not in', beingScrubbed(db).where('former_status', '=', 'pending_delete'));
  if (behind !== undefined) {
    const last = db.selectFrom('images as last').select('last.deleted_at').where('last.id', '=', behind);
    images = images.where(({ eb, or, and }) =>
      or([eb('deleted_at', '>', last), and([eb('deleted_at', '=', last), eb('images.id', '>', behind)])]),
    );
  }
  const rows = await images.orderBy('deleted_at').orderBy('images.id').limit(dueAtOnce).execute();
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

/** Whether somebody is at work on what is due of the image, dead or alive. */
async function isTaken(reader: LocationReading, row: Selectable<ImagesTable>): Promise<boolean> {
  return isDelayed(row) ? isAboutAll(reader) : hasWork(reader, 'scrub');
}

/** Whether there is work on the image that may remove what was deleted with it. */
async function isAboutAll({ transaction, imageId }: LocationReading): Promise<boolean> {
  const query = transaction.selectFrom('lucarne_image_work').select('former_status');
  return (await ofImage(query, { imageId, kind: 'scrub' }).executeTakeFirst())?.former_status === 'pending_delete';
}

async function isDue(write: ImageWrite, row: Selectable<ImagesTable>, deletedBefore: string): Promise<boolean> {
  if (row.status === 'pending_delete') return isDelayed(row) && (row.deleted_at ?? '') <= deletedBefore;
  return (await waitingRows(write)).length > 0;
}

interface WaitingRows {
  /** Rows the image had when its deletion was put off. */
  readonly deleted: readonly LocationRow[];
  /** Rows that are the business of the work on the image; `others` are not. */
  readonly inScope: readonly LocationRow[];
  readonly others: readonly LocationRow[];
  readonly isRestorable: boolean;
}

async function waitingOn(reader: LocationReading): Promise<WaitingRows> {
  const row = await imageRow(reader);
  const rows = await rowsOf(reader);
  const waiting = rows.filter(({ status }) => status === 'pending_delete');
  if (row === undefined || !isDelayed(row)) return { deleted: [], inScope: waiting, others: [], isRestorable: false };
  const isOwnTime = ({ deletedAt }: LocationRow) => deletedAt === row.deleted_at;
  const deleted = rows.some(isOwnTime) ? waiting.filter(isOwnTime) : waiting;
  if (await isAboutAll(reader)) return { deleted, inScope: waiting, others: [], isRestorable: true };
  const dropped = waiting.filter((each) => !deleted.includes(each));
  return { deleted, inScope: dropped, others: deleted, isRestorable: true };
}

async function waitingFor(reader: LocationReading): Promise<WaitingData> {
  const { inScope, others, isRestorable } = await waitingOn(reader);
  const kept = [...(await activeLocations(reader)), ...others.map(({ location }) => location)];
  return { locations: distinct(inScope), keptUrls: kept.map(({ url }) => url), isRestorable };
}

/** Each URL once. */
function distinct(rows: readonly LocationRow[]): WaitingData['locations'] {
  return [...new Map(rows.map(({ location }) => [location.url, location])).values()];
}

/** An image whose deletion was put off is deleted for good when nothing of it waits any more. */
async function conclude(write: ImageWrite): Promise<void> {
  const row = await imageRow(write);
  if (row === undefined || !isDelayed(row) || (await waitingRows(write)).length > 0) return;
  await setImage(write, { status: 'deleted', updated_at: timeToSql(write.at) });
}

async function restore(write: ImageWrite, urls: readonly string[]): Promise<boolean> {
  const row = await imageRow(write);
  if (row === undefined || !isDelayed(row) || (await isTaken(write, row))) return false;
  const { deleted } = await waitingOn(write);
  const kept = deleted.filter(({ location }) => urls.includes(location.url));
  if (kept.length === 0) return false;
  await activateRows(write, kept);
  await markRows(
    write,
    deleted.filter((other) => !kept.includes(other)),
    'deleted',
  );
  if (row.deleted_at !== null) await reviveChildren(write, row.deleted_at);
  await setImage(write, { ...revivedStamps(write), status: 'active' });
  await tellSave(write);
  return true;
}
