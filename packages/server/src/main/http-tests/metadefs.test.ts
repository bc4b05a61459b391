/** Metadata definitions over HTTP: every row of the contract. Source: contract 09. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Persona, RequestOptions } from './http-client.testing.ts';
import { createNamespace, filledNamespace, namespacesPath, plainProperty } from './metadefs.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => {
  service = await runService({ config: 'limit_param_default = 3\napi_limit_max = 5\nallow_anonymous_access = true' });
});
afterAll(() => service.close());

function send(request: string, options: RequestOptions = {}): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  return service.send(`${method} ${namespacesPath}${path}`, { as: 'admin', ...options });
}

/** The status, and the body of a success. */
async function outcome(request: string, options: RequestOptions = {}): Promise<[number, unknown]> {
  const answer = await send(request, options);
  return [answer.status, answer.status < 300 && answer.text !== '' ? answer.json() : null];
}

async function statusOf(request: string, options: RequestOptions = {}): Promise<number> {
  return (await send(request, options)).status;
}

const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const stamps = { created_at: aTime, updated_at: aTime };

describe('a namespace', () => {
  test('is created with all its parts, as they were sent and without times: 201', async () => {
    const namespace = `ns-${randomUUID()}`;
    const answer = await send('POST ', { json: { namespace, ...filledNamespace } });
    expect(answer.headers['location']).toBe(`${service.url}${namespacesPath}/${namespace}`);
    expect(answer.json()).toEqual({
      namespace,
      ...filledNamespace,
      properties: { one: { title: 'One', type: 'integer', default: '1' } },
      protected: false,
      owner: 'admin-project',
      ...stamps,
      self: `${namespacesPath}/${namespace}`,
      schema: '/v2/schemas/metadefs/namespace',
    });
    expect(Object.keys(answer.json())).toEqual([
      'namespace',
      'display_name',
      'description',
      'visibility',
      'protected',
      'owner',
      'created_at',
      'updated_at',
      'resource_type_associations',
      'properties',
      'objects',
      'tags',
      'self',
      'schema',
    ]);
  });

  test('is shown with its parts: times everywhere but in properties and tags, tags newest first', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    const [status, body] = await outcome(`GET /${namespace}`);
    expect([status, body]).toEqual([
      200,
      {
        namespace,
        ...filledNamespace,
        protected: false,
        owner: 'admin-project',
        ...stamps,
        resource_type_associations: filledNamespace.resource_type_associations.map((item) => ({ ...item, ...stamps })),
        properties: { one: { title: 'One', type: 'integer', default: '1' } },
        objects: filledNamespace.objects.map((item) => ({
          ...item,
          ...stamps,
          self: `${namespacesPath}/${namespace}/objects/object`,
          schema: '/v2/schemas/metadefs/object',
        })),
        tags: [{ name: 'new' }, { name: 'old' }],
        self: `${namespacesPath}/${namespace}`,
        schema: '/v2/schemas/metadefs/namespace',
      },
    ]);
  });

  test('without parts is shown without them', async () => {
    const namespace = await createNamespace(service);
    const [, body] = await outcome(`GET /${namespace}`);
    expect(Object.keys(body ?? {}).join(' ')).toBe(
      'namespace visibility protected owner created_at updated_at self schema',
    );
  });

  test.each<[string, object]>([
    ['OS::Glance::Image', { properties: ['hw_one'], required: ['hw_cores'], inObject: ['hw_cores'] }],
    ['OS::Nova::Server', { properties: ['one'], required: ['cores'], inObject: ['cores'] }],
    ['unknown', { properties: ['one'], required: ['cores'], inObject: ['cores'] }],
    ['', { properties: ['one'], required: ['cores'], inObject: ['cores'] }],
  ])('calls its properties as they are called on %s', async (type, expected) => {
    const namespace = await createNamespace(service, filledNamespace);
    const body = (await send(`GET /${namespace}?other=1&resource_type=${type}`)).json();
    const [object] = body['objects'] as [{ required: string[]; properties: object }];
    expect({
      properties: Object.keys(body['properties'] as object),
      required: object.required,
      inObject: Object.keys(object.properties),
    }).toEqual(expected);
  });

  test('is replaced as a whole, renamed, and keeps its parts; the answer has the old time: 200', async () => {
    const namespace = await createNamespace(service, { ...filledNamespace, owner: 'p1' });
    const before = (await send(`GET /${namespace}`)).json();
    const renamed = `ns-${randomUUID()}`;
    const json = { namespace: renamed, tags: [{ name: 'ignored' }] };
    expect(await outcome(`PUT /${namespace}`, { json })).toEqual([
      200,
      {
        namespace: renamed,
        visibility: 'private',
        protected: false,
        owner: 'admin-project',
        created_at: before['created_at'],
        updated_at: before['updated_at'],
        self: `${namespacesPath}/${renamed}`,
        schema: '/v2/schemas/metadefs/namespace',
      },
    ]);
    expect(await statusOf(`GET /${namespace}`)).toBe(404);
    expect((await send(`GET /${renamed}`)).json()['tags']).toEqual([{ name: 'new' }, { name: 'old' }]);
  });

  test('whose name is taken: 409, when it is created and when it is renamed', async () => {
    const [one, other] = [await createNamespace(service), await createNamespace(service)];
    expect(await statusOf('POST ', { json: { namespace: one } })).toBe(409);
    expect(await statusOf(`PUT /${one}`, { json: { namespace: other } })).toBe(409);
  });

  test('leaves nothing behind when one of its parts cannot be made, protected or not: 409', async () => {
    for (const isProtected of [true, false]) {
      const namespace = `ns-${randomUUID()}`;
      const json = { namespace, protected: isProtected, tags: [{ name: 'a' }, { name: 'a' }] };
      expect(await statusOf('POST ', { json })).toBe(409);
      expect(await statusOf(`GET /${namespace}`)).toBe(404);
      expect(await statusOf('POST ', { json: { namespace } })).toBe(201);
    }
  });

  test('is deleted with everything in it, and its name is free again: 204', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    const answer = await send(`DELETE /${namespace}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect([await statusOf(`GET /${namespace}`), await statusOf(`DELETE /${namespace}`)]).toEqual([404, 404]);
    expect(await statusOf('POST ', { json: { namespace } })).toBe(201);
    const [, body] = await outcome(`GET /${namespace}`);
    expect(body).not.toHaveProperty('tags');
  });

  test('that is protected keeps itself and everything in it: 403; what is not there is 404', async () => {
    const namespace = await createNamespace(service, { ...filledNamespace, protected: true });
    const children = ['/properties/one', '/objects/object', '/tags/old', '/resource_types/OS::Nova::Server'];
    for (const path of ['', '/properties', '/objects', '/tags', ...children]) {
      expect([path, await statusOf(`DELETE /${namespace}${path}`)]).toEqual([path, 403]);
    }
    for (const path of ['/properties/x', '/objects/x', '/tags/x', '/resource_types/x']) {
      expect([path, await statusOf(`DELETE /${namespace}${path}`)]).toEqual([path, 404]);
    }
    expect(await statusOf(`POST /${namespace}/tags`, { json: { tags: [{ name: 'replaced' }] } })).toBe(201);
    expect(await statusOf(`PUT /${namespace}`, { json: { namespace } })).toBe(200);
    expect(await statusOf(`DELETE /${namespace}`)).toBe(204);
  });

  test('may have any name, but one that no URL leads to cannot be found again', async () => {
    const names = ['Möbel ☃', 'a?b#c%20', `${randomUUID()}\r\nX-Injected: 1`, '..', '__proto__'];
    for (const namespace of names) {
      const created = await send('POST ', { json: { namespace, visibility: 'public' } });
      expect(created.status).toBe(201);
      const path = new URL(created.headers['location'] ?? '').pathname;
      if (namespace === '..') continue;
      const shown = await service.send(`GET ${path}`, { as: 'admin' });
      expect([shown.status, shown.json()['namespace']]).toEqual([200, namespace]);
      expect((await service.send(`DELETE ${path}`, { as: 'admin' })).status).toBe(204);
    }
    expect(await statusOf('POST ', { json: { namespace: 'with/slash' } })).toBe(201);
    expect(await statusOf('GET /with%2Fslash')).toBe(404);
    expect(await statusOf('POST ', { json: { namespace: '' } })).toBe(201);
    expect(await statusOf('GET /')).toBe(404);
  });

  test('is told in ASCII, however it is called', async () => {
    const namespace = await createNamespace(service, { description: 'Größe ☃' });
    const { text } = await send(`GET /${namespace}`);
    expect(text).toContain(String.raw`"description": "Gr\u00f6\u00dfe \u2603"`);
  });
});

describe('the list of namespaces', () => {
  let listed: RunningService;
  beforeAll(async () => {
    listed = await runService({ config: 'limit_param_default = 3\napi_limit_max = 5' });
    for (const [index, namespace] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      const json = {
        namespace,
        owner: index < 3 ? 'p1' : 'p2',
        visibility: index % 2 === 0 ? 'public' : 'private',
        display_name: `D${6 - index}`,
        resource_type_associations: index === 0 ? [{ name: 'T1' }] : index === 3 ? [{ name: 'T2', prefix: 'x_' }] : [],
      };
      await listed.send(`POST ${namespacesPath}`, { as: 'admin', json });
    }
  });
  afterAll(() => listed.close());

  async function list(query: string, as: Persona = 'admin'): Promise<Answer> {
    return listed.send(`GET ${namespacesPath}${query === '' ? '' : `?${query}`}`, { as });
  }

  async function names(query: string, as: Persona = 'admin'): Promise<string> {
    const { namespaces } = (await list(query, as)).json() as unknown as { namespaces: { namespace: string }[] };
    return namespaces.map(({ namespace }) => namespace).join('');
  }

  test('has the attributes of each, its associations, and the links of the page', async () => {
    const answer = await list('limit=1&marker=b');
    expect(answer.json()).toEqual({
      namespaces: [
        {
          namespace: 'a',
          display_name: 'D6',
          visibility: 'public',
          protected: false,
          owner: 'p1',
          ...stamps,
          resource_type_associations: [{ name: 'T1', ...stamps }],
          self: `${namespacesPath}/a`,
          schema: '/v2/schemas/metadefs/namespace',
        },
      ],
      next: `${namespacesPath}?limit=1&marker=a`,
      schema: '/v2/schemas/metadefs/namespaces',
      first: `${namespacesPath}?limit=1`,
    });
    expect((await list('marker=b')).json()).not.toHaveProperty('next');
  });

  test.each<[string, string]>([
    ['', 'fed'],
    ['limit=2', 'fe'],
    ['limit=100', 'fedcb'],
    ['limit=0', ''],
    ['marker=c', 'ba'],
    ['limit=2&marker=e', 'dc'],
    ['sort_key=namespace&sort_dir=asc', 'abc'],
    ['sort_key=display_name&sort_dir=asc&marker=e', 'dcb'],
    ['sort_key=owner&sort_dir=asc&marker=c', 'def'],
    ['sort_key=visibility&sort_dir=asc', 'bdf'],
    ['sort_key=id&sort_dir=asc', 'abc'],
    ['visibility=public', 'eca'],
    ['visibility=private', 'fdb'],
    ['visibility=', ''],
    ['resource_types=T1', 'a'],
    ['resource_types=T1,T2', 'da'],
    ['resource_types=unknown', ''],
    ['resource_types=', ''],
    ['unknown=x', 'fed'],
    ['limit=1&limit=2', 'fe'],
  ])('for ?%s is %s', async (query, expected) => {
    expect(await names(query)).toBe(expected);
  });

  test.each<[string, number]>([
    ['limit=-1', 400],
    ['limit=x', 400],
    ['limit=', 400],
    ['sort_key=nope', 400],
    ['sort_dir=up', 400],
    ['visibility=shared', 400],
    ['marker=nope', 404],
    ['marker=', 404],
  ])('for ?%s: %i', async (query, status) => {
    expect((await list(query)).status).toBe(status);
  });

  test('repeats the whole query in its links, but for the marker', async () => {
    const links = (await list('limit=1&marker=c&foo=OS::A%20b')).json();
    expect([links['first'], links['next']]).toEqual([
      `${namespacesPath}?limit=1&foo=OS%3A%3AA+b`,
      `${namespacesPath}?limit=1&foo=OS%3A%3AA+b&marker=b`,
    ]);
  });

  test.each<[Persona, number, string]>([
    ['admin', 200, 'fedcb'],
    ['member', 200, 'ecba'],
    ['otherMember', 200, 'fedca'],
    ['reader', 200, 'ecba'],
    ['service', 404, ''],
    ['nobody', 404, ''],
  ])('for %s: %i', async (as, status, expected) => {
    expect((await list('limit=5', as)).status).toBe(status);
    if (status === 200) expect(await names('limit=5', as)).toBe(expected);
  });

  test('cannot begin behind what the caller may not see: 403, nor behind nothing: 404', async () => {
    expect((await list('marker=d', 'member')).status).toBe(403);
    expect((await list('marker=nope', 'member')).status).toBe(404);
  });
});

describe('bodies', () => {
  const long = 'x'.repeat(81);
  const namespaceOf = (attributes: object): unknown => ({ namespace: `ns-${randomUUID()}`, ...attributes });
  const cases: readonly (readonly [string, string, unknown, number])[] = [
    ['a namespace without name', 'POST ', {}, 400],
    ['a long name', 'POST ', { namespace: long }, 400],
    ['an emoji in a name', 'POST ', { namespace: '😀' }, 400],
    ['U+0000 in a description', 'POST ', namespaceOf({ description: 'a\0' }), 400],
    ['null display_name', 'POST ', namespaceOf({ display_name: null }), 400],
    ['a long display_name', 'POST ', namespaceOf({ display_name: long }), 400],
    ['a long description', 'POST ', namespaceOf({ description: 'x'.repeat(501) }), 400],
    ['another visibility', 'POST ', namespaceOf({ visibility: 'shared' }), 400],
    ['protected as text', 'POST ', namespaceOf({ protected: 'true' }), 400],
    ['a long owner', 'POST ', namespaceOf({ owner: 'x'.repeat(256) }), 400],
    ['an empty owner', 'POST ', namespaceOf({ owner: '' }), 201],
    ['another attribute', 'POST ', namespaceOf({ foo: 1 }), 400],
    ['self', 'POST ', namespaceOf({ self: 'x' }), 403],
    ['schema, and another attribute', 'POST ', namespaceOf({ schema: 'x', foo: 1 }), 403],
    ['created_at', 'POST ', namespaceOf({ created_at: 'x' }), 403],
    ['updated_at and no name', 'POST ', { updated_at: 'x' }, 403],
    ['an array', 'POST ', [], 400],
    ['an array of a namespace', 'POST ', [{ namespace: 'x' }], 400],
    ['a tag without name', 'POST ', namespaceOf({ tags: [{}] }), 400],
    ['a tag and more', 'POST ', namespaceOf({ tags: [{ name: 'a', foo: 1 }] }), 400],
    ['a long tag', 'POST ', namespaceOf({ tags: [{ name: long }] }), 400],
    ['an object without name', 'POST ', namespaceOf({ objects: [{}] }), 400],
    ['an object and more', 'POST ', namespaceOf({ objects: [{ name: 'o', self: 'x' }] }), 400],
    ['an object that needs twice', 'POST ', namespaceOf({ objects: [{ name: 'o', required: ['a', 'a'] }] }), 400],
    ['an association without name', 'POST ', namespaceOf({ resource_type_associations: [{}] }), 400],
    ['an association and more', 'POST ', namespaceOf({ resource_type_associations: [{ name: 'x', foo: 1 }] }), 400],
    [
      'an association with null',
      'POST ',
      namespaceOf({ resource_type_associations: [{ name: 'x', prefix: null }] }),
      400,
    ],
    ['a long prefix', 'POST ', namespaceOf({ resource_type_associations: [{ name: 'x', prefix: long }] }), 400],
    ['a bare property', 'POST ', namespaceOf({ properties: { p: {} } }), 400],
    ['a wild property', 'POST ', namespaceOf({ properties: { p: { ...plainProperty, foo: 1 } } }), 400],
    ['a required property', 'POST ', namespaceOf({ properties: { p: { ...plainProperty, required: ['a'] } } }), 400],
    [
      'a confidential property',
      'POST ',
      namespaceOf({ properties: { p: { ...plainProperty, confidential: true } } }),
      201,
    ],
    ['a long property name', 'POST ', namespaceOf({ properties: { [long]: plainProperty } }), 400],
    ['a replacement without name', 'PUT /NS', {}, 400],
    ['a replacement with self', 'PUT /NS', { namespace: 'x', self: 'y' }, 403],
    ['a replacement with a bad tag', 'PUT /NS', { namespace: 'x', tags: [{}] }, 400],
    ['an association of no name', 'POST /NS/resource_types', {}, 400],
    ['an association of a long name', 'POST /NS/resource_types', { name: long }, 400],
    ['an association with a time', 'POST /NS/resource_types', { name: 'x', created_at: 'y' }, 403],
    ['an association with self', 'POST /NS/resource_types', { name: 'x', self: 'y' }, 400],
    ['a property of no name', 'POST /NS/properties', plainProperty, 400],
    ['a property of no type', 'POST /NS/properties', { name: 'x', title: 'x' }, 400],
    ['a property of null type', 'POST /NS/properties', { name: 'x', title: 'x', type: null }, 400],
    ['a property of a long name', 'POST /NS/properties', { name: long, ...plainProperty }, 400],
    ['a confidential one', 'POST /NS/properties', { name: 'x', ...plainProperty, confidential: true }, 400],
    ['a property with required', 'POST /NS/properties', { name: 'x', ...plainProperty, required: ['a'] }, 400],
    ['an enum of numbers', 'POST /NS/properties', { name: 'x', ...plainProperty, enum: [1] }, 400],
    ['items without type', 'POST /NS/properties', { name: 'x', ...plainProperty, items: {} }, 400],
    ['a negative length', 'POST /NS/properties', { name: 'x', ...plainProperty, maxLength: -1 }, 400],
    ['a broken pattern', 'POST /NS/properties', { name: 'pattern', ...plainProperty, pattern: '(' }, 201],
    ['an emoji in a title', 'POST /NS/properties', { name: 'x', title: '😀', type: 'string' }, 400],
    ['a property with a time', 'PUT /NS/properties/one', { name: 'x', ...plainProperty, updated_at: 'x' }, 403],
    ['an object of no name', 'POST /NS/objects', {}, 400],
    ['an object with schema', 'POST /NS/objects', { name: 'x', schema: 'y' }, 403],
    [
      'an object of wild properties',
      'POST /NS/objects',
      { name: 'x', properties: { p: { ...plainProperty, foo: 1 } } },
      400,
    ],
    [
      'an object of long property names',
      'POST /NS/objects',
      { name: 'long', properties: { [long]: plainProperty } },
      201,
    ],
    [
      'a replacement of wild properties',
      'PUT /NS/objects/object',
      { name: 'x', properties: { p: { ...plainProperty, foo: 1 } } },
      400,
    ],
    ['null for a description', 'PUT /NS/objects/object', { name: 'x', description: null }, 400],
    ['tags that are missing', 'POST /NS/tags', {}, 400],
    ['tags that are text', 'POST /NS/tags', { tags: 'x' }, 400],
    ['tags without name', 'POST /NS/tags', { tags: [{}] }, 400],
    ['tags and more', 'POST /NS/tags', { tags: [{ name: 'x', foo: 1 }] }, 400],
    ['tags with a time', 'POST /NS/tags', { tags: [], created_at: 'x' }, 403],
    ['many tags, one long', 'POST /NS/tags', { tags: [{ name: long }] }, 400],
    ['a tag of no name', 'PUT /NS/tags/old', {}, 400],
    ['a tag with a time', 'PUT /NS/tags/old', { name: 'x', created_at: 'y' }, 403],
  ];

  test.each(cases)('%s (%s): %j gives %i', async (_, request, json, status) => {
    const namespace = await createNamespace(service, filledNamespace);
    expect(await statusOf(request.replace('NS', namespace), { json })).toBe(status);
  });

  const writes = ['POST ', 'PUT /NS', 'POST /NS/resource_types', 'POST /NS/properties', 'PUT /NS/properties/one'];
  const moreWrites = ['POST /NS/objects', 'PUT /NS/objects/object', 'POST /NS/tags', 'PUT /NS/tags/old'];

  test.each([...writes, ...moreWrites])(
    '%s needs a JSON object, whoever sends it and to whatever namespace: 400',
    async (request) => {
      const namespace = await createNamespace(service);
      for (const body of [undefined, '', '{', '3', 'null', '"x"', '[]', '{"a": NaN}', '\ufeff{}']) {
        for (const [as, name] of [
          ['admin', namespace],
          ['nobody', namespace],
          ['member', 'nope'],
        ] as const) {
          const given = body === undefined ? {} : { body };
          expect([body, as, await statusOf(request.replace('NS', name), { as, ...given })]).toEqual([body, as, 400]);
        }
      }
    },
  );

  test.each<[string, number]>([
    ['GET ', 200],
    ['GET /NS', 400],
    ['DELETE /NS', 400],
    ['GET /NS/resource_types', 400],
    ['DELETE /NS/resource_types/OS::Nova::Server', 400],
    ['GET /NS/properties', 400],
    ['DELETE /NS/properties', 204],
    ['GET /NS/properties/one', 200],
    ['DELETE /NS/properties/one', 204],
    ['GET /NS/objects', 200],
    ['DELETE /NS/objects', 204],
    ['GET /NS/objects/object', 400],
    ['DELETE /NS/objects/object', 400],
    ['GET /NS/tags', 200],
    ['DELETE /NS/tags', 204],
    ['GET /NS/tags/old', 400],
    ['POST /NS/tags/another', 400],
    ['DELETE /NS/tags/old', 400],
  ])('%s with a body it does not need: %i', async (request, status) => {
    const namespace = await createNamespace(service, filledNamespace);
    expect(await statusOf(request.replace('NS', namespace), { json: { a: 1 } })).toBe(status);
  });
});

describe('properties', () => {
  test('keep numbers as they were written, and are shown in one order: 201', async () => {
    const namespace = await createNamespace(service);
    const body =
      '{"maximum": 9223372036854775807, "minimum": 0.5, "default": 5.0, "items": {"enum": ["a"], "type": "string"}, ' +
      '"title": "t", "type": "array", "name": "p"}';
    const shown =
      '{"name": "p", "type": "array", "title": "t", "default": "5.0", "minimum": 0, "maximum": 9223372036854775807, ' +
      '"items": {"type": "string", "enum": ["a"]}}';
    expect((await send(`POST /${namespace}/properties`, { body })).text).toBe(shown);
    expect((await send(`GET /${namespace}/properties/p`)).text).toBe(shown);
  });

  test('repeat their name in the list when they were made one by one', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    await send(`POST /${namespace}/properties`, { json: { name: 'two', ...plainProperty } });
    expect(await outcome(`GET /${namespace}/properties`)).toEqual([
      200,
      {
        properties: {
          one: { title: 'One', type: 'integer', default: '1' },
          two: { name: 'two', ...plainProperty },
        },
      },
    ]);
  });

  test.each<[string, number]>([
    ['/properties/one', 200],
    ['/properties/one?other=1', 200],
    ['/properties/one?resource_type=', 200],
    ['/properties/hw_one?resource_type=OS::Glance::Image', 200],
    ['/properties/one?resource_type=OS::Glance::Image', 404],
    ['/properties/one?resource_type=OS::Nova::Server', 404],
    ['/properties/one?resource_type=unknown', 404],
    ['/properties/hw_one', 404],
    ['/properties/hw_none?resource_type=OS::Glance::Image', 404],
  ])('%s: %i, under the name it has in the namespace', async (path, status) => {
    const namespace = await createNamespace(service, filledNamespace);
    const answer = await send(`GET /${namespace}${path}`);
    expect([answer.status, status === 200 ? answer.json()['name'] : 'one']).toEqual([status, 'one']);
  });

  test('are replaced and renamed: 200, unless the name is taken: 409, or there is none: 404', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    const json = { name: 'two', ...plainProperty };
    expect(await statusOf(`POST /${namespace}/properties`, { json })).toBe(201);
    expect(await statusOf(`POST /${namespace}/properties`, { json })).toBe(409);
    expect(await statusOf(`PUT /${namespace}/properties/one`, { json })).toBe(409);
    expect(await statusOf(`PUT /${namespace}/properties/none`, { json })).toBe(404);
    const renamed = { name: 'three', ...plainProperty };
    expect(await outcome(`PUT /${namespace}/properties/one`, { json: renamed })).toEqual([200, renamed]);
    expect(await statusOf(`GET /${namespace}/properties/one`)).toBe(404);
    expect(await statusOf(`DELETE /${namespace}/properties/three`)).toBe(204);
    expect(await statusOf(`DELETE /${namespace}/properties/three`)).toBe(404);
  });
});

describe('objects', () => {
  test('show what they were given, and when read again everything', async () => {
    const namespace = await createNamespace(service);
    const links = { self: `${namespacesPath}/${namespace}/objects/o`, schema: '/v2/schemas/metadefs/object' };
    expect(await outcome(`POST /${namespace}/objects`, { json: { name: 'o' } })).toEqual([
      201,
      { name: 'o', ...stamps, ...links },
    ]);
    const whole = { name: 'o', required: [], properties: {}, ...stamps, ...links };
    expect(await outcome(`GET /${namespace}/objects/o`)).toEqual([200, whole]);
    expect(await outcome(`GET /${namespace}/objects`)).toEqual([
      200,
      { objects: [whole], schema: 'v2/schemas/metadefs/objects' },
    ]);
  });

  test('take names that are needed apart at their commas', async () => {
    const namespace = await createNamespace(service);
    const [, created] = await outcome(`POST /${namespace}/objects`, { json: { name: 'o', required: ['a,b', 'c'] } });
    expect(created).toMatchObject({ required: ['a,b', 'c'] });
    expect((await send(`GET /${namespace}/objects/o`)).json()['required']).toEqual(['a', 'b', 'c']);
  });

  test('are replaced with what is given alone, and told with the old time: 200', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    const [, before] = await outcome(`GET /${namespace}/objects/object`);
    const [status, body] = await outcome(`PUT /${namespace}/objects/object`, { json: { name: 'renamed' } });
    const { created_at: createdAt, updated_at: updatedAt } = before as Record<string, unknown>;
    expect([status, body]).toEqual([
      200,
      {
        name: 'renamed',
        created_at: createdAt,
        updated_at: updatedAt,
        self: `${namespacesPath}/${namespace}/objects/renamed`,
        schema: '/v2/schemas/metadefs/object',
      },
    ]);
    expect((await send(`GET /${namespace}/objects/renamed`)).json()).toMatchObject({ required: [], properties: {} });
  });

  test('come in the order of their making, whatever is asked; what cannot be asked is 400', async () => {
    const namespace = await createNamespace(service, { objects: [{ name: 'z' }, { name: 'a' }] });
    for (const query of ['', 'limit=1', 'marker=z', 'sort_key=name&sort_dir=asc', 'visibility=shared']) {
      const { objects } = (await send(`GET /${namespace}/objects?${query}`)).json() as { objects: { name: string }[] };
      expect([query, objects.map(({ name }) => name)]).toEqual([query, ['z', 'a']]);
    }
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'limit=', 'sort_dir=x', 'visibility=community']) {
      expect([query, await statusOf(`GET /${namespace}/objects?${query}`)]).toEqual([query, 400]);
    }
  });

  test('have names of their own: 409, and are found by them: 404', async () => {
    const namespace = await createNamespace(service, { objects: [{ name: 'a' }, { name: 'b' }] });
    const statuses = [
      await statusOf(`POST /${namespace}/objects`, { json: { name: 'a' } }),
      await statusOf(`PUT /${namespace}/objects/a`, { json: { name: 'b' } }),
      await statusOf(`PUT /${namespace}/objects/c`, { json: { name: 'd' } }),
      await statusOf(`GET /${namespace}/objects/c`),
      await statusOf(`DELETE /${namespace}/objects/c`),
      await statusOf(`DELETE /${namespace}/objects/a`),
      await statusOf(`DELETE /${namespace}/objects`),
    ];
    expect(statuses).toEqual([409, 409, 404, 404, 404, 204, 204]);
  });
});

describe('tags', () => {
  async function names(namespace: string, query = ''): Promise<unknown> {
    const { tags } = (await send(`GET /${namespace}/tags${query}`)).json() as { tags: { name: string }[] };
    return tags.map(({ name }) => name);
  }

  test('are replaced by many at once, in their order, unless there are none: 201', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    const tags = [{ name: 'c' }, { name: 'a' }, { name: 'b' }];
    expect(await outcome(`POST /${namespace}/tags`, { json: { tags } })).toEqual([201, { tags }]);
    expect(await names(namespace)).toEqual(['b', 'a', 'c']);
    expect(await outcome(`POST /${namespace}/tags`, { json: { tags: [] } })).toEqual([201, { tags: [] }]);
    expect(await names(namespace)).toEqual(['b', 'a', 'c']);
  });

  test.each<[string, boolean]>([
    ['1', true],
    ['t', true],
    ['TRUE', true],
    ['On', true],
    ['y', true],
    ['yes', true],
    ['0', false],
    ['maybe', false],
    ['', false],
  ])('are added with X-Openstack-Append %j: %s', async (word, isAdded) => {
    const namespace = await createNamespace(service, { tags: [{ name: 'old' }] });
    const headers = { 'x-openstack-append': word };
    expect(await statusOf(`POST /${namespace}/tags`, { json: { tags: [{ name: 'new' }] }, headers })).toBe(201);
    expect(await names(namespace)).toEqual(isAdded ? ['new', 'old'] : ['new']);
  });

  test('change all or none: 409', async () => {
    const namespace = await createNamespace(service, { tags: [{ name: 'old' }] });
    const twice = { tags: [{ name: 'a' }, { name: 'a' }] };
    expect(await statusOf(`POST /${namespace}/tags`, { json: twice })).toBe(409);
    const known = { json: { tags: [{ name: 'a' }, { name: 'old' }] }, headers: { 'x-openstack-append': 'true' } };
    expect(await statusOf(`POST /${namespace}/tags`, known)).toBe(409);
    expect(await names(namespace)).toEqual(['old']);
  });

  test('are made one by one: 201, 409 the second time, 400 when too long', async () => {
    const namespace = await createNamespace(service);
    expect(await outcome(`POST /${namespace}/tags/caf%C3%A9`)).toEqual([201, { name: 'café', ...stamps }]);
    expect(await outcome(`GET /${namespace}/tags/caf%C3%A9`)).toEqual([200, { name: 'café', ...stamps }]);
    expect(await statusOf(`POST /${namespace}/tags/caf%C3%A9`)).toBe(409);
    expect(await statusOf(`POST /${namespace}/tags/${'x'.repeat(81)}`)).toBe(400);
    expect(await statusOf(`POST /${namespace}/tags/${'x'.repeat(80)}`)).toBe(201);
    expect(await statusOf(`POST /${namespace}/tags/%F0%9F%98%80`)).toBe(400);
  });

  test('are renamed: 200, 409 when taken, 404 when unknown', async () => {
    const namespace = await createNamespace(service, filledNamespace);
    expect(await statusOf(`PUT /${namespace}/tags/old`, { json: { name: 'new' } })).toBe(409);
    expect(await statusOf(`PUT /${namespace}/tags/none`, { json: { name: 'x' } })).toBe(404);
    expect(await outcome(`PUT /${namespace}/tags/old`, { json: { name: 'older' } })).toEqual([
      200,
      { name: 'older', ...stamps },
    ]);
    expect(await names(namespace)).toEqual(['new', 'older']);
  });

  test.each<[string, string[] | number]>([
    ['limit=1', ['c']],
    ['limit=0', []],
    ['limit=', ['c', 'a', 'b']],
    ['limit=1&marker=c', ['a']],
    ['marker=', ['c', 'a', 'b']],
    ['sort_key=name&sort_dir=asc', ['a', 'b', 'c']],
    ['sort_key=namespace_id&sort_dir=asc', ['b', 'a', 'c']],
    ['visibility=shared', ['c', 'a', 'b']],
    ['limit=-1', 400],
    ['limit=x', 400],
    ['sort_key=namespace', 400],
    ['sort_dir=x', 400],
    ['visibility=x', 400],
    ['marker=none', 404],
  ])('for ?%s: %j', async (query, expected) => {
    const namespace = await createNamespace(service, { tags: [{ name: 'b' }, { name: 'a' }, { name: 'c' }] });
    if (typeof expected === 'number') expect(await statusOf(`GET /${namespace}/tags?${query}`)).toBe(expected);
    else expect(await names(namespace, `?${query}`)).toEqual(expected);
  });
});

describe('resource types', () => {
  test('are known once a namespace went with them, and stay known', async () => {
    const namespace = await createNamespace(service);
    const name = `type ${randomUUID()}`;
    const association = { name, prefix: 'p_', properties_target: 'image' };
    expect(await outcome(`POST /${namespace}/resource_types`, { json: association })).toEqual([
      201,
      { ...association, ...stamps },
    ]);
    expect(await statusOf(`POST /${namespace}/resource_types`, { json: { name } })).toBe(409);
    expect(await outcome(`GET /${namespace}/resource_types`)).toEqual([
      200,
      { resource_type_associations: [{ ...association, ...stamps }] },
    ]);
    const path = `/${namespace}/resource_types/${encodeURIComponent(name)}`;
    expect([await statusOf(`DELETE ${path}`), await statusOf(`DELETE ${path}`)]).toEqual([204, 404]);
    const types = (await service.send('GET /v2/metadefs/resource_types')).json()['resource_types'];
    expect(types).toContainEqual({ name, ...stamps });
  });

  test('cannot be shown or changed one by one: 405', async () => {
    for (const method of ['GET', 'PUT', 'POST', 'PATCH']) {
      const answer = await send(`${method} /ns/resource_types/x`);
      expect([method, answer.status, answer.headers['allow']]).toEqual([method, 405, 'DELETE']);
    }
  });
});
