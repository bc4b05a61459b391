/**
 * A whole service in memory for tests of the use cases: processes that share one database, one store and one clock,
 * and can be broken, stopped and killed at any call they make to the outside.
 */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { isImageServiceError } from '../domain/errors.ts';
import { sampleImage } from '../domain/images/image-samples.testing.ts';
import type { Image } from '../domain/images/image.ts';
import { validateBody, validateValue } from '../domain/images/schema-stand-in.testing.ts';
import { sampleContext, sampleEngine } from '../domain/policy/policy-samples.testing.ts';
import type { RuleSource } from '../domain/policy/rule-parser.ts';
import { protectionsOf } from '../domain/property-protections/protection-samples.testing.ts';
import type { ProtectionRows } from '../domain/property-protections/protection-samples.testing.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { Clock } from '../ports/clock.ts';
import { closedOutbox } from '../ports/event-outbox.ts';
import type { DataHasher } from '../ports/data-hasher.ts';
import { openTestJobs } from '../ports/background-jobs.testing.ts';
import type { TestJobs } from '../ports/background-jobs.testing.ts';
import { countedIds, startFakeClock } from '../ports/fake-clock.testing.ts';
import type { FakeClock } from '../ports/fake-clock.testing.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { ImageStores } from '../ports/image-stores.ts';
import { memoryMetadefRepository, openMemoryMetadefs } from '../ports/memory-metadefs.testing.ts';
import {
  memoryImageRepository,
  memoryImageWorkRepository,
  memoryMemberRepository,
  memoryProjectUsage,
  memoryTaskRepository,
  openMemoryRecords,
} from '../ports/memory-records.testing.ts';
import type { MemoryRecords } from '../ports/memory-records.testing.ts';
import type { ProjectLimits } from '../ports/project-limits.ts';
import { memoryScrubRepository } from '../ports/memory-scrub.testing.ts';
import { openMemoryStaging } from '../ports/memory-staging.testing.ts';
import type { MemoryStaging } from '../ports/memory-staging.testing.ts';
import { openMemoryStore } from '../ports/memory-store.testing.ts';
import type { MemoryStore } from '../ports/memory-store.testing.ts';
import { openMemoryWeb } from '../ports/memory-web.testing.ts';
import type { MemoryWeb } from '../ports/memory-web.testing.ts';
import { startPlainHasher } from '../ports/plain-hasher.testing.ts';
import type { PlainHasher } from '../ports/plain-hasher.testing.ts';
import { recoverExpiredWork } from './recover-work.ts';
import type { DeletionOptions, ImageLimits, ImportOptions, LocationOptions, ServiceParts } from './service-parts.ts';

export const leaseSeconds = 30;

export const owner = sampleContext({ projectId: 'own', roles: ['member', 'reader'] });
export const reader = sampleContext({ projectId: 'own', roles: ['reader'] });
export const stranger = sampleContext({ projectId: 'other', roles: ['member', 'reader'] });
export const administrator = sampleContext({ projectId: 'operators', roles: ['admin', 'member'], isAdmin: true });

export interface TestService {
  readonly database: MemoryRecords;
  /** The default store. */
  readonly store: MemoryStore;
  /** Stores by id: the default one alone, or as many as asked for. */
  readonly stores: ReadonlyMap<string, MemoryStore>;
  readonly staging: MemoryStaging;
  readonly web: MemoryWeb;
  readonly jobs: TestJobs;
  readonly hasher: PlainHasher;
  readonly clock: FakeClock;
  /** Events reported, in order. */
  readonly reports: string[];
  readonly parts: ServiceParts;
}

