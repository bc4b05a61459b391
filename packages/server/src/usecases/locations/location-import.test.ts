import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { sampleContext } from '../../domain/policy/policy-samples.testing.ts';
import { deleteImage } from '../images/delete.ts';
import { updateImage } from '../images/update.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addImage,
  administrator,
  callsOf,
  findImage,
  interfereWith,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  reader,
  stoppingAt,
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { addImageLocation } from './add.ts';
import { listImageLocations } from './list.ts';

const bytes = randomBytes(200_000);
const url = 'memory://web/data';
const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
const checksum = hash('md5');
const nova = sampleContext({ projectId: 'own', roles: ['service', 'reader'] });

function open(options: ServiceOptions = {}): TestService {
  const service = openTestService({ stores: ['fast', 'web'], ...options });
  service.stores.get('web')?.objects.set(url, bytes);
  return service;
}

function add(parts: ServiceParts, imageId: string, body: object = { url }, context = nova): Promise<void> {
  return addImageLocation(parts, context, { imageId, body });
}

function expecting(algorithm: string, value = hash(algorithm)): object {
  return { url, validation_data: { os_hash_algo: algorithm, os_hash_value: value } };
}

function lastTask(service: TestService): Task | undefined {
  return [...service.database.tasks.values()].at(-1);
}

async function ended(service: TestService, imageId: string): Promise<Partial<Image> | undefined> {
  await service.jobs.settled();
  expect([...service.database.works.values()]).toEqual([]);
  expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  const image = await findImage(service, imageId);
  expect(image?.properties.has('os_glance_import_task')).toBe(false);
  expect(image?.properties.has('os_glance_hash_op_host')).toBe(false);
  return image;
}

/** A service whose reads of data fail so many times. */
function failingReads(service: TestService, times: number): ServiceParts {
  let left = times;
  return interfereWith(service.parts, {
    before(call) {
      if (call !== 'store.read' || left === 0) return;
      left -= 1;
      throw new ImageServiceError('unavailable', 'The server is away.');
    },
    after: () => undefined,
  });
}

const withoutHash = { hashAlgorithm: null, hashValue: null, checksum: null };

