/** Import, staging and several stores over HTTP. Source: contract 03 §2, 04, 05 §4, 01 §10. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, RequestOptions } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, noise, upload } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { runWithSeveralStores, serveWeb, settled } from './several-stores.testing.ts';
import type { SeveralStores, TestWebServer } from './several-stores.testing.ts';

const bytes = noise(300_000);
const octets = { 'content-type': 'application/octet-stream' };

let service: SeveralStores;
let web: TestWebServer;
beforeAll(async () => {
  service = await runWithSeveralStores({ config: 'worker_self_reference_url = http://node-1.example' });
  web = await serveWeb((request, response) => {
    if (request.url !== '/disk.raw') response.writeHead(404);
    response.end(request.url === '/disk.raw' ? bytes : 'nothing here');
  });
});
afterAll(async () => {
  await service.close();
  web.close();
});

function startImport(id: string, json: unknown, options: RequestOptions = {}): Promise<Answer> {
  return service.send(`POST /v2/images/${id}/import`, { json, ...options });
}

function stage(id: string, body: string | Uint8Array = bytes): Promise<Answer> {
  return service.send(`PUT /v2/images/${id}/stage`, { body, headers: octets });
}

function webDownload(path = '/disk.raw') {
  return { method: { name: 'web-download', uri: `${web.url}${path}` } };
}

/** An active image in the stores. */
async function importedTo(...stores: readonly string[]): Promise<string> {
  const id = await createImage(service);
  expect((await startImport(id, { ...webDownload(), stores })).status).toBe(202);
  expect(await settled(service, id)).toMatchObject({ status: 'active' });
  return id;
}

describe('importing an image', () => {
  test('by web-download is answered 202 at once, and the image has the data afterwards', async () => {
    const id = await createImage(service);
    const answer = await startImport(id, webDownload());
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await settled(service, id)).toMatchObject({
      status: 'active',
      size: bytes.byteLength,
      checksum: createHash('md5').update(bytes).digest('hex'),
      os_hash_value: createHash('sha512').update(bytes).digest('hex'),
      stores: 'fast',
      os_glance_importing_to_stores: '',
      os_glance_failed_import: '',
    });
    expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    expect(readdirSync(service.storeFolderOf('fast'))).toContain(id);
  });

  test('by glance-direct takes what was staged: 204, uploading, 202, active', async () => {
    const id = await createImage(service, { disk_format: null, container_format: null });
    expect((await stage(id)).status).toBe(204);
    const staged = await settled(service, id);
    expect(staged).toMatchObject({ status: 'uploading', size: bytes.byteLength });
    expect(staged).not.toHaveProperty('os_glance_stage_host');
    expect(staged).not.toHaveProperty('stores');
    expect((await startImport(id, { method: { name: 'glance-direct' } })).status).toBe(409);
    const patched = await service.send(`PATCH /v2/images/${id}`, {
      json: [{ op: 'replace', path: '/name', value: 'staged' }],
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    });
    expect(patched.status).toBe(200);
  });

  test('of an image whose formats are set, from staging to all stores', async () => {
    const id = await createImage(service);
    await stage(id);
    expect((await startImport(id, { method: { name: 'glance-direct' }, all_stores: true })).status).toBe(202);
    expect(await settled(service, id)).toMatchObject({ status: 'active', stores: 'slow,fast,spare' });
    expect(existsSync(`${service.folder}/staging/${id}`)).toBe(false);
  });

  test('that cannot fetch leaves it queued, and the task says why', async () => {
    const id = await createImage(service);
    await startImport(id, webDownload('/missing'));
    expect(await settled(service, id)).toMatchObject({ status: 'queued', os_glance_failed_import: 'fast' });
    const { tasks } = (await service.send(`GET /v2/images/${id}/tasks`)).json();
    expect(tasks).toEqual([
      {
        id: expect.any(String),
        type: 'api_image_import',
        status: 'failure',
        owner: 'p1',
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
        created_at: expect.any(String),
        updated_at: expect.any(String),
        deleted_at: null,
        deleted: false,
        image_id: id,
        request_id: expect.stringMatching(/^req-/),
        user_id: 'alice',
        input: { image_id: id, import_req: webDownload('/missing'), backend: ['fast'] },
        result: null,
        message: `${web.url}/missing answered 404 Not Found.`,
      },
    ]);
    expect((await service.send(`GET /v2/images/${id}/tasks`, { as: 'admin' })).json()['tasks']).toHaveLength(1);
  });

  test('copies an image to a further store: administrators only', async () => {
    const id = await importedTo('fast');
    const body = { method: { name: 'copy-image' }, stores: ['slow'] };
    expect((await startImport(id, body)).status).toBe(403);
    expect((await startImport(id, body, { as: 'admin' })).status).toBe(202);
    expect(await settled(service, id)).toMatchObject({ status: 'active', stores: 'slow,fast' });
    expect((await startImport(id, body, { as: 'admin' })).status).toBe(400);
  });

  test('of an image nobody sees is 404, whatever the body says of it', async () => {
    expect((await startImport(absentId, webDownload())).status).toBe(404);
    const id = await createImage(service, { visibility: 'private' });
    expect((await startImport(id, webDownload(), { as: 'otherMember' })).status).toBe(404);
    expect((await startImport(id, webDownload(), { as: 'reader' })).status).toBe(403);
  });

  test.each([
    ['the metadata service', 'http://169.254.169.254/latest/meta-data', 'queued'],
    ['a private network', 'http://10.0.0.1/disk', 'queued'],
  ])('from %s reaches nothing: the image is queued again', async (_, uri, status) => {
    const id = await createImage(service);
    await startImport(id, { method: { name: 'web-download', uri } });
    expect(await settled(service, id)).toMatchObject({ status });
    const { tasks } = (await service.send(`GET /v2/images/${id}/tasks`)).json();
    expect(JSON.stringify(tasks)).toContain('refused');
  });
});

