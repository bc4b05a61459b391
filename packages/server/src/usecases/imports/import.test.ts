import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError, limitExceeded } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { deleteImage } from '../images/delete.ts';
import { stageImageData } from '../image-data/stage.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  bodyOf,
  findImage,
  interfereWith,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  stoppingAt,
  callsOf,
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { startImport } from './start-import.ts';

const bytes = randomBytes(300_000);
const url = 'http://mirror.example/disk.raw';
const threeStores = ['fast', 'slow', 'spare'] as const;

const noCall = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;

interface ImportCall {
  readonly as?: RequestContext;
  readonly storeHeader?: string;
}

function begin(parts: ServiceParts, imageId: string, body: object, call: ImportCall = {}): Promise<void> {
  const { as = owner, storeHeader = null } = call;
  return startImport(parts, as, { imageId, body, storeHeader, call: noCall });
}

function open(options: ServiceOptions = {}): TestService {
  const service = openTestService({ stores: threeStores, ...options });
  service.web.pages.set(url, { bytes });
  return service;
}

function stage(parts: ServiceParts, imageId: string): Promise<void> {
  return stageImageData(parts, owner, { imageId, expectedBytes: null, body: () => bodyOf(bytes) });
}

const webDownload = { method: { name: 'web-download', uri: url } };
const glanceDirect = { method: { name: 'glance-direct' } };
const copyImage = { method: { name: 'copy-image' } };

/** What a client sees of an import that is over. */
async function ended(service: TestService, imageId: string) {
  await service.jobs.settled();
  const image = await findImage(service, imageId);
  return {
    status: image?.status,
    stores: image?.locations.map(({ metadata }) => metadata['store']),
    importing: image?.properties.get('os_glance_importing_to_stores'),
    failed: image?.properties.get('os_glance_failed_import'),
    task: [...service.database.tasks.values()].at(-1)?.status,
  };
}

function lastTask(service: TestService): Task | undefined {
  return [...service.database.tasks.values()].at(-1);
}

/** A store that fails at that call. */
function failing(service: TestService, storeId: string, call: 'open' | 'write' | 'commit', error: Error): ServiceParts {
  const attached = service.parts.stores.attached.map((each) => {
    if (each.id !== storeId) return each;
    const store = {
      ...each.store,
      write(imageId: string, uploadId: string) {
        return { ...each.store.write(imageId, uploadId), [call]: () => Promise.reject(error) };
      },
    };
    return { ...each, store };
  });
  const byDefault = attached.find(({ id }) => id === service.parts.stores.default.id);
  if (byDefault === undefined) throw new Error('There is a default store.');
  return { ...service.parts, stores: { ...service.parts.stores, attached, default: byDefault } };
}

/** Nothing is left of any work: no lock, no lease, no staged file, no object without a location. */
async function expectNothingLeft(service: TestService, staged: readonly string[] = []): Promise<void> {
  expect([...service.database.works.values()]).toEqual([]);
  expect(await service.staging.listImages()).toEqual(staged);
  expect(service.hasher.buffersOut()).toBe(0);
  const owned: string[] = [];
  for (const { image, deleted } of service.database.records.values()) {
    expect(image.properties.has('os_glance_import_task')).toBe(false);
    if (!deleted) owned.push(...image.locations.map((location) => location.url));
  }
  const stored = [...service.stores.values()].flatMap((store) => [...store.objects.keys()]);
  expect(stored.toSorted()).toEqual(owned.toSorted());
  for (const store of service.stores.values()) expect(store.temporaries.size).toBe(0);
}