export interface ServiceOptions {
  readonly limits?: Partial<ImageLimits>;
  readonly rules?: Readonly<Record<string, RuleSource>>;
  /** False: the former defaults, with ownership hard-coded behind them. */
  readonly enforceNewDefaults?: boolean;
  readonly hashAlgorithm?: string;
  readonly bufferBytes?: number;
  /** Ids of several stores, the default one first; one store without an id when left out. */
  readonly stores?: readonly string[];
  readonly imports?: Partial<ImportOptions>;
  readonly locations?: Partial<LocationOptions>;
  readonly deletion?: Partial<DeletionOptions>;
  readonly selfUrl?: string;
  /** Limits of Keystone, the same for every project. */
  readonly projectLimits?: ProjectLimits;
  /** Sections as `pattern: [create, read, update, delete]`, each a list of roles. */
  readonly protections?: ProtectionRows;
  readonly explainsDenials?: boolean;
}

const generousLimits: ImageLimits = {
  memberQuota: 10,
  propertyQuota: 10,
  tagQuota: 10,
  sizeCapBytes: 1_000_000,
  userStorageQuotaBytes: 0,
  defaultLimit: 25,
  maxLimit: 1000,
};

const plainStore = { kind: 'file', description: '', weight: 0, readOnly: false, properties: {} };

const openImports: ImportOptions = {
  methods: ['glance-direct', 'web-download', 'copy-image', 'glance-download'],
  plugins: [],
  maxParallelStores: 1,
  filter: {
    allowedSchemes: ['http', 'https'],
    disallowedSchemes: [],
    allowedHosts: [],
    disallowedHosts: [],
    allowedPorts: [],
    disallowedPorts: [],
  },
  taskTimeToLiveHours: 48,
  downloadedProperties: ['hw_', 'os_distro'],
};

export function openTestService(options: ServiceOptions = {}): TestService {
  const database = openMemoryRecords();
  const stores = new Map(
    (options.stores ?? ['file']).map((id) => [id, openMemoryStore(options.stores === undefined ? undefined : id)]),
  );
  const attached = [...stores].map(([id, store]) => ({ ...plainStore, id, store }));
  const [byDefault] = attached;
  if (byDefault === undefined) throw new Error('A service has a store.');
  const imageStores = { multiStore: options.stores !== undefined, attached, default: byDefault };
  const staging = openMemoryStaging();
  const web = openMemoryWeb();
  const jobs = openTestJobs();
  const hasher = startPlainHasher(options.bufferBytes);
  const clock = startFakeClock();
  const reports: string[] = [];
  const engine = sampleEngine(options.rules, {
    enforceNewDefaults: options.enforceNewDefaults ?? true,
    explainsDenials: options.explainsDenials ?? false,
  });
  return {
    database,
    store: byDefault.store,
    stores,
    staging,
    web,
    jobs,
    hasher,
    clock,
    reports,
    parts: {
      images: memoryImageRepository(database),
      members: memoryMemberRepository(database),
      work: memoryImageWorkRepository(database),
      scrub: memoryScrubRepository(database),
      usage: memoryProjectUsage(database),
      projectLimits: options.projectLimits ?? null,
      cache: null,
      tasks: memoryTaskRepository(database),
      stores: imageStores,
      staging,
      web,
      jobs,
      peers: { passOn: () => Promise.reject(new Error('There are no other nodes.')) },
      selfUrl: options.selfUrl ?? null,
      imports: { ...openImports, ...options.imports },
      locations: { areShown: true, quota: 10, doSecureHash: true, hashRetries: 2, ...options.locations },
      deletion: { delaySeconds: null, scrubPoolSize: 2, ...options.deletion },
      hasher,
      events: closedOutbox,
      clock,
      ids: countedIds(),
      policy: { current: () => engine },
      protections: options.protections === undefined ? null : protectionsOf(options.protections),
      limits: { ...generousLimits, ...options.limits },
      data: {
        hashAlgorithm: options.hashAlgorithm ?? 'sha512',
        leaseSeconds,
        inspection: { requireFormatMatch: true, gptSafetyChecksNonfatal: [] },
      },
      taskSchema: () => null,
      imageSchema: { image: validateBody, value: validateValue },
      metadefs: memoryMetadefRepository(openMemoryMetadefs()),
      metadefSchemas: { problem: () => null },
      auditTask: () => undefined,
      inform: () => undefined,
      report: (event) => void reports.push(event),
    },
  };
}