describe('Data at a location become those of an image', () => {
  const locations = [{ url, metadata: { store: 'web' } }];
  const data = { status: 'active', sizeBytes: bytes.byteLength, virtualSizeBytes: null, locations };
  const sha256 = { hashAlgorithm: 'sha256', hashValue: hash('sha256') };

  test.each<readonly [string, boolean, object, object]>([
    ['and are hashed', true, { url }, { checksum, hashAlgorithm: 'sha512', hashValue: hash('sha512') }],
    ['and are checked', true, expecting('sha256'), { checksum, ...sha256 }],
    [
      'and are checked, whatever the case of the hash',
      true,
      expecting('sha256', hash('sha256').toUpperCase()),
      { checksum, ...sha256 },
    ],
    ['and are believed to be what is said', false, expecting('sha256'), { checksum: null, ...sha256 }],
    ['and are not hashed', false, { url }, withoutHash],
    ['and are not hashed when nothing is said of them', false, { url, validation_data: {} }, withoutHash],
  ])('%s', async (_, doSecureHash, body, hashes) => {
    const service = open({ locations: { doSecureHash }, selfUrl: 'http://node-1' });
    const { id } = await addImage(service);
    await add(service.parts, id, body);
    expect(await ended(service, id)).toMatchObject({ ...data, ...hashes });
    expect(lastTask(service)).toMatchObject({ type: 'location_import', status: 'success', message: '' });
    expect(lastTask(service)?.result).toEqual({ image_id: id });
  });

  test('and can be read before they are hashed, but not before they are checked', async () => {
    for (const [body, status] of [
      [{ url }, 'active'],
      [expecting('sha256'), 'importing'],
    ] as const) {
      const service = open({ selfUrl: 'http://node-1' });
      const { id } = await addImage(service);
      let seen: Image | undefined;
      const parts = interfereWith(service.parts, {
        async before(call) {
          if (call === 'store.read') seen = await findImage(service, id);
        },
        after: () => undefined,
      });
      await add(parts, id, body);
      await ended(service, id);
      expect(seen).toMatchObject({ status, locations, sizeBytes: bytes.byteLength, hashValue: null });
      expect(seen?.hashAlgorithm).toBe(status === 'active' ? 'sha512' : 'sha256');
      expect(seen?.properties.get('os_glance_hash_op_host')).toBe('http://node-1');
      expect(seen?.properties.get('os_glance_import_task')).toBe(lastTask(service)?.id);
    }
  });

  test('only if they have the hash they should have: else the image is queued again, without them', async () => {
    const service = open();
    const image = await addImage(service);
    await add(service.parts, image.id, expecting('sha256', 'a'.repeat(64)));
    const after = await ended(service, image.id);
    expect(after).toMatchObject({ ...withoutHash, status: 'queued', sizeBytes: null, locations: [] });
    expect(lastTask(service)).toMatchObject({ status: 'failure' });
    expect(lastTask(service)?.message).toContain('hash');
    expect(service.stores.get('web')?.objects.size).toBe(0);
  });

  test('or not, when a store keeps what does not have the hash; the image is queued all the same', async () => {
    const service = open();
    const { id } = await addImage(service);
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.delete') throw new ImageServiceError('conflict', 'In use.');
      },
      after: () => undefined,
    });
    await add(parts, id, expecting('sha256', 'a'.repeat(64)));
    expect(await ended(service, id)).toMatchObject({ status: 'queued', locations: [] });
    expect(service.reports).toContain('data of a location left');
  });

  test.each([0, 2])('after %d reads that fail', async (failures) => {
    for (const body of [{ url }, expecting('sha512')]) {
      const service = open({ locations: { hashRetries: 2 } });
      const { id } = await addImage(service);
      await add(failingReads(service, failures), id, body);
      expect(await ended(service, id)).toMatchObject({ checksum, hashValue: hash('sha512') });
    }
  });

  test('without a hash when they cannot be read, and not at all when they should be checked', async () => {
    const service = open({ locations: { hashRetries: 2 } });
    const [first, second] = [await addImage(service), await addImage(service)];
    await add(failingReads(service, 3), first.id);
    const hashes = { hashAlgorithm: 'sha512', hashValue: null, checksum: null };
    expect(await ended(service, first.id)).toMatchObject({ ...data, ...hashes });
    expect(lastTask(service)).toMatchObject({ status: 'success' });
    expect(lastTask(service)?.message).toContain('The server is away.');
    await add(failingReads(service, 3), second.id, expecting('sha512'));
    expect(await ended(service, second.id)).toMatchObject({ ...withoutHash, status: 'queued', locations: [] });
    expect(lastTask(service)).toMatchObject({ status: 'failure', message: 'The server is away.' });
  });

  test('without a hash when they change while they are read', async () => {
    const service = open({ locations: { hashRetries: 0 } });
    const { id } = await addImage(service);
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.read') service.stores.get('web')?.objects.set(url, bytes.subarray(1));
      },
      after: () => undefined,
    });
    await add(parts, id);
    expect(await ended(service, id)).toMatchObject({ status: 'active', hashValue: null });
  });

  test.each<readonly [string, object, Partial<Image>, ServiceOptions, string]>([
    ['the data are not there', { url: 'memory://web/absent' }, {}, {}, 'No such object.'],
    ['the URL is of no store', { url: 'rbd://x' }, {}, {}, 'store'],
    ['the URL leads into the service', { url: 'file:///etc/passwd' }, {}, {}, 'store'],
    ['the image has no format', { url }, { diskFormat: null }, {}, 'disk_format'],
    ['the image may have no locations', { url }, {}, { locations: { quota: 0 } }, 'Maximum: 0'],
    ['the project may not store so much', { url }, {}, { limits: { userStorageQuotaBytes: 10 } }, 'quota'],
  ])('unless %s: the image stays queued and the task says so', async (_, body, overrides, options, message) => {
    const service = open(options);
    const image = await addImage(service, overrides);
    await add(service.parts, image.id, body);
    const { updatedAt: __, ...before } = image;
    expect(await ended(service, image.id)).toMatchObject(before);
    expect(lastTask(service)).toMatchObject({ status: 'failure' });
    expect(lastTask(service)?.message).toContain(message);
    // It can be asked for again.
    expect(await outcomeOf(add(service.parts, image.id, body))).toBe('none');
    await service.jobs.settled();
  });

  test('and the record of the task does not have the credentials of the URL', async () => {
    const service = open();
    const { id } = await addImage(service);
    await add(service.parts, id, { url: 'http://user:secret@host/x', validation_data: {} });
    await service.jobs.settled();
    expect(lastTask(service)?.input).toEqual({ image_id: id, loc_url: 'http://host/x', validation_data: {} });
    expect(JSON.stringify(lastTask(service))).not.toContain('secret');
  });
});

