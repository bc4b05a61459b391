/** Imports whose stores, rivals and neighbours misbehave: what nobody may lose, and what must not stay. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError, forbidden, limitExceeded } from '../../domain/errors.ts';
import { openTestJobs } from '../../ports/background-jobs.testing.ts';
import { deactivateImage } from '../images/change-activation.ts';
import { deleteImage } from '../images/delete.ts';
import { updateImage } from '../images/update.ts';
import { stageImageData } from '../image-data/stage.ts';
import { uploadImageData } from '../image-data/upload.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  bodyOf,
  findImage,
  interfereWith,
  leaseSeconds,
  openTestService,
  outcomeOf,
  owner,
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { createTask } from '../tasks/tasks.ts';
import { startImport } from './start-import.ts';

const bytes = randomBytes(300_000);
const url = 'http://mirror.example/disk.raw';
const webDownload = { method: { name: 'web-download', uri: url } };
const copyImage = { method: { name: 'copy-image' } };
const away = new ImageServiceError('unavailable', 'The store is away.');
const full = limitExceeded('The store is full.');

function open(options: ServiceOptions = {}): TestService {
  const service = openTestService({ stores: ['fast', 'slow', 'spare'], ...options });
  service.web.pages.set(url, { bytes });
  return service;
}

function begin(parts: ServiceParts, imageId: string, body: object): Promise<void> {
  const call = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;
  return startImport(parts, administrator, { imageId, body, storeHeader: null, call });
}

function stage(parts: ServiceParts, imageId: string): Promise<void> {
  return stageImageData(parts, owner, { imageId, expectedBytes: null, body: () => bodyOf(bytes) });
}

interface Halt {
  readonly parts: ServiceParts;
  readonly reached: Promise<void>;
  goOn(): void;
}

/** A process that stands still, with its timers, before the n-th call of that name. */
function haltBefore(service: TestService, parts: ServiceParts, name: string, nth = 0): Halt {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let count = -1;
  let isHalted = false;
  const interference = {
    async before(call: string) {
      if (call !== name) return;
      count += 1;
      if (count !== nth) return;
      isHalted = true;
      reached.resolve();
      await goOn.promise;
      isHalted = false;
    },
    after: () => undefined,
  };
  const clock = {
    now: () => service.clock.now(),
    every: (milliseconds: number, task: () => Promise<void>) =>
      service.clock.every(milliseconds, async () => {
        if (!isHalted) await task();
      }),
  };
  return { parts: { ...interfereWith(parts, interference), clock }, reached: reached.promise, goOn: goOn.resolve };
}

type StoreCall = 'open' | 'write' | 'commit' | 'discard' | 'delete';

/** A service one of whose stores fails at some calls, as long as `isBroken` says so. */
function withBrokenStore(
  { parts }: TestService,
  storeId: string,
  failures: Partial<Record<StoreCall, Error>>,
  isBroken: () => boolean = () => true,
): ServiceParts {
  function failing<Call extends (...input: never[]) => Promise<unknown>>(call: StoreCall, act: Call): Call {
    const broken = async (...input: Parameters<Call>) => {
      const failure = failures[call];
      if (failure !== undefined && isBroken()) throw failure;
      return act(...input);
    };
    // It takes and gives what the call it stands for does, unless it raises.
    return broken as unknown as Call;
  }
  const attached = parts.stores.attached.map((each) => {
    if (each.id !== storeId) return each;
    const { store } = each;
    const write: typeof store.write = (...input) => {
      const writer = store.write(...input);
      return {
        ...writer,
        open: failing('open', writer.open),
        write: failing('write', writer.write),
        commit: failing('commit', writer.commit),
      };
    };
    return {
      ...each,
      store: { ...store, write, discard: failing('discard', store.discard), delete: failing('delete', store.delete) },
    };
  });
  const byDefault = attached.find(({ id }) => id === parts.stores.default.id) ?? parts.stores.default;
  return { ...parts, stores: { ...parts.stores, attached, default: byDefault } };
}

/** Another process on the same database and stores. */
function another(service: TestService): ServiceParts & { readonly jobs: ReturnType<typeof openTestJobs> } {
  return { ...service.parts, jobs: openTestJobs() };
}

async function recover(service: TestService, parts: ServiceParts = service.parts, rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await service.clock.advance(leaseSeconds + 1);
    await recoverExpiredWork(parts);
    await service.jobs.settled();
  }
}

function tasks(service: TestService) {
  return [...service.database.tasks.values()].map(({ status, message }) => [status, message]);
}

