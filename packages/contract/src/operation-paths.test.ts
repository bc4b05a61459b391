import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowedMethods, expandPath, matchPath, methodsOf, operationPaths } from './operation-paths.ts';

describe('Allow', () => {
  test.each([
    ['/v2/images', 'GET, POST'],
    ['/v2/images/{image_id}', 'GET, PATCH, DELETE'],
    ['/v2/images/{image_id}/import', 'POST'],
    ['/v2/images/{image_id}/file', 'GET, PUT'],
    ['/v2/images/{image_id}/locations', 'GET, POST'],
    ['/v2/images/{image_id}/tags/{tag}', 'PUT, DELETE'],
    ['/v2/images/{image_id}/members', 'GET, POST'],
    ['/v2/images/{image_id}/members/{member_id}', 'GET, PUT, DELETE'],
    ['/v2/stores/{store_id}/{image_id}', 'DELETE'],
    ['/v2/tasks/{task_id}', 'GET, DELETE'],
    ['/v2/cache', 'GET, DELETE'],
    ['/v2/cache/{image_id}', 'DELETE, PUT'],
    ['/v2/cache/clean', 'POST'],
    ['/v2/schemas/image', 'GET'],
    ['/v2/metadefs/namespaces/{namespace_name}/tags', 'GET, POST, DELETE'],
    ['/v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}', 'GET, POST, PUT, DELETE'],
    ['/v2/metadefs/namespaces/{namespace_name}/resource_types/{resource_type_name}', 'DELETE'],
  ] as const)('of %s is "%s"', (path, allow) => {
    expect(allowedMethods(path)?.join(', ')).toBe(allow);
  });

  test.each(['/v2/images/{image_id}/tasks', '/v2/info/usage'] as const)(
    'of %s does not exist: other methods are 404',
    (path) => {
      expect(allowedMethods(path)).toBeNull();
      expect(methodsOf(path)).toEqual(['GET']);
    },
  );
});

describe('matching a path', () => {
  test.each([
    ['/v2/images', '/v2/images', {}],
    ['/v2/images/a%20b', '/v2/images/{image_id}', { image_id: 'a b' }],
    ['/v2/images/1/tags/gr%C3%BCn', '/v2/images/{image_id}/tags/{tag}', { image_id: '1', tag: 'grün' }],
    ['/v2/cache/clean', '/v2/cache/clean', {}],
    ['/v2/cache/7', '/v2/cache/{image_id}', { image_id: '7' }],
    ['/v2/info/stores/detail', '/v2/info/stores/detail', {}],
    ['/v2/images/__proto__', '/v2/images/{image_id}', { image_id: '__proto__' }],
  ])('%s is %s', (urlPath, path, parameters) => {
    expect(matchPath(urlPath)).toEqual({ path, parameters });
  });

  test.each(['/v2/images/', '/v2/', '/v2', '/', '', '/v2/schemas', '/v2/images/1/tags', '/v2/images/%ff', '/v2/info'])(
    '%j is no path of the API',
    (urlPath) => {
      expect(matchPath(urlPath)).toBeNull();
    },
  );

  test('finds again what was put into any template', () => {
    const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(
        fc.constantFrom(...operationPaths),
        fc.array(value, { minLength: 2, maxLength: 2 }),
        (path, values) => {
          const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? '');
          const parameters = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
          const literals = new Set(operationPaths.flatMap((template) => template.split('/')));
          fc.pre(values.every((text) => !literals.has(text)));
          expect(matchPath(expandPath(path, parameters as never))).toEqual({ path, parameters });
        },
      ),
    );
  });
});

describe('building a path', () => {
  test('keeps a value inside its segment', () => {
    const path = expandPath('/v2/images/{image_id}/tags/{tag}', { image_id: 'i', tag: 'a/b?c#d e' });
    expect(path).toBe('/v2/images/i/tags/a%2Fb%3Fc%23d%20e');
  });

  test.each(['', '.', '..'])('refuses %j, which would name another resource', (memberId) => {
    const build = () => expandPath('/v2/images/{image_id}/members/{member_id}', { image_id: 'i', member_id: memberId });
    expect(build).toThrow(RangeError);
  });
});
