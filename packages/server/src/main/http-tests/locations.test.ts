/** Where the data of images are, over HTTP. Source: contract 05 §1–§4, §6. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, noise, patch, show } from './images.testing.ts';
import { serveWebData } from './locations.testing.ts';
import type { WebData } from './locations.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { runWithSeveralStores, settled } from './several-stores.testing.ts';
import type { SeveralStores } from './several-stores.testing.ts';

const bytes = noise(100_000);
const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');

let web: WebData;
/** Data that are there. */
let url: string;
let other: string;
/** Shows locations. */
let service: SeveralStores;
/** As a service is without further options. */
let plain: RunningService;
/** One store of files and one of web servers, without ids; data are not hashed. */
let trusting: RunningService;

beforeAll(async () => {
  web = await serveWebData();
  url = web.put('data', bytes);
  other = web.put('other', bytes);
  service = await runWithSeveralStores({
    config: 'show_multiple_locations = true\nshow_image_direct_url = true\nimage_location_quota = 3',
  });
  plain = await runService({ config: '[glance_store]\nstores = file' });
  const config = `
do_secure_hash = false
show_multiple_locations = true
[glance_store]
stores = file,http
[lucarne]
allowed_address_ranges = 127.0.0.0/8`;
  trusting = await runService({ config });
});
afterAll(async () => {
  await Promise.all([service.close(), plain.close(), trusting.close()]);
  web.close();
});

const add = (place: string, position = '-', metadata: object = {}) => ({
  op: 'add',
  path: `/locations/${position}`,
  value: { url: place, metadata },
});
const replace = (...values: readonly object[]) => ({ op: 'replace', path: '/locations', value: values });
const remove = (position: string) => ({ op: 'remove', path: `/locations/${position}` });

/** An active image with data in a store and two web locations. */
async function threefold(): Promise<string> {
  const id = await createActiveImage(service);
  expect((await patch(service, id, [add(url), add(other)], { as: 'admin' })).status).toBe(200);
  return id;
}

function urlsOf(image: Record<string, unknown>): readonly string[] {
  return (image['locations'] as readonly { url: string }[]).map((location) => location.url);
}

describe('locations of images', () => {
  test('are shown heaviest store first, with the link of the first one and the ids of the stores', async () => {
    const id = await threefold();
    const image = await show(service, id, 'member');
    expect(urlsOf(image)).toEqual([`file://${service.storeFolderOf('fast')}/${id}`, url, other]);
    expect(image['direct_url']).toBe(urlsOf(image)[0]);
    expect(image['stores']).toBe('fast,mirror,mirror');
    const listed = (await service.send(`GET /v2/images?id=${id}`)).json()['images'] as Record<string, unknown>[];
    expect(listed[0]?.['locations']).toEqual(image['locations']);
  });

  test('are an empty list without data, and there is no link', async () => {
    const image = await show(service, await createImage(service));
    expect(image['locations']).toEqual([]);
    expect(image).not.toHaveProperty('direct_url');
    expect(image).not.toHaveProperty('stores');
  });

  test('are not shown without the option, nor to others than admins of a deactivated image', async () => {
    expect(await show(plain, await createActiveImage(plain))).not.toHaveProperty('locations');
    const id = await createActiveImage(service);
    await deactivate(service, id);
    expect(await show(service, id, 'member')).toMatchObject({ locations: [] });
    expect(urlsOf(await show(service, id, 'admin'))).toHaveLength(1);
  });

  test('without the id of a store, or with that of a former one, are shown with the store they lie in', async () => {
    const id = await createActiveImage(service);
    const [first] = (await show(service, id))['locations'] as readonly { url: string }[];
    const place = first?.url ?? '';
    const locations = [{}, { store: 'former' }, { backend: 'fast', x: 'y' }].map((metadata) => ({
      url: place,
      metadata,
    }));
    await service.parts.images.changeStatus(id, { from: ['active'], locations }, new Date());
    const image = await show(service, id);
    expect(image['stores']).toBe('fast,fast,fast');
    expect(image['locations']).toEqual([
      { url: place, metadata: { store: 'fast' } },
      { url: place, metadata: { store: 'fast' } },
      { url: place, metadata: { store: 'fast', x: 'y' } },
    ]);
  });
});

