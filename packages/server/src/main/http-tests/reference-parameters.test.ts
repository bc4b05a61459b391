/**
 * Every parameter in Glance's own parameter file is understood, in the place it names and of the type it names. Where the
 * file and Glance itself differ, Glance is right: `typedOtherwise`. Source: contract 07 §6.2.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer, RequestOptions } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, patch } from './images.testing.ts';
import { referenceDocument } from './reference-documents.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

type Place = 'header' | 'path' | 'query' | 'body';

interface Parameter {
  readonly place: Place;
  readonly required: boolean;
  readonly type: string;
}

/** The file has lost its indentation; each entry still ends with these three lines. */
const documented: ReadonlyMap<string, Parameter> = new Map(
  [
    ...referenceDocument('glance-parameters').matchAll(
      /^([\w-]+):\ndescription: \|\n(?:(?!^in: ).*\n)*?in: (\w+)\nrequired: (true|false)\ntype: (\w+)$/gm,
    ),
  ].map(([, name = '', place, required, type = '']) => [
    name,
    // The file has no other places; the test of the names would fail on one.
    { place: place as Place, required: required === 'true', type },
  ]),
);

/** Types that the file gives wrongly. */
const typedOtherwise: Readonly<Record<string, string>> = {
  'status-in-query': 'string',
  size_max: 'integer',
  size_min: 'integer',
  value: 'any',
};

const folder = mkdtempSync(join(tmpdir(), 'lucarne-parameters-'));
const config = `
show_image_direct_url = true
show_multiple_locations = true
image_cache_dir = ${join(folder, 'cache')}
enabled_backends = fast:file, slow:file
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = ${join(folder, 'fast')}
[slow]
filesystem_store_datadir = ${join(folder, 'slow')}
`;

const data = 'ten bytes!';
const md5 = createHash('md5').update(data).digest('hex');

let service: RunningService;
/** An image with data, tagged `sample`. */
let sampleId: string;
/** Another one, in a list on the next page. */
let smallId: string;

