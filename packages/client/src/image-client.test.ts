import { headerNames } from '@lucarne/contract/header-names.ts';
import { matchPath } from '@lucarne/contract/operation-paths.ts';
import { operationById, operations } from '@lucarne/contract/operations.ts';
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { ImportMethod } from '@lucarne/contract/wire.ts';
import { describe, expect, test } from 'vitest';
import { startAnsweringServer } from './answering-server.testing.ts';
import type { CannedAnswer } from './answering-server.testing.ts';
import type { CallOptions } from './connection.ts';
import { createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';

interface CallArguments {
  readonly client: ImageClient;
  /** For the variables of the path, as many as it has. */
  readonly a: string;
  readonly b: string;
  readonly options: CallOptions;
}

interface CallCase {
  readonly call: (given: CallArguments) => Promise<unknown>;
  /** Where `a` is `i` and `b` is `x`. */
  readonly url: string;
  /** Those beyond token and `Accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is sent, or JSON. */
  readonly body?: unknown;
  /** Whether the answer has a body. */
  readonly answersNothing?: true;
}

const json = { 'content-type': 'application/json' };
const octets = { 'content-type': 'application/octet-stream' };
const property = { name: 'cores', title: 'Cores', type: 'integer', minimum: 1 } as const;
const object = {
  name: 'CPU',
  required: ['cores'],
  properties: { cores: { title: 'Cores', type: 'integer' } },
} as const;
const namespace = { namespace: 'OS::Own', visibility: 'public', tags: [{ name: 'gold' }] } as const;
const association = { name: 'OS::Glance::Image', prefix: 'hw_' } as const;
const legacyImport = {
  type: 'import',
  input: { import_from: 'https://images.example/a', import_from_format: 'raw', image_properties: { name: 'a' } },
} as const;

/** Every operation but the download, whose answer is no JSON. */
const cases: Readonly<Record<Exclude<OperationId, 'downloadImageData'>, CallCase>> = {
  listImages: {
    call: ({ client, options }) =>
      client.listImages({ limit: 2, tag: ['a', 'b c'], os_hidden: true, name: 'in:"a,b",c' }, options),
    url: '/v2/images?limit=2&tag=a&tag=b+c&os_hidden=true&name=in%3A%22a%2Cb%22%2Cc',
  },
  createImage: {
    call: ({ client, options }) => client.createImage({ name: 'web', tags: ['lts'], hw_disk_bus: 'virtio' }, options),
    url: '/v2/images',
    headers: json,
    body: { name: 'web', tags: ['lts'], hw_disk_bus: 'virtio' },
  },
  showImage: { call: ({ client, a, options }) => client.showImage(a, options), url: '/v2/images/i' },
  updateImage: {
    call: ({ client, a, options }) => client.updateImage(a, [{ op: 'remove', path: '/hw_disk_bus' }], options),
    url: '/v2/images/i',
    headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    body: [{ op: 'remove', path: '/hw_disk_bus' }],
  },
  deleteImage: {
    call: ({ client, a, options }) => client.deleteImage(a, options),
    url: '/v2/images/i',
    answersNothing: true,
  },
  deactivateImage: {
    call: ({ client, a, options }) => client.deactivateImage(a, options),
    url: '/v2/images/i/actions/deactivate',
    answersNothing: true,
  },
  reactivateImage: {
    call: ({ client, a, options }) => client.reactivateImage(a, options),
    url: '/v2/images/i/actions/reactivate',
    answersNothing: true,
  },
  uploadImageData: {
    call: ({ client, a, options }) => client.uploadImageData(a, new Blob(['data']), { store: 'fast', ...options }),
    url: '/v2/images/i/file',
    headers: { ...octets, 'x-image-meta-store': 'fast' },
    body: 'data',
    answersNothing: true,
  },
  stageImageData: {
    call: ({ client, a, options }) => client.stageImageData(a, new Blob(['data']), options),
    url: '/v2/images/i/stage',
    headers: octets,
    body: 'data',
    answersNothing: true,
  },
  importImage: {
    call: ({ client, a, options }) =>
      client.importImage(
        a,
        { method: { name: 'copy-image' }, stores: ['slow'], all_stores_must_succeed: false },
        options,
      ),
    url: '/v2/images/i/import',
    headers: json,
    body: { method: { name: 'copy-image' }, stores: ['slow'], all_stores_must_succeed: false },
    answersNothing: true,
  },
  listImageTasks: { call: ({ client, a, options }) => client.listImageTasks(a, options), url: '/v2/images/i/tasks' },
  listTasks: {
    call: ({ client, options }) => client.listTasks({ status: 'failure', limit: 5, sort_dir: 'asc' }, options),
    url: '/v2/tasks?status=failure&limit=5&sort_dir=asc',
  },
  createTask: {
    call: ({ client, options }) => client.createTask(legacyImport, options),
    url: '/v2/tasks',
    headers: json,
    body: legacyImport,
  },
  showTask: { call: ({ client, a, options }) => client.showTask(a, options), url: '/v2/tasks/i' },
  deleteTask: {
    call: ({ client, a, options }) => client.deleteTask(a, options),
    url: '/v2/tasks/i',
    answersNothing: true,
  },
  listImageLocations: {
    call: ({ client, a, options }) => client.listImageLocations(a, options),
    url: '/v2/images/i/locations',
  },
  addImageLocation: {
    call: ({ client, a, options }) => client.addImageLocation(a, { url: 'https://images.example/a' }, options),
    url: '/v2/images/i/locations',
    headers: json,
    body: { url: 'https://images.example/a' },
    answersNothing: true,
  },
  deleteImageFromStore: {
    call: ({ client, a, b, options }) => client.deleteImageFromStore(a, b, options),
    url: '/v2/stores/x/i',
    answersNothing: true,
  },
  listMembers: { call: ({ client, a, options }) => client.listMembers(a, options), url: '/v2/images/i/members' },
  createMember: {
    call: ({ client, a, options }) => client.createMember(a, 'p', options),
    url: '/v2/images/i/members',
    headers: json,
    body: { member: 'p' },
  },
  showMember: {
    call: ({ client, a, b, options }) => client.showMember(a, b, options),
    url: '/v2/images/i/members/x',
  },
  updateMember: {
    call: ({ client, a, b, options }) => client.updateMember({ imageId: a, memberId: b }, 'accepted', options),
    url: '/v2/images/i/members/x',
    headers: json,
    body: { status: 'accepted' },
  },
  deleteMember: {
    call: ({ client, a, b, options }) => client.deleteMember(a, b, options),
    url: '/v2/images/i/members/x',
    answersNothing: true,
  },
  addImageTag: {
    call: ({ client, a, b, options }) => client.addImageTag(a, b, options),
    url: '/v2/images/i/tags/x',
    answersNothing: true,
  },
  removeImageTag: {
    call: ({ client, a, b, options }) => client.removeImageTag(a, b, options),
    url: '/v2/images/i/tags/x',
    answersNothing: true,
  },
  showImportInfo: { call: ({ client, options }) => client.showImportInfo(options), url: '/v2/info/import' },
  listStores: { call: ({ client, options }) => client.listStores(options), url: '/v2/info/stores' },
  listStoresDetail: { call: ({ client, options }) => client.listStoresDetail(options), url: '/v2/info/stores/detail' },
  showUsage: { call: ({ client, options }) => client.showUsage(options), url: '/v2/info/usage' },
  listCachedImages: { call: ({ client, options }) => client.listCachedImages(options), url: '/v2/cache' },
  clearImageCache: {
    call: ({ client, options }) => client.clearImageCache({ target: 'queue', ...options }),
    url: '/v2/cache',
    headers: { 'x-image-cache-clear-target': 'queue' },
    answersNothing: true,
  },
  queueCachedImage: {
    call: ({ client, a, options }) => client.queueCachedImage(a, options),
    url: '/v2/cache/i',
    answersNothing: true,
  },
  deleteCachedImage: {
    call: ({ client, a, options }) => client.deleteCachedImage(a, options),
    url: '/v2/cache/i',
    answersNothing: true,
  },
  listCachedImageNodes: {
    call: ({ client, a, options }) => client.listCachedImageNodes(a, options),
    url: '/v2/cache/nodes/i',
  },
  cleanImageCache: {
    call: ({ client, options }) => client.cleanImageCache(options),
    url: '/v2/cache/clean',
    answersNothing: true,
  },
  pruneImageCache: { call: ({ client, options }) => client.pruneImageCache(options), url: '/v2/cache/prune' },
  showImageSchema: { call: ({ client, options }) => client.showImageSchema(options), url: '/v2/schemas/image' },
  showImagesSchema: { call: ({ client, options }) => client.showImagesSchema(options), url: '/v2/schemas/images' },
  showMemberSchema: { call: ({ client, options }) => client.showMemberSchema(options), url: '/v2/schemas/member' },
  showMembersSchema: { call: ({ client, options }) => client.showMembersSchema(options), url: '/v2/schemas/members' },
  showTaskSchema: { call: ({ client, options }) => client.showTaskSchema(options), url: '/v2/schemas/task' },
  showTasksSchema: { call: ({ client, options }) => client.showTasksSchema(options), url: '/v2/schemas/tasks' },
  showMetadefNamespaceSchema: {
    call: ({ client, options }) => client.showMetadefNamespaceSchema(options),
    url: '/v2/schemas/metadefs/namespace',
  },
  showMetadefNamespacesSchema: {
    call: ({ client, options }) => client.showMetadefNamespacesSchema(options),
    url: '/v2/schemas/metadefs/namespaces',
  },
  showMetadefResourceTypeSchema: {
    call: ({ client, options }) => client.showMetadefResourceTypeSchema(options),
    url: '/v2/schemas/metadefs/resource_type',
  },
  showMetadefResourceTypesSchema: {
    call: ({ client, options }) => client.showMetadefResourceTypesSchema(options),
    url: '/v2/schemas/metadefs/resource_types',
  },
  showMetadefPropertySchema: {
    call: ({ client, options }) => client.showMetadefPropertySchema(options),
    url: '/v2/schemas/metadefs/property',
  },
  showMetadefPropertiesSchema: {
    call: ({ client, options }) => client.showMetadefPropertiesSchema(options),
    url: '/v2/schemas/metadefs/properties',
  },
  showMetadefObjectSchema: {
    call: ({ client, options }) => client.showMetadefObjectSchema(options),
    url: '/v2/schemas/metadefs/object',
  },
  showMetadefObjectsSchema: {
    call: ({ client, options }) => client.showMetadefObjectsSchema(options),
    url: '/v2/schemas/metadefs/objects',
  },
  showMetadefTagSchema: {
    call: ({ client, options }) => client.showMetadefTagSchema(options),
    url: '/v2/schemas/metadefs/tag',
  },
  showMetadefTagsSchema: {
    call: ({ client, options }) => client.showMetadefTagsSchema(options),
    url: '/v2/schemas/metadefs/tags',
  },
  listMetadefNamespaces: {
    call: ({ client, options }) =>
      client.listMetadefNamespaces(
        { limit: 3, marker: 'OS::Own', resource_types: 'OS::Nova::Flavor,OS::Glance::Image' },
        options,
      ),
    url: '/v2/metadefs/namespaces?limit=3&marker=OS%3A%3AOwn&resource_types=OS%3A%3ANova%3A%3AFlavor%2COS%3A%3AGlance%3A%3AImage',
  },
  createMetadefNamespace: {
    call: ({ client, options }) => client.createMetadefNamespace(namespace, options),
    url: '/v2/metadefs/namespaces',
    headers: json,
    body: namespace,
  },
  showMetadefNamespace: {
    call: ({ client, a, options }) => client.showMetadefNamespace(a, { resourceType: 'OS::Glance::Image', ...options }),
    url: '/v2/metadefs/namespaces/i?resource_type=OS%3A%3AGlance%3A%3AImage',
  },
  updateMetadefNamespace: {
    call: ({ client, a, options }) => client.updateMetadefNamespace(a, namespace, options),
    url: '/v2/metadefs/namespaces/i',
    headers: json,
    body: namespace,
  },
  deleteMetadefNamespace: {
    call: ({ client, a, options }) => client.deleteMetadefNamespace(a, options),
    url: '/v2/metadefs/namespaces/i',
    answersNothing: true,
  },
  listMetadefResourceTypes: {
    call: ({ client, options }) => client.listMetadefResourceTypes(options),
    url: '/v2/metadefs/resource_types',
  },
  listMetadefResourceTypeAssociations: {
    call: ({ client, a, options }) => client.listMetadefResourceTypeAssociations(a, options),
    url: '/v2/metadefs/namespaces/i/resource_types',
  },
  createMetadefResourceTypeAssociation: {
    call: ({ client, a, options }) => client.createMetadefResourceTypeAssociation(a, association, options),
    url: '/v2/metadefs/namespaces/i/resource_types',
    headers: json,
    body: association,
  },
  deleteMetadefResourceTypeAssociation: {
    call: ({ client, a, b, options }) =>
      client.deleteMetadefResourceTypeAssociation({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/resource_types/x',
    answersNothing: true,
  },
  listMetadefProperties: {
    call: ({ client, a, options }) => client.listMetadefProperties(a, options),
    url: '/v2/metadefs/namespaces/i/properties',
  },
  createMetadefProperty: {
    call: ({ client, a, options }) => client.createMetadefProperty(a, property, options),
    url: '/v2/metadefs/namespaces/i/properties',
    headers: json,
    body: property,
  },
  deleteMetadefProperties: {
    call: ({ client, a, options }) => client.deleteMetadefProperties(a, options),
    url: '/v2/metadefs/namespaces/i/properties',
    answersNothing: true,
  },
  showMetadefProperty: {
    call: ({ client, a, b, options }) =>
      client.showMetadefProperty({ namespace: a, name: b }, { resourceType: 'OS::Nova::Flavor', ...options }),
    url: '/v2/metadefs/namespaces/i/properties/x?resource_type=OS%3A%3ANova%3A%3AFlavor',
  },
  updateMetadefProperty: {
    call: ({ client, a, b, options }) => client.updateMetadefProperty({ namespace: a, name: b }, property, options),
    url: '/v2/metadefs/namespaces/i/properties/x',
    headers: json,
    body: property,
  },
  deleteMetadefProperty: {
    call: ({ client, a, b, options }) => client.deleteMetadefProperty({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/properties/x',
    answersNothing: true,
  },
  listMetadefObjects: {
    call: ({ client, a, options }) => client.listMetadefObjects(a, options),
    url: '/v2/metadefs/namespaces/i/objects',
  },
  createMetadefObject: {
    call: ({ client, a, options }) => client.createMetadefObject(a, object, options),
    url: '/v2/metadefs/namespaces/i/objects',
    headers: json,
    body: object,
  },
  deleteMetadefObjects: {
    call: ({ client, a, options }) => client.deleteMetadefObjects(a, options),
    url: '/v2/metadefs/namespaces/i/objects',
    answersNothing: true,
  },
  showMetadefObject: {
    call: ({ client, a, b, options }) => client.showMetadefObject({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/objects/x',
  },
  updateMetadefObject: {
    call: ({ client, a, b, options }) => client.updateMetadefObject({ namespace: a, name: b }, object, options),
    url: '/v2/metadefs/namespaces/i/objects/x',
    headers: json,
    body: object,
  },
  deleteMetadefObject: {
    call: ({ client, a, b, options }) => client.deleteMetadefObject({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/objects/x',
    answersNothing: true,
  },
  listMetadefTags: {
    call: ({ client, a, options }) =>
      client.listMetadefTags(a, { limit: 2, marker: 'a&b', sort_key: 'name', sort_dir: 'asc' }, options),
    url: '/v2/metadefs/namespaces/i/tags?limit=2&marker=a%26b&sort_key=name&sort_dir=asc',
  },
  createMetadefTags: {
    call: ({ client, a, options }) => client.createMetadefTags(a, ['gold', 'grün'], { append: true, ...options }),
    url: '/v2/metadefs/namespaces/i/tags',
    headers: { ...json, 'x-openstack-append': 'true' },
    body: { tags: [{ name: 'gold' }, { name: 'grün' }] },
  },
  deleteMetadefTags: {
    call: ({ client, a, options }) => client.deleteMetadefTags(a, options),
    url: '/v2/metadefs/namespaces/i/tags',
    answersNothing: true,
  },
  showMetadefTag: {
    call: ({ client, a, b, options }) => client.showMetadefTag({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/tags/x',
  },
  createMetadefTag: {
    call: ({ client, a, b, options }) => client.createMetadefTag({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/tags/x',
  },
  updateMetadefTag: {
    call: ({ client, a, b, options }) => client.updateMetadefTag({ namespace: a, name: b }, 'silver', options),
    url: '/v2/metadefs/namespaces/i/tags/x',
    headers: json,
    body: { name: 'silver' },
  },
  deleteMetadefTag: {
    call: ({ client, a, b, options }) => client.deleteMetadefTag({ namespace: a, name: b }, options),
    url: '/v2/metadefs/namespaces/i/tags/x',
    answersNothing: true,
  },
};

const calls = Object.entries(cases).map(([id, call]) => ({
  // The table's own keys.
  operation: operationById(id as keyof typeof cases),
  ...call,
}));
const callsWithNames = calls.filter(({ operation }) => operation.path.includes('{'));

/** What the service would answer, as far as the client looks at it. */
function successOf({ operation, answersNothing }: (typeof calls)[number]): CannedAnswer {
  const status = operation.success === 405 ? 200 : operation.success;
  return answersNothing === true ? { status } : { status, body: { answered: true } };
}

/** The headers the Image API has a meaning for. */
function meaningfulHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const meaningful = new Set<string>(['content-type', ...Object.values(headerNames)]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => meaningful.has(name)));
}

describe('the call of every operation', () => {
  test('is one of the table', () => {
    expect([...Object.keys(cases), 'downloadImageData'].toSorted()).toEqual(operations.map(({ id }) => id).toSorted());
  });

  test.each(calls)('$operation.id is sent as $operation.method $url, and its answer handed on', async (each) => {
    const { operation, call, url, headers, body, answersNothing } = each;
    const server = await startAnsweringServer(() => successOf(each));
    const client = createImageClient({ endpoint: server.url, token: 'secret' });
    expect(await call({ client, a: 'i', b: 'x', options: {} })).toEqual(
      answersNothing === true ? undefined : { answered: true },
    );
    const [request, ...others] = server.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: operation.method, url, headers: { accept: 'application/json' } });
    expect(meaningfulHeaders(request?.headers ?? {})).toEqual({ 'x-auth-token': 'secret', ...headers });
    const sent = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    expect(request?.body.toString()).toBe(sent);
  });

  test.each(calls)('$operation.id raises what it is refused with: 403', async ({ call }) => {
    const server = await startAnsweringServer(() => ({
      status: 403,
      headers: { 'x-openstack-request-id': 'req-1' },
      body: { message: 'Not you.<br /><br />', code: '403 Forbidden', title: 'Forbidden' },
    }));
    const client = createImageClient({ endpoint: server.url, token: 't' });
    await expect(call({ client, a: 'i', b: 'x', options: {} })).rejects.toMatchObject({
      name: 'ImageApiError',
      status: 403,
      code: 'forbidden',
      message: 'Not you.',
      requestId: 'req-1',
    });
  });

  test.each(calls)('$operation.id hands its signal to fetch', async ({ call }) => {
    const seen: (AbortSignal | null | undefined)[] = [];
    const client = createImageClient({
      endpoint: 'http://images.example',
      token: 't',
      fetch: (_url, { signal }) => {
        seen.push(signal);
        return Promise.reject(new Error('no longer wanted'));
      },
    });
    const { signal } = new AbortController();
    await expect(call({ client, a: 'i', b: 'x', options: { signal } })).rejects.toThrow('no longer wanted');
    expect(seen).toEqual([signal]);
  });
});

describe('a name in a path', () => {
  const names = [
    'a/b',
    '100%',
    '%2F',
    'two words',
    'a+b',
    'a?b#c',
    'OS::Compute::Libvirt',
    'grün',
    '日本語',
    '🪟',
    '...',
  ];

  test.each(callsWithNames)('of $operation.id arrives as it is, whatever it holds', async (each) => {
    const { operation, call } = each;
    const server = await startAnsweringServer(() => successOf(each));
    const client = createImageClient({ endpoint: server.url, token: 't' });
    const arrived: unknown[] = [];
    for (const name of names) {
      await call({ client, a: name, b: `${name}2`, options: {} });
      const match = matchPath(server.requests.at(-1)?.url.split('?')[0] ?? '');
      arrived.push({ path: match?.path, values: Object.values(match?.parameters ?? {}).toSorted() });
    }
    const variables = operation.path.split('{').length - 1;
    const expected = names.map((name) => ({
      path: operation.path,
      values: [name, `${name}2`].slice(0, variables).toSorted(),
    }));
    expect(arrived).toEqual(expected);
  });

  test.each(callsWithNames)('of $operation.id is refused where it would name something else', async (each) => {
    const { operation, call } = each;
    const client = createImageClient({
      endpoint: 'http://images.example',
      token: 't',
      fetch: () => Promise.reject(new Error('Nothing may be sent.')),
    });
    const bothNames = operation.path.split('{').length > 2;
    for (const name of ['', '.', '..']) {
      await expect(async () => call({ client, a: name, b: 'x', options: {} })).rejects.toThrow(RangeError);
      if (!bothNames) continue;
      await expect(async () => call({ client, a: 'i', b: name, options: {} })).rejects.toThrow(RangeError);
    }
  });
});

describe('what is left out', () => {
  test.each<[string, (client: ImageClient) => Promise<unknown>, string]>([
    ['a list of tasks has no query', (client) => client.listTasks(), '/v2/tasks'],
    ['a list of namespaces has no query', (client) => client.listMetadefNamespaces(), '/v2/metadefs/namespaces'],
    ['a list of tags has no query', (client) => client.listMetadefTags('n'), '/v2/metadefs/namespaces/n/tags'],
    ['a namespace has no query', (client) => client.showMetadefNamespace('n'), '/v2/metadefs/namespaces/n'],
    [
      'a property has no query',
      (client) => client.showMetadefProperty({ namespace: 'n', name: 'p' }),
      '/v2/metadefs/namespaces/n/properties/p',
    ],
    ['the cache is cleared without a target', (client) => client.clearImageCache(), '/v2/cache'],
    ['tags are replaced', (client) => client.createMetadefTags('n', []), '/v2/metadefs/namespaces/n/tags'],
  ])('is not sent: %s', async (_case, call, url) => {
    const server = await startAnsweringServer(() => ({ body: {} }));
    await call(createImageClient({ endpoint: server.url, token: 't' }));
    const [request] = server.requests;
    expect(request?.url).toBe(url);
    expect(request?.headers).not.toHaveProperty(headerNames.cacheClearTarget);
    expect(request?.headers).not.toHaveProperty(headerNames.appendTags);
  });
});

test.each<ImportMethod>([
  { name: 'glance-direct' },
  { name: 'web-download', uri: 'https://images.example/a.qcow2?x=1&y=%20' },
  { name: 'copy-image' },
  { name: 'glance-download', glance_region: 'north', glance_image_id: 'r', glance_service_interface: 'internal' },
])('an import by $name is asked for with all it needs: 202', async (method) => {
  const server = await startAnsweringServer(() => ({ status: 202 }));
  const client = createImageClient({ endpoint: server.url, token: 't' });
  await client.importImage('i', { method, all_stores: true });
  expect(server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
    { method, all_stores: true },
  ]);
});

test.each(['', '/', '/v2', '/v2/', '/v2.17', '/v2.17/'])(
  'a call goes to the same URL with "%s" behind the endpoint',
  async (end) => {
    const server = await startAnsweringServer(() => ({ body: {} }));
    await createImageClient({ endpoint: `${server.url}/image${end}`, token: 't' }).showImage('i');
    expect(server.requests[0]?.url).toBe('/image/v2/images/i');
  },
);

test('the call for the versions goes without a token', async () => {
  const versions = [{ id: 'v2.17', status: 'CURRENT', links: [] }];
  const server = await startAnsweringServer(() => ({ body: { versions } }));
  const client = createImageClient({ endpoint: `${server.url}/v2`, token: 'secret' });
  expect(await client.listVersions()).toEqual({ versions });
  expect(server.requests[0]?.url).toBe('/versions');
  expect(server.requests[0]?.headers['x-auth-token']).toBeUndefined();
});
