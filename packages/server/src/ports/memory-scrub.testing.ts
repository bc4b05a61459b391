/** Data that wait to be removed, in memory. */
import { liveRecord } from './memory-records.testing.ts';
import type { MemoryRecord, MemoryRecords } from './memory-records.testing.ts';
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

  function conclude(record: MemoryRecord): void {
    if (isDelayed(record) && record.waiting.length === 0) record.image = { ...record.image, status: 'deleted' };
  }

  return {
    async listDue(deletedBefore) {
      const due = [...records].filter(([id, record]) => isDue(record, deletedBefore) && !works.has(`scrub ${id}`));
      const deletedAt = (record: MemoryRecord) => record.former?.deletedAt.getTime() ?? 0;
      return due
        .toSorted(([, one], [, other]) => deletedAt(one) - deletedAt(other))
        .map(([id]) => id)
        .slice(0, 100);
    },

    async begin(work, deletedBefore) {
      const record = records.get(work.imageId);
      if (record === undefined || works.has(`scrub ${work.imageId}`) || !isDue(record, deletedBefore)) return false;
      works.set(`scrub ${work.imageId}`, { work, formerStatus: null });
      return true;
    },

    async listWaiting(work) {
      const record = records.get(work.imageId);
      if (record === undefined || !isHeld(work)) return undefined;
      const locations = new Map(record.waiting.map((location) => [location.url, location]));
      return {
        locations: [...locations.values()],
        keptUrls: record.image.locations.map(({ url }) => url),
        isRestorable: isDelayed(record),
      };
    },

    async markRemoved(work, url) {
      const record = records.get(work.imageId);
      if (record === undefined || !isHeld(work)) return false;
      record.waiting = record.waiting.filter((location) => location.url !== url);
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
      const isLost = !isDelayed(record) || works.has(`scrub ${imageId}`) || record.waiting.length === 0;
      return isLost ? { kind: 'gone' } : { kind: 'restorable', locations: record.waiting };
    },

    async restore(imageId, urls, at) {
      const record = records.get(imageId);
      if (record === undefined || !isDelayed(record) || works.has(`scrub ${imageId}`)) return false;
      const locations = record.waiting.filter(({ url }) => urls.includes(url));
      const { former } = record;
      if (locations.length === 0 || former === null) return false;
      const properties = new Map([...former.image.properties].filter(([name]) => !workNotes.includes(name)));
      record.image = { ...former.image, status: 'active', properties, locations, updatedAt: at };
      for (const member of former.members) member.deleted = false;
      Object.assign(record, { deleted: false, waiting: [], former: null });
      return true;
    },
  };
}

function isDelayed({ image, deleted }: MemoryRecord): boolean {
  return image.status === 'pending_delete' && deleted;
}

function isDue(record: MemoryRecord, deletedBefore: Date): boolean {
  if (record.image.status !== 'pending_delete') return record.waiting.length > 0;
  return record.former !== null && record.former.deletedAt <= deletedBefore;
}
