/** Changing image records by patches. Source: contract 02 §4. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, patch, show } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => {
  service = await runService({ config: 'image_property_quota = 3\nimage_tag_quota = 3' });
});
afterAll(() => service.close());

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const add = (path: string, value: unknown) => ({ op: 'add', path, value });
const remove = (path: string) => ({ op: 'remove', path });

describe('the content type', () => {
  test.each([
    ['application/openstack-images-v2.1-json-patch', 200],
    ['application/openstack-images-v2.1-json-patch; charset=utf-8', 200],
    ['application/openstack-images-v2.1-json-patch;x', 200],
    ['Application/openstack-images-v2.1-json-patch', 415],
    ['application/openstack-images-v2.2-json-patch', 415],
    ['application/openstack-images-v2.3-json-patch', 415],
    ['application/json-patch+json', 415],
    ['application/json', 415],
    ['', 415],
  ])('%s is %i', async (type, status) => {
    const id = await createImage(service);
    const answer = await patch(service, id, [replace('/name', 'x')], { headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
  });

  test('is looked at before the body and the image: 415', async () => {
    expect((await service.send(`PATCH /v2/images/${absentId}`, { body: '{' })).status).toBe(415);
  });
});

describe('the examples of the contract', () => {
  test('name, property, tags and removal in one: 200 with the whole image', async () => {
    const id = await createActiveImage(service, { 'old/key': 'x' });
    const answer = await patch(service, id, [
      replace('/name', 'web-2'),
      add('/hw_disk_bus', 'virtio'),
      replace('/tags', ['lts', 'gold']),
      remove('/old~1key'),
    ]);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ name: 'web-2', hw_disk_bus: 'virtio', status: 'active', id });
    expect(answer.json()).not.toHaveProperty('old/key');
    expect(await show(service, id)).toEqual(answer.json());
  });

  test('the same in the older dialect', async () => {
    const id = await createActiveImage(service);
    const document = [
      { replace: '/name', value: 'web-2' },
      { add: '/bus', value: 'x' },
      { replace: '/tags', value: ['a'] },
    ];
    const answer = await patch(service, id, document, { dialect: 'v2.0' });
    expect([answer.status, answer.json()['name'], answer.json()['tags']]).toEqual([200, 'web-2', ['a']]);
    const again = await patch(service, id, [{ add: '/tags', value: ['b'] }], { dialect: 'v2.0' });
    expect(again.status).toBe(409);
  });

  test.each<[unknown, number]>([
    [replace('/disk_format', 'raw'), 403],
    [remove('/name'), 403],
    [remove('/tags'), 403],
    [replace('/nope', 'x'), 409],
    [remove('/nope'), 409],
    [add('/n', 1), 400],
    [add('/n', null), 400],
    [add('/tags/-', 'x'), 400],
    [add('/tags/0', 'x'), 400],
    [{ op: 'replace', path: '/status' }, 400],
    [replace('/status', 'queued'), 403],
    [add('/os_glanceful', 'x'), 403],
    [{ op: 'test', path: '/name', value: 'x' }, 400],
  ])('%o on an active image is %i', async (operation, status) => {
    const id = await createActiveImage(service);
    const before = await show(service, id);
    expect((await patch(service, id, [operation])).status).toBe(status);
    expect(await show(service, id)).toEqual(before);
  });
});

describe('the document', () => {
  test.each<[string, unknown]>([
    ['an object', {}],
    ['an item that is no object', ['x']],
    ['an item that is an array', [[]]],
    ['an item that is null', [null]],
    ['no op', [{ path: '/name', value: 'x' }]],
    ['an op that is no string', [{ op: 1, path: '/name', value: 'x' }]],
    ['a path that is no string', [{ op: 'add', path: 1, value: 'x' }]],
    ['no path', [{ op: 'add', value: 'x' }]],
    ['a path without slash', [add('name', 'x')]],
    ['a trailing slash', [add('/name/', 'x')]],
    ['two slashes inside', [add('/a//b', 'x')]],
    ['a lonely tilde', [add('/a~', 'x')]],
    ['~2', [add('/a~2', 'x')]],
    ['too deep', [add('/a/b', 'x')]],
    ['very deep', [add('/a'.repeat(100_000), 'x')]],
    ['move', [{ op: 'move', from: '/name', path: '/x' }]],
    ['copy', [{ op: 'copy', from: '/name', path: '/x' }]],
    ['a fault before a forbidden target', [add('/a', 1), replace('/status', 'x')]],
    ['a long property name', [add(`/${'p'.repeat(256)}`, 'x')]],
  ])('%s is 400, before anybody looks for the image', async (_, document) => {
    expect((await patch(service, absentId, document)).status).toBe(400);
  });

  test.each<[string, unknown[]]>([
    ['id', [replace('/id', 'x')]],
    ['created_at', [replace('/created_at', 'x')]],
    ['os_hash_value', [add('/os_hash_value', 'x')]],
    ['direct_url', [add('/direct_url', 'x')]],
    ['stores', [add('/stores', 'x')]],
    ['location', [add('/location', 'x')]],
    ['deleted_at', [add('/deleted_at', 'x')]],
    ['a forbidden target before a fault', [replace('/status', 'x'), add('/a', 1)]],
  ])('%s is 403, before anybody looks for the image', async (_, document) => {
    expect((await patch(service, absentId, document)).status).toBe(403);
  });

  test('without fault for an absent image is 404', async () => {
    expect((await patch(service, absentId, [add('/a', 'x')])).status).toBe(404);
    expect((await patch(service, absentId, [])).status).toBe(404);
  });

  test('of no operations changes nothing, not even the time: 200', async () => {
    const id = await createImage(service, { visibility: 'community' });
    expect((await patch(service, id, [], { as: 'otherMember' })).status).toBe(200);
  });

  test('pointers are decoded, trimmed and may name the empty property', async () => {
    const id = await createImage(service);
    const answer = await patch(service, id, [add('/a~1b~0c', '1'), add('/ d ', '2'), add('/', '3')]);
    expect(answer.json()).toMatchObject({ 'a/b~c': '1', d: '2', '': '3' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'image_id', 'extra_properties', 'context'])(
    'a property named %s is one like others',
    async (name) => {
      const id = await createImage(service);
      expect((await patch(service, id, [replace(`/${name}`, 'x')])).status).toBe(409);
      const added = await patch(service, id, [add(`/${name}`, 'x')]);
      expect([added.status, added.text.includes(`"${name}":"x"`)]).toEqual([200, true]);
      const removed = await patch(service, id, [remove(`/${name}`)]);
      expect([removed.status, removed.text.includes(`"${name}"`)]).toEqual([200, false]);
    },
  );
});

describe('who may change what', () => {
  test.each<[Persona, unknown, number]>([
    ['member', replace('/name', 'x'), 200],
    ['reader', replace('/name', 'x'), 403],
    ['otherMember', replace('/name', 'x'), 403],
    ['nobody', replace('/name', 'x'), 404],
    ['service', replace('/name', 'x'), 404],
    ['stranger', replace('/name', 'x'), 401],
    ['admin', replace('/name', 'x'), 200],
    ['member', replace('/visibility', 'public'), 403],
    ['admin', replace('/visibility', 'public'), 200],
    ['member', replace('/visibility', 'private'), 200],
    ['member', replace('/owner', 'p1'), 403],
    ['member', add('/owner', 'p2'), 403],
    ['admin', replace('/owner', 'p2'), 200],
  ])('%s, %o of a community image: %i', async (as, operation, status) => {
    const id = await createImage(service, { visibility: 'community' });
    expect((await patch(service, id, [operation], { as })).status).toBe(status);
  });

  test('of an image nobody else can see there is nothing to change: 404', async () => {
    const id = await createImage(service, { visibility: 'private' });
    expect((await patch(service, id, [replace('/name', 'x')], { as: 'otherMember' })).status).toBe(404);
  });
});

describe('the state after', () => {
  test('a failure at the end undoes what came before it', async () => {
    const id = await createImage(service, { a: '1' });
    const before = await show(service, id);
    const answer = await patch(service, id, [replace('/name', 'x'), remove('/a'), add('/b', '2'), remove('/c')]);
    expect(answer.status).toBe(409);
    expect(await show(service, id)).toEqual(before);
  });

  test('formats change while the image is queued, and later never', async () => {
    const id = await createImage(service);
    expect((await patch(service, id, [replace('/disk_format', 'iso'), add('/container_format', 'ovf')])).status).toBe(
      200,
    );
  });

  test.each<[string, readonly unknown[], number]>([
    ['a property too many', [add('/c', '3'), add('/d', '4')], 413],
    ['one for another', [remove('/a'), add('/c', '3'), add('/d', '4')], 200],
    ['a tag too many', [replace('/tags', ['1', '2', '3', '4'])], 413],
    ['equal tags', [replace('/tags', ['1', '1', '2', '2', '3'])], 200],
    ['a minimum that is too large', [replace('/min_disk', 2_147_483_648)], 400],
    ['a negative minimum', [replace('/min_ram', -1)], 400],
    ['a null minimum', [replace('/min_ram', null)], 400],
    ['an emoji', [add('/a', '😀')], 400],
    ['a null name', [replace('/name', null)], 200],
  ])('%s', async (_, operations, status) => {
    const id = await createImage(service, { a: '1', b: '2' });
    expect((await patch(service, id, operations)).status).toBe(status);
  });

  test('a deactivated image can be changed', async () => {
    const id = await createActiveImage(service);
    await deactivate(service, id);
    expect((await patch(service, id, [replace('/name', 'x')])).status).toBe(200);
  });
});