export async function addImage(service: TestService, overrides: Partial<Image> = {}): Promise<Image> {
  const image = sampleImage({ id: service.parts.ids.next(), ...overrides });
  await service.parts.images.create(image);
  return image;
}

/** An active image that has these data. */
export async function addActiveImage(
  service: TestService,
  bytes: Uint8Array,
  overrides: Partial<Image> = {},
): Promise<Image> {
  const id = service.parts.ids.next();
  const writer = service.store.write(id, id);
  await writer.open();
  await writer.write(bytes);
  const { url, sizeBytes } = await writer.commit();
  return addImage(service, {
    id,
    status: 'active',
    sizeBytes,
    checksum: createHash('md5').update(bytes).digest('hex'),
    hashAlgorithm: 'sha512',
    hashValue: createHash('sha512').update(bytes).digest('hex'),
    locations: [{ url, metadata: {} }],
    ...overrides,
  });
}

export function findImage(service: TestService, imageId: string): Promise<Image | undefined> {
  return service.parts.images.show(administrator, imageId);
}

export async function* bodyOf(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** Code of the error, `none` without one, or the text of an error that is not the service's. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return isImageServiceError(error) ? error.code : String(error);
  }
}

/** What makes calls to the outside fail, wait or end: asked before and after each of them. */
export interface Interference {
  before(call: string): Promise<void> | void;
  after(call: string): Promise<void> | void;
}

/** Methods that give something at once; they cannot be waited for. */
const immediate = new Set([
  'store.write',
  'store.owns',
  'staging.write',
  'staging.pathOf',
  'data.chunks',
  'hasher.acquireBuffer',
  'hasher.releaseBuffer',
  'hasher.start',
  'hash.abort',
  'reader.chunks',
]);

/** The parts as one process has them whose every call to the outside passes by `interference`. */
export function interfereWith(parts: ServiceParts, interference: Interference): ServiceParts {
  function watched<Part extends object>(noun: string, part: Part): Part {
    return new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        const call = `${noun}.${String(name)}`;
        // A proxy stands before any method of any part: the types are those of the part it stands for.
        const method = member.bind(target) as (...input: unknown[]) => unknown;
        if (immediate.has(call)) {
          return (...input: unknown[]) => wrapped(call, method(...input));
        }
        return async (...input: unknown[]) => {
          await interference.before(call);
          const result = await method(...input);
          await interference.after(call);
          return wrapped(call, result);
        };
      },
    });
  }

  function watchedStores(stores: ImageStores): ImageStores {
    const attached = stores.attached.map((each) => ({ ...each, store: watched<ImageStore>('store', each.store) }));
    const byDefault = attached.find(({ id }) => id === stores.default.id) ?? stores.default;
    return { ...stores, attached, default: byDefault };
  }

  function wrapped(call: string, result: unknown): unknown {
    const noun = {
      'store.write': 'writer',
      'staging.write': 'writer',
      'store.read': 'reader',
      'staging.read': 'reader',
      'web.open': 'data',
      'hasher.start': 'hash',
    }[call];
    return noun === undefined || typeof result !== 'object' || result === null ? result : watched(noun, result);
  }

  return {
    ...parts,
    images: watched('images', parts.images),
    members: watched('members', parts.members),
    work: watched('work', parts.work),
    usage: watched('usage', parts.usage),
    projectLimits: parts.projectLimits === null ? null : watched('projectLimits', parts.projectLimits),
    scrub: watched('scrub', parts.scrub),
    stores: watchedStores(parts.stores),
    staging: watched('staging', parts.staging),
    tasks: watched('tasks', parts.tasks),
    web: watched('web', parts.web),
    hasher: watched<DataHasher>('hasher', parts.hasher),
  };
}

/** Names of the calls a piece of work makes. */
export async function callsOf(
  service: TestService,
  work: (parts: ServiceParts) => Promise<unknown>,
): Promise<readonly string[]> {
  const calls: string[] = [];
  await work(
    interfereWith(service.parts, {
      before: (call) => void calls.push(call),
      after: () => undefined,
    }),
  );
  return calls;
}