describe('An import', () => {
  test('by web-download fetches the data and makes the image active', async () => {
    const service = open();
    const { id } = await addImage(service);
    await begin(service.parts, id, webDownload);
    const outcome = await ended(service, id);
    expect(service.web.openAnswers()).toBe(0);
    expect(outcome).toEqual({ status: 'active', stores: ['fast'], importing: '', failed: '', task: 'success' });
    expect(service.store.objects.get(`memory://fast/${id}`)).toEqual(bytes);
    expect(lastTask(service)).toMatchObject({ type: 'api_image_import', result: { image_id: id }, message: '' });
    await expectNothingLeft(service);
  });

  test('by glance-direct takes what was staged', async () => {
    const service = open({ selfUrl: 'http://node-1' });
    const { id } = await addImage(service);
    await stage(service.parts, id);
    const staged = await findImage(service, id);
    expect(staged).toMatchObject({ status: 'uploading', sizeBytes: bytes.byteLength, locations: [] });
    expect(staged?.properties.get('os_glance_stage_host')).toBe('http://node-1');
    await begin(service.parts, id, { ...glanceDirect, stores: ['slow', 'fast'] });
    expect(await ended(service, id)).toMatchObject({ status: 'active', stores: ['slow', 'fast'], importing: '' });
    expect((await findImage(service, id))?.properties.has('os_glance_stage_host')).toBe(false);
    await expectNothingLeft(service);
  });

  test('by copy-image adds stores to an active image', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    await begin(service.parts, image.id, { ...copyImage, stores: ['slow'] }, { as: administrator });
    expect(await ended(service, image.id)).toMatchObject({ status: 'active', failed: '', task: 'success' });
    const copied = await findImage(service, image.id);
    expect(copied?.locations.map((location) => location.url)).toEqual([
      `memory://fast/${image.id}`,
      `memory://slow/${image.id}`,
    ]);
    expect(copied).toMatchObject({ checksum: image.checksum, hashValue: image.hashValue });
    await expectNothingLeft(service);
  });

  test('copies to all stores that lack the image, and is done at once when none does', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    await begin(service.parts, image.id, { ...copyImage, all_stores: true }, { as: administrator });
    await service.jobs.settled();
    expect((await findImage(service, image.id))?.locations).toHaveLength(3);
    await begin(service.parts, image.id, { ...copyImage, all_stores: true }, { as: administrator });
    expect(service.database.tasks.size).toBe(1);
  });

  test.each([1, 2, 3])('fills three stores, %d at a time, and reads the data once for each time', async (atOnce) => {
    const service = open({ imports: { maxParallelStores: atOnce } });
    const { id } = await addImage(service);
    let reads = 0;
    const parts = interfereWith(service.parts, {
      before: (call) => void (reads += call === 'staging.read' ? 1 : 0),
      after: () => undefined,
    });
    await begin(parts, id, { ...webDownload, all_stores: true });
    expect(await ended(service, id)).toMatchObject({ status: 'active', stores: [...threeStores], task: 'success' });
    expect(reads).toBe(Math.ceil(3 / atOnce));
    for (const name of threeStores) {
      expect(service.stores.get(name)?.objects.get(`memory://${name}/${id}`)).toEqual(bytes);
    }
    await expectNothingLeft(service);
  });

  test('shows its progress while it runs: importing, the lock, the stores', async () => {
    const service = open();
    const { id } = await addImage(service);
    let seen: Image | undefined;
    service.web.pages.set(url, {
      bytes,
      beforeData: async () => {
        seen = await findImage(service, id);
      },
    });
    await begin(service.parts, id, { ...webDownload, stores: ['slow', 'fast'] });
    await service.jobs.settled();
    expect(seen?.status).toBe('importing');
    expect(seen?.properties.get('os_glance_importing_to_stores')).toBe('fast,slow');
    expect(seen?.properties.get('os_glance_import_task')).toBe(lastTask(service)?.id);
  });
});