beforeAll(async () => {
  service = await runService({ config });
  const sample = { name: 'sample', tags: ['listed', 'sample'], min_ram: 1, min_disk: 1, protected: true };
  sampleId = await createActiveImage(service, sample, data);
  smallId = await createActiveImage(service, { name: 'small', tags: ['listed'], visibility: 'private' }, 'tiny');
  await createImage(service, { name: 'hidden', tags: ['listed'], os_hidden: true });
  const foreign = await createImage(service, { name: 'foreign', tags: ['listed'] }, 'otherMember');
  await service.send(`POST /v2/images/${foreign}/members`, { as: 'otherMember', json: { member: 'p1' } });
  await service.send(`POST /v2/images/${sampleId}/members`, { json: { member: 'p7' } });
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const send = (request: string, options?: RequestOptions): Promise<Answer> => service.send(request, options);

/** Names of what a list finds. */
async function found(query: string): Promise<string> {
  const answer = await send(`GET /v2/images?tag=listed&sort=name:asc&${query}`);
  expect(answer.status).toBe(200);
  return (answer.json()['images'] as { name: string }[]).map((image) => image.name).join(' ');
}

async function statusOf(query: string): Promise<number> {
  return (await send(`GET /v2/images?${query}`)).status;
}

async function sampleImage(): Promise<Record<string, unknown>> {
  return (await send(`GET /v2/images/${sampleId}`)).json();
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** The attribute of an image with data has the type. */
function shown(attribute: string, type = 'string') {
  return async () => expect(typeOf((await sampleImage())[attribute])).toBe(type);
}

/** A new image takes the value, and refuses the other. */
function taken(attribute: string, value: unknown, refused: unknown) {
  return async () => {
    const answer = await send('POST /v2/images', { json: { [attribute]: value } });
    expect([answer.status, answer.json()[attribute]]).toEqual([201, value]);
    expect((await send('POST /v2/images', { json: { [attribute]: refused } })).status).toBe(400);
  };
}

function timeFilter(column: string) {
  return async () => {
    expect(await found(`${column}=gt:2015-08-27T09:49:58-05:00`)).toBe('sample small');
    expect(await found(`${column}=lt:2015-08-27T09:49:58Z`)).toBe('');
    expect(await statusOf(`${column}=gt:yesterday`)).toBe(400);
  };
}

/** Of bodies of an import: what becomes of a well-formed one for an image that is not there, and of a malformed one. */
function imported(member: string, value: unknown, refused: unknown) {
  return async () => {
    const method = { name: 'web-download', uri: 'http://images.example/' };
    const body = (given: unknown) => ({ json: { method, [member]: given } });
    expect((await send(`POST /v2/images/${absentId}/import`, body(value))).status).toBe(404);
    expect((await send(`POST /v2/images/${absentId}/import`, body(refused))).status).toBe(400);
  };
}

function located(body: unknown, malformed: unknown) {
  return async () => {
    const path = `POST /v2/images/${absentId}/locations`;
    expect((await send(path, { as: 'service', json: body })).status).toBe(404);
    expect((await send(path, { as: 'service', json: malformed })).status).toBe(400);
  };
}

const hash = { os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(128) };
const octets = { 'content-type': 'application/octet-stream' };

const headers: Readonly<Record<string, () => Promise<void>>> = {
  'cache-clear-header': async () => {
    const clear = async (value: string) =>
      (await send('DELETE /v2/cache', { as: 'admin', headers: { 'x-image-cache-clear-target': value } })).status;
    expect([await clear('cache'), await clear('queue'), await clear(''), await clear('disk')]).toEqual([
      204, 204, 204, 400,
    ]);
  },
  'Content-Length': async () => {
    expect((await send(`GET /v2/images/${sampleId}/file`)).headers['content-length']).toBe(String(data.length));
  },
  'Content-Md5': async () => {
    expect((await send(`GET /v2/images/${sampleId}/file`)).headers['content-md5']).toBe(md5);
  },
  'Content-Range': async () => {
    const range = { 'content-range': 'bytes 0-3/*' };
    const answer = await send(`GET /v2/images/${sampleId}/file`, { headers: range });
    expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([206, 'ten ', 'bytes 0-3/10']);
  },
  'Content-Type-data': async () => {
    const path = `PUT /v2/images/${await createImage(service)}/file`;
    expect((await send(path, { body: data, headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await send(path, { body: data, headers: octets })).status).toBe(204);
  },
  'Content-Type-data-response': async () => {
    expect((await send(`GET /v2/images/${sampleId}/file`)).headers['content-type']).toBe('application/octet-stream');
  },
  'Content-Type-json': async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await send('POST /v2/images', { body: '{}', headers })).status).toBe(201);
  },
  'Content-Type-patch': async () => {
    const id = await createImage(service);
    const v21 = await patch(service, id, [{ op: 'add', path: '/a', value: 'b' }]);
    const v20 = await patch(service, id, [{ replace: '/a', value: 'c' }], { dialect: 'v2.0' });
    const other = await patch(service, id, [], { headers: { 'content-type': 'application/json' } });
    expect([v21.status, v20.status, other.status]).toEqual([200, 200, 415]);
  },
  'import-header': async () => {
    const answer = await send('POST /v2/images', { json: {} });
    expect(answer.headers['openstack-image-import-methods']).toBe('glance-direct,web-download,copy-image');
  },
  Location: async () => {
    const answer = await send('POST /v2/images', { json: {} });
    expect(answer.headers.location).toBe(`${service.url}/v2/images/${String(answer.json()['id'])}`);
  },
  Range: async () => {
    const answer = await send(`GET /v2/images/${sampleId}/file`, { headers: { range: 'bytes=4-8' } });
    expect([answer.status, answer.text]).toEqual([206, 'bytes']);
    const several = await send(`GET /v2/images/${sampleId}/file`, { headers: { range: 'bytes=0-1,3-4' } });
    expect(several.status).toBe(400);
  },
  'store-header': async () => {
    const id = await createImage(service);
    const store = (name: string) =>
      send(`PUT /v2/images/${id}/file`, { body: data, headers: { ...octets, 'x-image-meta-store': name } });
    expect([(await store('absent')).status, (await store('slow')).status]).toEqual([400, 204]);
    expect((await send(`GET /v2/images/${id}`)).json()['stores']).toBe('slow');
  },
  'stores-header': async () => {
    const answer = await send('POST /v2/images', { json: {} });
    expect(answer.headers['openstack-image-store-ids']).toBe('fast,slow');
  },
};

const pathVariables: Readonly<Record<string, () => Promise<void>>> = {
  'image_id-in-path': async () => expect((await send(`GET /v2/images/${sampleId}`)).status).toBe(200),
  'member_id-in-path': async () => expect((await send(`GET /v2/images/${sampleId}/members/p7`)).status).toBe(200),
  'store-in-path': async () => {
    const remove = async (store: string) =>
      (await send(`DELETE /v2/stores/${store}/${sampleId}`, { as: 'admin' })).status;
    // The only copy stays.
    expect([await remove('absent'), await remove('fast')]).toEqual([409, 403]);
  },
  'tag-in-path': async () => {
    const id = await createImage(service);
    const put = async (tag: string) => (await send(`PUT /v2/images/${id}/tags/${tag}`)).status;
    expect([await put('t'.repeat(255)), await put('t'.repeat(256))]).toEqual([204, 400]);
  },
};

const queries: Readonly<Record<string, () => Promise<void>>> = {
  'created_at-in-query': timeFilter('created_at'),
  'updated_at-in-query': timeFilter('updated_at'),
  limit: async () => {
    expect([await found('limit=1'), await statusOf('limit=many')]).toEqual(['sample', 400]);
  },
  marker: async () => {
    expect([await found(`marker=${sampleId}`), await statusOf('marker=x')]).toEqual(['small', 400]);
  },
  'member_status-in-query': async () => {
    expect(await found('member_status=pending')).toBe('foreign sample small');
    expect(await found('member_status=all')).toBe('foreign sample small');
    expect([await found('member_status=accepted'), await found('member_status=rejected')]).toEqual(
      Array(2).fill('sample small'),
    );
    expect(await statusOf('member_status=maybe')).toBe(400);
  },
  'name-in-query': async () => expect(await found('name=small')).toBe('small'),
  'os_hidden-in-query': async () => {
    expect([await found('os_hidden=true'), await found('os_hidden=false')]).toEqual(['hidden', 'sample small']);
  },
  'owner-in-query': async () => {
    expect([await found('owner=p1'), await found('owner=p2&member_status=all')]).toEqual(['sample small', 'foreign']);
  },
  'protected-in-query': async () => {
    expect([await found('protected=true'), await found('protected=false')]).toEqual(['sample', 'small']);
    expect(await statusOf('protected=True')).toBe(400);
  },
  size_max: async () => expect([await found('size_max=4'), await statusOf('size_max=x')]).toEqual(['small', 400]),
  size_min: async () => expect([await found('size_min=5'), await statusOf('size_min=x')]).toEqual(['sample', 400]),
  sort: async () => {
    const names = (await send('GET /v2/images?tag=listed&sort=name:desc,status:asc')).json()['images'];
    expect(names).toMatchObject([{ name: 'small' }, { name: 'sample' }]);
  },
  sort_dir: async () => {
    const up = (await send('GET /v2/images?tag=listed&sort_key=name&sort_dir=asc')).json()['images'];
    const down = (await send('GET /v2/images?tag=listed&sort_key=name&sort_dir=desc')).json()['images'];
    expect([up, down]).toMatchObject([
      [{ name: 'sample' }, { name: 'small' }],
      [{ name: 'small' }, { name: 'sample' }],
    ]);
  },
  sort_key: async () => {
    const images = (await send('GET /v2/images?tag=listed&sort_key=size')).json()['images'];
    expect(images).toMatchObject([{ name: 'sample' }, { name: 'small' }]);
    expect(await statusOf('sort_key=color')).toBe(400);
  },
  'status-in-query': async () => {
    expect([await found('status=active'), await found('status=queued')]).toEqual(['sample small', '']);
  },
  'tag-in-query': async () => expect(await found('tag=sample')).toBe('sample'),
  'visibility-in-query': async () => {
    expect([
      await found('visibility=private'),
      await found('visibility=shared'),
      await found('visibility=all'),
    ]).toEqual(['small', 'sample', 'sample small']);
    expect([await found('visibility=public'), await found('visibility=community')]).toEqual(['', '']);
    expect(await statusOf('visibility=secret')).toBe(400);
  },
};

const bodies: Readonly<Record<string, () => Promise<void>>> = {
  'all-stores-in-request': imported('all_stores', true, 'true'),
  'all-stores-succeed-in-request': imported('all_stores_must_succeed', false, 'false'),
  checksum: async () => expect((await sampleImage())['checksum']).toBe(md5),
  container_format: shown('container_format'),
  'container_format-in-request': taken('container_format', 'ovf', 'crate'),
  created_at: async () => expect((await sampleImage())['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  direct_url: shown('direct_url'),
  disk_format: shown('disk_format'),
  'disk_format-in-request': taken('disk_format', 'qcow2', 'floppy'),
  file: async () => expect((await sampleImage())['file']).toBe(`/v2/images/${sampleId}/file`),
  first: async () => expect((await send('GET /v2/images?limit=1')).json()['first']).toBe('/v2/images?limit=1'),
  id: shown('id'),
  'id-in-request': async () => {
    const json = { id: 'B2173DD3-7ad6-4362-baa6-a68bce3565cb' };
    const first = await send('POST /v2/images', { json });
    const again = await send('POST /v2/images', { json });
    const malformed = await send('POST /v2/images', { json: { id: 'b2173dd3' } });
    expect([first.status, first.json()['id'], again.status, malformed.status]).toEqual([201, json.id, 409, 400]);
  },
  'image_id-in-body': async () => {
    expect((await send(`GET /v2/images/${sampleId}/members/p7`)).json()['image_id']).toBe(sampleId);
  },
  images: async () => expect(typeOf((await send('GET /v2/images')).json()['images'])).toBe('array'),
  'import-methods': async () => {
    expect((await send('GET /v2/info/import')).json()['import-methods']).toMatchObject({
      value: ['glance-direct', 'web-download', 'copy-image'],
    });
  },
  locations: async () => {
    expect((await sampleImage())['locations']).toEqual([{ url: expect.any(String), metadata: expect.any(Object) }]);
  },
  'locations-url': located({ url: 'http://images.example/a' }, { url: 1 }),
  member_id: async () => {
    expect((await send(`GET /v2/images/${sampleId}/members/p7`)).json()['member_id']).toBe('p7');
  },
  member_status: async () => {
    expect((await send(`GET /v2/images/${sampleId}/members/p7`)).json()['status']).toBe('pending');
  },
  members: async () => {
    expect(typeOf((await send(`GET /v2/images/${sampleId}/members`)).json()['members'])).toBe('array');
  },
  'method-in-request': async () => {
    const start = async (method: unknown) =>
      (await send(`POST /v2/images/${absentId}/import`, { json: { method } })).status;
    expect([await start({ name: 'glance-direct' }), await start({}), await start('glance-direct')]).toEqual([
      404, 400, 400,
    ]);
  },
  min_disk: shown('min_disk', 'integer'),
  'min_disk-in-request': taken('min_disk', 3, '3'),
  min_ram: shown('min_ram', 'integer'),
  'min_ram-in-request': taken('min_ram', 3, '3'),
  name: shown('name'),
  'name-in-request': taken('name', 'n', 5),
  next: async () => {
    const page = (await send('GET /v2/images?limit=1&name=small')).json();
    expect(page['next']).toBe(`/v2/images?limit=1&name=small&marker=${smallId}`);
    expect((await send('GET /v2/images?limit=1000')).json()).not.toHaveProperty('next');
  },
  os_hash_algo: async () => expect((await sampleImage())['os_hash_algo']).toBe('sha512'),
  os_hash_value: async () => {
    expect((await sampleImage())['os_hash_value']).toBe(createHash('sha512').update(data).digest('hex'));
  },
  os_hidden: shown('os_hidden', 'boolean'),
  owner: shown('owner'),
  protected: shown('protected', 'boolean'),
  'protected-in-request': taken('protected', true, 'true'),
  'schema-image': async () => expect((await sampleImage())['schema']).toBe('/v2/schemas/image'),
  'schema-images': async () => expect((await send('GET /v2/images')).json()['schema']).toBe('/v2/schemas/images'),
  'schema-member': async () => {
    expect((await send(`GET /v2/images/${sampleId}/members/p7`)).json()['schema']).toBe('/v2/schemas/member');
  },
  'schema-members': async () => {
    expect((await send(`GET /v2/images/${sampleId}/members`)).json()['schema']).toBe('/v2/schemas/members');
  },
  self: async () => expect((await sampleImage())['self']).toBe(`/v2/images/${sampleId}`),
  size: async () => expect((await sampleImage())['size']).toBe(data.length),
  status: shown('status'),
  'stores-in-request': async () => {
    const id = await createImage(service);
    const method = { name: 'web-download', uri: 'http://images.example/' };
    const start = async (stores: unknown) =>
      (await send(`POST /v2/images/${id}/import`, { json: { method, stores } })).status;
    expect([await start(['absent']), await start('fast')]).toEqual([409, 400]);
  },
  tags: shown('tags', 'array'),
  'tags-in-request': taken('tags', ['t'], ['t'.repeat(256)]),
  tasks: async () => expect((await send(`GET /v2/images/${sampleId}/tasks`)).json()['tasks']).toEqual([]),
  updated_at: async () => expect((await sampleImage())['updated_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  url: async () => {
    const locations: unknown = JSON.parse((await send(`GET /v2/images/${sampleId}/locations`, { as: 'admin' })).text);
    expect(locations).toEqual([{ url: expect.any(String), metadata: expect.any(Object) }]);
  },
  'validation-data': located(
    { url: 'http://images.example/a', validation_data: hash },
    { url: 'http://images.example/a', validation_data: { os_hash_algo: 'sha512' } },
  ),
  value: async () => {
    const id = await createImage(service);
    const answer = await patch(service, id, [
      { op: 'replace', path: '/name', value: 'text' },
      { op: 'replace', path: '/min_ram', value: 5 },
      { op: 'replace', path: '/protected', value: true },
      { op: 'replace', path: '/tags', value: ['t'] },
    ]);
    expect(answer.json()).toMatchObject({ name: 'text', min_ram: 5, protected: true, tags: ['t'] });
  },
  virtual_size: async () => expect((await sampleImage())['virtual_size']).toBe(data.length),
  visibility: shown('visibility'),
  'visibility-in-request': async () => {
    for (const visibility of ['private', 'shared', 'community']) {
      const answer = await send('POST /v2/images', { json: { visibility } });
      expect([answer.status, answer.json()['visibility']]).toEqual([201, visibility]);
    }
    expect((await send('POST /v2/images', { json: { visibility: 'public' } })).status).toBe(403);
    expect((await send('POST /v2/images', { as: 'admin', json: { visibility: 'public' } })).status).toBe(201);
    expect((await send('POST /v2/images', { json: {} })).json()['visibility']).toBe('shared');
  },
};

const understood = { header: headers, path: pathVariables, query: queries, body: bodies };

/** Type of each parameter as it is checked above; what is not here is a string. */
const otherTypes: Readonly<Record<string, readonly string[]>> = {
  integer: words('limit size_max size_min min_disk min_disk-in-request min_ram min_ram-in-request size virtual_size'),
  boolean: words(
    'os_hidden os_hidden-in-query protected protected-in-query protected-in-request all-stores-in-request ' +
      'all-stores-succeed-in-request',
  ),
  array: words('images locations members stores-in-request tags tags-in-request tasks'),
  object: words('import-methods method-in-request validation-data'),
  enum: words('container_format container_format-in-request disk_format disk_format-in-request'),
  any: ['value'],
};

function words(text: string): readonly string[] {
  return text.split(' ');
}

function typeInTests(name: string): string {
  return Object.entries(otherTypes).find(([, names]) => names.includes(name))?.[0] ?? 'string';
}

test('the file has exactly the parameters that are tested here, in their places', () => {
  const inFile = [...documented].map(([name, { place }]) => `${place} ${name}`);
  const tested = Object.entries(understood).flatMap(([place, names]) =>
    Object.keys(names).map((name) => `${place} ${name}`),
  );
  expect(tested.toSorted()).toEqual(inFile.toSorted());
});

test('the file gives them the types that are tested here, but for those it gives wrongly', () => {
  const inFile = [...documented].map(([name, { type }]) => `${name}: ${typedOtherwise[name] ?? type}`);
  const tested = [...documented.keys()].map((name) => `${name}: ${typeInTests(name)}`);
  expect(tested).toEqual(inFile);
});

test('the page about the file has a row for each of them', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../../docs/compat/glance-parameters.md'), 'utf8');
  const rows = [...page.matchAll(/^\| ([\w-]+) \| (\w+) \| (\w+) \|/gm)].map(([, name, place, type]) => [
    name,
    place,
    type,
  ]);
  expect(rows).toEqual([...documented].map(([name, { place, type }]) => [name, place, type]));
});

test.each(Object.entries(headers))('the header parameter %s is understood', (_, check) => check());
test.each(Object.entries(pathVariables))('the path parameter %s is understood', (_, check) => check());
test.each(Object.entries(queries))('the query parameter %s is understood', (_, check) => check());
test.each(Object.entries(bodies))('the body parameter %s is understood', (_, check) => check());