/** Where work is interrupted: before or after the effect of its n-th call, counted from 0. */
export interface Moment {
  readonly call: number;
  readonly when: 'before' | 'after';
}

export function momentsOf(calls: readonly string[]): readonly Moment[] {
  return calls.flatMap((_, call) => (['before', 'after'] as const).map((when) => ({ call, when })));
}

function atMoment(moment: Moment, act: () => Promise<void> | void): Interference {
  let calls = -1;
  // Work may make calls at the same time; each is told by the number it began with.
  let reached = false;
  return {
    before() {
      calls += 1;
      if (calls !== moment.call) return;
      if (moment.when === 'before') return act();
      reached = true;
    },
    after() {
      if (!reached) return;
      reached = false;
      return act();
    },
  };
}

/** A process of which one call fails. */
export function failingAt(service: TestService, moment: Moment, error: Error): ServiceParts {
  return interfereWith(
    service.parts,
    atMoment(moment, () => {
      throw error;
    }),
  );
}

export interface StoppedProcess {
  readonly parts: ServiceParts;
  /** Resolves when the moment came. From then on nothing happens in the process. */
  readonly stopped: Promise<void>;
  /** Lets it go on; never called, the process is dead. */
  resume(): void;
}

/** A process that stands still from a moment on, with all its timers. */
export function stoppingAt(service: TestService, moment: Moment): StoppedProcess {
  const stop = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let standsStill = false;
  const arrival = atMoment(moment, () => {
    standsStill = true;
    stop.resolve();
  });
  async function pass(meet: () => Promise<void> | void): Promise<void> {
    await meet();
    if (standsStill) await goOn.promise;
  }
  const clock: Clock = {
    now: () => service.clock.now(),
    every: (milliseconds, task) =>
      service.clock.every(milliseconds, async () => {
        if (!standsStill) await task();
      }),
  };
  return {
    parts: {
      ...interfereWith(service.parts, {
        before: (call) => pass(() => arrival.before(call)),
        after: (call) => pass(() => arrival.after(call)),
      }),
      clock,
    },
    stopped: stop.promise,
    resume() {
      standsStill = false;
      goOn.resolve();
    },
  };
}

/** What others do about work whose worker is gone: wait for the lease to end, and recover. */
export async function recoverEverything(service: TestService): Promise<void> {
  await service.clock.advance(leaseSeconds + 1);
  await recoverExpiredWork(service.parts);
}

/**
 * Invariants 1 to 4 of the architecture, for when nothing is under way: an image is active if and only if it has its
 * data, every object has exactly one owner, nothing is left of any work, nothing is stuck.
 */
export function expectOrder({ database, store, hasher }: TestService): void {
  const owned: string[] = [];
  for (const { image, deleted } of database.records.values()) {
    if (deleted) {
      expect(image).toMatchObject({ status: 'deleted', locations: [] });
      continue;
    }
    expect(['queued', 'active', 'deactivated']).toContain(image.status);
    if (image.status === 'queued') {
      expect(image).toMatchObject({ sizeBytes: null, checksum: null, hashValue: null, locations: [] });
      continue;
    }
    expect(image.locations).toHaveLength(1);
    for (const { url } of image.locations) {
      owned.push(url);
      const bytes = store.objects.get(url);
      expect(bytes?.byteLength).toBe(image.sizeBytes);
      expect(
        createHash('md5')
          .update(bytes ?? '')
          .digest('hex'),
      ).toBe(image.checksum);
    }
  }
  expect([...store.objects.keys()].toSorted()).toEqual(owned.toSorted());
  expect([...store.temporaries.keys()]).toEqual([]);
  expect([...database.works.values()]).toEqual([]);
  expect([...database.reservations.values()]).toEqual([]);
  expect(hasher.buffersOut()).toBe(0);
}

export function contextOf(projectId: string, ...roles: readonly string[]): RequestContext {
  return sampleContext({ projectId, roles });
}