describe('An import that fails', () => {
  test.each([
    ['the page is not there', { bytes, status: 404 }, `${url} answered 404.`],
    ['the data break off', { bytes, breaksAfterBytes: 70_000 }, `${url} broke off after 70000 of 300000 bytes.`],
    ['the server has an error', { bytes, status: 503 }, `${url} answered 503.`],
  ])('because %s: queued, and the task says so', async (_, page, message) => {
    const service = open();
    service.web.pages.set(url, page);
    const { id } = await addImage(service);
    await begin(service.parts, id, { ...webDownload, stores: ['fast', 'slow'] });
    const outcome = await ended(service, id);
    expect(outcome).toEqual({ status: 'queued', stores: [], importing: '', failed: 'fast,slow', task: 'failure' });
    expect(lastTask(service)?.message).toBe(message);
    expect(service.web.openAnswers()).toBe(0);
    await expectNothingLeft(service);
    service.web.pages.set(url, { bytes });
    await begin(service.parts, id, webDownload);
    expect(await ended(service, id)).toMatchObject({ status: 'active', failed: 'slow' });
  });

  test('because the data are not what the image says: queued, nothing stored', async () => {
    const service = open();
    const { id } = await addImage(service, { diskFormat: 'qcow2' });
    await begin(service.parts, id, webDownload);
    expect(await ended(service, id)).toMatchObject({ status: 'queued', failed: 'fast', task: 'failure' });
    await expectNothingLeft(service);
  });

  test('because the image would be larger than allowed: queued', async () => {
    const service = open({ limits: { sizeCapBytes: 1000 } });
    const { id } = await addImage(service);
    await begin(service.parts, id, webDownload);
    expect(await ended(service, id)).toMatchObject({ status: 'queued', task: 'failure' });
    expect(lastTask(service)?.message).toContain('1000 bytes');
    await expectNothingLeft(service);
  });

  const full = limitExceeded('The store is full.');
  const calls = ['open', 'write', 'commit'] as const;

  describe.each([1, 3])('in one of three stores, %d at a time', (atOnce) => {
    const options = { imports: { maxParallelStores: atOnce } };

    test.each(calls)('at %s: web-download is undone as a whole', async (call) => {
      const service = open(options);
      const { id } = await addImage(service);
      await begin(failing(service, 'slow', call, full), id, { ...webDownload, all_stores: true });
      const outcome = await ended(service, id);
      expect(outcome).toEqual({ status: 'queued', stores: [], importing: '', failed: 'slow', task: 'failure' });
      expect(lastTask(service)?.message).toBe('Store slow: The store is full.');
      const image = await findImage(service, id);
      expect(image).toMatchObject({ sizeBytes: null, checksum: null, hashAlgorithm: null, hashValue: null });
      await expectNothingLeft(service);
    });

    test.each(calls)('at %s: glance-direct keeps the staged data for another try', async (call) => {
      const service = open({ ...options, selfUrl: 'http://node-1' });
      const { id } = await addImage(service);
      await stage(service.parts, id);
      await begin(failing(service, 'slow', call, full), id, { ...glanceDirect, all_stores: true });
      expect(await ended(service, id)).toMatchObject({ status: 'uploading', stores: [], failed: 'slow' });
      expect((await findImage(service, id))?.sizeBytes).toBe(bytes.byteLength);
      await expectNothingLeft(service, [id]);
      await begin(service.parts, id, { ...glanceDirect, stores: ['slow'] });
      expect(await ended(service, id)).toMatchObject({ status: 'active', stores: ['slow'], failed: '' });
      await expectNothingLeft(service);
    });

    test.each(calls)('at %s: the others have the image when they may differ', async (call) => {
      const service = open(options);
      const { id } = await addImage(service);
      const body = { ...webDownload, all_stores: true, all_stores_must_succeed: false };
      await begin(failing(service, 'fast', call, full), id, body);
      const outcome = await ended(service, id);
      expect(outcome).toEqual({
        status: 'active',
        stores: ['slow', 'spare'],
        importing: '',
        failed: 'fast',
        task: 'success',
      });
      await expectNothingLeft(service);
    });
  });

  test('in every store that might have it: queued, all of them failed', async () => {
    const service = open();
    const { id } = await addImage(service);
    const body = { ...webDownload, stores: ['slow'], all_stores_must_succeed: false };
    await begin(failing(service, 'slow', 'write', full), id, body);
    expect(await ended(service, id)).toMatchObject({ status: 'queued', failed: 'slow', task: 'failure' });
    await expectNothingLeft(service);
  });

  test('as a copy leaves the image as it was, and keeps the data for another try', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    const body = { ...copyImage, stores: ['slow', 'spare'] };
    await begin(failing(service, 'spare', 'commit', full), image.id, body, { as: administrator });
    expect(await ended(service, image.id)).toMatchObject({ status: 'active', failed: 'spare', task: 'failure' });
    expect((await findImage(service, image.id))?.locations).toEqual(image.locations);
    await expectNothingLeft(service, [image.id]);
    await begin(service.parts, image.id, body, { as: administrator });
    expect(await ended(service, image.id)).toMatchObject({ status: 'active', failed: '', task: 'success' });
    await expectNothingLeft(service);
  });

  test('as a copy of damaged data: no store gets them', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    service.store.objects.set(`memory://fast/${image.id}`, randomBytes(bytes.byteLength));
    await begin(service.parts, image.id, { ...copyImage, stores: ['slow'] }, { as: administrator });
    expect(await ended(service, image.id)).toMatchObject({ status: 'active', task: 'failure' });
    expect(lastTask(service)?.message).toContain('damaged');
    expect(service.stores.get('slow')?.objects.size).toBe(0);
  });
});

