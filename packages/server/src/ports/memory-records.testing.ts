/**
 * Image records, members and work in memory: what the use cases are tested on, and the shortest program that keeps the
 * promises of the ports. Each method does all it does in one turn, so calls never see each other half done.
 */
import { conflict, ImageServiceError, notFound } from '../domain/errors.ts';
import { sameImage } from '../domain/images/image-equality.ts';
import type { Image, ImageLocation, ImageMember } from '../domain/images/image.ts';
import { listStoredImages } from '../domain/images/list-model.testing.ts';
import { changedLocations, dropsLocations, locationChanges, sameLocations } from '../domain/images/locations.ts';
import { claimOf, grantClaim } from '../domain/images/project-limits.ts';
import type { Claim, LimitedResource, ProjectLimit } from '../domain/images/project-limits.ts';
import { checkAddedTagQuota, checkMemberQuota, checkTogether } from '../domain/images/quotas.ts';
import { isVisible } from '../domain/images/visibility.ts';
import type { Viewer } from '../domain/request-context.ts';
import type { TaskSortColumn } from '../domain/tasks/task-list.ts';
import { isUnfinished } from '../domain/tasks/task.ts';
import type { Task } from '../domain/tasks/task.ts';
import { clearedOfStores, importingProperty } from '../domain/tasks/import-task.ts';
import { requeued } from './image-change.ts';
import type { ImageChange } from './image-change.ts';
import type { ImageRepository, UpdateOptions } from './image-repository.ts';
import { statusDuring } from './image-work-repository.ts';
import type { ImageWork, ImageWorkRepository, Leftover, Reservation } from './image-work-repository.ts';
import type { MemberRepository } from './member-repository.ts';
import type { ProjectUsage, ResourceAmounts } from './project-usage.ts';
import type { TaskRepository } from './task-repository.ts';

export interface MemoryRecord {
  image: Image;
  /** Marked as deleted, with all that hangs on it. */
  deleted: boolean;
  members: MemoryMember[];
  /** Locations whose data wait to be removed. */
  waiting: ImageLocation[];
  /** Of an image whose deletion is put off: the image and the projects it was shared with before, and when that was. */
  former: { readonly image: Image; readonly members: ReadonlySet<MemoryMember>; readonly deletedAt: Date } | null;
}

interface MemoryMember {
  member: ImageMember;
  deleted: boolean;
}

interface MemoryWork {
  work: ImageWork;
  formerStatus: Image['status'] | null;
}

/** What a piece of work holds of a limit. */
export interface MemoryReservation extends Reservation {
  readonly imageId: string;
  readonly kind: ImageWork['kind'];
  readonly projectId: string | null;
}

export interface MemoryRecords {
  readonly records: Map<string, MemoryRecord>;
  readonly works: Map<string, MemoryWork>;
  readonly tasks: Map<string, Task>;
  readonly reservations: Map<string, MemoryReservation>;
}

export function openMemoryRecords(): MemoryRecords {
  return { records: new Map(), works: new Map(), tasks: new Map(), reservations: new Map() };
}

const goneStatuses: readonly string[] = ['deleted', 'pending_delete'];

