/**
 * Image records, members and work in memory: what the use cases are tested on, and the shortest program that keeps the
 * promises of the three ports. Each method does all it does in one turn, so calls never see each other half done.
 */
import { conflict, ImageServiceError, notFound } from '../domain/errors.ts';
import { sameImage } from '../domain/images/image-equality.ts';
import type { Image, ImageMember } from '../domain/images/image.ts';
import { listStoredImages } from '../domain/images/list-model.testing.ts';
import { isVisible } from '../domain/images/visibility.ts';
import type { ImageRepository, StatusChange } from './image-repository.ts';
import { requeued } from './image-repository.ts';
import type { ImageWork, ImageWorkRepository } from './image-work-repository.ts';
import type { MemberRepository } from './member-repository.ts';

interface MemoryRecord {
  image: Image;
  /** Marked as deleted, with all that hangs on it. */
  deleted: boolean;
  members: MemoryMember[];
}

interface MemoryMember {
  member: ImageMember;
  deleted: boolean;
}

interface MemoryWork {
  work: ImageWork;
  formerStatus: Image['status'] | null;
}

export interface MemoryRecords {
  readonly records: Map<string, MemoryRecord>;
  readonly works: Map<string, MemoryWork>;
}

export function openMemoryRecords(): MemoryRecords {
  return { records: new Map(), works: new Map() };
}

const goneStatuses: readonly string[] = ['deleted', 'pending_delete'];

function liveRecord({ records }: MemoryRecords, id: string): MemoryRecord | undefined {
  const record = records.get(id);
  return record === undefined || record.deleted || goneStatuses.includes(record.image.status) ? undefined : record;
}

function liveMembers(record: MemoryRecord): readonly ImageMember[] {
  return record.members.filter(({ deleted }) => !deleted).map(({ member }) => member);
}

/** What an image looks like to whoever reads it: nothing in it can be changed by changing the stored one. */
function copied(image: Image): Image {
  return {
    ...image,
    properties: new Map(image.properties),
    tags: [...image.tags],
    locations: [...image.locations],
  };
}

function withStatus(image: Image, { to, ...attributes }: StatusChange, at: Date): Image {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return { ...image, ...Object.fromEntries(given), status: to, updatedAt: at };
}

export function memoryImageRepository(database: MemoryRecords): ImageRepository {
  const { records } = database;

  function requireLive(id: string): MemoryRecord {
    const record = liveRecord(database, id);
    if (record === undefined) throw notFound(`Image ${id} does not exist any more.`);
    return record;
  }

  return {
    async create(image) {
      if (records.has(image.id)) throw conflict(`Image ID ${image.id} is in use already.`);
      records.set(image.id, { image: copied(image), deleted: false, members: [] });
    },

    async show(viewer, id) {
      const record = liveRecord(database, id);
      return record !== undefined && isVisible(record.image, liveMembers(record), viewer)
        ? copied(record.image)
        : undefined;
    },

    async list(query) {
      const stored = [...records.values()].map((record) => ({ image: record.image, members: liveMembers(record) }));
      return listStoredImages(stored, query).map(copied);
    },

    async findMarker(viewer, id) {
      if (viewer.isAdmin) return records.has(id) ? 'found' : 'unknown';
      const record = liveRecord(database, id);
      return record !== undefined && isVisible(record.image, liveMembers(record), viewer) ? 'found' : 'unknown';
    },

    async update(before, after, options) {
      const record = requireLive(before.id);
      const stored = record.image;
      if (options?.onlyIfUnchanged === true && !sameImage(stored, before)) {
        throw new ImageServiceError('preconditionFailed', 'The image was changed meanwhile.');
      }
      const sameFormats = before.diskFormat === after.diskFormat && before.containerFormat === after.containerFormat;
      if (!sameFormats && stored.status !== before.status) throw conflict('The formats cannot be changed any more.');
      record.image = { ...stored, ...changes(before, after, stored), updatedAt: after.updatedAt };
      return copied(record.image);
    },

    async changeStatus(id, { from, ...change }, at) {
      const record = liveRecord(database, id);
      if (record === undefined || !from.includes(record.image.status)) return false;
      record.image = withStatus(record.image, change, at);
      return true;
    },

    async addTag(id, tag, at) {
      const record = requireLive(id);
      const { tags } = record.image;
      record.image = { ...record.image, tags: tags.includes(tag) ? tags : [...tags, tag], updatedAt: at };
    },

    async removeTag(id, tag, at) {
      const record = liveRecord(database, id);
      if (record === undefined || !record.image.tags.includes(tag)) return false;
      record.image = { ...record.image, tags: record.image.tags.filter((other) => other !== tag), updatedAt: at };
      return true;
    },

    async storedBytes(projectId, exceptImageId) {
      return sumStoredBytes(database, projectId, exceptImageId);
    },
  };
}

/** What `after` changes in `before`, carried over to what is stored. */
function changes(before: Image, after: Image, stored: Image): Partial<Image> {
  const attributes = Object.entries(after).filter(([name, value]) => before[name as keyof Image] !== value);
  const properties = new Map(stored.properties);
  for (const name of before.properties.keys()) if (!after.properties.has(name)) properties.delete(name);
  for (const [name, value] of after.properties) {
    if (before.properties.get(name) !== value) properties.set(name, value);
  }
  const tags = new Set(stored.tags);
  for (const tag of before.tags) if (!after.tags.includes(tag)) tags.delete(tag);
  for (const tag of after.tags) if (!before.tags.includes(tag)) tags.add(tag);
  return { ...Object.fromEntries(attributes), properties, tags: [...tags], locations: stored.locations };
}

