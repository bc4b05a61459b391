/** What the limits of a project mean for each call that counts, and what becomes of reservations whatever happens. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { LimitsOfResources } from '../../ports/project-limits.ts';
import { stageImageData } from '../image-data/stage.ts';
import { uploadImageData } from '../image-data/upload.ts';
import { createImage } from '../images/create.ts';
import { updateImage } from '../images/update.ts';
import type { ImportPlugin } from '../imports/import-plugin.ts';
import { startImport } from '../imports/start-import.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import { createTask } from '../tasks/tasks.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  bodyOf,
  callsOf,
  failingAt,
  findImage,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  stoppingAt,
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { showUsage } from './show-usage.ts';

const mebibyte = 1024 * 1024;
const bytes = randomBytes(300_000);
const url = 'http://mirror.example/disk.raw';
const webDownload = { method: { name: 'web-download', uri: url } };
const unlimited: LimitsOfResources = {
  image_size_total: -1,
  image_stage_total: -1,
  image_count_total: -1,
  image_count_uploading: -1,
};
const absentId = '00000000-0000-4000-8000-00000000ffff';

function open(limits: Partial<LimitsOfResources> = {}, options: ServiceOptions = {}): TestService {
  const projectLimits = { show: () => Promise.resolve({ ...unlimited, ...limits }) };
  const service = openTestService({ projectLimits, ...options });
  service.web.pages.set(url, { bytes });
  return service;
}

interface DataCall {
  readonly as?: RequestContext;
  readonly size?: number;
}

function upload(parts: ServiceParts, imageId: string, { as = owner, size }: DataCall = {}): Promise<void> {
  const input = { imageId, storeId: null, expectedBytes: size ?? null };
  return uploadImageData(parts, as, { ...input, body: () => bodyOf(bytes.subarray(0, size ?? bytes.byteLength)) });
}

function stage(parts: ServiceParts, imageId: string, { size }: DataCall = {}): Promise<void> {
  return stageImageData(parts, owner, { imageId, expectedBytes: size ?? null, body: () => bodyOf(bytes) });
}

function begin(parts: ServiceParts, imageId: string, body: object, as: RequestContext = owner): Promise<void> {
  const call = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;
  return startImport(parts, as, { imageId, body, storeHeader: null, call });
}

async function importEnd(service: TestService, imageId: string) {
  await service.jobs.settled();
  const task = [...service.database.tasks.values()].at(-1);
  return { status: (await findImage(service, imageId))?.status, task: task?.status, message: task?.message };
}

function expectNothingReserved({ database }: TestService): void {
  expect([...database.reservations.values()]).toEqual([]);
}

describe('limits of Keystone', () => {
  test('are looked at before the image is: 413, not 404', async () => {
    const service = open({ image_size_total: 0, image_stage_total: 0 });
    await addActiveImage(service, randomBytes(900_000));
    await addImage(service, { status: 'uploading', sizeBytes: 900_000 });
    const size = 200_000;
    expect(await outcomeOf(upload(service.parts, absentId, { size }))).toBe('limitExceeded');
    expect(await outcomeOf(stage(service.parts, absentId, { size }))).toBe('limitExceeded');
    expect(await outcomeOf(upload(service.parts, absentId, { size: 10 }))).toBe('notFound');
  });

  test('take the place of user_storage_quota', async () => {
    const service = open({}, { limits: { userStorageQuotaBytes: 1 } });
    const image = await addImage(service);
    await upload(service.parts, image.id);
    expect((await findImage(service, image.id))?.status).toBe('active');
  });

  test('hold for the number of images', async () => {
    const service = open({ image_count_total: 2 });
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => outcomeOf(createImage(service.parts, owner, { name: 'new' }))),
    );
    expect(outcomes.toSorted()).toEqual([...Array(3).fill('limitExceeded'), 'none', 'none']);
  });

  test('are 0 for what nobody registered: an upload is one too many', async () => {
    const service = open({ image_count_uploading: 0 });
    const image = await addImage(service);
    expect(await outcomeOf(upload(service.parts, image.id))).toBe('limitExceeded');
    expect((await findImage(service, image.id))?.status).toBe('queued');
  });

  test('let as many uploads run at a time as they say', async () => {
    const service = open({ image_count_uploading: 1 });
    const [first, second] = [await addImage(service), await addImage(service)];
    const halted = stoppingAt(service, { call: 6, when: 'before' });
    const running = upload(halted.parts, first.id);
    await halted.stopped;
    expect((await findImage(service, first.id))?.status).toBe('saving');
    expect(await outcomeOf(upload(service.parts, second.id))).toBe('limitExceeded');
    halted.resume();
    await running;
    expect(await outcomeOf(upload(service.parts, second.id))).toBe('none');
    expectNothingReserved(service);
  });

  test('cut data of unknown size', async () => {
    const service = open({ image_size_total: 0 });
    await addActiveImage(service, randomBytes(800_000));
    const image = await addImage(service);
    expect(await outcomeOf(upload(service.parts, image.id))).toBe('limitExceeded');
    expect((await findImage(service, image.id))?.status).toBe('queued');
    expectNothingReserved(service);
  });

  test('are those of the project that calls', async () => {
    const asked: (string | null)[] = [];
    const projectLimits = {
      show(projectId: string | null) {
        asked.push(projectId);
        return Promise.resolve(unlimited);
      },
    };
    const service = openTestService({ projectLimits });
    const image = await addImage(service, { owner: 'own' });
    await upload(service.parts, image.id, { as: administrator });
    expect(new Set(asked)).toEqual(new Set(['operators']));
  });

  test('that nobody can be asked for end the call and nothing else', async () => {
    const away = new ImageServiceError('unavailable', 'Keystone is away.');
    const service = open({}, { projectLimits: { show: () => Promise.reject(away) } });
    const image = await addImage(service);
    expect(await outcomeOf(upload(service.parts, image.id))).toBe('unavailable');
    expect(await outcomeOf(stage(service.parts, image.id))).toBe('unavailable');
    expect(await outcomeOf(begin(service.parts, image.id, webDownload))).toBe('unavailable');
    expect(await outcomeOf(createImage(service.parts, owner, { name: 'new' }))).toBe('unavailable');
    expect((await findImage(service, image.id))?.status).toBe('queued');
  });

  test('are shown with what is used of them', async () => {
    const service = open({ image_size_total: 10, image_count_total: -1 });
    await addActiveImage(service, randomBytes(10), { sizeBytes: 3 * mebibyte - 1 });
    await addImage(service, { status: 'uploading', sizeBytes: mebibyte });
    expect(await showUsage(service.parts, owner)).toEqual([
      { resource: 'image_size_total', used: 2, limit: 10 },
      { resource: 'image_stage_total', used: 1, limit: -1 },
      { resource: 'image_count_total', used: 2, limit: -1 },
      { resource: 'image_count_uploading', used: 1, limit: -1 },
    ]);
  });

  describe('of an import', () => {
    const stores = ['fast', 'slow', 'spare', 'far'];

    test('refuse it when they are exceeded already', async () => {
      const service = open({ image_size_total: 0 });
      await addImage(service, {
        status: 'active',
        sizeBytes: 2 * mebibyte,
        locations: [{ url: 'file:///elsewhere', metadata: {} }],
      });
      expect(await outcomeOf(begin(service.parts, absentId, webDownload))).toBe('limitExceeded');
    });

    test('count every store: three copies fit where four do not', async () => {
      const service = open({ image_size_total: 0 }, { stores });
      const [three, four] = [await addImage(service), await addImage(service)];
      await begin(service.parts, four.id, { ...webDownload, stores });
      expect(await importEnd(service, four.id)).toMatchObject({
        status: 'queued',
        task: 'failure',
        message: expect.stringContaining('image_size_total'),
      });
      expectNothingReserved(service);
      await begin(service.parts, three.id, { ...webDownload, stores: stores.slice(0, 3) });
      expect(await importEnd(service, three.id)).toMatchObject({ status: 'active', task: 'success' });
      expect((await service.parts.usage.show('own')).image_size_total).toBe(900_000);
      expectNothingReserved(service);
    });

    test.each([1, 2, 4])(
      'leave out the stores that do not fit when not all must succeed, %i at a time',
      async (atOnce) => {
        const service = open({ image_size_total: 0 }, { stores, imports: { maxParallelStores: atOnce } });
        const image = await addImage(service);
        await begin(service.parts, image.id, { ...webDownload, stores, all_stores_must_succeed: false });
        expect(await importEnd(service, image.id)).toMatchObject({ status: 'active', task: 'success' });
        expect((await findImage(service, image.id))?.properties.get('os_glance_failed_import')).toBe('far');
        expectNothingReserved(service);
      },
    );

    test('stop what is fetched, and the image is queued again', async () => {
      const service = open({ image_stage_total: 0 });
      await addImage(service, { status: 'uploading', sizeBytes: 900_000 });
      for (const announcedBytes of [bytes.byteLength, null]) {
        service.web.pages.set(url, { bytes, announcedBytes });
        const image = await addImage(service);
        await begin(service.parts, image.id, webDownload);
        expect(await importEnd(service, image.id)).toMatchObject({
          status: 'queued',
          task: 'failure',
          message: expect.stringContaining('image_stage_total'),
        });
      }
      expectNothingReserved(service);
    });

    test.each([
      ['that fits', 0, { status: 'active', task: 'success' }],
      ['that does not', 300_000, { status: 'queued', task: 'failure' }],
    ])('count what a plugin makes of the data, and as much of it as %s', async (_, stagedByOthers, end) => {
      const granted: number[] = [];
      const growing: ImportPlugin = async (work) => {
        const { id: imageId } = await work.image();
        granted.push((await work.reserve(2 * mebibyte)).bytes);
        const writer = await work.reserving(work.staging.write({ imageId, stage: 'grown' }, work.attemptId));
        await writer.open();
        for (let written = 0; written < 900_000; written += 100_000) await writer.write(bytes.subarray(0, 100_000));
        await writer.commit();
        return 'grown';
      };
      const options = { imports: { plugins: [growing] }, limits: { sizeCapBytes: 10 * mebibyte } };
      const service = open({ image_stage_total: 0 }, options);
      await addImage(service, { status: 'uploading', sizeBytes: stagedByOthers });
      const image = await addImage(service);
      await begin(service.parts, image.id, webDownload);
      expect(await importEnd(service, image.id)).toMatchObject(end);
      // All the room there is, as nobody knows where a program stops.
      expect(granted).toEqual([mebibyte - 1 - stagedByOthers]);
      expect((await findImage(service, image.id))?.sizeBytes).toBe(stagedByOthers === 0 ? 900_000 : null);
      expectNothingReserved(service);
    });

    test('let a program write no more than is reserved for it, however large an image may be', async () => {
      const granted: number[] = [];
      const converting: ImportPlugin = async (work) => {
        granted.push((await work.reserve(2 * mebibyte)).bytes);
        return null;
      };
      const options = { imports: { plugins: [converting] }, limits: { sizeCapBytes: 10 * mebibyte } };
      const service = open({ image_stage_total: 100 }, options);
      const image = await addImage(service);
      await begin(service.parts, image.id, webDownload);
      expect(await importEnd(service, image.id)).toMatchObject({ status: 'active', task: 'success' });
      expect(granted).toEqual([2 * mebibyte]);
    });

    test('count all locations of an image whose size a copy finds out', async () => {
      const service = open({ image_size_total: 0 }, { stores });
      const image = await addActiveImage(service, bytes, { sizeBytes: null });
      const copy = { method: { name: 'copy-image' }, stores: ['slow'] };
      await begin(service.parts, image.id, copy, administrator);
      expect(await importEnd(service, image.id)).toMatchObject({ status: 'active', task: 'success' });
      expect((await service.parts.usage.show('own')).image_size_total).toBe(2 * bytes.byteLength);
      expectNothingReserved(service);
    });

    test.each([
      ['a project', administrator],
      ['no project', { ...administrator, projectId: null }],
    ])('hold for the image that a task makes for %s', async (_, as) => {
      const service = open({ image_count_total: 1 });
      const input = { import_from: url, import_from_format: 'raw', image_properties: {} };
      for (const status of ['success', 'failure']) {
        await createTask(service.parts, as, async () => ({ type: 'import', input }));
        await service.jobs.settled();
        expect([...service.database.tasks.values()].at(-1)?.status).toBe(status);
      }
      expect([...service.database.records.values()].map(({ image }) => image.owner)).toEqual([as.projectId]);
    });

    test('leave a copy where it was', async () => {
      const service = open({ image_size_total: 0 }, { stores });
      const image = await addActiveImage(service, randomBytes(600_000));
      await begin(service.parts, image.id, { method: { name: 'copy-image' }, stores: ['slow'] }, administrator);
      expect(await importEnd(service, image.id)).toMatchObject({ status: 'active', task: 'success' });
      // Charged to the project that asked, which has no images of its own.
      expect((await service.parts.usage.show('own')).image_size_total).toBe(1_200_000);
      expectNothingReserved(service);
    });

    test('that nobody can be asked for let it wait', async () => {
      let isAway = false;
      const projectLimits = {
        show() {
          if (isAway) return Promise.reject(new ImageServiceError('unavailable', 'Keystone is away.'));
          return Promise.resolve(unlimited);
        },
      };
      const service = open({}, { projectLimits });
      const image = await addImage(service);
      await begin(service.parts, image.id, webDownload);
      isAway = true;
      await service.jobs.settled();
      const waiting = await findImage(service, image.id);
      isAway = false;
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(service.parts);
      expect([waiting?.status, await importEnd(service, image.id)]).toMatchObject([
        expect.stringMatching('queued|importing'),
        { status: 'active', task: 'success' },
      ]);
    });
  });
});

test('a patch cannot add tags or properties beyond a quota together with another one', async () => {
  const service = openTestService({ limits: { tagQuota: 2, propertyQuota: 2 } });
  const image = await addImage(service, { tags: [], properties: new Map() });
  const patch = (path: string, value: unknown) =>
    updateImage(service.parts, owner, {
      imageId: image.id,
      dialect: 'v2.1',
      document: [{ op: 'add', path, value }],
      precondition: null,
    });
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => outcomeOf(patch(`/${name}`, '1'))));
  expect(outcomes.toSorted()).toEqual(['limitExceeded', 'limitExceeded', 'none', 'none']);
});

describe('whatever fails or stops, no reservation stays', () => {
  const limits = { image_size_total: 5, image_stage_total: 5, image_count_uploading: 5, image_count_total: 50 };
  const flows: readonly [string, (parts: ServiceParts, service: TestService, imageId: string) => Promise<void>][] = [
    ['an upload of known size', (parts, _, imageId) => upload(parts, imageId, { size: 300_000 })],
    ['an upload of unknown size', (parts, _, imageId) => upload(parts, imageId)],
    ['staging', (parts, _, imageId) => stage(parts, imageId)],
    [
      'a download into two stores',
      async (parts, service, imageId) => {
        await begin(parts, imageId, { ...webDownload, stores: ['fast', 'slow'] });
        await service.jobs.settled();
      },
    ],
  ];

  async function settle(service: TestService): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await service.jobs.settled().catch(() => undefined);
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(service.parts);
    }
    await service.jobs.settled();
  }

  describe.each(flows)('%s', (_, flow) => {
    async function prepared() {
      const service = open(limits, { stores: ['fast', 'slow'], bufferBytes: 65_536 });
      service.web.pages.set(url, { bytes, announcedBytes: null });
      return { service, image: await addImage(service) };
    }

    test('that fails at any call', async () => {
      const first = await prepared();
      const calls = await callsOf(first.service, (parts) => flow(parts, first.service, first.image.id));
      for (const moment of momentsOf(calls)) {
        const { service, image } = await prepared();
        const failure = new ImageServiceError('unavailable', 'It is away.');
        await flow(failingAt(service, moment, failure), service, image.id).catch(() => undefined);
        await settle(service);
        expect([moment, calls[moment.call], [...service.database.reservations.values()]]).toEqual([
          moment,
          calls[moment.call],
          [],
        ]);
      }
    });

    test('that is killed at any call', async () => {
      const first = await prepared();
      const calls = await callsOf(first.service, (parts) => flow(parts, first.service, first.image.id));
      let reserved = 0;
      for (const moment of momentsOf(calls)) {
        const { service, image } = await prepared();
        const process = stoppingAt(service, moment);
        void flow(process.parts, service, image.id).catch(() => undefined);
        await process.stopped;
        reserved += service.database.reservations.size;
        // The jobs of the dead process never end; those of who recovers are others.
        const alive = openAlive(service);
        for (let round = 0; round < 3; round += 1) {
          await service.clock.advance(leaseSeconds + 1);
          await recoverExpiredWork(alive.parts);
          await alive.jobs.settled();
        }
        expect([moment, calls[moment.call], [...service.database.reservations.values()]]).toEqual([
          moment,
          calls[moment.call],
          [],
        ]);
      }
      expect(reserved).toBeGreaterThan(0);
    });
  });
});

function openAlive(service: TestService): TestService {
  const { jobs } = openTestService();
  return { ...service, jobs, parts: { ...service.parts, jobs } };
}
