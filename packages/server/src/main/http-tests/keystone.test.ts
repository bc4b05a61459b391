/** Callers with tokens of a Keystone, as the API answers them. Source: contract 10 §2, §3. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeKeystone, tokenOf } from '../../adapters/keystone/fake-keystone.testing.ts';
import type { FakeKeystone } from '../../adapters/keystone/fake-keystone.testing.ts';
import { noise } from './images.testing.ts';
import { openRawConnection, requestHead } from './raw-connection.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService, RunOptions } from './running-service.testing.ts';

let keystone: FakeKeystone;
const running: RunningService[] = [];
/** Nothing here takes long; the machine may be busy. */
const patience = 60_000;

beforeEach(async () => {
  keystone = await startFakeKeystone();
  keystone.tokens.set('admin-token', tokenOf({ roles: [{ name: 'Admin' }, { name: 'member' }, { name: 'reader' }] }));
  keystone.tokens.set('member-token', tokenOf());
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.close();
  await keystone.stop();
});

async function start(lines = '', defaults = '', options: RunOptions = {}): Promise<RunningService> {
  const config = `${defaults}
[keystone_authtoken]
auth_url = ${keystone.url}
auth_type = password
username = glance
user_domain_name = Default
password = hunter2
project_name = service
project_domain_name = Default
${lines}`;
  const service = await runService({ flavor: 'keystone', config, ...options });
  running.push(service);
  return service;
}

const asNobody = (headers: Readonly<Record<string, string>> = {}) => ({ as: 'stranger', headers }) as const;

test('a valid token is answered, and its roles count', async () => {
  const service = await start();
  const member = asNobody({ 'x-auth-token': 'member-token' });
  const created = await service.send('POST /v2/images', { ...member, json: { name: 'a' } });
  expect([created.status, created.json()['owner']]).toEqual([201, 'p1']);
  const isPublic = { json: { name: 'a', visibility: 'public' } };
  expect((await service.send('POST /v2/images', { ...member, ...isPublic })).status).toBe(403);
  const admin = asNobody({ 'x-auth-token': 'admin-token' });
  expect((await service.send('POST /v2/images', { ...admin, ...isPublic })).status).toBe(201);
});

test('a credential for some calls is good for no other, however the path is written: 401', async () => {
  const rule = { id: '1', service: 'image', method: 'DELETE', path: '/v2/images/*/tags/*' };
  keystone.tokens.set('restricted', tokenOf({ application_credential: { id: 'a', access_rules: [rule] } }));
  const service = await start('service_type = image');
  const member = asNobody({ 'x-auth-token': 'member-token' });
  const id = String((await service.send('POST /v2/images', { ...member, json: { tags: ['a'] } })).json()['id']);
  const statusOf = async (method: string, path: string): Promise<number> => {
    const connection = await openRawConnection(service.port);
    await connection.write(requestHead(`${method} ${path}`, { 'x-auth-token': 'restricted' }));
    const { status } = await connection.answer();
    connection.socket.destroy();
    return status;
  };
  const image = `/v2/images/${id}`;
  const others = [
    '',
    '#',
    ';/tags',
    '%23',
    '%2ftags',
    '/../tags/x',
    '/tags/a/../..',
    '//tags/x',
    '/Tags/x',
    '/tags/%2e%2e/x',
  ];
  for (const rest of others) expect([rest, await statusOf('DELETE', image + rest)]).toEqual([rest, 401]);
  // Within the rule, these are about an image that is not there.
  for (const rest of ['#/tags/x', '%23/tags/x', '%3f/tags/x', ';/tags/x', '%252ftags%252fx/tags/x']) {
    expect([rest, await statusOf('DELETE', image + rest)]).toEqual([rest, 404]);
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'delete']) {
    expect([method, await statusOf(method, `${image}/tags/a`)]).not.toEqual([method, 204]);
  }
  expect((await service.send(`GET ${image}`, member)).json()['tags']).toEqual(['a']);
  expect(await statusOf('DELETE', `/v2.9/images/${id}%2Ftags/a`)).toBe(204);
});

