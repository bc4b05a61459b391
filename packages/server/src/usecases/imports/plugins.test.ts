/** What plugins do to an import, and what becomes of it when they are interrupted. Source: contract 04 §7. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ImageServiceError, badRequest, limitExceeded } from '../../domain/errors.ts';
import { openMemoryUnpacker } from '../../ports/data-unpacker.testing.ts';
import { openScriptedConverter } from '../../ports/image-converter.testing.ts';
import type { ConverterScript, ScriptedConverter } from '../../ports/image-converter.testing.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addImage,
  callsOf,
  findImage,
  leaseSeconds,
  momentsOf,
  openTestService,
  owner,
  stoppingAt,
} from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { ImportPlugin } from './import-plugin.ts';
import { conversion, decompression, propertyInjection } from './plugins.ts';
import { startImport } from './start-import.ts';

const url = 'http://mirror.example/disk';
const raw = randomBytes(50_000);
const packed = gzipSync(raw);
const call = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;
const body = { method: { name: 'web-download', uri: url } };

function open(plugins: readonly ImportPlugin[], bytes: Uint8Array): TestService {
  const service = openTestService({ imports: { plugins }, limits: { sizeCapBytes: 10_000_000 } });
  service.web.pages.set(url, { bytes });
  return service;
}

async function importImage(service: TestService, imageId: string, parts = service.parts): Promise<void> {
  await startImport(parts, owner, { imageId, body, storeHeader: null, call });
  await service.jobs.settled();
}

function messages(service: TestService) {
  return [...service.database.tasks.values()].map(({ status, message }) => [status, message]);
}

/** A smallest qcow2 of 1 MiB. */
function qcow2(): Buffer {
  const header = Buffer.alloc(512);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(1024n * 1024n, 24);
  header.writeUInt32BE(104, 100);
  return header;
}

describe('The injection of properties', () => {
  const properties = new Map([
    ['hw_disk_bus', 'virtio'],
    ['os_glance_mine', 'x'],
  ]);

  test('sets them, but none of the service’s own', async () => {
    const service = open([propertyInjection({ ignoreUserRoles: ['admin'], properties })], raw);
    const { id } = await addImage(service);
    await importImage(service, id);
    const image = await findImage(service, id);
    expect(image?.properties.get('hw_disk_bus')).toBe('virtio');
    expect(image?.properties.has('os_glance_mine')).toBe(false);
  });

  test('is the operator’s own wish: protections of properties do not stand against it', async () => {
    const plugins = [propertyInjection({ ignoreUserRoles: ['admin'], properties })];
    const protections = { '.*': ['admin', '@', 'admin', 'admin'] } as const;
    const service = openTestService({ imports: { plugins }, limits: { sizeCapBytes: 10_000_000 }, protections });
    service.web.pages.set(url, { bytes: raw });
    const { id } = await addImage(service);
    await importImage(service, id);
    expect((await findImage(service, id))?.properties.get('hw_disk_bus')).toBe('virtio');
  });

  test('leaves alone who has one of the roles', async () => {
    const service = open([propertyInjection({ ignoreUserRoles: ['member'], properties })], raw);
    const { id } = await addImage(service);
    await importImage(service, id);
    expect(await findImage(service, id)).toMatchObject({ status: 'active', properties: expect.anything() });
    expect((await findImage(service, id))?.properties.has('hw_disk_bus')).toBe(false);
  });
});

describe('Decompression', () => {
  const plugin = decompression(openMemoryUnpacker(), 250);

  test('stores what was packed', async () => {
    const service = open([plugin], packed);
    const { id } = await addImage(service);
    await importImage(service, id);
    expect(await findImage(service, id)).toMatchObject({ status: 'active', sizeBytes: raw.byteLength });
    expect([...service.store.objects.values()]).toEqual([raw]);
  });

  test('is left out for an image that shall stay packed, and for data that are not', async () => {
    for (const [bytes, containerFormat] of [[packed, 'compressed'] as const, [raw, 'bare'] as const]) {
      const service = open([plugin], bytes);
      const { id } = await addImage(service, { containerFormat });
      await importImage(service, id);
      expect([...service.store.objects.values()]).toEqual([bytes]);
    }
  });

  test('unpacks once: an archive in an archive stays one, also after a process died in between', async () => {
    const twice = gzipSync(packed);
    const rehearsal = open([plugin], twice);
    const calls = await callsOf(rehearsal, async (parts) => {
      await importImage(rehearsal, (await addImage(rehearsal)).id, parts);
    });
    for (const moment of momentsOf(calls).slice(2)) {
      const service = open([plugin], twice);
      const { id } = await addImage(service);
      const process = stoppingAt(service, moment);
      void startImport(process.parts, owner, { imageId: id, body, storeHeader: null, call }).catch(() => undefined);
      await process.stopped;
      await service.clock.advance(leaseSeconds + 1);
      const living: ServiceParts = { ...service.parts, jobs: openTestService().jobs };
      await recoverExpiredWork(living);
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (service.database.tasks.size === 0) continue;
      expect((await findImage(service, id))?.status).toBe('active');
      expect([...service.store.objects.values()]).toEqual([packed]);
    }
  });

  test('stops at the size an image may have: queued, nothing left', async () => {
    const service = openTestService({ imports: { plugins: [plugin] }, limits: { sizeCapBytes: 40_000 } });
    service.web.pages.set(url, { bytes: gzipSync(Buffer.alloc(50_000)) });
    const { id } = await addImage(service);
    await importImage(service, id);
    expect((await findImage(service, id))?.status).toBe('queued');
    expect(messages(service)).toEqual([['failure', expect.stringContaining('40000 bytes')]]);
    expect(await service.staging.listImages()).toEqual([]);
  });
});