describe('a patch of locations', () => {
  test('makes a queued image active: 200', async () => {
    const id = await createImage(service);
    const answer = await patch(service, id, [add(url, '-', { x: 'y' })]);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'active',
      size: bytes.byteLength,
      virtual_size: null,
      checksum: null,
      os_hash_value: null,
      locations: [{ url, metadata: { x: 'y', store: 'mirror' } }],
      direct_url: url,
      stores: 'mirror',
    });
    expect(await show(service, id)).toEqual(answer.json());
    expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
  });

  test('stores what validation_data say, and does not show them: 200', async () => {
    const id = await createImage(service);
    const validation_data = { os_hash_algo: 'sha512', os_hash_value: hash('sha512'), checksum: hash('md5') };
    const answer = await patch(service, id, [replace({ url, metadata: {}, validation_data })]);
    expect(answer.json()).toMatchObject({
      status: 'active',
      checksum: hash('md5'),
      os_hash_algo: 'sha512',
      os_hash_value: hash('sha512'),
      locations: [{ url, metadata: { store: 'mirror' } }],
    });
    const again = { url: other, metadata: {}, validation_data };
    expect((await patch(service, id, [{ ...add(other), value: again }])).status).toBe(200);
    const wrong = { ...again, validation_data: { ...validation_data, checksum: 'c'.repeat(32) } };
    expect((await patch(service, id, [{ ...add(other), value: wrong }])).status).toBe(409);
  });

  test('answers with the location where it was put, and shows it behind the older ones from then on', async () => {
    const id = await createImage(service);
    await patch(service, id, [add(url)]);
    expect(urlsOf((await patch(service, id, [add(other, '0')])).json())).toEqual([other, url]);
    expect(urlsOf(await show(service, id))).toEqual([url, other]);
  });

  test('changes metadata: 200', async () => {
    const id = await createImage(service);
    await patch(service, id, [add(url)]);
    const answer = await patch(service, id, [replace({ url, metadata: { x: 'y' } })]);
    expect(answer.json()['locations']).toEqual([{ url, metadata: { x: 'y', store: 'mirror' } }]);
  });

  test('removes one, with its data at once, by an admin: 200', async () => {
    const id = await threefold();
    const answer = await patch(service, id, [remove('0'), { op: 'replace', path: '/name', value: 'n' }], {
      as: 'admin',
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ name: 'n', stores: 'mirror,mirror' });
    expect(readdirSync(service.storeFolderOf('fast'))).not.toContain(id);
    expect(urlsOf((await patch(service, id, [remove('-')], { as: 'admin' })).json())).toEqual([url]);
  });

  type Place = 'queued' | 'active' | 'deactivated' | 'one';
  const rows: readonly (readonly [string, Place, () => readonly object[], number, Persona?])[] = [
    ['by another member', 'queued', () => [add(url)], 404, 'otherMember'],
    ['by a reader', 'queued', () => [add(url)], 403, 'reader'],
    ['that removes, by the owner', 'active', () => [remove('0')], 403],
    ['that removes, of a queued image', 'queued', () => [remove('0')], 409, 'admin'],
    ['that removes, of a deactivated image', 'deactivated', () => [remove('0')], 409, 'admin'],
    ['that removes the last one', 'one', () => [remove('0')], 403, 'admin'],
    ['that removes at no position', 'active', () => [remove('9')], 400, 'admin'],
    ['that removes at a word', 'active', () => [remove('x')], 400, 'admin'],
    ['that adds, of a deactivated image', 'deactivated', () => [add(url)], 409],
    ['that adds at no position', 'one', () => [add(url, 'x')], 400],
    ['that adds a fourth', 'active', () => [add(web.urlOf('absent'))], 413],
    ['that adds one that is there', 'one', () => [add(url), add(url)], 400],
    ['that adds data that are not there', 'one', () => [add(web.urlOf('absent'))], 400],
    ['that adds empty data', 'one', () => [add(web.put('empty', new Uint8Array()))], 400],
    ['that adds a file', 'one', () => [add('file:///etc/passwd')], 400],
    ['that adds a file by its other name', 'one', () => [add('filesystem:///etc/passwd')], 400],
    ['that adds what no store has', 'one', () => [add('rbd://x')], 400],
    ['that adds a URL that is none', 'one', () => [add('http://')], 400],
    ['that adds an address that must not be asked', 'one', () => [add('http://169.254.169.254/latest')], 400],
    ['that adds a URL that is too long', 'one', () => [add(`${url}?${'x'.repeat(255)}`)], 400],
    ['that adds no object', 'one', () => [{ ...add(url), value: url }], 400],
    ['that adds without metadata', 'one', () => [{ ...add(url), value: { url } }], 400],
    ['that adds metadata that are not text', 'one', () => [add(url, '-', { x: 1 })], 400],
    ['that adds the whole list', 'one', () => [{ op: 'add', path: '/locations', value: [] }], 400],
    ['that replaces one of the list', 'one', () => [{ ...replace(), path: '/locations/0' }], 400],
    ['that removes the list', 'one', () => [{ op: 'remove', path: '/locations' }], 400, 'admin'],
    ['that replaces by none', 'one', () => [replace()], 403],
    ['that replaces by other URLs', 'one', () => [replace({ url, metadata: {} })], 400],
    ['that replaces, of a deactivated image', 'deactivated', () => [replace({ url, metadata: {} })], 409],
    [
      'that gives a hash to an active image',
      'one',
      () => [
        { ...add(url), value: { url, metadata: {}, validation_data: { os_hash_algo: 'md5', os_hash_value: '' } } },
      ],
      409,
    ],
    [
      'that gives a hash with members nobody knows',
      'queued',
      () => [{ ...add(url), value: { url, metadata: {}, validation_data: { os_hash_algo: 'md5' } } }],
      400,
    ],
    [
      'that gives a hash by another algorithm',
      'queued',
      () => [
        {
          ...add(url),
          value: { url, metadata: {}, validation_data: { os_hash_algo: 'md5', os_hash_value: hash('md5') } },
        },
      ],
      409,
    ],
  ];

  async function make(place: Place): Promise<string> {
    if (place === 'queued') return createImage(service, { visibility: 'private' });
    if (place === 'active') return threefold();
    const id = await createActiveImage(service);
    if (place === 'deactivated') await deactivate(service, id);
    return id;
  }

  test.each(rows.map((row) => [row[0], row[3], row] as const))('%s is refused: %i', async (_, status, row) => {
    const [, place, operations, , as = 'member'] = row;
    const id = await make(place);
    const before = await show(service, id);
    const renaming = { op: 'replace', path: '/name', value: 'renamed' };
    expect((await patch(service, id, [renaming, ...operations()], { as })).status).toBe(status);
    expect(await show(service, id)).toEqual(before);
  });

  test('is refused for images without formats: 400', async () => {
    const id = await createImage(service, { disk_format: null });
    expect((await patch(service, id, [add(url)])).status).toBe(400);
    expect((await patch(service, id, [{ op: 'replace', path: '/disk_format', value: 'raw' }, add(url)])).status).toBe(
      200,
    );
  });

  test('is refused where locations are not shown: 403', async () => {
    const id = await createActiveImage(plain);
    for (const operation of [add(url), replace({ url, metadata: {} }), replace(), remove('0')]) {
      expect((await patch(plain, id, [operation], { as: 'admin' })).status).toBe(403);
    }
  });

  test('works in the older dialect, too: 200', async () => {
    const id = await createImage(service);
    const document = [{ add: '/locations/-', value: { url, metadata: {} } }];
    expect((await patch(service, id, document, { dialect: 'v2.0' })).status).toBe(200);
  });

  test('goes together with If-Match: 200, and 412 with another', async () => {
    const id = await threefold();
    const { headers } = await service.send(`GET /v2/images/${id}`, { as: 'admin' });
    const match = (tag: string) => patch(service, id, [remove('-')], { as: 'admin', headers: { 'if-match': tag } });
    expect((await match('"x"')).status).toBe(412);
    expect((await match(headers.etag ?? '')).status).toBe(200);
  });

  test('in one store has no ids of stores', async () => {
    const id = await createImage(trusting);
    const answer = await patch(trusting, id, [add(url)]);
    expect(answer.json()).toMatchObject({ status: 'active', locations: [{ url, metadata: {} }] });
    expect(answer.json()).not.toHaveProperty('stores');
  });
});

