import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../domain/images/image.ts';
import type { ProtectionRows } from '../../domain/property-protections/protection-samples.testing.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { MemoryPage } from '../../ports/memory-web.testing.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import {
  addImage,
  callsOf,
  findImage,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  stoppingAt,
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import { startImport } from './start-import.ts';

const bytes = randomBytes(300_000);
const token = 'gAAAAA-the-token-of-the-caller';
const remoteId = '8c1d3a52-5a4f-4f39-9d50-7f1d3b9a2c10';
const endpoint = 'http://glance.north';
const recordUrl = `${endpoint}/v2/images/${remoteId}`;

const catalog = [
  { type: 'image', endpoints: [{ interface: 'public', region: 'North', region_id: 'North', url: endpoint }] },
];
const withToken: RequestContext = { ...owner, access: { token: () => token, catalog: () => catalog } };

const method = { name: 'glance-download', glance_region: 'North', glance_image_id: remoteId };

const record = {
  status: 'active',
  disk_format: 'raw',
  container_format: 'bare',
  size: bytes.byteLength,
  checksum: createHash('md5').update(bytes).digest('hex'),
  os_hash_algo: 'sha256',
  os_hash_value: createHash('sha256').update(bytes).digest('hex'),
  hw_disk_bus: 'virtio',
  os_distro: 'debian',
  description: 'stays there',
};

function open(changes: object = {}, options: ServiceOptions = {}): TestService {
  const service = openTestService({ stores: ['fast', 'slow'], ...options });
  serve(service, { ...record, ...changes });
  return service;
}

function serve(service: TestService, document: unknown, file: Partial<MemoryPage> = {}): void {
  service.web.pages.set(recordUrl, { bytes: Buffer.from(JSON.stringify(document)), announcedBytes: null });
  service.web.pages.set(`${recordUrl}/file`, { bytes, ...file });
}

function begin(parts: ServiceParts, imageId: string, body: object = { method }, context = withToken): Promise<void> {
  const call = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;
  return startImport(parts, context, { imageId, body, storeHeader: null, call });
}

function lastTask(service: TestService): Task | undefined {
  return [...service.database.tasks.values()].at(-1);
}

async function imported(service: TestService, overrides: Partial<Image> = {}): Promise<Image | undefined> {
  const { id } = await addImage(service, { diskFormat: 'qcow2', containerFormat: 'ovf', ...overrides });
  await begin(service.parts, id);
  await service.jobs.settled();
  return findImage(service, id);
}

async function expectNothingLeft(service: TestService): Promise<void> {
  expect([...service.database.works.values()]).toEqual([]);
  expect(await service.staging.listImages()).toEqual([]);
  expect(service.hasher.buffersOut()).toBe(0);
  expect(service.web.openAnswers()).toBe(0);
}

describe('An import by glance-download', () => {
  test('takes over data, formats and the properties the operator wants', async () => {
    const service = open();
    const image = await imported(service, { properties: new Map([['mine', 'kept']]) });
    expect(image).toMatchObject({ status: 'active', diskFormat: 'raw', containerFormat: 'bare' });
    expect(Object.fromEntries(image?.properties ?? [])).toEqual({
      mine: 'kept',
      hw_disk_bus: 'virtio',
      os_distro: 'debian',
      os_glance_importing_to_stores: '',
      os_glance_failed_import: '',
    });
    expect(service.store.objects.get(`memory://fast/${image?.id}`)).toEqual(bytes);
    expect(service.web.requests.map(({ url, headers }) => [url, headers])).toEqual([
      [recordUrl, { 'x-auth-token': token }],
      [`${recordUrl}/file`, { 'x-auth-token': token }],
    ]);
    expect(lastTask(service)).toMatchObject({ status: 'success', message: '' });
    await expectNothingLeft(service);
  });

  test.each([
    ['is not active', { status: 'queued' }, {}, 'only an active one'],
    ['has other data than its record says: MD5', { checksum: 'ab'.repeat(16) }, {}, 'do not have the hash'],
    ['has other data than its record says', { os_hash_value: 'ab'.repeat(32) }, {}, 'do not have the hash'],
    ['has another size than its record says', { size: 7 }, {}, 'sends 300000 bytes of an image that has 7'],
    ['is shorter than its record says', { size: 300_001 }, { announcedBytes: null }, 'size of 300001 bytes'],
    ['is longer than its record says', { size: 299_999 }, { announcedBytes: null }, 'size of 299999 bytes'],
    ['has no data', {}, { status: 404 }, 'answered 404'],
    ['breaks off', {}, { breaksAfterBytes: 70_000 }, 'broke off after 70000'],
    ['has a property this service cannot keep', { hw_note: '\u{1f600}' }, {}, 'cannot be stored'],
    ['has a property of too long a name', { [`hw_${'x'.repeat(300)}`]: 'x' }, {}, 'longer than 255'],
    [
      'has more properties than an image may have',
      Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`hw_${index}`, 'x'])),
      {},
      'number of allowed image properties',
    ],
  ])('of an image that %s: queued as it was, and the task says why', async (_, changes, file, reason) => {
    const service = open();
    serve(service, { ...record, ...changes }, file);
    const image = await imported(service);
    expect(image).toMatchObject({ status: 'queued', diskFormat: 'qcow2', containerFormat: 'ovf', sizeBytes: null });
    expect(image?.properties.has('hw_disk_bus')).toBe(false);
    expect(image?.properties.get('os_glance_failed_import')).toBe('fast');
    expect(lastTask(service)?.status).toBe('failure');
    expect(lastTask(service)?.message).toContain(reason);
    await expectNothingLeft(service);
  });

  test('leaves out the properties that whoever asked may not write, as it was when the import began', async () => {
    const protections: ProtectionRows = {
      '^os_': ['@', '@', '!', '!'],
      '^hw_disk': ['admin', '@', 'member', '!'],
      '.*': ['@', '@', '@', '@'],
    };
    const service = open({}, { protections });
    expect([...propertiesOf(await imported(service))]).toEqual([['os_distro', 'debian']]);
    const there = new Map([
      ['hw_disk_bus', 'ide'],
      ['os_distro', 'own'],
    ]);
    expect([...propertiesOf(await imported(service, { properties: there }))]).toEqual([
      ['hw_disk_bus', 'virtio'],
      ['os_distro', 'own'],
    ]);
  });

  /** Without the service's own notes. */
  function propertiesOf(image: Image | undefined): ReadonlyMap<string, string | null> {
    return new Map([...(image?.properties ?? [])].filter(([name]) => !name.startsWith('os_glance')));
  }

  test('of a format that is not offered here: queued', async () => {
    const service = open();
    const parts = {
      ...service.parts,
      imageSchema: { ...service.parts.imageSchema, value: (name: string) => (name === 'disk_format' ? 'No.' : null) },
    };
    const { id } = await addImage(service);
    await begin(parts, id);
    await service.jobs.settled();
    expect((await findImage(service, id))?.status).toBe('queued');
    expect(lastTask(service)?.message).toContain('does not fit here: No.');
  });

  test('of a service with another hash algorithm is judged by MD5', async () => {
    const changes = { os_hash_algo: 'whirlpool', os_hash_value: 'ab'.repeat(64) };
    expect((await imported(open(changes)))?.status).toBe('active');
    expect((await imported(open({ ...changes, checksum: 'ab'.repeat(16) })))?.status).toBe('queued');
  });

  test('of a record without an end, or that is none: queued', async () => {
    const service = open();
    service.web.pages.set(recordUrl, { bytes: Buffer.alloc(5 * 1024 * 1024, 'x'), announcedBytes: null });
    expect((await imported(service))?.status).toBe('queued');
    expect(lastTask(service)?.message).toContain('does not end');
    await expectNothingLeft(service);
    serve(service, ['no record']);
    await imported(service);
    expect(lastTask(service)?.message).toContain('did not send an image record');
  });

  test('of an empty image has an empty image', async () => {
    const empty = {
      size: 0,
      checksum: createHash('md5').digest('hex'),
      os_hash_value: createHash('sha256').digest('hex'),
    };
    const service = open();
    serve(service, { ...record, ...empty }, { bytes: Buffer.alloc(0) });
    expect(await imported(service)).toMatchObject({ status: 'active', sizeBytes: 0 });
  });
});