describe('Registering data', () => {
  const rows: readonly (readonly [string, object, Partial<Image>, RequestContext, string])[] = [
    ['with a malformed body: 400', { url: 1 }, { visibility: 'private' }, administrator, 'badRequest'],
    ['of an image nobody sees: 404', { url }, { visibility: 'private', owner: 'x' }, nova, 'notFound'],
    ['of one that is active: 409', { url }, { status: 'active' }, reader, 'conflict'],
    ['without the right: 403', { url }, {}, reader, 'forbidden'],
    ['of the service’s own stores, as an administrator: 403', { url }, {}, administrator, 'forbidden'],
    ['of a web server that no store reads: 403', { url: 'http://x/' }, {}, owner, 'forbidden'],
    ['with a hash that is none: 400', expecting('sha256', 'abc'), {}, nova, 'badRequest'],
  ];

  test.each(rows)('%s', async (_, body, overrides, context, code) => {
    const service = open();
    const { id } = await addImage(service, overrides);
    expect(await outcomeOf(add(service.parts, id, body, context))).toBe(code);
    expect(service.database.tasks.size).toBe(0);
  });

  test('on a web server is for owners, where there is a store for them; a service token is enough for all others', async () => {
    const service = open();
    const attached = service.parts.stores.attached.map((each) => ({
      ...each,
      kind: each.id === 'web' ? 'http' : 'file',
    }));
    const parts = { ...service.parts, stores: { ...service.parts.stores, attached } };
    const withToken = { ...owner, serviceRoles: ['Service'] };
    for (const [context, place, code] of [
      [owner, 'http://x/', 'none'],
      [owner, 'https://x/', 'none'],
      [owner, 'ftp://x/', 'forbidden'],
      [administrator, 'rbd://x', 'forbidden'],
      [withToken, 'rbd://x', 'none'],
    ] as const) {
      const { id } = await addImage(service);
      expect(await outcomeOf(add(parts, id, { url: place }, context))).toBe(code);
    }
    await service.jobs.settled();
  });

  test('is one at a time on an image: 409', async () => {
    const service = open();
    const { id } = await addImage(service);
    const outcomes = await Promise.all([1, 2, 3].map(() => outcomeOf(add(service.parts, id))));
    expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'none']);
    await service.jobs.settled();
  });
});

