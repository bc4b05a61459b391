/** Import of an image of another image service, in the name of the caller. Source: contract 04 §2 (row 8), §5. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createImage, noise } from './images.testing.ts';
import { logIn } from './nodes.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { serveWeb, settled } from './several-stores.testing.ts';
import type { TestWebServer } from './several-stores.testing.ts';

const bytes = noise(300_000);
const token = 'gAAAAABnoneshallreadthistoken';
const remoteId = '8c1d3a52-5a4f-4f39-9d50-7f1d3b9a2c10';
const config = `enabled_import_methods = [glance-download]
[import_filtering_opts]
allowed_ports = []
[lucarne]
allowed_address_ranges = 127.0.0.0/8`;

const record = {
  id: remoteId,
  status: 'active',
  disk_format: 'raw',
  container_format: 'bare',
  size: bytes.byteLength,
  checksum: createHash('md5').update(bytes).digest('hex'),
  os_hash_algo: 'sha512',
  os_hash_value: createHash('sha512').update(bytes).digest('hex'),
  hw_disk_bus: 'virtio',
  'trait:HW_CPU_X86_VMX': 'required',
  os_type: 'linux',
  vendor: 'stays there',
};

let root: string;
let service: RunningService;
let other: TestWebServer;
let elsewhere: TestWebServer;
let served: { document: unknown; redirect: string | null };
const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
const seenElsewhere: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'lucarne-glance-download-'));
  const shared = { databaseFile: join(root, 'lucarne.sqlite'), storeFolder: join(root, 'images') };
  service = await runService({ config, shared });
  elsewhere = await serveWeb((request, response) => {
    seenElsewhere.push(request.headers);
    response.end(bytes);
  });
  other = await serveWeb((request, response) => {
    const { url = '', headers } = request;
    seen.push({ url, headers });
    if (headers['x-auth-token'] !== token) response.writeHead(401).end();
    else if (url === `/image/v2/images/${remoteId}`) response.end(JSON.stringify(served.document));
    else if (served.redirect !== null) response.writeHead(302, { location: served.redirect }).end();
    else response.end(bytes);
  });
});
afterAll(async () => {
  await service.close();
  other.close();
  elsewhere.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  served = { document: record, redirect: null };
  seen.length = 0;
});

function identity(sentToken = token): Record<string, string> {
  const endpoint = { region: 'North', publicURL: `${other.url}/image/`, internalURL: 'http://10.1.2.3:9292' };
  const catalog = [{ type: 'image', name: 'glance', endpoints: [endpoint] }];
  return { 'x-auth-token': sentToken, 'x-service-catalog': JSON.stringify(catalog) };
}

function startImport(id: string, details: object = {}, headers: Record<string, string> = identity()) {
  const method = { name: 'glance-download', glance_region: 'North', glance_image_id: remoteId, ...details };
  return service.send(`POST /v2/images/${id}/import`, { json: { method }, headers });
}

async function taskMessage(id: string): Promise<unknown> {
  const { tasks } = (await service.send(`GET /v2/images/${id}/tasks`)).json();
  return Array.isArray(tasks) ? tasks.at(-1).message : undefined;
}

describe('glance-download', () => {
  test('brings data, formats and some properties from the other region: 202, active', async () => {
    const id = await createImage(service, { disk_format: 'qcow2', container_format: 'ovf', vendor: 'mine' });
    expect((await startImport(id)).status).toBe(202);
    const image = await settled(service, id);
    expect(image).toMatchObject({
      status: 'active',
      disk_format: 'raw',
      container_format: 'bare',
      size: bytes.byteLength,
      checksum: record.checksum,
      hw_disk_bus: 'virtio',
      'trait:HW_CPU_X86_VMX': 'required',
      os_type: 'linux',
      vendor: 'mine',
    });
    expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    expect(seen.map(({ url }) => url)).toEqual([`/image/v2/images/${remoteId}`, `/image/v2/images/${remoteId}/file`]);
  });

  test.each([
    ['no region', { glance_region: undefined }, identity, 400],
    ['an empty region', { glance_region: '' }, identity, 400],
    ['no image', { glance_image_id: undefined }, identity, 400],
    ['an image id that is no UUID', { glance_image_id: 'x' }, identity, 400],
    ['an unknown interface', { glance_service_interface: 'back door' }, identity, 400],
    ['a region the catalog does not have', { glance_region: 'South' }, identity, 400],
    ['no token', {}, () => ({ 'x-service-catalog': identity()['x-service-catalog'] ?? '' }), 400],
    ['no catalog', {}, () => ({ 'x-auth-token': token }), 400],
    ['a catalog that is no JSON', {}, () => ({ 'x-auth-token': token, 'x-service-catalog': '{' }), 400],
  ])('with %s is refused, and nobody is asked: %#', async (_, details, headers, status) => {
    const id = await createImage(service);
    expect((await startImport(id, details, headers())).status).toBe(status);
    expect(seen).toEqual([]);
    expect((await service.send(`GET /v2/images/${id}/tasks`)).json()).toEqual({ tasks: [] });
  });

  test.each([
    ['the other service does not take the token', {}, () => identity('another'), '401'],
    ['its address is none that may be asked', { glance_service_interface: 'internal' }, identity, 'refused'],
  ])('leaves the image queued, with the reason, when %s', async (_, details, headers, reason) => {
    const id = await createImage(service);
    expect((await startImport(id, details, headers())).status).toBe(202);
    expect(await settled(service, id)).toMatchObject({ status: 'queued', size: null });
    expect(await taskMessage(id)).toContain(reason);
  });

  test('of data that are not those of the record leaves the image queued and nothing stored', async () => {
    served.document = { ...record, os_hash_value: 'ab'.repeat(64) };
    const id = await createImage(service);
    await startImport(id);
    expect(await settled(service, id)).toMatchObject({ status: 'queued', checksum: null });
    expect(await taskMessage(id)).toContain('do not have the hash');
    expect(readdirSync(service.storeFolder)).not.toContain(id);
    expect(readdirSync(join(service.folder, 'staging'))).toEqual([]);
  });

  test('does not tell the token to whom the other service points at', async () => {
    served.redirect = `${elsewhere.url}/file`;
    const id = await createImage(service);
    await startImport(id);
    expect(await settled(service, id)).toMatchObject({ status: 'active' });
    expect(seenElsewhere).toHaveLength(1);
    expect(JSON.stringify(seenElsewhere)).not.toContain(token);
  });

  test('keeps the token nowhere: not in the log, the database or an answer', async () => {
    for (const document of [record, { ...record, status: 'queued' }, 'nonsense', { ...record, size: 1 }]) {
      served.document = document;
      const id = await createImage(service);
      await startImport(id);
      await settled(service, id);
      const answers = [await service.send(`GET /v2/images/${id}`), await service.send(`GET /v2/images/${id}/tasks`)];
      for (const { text } of answers) expect(text).not.toContain(token);
    }
    expect(JSON.stringify(service.log)).not.toContain(token);
    const files = readdirSync(root).filter((name) => name.startsWith('lucarne.sqlite'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect(readFileSync(join(root, name)).includes(token)).toBe(false);
  });
});

test('With the pocket identity an image comes from the region of the token, which is this service: active', async () => {
  const pocket = await runService({ config, flavor: 'pocket' });
  try {
    const headers = { 'x-auth-token': await logIn(pocket) };
    const create = async (json: object): Promise<string> =>
      String((await pocket.send('POST /v2/images', { json, headers })).json()['id']);
    const formats = { disk_format: 'raw', container_format: 'bare' };
    const source = await create({ ...formats, hw_disk_bus: 'scsi' });
    const octets = { ...headers, 'content-type': 'application/octet-stream' };
    await pocket.send(`PUT /v2/images/${source}/file`, { body: bytes, headers: octets });
    const id = await create(formats);
    const method = { name: 'glance-download', glance_region: 'RegionOne', glance_image_id: source };
    expect((await pocket.send(`POST /v2/images/${id}/import`, { json: { method }, headers })).status).toBe(202);
    const show = async () => (await pocket.send(`GET /v2/images/${id}`, { headers })).json();
    await expect.poll(async () => (await show())['status']).toBe('active');
    expect(await show()).toMatchObject({ size: bytes.byteLength, hw_disk_bus: 'scsi' });
    expect(JSON.stringify(pocket.log)).not.toContain(headers['x-auth-token']);
  } finally {
    await pocket.close();
  }
});