/** What an image is and where it is; every location has its object, and no object is without one. */
async function settledImage(service: TestService, imageId: string) {
  const image = await findImage(service, imageId);
  const urls = image?.locations.map((location) => location.url) ?? [];
  const objects = [...service.stores.values()].flatMap((store) => [...store.objects.keys()]);
  expect(objects.toSorted()).toEqual(urls.toSorted());
  for (const store of service.stores.values()) expect([...store.temporaries.keys()]).toEqual([]);
  expect([...service.database.works.values()]).toEqual([]);
  expect(image?.properties.has('os_glance_import_task') ?? false).toBe(false);
  return { status: image?.status, stores: image?.locations.map(({ metadata }) => metadata['store']) };
}

describe('A store out of order', () => {
  const isOptional = { all_stores_must_succeed: false };

  test.each([1, 3])('is done without where it may be, %d at a time, and cleaned when it is back', async (atOnce) => {
    const service = open({ imports: { maxParallelStores: atOnce } });
    const { id } = await addImage(service);
    let isBroken = false;
    const parts = withBrokenStore(service, 'slow', { write: away, discard: away }, () => isBroken);
    service.web.pages.set(url, { bytes, beforeData: async () => void (isBroken = true) });
    await begin(parts, id, { ...webDownload, stores: ['slow', 'fast', 'spare'], ...isOptional });
    await service.jobs.settled();
    expect((await findImage(service, id))?.status).toBe('active');
    expect(tasks(service)).toEqual([['success', '']]);
    await recover(service, parts);
    expect(service.database.works.size).toBe(1);
    isBroken = false;
    await recover(service, parts, 1);
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast', 'spare'] });
  });

  test('does not keep an import from ending that it has failed, nor the image from another one', async () => {
    const service = open();
    const { id } = await addImage(service);
    let isBroken = true;
    const parts = withBrokenStore(service, 'slow', { commit: away, discard: away }, () => isBroken);
    await begin(parts, id, { ...webDownload, stores: ['fast', 'slow'] });
    await service.jobs.settled();
    expect((await findImage(service, id))?.status).toBe('queued');
    expect(tasks(service)).toEqual([['failure', 'Store slow: The store is away.']]);
    await begin(service.parts, id, webDownload);
    await service.jobs.settled();
    isBroken = false;
    await recover(service, parts);
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
  });

  test('that holds on to a store’s file after the image was deleted lets go of it when it is back', async () => {
    const service = open();
    const { id } = await addImage(service);
    let isBroken = true;
    const parts = withBrokenStore(service, 'slow', { commit: away, discard: away }, () => isBroken);
    await begin(parts, id, { ...webDownload, stores: ['slow'] });
    await service.jobs.settled();
    await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
    isBroken = false;
    await recover(service, parts);
    expect(await settledImage(service, id)).toEqual({ status: undefined, stores: undefined });
  });

  test('that hangs does not keep other work from being recovered', async () => {
    const service = open();
    const { id } = await addImage(service);
    const upload = haltBefore(service, service.parts, 'writer.commit');
    const input = { imageId: id, storeId: 'slow', expectedBytes: null, body: () => bodyOf(bytes) };
    void uploadImageData(upload.parts, owner, input).catch(() => undefined);
    await upload.reached;
    const other = await addImage(service);
    const second = haltBefore(service, service.parts, 'writer.commit');
    void uploadImageData(second.parts, owner, { ...input, imageId: other.id, storeId: 'fast' }).catch(() => undefined);
    await second.reached;
    await service.clock.advance(leaseSeconds + 1);
    const attached = service.parts.stores.attached.map((each) =>
      each.id === 'slow'
        ? { ...each, store: { ...each.store, discard: () => new Promise<void>(() => undefined) } }
        : each,
    );
    const recovery = recoverExpiredWork({ ...service.parts, stores: { ...service.parts.stores, attached } });
    const isOver = recovery.then(() => true);
    // How soon the recovery looks at the clock is its own affair.
    const impatient = () => Promise.race([isOver, new Promise((resolve) => setImmediate(resolve))]);
    while ((await impatient()) !== true) await service.clock.advance(leaseSeconds + 1);
    expect(await recovery).toBe(1);
    expect((await findImage(service, other.id))?.status).toBe('queued');
  });

  test('gives back at once what its writer held', async () => {
    const service = open({ imports: { maxParallelStores: 3 } });
    const { id } = await addImage(service);
    const parts = withBrokenStore(service, 'slow', { write: full });
    const slow = parts.stores.attached.find((each) => each.id === 'slow');
    const held = new Set<object>();
    const attached = parts.stores.attached.map((each) => {
      if (each !== slow) return each;
      const write: typeof each.store.write = (...input) => {
        const writer = each.store.write(...input);
        const key = {};
        const abort = async () => void held.delete(key);
        return { ...writer, open: async () => void (await writer.open(), held.add(key)), abort };
      };
      return { ...each, store: { ...each.store, write } };
    });
    await begin({ ...parts, stores: { ...parts.stores, attached } }, id, {
      ...webDownload,
      all_stores: true,
      ...isOptional,
    });
    await service.jobs.settled();
    expect(held.size).toBe(0);
  });
});