describe('The order of an import by glance-download', () => {
  const withCatalog = (value: unknown): RequestContext => ({
    ...owner,
    access: { token: () => token, catalog: () => value },
  });
  test.each([
    ['without a region', { ...method, glance_region: undefined }, withToken],
    ['without an image', { ...method, glance_image_id: undefined }, withToken],
    ['of an image whose id is no UUID', { ...method, glance_image_id: '../../v2/tasks' }, withToken],
    ['over an interface there is none of', { ...method, glance_service_interface: 'secret' }, withToken],
    ['over an interface that is no text', { ...method, glance_service_interface: 7 }, withToken],
    ['from a region that is not in the catalog', { ...method, glance_region: 'East' }, withToken],
    ['over an interface the region does not have', { ...method, glance_service_interface: 'internal' }, withToken],
    ['without a token', method, owner],
    ['with a token that has no catalog', method, withCatalog(undefined)],
    [
      'from an endpoint the operator does not allow',
      method,
      withCatalog([{ type: 'image', endpoints: [{ region: 'North', publicURL: 'ftp://glance.north' }] }]),
    ],
    [
      'from an endpoint with a password in it',
      method,
      withCatalog([{ type: 'image', endpoints: [{ region: 'North', publicURL: 'http://u:p@glance.north' }] }]),
    ],
  ])('%s is refused: badRequest', async (_, wanted, context) => {
    const service = open();
    const { id } = await addImage(service);
    expect(await outcomeOf(begin(service.parts, id, { method: wanted }, context))).toBe('badRequest');
    expect(service.database.tasks.size).toBe(0);
    expect(service.web.requests).toEqual([]);
  });

  test('needs the formats to be set, as every import does: conflict', async () => {
    const service = open();
    const { id } = await addImage(service, { diskFormat: null });
    expect(await outcomeOf(begin(service.parts, id))).toBe('conflict');
  });
});