export function liveRecord({ records }: MemoryRecords, id: string): MemoryRecord | undefined {
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

function withChange(image: Image, change: ImageChange, at: Date): Image {
  const { to = image.status, properties, addedLocations = [], removedUrls = [], ...attributes } = change;
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const changed: Image = { ...image, ...Object.fromEntries(given), status: to, updatedAt: at };
  const kept = changed.locations.filter(({ url }) => !removedUrls.includes(url));
  return { ...changed, locations: [...kept, ...addedLocations], properties: withProperties(image, properties) };
}

function withProperties(
  image: Image,
  changes: ReadonlyMap<string, string | null> = new Map(),
): ReadonlyMap<string, string | null> {
  const properties = new Map(image.properties);
  for (const [name, value] of changes) {
    if (value === null) properties.delete(name);
    else properties.set(name, value);
  }
  return properties;
}

export function memoryImageRepository(database: MemoryRecords): ImageRepository {
  const { records } = database;

  function requireLive(id: string): MemoryRecord {
    const record = liveRecord(database, id);
    if (record === undefined) throw notFound(`Image ${id} does not exist any more.`);
    return record;
  }

  return {
    async create(image, claims = []) {
      grantClaims(database, claims, null);
      if (records.has(image.id)) throw conflict(`Image ID ${image.id} is in use already.`);
      records.set(image.id, { image: copied(image), deleted: false, members: [], waiting: [], former: null });
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
      if (touchesData(before, after) && stored.status !== before.status) {
        throw conflict('The formats and data cannot be changed any more.');
      }
      const changed = { ...stored, ...changes(before, after, stored), updatedAt: after.updatedAt };
      if (options?.quotas !== undefined) checkTogether({ before, after }, changed, options.quotas);
      if (!sameLocations(before.locations, after.locations)) {
        relocate(database, record, { before, after, changed, options });
      } else record.image = changed;
      return copied(record.image);
    },

    async changeStatus(id, { from, ...change }, at) {
      const record = liveRecord(database, id);
      if (record === undefined || !from.includes(record.image.status)) return false;
      record.image = withChange(record.image, change, at);
      return true;
    },

    async listLocationUrls(id) {
      const record = records.get(id);
      return [...(record?.image.locations ?? []), ...(record?.waiting ?? [])].map(({ url }) => url);
    },

    async addTag(id, tag, { at, quota }) {
      const record = requireLive(id);
      const { tags } = record.image;
      if (!tags.includes(tag)) checkAddedTagQuota(id, tags.length + 1, quota);
      record.image = { ...record.image, tags: tags.includes(tag) ? tags : [...tags, tag], updatedAt: at };
    },

    async removeTag(id, tag, at) {
      const record = liveRecord(database, id);
      if (record === undefined || !record.image.tags.includes(tag)) return false;
      record.image = { ...record.image, tags: record.image.tags.filter((other) => other !== tag), updatedAt: at };
      return true;
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
  const { locations: _, ...changed } = Object.fromEntries(attributes);
  return { ...changed, properties, tags: [...tags] };
}

function touchesData(one: Image, other: Image): boolean {
  const names = ['diskFormat', 'containerFormat', 'status'] as const;
  return names.some((name) => one[name] !== other[name]) || !sameLocations(one.locations, other.locations);
}

function relocate(
  database: MemoryRecords,
  record: MemoryRecord,
  change: {
    readonly before: Image;
    readonly after: Image;
    readonly changed: Image;
    readonly options: UpdateOptions | undefined;
  },
): void {
  const { before, after, changed, options = {} } = change;
  const stored = record.image;
  if (!sameLocations(stored.locations, before.locations)) throw conflict('The locations changed meanwhile.');
  const { fates, added } = locationChanges(before.locations, after.locations);
  const { scrub, limits = [] } = options;
  if (dropsLocations(before.locations, after.locations)) {
    if (scrub === undefined) throw new Error('Locations are dropped only by work that removes their data.');
    const task = database.tasks.get(database.works.get(`task ${before.id}`)?.work.attemptId ?? '');
    if (task?.type === 'api_image_import') throw conflict('An import is at work on the image.');
  }
  const dropped = stored.locations.filter((_, index) => fates[index]?.kind === 'dropped');
  const next: MemoryRecord = {
    ...record,
    image: { ...changed, locations: changedLocations(before.locations, after.locations) },
    // Objects of their own, told apart from a location the image gets again.
    waiting: [...record.waiting, ...dropped.map((location) => ({ ...location }))],
  };
  if (added.length > 0) requireLimits(database, { imageId: before.id, record: next }, limits);
  if (scrub !== undefined) database.works.set(`scrub ${before.id}`, { work: scrub, formerStatus: null });
  Object.assign(record, next);
}

interface UsageQuestion {
  readonly resource: LimitedResource;
  readonly projectId: string | null;
  /** Whether something is to be compared with a limit. */
  readonly isCheck: boolean;
  readonly holder: ImageWork | null;
}

/** What is used of a resource, of what is stored and reserved. */
function usedAmount({ records, reservations }: MemoryRecords, question: UsageQuestion): number {
  const { resource, projectId, isCheck, holder } = question;
  const gone = isCheck ? ['killed', 'pending_delete'] : ['killed', ...goneStatuses];
  const staging = new Set(
    [...reservations.values()].filter((row) => row.resource === 'image_stage_total').map(({ imageId }) => imageId),
  );
  let amount = 0;
  for (const [imageId, { image, deleted, waiting }] of records) {
    if (deleted || gone.includes(image.status) || image.owner !== projectId) continue;
    const isCopied = (image.properties.get(importingProperty) ?? '') !== '';
    const isStaged = isCopied || ['uploading', 'importing'].includes(image.status);
    const countsElsewhere = isCheck && (staging.has(imageId) || holder?.imageId === imageId);
    const amounts: ResourceAmounts = {
      image_size_total: (image.sizeBytes ?? 0) * (image.locations.length + waiting.length),
      image_stage_total: isStaged && !countsElsewhere ? (image.sizeBytes ?? 0) : 0,
      image_count_total: 1,
      image_count_uploading: Number(isStaged || image.status === 'saving'),
    };
    amount += amounts[resource];
  }
  return amount;
}

function reservedAmount(
  { reservations }: MemoryRecords,
  { resource, projectId, holder }: Pick<UsageQuestion, 'resource' | 'projectId' | 'holder'>,
): number {
  return [...reservations.values()]
    .filter((row) => row.resource === resource && row.projectId === projectId)
    .filter((row) => row.imageId !== holder?.imageId || row.kind !== holder.kind)
    .reduce((sum, { amount }) => sum + amount, 0);
}

const sizes: readonly LimitedResource[] = ['image_size_total', 'image_stage_total'];

/** Grants all claims and reserves what is granted, or raises with nothing changed. */
function grantClaims(database: MemoryRecords, claims: readonly Claim[], holder: ImageWork | null): readonly number[] {
  const { reservations } = database;
  const granted = claims.map((claim) => {
    const { resource, projectId } = claim.limit;
    const reserved = sizes.includes(resource) ? reservedAmount(database, { resource, projectId, holder }) : 0;
    const byOthers = usedAmount(database, { resource, projectId, isCheck: true, holder }) + reserved;
    const held = holder === null ? undefined : reservations.get(`${holder.kind} ${holder.imageId} ${resource}`);
    return grantClaim(claim, { byOthers, held: held?.amount ?? 0 });
  });
  for (const [index, { limit }] of claims.entries()) {
    const { resource, projectId } = limit;
    if (holder === null || !sizes.includes(resource)) continue;
    const { imageId, kind } = holder;
    reservations.set(`${kind} ${imageId} ${resource}`, {
      imageId,
      kind,
      resource,
      projectId,
      amount: granted[index] ?? 0,
    });
  }
  return granted;
}

/** Raises when limits would not hold with a record as it is to be. */
function requireLimits(
  database: MemoryRecords,
  { imageId, record }: { readonly imageId: string; readonly record: MemoryRecord },
  limits: readonly ProjectLimit[],
): void {
  const then = { ...database, records: new Map(database.records).set(imageId, record) };
  const nothingMore = limits.map((limit) => claimOf(limit, 0));
  grantClaims(then, nothingMore, null);
}

/** Ends work with all it reserved. */
function endWork({ works, reservations }: MemoryRecords, { kind, imageId }: Pick<ImageWork, 'kind' | 'imageId'>): void {
  works.delete(`${kind} ${imageId}`);
  for (const [key, row] of reservations) if (row.kind === kind && row.imageId === imageId) reservations.delete(key);
}

/** Makes an attempt the one that works on the image. */
function recordWork(database: MemoryRecords, work: ImageWork, formerStatus: Image['status'] | null = null): void {
  endWork(database, work);
  database.works.set(`${work.kind} ${work.imageId}`, { work, formerStatus });
}

export function memoryProjectUsage(database: MemoryRecords): ProjectUsage {
  function ofEach(amountOf: (resource: LimitedResource) => number): ResourceAmounts {
    return {
      image_size_total: amountOf('image_size_total'),
      image_stage_total: amountOf('image_stage_total'),
      image_count_total: amountOf('image_count_total'),
      image_count_uploading: amountOf('image_count_uploading'),
    };
  }

  return {
    async show(projectId) {
      return ofEach((resource) => usedAmount(database, { resource, projectId, isCheck: false, holder: null }));
    },

    async showReserved(projectId) {
      return ofEach((resource) => reservedAmount(database, { resource, projectId, holder: null }));
    },

    async check(claims) {
      grantClaims(database, claims, null);
    },

    async reserve(work, claims) {
      const row = database.works.get(`${work.kind} ${work.imageId}`)?.work;
      if (row?.attemptId !== work.attemptId || row.leaseId !== work.leaseId) return undefined;
      return grantClaims(database, claims, work);
    },
  };
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

    async create(imageId, memberId, { at, quota }) {
      const record = liveRecord(database, imageId);
      if (record === undefined) throw notFound(`Image ${imageId} does not exist any more.`);
      checkMemberQuota(imageId, liveMembers(record).length + 1, quota);
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

/** Who brings data finds the image deleted and gives up; nobody would end these. */
const statusWhileDataCome: ReadonlySet<string> = new Set(['saving', 'uploading', 'importing']);

const lockProperty = 'os_glance_import_task';

function statusOf({ kind }: ImageWork): Image['status'] {
  return kind === 'stage' ? statusDuring.stage : statusDuring.upload;
}

/** A column as text that sorts as it does; nothing is empty text. */
function sortValue(task: Task, column: TaskSortColumn): string {
  const values: Readonly<Record<TaskSortColumn, string | Date | null>> = {
    id: task.id,
    type: task.type,
    status: task.status,
    owner: task.owner,
    expires_at: task.expiresAt,
    created_at: task.createdAt,
    updated_at: task.updatedAt,
    image_id: task.imageId,
    request_id: task.requestId,
    user_id: task.userId,
  };
  const value = values[column];
  return value instanceof Date ? value.toISOString() : (value ?? '');
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

export function memoryTaskRepository({ tasks }: MemoryRecords): TaskRepository {
  function isVisible(task: Task, viewer: Viewer): boolean {
    return viewer.isAdmin || task.owner === viewer.projectId;
  }

  return {
    async show(viewer, id) {
      const task = tasks.get(id);
      return task !== undefined && isVisible(task, viewer) ? task : undefined;
    },

    async list(query) {
      const found = [...tasks.values()].filter(
        (task) =>
          isVisible(task, query.viewer) &&
          (query.status === null || task.status === query.status) &&
          (query.type === null || task.type === query.type) &&
          [...query.exact].every(([column, value]) => sortValue(task, column) === value),
      );
      const columns = [query.sortColumn, 'created_at', 'id'] as const;
      const sign = query.direction === 'asc' ? 1 : -1;
      const compare = (one: Task, other: Task) =>
        sign *
        (columns
          .map((column) => compareText(sortValue(one, column), sortValue(other, column)))
          .find((order) => order !== 0) ?? 0);
      const marker = query.marker === null ? undefined : tasks.get(query.marker);
      const behind = marker === undefined ? found : found.filter((task) => compare(task, marker) > 0);
      return behind.toSorted(compare).slice(0, query.limit);
    },

    async expire(projectId, now) {
      for (const task of tasks.values()) {
        if (task.owner === projectId && task.expiresAt !== null && task.expiresAt <= now) tasks.delete(task.id);
      }
    },

    async listOfImage(viewer, imageId, now) {
      const isShown = ({ expiresAt }: Task) => expiresAt === null || expiresAt > now;
      return [...tasks.values()]
        .filter((task) => task.imageId === imageId && isVisible(task, viewer) && isShown(task))
        .toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
    },
  };
}

/** Whether a task is not over by other hands, and still has the import lock of an image that is there. */
function isInCharge(task: Task | undefined, record: MemoryRecord | undefined): boolean {
  if (task === undefined || !isUnfinished(task)) return false;
  return task.type === 'import' || record === undefined || record.image.properties.get(lockProperty) === task.id;
}

export function memoryImageWorkRepository(database: MemoryRecords): ImageWorkRepository {
  const { records, works, tasks } = database;

  function keyOf(work: Pick<ImageWork, 'kind' | 'imageId'>): string {
    return `${work.kind} ${work.imageId}`;
  }

  function held(work: ImageWork): MemoryWork | undefined {
    const row = works.get(keyOf(work));
    return row?.work.attemptId === work.attemptId && row.work.leaseId === work.leaseId ? row : undefined;
  }

  function recordLeftovers(work: ImageWork, leftovers: readonly Leftover[], at: Date): void {
    if (leftovers.length === 0) return;
    const known = works.get(`leftovers ${work.imageId}`)?.work.progress ?? '[]';
    const progress = JSON.stringify([...(JSON.parse(known) as readonly Leftover[]), ...leftovers]);
    const left: ImageWork = { ...work, kind: 'leftovers', progress, expiresAt: at };
    works.set(keyOf(left), { work: left, formerStatus: null });
  }

  function isBeingCleaned({ imageId }: ImageWork, at: Date): boolean {
    const left = works.get(`leftovers ${imageId}`);
    return left !== undefined && left.work.expiresAt > at;
  }

  /** Gives back what is held beyond these amounts. */
  function lower({ kind, imageId }: ImageWork, kept: readonly Reservation[]): void {
    for (const { resource, amount } of kept) {
      const key = `${kind} ${imageId} ${resource}`;
      const known = database.reservations.get(key);
      if (known !== undefined && known.amount > amount) database.reservations.set(key, { ...known, amount });
    }
  }

  function beingDeleted(imageId: string): MemoryRecord | undefined {
    const record = records.get(imageId);
    return record?.deleted === false && record.image.status === 'deleted' ? record : undefined;
  }

  return {
    async beginUpload(work, at, claims = []) {
      const record = liveRecord(database, work.imageId);
      if (record?.image.status !== 'queued' || isBeingCleaned(work, at)) return undefined;
      const image = { ...record.image, status: statusOf(work), updatedAt: at };
      const then = { ...database, records: new Map(records).set(work.imageId, { ...record, image }) };
      const attemptBefore = new Map(database.reservations);
      const former = works.get(keyOf(work));
      recordWork(database, work);
      try {
        grantClaims(then, claims, work);
      } catch (error) {
        for (const [key, reservation] of attemptBefore) database.reservations.set(key, reservation);
        if (former === undefined) works.delete(keyOf(work));
        else works.set(keyOf(work), former);
        throw error;
      }
      record.image = image;
      return copied(image);
    },

    async finishUpload(work, end, at) {
      if (held(work) === undefined) return 'lease-lost';
      const record = liveRecord(database, work.imageId);
      if (record?.image.status !== statusOf(work)) return 'image-gone';
      record.image = withChange(record.image, end, at);
      endWork(database, work);
      return 'finished';
    },

    async undoUpload(work, at, { leftovers = [] } = {}) {
      if (held(work) === undefined) return false;
      endWork(database, work);
      recordLeftovers(work, leftovers, at);
      const record = liveRecord(database, work.imageId);
      if (record?.image.status === statusOf(work)) record.image = withChange(record.image, requeued, at);
      return true;
    },

    async beginTask(work, { task, from, isStale }, at) {
      const record = liveRecord(database, work.imageId);
      if (record === undefined) return { kind: 'image-gone' };
      if (!from.includes(record.image.status)) return { kind: 'wrong-status', image: copied(record.image) };
      if (isBeingCleaned(work, at) || works.has(`stage ${work.imageId}`)) return { kind: 'locked' };
      if (record.waiting.length > 0) return { kind: 'locked' };
      const holderId = record.image.properties.get(lockProperty);
      if (holderId !== undefined) {
        const holder = tasks.get(holderId ?? '');
        if (!isStale(holder)) return { kind: 'locked' };
        record.image = withChange(record.image, { properties: clearedOfStores(record.image, holder) }, at);
        if (holder !== undefined)
          tasks.set(holder.id, { ...holder, status: 'failure', message: 'stale', updatedAt: at });
      }
      record.image = withChange(record.image, { properties: new Map([[lockProperty, task.id]]) }, at);
      tasks.set(task.id, task);
      recordWork(database, work);
      return { kind: 'begun', image: copied(record.image) };
    },

    async recordTask(work, task) {
      tasks.set(task.id, task);
      recordWork(database, work);
    },

    async advanceTask(work, step, at) {
      const row = held(work);
      if (row === undefined) return 'lease-lost';
      const record = liveRecord(database, work.imageId);
      const onlyEnds = step.ends === true && step.image === undefined && step.task === undefined;
      if (!onlyEnds && work.kind === 'task' && !isInCharge(tasks.get(work.attemptId), record)) return 'lease-lost';
      if (step.image !== undefined) {
        const { from, ...change } = step.image;
        if (record === undefined || !from.includes(record.image.status)) return 'image-gone';
        const image = withChange(record.image, change, at);
        const before = new Map(database.reservations);
        try {
          lower(work, step.leavesReserved ?? []);
          requireLimits(database, { imageId: work.imageId, record: { ...record, image } }, step.limits ?? []);
        } catch (error) {
          for (const [key, reservation] of before) database.reservations.set(key, reservation);
          throw error;
        }
        record.image = image;
      } else lower(work, step.leavesReserved ?? []);
      const task = tasks.get(work.attemptId);
      if (task !== undefined) tasks.set(task.id, { ...task, ...step.task, updatedAt: at });
      row.work = {
        ...row.work,
        progress: step.progress ?? row.work.progress,
        expiresAt: step.expiresAt ?? row.work.expiresAt,
      };
      if (step.ends === true) endWork(database, work);
      // The lock goes also while the image is being deleted: the deletion may be taken back.
      const locked = records.get(work.imageId);
      if (step.ends === true && locked?.image.properties.get(lockProperty) === work.attemptId) {
        locked.image = { ...locked.image, properties: withProperties(locked.image, new Map([[lockProperty, null]])) };
      }
      recordLeftovers(work, step.leftovers ?? [], at);
      return 'finished';
    },

    async beginDelete(work, check) {
      const row = held(work);
      if (row !== undefined) {
        const record = beingDeleted(work.imageId);
        const status = row.formerStatus ?? 'queued';
        return record === undefined ? undefined : { ...copied(record.image), status };
      }
      const record = liveRecord(database, work.imageId);
      if (record === undefined) return undefined;
      const image = copied(record.image);
      check(image);
      record.image = { ...record.image, status: 'deleted' };
      works.set(keyOf(work), { work, formerStatus: image.status });
      return image;
    },

    async finishDelete(work, at, status = 'deleted') {
      endWork(database, work);
      const record = beingDeleted(work.imageId);
      if (record === undefined) return false;
      record.deleted = true;
      if (status === 'pending_delete') {
        const members = new Set(record.members.filter(({ deleted }) => !deleted));
        record.former = { image: record.image, members, deletedAt: at };
        record.waiting.push(...record.image.locations);
      }
      record.image = { ...record.image, status, locations: [], tags: [], properties: new Map(), updatedAt: at };
      for (const member of record.members) member.deleted = true;
      return true;
    },

    async revertDelete(work) {
      const row = held(work);
      if (row === undefined) return false;
      endWork(database, work);
      const record = beingDeleted(work.imageId);
      const status = statusWhileDataCome.has(row.formerStatus ?? 'queued') ? 'queued' : (row.formerStatus ?? 'queued');
      if (record !== undefined) record.image = { ...record.image, status };
      return true;
    },

    async renew(work) {
      const row = held(work);
      if (row === undefined) return false;
      const isUpload = work.kind === 'upload' || work.kind === 'stage';
      if (isUpload && liveRecord(database, work.imageId)?.image.status !== statusOf(work)) return false;
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
