import { operationById, operations } from '@lucarne/contract/operations.ts';
import { describe, expect, test } from 'vitest';
import { startAnsweringServer } from './answering-server.testing.ts';
import { clientOperations, createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';

/** Operations the client cannot call yet. A line may go, none may come. */
const operationsWithoutMethod = [
  'addImageLocation',
  'cleanImageCache',
  'clearImageCache',
  'createMetadefNamespace',
  'createMetadefObject',
  'createMetadefProperty',
  'createMetadefResourceTypeAssociation',
  'createMetadefTag',
  'createMetadefTags',
  'createTask',
  'deleteCachedImage',
  'deleteImageFromStore',
  'deleteMetadefNamespace',
  'deleteMetadefObject',
  'deleteMetadefObjects',
  'deleteMetadefProperties',
  'deleteMetadefProperty',
  'deleteMetadefResourceTypeAssociation',
  'deleteMetadefTag',
  'deleteMetadefTags',
  'deleteTask',
  'importImage',
  'listCachedImageNodes',
  'listCachedImages',
  'listImageLocations',
  'listImageTasks',
  'listMetadefNamespaces',
  'listMetadefObjects',
  'listMetadefProperties',
  'listMetadefResourceTypeAssociations',
  'listMetadefResourceTypes',
  'listMetadefTags',
  'listStores',
  'listStoresDetail',
  'listTasks',
  'pruneImageCache',
  'queueCachedImage',
  'showImportInfo',
  'showMetadefNamespace',
  'showMetadefObject',
  'showMetadefProperty',
  'showMetadefTag',
  'showTask',
  'showUsage',
  'stageImageData',
  'updateMetadefNamespace',
  'updateMetadefObject',
  'updateMetadefProperty',
  'updateMetadefTag',
];

describe('the methods of the client', () => {
  test('are those of the operation table, but for a known and shrinking rest', () => {
    const known = new Set<string>(clientOperations);
    const missing = operations.map(({ id }) => id).filter((id) => !known.has(id));
    expect(missing.toSorted()).toEqual(operationsWithoutMethod);
  });

  test('exist for every operation the client lists', () => {
    const client: object = createImageClient({ endpoint: 'http://images.example', token: 't' });
    expect(clientOperations.filter((id) => !(id in client))).toEqual([]);
  });
});

interface CallCase {
  readonly operation: (typeof clientOperations)[number];
  readonly call: (client: ImageClient) => Promise<unknown>;
  readonly url: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

const cases: readonly CallCase[] = [
  {
    operation: 'listImages',
    call: (client) => client.listImages({ limit: 2, tag: ['a', 'b c'], os_hidden: true, name: 'in:"a,b",c' }),
    url: '/v2/images?limit=2&tag=a&tag=b+c&os_hidden=true&name=in%3A%22a%2Cb%22%2Cc',
  },
  {
    operation: 'createImage',
    call: (client) => client.createImage({ name: 'web', tags: ['lts'], hw_disk_bus: 'virtio' }),
    url: '/v2/images',
    contentType: 'application/json',
    body: { name: 'web', tags: ['lts'], hw_disk_bus: 'virtio' },
  },
  { operation: 'showImage', call: (client) => client.showImage('i/1'), url: '/v2/images/i%2F1' },
  {
    operation: 'updateImage',
    call: (client) => client.updateImage('i', [{ op: 'remove', path: '/hw_disk_bus' }]),
    url: '/v2/images/i',
    contentType: 'application/openstack-images-v2.1-json-patch',
    body: [{ op: 'remove', path: '/hw_disk_bus' }],
  },
  { operation: 'deleteImage', call: (client) => client.deleteImage('i'), url: '/v2/images/i' },
  {
    operation: 'deactivateImage',
    call: (client) => client.deactivateImage('i'),
    url: '/v2/images/i/actions/deactivate',
  },
  {
    operation: 'reactivateImage',
    call: (client) => client.reactivateImage('i'),
    url: '/v2/images/i/actions/reactivate',
  },
  {
    operation: 'addImageTag',
    call: (client) => client.addImageTag('i', 'grün?'),
    url: '/v2/images/i/tags/gr%C3%BCn%3F',
  },
  { operation: 'removeImageTag', call: (client) => client.removeImageTag('i', 'a+b'), url: '/v2/images/i/tags/a%2Bb' },
  { operation: 'listMembers', call: (client) => client.listMembers('i'), url: '/v2/images/i/members' },
  {
    operation: 'createMember',
    call: (client) => client.createMember('i', 'p'),
    url: '/v2/images/i/members',
    contentType: 'application/json',
    body: { member: 'p' },
  },
  { operation: 'showMember', call: (client) => client.showMember('i', 'p'), url: '/v2/images/i/members/p' },
  {
    operation: 'updateMember',
    call: (client) => client.updateMember({ imageId: 'i', memberId: 'p' }, 'accepted'),
    url: '/v2/images/i/members/p',
    contentType: 'application/json',
    body: { status: 'accepted' },
  },
  { operation: 'deleteMember', call: (client) => client.deleteMember('i', 'p'), url: '/v2/images/i/members/p' },
  { operation: 'showImageSchema', call: (client) => client.showImageSchema(), url: '/v2/schemas/image' },
  { operation: 'showTasksSchema', call: (client) => client.showTasksSchema(), url: '/v2/schemas/tasks' },
  {
    operation: 'showMetadefResourceTypesSchema',
    call: (client) => client.showMetadefResourceTypesSchema(),
    url: '/v2/schemas/metadefs/resource_types',
  },
];

describe('a call', () => {
  test.each(cases)('$operation is sent to $url', async ({ operation, call, url, contentType, body }) => {
    const { method, success } = operationById(operation);
    const server = await startAnsweringServer(() => (success === 204 ? { status: 204 } : { body: { answered: true } }));
    const answer = await call(createImageClient({ endpoint: server.url, token: 'secret' }));
    const [request] = server.requests;
    expect(answer).toEqual(success === 204 ? undefined : { answered: true });
    expect(request).toMatchObject({ method, url, headers: { 'x-auth-token': 'secret', accept: 'application/json' } });
    expect(request?.headers['content-type']).toBe(contentType);
    expect(request?.body.toString()).toBe(body === undefined ? '' : JSON.stringify(body));
  });

  test.each(['', '/', '/v2', '/v2/', '/v2.17', '/v2.17/'])('goes to the same URL with "%s" behind it', async (end) => {
    const server = await startAnsweringServer(() => ({ body: {} }));
    await createImageClient({ endpoint: `${server.url}/image${end}`, token: 't' }).showImage('i');
    expect(server.requests[0]?.url).toBe('/image/v2/images/i');
  });

  test('cannot reach a parent of what it names', async () => {
    const client = createImageClient({
      endpoint: 'http://images.example',
      token: 't',
      fetch: () => Promise.reject(new Error('Nothing may be sent.')),
    });
    const calls = [
      () => client.deleteMember('i', '..'),
      () => client.removeImageTag('i', '.'),
      () => client.showImage(''),
    ];
    for (const call of calls) await expect(async () => call()).rejects.toThrow(RangeError);
  });

  test('for the versions goes without a token', async () => {
    const versions = [{ id: 'v2.17', status: 'CURRENT', links: [] }];
    const server = await startAnsweringServer(() => ({ body: { versions } }));
    const client = createImageClient({ endpoint: `${server.url}/v2`, token: 'secret' });
    expect(await client.listVersions()).toEqual({ versions });
    expect(server.requests[0]?.url).toBe('/versions');
    expect(server.requests[0]?.headers['x-auth-token']).toBeUndefined();
  });
});