describe('staging data', () => {
  test('of another type is 415, of another length 400, for an image that is not queued 409', async () => {
    const id = await createImage(service);
    expect((await service.send(`PUT /v2/images/${id}/stage`, { json: {} })).status).toBe(415);
    const headers = { ...octets, 'x-openstack-image-size': '7' };
    expect((await service.send(`PUT /v2/images/${id}/stage`, { body: 'four', headers })).status).toBe(400);
    expect((await service.send(`GET /v2/images/${id}`)).json()['status']).toBe('queued');
    expect((await stage(id)).status).toBe(204);
    expect((await stage(id)).status).toBe(409);
    expect((await upload(service, id, 'x', 'member')).status).toBe(409);
    expect((await service.send(`GET /v2/images/${id}/file`)).status).toBe(204);
  });

  test('is forgotten with the image: 204, and the file is gone', async () => {
    const id = await createImage(service);
    await stage(id);
    expect(existsSync(`${service.folder}/staging/${id}`)).toBe(true);
    expect((await service.send(`DELETE /v2/images/${id}`)).status).toBe(204);
    expect(existsSync(`${service.folder}/staging/${id}`)).toBe(false);
  });
});

describe('stores', () => {
  test('take uploads by their id: 204; an unknown one is 400, one that can only be read 410', async () => {
    const id = await createImage(service);
    const put = (store: string) =>
      service.send(`PUT /v2/images/${id}/file`, { body: bytes, headers: { ...octets, 'x-image-meta-store': store } });
    for (const unknown of ['nowhere', '', 'os_glance_staging_store']) expect((await put(unknown)).status).toBe(400);
    expect((await put('mirror')).status).toBe(410);
    expect((await put('slow')).status).toBe(204);
    expect((await service.send(`GET /v2/images/${id}`)).json()).toMatchObject({ stores: 'slow', status: 'active' });
    expect(readdirSync(service.storeFolderOf('slow'))).toContain(id);
  });

  test('are listed, with details for administrators and services', async () => {
    const stores = [
      { id: 'fast', default: 'true' },
      { id: 'slow', description: 'NFS pool' },
      { id: 'spare' },
      { id: 'mirror', 'read-only': 'true' },
    ];
    expect((await service.send('GET /v2/info/stores')).json()).toEqual({ stores });
    expect((await service.send('GET /v2/info/stores/detail')).status).toBe(403);
    const detail = (await service.send('GET /v2/info/stores/detail', { as: 'service' })).json()['stores'];
    expect(detail).toEqual(
      stores.map((store) => ({
        ...store,
        type: store.id === 'mirror' ? 'http' : 'file',
        weight: store.id === 'slow' ? 10 : 0,
        properties:
          store.id === 'mirror'
            ? {}
            : { data_dir: service.storeFolderOf(store.id), chunk_size: 65_536, thin_provisioning: false },
      })),
    );
  });

  test('are told of in the headers of a created image, and bring their versions', async () => {
    const { headers } = await service.send('POST /v2/images', { json: {} });
    expect(headers).toMatchObject({
      'openstack-image-import-methods': 'glance-direct,web-download,copy-image',
      'openstack-image-store-ids': 'fast,slow,spare,mirror',
    });
    const { versions } = (await service.send('GET /versions')).json() as { versions: { id: string }[] };
    expect(versions.map(({ id }) => id).slice(0, 8)).toEqual([
      'v2.15',
      'v2.13',
      'v2.12',
      'v2.11',
      'v2.10',
      'v2.9',
      'v2.8',
      'v2.17',
    ]);
    expect((await service.send('GET /v2.11/images')).status).toBe(200);
  });

  test('are read from in the order of their weight, or of the preference of the client', async () => {
    const id = await importedTo('fast', 'slow');
    const get = (query: string) => service.send(`GET /v2/images/${id}/file${query}`);
    expect((await get('?prefer=nowhere')).status).toBe(400);
    for (const query of ['', '?prefer=fast', '?prefer=spare,fast', '?prefer=']) {
      expect((await get(query)).bytes.equals(bytes)).toBe(true);
    }
  });

  test('lose one of several copies: 204, but never the last: 403', async () => {
    const id = await importedTo('fast', 'slow');
    const remove = (store: string, as: 'admin' | 'member' = 'admin') =>
      service.send(`DELETE /v2/stores/${store}/${id}`, { as });
    expect((await remove('fast', 'member')).status).toBe(403);
    expect((await remove('nowhere')).status).toBe(409);
    expect((await remove('spare')).status).toBe(404);
    expect((await remove('slow')).status).toBe(204);
    expect(readdirSync(service.storeFolderOf('slow'))).not.toContain(id);
    expect((await service.send(`GET /v2/images/${id}`)).json()['stores']).toBe('fast');
    expect((await remove('fast')).status).toBe(403);
    expect((await service.send(`DELETE /v2/stores/fast/${absentId}`, { as: 'admin' })).status).toBe(404);
    const queued = await createImage(service);
    expect((await service.send(`DELETE /v2/stores/fast/${queued}`, { as: 'admin' })).status).toBe(409);
  });
});

