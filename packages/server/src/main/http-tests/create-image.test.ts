/** Creating image records: what is answered, and which of several faults decides. Source: contract 02 §1–§3. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { createImage } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => {
  service = await runService({
    config: 'image_tag_quota = 2\nimage_property_quota = 2\nshow_image_direct_url = true',
  });
});
afterAll(() => service.close());

async function create(body: unknown, as: Persona = 'member'): Promise<number> {
  return (await service.send('POST /v2/images', { json: body, as })).status;
}

describe('a created image', () => {
  test('is shown whole, in the order of Glance, with its address: 201', async () => {
    const answer = await service.send('POST /v2/images', { json: { zeta: 'z', name: 'web', alpha: 'a' } });
    const id = answer.json()['id'];
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      location: `${service.url}/v2/images/${String(id)}`,
      etag: expect.stringMatching(/^".+"$/),
    });
    expect(answer.headers['openstack-image-import-methods']).toBe('glance-direct,web-download,copy-image');
    expect(answer.headers).not.toHaveProperty('openstack-image-store-ids');
    expect(Object.entries(answer.json())).toEqual([
      ['zeta', 'z'],
      ['alpha', 'a'],
      ['name', 'web'],
      ['disk_format', null],
      ['container_format', null],
      ['visibility', 'shared'],
      ['size', null],
      ['virtual_size', null],
      ['status', 'queued'],
      ['checksum', null],
      ['protected', false],
      ['min_ram', 0],
      ['min_disk', 0],
      ['owner', 'p1'],
      ['os_hidden', false],
      ['os_hash_algo', null],
      ['os_hash_value', null],
      ['id', expect.stringMatching(/^[0-9a-f-]{36}$/)],
      ['created_at', expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)],
      ['updated_at', expect.stringMatching(/Z$/)],
      ['tags', []],
      ['self', `/v2/images/${String(id)}`],
      ['file', `/v2/images/${String(id)}/file`],
      ['schema', '/v2/schemas/image'],
    ]);
  });

  test('reads back as it was answered', async () => {
    const json = {
      id: 'ABCDEF00-0000-4000-8000-00000000ABCD',
      name: 'ü',
      tags: ['a', '', 'a'],
      min_disk: 1.0,
      os_hidden: true,
      __proto: 'p',
      'x y/~': '',
    };
    const created = await service.send('POST /v2/images', { json });
    expect(created.status).toBe(201);
    const shown = await service.send(`GET /v2/images/${json.id}`);
    expect(shown.json()).toEqual(created.json());
    expect(new Set(shown.json()['tags'] as string[])).toEqual(new Set(['a', '']));
    expect((await service.send(`GET /v2/images/${json.id.toLowerCase()}`)).status).toBe(404);
  });

  test('keeps properties that are named like parts of every object', async () => {
    const body = '{"__proto__": "a", "constructor": "b"}';
    const created = await service.send('POST /v2/images', { body });
    const shown = await service.send(`GET /v2/images/${String(created.json()['id'])}`);
    expect(shown.text).toMatch(/"__proto__":"a"/);
    expect(shown.text).toMatch(/"constructor":"b"/);
  });
});

describe('a create with', () => {
  test.each<[number, string, unknown]>([
    [201, 'nothing', {}],
    [201, 'nulls where they may be', { name: null, disk_format: null, container_format: null }],
    [201, 'bounds', { min_disk: 2_147_483_647, min_ram: 0, name: 'n'.repeat(255) }],
    [201, 'tags that are equal and so within the quota', { tags: ['a', 'a', 'b'] }],
    [400, 'a name of 256 characters', { name: 'n'.repeat(256) }],
    [400, 'a name that is a number', { name: 1 }],
    [400, 'an id that is none', { id: 'mine' }],
    [400, 'null for the id', { id: null }],
    [400, 'an unknown visibility', { visibility: 'everybody' }],
    [400, 'an unknown format', { disk_format: 'floppy' }],
    [400, 'a minimum that is negative', { min_disk: -1 }],
    [400, 'a minimum beyond 31 bits', { min_ram: 2_147_483_648 }],
    [400, 'a minimum that is a string', { min_disk: '4' }],
    [400, 'a minimum that is true', { min_disk: true }],
    [400, 'a minimum that is null', { min_disk: null }],
    [400, 'a minimum with a fraction', { min_disk: 1.5 }],
    [400, 'a property that is a number', { a: 1 }],
    [400, 'a property that is null', { a: null }],
    [400, 'a property name of 256 characters', { ['p'.repeat(256)]: 'x' }],
    [400, 'an emoji in the name', { name: '😀' }],
    [400, 'an emoji in a property', { a: '😀' }],
    [400, 'an emoji in a property name', { '😀': 'a' }],
    [400, 'an emoji in a tag', { tags: ['😀'] }],
    [400, 'a property beyond 65 535 bytes', { a: 'x'.repeat(65_536) }],
    [400, 'a tag of 256 characters', { tags: ['t'.repeat(256)] }],
    [400, 'tags that are no array', { tags: 'a' }],
    [403, 'direct_url', { direct_url: 'file:///etc/passwd' }],
    [403, 'self', { self: '/x' }],
    [403, 'stores', { stores: 'fast' }],
    [403, 'a status', { status: 'active' }],
    [403, 'a checksum', { checksum: 'a'.repeat(32) }],
    [403, 'a hash', { os_hash_value: 'a' }],
    [403, 'a size', { size: 1 }],
    [403, 'created_at', { created_at: '2020-01-01T00:00:00Z' }],
    [403, 'location', { location: 'file:///etc/passwd' }],
    [403, 'deleted', { deleted: 'true' }],
    [403, 'os_glance_task', { os_glance_task: 'x' }],
    [403, 'os_glanceful', { os_glanceful: 'x' }],
    [403, 'locations', { locations: [{ url: 'file:///etc/passwd', metadata: {} }] }],
    [403, 'visibility public', { visibility: 'public' }],
    [403, 'the project of others as owner', { owner: 'p2' }],
    [413, 'a tag too many', { tags: ['a', 'b', 'c'] }],
    [413, 'a property too many', { a: '1', b: '2', c: '3' }],
  ])('%i for %s', async (status, _, body) => {
    expect(await create(body)).toBe(status);
  });

  test.each<[number, Persona, unknown]>([
    [201, 'admin', { visibility: 'public', owner: 'p2' }],
    [201, 'admin', { owner: null }],
    [201, 'member', { owner: 'p1', visibility: 'community' }],
    [403, 'reader', {}],
    [403, 'service', {}],
    [403, 'nobody', {}],
    [401, 'stranger', {}],
  ])('%i by %s: %o', async (status, persona, body) => {
    expect(await create(body, persona)).toBe(status);
  });
});

describe('of several faults the first in this order decides', () => {
  const usedId = '11111111-2222-4333-8444-555555555555';
  beforeAll(async () => void (await createImage(service, { id: usedId })));
  /** Each adds its fault to those of all below it. */
  const faults: readonly (readonly [number, string, Record<string, unknown>])[] = [
    [403, 'a link', { self: '/x' }],
    [400, 'a value against the schema', { name: 1 }],
    [403, 'a reserved word', { deleted: 'true' }],
    [403, 'the policy', { visibility: 'public' }],
    [413, 'the tag quota', { tags: ['a', 'b', 'c'] }],
    [403, 'an attribute of the service', { size: 1 }],
    [413, 'the property quota', { a: '1', b: '2', c: '3' }],
    [409, 'an id in use', { id: usedId }],
  ];
  test.each(faults.map(([status, what], index) => [what, status, index] as const))(
    '%s: %i',
    async (_, status, index) => {
      const body = Object.assign({}, ...faults.slice(index).map(([, , part]) => part)) as Record<string, unknown>;
      expect(await create(body)).toBe(status);
    },
  );
});

test('an id is used up for good, by whomever: 409', async () => {
  const id = await createImage(service);
  await service.send(`DELETE /v2/images/${id}`);
  const again = await service.send('POST /v2/images', { json: { id }, as: 'otherMember' });
  expect(again.status).toBe(409);
});