describe('registering data', () => {
  function register(
    on: RunningService,
    id: string,
    json: unknown = { url },
    as: Persona = 'member',
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return on.send(`POST /v2/images/${id}/locations`, { as, json, headers });
  }

  const validation = (algorithm: string, value = hash(algorithm)) => ({
    url,
    validation_data: { os_hash_algo: algorithm, os_hash_value: value },
  });

  async function registered(on: RunningService, body: unknown): Promise<Record<string, unknown>> {
    const id = await createImage(on);
    const answer = await register(on, id, body);
    expect([answer.status, answer.text]).toEqual([202, '']);
    return settled(on, id);
  }

  const sha256 = { os_hash_algo: 'sha256', os_hash_value: hash('sha256') };
  const none = { checksum: null, os_hash_algo: null, os_hash_value: null };
  const computed = { checksum: hash('md5'), os_hash_algo: 'sha512', os_hash_value: hash('sha512') };

  test('without a hash: active, and hashed', async () => {
    const image = await registered(service, { url });
    expect(image).toMatchObject({ ...computed, status: 'active', size: bytes.byteLength, virtual_size: null });
    expect(image).toMatchObject({ locations: [{ url, metadata: { store: 'mirror' } }], direct_url: url });
  });

  test('with its hash: active once it is checked', async () => {
    let seen: Record<string, unknown> = {};
    const id = await createImage(service);
    web.beforeData = async () => {
      seen = await show(service, id);
    };
    await register(service, id, validation('sha256'));
    expect(await settled(service, id)).toMatchObject({ ...sha256, checksum: hash('md5'), status: 'active' });
    web.beforeData = () => Promise.resolve();
    expect(seen).toMatchObject({ status: 'importing', os_hash_algo: 'sha256', os_hash_value: null });
    expect(seen).not.toHaveProperty('os_glance_hash_op_host');
  });

  test('with another hash: queued again, with nothing of the data', async () => {
    const image = await registered(service, validation('sha256', 'a'.repeat(64)));
    expect(image).toMatchObject({ ...none, status: 'queued', size: null, locations: [] });
  });

  test('that is trusted: active with what is said of the hash, or without', async () => {
    expect(await registered(trusting, validation('sha256'))).toMatchObject({ ...sha256, checksum: null });
    expect(await registered(trusting, { url })).toMatchObject({ ...none, status: 'active' });
  });

  test('that can be found and not be read: active without a hash', async () => {
    const place = web.put('broken', bytes);
    web.breakDown('broken');
    const image = await registered(service, { url: place });
    expect(image).toMatchObject({ status: 'active', os_hash_algo: 'sha512', os_hash_value: null, checksum: null });
    const checked = await registered(service, { ...validation('sha256'), url: place });
    expect(checked).toMatchObject({ ...none, status: 'queued', locations: [] });
  });

  test('that is not there, or for an image without format: queued, and the task says why', async () => {
    const id = await createImage(service, { container_format: null });
    await register(service, id);
    expect(await settled(service, id)).toMatchObject({ status: 'queued' });
    const absent = await createImage(service);
    await register(service, absent, { url: web.urlOf('absent') });
    expect(await settled(service, absent)).toMatchObject({ status: 'queued', locations: [] });
    const tasks = (await service.send(`GET /v2/images/${absent}/tasks`)).json()['tasks'];
    expect(tasks).toEqual([expect.objectContaining({ type: 'location_import', status: 'failure', image_id: absent })]);
  });

  test('that the image is deleted for, while it is read: 204, and nothing is left', async () => {
    const id = await createImage(service);
    web.beforeData = async () => {
      await service.send(`DELETE /v2/images/${id}`);
    };
    await register(service, id, validation('sha256'));
    while ((await service.send(`GET /v2/images/${id}`)).status !== 404);
    web.beforeData = () => Promise.resolve();
    expect((await service.send(`GET /v2/images/${id}`)).status).toBe(404);
  });

  type Row = readonly [string, number, (id: string) => Promise<Answer>, Record<string, unknown>?];
  const rows: readonly Row[] = [
    ['without a URL', 400, (id) => register(service, id, {})],
    ['as an array', 400, (id) => register(service, id, [{ url }])],
    ['with a URL that is no text', 400, (id) => register(service, id, { url: 1 })],
    ['with validation_data that are null', 400, (id) => register(service, id, { url, validation_data: null })],
    ['with half a hash', 400, (id) => register(service, id, { url, validation_data: { os_hash_algo: 'md5' } })],
    ['with a hash by an unknown algorithm', 400, (id) => register(service, id, validation('sha384'))],
    ['with members nobody knows', 202, (id) => register(service, id, { url, other: 1 })],
    ['malformed for an absent image', 400, () => register(service, absentId, {})],
    ['for an absent image', 404, () => register(service, absentId)],
    ['for an image of others', 404, (id) => register(service, id, { url }, 'otherMember')],
    ['as a reader', 403, (id) => register(service, id, { url }, 'reader')],
    [
      'as a reader of a community image',
      403,
      (id) => register(service, id, { url }, 'otherMember'),
      { visibility: 'community' },
    ],
    ['in a store, as the owner', 403, (id) => register(service, id, { url: 'rbd://x' })],
    ['in a store, as an admin', 403, (id) => register(service, id, { url: 'rbd://x' }, 'admin')],
    [
      'in a store, as a service',
      202,
      (id) => register(service, id, { url: 'rbd://x' }, 'service'),
      { visibility: 'community' },
    ],
    [
      'in a store, as the owner by a service',
      202,
      (id) =>
        register(service, id, { url: 'rbd://x' }, 'member', {
          'x-service-roles': 'service',
          'x-service-identity-status': 'Confirmed',
        }),
    ],
    ['on a web server that no store reads', 403, (id) => register(plain, id)],
    ['with a hash of the wrong length', 400, (id) => register(service, id, validation('sha256', 'abc'))],
    [
      'in a store with a hash of the wrong length',
      403,
      (id) => register(service, id, { ...validation('md5', 'x'), url: 'rbd://x' }),
    ],
  ];

  test.each(rows.map((row) => [row[0], row[1], row] as const))(
    '%s: %i',
    async (name, status, [, , send, attributes]) => {
      const on = name.endsWith('no store reads') ? plain : service;
      const id = await createImage(on, { visibility: 'private', ...attributes });
      expect((await send(id)).status).toBe(status);
      if (status === 202) await settled(on, id);
    },
  );

  test('for an image that has data: 409', async () => {
    expect((await register(service, await createActiveImage(service))).status).toBe(409);
  });

  test('for an image that a task is at work on: 409', async () => {
    const id = await createImage(service);
    const gate = Promise.withResolvers<void>();
    web.beforeData = () => gate.promise;
    await register(service, id, validation('sha256'));
    // It is importing as soon as the task has begun, and queued and locked before.
    expect((await register(service, id)).status).toBe(409);
    gate.resolve();
    web.beforeData = () => Promise.resolve();
    expect(await settled(service, id)).toMatchObject({ status: 'active' });
  });

  test('puts no credentials into log or record: 0 hits', async () => {
    const id = await createImage(service);
    await register(service, id, { url: url.replace('http://', 'http://user:verysecret@') });
    await settled(service, id);
    const { text } = await service.send(`GET /v2/images/${id}/tasks`);
    expect(text).toContain('loc_url');
    expect(text).not.toContain('verysecret');
    expect(JSON.stringify(service.log)).not.toContain('verysecret');
  });
});

