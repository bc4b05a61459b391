/**
 * What the client package does on a service with several stores, a cache and metadata definitions: every operation that
 * the life of a single image does without.
 */
import type { FetchFunction } from '@lucarne/client/connection.ts';
import { createImageClient } from '@lucarne/client/image-client.ts';
import type { ImageClient } from '@lucarne/client/image-client.ts';
import { createTokenProvider } from '@lucarne/client/password-auth.ts';
import { matchPath } from '@lucarne/contract/operation-paths.ts';
import { operations } from '@lucarne/contract/operations.ts';
import type { ImageView } from '@lucarne/contract/wire.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginOfCloud } from './support/cloud-credentials.ts';
import { startWithSeveralStores } from './support/several-stores.ts';
import type { SeveralStores } from './support/several-stores.ts';

const raw = { disk_format: 'raw', container_format: 'bare' } as const;

let cloud: SeveralStores;
let admin: ImageClient;
let demo: ImageClient;
/** Ids of the operations that were asked for. */
const asked = new Set<string>();

beforeAll(async () => {
  cloud = await startWithSeveralStores();
  [admin, demo] = (await Promise.all(['lucarne', 'lucarne-demo'].map(enter))) as [ImageClient, ImageClient];
});

afterAll(async () => {
  await cloud?.stop();
});

async function enter(name: string): Promise<ImageClient> {
  const tokens = createTokenProvider(await loginOfCloud(cloud.service.cloudsYaml, name));
  return createImageClient({ endpoint: cloud.service.url, token: tokens.token, fetch: watchingFetch });
}

const watchingFetch: FetchFunction = (url, init) => {
  const path = matchPath(new URL(url).pathname)?.path;
  const operation = operations.find((row) => row.path === path && row.method === init.method);
  if (operation !== undefined) asked.add(operation.id);
  return fetch(url, init);
};

async function expectData(image: ImageView): Promise<void> {
  const expectedHash = { algorithm: 'sha512', value: cloud.image.sha512 };
  const { stream, verifiesHash } = await demo.downloadImageData(image.id, { expectedHash });
  expect(verifiesHash).toBe(true);
  expect((await new Response(stream).arrayBuffer()).byteLength).toBe(cloud.image.bytes.length);
}

const storesOf = ({ stores }: ImageView) => stores?.split(',').toSorted();

describe('imports', () => {
  test('stage data with progress, and put them into all stores', async () => {
    const { id } = await demo.createImage({ name: 'staged', ...raw });
    const progress: number[] = [];
    await demo.stageImageData(id, new Blob([cloud.image.bytes]), { onProgress: (bytes) => progress.push(bytes) });
    expect(progress.at(-1)).toBe(cloud.image.bytes.length);
    expect(await demo.showImage(id)).toMatchObject({ status: 'uploading', size: cloud.image.bytes.length });
    await demo.importImage(id, { method: { name: 'glance-direct' }, all_stores: true });
    const image = await cloud.settled(id);
    expect(storesOf(image)).toEqual(['fast', 'slow']);
    await expectData(image);
    const { tasks } = await demo.listImageTasks(id);
    expect(tasks).toMatchObject([{ type: 'api_image_import', status: 'success', image_id: id }]);
    await expect(demo.deleteImageFromStore(id, 'slow')).rejects.toMatchObject({ status: 403 });
    await admin.deleteImageFromStore(id, 'slow');
    expect(await demo.showImage(id)).toMatchObject({ stores: 'fast' });
    await demo.deleteImage(id);
  });

  test('leave an image queued whose staging was aborted, and it can be staged again', async () => {
    const { id } = await demo.createImage({ name: 'aborted', ...raw });
    const abort = new AbortController();
    const endless = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) });
    const staging = demo.stageImageData(id, endless, { signal: abort.signal });
    await expect.poll(async () => (await demo.showImage(id)).status, { timeout: 10_000 }).toBe('uploading');
    abort.abort();
    await expect(staging).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(async () => (await demo.showImage(id)).status, { timeout: 10_000 }).toBe('queued');
    await demo.stageImageData(id, cloud.image.bytes);
    expect(await demo.showImage(id)).toMatchObject({ status: 'uploading', size: cloud.image.bytes.length });
    await demo.deleteImage(id);
  });

  test('come from the web, and are copied by an administrator', async () => {
    const { id } = await demo.createImage({ name: 'fetched', ...raw });
    const method = { name: 'web-download', uri: `${cloud.web.origin}/good` } as const;
    await demo.importImage(id, { method, stores: ['slow'] });
    expect(storesOf(await cloud.settled(id))).toEqual(['slow']);
    const copy = { method: { name: 'copy-image' }, stores: ['fast'] } as const;
    await expect(demo.importImage(id, copy)).rejects.toMatchObject({ status: 403 });
    await admin.importImage(id, copy);
    const image = await cloud.settled(id);
    expect(storesOf(image)).toEqual(['fast', 'slow']);
    await expectData(image);
    await expect(demo.importImage(id, { method })).rejects.toMatchObject({ status: 409, code: 'conflict' });
    await demo.deleteImage(id);
  });

  test('are told apart from what is not possible', async () => {
    const methods = await demo.showImportInfo();
    expect(methods['import-methods'].value).toEqual(['glance-direct', 'web-download', 'copy-image']);
    const { stores } = await demo.listStores();
    expect(stores.map(({ id }) => id)).toEqual(['fast', 'slow', 'mirror']);
    const details = await admin.listStoresDetail();
    expect(details.stores.map(({ type, weight }) => [type, weight])).toEqual([
      ['file', 0],
      ['file', 0],
      ['http', 0],
    ]);
    await expect(demo.listStoresDetail()).rejects.toMatchObject({ status: 403 });
    expect(await demo.showUsage()).toEqual({ usage: {} });
  });
});