describe('Locations', () => {
  test.each<readonly [RequestContext, string]>([
    [administrator, 'none'],
    [nova, 'none'],
    [owner, 'forbidden'],
    [{ ...owner, serviceRoles: ['service'] }, 'forbidden'],
    [sampleContext({ projectId: 'other', roles: ['service'] }), 'notFound'],
  ])('are listed for services and administrators', async (context, code) => {
    const service = open();
    const image = await addImage(service, { visibility: 'private' });
    expect(await outcomeOf(listImageLocations(service.parts, context, image.id))).toBe(code);
  });

  test('are listed as they are read, with the stores they lie in', async () => {
    const service = open();
    const attached = service.parts.stores.attached.map((each) => ({ ...each, weight: each.id === 'web' ? 5 : 0 }));
    const parts = { ...service.parts, stores: { ...service.parts.stores, attached } };
    const { id } = await addImage(service, {
      status: 'active',
      locations: [
        { url: 'memory://fast/1', metadata: {} },
        { url: 'memory://fast/2', metadata: { store: 'former', x: 'y' } },
        { url: 'memory://fast/3', metadata: { backend: 'fast' } },
        { url: 's3://key:se/cret@host/bucket/4', metadata: { store: 'former' } },
        { url: 'memory://web/5', metadata: { store: 'web' } },
      ],
    });
    expect(await listImageLocations(parts, administrator, id)).toEqual([
      { url: 'memory://web/5', metadata: { store: 'web' } },
      { url: 'memory://fast/1', metadata: { store: 'fast' } },
      { url: 'memory://fast/2', metadata: { store: 'fast', x: 'y' } },
      { url: 'memory://fast/3', metadata: { store: 'fast' } },
      { url: 's3://host/bucket/4', metadata: { store: 'former' } },
    ]);
  });
});

