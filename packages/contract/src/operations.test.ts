import { describe, expect, test } from 'vitest';
import { operationById, operations } from './operations.ts';
import type { Operation } from './operations.ts';
import { schemaDocumentIds } from './schemas/json-schema.ts';
import { versionHistory } from './versions.ts';

const rows: readonly Operation[] = operations;

/** The router's table as the contract prints it: path below /v2, methods, those that refuse a body. */
const routerTable: readonly (readonly [path: string, methods: string, withoutBody: string])[] = [
  ['/images', 'GET POST', ''],
  ['/images/{image_id}', 'GET PATCH DELETE', 'GET DELETE'],
  ['/images/{image_id}/tasks', 'GET', 'GET'],
  ['/images/{image_id}/import', 'POST', ''],
  ['/images/{image_id}/actions/deactivate', 'POST', 'POST'],
  ['/images/{image_id}/actions/reactivate', 'POST', 'POST'],
  ['/images/{image_id}/file', 'GET PUT', 'GET'],
  ['/images/{image_id}/stage', 'PUT', ''],
  ['/images/{image_id}/locations', 'GET POST', ''],
  ['/images/{image_id}/tags/{tag}', 'PUT DELETE', 'PUT DELETE'],
  ['/images/{image_id}/members', 'GET POST', 'GET'],
  ['/images/{image_id}/members/{member_id}', 'GET PUT DELETE', 'GET DELETE'],
  ['/stores/{store_id}/{image_id}', 'DELETE', 'DELETE'],
  ['/tasks', 'GET POST', ''],
  ['/tasks/{task_id}', 'GET DELETE', ''],
  ['/info/import', 'GET', 'GET'],
  ['/info/stores', 'GET', 'GET'],
  ['/info/stores/detail', 'GET', 'GET'],
  ['/info/usage', 'GET', ''],
  ['/cache', 'GET DELETE', 'GET'],
  ['/cache/{image_id}', 'PUT DELETE', ''],
  ['/cache/nodes/{image_id}', 'GET', 'GET'],
  ['/cache/clean', 'POST', ''],
  ['/cache/prune', 'POST', ''],
  ...schemaDocumentIds.map((id) => [`/schemas/${id}`, 'GET', 'GET'] as const),
  ['/metadefs/namespaces', 'GET POST', ''],
  ['/metadefs/namespaces/{namespace_name}', 'GET PUT DELETE', 'GET DELETE'],
  ['/metadefs/resource_types', 'GET', 'GET'],
  ['/metadefs/namespaces/{namespace_name}/resource_types', 'GET POST', 'GET'],
  ['/metadefs/namespaces/{namespace_name}/resource_types/{resource_type_name}', 'DELETE', 'DELETE'],
  ['/metadefs/namespaces/{namespace_name}/properties', 'GET POST DELETE', 'GET'],
  ['/metadefs/namespaces/{namespace_name}/properties/{property_name}', 'GET PUT DELETE', ''],
  ['/metadefs/namespaces/{namespace_name}/objects', 'GET POST DELETE', ''],
  ['/metadefs/namespaces/{namespace_name}/objects/{object_name}', 'GET PUT DELETE', 'GET DELETE'],
  ['/metadefs/namespaces/{namespace_name}/tags', 'GET POST DELETE', ''],
  ['/metadefs/namespaces/{namespace_name}/tags/{tag_name}', 'GET POST PUT DELETE', 'GET POST DELETE'],
];

describe('the operation table', () => {
  test('has exactly the methods of every path of the router', () => {
    const expected = routerTable.flatMap(([path, methods]) => methods.split(' ').map((m) => `${m} /v2${path}`));
    const actual = rows.map(({ method, path }) => `${method} ${path}`);
    expect(actual.toSorted()).toEqual(expected.toSorted());
  });

  test.each(routerTable)('%s (%s) refuses a body in: %s', (path, _methods, withoutBody) => {
    const refusing = rows.filter((row) => row.path === `/v2${path}` && row.body === 'rejected');
    expect(refusing.map(({ method }) => method).toSorted()).toEqual(withoutBody.split(' ').filter(Boolean).toSorted());
  });

  test('names every operation once', () => {
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[a-z]+[A-Z][A-Za-z]+$/.test(id))).toBe(true);
  });

  test('knows the version that brought an operation', () => {
    const known = new Set(versionHistory.map(({ version }) => version));
    expect(rows.filter(({ since }) => !known.has(since))).toEqual([]);
  });

  test('describes JSON bodies only of operations that have one', () => {
    expect(rows.filter(({ body, requestSchema }) => requestSchema !== null && body !== 'json')).toEqual([]);
    expect(rows.filter(({ success, responseSchema }) => responseSchema !== null && success === 204)).toEqual([]);
  });

  test('requires a body exactly of POST, PUT and PATCH that do not refuse or ignore one', () => {
    const requiring = rows.filter(({ body }) => body !== 'rejected' && body !== 'ignored');
    expect(requiring.filter(({ method }) => method === 'GET' || method === 'DELETE')).toEqual([]);
  });

  test.each([
    ['createMember', 200],
    ['createImage', 201],
    ['importImage', 202],
    ['queueCachedImage', 202],
    ['addImageLocation', 202],
    ['addImageTag', 204],
    ['uploadImageData', 204],
    ['createMetadefTag', 201],
    ['pruneImageCache', 200],
    ['deleteTask', 405],
  ] as const)('answers %s with %i', (id, status) => {
    expect(operationById(id).success).toBe(status);
  });

  test('enforces no rule where any token will do: versions, schemas, most of /info', () => {
    const free = rows.filter(({ policies }) => policies.length === 0).map(({ path }) => path);
    const schemas = schemaDocumentIds.map((id) => `/v2/schemas/${id}`);
    expect(free.toSorted()).toEqual(['/v2/info/import', '/v2/info/stores', '/v2/info/usage', ...schemas].toSorted());
  });
});