describe('a service with one store', () => {
  let single: RunningService;
  beforeAll(async () => {
    single = await runService({ config: 'enabled_import_methods = [web-download]' });
  });
  afterAll(() => single.close());

  test('tells its import methods, has no list of stores: 404, and no usage of limits it does not have', async () => {
    const methods = (await single.send('GET /v2/info/import')).json()['import-methods'];
    expect(methods).toEqual({ description: expect.any(String), type: 'array', value: ['web-download'] });
    expect((await single.send('GET /v2/info/stores')).status).toBe(404);
    expect((await single.send('GET /v2/info/stores/detail', { as: 'admin' })).status).toBe(404);
    expect((await single.send('GET /v2/info/usage')).json()).toEqual({ usage: {} });
    expect((await single.send(`DELETE /v2/stores/fast/${absentId}`, { as: 'admin' })).status).toBe(404);
  });

  test('does not stage when nothing could be imported: 404', async () => {
    const id = await createImage(single);
    expect((await single.send(`PUT /v2/images/${id}/stage`, { body: bytes, headers: octets })).status).toBe(404);
  });

  test('has images without the attribute stores, and nothing to prefer: 400', async () => {
    const id = await createActiveImage(single);
    expect((await single.send(`GET /v2/images/${id}`)).json()).not.toHaveProperty('stores');
    expect((await single.send(`GET /v2/images/${id}/file?prefer=fast`)).status).toBe(400);
    const body = { method: { name: 'web-download', uri: 'http://a.example/' }, all_stores_must_succeed: false };
    const queued = await createImage(single);
    expect((await single.send(`POST /v2/images/${queued}/import`, { json: body })).status).toBe(400);
  });
});

describe('plugins', () => {
  let plugged: SeveralStores;
  beforeAll(async () => {
    plugged = await runWithSeveralStores({
      config: `[image_import_opts]
image_import_plugins = [inject_image_metadata, image_decompression, image_conversion]
[inject_metadata_properties]
inject = hw_disk_bus:virtio, os_glance_secret:x
[image_conversion]
output_format = qcow2`,
    });
  });
  afterAll(() => plugged.close());

  test('unpack, convert and mark what is imported', async () => {
    const disk = Buffer.alloc(1024 * 1024);
    const id = await createImage(plugged);
    await plugged.send(`PUT /v2/images/${id}/stage`, { body: gzipSync(disk), headers: octets });
    await plugged.send(`POST /v2/images/${id}/import`, { json: { method: { name: 'glance-direct' } } });
    const image = await settled(plugged, id);
    expect(image).toMatchObject({
      status: 'active',
      disk_format: 'qcow2',
      container_format: 'bare',
      virtual_size: disk.byteLength,
      hw_disk_bus: 'virtio',
    });
    expect(image).not.toHaveProperty('os_glance_secret');
    const data = (await plugged.send(`GET /v2/images/${id}/file`)).bytes;
    expect(data.subarray(0, 4).toString('latin1')).toBe('QFI\xfb');
    expect(data.byteLength).toBe(image['size']);
    expect(readdirSync(`${plugged.folder}/staging`)).toEqual([]);
  });

  test('that refuse leave the image queued, with the reason in the task', async () => {
    const id = await createImage(plugged);
    await plugged.send(`PUT /v2/images/${id}/stage`, {
      body: gzipSync('x'.repeat(100)).subarray(0, 20),
      headers: octets,
    });
    await plugged.send(`POST /v2/images/${id}/import`, { json: { method: { name: 'glance-direct' } } });
    expect(await settled(plugged, id)).toMatchObject({ status: 'queued', os_glance_failed_import: 'fast' });
    const { tasks } = (await plugged.send(`GET /v2/images/${id}/tasks`)).json();
    expect(tasks).toEqual([expect.objectContaining({ status: 'failure', message: expect.stringContaining('gzip') })]);
    expect(readdirSync(`${plugged.folder}/staging`)).toEqual([]);
  });
});