test('tasks are started, listed page by page, shown, and never deleted', async () => {
  const input = { import_from: `${cloud.web.origin}/good`, import_from_format: 'raw', image_properties: raw };
  await expect(demo.createTask({ type: 'import', input })).rejects.toMatchObject({ status: 403 });
  const [first, second] = [
    await admin.createTask({ type: 'import', input }),
    await admin.createTask({ type: 'import', input }),
  ];
  for (const { id } of [first, second]) {
    await expect.poll(async () => (await admin.showTask(id)).status, { timeout: 15_000 }).toBe('success');
  }
  const { tasks } = await admin.listTasks({ type: 'import', status: 'success', limit: 1, sort_dir: 'asc' });
  expect(tasks.map(({ id }) => id)).toEqual([first.id]);
  const all = await Array.fromAsync(admin.eachTask({ type: 'import', limit: 1 }));
  expect(all.map(({ id }) => id)).toEqual([second.id, first.id]);
  await expect(admin.deleteTask(first.id)).rejects.toMatchObject({ status: 405, code: 'methodNotAllowed' });
  for (const { id } of all) await admin.deleteImage(String((await admin.showTask(id)).result?.['image_id']));
});

test('locations are added and listed', async () => {
  const { id } = await admin.createImage({ name: 'elsewhere', ...raw });
  const url = `${cloud.web.origin}/good`;
  await admin.addImageLocation(id, {
    url,
    validation_data: { os_hash_algo: 'sha512', os_hash_value: cloud.image.sha512 },
  });
  expect(await cloud.settled(id)).toMatchObject({ status: 'active', os_hash_value: cloud.image.sha512 });
  expect(await admin.listImageLocations(id)).toEqual([{ url, metadata: { store: 'mirror' } }]);
  await expect(demo.listImageLocations(id)).rejects.toMatchObject({ status: 404 });
  await admin.deleteImage(id);
});

test('the cache is filled, listed, pruned, cleaned and emptied', async () => {
  const { id } = await admin.createImage({ name: 'cached', ...raw });
  await admin.uploadImageData(id, cloud.image.bytes);
  await admin.queueCachedImage(id);
  const cached = async () =>
    (await admin.listCachedImages()).cached_images.map(({ image_id, size }) => [image_id, size]);
  await expect.poll(cached, { timeout: 15_000 }).toEqual([[id, cloud.image.bytes.length]]);
  expect(await admin.listCachedImageNodes(id)).toHaveLength(1);
  await admin.clearImageCache({ target: 'queue' });
  await admin.cleanImageCache();
  expect(await admin.pruneImageCache()).toEqual({ total_files_pruned: 0, total_bytes_pruned: 0 });
  expect(await cached()).toHaveLength(1);
  await admin.deleteCachedImage(id);
  expect(await admin.listCachedImages()).toEqual({ cached_images: [], queued_images: [] });
  await admin.clearImageCache();
  await expect(demo.listCachedImages()).rejects.toMatchObject({ status: 403 });
  await admin.deleteImage(id);
});