describe('Registering data, interrupted', () => {
  const bodies = {
    'hashed later': [{ url }, true],
    'checked first': [expecting('sha512'), true],
    'checked in vain': [expecting('sha512', 'a'.repeat(128)), true],
    believed: [expecting('sha512'), false],
  } as const;
  const names = Object.keys(bodies) as (keyof typeof bodies)[];

  function openFor(name: keyof typeof bodies): TestService {
    return open({ locations: { doSecureHash: bodies[name][1] }, selfUrl: 'http://node-1' });
  }

  async function rehearse(name: keyof typeof bodies): Promise<readonly string[]> {
    const rehearsal = openFor(name);
    const { id } = await addImage(rehearsal);
    return callsOf(rehearsal, async (parts) => {
      await add(parts, id, bodies[name][0]);
      await rehearsal.jobs.settled();
    });
  }

  test.each(names)('by the death of its process at any call goes on elsewhere: %s', async (name) => {
    const calls = await rehearse(name);
    for (const moment of momentsOf(calls)) {
      const service = openFor(name);
      const { id } = await addImage(service);
      const process = stoppingAt(service, moment);
      void add(process.parts, id, bodies[name][0]).catch(() => undefined);
      await process.stopped;
      await service.clock.advance(leaseSeconds + 1);
      const living = { ...service.parts, jobs: openTestService().jobs, selfUrl: 'http://node-2' };
      await recoverExpiredWork(living);
      await living.jobs.settled();
      if (lastTask(service) === undefined) {
        await add(living, id, bodies[name][0]);
        await living.jobs.settled();
      }
      const isVain = name === 'checked in vain';
      const image = await findImage(service, id);
      expect({ moment, status: image?.status, task: lastTask(service)?.status }).toEqual({
        moment,
        status: isVain ? 'queued' : 'active',
        task: isVain ? 'failure' : 'success',
      });
      expect(image?.hashValue).toBe(isVain ? null : hash('sha512'));
      expect(image?.locations).toHaveLength(isVain ? 0 : 1);
      expect([...service.database.works.values()]).toEqual([]);
      expect(image?.properties.size).toBe(0);
    }
  });

  test.each(names)('by any failing call goes on or is undone, and is never stuck: %s', async (name) => {
    const calls = await rehearse(name);
    const error = new ImageServiceError('unavailable', 'Away.');
    for (const moment of momentsOf(calls)) {
      const service = openFor(name);
      const { id } = await addImage(service);
      let count = -1;
      const meet = (when: 'before' | 'after') => () => {
        if (when === 'before') count += 1;
        if (count === moment.call && when === moment.when) throw error;
      };
      const parts = interfereWith(service.parts, { before: meet('before'), after: meet('after') });
      await outcomeOf(add(parts, id, bodies[name][0]));
      await service.jobs.settled();
      for (let round = 0; round < 2; round += 1) {
        await service.clock.advance(leaseSeconds + 1);
        await recoverExpiredWork(service.parts);
        await service.jobs.settled();
      }
      const image = await ended(service, id);
      expect(['queued', 'active']).toContain(image?.status);
      expect(image?.locations).toHaveLength(image?.status === 'active' ? 1 : 0);
    }
  });

  test('by the deletion of its image ends', async () => {
    const calls = await rehearse('checked first');
    const first = calls.indexOf('work.beginTask') + 1;
    for (let call = first; call < calls.length; call += 1) {
      const service = openFor('checked first');
      const { id } = await addImage(service);
      const process = stoppingAt(service, { call, when: 'before' });
      await add(process.parts, id, bodies['checked first'][0]);
      await process.stopped;
      await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
      process.resume();
      await service.jobs.settled();
      expect(await findImage(service, id)).toBeUndefined();
      expect(lastTask(service)).toMatchObject({ status: 'failure' });
      expect([...service.database.works.values()]).toEqual([]);
      expect(service.hasher.hashesOut()).toBe(0);
    }
  });

  test('by the deletion of its image stops reading within seconds', async () => {
    const service = open({ bufferBytes: 1000 });
    const { id } = await addImage(service);
    let read = 0;
    const attached = service.parts.stores.attached.map((each) => ({
      ...each,
      store: {
        ...each.store,
        async read() {
          const reader = await each.store.read(url);
          async function* chunks(): AsyncGenerator<Uint8Array> {
            for (; read < 1000; read += 1) {
              if (read === 10) {
                await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
                await service.clock.advance(6);
              }
              yield bytes.subarray(0, 200);
            }
          }
          return { ...reader, chunks };
        },
      },
    }));
    await add({ ...service.parts, stores: { ...service.parts.stores, attached } }, id);
    await service.jobs.settled();
    expect(read).toBeLessThan(20);
    expect(lastTask(service)).toMatchObject({ status: 'failure', message: expect.stringContaining('deleted') });
  });

  test('by the end of the process is released at once, and goes on after the next start', async () => {
    const service = open();
    const { id } = await addImage(service);
    const parts = interfereWith(service.parts, {
      before: (call) => (call === 'store.read' ? service.jobs.stop() : undefined),
      after: () => undefined,
    });
    await add(parts, id);
    await service.jobs.settled();
    expect((await findImage(service, id))?.hashValue).toBeNull();
    const restarted = { ...service.parts, jobs: openTestService().jobs };
    expect(await recoverExpiredWork(restarted)).toBe(1);
    await restarted.jobs.settled();
    expect((await findImage(service, id))?.hashValue).toBe(hash('sha512'));
  });

  test('by a patch that was faster gives up, and leaves the image as the patch left it', async () => {
    const service = open();
    const { id } = await addImage(service);
    const other = 'memory://web/other';
    service.stores.get('web')?.objects.set(other, bytes);
    const document = [{ op: 'add', path: '/locations/-', value: { url: other, metadata: {} } }];
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call !== 'store.sizeOf') return;
        await updateImage(service.parts, administrator, { imageId: id, dialect: 'v2.1', document, precondition: null });
      },
      after: () => undefined,
    });
    await add(parts, id);
    expect((await ended(service, id))?.locations?.map((location) => location.url)).toEqual([other]);
    expect(lastTask(service)).toMatchObject({ status: 'failure', message: expect.stringContaining('active') });
  });
});
