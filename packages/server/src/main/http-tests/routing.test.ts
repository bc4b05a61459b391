/** Which route a request takes, and what is said when there is none. Source: contract 01 §2–§4. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { absentId, createImage } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => void (service = await runService()));
afterAll(() => service.close());

/** Path, its methods as `Allow` lists them. */
const allowOfPath: readonly (readonly [string, string])[] = [
  ['/images', 'GET, POST'],
  [`/images/${absentId}`, 'GET, PATCH, DELETE'],
  [`/images/${absentId}/import`, 'POST'],
  [`/images/${absentId}/actions/deactivate`, 'POST'],
  [`/images/${absentId}/actions/reactivate`, 'POST'],
  [`/images/${absentId}/file`, 'GET, PUT'],
  [`/images/${absentId}/stage`, 'PUT'],
  [`/images/${absentId}/locations`, 'GET, POST'],
  [`/images/${absentId}/tags/a`, 'PUT, DELETE'],
  [`/images/${absentId}/members`, 'GET, POST'],
  [`/images/${absentId}/members/p2`, 'GET, PUT, DELETE'],
  [`/stores/fast/${absentId}`, 'DELETE'],
  ['/tasks', 'GET, POST'],
  [`/tasks/${absentId}`, 'GET, DELETE'],
  ['/info/import', 'GET'],
  ['/info/stores', 'GET'],
  ['/info/stores/detail', 'GET'],
  ['/cache', 'GET, DELETE'],
  [`/cache/${absentId}`, 'DELETE, PUT'],
  [`/cache/nodes/${absentId}`, 'GET'],
  ['/cache/clean', 'POST'],
  ['/cache/prune', 'POST'],
  ['/schemas/image', 'GET'],
  ['/schemas/images', 'GET'],
  ['/schemas/member', 'GET'],
  ['/schemas/members', 'GET'],
  ['/schemas/task', 'GET'],
  ['/schemas/tasks', 'GET'],
  ['/schemas/metadefs/namespace', 'GET'],
];

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'];

describe('a known path with another method', () => {
  test.each(allowOfPath)('%s is 405 with Allow: %s', async (path, allow) => {
    const allowed = new Set(allow.split(', '));
    if (allowed.has('GET')) allowed.add('HEAD');
    for (const method of methods.filter((name) => !allowed.has(name))) {
      const answer = await service.send(`${method} /v2${path}`);
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, allow]);
    }
  });

  test.each([`/images/${absentId}/tasks`, '/info/usage'])('%s is 404 for the methods it lacks', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await service.send(`${method} /v2${path}`);
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 404, undefined]);
    }
  });
});

describe('a path that is not there', () => {
  test.each([
    '/v2/',
    '/v2/images/',
    `/v2/images/${absentId}/`,
    `/v2/images/${absentId}/tags`,
    `/v2/images/${absentId}/tags/`,
    `/v2/images/${absentId}/members/`,
    `/v2/images/${absentId}/members/a/b`,
    '/v2/images//file',
    '/v2/schemas',
    '/v2/schemas/nothing',
    '/v2/info',
    '/v2/Images',
    '/v2/IMAGES',
    '/v2/foo',
  ])('%s is 404 for the methods there are and 501 for the others', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect([method, (await service.send(`${method} ${path}`)).status]).toEqual([method, 404]);
    }
    for (const method of ['PROPFIND', 'TRACE']) {
      expect([method, (await service.send(`${method} ${path}`)).status]).toEqual([method, 501]);
    }
  });

  test('an unknown method is no failure of the service: nothing is logged as an error', () => {
    expect(service.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
  });

  test.each(['/cache/clean', '/cache/prune'])('the fixed path %s is never an image', async (path) => {
    expect((await service.send(`PUT /v2${path}`)).status).toBe(405);
  });
});