describe('metadata definitions', () => {
  const own = 'OS::Own Räcks 100%';
  const at = (name: string) => ({ namespace: own, name });

  test('are created, shown, changed and deleted, whatever their names hold', async () => {
    await expect(demo.createMetadefNamespace({ namespace: own })).rejects.toMatchObject({ status: 403 });
    const created = await admin.createMetadefNamespace({ namespace: own, visibility: 'public', display_name: 'Racks' });
    expect(created).toMatchObject({ namespace: own, protected: false });
    await admin.createMetadefResourceTypeAssociation(own, { name: 'OS::Nova::Flavor', prefix: 'r:' });
    await admin.createMetadefProperty(own, { name: 'height?', title: 'Height', type: 'integer', maximum: 48 });
    await admin.createMetadefProperty(own, { name: 'row', title: 'Row', type: 'string', enum: ['a', 'b'] });
    await admin.createMetadefObject(own, {
      name: 'Switch #1',
      required: ['ports'],
      properties: { ports: { title: 'Ports', type: 'integer' } },
    });
    await admin.createMetadefTags(own, ['cold', 'warm']);
    await admin.createMetadefTags(own, ['grün'], { append: true });
    await admin.createMetadefTag(at('50 %'));
    await expect(admin.createMetadefTag(at('50 %'))).rejects.toMatchObject({ status: 409 });

    const shown = await demo.showMetadefNamespace(own, { resourceType: 'OS::Nova::Flavor' });
    expect(Object.keys(shown.properties ?? {}).toSorted()).toEqual(['r:height?', 'r:row']);
    expect(shown.objects?.[0]).toMatchObject({ name: 'Switch #1', required: ['r:ports'] });
    expect(shown.tags?.map(({ name }) => name).toSorted()).toEqual(['50 %', 'cold', 'grün', 'warm']);
    const property = await demo.showMetadefProperty(at('r:height?'), { resourceType: 'OS::Nova::Flavor' });
    expect(property).toMatchObject({ name: 'height?', maximum: 48 });
    expect(await demo.showMetadefObject(at('Switch #1'))).toMatchObject({ required: ['ports'] });
    expect(await demo.showMetadefTag(at('grün'))).toMatchObject({ name: 'grün' });
  });

  test('are listed page by page', async () => {
    await admin.createMetadefNamespace({ namespace: 'Second', visibility: 'public' });
    const { namespaces } = await demo.listMetadefNamespaces({ resource_types: 'OS::Nova::Flavor' });
    expect(namespaces.map((each) => each.namespace)).toEqual([own]);
    const all = await Array.fromAsync(demo.eachMetadefNamespace({ limit: 1, sort_key: 'namespace', sort_dir: 'asc' }));
    expect(all.map((each) => each.namespace)).toEqual([own, 'Second']);
    const { tags } = await demo.listMetadefTags(own, { marker: 'cold', sort_key: 'name', sort_dir: 'asc', limit: 1 });
    expect(tags).toEqual([{ name: 'grün' }]);
    expect((await demo.listMetadefObjects(own)).objects.map(({ name }) => name)).toEqual(['Switch #1']);
    expect((await demo.listMetadefResourceTypes()).resource_types.map(({ name }) => name)).toEqual([
      'OS::Nova::Flavor',
    ]);
    const { resource_type_associations: associations } = await demo.listMetadefResourceTypeAssociations(own);
    expect(associations).toMatchObject([{ name: 'OS::Nova::Flavor', prefix: 'r:' }]);
    await admin.deleteMetadefNamespace('Second');
  });

  test('are renamed, and deleted one by one and all at once', async () => {
    await admin.updateMetadefProperty(at('height?'), { name: 'height', title: 'Height', type: 'integer' });
    await admin.updateMetadefObject(at('Switch #1'), { name: 'Switch' });
    await admin.updateMetadefTag(at('50 %'), 'half');
    await admin.deleteMetadefProperty(at('row'));
    await admin.deleteMetadefTag(at('half'));
    expect(Object.keys((await demo.listMetadefProperties(own)).properties)).toEqual(['height']);
    await admin.deleteMetadefObject(at('Switch'));
    await admin.deleteMetadefProperties(own);
    await admin.deleteMetadefObjects(own);
    await admin.deleteMetadefTags(own);
    await admin.deleteMetadefResourceTypeAssociation(at('OS::Nova::Flavor'));
    const empty = await demo.showMetadefNamespace(own);
    expect(['properties', 'objects', 'tags'].filter((part) => part in empty)).toEqual([]);
    await admin.updateMetadefNamespace(own, { namespace: 'Moved', visibility: 'public', protected: true });
    await expect(admin.deleteMetadefNamespace('Moved')).rejects.toMatchObject({ status: 403 });
    await admin.updateMetadefNamespace('Moved', { namespace: 'Moved' });
    await admin.deleteMetadefNamespace('Moved');
    await expect(admin.showMetadefNamespace('Moved')).rejects.toMatchObject({ status: 404, code: 'notFound' });
  });
});

test('nothing of the Image API but the life of an image is left out', () => {
  const elsewhere = /^\/v2\/(images($|\/\{image_id\}($|\/(file|actions|members|tags)))|schemas)/;
  const wanted = operations.filter(({ path }) => !elsewhere.test(path)).map(({ id }) => id);
  expect(wanted.filter((id) => !asked.has(id))).toEqual([]);
  expect(wanted.length).toBeGreaterThan(45);
});