describe('A process that stands still for longer than its lease', () => {
  test('in the middle of undoing does no harm to what a later import stored', async () => {
    for (const call of ['store.discard', 'staging.removeAll']) {
      for (let nth = 0; nth < 3; nth += 1) {
        const service = open();
        const { id } = await addImage(service);
        const broken = withBrokenStore(service, 'slow', { commit: full });
        const stalled = haltBefore(service, broken, call, nth);
        await begin(stalled.parts, id, { ...webDownload, stores: ['fast', 'slow'] });
        await Promise.race([stalled.reached, service.jobs.settled()]);
        await service.clock.advance(leaseSeconds + 1);
        const living = another(service);
        await recoverExpiredWork(living);
        await living.jobs.settled();
        await outcomeOf(begin(living, id, webDownload));
        await living.jobs.settled();
        stalled.goOn();
        await service.jobs.settled();
        await recover(service);
        const { status } = await settledImage(service, id);
        expect(['active', 'queued']).toContain(status);
      }
    }
  });

  test('before it stages does not remove what was staged since', async () => {
    const service = open();
    const { id } = await addImage(service);
    const stalled = haltBefore(service, service.parts, 'staging.removeAll');
    const outcome = outcomeOf(stage(stalled.parts, id));
    await stalled.reached;
    await service.clock.advance(leaseSeconds + 1);
    await recoverExpiredWork(service.parts);
    await stage(service.parts, id);
    stalled.goOn();
    expect(await outcome).toBe('gone');
    expect([...service.staging.files.keys()]).toEqual([id]);
  });
});

describe('Somebody who changes the image meanwhile', () => {
  test.each(['writer.write', 'work.renew', 'staging.removeAll', 'work.finishUpload'])(
    'by deleting it before %s of staging has its data removed: notFound',
    async (call) => {
      const service = open();
      const { id } = await addImage(service);
      const stalled = haltBefore(service, service.parts, call);
      const outcome = outcomeOf(stage(stalled.parts, id));
      await Promise.race([stalled.reached, outcome]);
      await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
      stalled.goOn();
      expect(await outcome).toBe('notFound');
      expect([...service.staging.files.keys()]).toEqual([]);
      expect(service.database.reservations.size).toBe(0);
    },
  );

  test('by uploading data while the import waits for its turn has an active image', async () => {
    const service = open();
    const { id } = await addImage(service);
    const waiting: (() => Promise<void>)[] = [];
    const jobs = { ...service.jobs, start: (job: () => Promise<void>) => void waiting.push(job) };
    await begin({ ...service.parts, jobs }, id, webDownload);
    await uploadImageData(service.parts, owner, {
      imageId: id,
      storeId: null,
      expectedBytes: null,
      body: () => bodyOf(bytes),
    });
    for (const job of waiting) service.jobs.start(job);
    await service.jobs.settled();
    expect(tasks(service)).toEqual([['failure', 'The image became active while it was being imported.']]);
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
  });

  test('by staging data while the import waits for its turn has them staged', async () => {
    const service = open();
    const { id } = await addImage(service);
    const waiting: (() => Promise<void>)[] = [];
    const jobs = { ...service.jobs, start: (job: () => Promise<void>) => void waiting.push(job) };
    await begin({ ...service.parts, jobs }, id, webDownload);
    await stage(service.parts, id);
    for (const job of waiting) service.jobs.start(job);
    await service.jobs.settled();
    await begin(service.parts, id, { method: { name: 'glance-direct' } });
    await service.jobs.settled();
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
  });

  test('by deactivating it during a copy gets the copy, and a deactivated image', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    const copying = haltBefore(service, service.parts, 'writer.open', 1);
    await begin(copying.parts, image.id, { ...copyImage, stores: ['slow'] });
    await copying.reached;
    await deactivateImage(service.parts, administrator, image.id);
    copying.goOn();
    await service.jobs.settled();
    expect(await settledImage(service, image.id)).toEqual({ status: 'deactivated', stores: [undefined, 'slow'] });
  });

  test('by changing its formats does not get around what the data were judged by', async () => {
    const service = open();
    const { id } = await addImage(service, { containerFormat: 'ova' });
    const importing = haltBefore(service, service.parts, 'writer.commit', 1);
    await begin(importing.parts, id, webDownload);
    await importing.reached;
    const document = [{ op: 'replace', path: '/container_format', value: 'bare' }];
    await outcomeOf(updateImage(service.parts, owner, { imageId: id, dialect: 'v2.1', document, precondition: null }));
    importing.goOn();
    await service.jobs.settled();
    expect(await findImage(service, id)).toMatchObject({ status: 'active', containerFormat: 'ova' });
  });

  test('by deleting it, which its store refuses, has it with all its copies', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    const copying = haltBefore(service, service.parts, 'writer.open', 2);
    await begin(copying.parts, image.id, { ...copyImage, stores: ['slow', 'spare'] });
    await copying.reached;
    const refusing = withBrokenStore(service, 'fast', { delete: forbidden('It is immutable.') });
    const deleting = haltBefore(service, refusing, 'store.delete');
    const outcome = outcomeOf(
      deleteImage(deleting.parts, owner, { imageId: image.id, precondition: null, call: null }),
    );
    await deleting.reached;
    copying.goOn();
    await service.jobs.settled();
    deleting.goOn();
    expect(await outcome).toBe('forbidden');
    expect(await settledImage(service, image.id)).toEqual({ status: 'active', stores: [undefined, 'slow'] });
  });

  test('by copying it first keeps that copy when a later one fails', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    const broken = withBrokenStore(service, 'spare', { commit: full });
    const later = haltBefore(service, broken, 'work.beginTask');
    const second = begin(later.parts, image.id, { ...copyImage, stores: ['slow', 'spare'] });
    await later.reached;
    await begin(service.parts, image.id, { ...copyImage, stores: ['slow'] });
    await service.jobs.settled();
    later.goOn();
    await second;
    await service.jobs.settled();
    expect(await settledImage(service, image.id)).toEqual({ status: 'active', stores: [undefined, 'slow'] });
  });

  test('and takes the import lock, as another server may, has the import to itself', async () => {
    const service = open();
    const { id } = await addImage(service);
    const importing = haltBefore(service, service.parts, 'writer.commit', 1);
    await begin(importing.parts, id, webDownload);
    await importing.reached;
    const properties = new Map([['os_glance_import_task', 'of-another-server']]);
    await service.parts.images.changeStatus(id, { from: ['importing'], properties }, service.clock.now());
    for (const task of service.database.tasks.values()) {
      service.database.tasks.set(task.id, { ...task, status: 'failure', message: 'stolen' });
    }
    importing.goOn();
    await service.jobs.settled();
    expect(await findImage(service, id)).toMatchObject({ status: 'importing', locations: [] });
    expect(tasks(service)).toEqual([['failure', 'stolen']]);
  });

  test('by importing while the data are still being staged is told to wait: conflict', async () => {
    const service = open();
    const { id } = await addImage(service);
    const staging = haltBefore(service, service.parts, 'writer.commit');
    const staged = stage(staging.parts, id);
    await staging.reached;
    expect(await outcomeOf(begin(service.parts, id, { method: { name: 'glance-direct' } }))).toBe('conflict');
    staging.goOn();
    await staged;
    await begin(service.parts, id, { method: { name: 'glance-direct' } });
    await service.jobs.settled();
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
  });
});