describe('listing locations', () => {
  function list(id: string, as: Persona, options: object = {}): Promise<Answer> {
    return service.send(`GET /v2/images/${id}/locations`, { as, ...options });
  }

  test('gives URL and metadata of each, whether or not images show them: 200', async () => {
    const id = await threefold();
    const answer = await list(id, 'admin');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual((await show(service, id))['locations']);
    const hidden = await createActiveImage(plain);
    const shown = await plain.send(`GET /v2/images/${hidden}/locations`, { as: 'admin' });
    expect(JSON.parse(shown.text)).toEqual([{ url: `file://${plain.storeFolder}/${hidden}`, metadata: {} }]);
  });

  test('of an image without data gives none: 200', async () => {
    expect((await list(await createImage(service), 'admin')).text).toBe('[]');
  });

  test.each<readonly [Persona, string, number]>([
    ['admin', 'private', 200],
    ['service', 'community', 200],
    ['service', 'private', 404],
    ['member', 'private', 403],
    ['otherMember', 'community', 403],
    ['otherMember', 'private', 404],
  ])('as %s of an image that is %s: %i', async (as, visibility, status) => {
    const id = await createImage(service, { visibility });
    expect((await list(id, as)).status).toBe(status);
  });

  test('for a member by a service is refused: 403', async () => {
    const headers = { 'x-service-roles': 'service', 'x-service-identity-status': 'Confirmed' };
    expect((await list(await createImage(service), 'member', { headers })).status).toBe(403);
  });

  test('with a body that is no JSON: 400', async () => {
    const id = await createImage(service);
    expect((await list(id, 'admin', { body: '{' })).status).toBe(400);
    expect((await list(id, 'admin', { json: {} })).status).toBe(200);
  });
});

describe('deleting the copy of one store', () => {
  test('leaves the others: 204', async () => {
    const id = await threefold();
    expect((await service.send(`DELETE /v2/stores/fast/${id}`, { as: 'admin' })).status).toBe(204);
    expect(await show(service, id)).toMatchObject({ stores: 'mirror,mirror' });
    expect(readdirSync(service.storeFolderOf('fast'))).not.toContain(id);
    expect((await service.send(`DELETE /v2/stores/fast/${id}`, { as: 'admin' })).status).toBe(404);
  });

  test('of the web, where nothing can be deleted, drops the first location there: 204', async () => {
    const id = await threefold();
    expect((await service.send(`DELETE /v2/stores/mirror/${id}`, { as: 'admin' })).status).toBe(204);
    expect(urlsOf(await show(service, id))[1]).toBe(other);
  });
});