describe('The order of an import', () => {
  const image = { status: 'queued' } as const;
  const noOptions: ImportCall = {};
  type Refusal = readonly [string, object, Partial<Image>, string, ImportCall?];
  const refusals: readonly Refusal[] = [
    ['no method', {}, image, 'badRequest'],
    ['an array', [], image, 'badRequest'],
    ['a method that is text', { method: 'web-download' }, image, 'badRequest'],
    ['a method without a name', { method: {} }, image, 'badRequest'],
    ['an unknown method', { method: { name: 'carrier-pigeon' } }, image, 'badRequest'],
    ['all_stores that is no boolean', { ...webDownload, all_stores: 'yes' }, image, 'badRequest'],
    ['an active image', webDownload, { status: 'active' }, 'conflict'],
    ['a queued image that nothing was staged for', glanceDirect, image, 'conflict'],
    ['a queued image to be copied', copyImage, image, 'conflict', { as: administrator }],
    ['no container format', webDownload, { ...image, containerFormat: null }, 'conflict'],
    ['no disk format', webDownload, { ...image, diskFormat: null }, 'conflict'],
    ['glance-download without a region', { method: { name: 'glance-download' } }, image, 'badRequest'],
    ['a copy by who may not', copyImage, { status: 'active' }, 'forbidden'],
    ['all stores and some stores', { ...webDownload, all_stores: true, stores: ['fast'] }, image, 'badRequest'],
    ['an unknown store', { ...webDownload, stores: ['nowhere'] }, image, 'conflict'],
    ['an unknown store in the header', webDownload, image, 'conflict', { storeHeader: 'nowhere' }],
    ['no stores', { ...webDownload, stores: [] }, image, 'badRequest'],
    ['stores that are text', { ...webDownload, stores: 'fast' }, image, 'badRequest'],
    [
      'stores in the body and another in the header',
      { ...webDownload, stores: ['fast'] },
      image,
      'badRequest',
      { storeHeader: 'slow' },
    ],
    ['no uri', { method: { name: 'web-download' } }, image, 'badRequest'],
    [
      'an uri of a scheme that is not allowed',
      { method: { name: 'web-download', uri: 'file:///etc/passwd' } },
      image,
      'badRequest',
    ],
  ];
  test.each(refusals.map((row) => [row[0], row] as const))('%s is refused', async (_, row) => {
    const [, body, record, code, call = noOptions] = row;
    const service = open();
    const { id } = await addImage(service, record);
    expect(await outcomeOf(begin(service.parts, id, body, call))).toBe(code);
    expect(service.database.tasks.size).toBe(0);
  });

  test('is one at a time on an image: conflict', async () => {
    const service = open();
    const { id } = await addActiveImage(service, bytes);
    const body = { ...copyImage, stores: ['slow'] };
    await begin(service.parts, id, body, { as: administrator });
    expect(await outcomeOf(begin(service.parts, id, { ...copyImage, stores: ['spare'] }, { as: administrator }))).toBe(
      'conflict',
    );
    await service.jobs.settled();
  });

  test('takes the lock from a task that shows no sign of life for an hour, or is unknown', async () => {
    for (const known of [true, false]) {
      const service = open();
      const properties = new Map([
        ['os_glance_import_task', 'dead'],
        ['os_glance_importing_to_stores', 'slow,spare'],
      ]);
      const dead: Task = {
        id: 'dead',
        type: 'api_image_import',
        status: 'processing',
        owner: 'own',
        expiresAt: null,
        createdAt: service.clock.now(),
        updatedAt: service.clock.now(),
        imageId: null,
        requestId: null,
        userId: null,
        input: { backend: ['slow'] },
        result: null,
        message: '',
      };
      if (known) service.database.tasks.set('dead', dead);
      const { id } = await addImage(service, { properties });
      if (known) {
        await service.clock.advance(59 * 60);
        expect(await outcomeOf(begin(service.parts, id, webDownload))).toBe('conflict');
        await service.clock.advance(60);
      }
      await begin(service.parts, id, webDownload);
      expect(await ended(service, id)).toMatchObject({ status: 'active', importing: known ? 'spare' : 'slow,spare' });
      expect(service.database.tasks.get('dead')?.status).toBe(known ? 'failure' : undefined);
    }
  });
});