describe('Conversion', () => {
  /** A converter whose output lands in the staging area of the service. */
  function converting(bytes: Uint8Array, script: ConverterScript = {}) {
    const staged: { service?: TestService } = {};
    const converter = openScriptedConverter({
      async write({ outputPath }) {
        staged.service?.staging.files.set(outputPath.replace('/staging/', ''), bytes);
      },
      ...script,
    });
    return { converter, staged };
  }

  function openConverting(
    { converter, staged }: { readonly converter: ScriptedConverter; staged: { service?: TestService } },
    input: Uint8Array,
  ): TestService {
    const options = { outputFormat: 'raw', vmdkAllowedTypes: ['monolithicSparse'] } as const;
    const service = open([conversion(converter, options)], input);
    staged.service = service;
    return service;
  }

  test('makes the image what it was converted to', async () => {
    const made = converting(raw);
    const service = openConverting(made, qcow2());
    const { id } = await addImage(service, { diskFormat: 'qcow2' });
    await importImage(service, id);
    const converted = { status: 'active', diskFormat: 'raw', containerFormat: 'bare', sizeBytes: raw.byteLength };
    expect(await findImage(service, id)).toMatchObject(converted);
    expect([...service.store.objects.values()]).toEqual([raw]);
    expect(made.converter.asked.map((asked) => asked.call)).toEqual(['inspect', 'convert']);
  });

  test('only looks at data that have the format already', async () => {
    const made = converting(raw);
    const service = openConverting(made, raw);
    const { id } = await addImage(service, { containerFormat: 'ovf' });
    await importImage(service, id);
    expect(await findImage(service, id)).toMatchObject({ status: 'active', containerFormat: 'ovf' });
    expect(made.converter.asked.map((asked) => asked.call)).toEqual(['inspect']);
  });

  const damaged = badRequest('The image is damaged.');
  test.each<[string, ConverterScript, Uint8Array, string]>([
    ['a backing file', { describe: () => ({ backingFile: '/etc/passwd' }) }, qcow2(), 'backing file'],
    ['another format', { describe: () => ({ format: 'vmdk' }) }, qcow2(), 'vmdk'],
    ['damage', { describe: () => fail(damaged) }, qcow2(), 'damaged'],
    ['a failing conversion', { write: async () => fail(limitExceeded('It is too large.')) }, qcow2(), 'too large'],
    ['data that are not what the image says', {}, raw, 'disk_format'],
    [
      'a missing program',
      { describe: () => fail(new ImageServiceError('unavailable', 'qemu-img is missing.')) },
      qcow2(),
      'missing',
    ],
  ])(
    'refuses %s: queued with its own format, nothing left, and the task says why',
    async (_, script, bytes, reason) => {
      const service = openConverting(converting(raw, script), bytes);
      const { id } = await addImage(service, { diskFormat: 'qcow2' });
      await importImage(service, id);
      expect(await findImage(service, id)).toMatchObject({ status: 'queued', diskFormat: 'qcow2', sizeBytes: null });
      expect(messages(service)).toEqual([['failure', expect.stringContaining(reason)]]);
      expect(await service.staging.listImages()).toEqual([]);
    },
  );

  test('is undone with the import: the image has its own format again, and the next import succeeds', async () => {
    const made = converting(raw);
    const service = openConverting(made, qcow2());
    const { id } = await addImage(service, { diskFormat: 'qcow2' });
    const attached = service.parts.stores.attached.map((each) => ({
      ...each,
      store: {
        ...each.store,
        write: (...input: Parameters<typeof each.store.write>) => ({
          ...each.store.write(...input),
          commit: () => Promise.reject(limitExceeded('The store is full.')),
        }),
      },
    }));
    const [byDefault = service.parts.stores.default] = attached;
    const broken = { ...service.parts, stores: { ...service.parts.stores, attached, default: byDefault } };
    await importImage(service, id, broken);
    expect(await findImage(service, id)).toMatchObject({ status: 'queued', diskFormat: 'qcow2' });
    await importImage(service, id);
    expect(await findImage(service, id)).toMatchObject({ status: 'active', diskFormat: 'raw' });
  });
});

function fail(error: Error): never {
  throw error;
}