describe('The token of an import by glance-download', () => {
  test('is in no record, no report and no dump of the context, whatever happens', async () => {
    const service = open();
    const reports: unknown[] = [];
    const parts = { ...service.parts, report: (...report: unknown[]) => void reports.push(report) };
    for (const file of [{}, { status: 500 }, { breaksAfterBytes: 1 }]) {
      serve(service, record, file);
      const { id } = await addImage(service);
      await begin(parts, id);
      await service.jobs.settled();
    }
    const { records, tasks, works } = service.database;
    const dump = inspect([withToken, JSON.stringify(withToken), reports, records, tasks, works], { depth: null });
    expect(dump).toContain('glance-download');
    expect(dump).not.toContain(token);
  });

  test('is gone with its process: the import ends with the reason, unless the data were here already', async () => {
    const rehearsal = open();
    const rehearsed = await addImage(rehearsal);
    const calls = await callsOf(rehearsal, async (parts) => {
      await begin(parts, rehearsed.id);
      await rehearsal.jobs.settled();
    });
    const outcomes = new Set<string | undefined>();
    for (const moment of momentsOf(calls)) {
      const service = open();
      const { id } = await addImage(service);
      const process = stoppingAt(service, moment);
      void begin(process.parts, id).catch(() => undefined);
      await process.stopped;
      await service.clock.advance(leaseSeconds + 1);
      const living = { ...service.parts, jobs: openTestService().jobs };
      await recoverExpiredWork(living);
      await living.jobs.settled();
      const task = lastTask(service);
      const status = (await findImage(service, id))?.status;
      outcomes.add(task?.status);
      if (task === undefined) expect(status).toBe('queued');
      else if (task.status === 'success') expect(status).toBe('active');
      else {
        expect([task.status, status]).toEqual(['failure', 'queued']);
        expect(task.message).toContain('token to fetch them with is not kept; import again');
      }
      expect([...service.database.works.values()]).toEqual([]);
      expect(await service.staging.listImages()).toEqual([]);
      await begin(living, id).catch(() => undefined);
      await living.jobs.settled();
      expect((await findImage(service, id))?.status).toBe('active');
    }
    expect(outcomes).toEqual(new Set([undefined, 'failure', 'success']));
  });
});