describe('An import that is interrupted', () => {
  const body = { ...webDownload, stores: ['fast', 'slow'] };

  test('by the deletion of its image ends, and leaves nothing', async () => {
    const rehearsal = open();
    const rehearsed = await addImage(rehearsal);
    const calls = await callsOf(rehearsal, async (parts) => {
      await begin(parts, rehearsed.id, body);
      await rehearsal.jobs.settled();
    });
    const first = calls.indexOf('work.beginTask') + 1;
    for (let call = first; call < calls.length; call += 1) {
      const service = open();
      const { id } = await addImage(service);
      const process = stoppingAt(service, { call, when: 'before' });
      await begin(process.parts, id, body);
      await process.stopped;
      await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
      process.resume();
      await service.jobs.settled();
      expect(await findImage(service, id)).toBeUndefined();
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(service.parts);
      await service.jobs.settled();
      await expectNothingLeft(service);
    }
  });

  test.each(['web-download', 'glance-direct', 'copy-image'] as const)(
    'by the death of its process at any call goes on elsewhere: %s',
    async (method) => {
      const order = {
        web: body,
        direct: { ...body, ...glanceDirect },
        copy: { ...copyImage, stores: ['slow', 'spare'] },
      };
      async function prepare(service: TestService): Promise<string> {
        if (method === 'copy-image') return (await addActiveImage(service, bytes)).id;
        const { id } = await addImage(service);
        if (method === 'glance-direct') await stage(service.parts, id);
        return id;
      }
      function run(parts: ServiceParts, id: string): Promise<void> {
        const wanted = { 'web-download': order.web, 'glance-direct': order.direct, 'copy-image': order.copy }[method];
        return begin(parts, id, wanted, { as: administrator });
      }
      const rehearsal = open();
      const rehearsed = await prepare(rehearsal);
      const calls = await callsOf(rehearsal, async (parts) => {
        await run(parts, rehearsed);
        await rehearsal.jobs.settled();
      });
      for (const moment of momentsOf(calls)) {
        const service = open();
        const id = await prepare(service);
        const process = stoppingAt(service, moment);
        void run(process.parts, id).catch(() => undefined);
        await process.stopped;
        await service.clock.advance(leaseSeconds + 1);
        // The dead process's jobs never settle; those of the living do.
        const living = { ...service.parts, jobs: openTestService().jobs };
        await recoverExpiredWork(living);
        await living.jobs.settled();
        const image = await findImage(service, id);
        const task = lastTask(service);
        if (task === undefined) {
          // It died before anything was written: the import can be asked for again.
          await run(living, id);
          await living.jobs.settled();
          expect((await findImage(service, id))?.status).toBe('active');
        } else {
          expect({ moment, status: image?.status, task: task.status }).toEqual({
            moment,
            status: 'active',
            task: 'success',
          });
          expect(image?.locations.length).toBe(method === 'copy-image' ? 3 : 2);
        }
        expect(await service.staging.listImages()).toEqual([]);
        expect([...service.database.works.values()]).toEqual([]);
        for (const store of service.stores.values()) expect(store.temporaries.size).toBe(0);
      }
    },
  );

  test('by the end of the process is released at once, and goes on after the next start', async () => {
    const service = open();
    const { id } = await addImage(service);
    service.web.pages.set(url, { bytes, beforeData: async () => service.jobs.stop() });
    await begin(service.parts, id, body);
    await service.jobs.settled();
    expect((await findImage(service, id))?.status).toBe('importing');
    service.web.pages.set(url, { bytes });
    const restarted = { ...service.parts, jobs: openTestService().jobs };
    expect(await recoverExpiredWork(restarted)).toBe(1);
    await restarted.jobs.settled();
    expect((await findImage(service, id))?.status).toBe('active');
    await expectNothingLeft(service);
  });

  test('by any failing call is undone or goes on: never stuck', async () => {
    const rehearsal = open();
    const rehearsed = await addImage(rehearsal);
    const calls = await callsOf(rehearsal, async (parts) => {
      await begin(parts, rehearsed.id, body);
      await rehearsal.jobs.settled();
    });
    const error = new ImageServiceError('unavailable', 'Away.');
    for (const moment of momentsOf(calls)) {
      const service = open();
      const { id } = await addImage(service);
      let count = -1;
      const meet = (when: 'before' | 'after') => () => {
        if (when === 'before') count += 1;
        if (count === moment.call && when === moment.when) throw error;
      };
      const parts = interfereWith(service.parts, { before: meet('before'), after: meet('after') });
      await outcomeOf(begin(parts, id, body));
      await service.jobs.settled();
      for (let round = 0; round < 3; round += 1) {
        await service.clock.advance(leaseSeconds + 1);
        await recoverExpiredWork(service.parts);
        await service.jobs.settled();
      }
      const image = await findImage(service, id);
      expect(['queued', 'active']).toContain(image?.status);
      await expectNothingLeft(service);
    }
  });
});