test('a credential for a path is good for it however a client encodes it', async () => {
  const paths = ['/v2/metadefs/namespaces/OS::Compute', '/v2/images/%C3%A4%20%3F%23%25'];
  const rules = paths.map((path) => ({ id: path, service: 'image', method: 'GET', path }));
  keystone.tokens.set('restricted', tokenOf({ application_credential: { id: 'a', access_rules: rules } }));
  const service = await start('service_type = image');
  const restricted = asNobody({ 'x-auth-token': 'restricted' });
  const same = [...paths, '/v2/metadefs/%6eamespaces/OS%3A%3aCompute', '/v2/images/%c3%a4%20%3f%23%25'];
  for (const path of same) expect([path, (await service.send(`GET ${path}`, restricted)).status]).toEqual([path, 404]);
  const others = ['/v2/images/%25C3%25A4%20%3F%23%25', '/v2/images/%zz', '/v2/metadefs/namespaces/OS%253A%253ACompute'];
  for (const path of others) expect((await service.send(`GET ${path}`, restricted)).status).toBe(401);
});

test('Keystone need not be there when the service starts', async () => {
  await keystone.stop();
  const service = await start('http_request_max_retries = 0');
  const member = asNobody({ 'x-auth-token': 'member-token' });
  expect((await service.send('GET /v2/images', member)).status).toBe(503);
  await keystone.restart();
  expect((await service.send('GET /v2/images', member)).status).toBe(200);
});

describe('without a valid token it is 401, and told where Keystone is', () => {
  const tokens = [{}, { 'x-auth-token': 'strange' }, { 'x-auth-token': '' }];

  test.each(tokens)('in the form the client prefers: %j', async (headers) => {
    const service = await start('www_authenticate_uri = http://public:5000/v3');
    for (const [accept, type] of [
      ['application/json', 'application/json'],
      ['text/html', 'text/html; charset=UTF-8'],
    ] as const) {
      const answer = await service.send('GET /v2/images', asNobody({ ...headers, accept }));
      expect([answer.status, answer.headers['content-type']]).toEqual([401, type]);
      expect(answer.headers['www-authenticate']).toBe('Keystone uri="http://public:5000/v3"');
    }
  });

  test.each(tokens)('in the JSON form of Keystone when the decision is not delayed: %j', async (headers) => {
    const service = await start('delay_auth_decision = false', 'allow_anonymous_access = true');
    const answer = await service.send('GET /v2/images', asNobody({ ...headers, accept: 'text/html' }));
    expect([answer.status, answer.headers['content-type']]).toEqual([401, 'application/json']);
    expect(answer.json()).toEqual({
      error: { code: 401, title: 'Unauthorized', message: expect.stringMatching(/token/) },
    });
    expect(answer.headers['www-authenticate']).toBe(`Keystone uri="${keystone.url}"`);
    const head = await service.send('HEAD /v2/images', asNobody(headers));
    expect([head.status, head.text]).toEqual([401, '']);
  });

  test('unless anonymous access is allowed', async () => {
    const service = await start('', 'allow_anonymous_access = true');
    expect((await service.send('GET /v2/schemas/image', asNobody())).status).toBe(200);
    expect((await service.send('POST /v2/images', { ...asNobody(), json: {} })).status).toBe(403);
  });

  test('and what is open needs none', async () => {
    await keystone.stop();
    const service = await start();
    expect((await service.send('GET /', asNobody())).status).toBe(300);
    expect((await service.send('GET /healthcheck', asNobody())).status).toBe(200);
  });
});

describe('while Keystone cannot say', () => {
  test.each(['true', 'false'])('it is 503 with Retry-After, with delay_auth_decision = %s', async (delayed) => {
    const service = await start(`delay_auth_decision = ${delayed}`);
    keystone.lapse = () => 500;
    const answer = await service.send('GET /v2/images', asNobody({ 'x-auth-token': 'member-token' }));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(`${answer.text}${JSON.stringify(service.log)}`).not.toMatch(/member-token|own-1|hunter2/);
    // Who brings no token need not wait for Keystone.
    expect((await service.send('GET /v2/images', asNobody())).status).toBe(401);
  });

  test(
    'an upload under way goes on to its end',
    async () => {
      const service = await start('token_cache_time = -1');
      const data = noise(256 * 1024);
      const member = { 'x-auth-token': 'member-token' };
      const created = await service.send('POST /v2/images', {
        ...asNobody(member),
        json: { disk_format: 'raw', container_format: 'bare' },
      });
      const id = String(created.json()['id']);
      const connection = await openRawConnection(service.port);
      const headers = { ...member, 'content-type': 'application/octet-stream', 'content-length': data.length };
      await connection.write(requestHead(`PUT /v2/images/${id}/file`, headers));
      await connection.write(data.subarray(0, 1000));
      await expect
        .poll(async () => (await service.send(`GET /v2/images/${id}`, asNobody(member))).json()['status'], {
          timeout: patience,
        })
        .toBe('saving');
      keystone.tokens.clear();
      await keystone.stop();
      expect((await service.send(`GET /v2/images/${id}`, asNobody(member))).status).toBe(503);
      await connection.write(data.subarray(1000));
      expect(await connection.answer()).toMatchObject({ status: 204 });
      connection.socket.destroy();
    },
    patience,
  );
});