describe('path variables', () => {
  const encodedSlash = 'an encoded slash begins another segment: 404';
  test.each([
    [encodedSlash, `PUT /v2/images/${absentId}/tags/a%2Fb`],
    [encodedSlash, `PUT /v2/images/${absentId}/tags/a%2fb`],
    ['a double encoding stays encoded: the image is not there', 'GET /v2/images/a%252Fb'],
    ['dots are letters like others', 'GET /v2/images/..'],
    ['encoded dots too', 'GET /v2/images/%2e%2e'],
    ['a NUL is a letter like others', 'GET /v2/images/%00'],
  ])('%s: %s', async (_, request) => {
    expect((await service.send(request)).status).toBe(404);
  });

  test.each([37, 255, 8000, 14_000])('an id of %i characters is that of no image: 404', async (length) => {
    expect((await service.send(`GET /v2/images/${'a'.repeat(length)}`)).status).toBe(404);
  });

  test.each(['GET /v2/images/%ff', 'GET /v2/images/%E0%A4', 'PUT /v2/images/x/tags/%zz', 'GET /v2/images/%'])(
    'what does not decode to UTF-8 is 400, with a request id: %s',
    async (request) => {
      const answer = await service.send(request);
      expect(answer.status).toBe(400);
      expect(answer.headers['x-openstack-request-id']).toMatch(/^req-/);
    },
  );

  test('an undecodable URL tells a stranger no more than any other: 401', async () => {
    expect((await service.send('GET /v2/images/%ff', { as: 'stranger' })).status).toBe(401);
  });

  test('tags are decoded once, and as UTF-8', async () => {
    const id = await createImage(service);
    for (const tag of ['a%2520b', '%C3%A9', 'x+y', '%20']) await service.send(`PUT /v2/images/${id}/tags/${tag}`);
    const image = (await service.send(`GET /v2/images/${id}`)).json();
    expect(new Set(image['tags'] as string[])).toEqual(new Set(['a%20b', 'é', 'x+y', ' ']));
  });

  test('bytes of the query that are not UTF-8 are 400', async () => {
    expect((await service.send('GET /v2/images?name=%ff')).status).toBe(400);
  });
});

describe('versions in the path', () => {
  test.each(['v2', 'v2.0', 'v2.1', 'v2.2', 'v2.3', 'v2.4', 'v2.5', 'v2.6', 'v2.7', 'v2.9', 'v2.15', 'v2.17'])(
    '/%s/images is a list, and its links say /v2',
    async (token) => {
      const answer = await service.send(`GET /${token}/images`);
      expect(answer.status).toBe(200);
      expect(answer.json()['first']).toBe('/v2/images');
    },
  );

  test.each([
    '/',
    '/v1/images',
    '/v3',
    '/V2/images',
    '/foo',
    '/images',
    '/v2.99/images',
    '/v2.8/images',
    '/v2.14/images',
    '/v2.18/images',
    '/v02/images',
    '/:versions',
    '/:choose-a-version',
    '/:undecodable',
    '/%',
  ])('%s is a list of versions to choose from, whatever the method: 300', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND']) {
      const answer = await service.send(`${method} ${path}`, { as: 'stranger' });
      expect([method, answer.status, answer.headers['content-type']]).toEqual([method, 300, 'application/json']);
      expect(answer.json()).toHaveProperty('versions');
    }
  });

  test.each(['/versions', '/versions/', '/versions/anything'])(
    '%s is the list of versions, whatever the method: 200',
    async (path) => {
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND', 'LOCK']) {
        expect((await service.send(`${method} ${path}`, { as: 'stranger' })).status).toBe(200);
      }
    },
  );

  test('the list has its odd order and one link for all', async () => {
    const versions = (await service.send('GET /versions')).json()['versions'] as { id: string; status: string }[];
    expect(versions.map(({ id }) => id).join(' ')).toBe('v2.15 v2.9 v2.17 v2.7 v2.6 v2.5 v2.4 v2.3 v2.2 v2.1 v2.0');
    expect(versions.filter(({ status }) => status !== 'SUPPORTED')).toEqual([
      { id: 'v2.17', status: 'CURRENT', links: [{ rel: 'self', href: `${service.url}/v2/` }] },
    ]);
  });

  test.each([
    ['HEAD /', 300],
    ['HEAD /versions', 200],
  ])('%s has no body: %i', async (request, status) => {
    const answer = await service.send(request, { as: 'stranger' });
    expect([answer.status, answer.text]).toEqual([status, '']);
  });

  test.each(['GET', 'POST', 'HEAD'])('%s /v2 leads to /v2/: 302', async (method) => {
    const answer = await service.send(`${method} /v2`);
    expect([answer.status, answer.headers.location, answer.text]).toEqual([302, `${service.url}/v2/`, '']);
  });

  test('leading slashes are collapsed', async () => {
    expect((await service.send('GET ///v2/images')).status).toBe(200);
    expect((await service.send('GET /v2//images')).status).toBe(404);
  });

  test('a whole URL is taken for its path', async () => {
    expect((await service.send('GET http://elsewhere/v2/images')).status).toBe(200);
    expect((await service.send('GET http://elsewhere')).status).toBe(300);
  });
});

describe('a version in Accept', () => {
  const vendor = 'application/vnd.openstack.images-';
  test.each([
    ['GET /images', 'v2', 200],
    ['GET /images', 'v2.9', 200],
    ['GET /v2/images', 'v2', 404],
    ['GET /images', 'v2.99', 300],
    ['GET /images', 'V2', 300],
    ['GET /images', 'v2, */*', 300],
    ['GET /images', '', 300],
    ['GET /versions', 'v2', 200],
    ['GET /healthcheck', 'v2', 200],
  ])('%s with …images-%s is %i', async (request, version, status) => {
    expect((await service.send(request, { headers: { accept: `${vendor}${version}` } })).status).toBe(status);
  });
});
