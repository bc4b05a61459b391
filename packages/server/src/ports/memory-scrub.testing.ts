/** Data that wait to be removed, in memory. */
import { liveRecord } from './memory-records.testing.ts';
import type { MemoryRecord, MemoryRecords } from './memory-records.testing.ts';
import type { ImageLocation } from '../domain/images/image.ts';
import type { ImageWork } from './image-work-repository.ts';
import type { ScrubRepository } from './scrub-repository.ts';

const workNotes = [
  'os_glance_import_task',
  'os_glance_hash_op_host',
  'os_glance_importing_to_stores',
  'os_glance_stage_host',
];

export function memoryScrubRepository(database: MemoryRecords): ScrubRepository {
  const { records, works } = database;

  function isHeld(work: ImageWork): boolean {
    const row = works.get(`scrub ${work.imageId}`)?.work;
    return row?.attemptId === work.attemptId && row.leaseId === work.leaseId;
  }

  /** Whether somebody is at work on what is due of the image. */
  function isTaken(imageId: string, record: MemoryRecord): boolean {
    const row = works.get(`scrub ${imageId}`);
    return row !== undefined && (!isDelayed(record) || row.formerStatus === 'pending_delete');
  }

  /** Waiting locations that are the business of the work on the image. */
  function scopeOf(imageId: string, record: MemoryRecord): readonly ImageLocation[] {
    const isWhole = !isDelayed(record) || works.get(`scrub ${imageId}`)?.formerStatus === 'pending_delete';
    return isWhole ? record.waiting : record.waiting.filter((location) => !ofDeletion(record).includes(location));
  }

  function conclude(record: MemoryRecord): void {
    if (isDelayed(record) && record.waiting.length === 0) record.image = { ...record.image, status: 'deleted' };
  }

  return {
    async listDue(deletedBefore, behind) {
      const deletedAt = (id: string) => records.get(id)?.former?.deletedAt.getTime() ?? 0;
      const compare = (one: string, other: string) =>
        deletedAt(one) - deletedAt(other) || (one < other ? -1 : Number(one > other));
      const due = [...records]
        .filter(([id, record]) => isDue(record, deletedBefore) && !isTaken(id, record))
        .map(([id]) => id)
        .toSorted(compare);
      return due.filter((id) => behind === undefined || compare(id, behind) > 0).slice(0, 100);
    },

    async begin(work, deletedBefore) {
      const record = records.get(work.imageId);
      if (record === undefined || isTaken(work.imageId, record) || !isDue(record, deletedBefore)) return false;
      works.set(`scrub ${work.imageId}`, { work, formerStatus: record.image.status });
      return true;
    },

    async listWaiting(work) {
      const record = records.get(work.imageId);
      if (record === undefined || !isHeld(work)) return undefined;
      const scope = scopeOf(work.imageId, record);
      const others = record.waiting.filter((location) => !scope.includes(location));
      return {
        locations: [...new Map(scope.map((location) => [location.url, location])).values()],
        keptUrls: [...record.image.locations, ...others].map(({ url }) => url),
        isRestorable: isDelayed(record),
      };
    },

    async markRemoved(work, url) {
      const record = records.get(work.imageId);
      if (record === undefined || !isHeld(work)) return false;
      const scope = scopeOf(work.imageId, record);
      record.waiting = record.waiting.filter((location) => location.url !== url || !scope.includes(location));
      conclude(record);
      return true;
    },

    async giveBack(work, url, at) {
      const record = liveRecord(database, work.imageId);
      if (record === undefined || !isHeld(work)) return false;
      const given = record.waiting.filter((location) => location.url === url);
      record.waiting = record.waiting.filter((location) => location.url !== url);
      record.image = { ...record.image, locations: [...record.image.locations, ...given], updatedAt: at };
      return true;
    },

    async end(work) {
      if (!isHeld(work)) return;
      works.delete(`scrub ${work.imageId}`);
      const record = records.get(work.imageId);
      if (record !== undefined) conclude(record);
    },

    async findDeleted(imageId) {
      const record = records.get(imageId);
      if (record === undefined) return { kind: 'unknown' };
      if (liveRecord(database, imageId) !== undefined) return { kind: 'live' };
      const locations = ofDeletion(record);
      const isLost = !isDelayed(record) || isTaken(imageId, record) || locations.length === 0;
      return isLost ? { kind: 'gone' } : { kind: 'restorable', locations };
    },

    async restore(imageId, urls, at) {
      const record = records.get(imageId);
      if (record === undefined || !isDelayed(record) || isTaken(imageId, record)) return false;
      const deleted = ofDeletion(record);
      const locations = deleted.filter(({ url }) => urls.includes(url));
      const { former } = record;
      if (locations.length === 0 || former === null) return false;
      const properties = new Map([...former.image.properties].filter(([name]) => !workNotes.includes(name)));
      record.image = { ...former.image, status: 'active', properties, locations, updatedAt: at };
      for (const member of former.members) member.deleted = false;
      const waiting = record.waiting.filter((location) => !deleted.includes(location));
      Object.assign(record, { deleted: false, waiting, former: null });
      return true;
    },
  };
}

function isDelayed({ image, deleted }: MemoryRecord): boolean {
  return image.status === 'pending_delete' && deleted;
}

/** Waiting locations that the image had when it was deleted; the others were dropped before. */
function ofDeletion({ waiting, former }: MemoryRecord): readonly ImageLocation[] {
  return waiting.filter((location) => former?.image.locations.includes(location));
}

function isDue(record: MemoryRecord, deletedBefore: Date): boolean {
  if (record.image.status !== 'pending_delete') return record.waiting.length > 0;
  return record.former !== null && record.former.deletedAt <= deletedBefore;
}