function sumStoredBytes({ records }: MemoryRecords, projectId: string | null, exceptImageId: string): number {
  let bytes = 0;
  for (const { image, deleted } of records.values()) {
    const counts = !deleted && image.status !== 'killed' && !goneStatuses.includes(image.status);
    if (!counts || image.owner !== projectId || image.id === exceptImageId) continue;
    bytes += (image.sizeBytes ?? 0) * image.locations.length;
  }
  return bytes;
}

export function memoryMemberRepository(database: MemoryRecords): MemberRepository {
  function find(imageId: string, memberId: string): MemoryMember | undefined {
    return database.records.get(imageId)?.members.find(({ member }) => member.memberId === memberId);
  }

  return {
    async list(imageId, only) {
      const record = database.records.get(imageId);
      if (record === undefined) return [];
      return liveMembers(record).filter(({ memberId }) => only === undefined || memberId === only);
    },

    async show(imageId, memberId) {
      const row = find(imageId, memberId);
      return row?.deleted === false ? row.member : undefined;
    },

    async create(imageId, memberId, at) {
      const record = liveRecord(database, imageId);
      if (record === undefined) throw notFound(`Image ${imageId} does not exist any more.`);
      const row = find(imageId, memberId);
      if (row?.deleted === false) throw conflict(`Image ${imageId} is shared with project ${memberId} already.`);
      const createdAt = row?.member.createdAt ?? at;
      const member: ImageMember = { imageId, memberId, status: 'pending', createdAt, updatedAt: at };
      if (row === undefined) record.members.push({ member, deleted: false });
      else Object.assign(row, { member, deleted: false });
      return member;
    },

    async update(imageId, memberId, { status, at }) {
      const row = find(imageId, memberId);
      if (row === undefined || row.deleted) return undefined;
      row.member = { ...row.member, status, updatedAt: at };
      return row.member;
    },

    async delete(imageId, memberId) {
      const row = find(imageId, memberId);
      if (row === undefined || row.deleted) return false;
      row.deleted = true;
      return true;
    },
  };
}

export function memoryImageWorkRepository(database: MemoryRecords): ImageWorkRepository {
  const { records, works } = database;

  function keyOf(work: Pick<ImageWork, 'kind' | 'imageId'>): string {
    return `${work.kind} ${work.imageId}`;
  }

  function held(work: ImageWork): MemoryWork | undefined {
    const row = works.get(keyOf(work));
    return row?.work.attemptId === work.attemptId && row.work.leaseId === work.leaseId ? row : undefined;
  }

  function beingDeleted(imageId: string): MemoryRecord | undefined {
    const record = records.get(imageId);
    return record?.deleted === false && record.image.status === 'deleted' ? record : undefined;
  }

  return {
    async beginUpload(work, at) {
      const record = liveRecord(database, work.imageId);
      if (record?.image.status !== 'queued') return undefined;
      record.image = { ...record.image, status: 'saving', updatedAt: at };
      works.set(keyOf(work), { work, formerStatus: null });
      return copied(record.image);
    },

    async finishUpload(work, { quota = null, ...end }, at) {
      if (held(work) === undefined) return 'lease-lost';
      const size = end.sizeBytes ?? 0;
      if (quota !== null && sumStoredBytes(database, quota.projectId, work.imageId) + size > quota.bytes) {
        return 'over-quota';
      }
      const record = liveRecord(database, work.imageId);
      if (record?.image.status !== 'saving') return 'image-gone';
      record.image = withStatus(record.image, end, at);
      works.delete(keyOf(work));
      return 'finished';
    },

    async undoUpload(work, at) {
      if (held(work) === undefined) return false;
      works.delete(keyOf(work));
      const record = liveRecord(database, work.imageId);
      if (record?.image.status === 'saving') record.image = withStatus(record.image, requeued, at);
      return true;
    },

    async beginDelete(work, check) {
      if (held(work) !== undefined) {
        const record = beingDeleted(work.imageId);
        return record === undefined ? undefined : copied(record.image);
      }
      const record = liveRecord(database, work.imageId);
      if (record === undefined) return undefined;
      const image = copied(record.image);
      check(image);
      record.image = { ...record.image, status: 'deleted' };
      works.set(keyOf(work), { work, formerStatus: image.status });
      return image;
    },

    async finishDelete(work, at) {
      works.delete(keyOf(work));
      const record = beingDeleted(work.imageId);
      if (record === undefined) return false;
      record.deleted = true;
      record.image = { ...record.image, locations: [], tags: [], properties: new Map(), updatedAt: at };
      for (const member of record.members) member.deleted = true;
      return true;
    },

    async revertDelete(work) {
      const row = held(work);
      if (row === undefined) return false;
      works.delete(keyOf(work));
      const record = beingDeleted(work.imageId);
      const status = row.formerStatus === 'saving' ? 'queued' : (row.formerStatus ?? 'queued');
      if (record !== undefined) record.image = { ...record.image, status };
      return true;
    },

    async renew(work) {
      const row = held(work);
      if (row === undefined) return false;
      if (work.kind === 'upload' && liveRecord(database, work.imageId)?.image.status !== 'saving') return false;
      row.work = work;
      return true;
    },

    async takeOver(expired, lease) {
      const row = held(expired);
      if (row === undefined || row.work.expiresAt.getTime() !== expired.expiresAt.getTime()) return false;
      row.work = { ...expired, ...lease };
      return true;
    },

    async listExpired(now, imageId) {
      return [...works.values()]
        .map(({ work }) => work)
        .filter((work) => work.expiresAt <= now && (imageId === undefined || work.imageId === imageId))
        .toSorted((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime())
        .slice(0, 100);
    },
  };
}