test(
  'a hundred first requests with one token are one validation',
  async () => {
    const service = await start();
    const release = keystone.hold();
    const headers = { 'x-auth-token': 'member-token' };
    const answers = Array.from({ length: 100 }, () => fetch(`${service.url}/v2/images?limit=1`, { headers }));
    await expect.poll(() => keystone.requests.length, { timeout: patience }).toBe(1);
    release();
    const statuses = (await Promise.all(answers)).map(({ status, body }) => (void body?.cancel(), status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(keystone.count('GET', '/v3/auth/tokens')).toBe(1);
  },
  patience,
);

/** All that the filter in front of a service of OpenStack sets, and what it once set. */
const forged: Readonly<Record<string, string>> = {
  'x-identity-status': 'Confirmed',
  'x-service-identity-status': 'Confirmed',
  'x-is-admin-project': 'True',
  'x-service-catalog': '[]',
  'openstack-system-scope': 'all',
  'x-user': 'root',
  'x-tenant': 'p0',
  'x-tenant-id': 'p0',
  'x-tenant-name': 'p0',
  'x-role': 'admin',
  ...Object.fromEntries(
    ['x', 'x-service'].flatMap((prefix) => [
      [`${prefix}-roles`, 'admin,service,member,reader'],
      ...['user', 'project'].flatMap((kind) =>
        ['id', 'name', 'domain-id', 'domain-name'].map((what) => [`${prefix}-${kind}-${what}`, `${kind}-of-nobody`]),
      ),
      [`${prefix}-domain-id`, 'd0'],
      [`${prefix}-domain-name`, 'd0'],
    ]),
  ),
};

describe('identity headers from outside change nothing', () => {
  test.each(['keystone', 'pocket'] as const)('with flavor %s they are no identity: 401', async (flavor) => {
    const service = await start('', '', { flavor });
    expect((await service.send('GET /v2/images', asNobody(forged))).status).toBe(401);
  });

  test('with flavor none they are not looked at: 403, as without them', async () => {
    const service = await start('', '', { flavor: 'none' });
    for (const headers of [{}, forged]) {
      expect((await service.send('GET /v2/images', asNobody(headers))).status).toBe(403);
    }
  });

  test('with anonymous access they make nobody else of the caller', async () => {
    const service = await start('', 'allow_anonymous_access = true');
    expect((await service.send('GET /v2/images', asNobody(forged))).status).toBe(403);
  });

  test('beside a token only the token counts', async () => {
    const service = await start();
    const headers = { ...forged, 'x-auth-token': 'member-token' };
    const created = await service.send('POST /v2/images', { ...asNobody(headers), json: {} });
    expect(created.json()['owner']).toBe('p1');
    expect((await service.send('GET /v2/tasks', asNobody(headers))).status).toBe(403);
    const locations = `GET /v2/images/${String(created.json()['id'])}/locations`;
    expect((await service.send(locations, asNobody(headers))).status).toBe(403);
  });

  test('with flavor trusted-auth they are the identity', async () => {
    const service = await start('', '', { flavor: 'trusted-auth' });
    expect((await service.send('GET /v2/images', asNobody(forged))).status).toBe(403);
    const { 'openstack-system-scope': _, 'x-domain-id': __, ...projectScoped } = forged;
    expect((await service.send('GET /v2/images', asNobody(projectScoped))).status).toBe(200);
  });
});