describe('A database that does not answer', () => {
  test('when staged data are written down loses neither them nor the image', async () => {
    const service = open();
    const { id } = await addImage(service);
    const parts = interfereWith(service.parts, {
      before: () => undefined,
      after(call) {
        if (call === 'work.finishUpload') throw away;
      },
    });
    expect(await outcomeOf(stage(parts, id))).toBe('unavailable');
    await recover(service);
    await begin(service.parts, id, { method: { name: 'glance-direct' } });
    await service.jobs.settled();
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
  });

  test('when the lease is confirmed does not fail the import', async () => {
    const service = open();
    const { id } = await addImage(service);
    let confirmations = 0;
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call !== 'work.advanceTask') return;
        confirmations += 1;
        if (confirmations === 3) throw away;
      },
      after: () => undefined,
    });
    await begin(parts, id, webDownload);
    await service.jobs.settled();
    await recover(service);
    expect(await settledImage(service, id)).toEqual({ status: 'active', stores: ['fast'] });
    expect(tasks(service)).toEqual([['success', '']]);
  });
});

test('A task that made its image and dies while it takes it back leaves none', async () => {
  const input = { import_from: 'http://mirror.example/missing', import_from_format: 'raw', image_properties: {} };
  for (const call of ['work.beginDelete', 'work.finishDelete', 'staging.removeAll']) {
    const service = open();
    const dying = haltBefore(service, service.parts, call);
    await createTask(dying.parts, administrator, async () => ({ type: 'import', input }));
    await dying.reached;
    const living = another(service);
    for (let round = 0; round < 3; round += 1) {
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(living);
      await living.jobs.settled();
    }
    expect([...service.database.records.values()].map(({ deleted }) => deleted)).toEqual([true]);
    expect(tasks(service)).toEqual([['failure', 'http://mirror.example/missing answered 404.']]);
    expect(service.database.works.size).toBe(0);
  }
});
