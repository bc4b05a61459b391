/** Layers around the API: CORS, the health check, proxy headers, the access log. Source: contract 01 §7, §9. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { absentId } from './images.testing.ts';
import { openRawConnection, requestHead } from './raw-connection.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

describe('CORS', () => {
  let service: RunningService;
  beforeAll(async () => void (service = await runService({ config: '[cors]\nallowed_origin = https://horizon\n' })));
  afterAll(() => service.close());
  const origin = 'https://horizon';
  const exposed = 'X-Image-Meta-Checksum,X-Auth-Token,X-Subject-Token,X-Service-Token,X-OpenStack-Request-ID';

  test.each([
    ['GET /v2/images', 'member', 200],
    [`GET /v2/images/${absentId}`, 'member', 404],
    ['GET /v2/images', 'stranger', 401],
    ['GET /', 'stranger', 300],
    ['GET /versions', 'stranger', 200],
    ['GET /v2/images/%ff', 'member', 400],
    ['PUT /v2/images', 'member', 405],
    ['HEAD /v2/images', 'member', 200],
  ] as const)('the answer to %s of a known origin says so: %s, %i', async (request, as, status) => {
    const answer = await service.send(request, { as, headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': exposed,
    });
  });

  test.each([{}, { origin: 'https://elsewhere' }, { origin: 'https://horizon.example' }, { origin: 'null' }])(
    'an answer to %o says nothing',
    async (headers) => {
      const answer = await service.send('GET /v2/images', { headers });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers.vary).toBeUndefined();
    },
  );

  test.each(['/v2/images', '/v2/foo', '/', '/foo', `/v2/images/${absentId}/file`, '/v2/images/%ff'])(
    'OPTIONS %s is answered by the layer, without a token and a body: 200',
    async (path) => {
      const answer = await service.send(`OPTIONS ${path}`, { as: 'stranger' });
      expect([answer.status, answer.text]).toEqual([200, '']);
    },
  );

  test('what answers OPTIONS well itself keeps its answer: the version list', async () => {
    const answer = await service.send('OPTIONS /versions', { headers: { origin } });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
    expect(answer.json()).toHaveProperty('versions');
  });

  test('the health check is beside the layer', async () => {
    const answer = await service.send('OPTIONS /healthcheck', { headers: { origin } });
    expect([answer.text, answer.headers['access-control-allow-origin']]).toEqual(['OK', undefined]);
  });

  test('a preflight that asks for what is allowed is told so', async () => {
    const answer = await service.send('OPTIONS /v2/images', {
      as: 'stranger',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'x-auth-token, Content-Type,x-openstack-request-id',
      },
    });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-max-age': '3600',
      'access-control-allow-methods': 'PATCH',
      'access-control-allow-headers': 'x-auth-token,Content-Type,x-openstack-request-id',
    });
  });

  test.each([
    ['HEAD', ''],
    ['patch', ''],
    ['TRACE', ''],
    ['GET', 'x-evil'],
    ['GET', 'x-auth-token, x-evil'],
    [undefined, 'x-auth-token'],
  ])('a preflight that asks for %s with "%s" is not', async (method, headers) => {
    const answer = await service.send('OPTIONS /v2/images', {
      headers: {
        origin,
        'access-control-request-headers': headers,
        ...(method === undefined ? {} : { 'access-control-request-method': method }),
      },
    });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => /^access-control-(max-age|allow-[mh])/.test(name))).toEqual([]);
  });
});

describe('the health check', () => {
  let service: RunningService;
  let folder: string;
  let disableFile: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lucarne-health-'));
    disableFile = join(folder, 'disabled');
    service = await runService({ config: `[healthcheck]\ndisable_by_file_path = ${disableFile}\n` });
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    'GET /healthcheck',
    'POST /healthcheck',
    'DELETE /healthcheck/x/y',
    'OPTIONS /healthcheck',
    'LOCK /healthcheck',
  ])('%s is OK for anybody: 200', async (request) => {
    const answer = await service.send(request, { as: 'stranger' });
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      'OK',
      'text/plain; charset=UTF-8',
    ]);
  });

  test('is another path than /healthchecks: 300', async () => {
    expect((await service.send('GET /healthchecks')).status).toBe(300);
  });

  test('says the same in JSON and HTML', async () => {
    const json = await service.send('GET /healthcheck', { headers: { accept: 'application/json' } });
    expect(json.json()).toEqual({ detailed: false, reasons: ['OK'] });
    expect(json.text).toContain('\n');
    const html = await service.send('GET /healthcheck', { headers: { accept: 'text/html' } });
    expect([html.headers['content-type'], html.text.includes('<td>OK</td>')]).toEqual([
      'text/html; charset=UTF-8',
      true,
    ]);
    expect((await service.send('GET /healthcheck', { headers: { accept: '*/*' } })).text).toBe('OK');
  });

  test('HEAD is 204', async () => {
    expect((await service.send('HEAD /healthcheck', { as: 'stranger' })).status).toBe(204);
  });

  test('the disable file takes the service out: 503', async () => {
    writeFileSync(disableFile, '');
    const answers = [await service.send('GET /healthcheck'), await service.send('HEAD /healthcheck')];
    rmSync(disableFile);
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [503, 'DISABLED BY FILE'],
      [503, ''],
    ]);
    expect(existsSync(disableFile)).toBe(false);
    expect((await service.send('GET /healthcheck')).status).toBe(200);
  });
});

describe('the address in links', () => {
  const forwardedBy = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'images.example',
    'x-forwarded-prefix': '/image',
  };

  async function links(service: RunningService, headers: Record<string, string>): Promise<readonly unknown[]> {
    const versions = (await service.send('GET /versions', { headers })).json()['versions'] as [
      { links: [{ href: string }] },
    ];
    const created = await service.send('POST /v2/images', { json: {}, headers });
    const redirect = await service.send('GET /v2', { headers });
    return [
      versions[0].links[0].href,
      created.headers.location?.replace(/[0-9a-f-]{36}$/, 'ID'),
      redirect.headers.location,
    ];
  }

  describe('without trust in a proxy', () => {
    let service: RunningService;
    beforeAll(async () => void (service = await runService()));
    afterAll(() => service.close());

    test('is the Host the client used, whatever a proxy says', async () => {
      expect(await links(service, { host: 'api:8080', ...forwardedBy, forwarded: 'proto=https;host=evil' })).toEqual([
        'http://api:8080/v2/',
        'http://api:8080/v2/images/ID',
        'http://api:8080/v2/',
      ]);
    });

    test.each(['evil"><script>', 'a b', 'user@host', 'host/path', 'host:port', 'a\tb', '[::1'])(
      'a Host that is none is not repeated: %s',
      async (host) => {
        expect((await links(service, { host })).join(' ')).toBe(
          'http://localhost:9292/v2/ http://localhost:9292/v2/images/ID http://localhost:9292/v2/',
        );
      },
    );

    test('an IPv6 address is a host', async () => {
      expect((await links(service, { host: '[fe80::1]:9292' }))[0]).toBe('http://[fe80::1]:9292/v2/');
    });
  });

  describe('behind a trusted proxy', () => {
    let service: RunningService;
    const config = '[oslo_middleware]\nenable_proxy_headers_parsing = true\n';
    beforeAll(async () => void (service = await runService({ config })));
    afterAll(() => service.close());

    test('is what X-Forwarded-* say; the prefix is on version links alone', async () => {
      expect(await links(service, forwardedBy)).toEqual([
        'https://images.example/image/v2/',
        'https://images.example/v2/images/ID',
        'https://images.example/v2/',
      ]);
    });

    test('is what Forwarded says, before X-Forwarded-*, of the proxy nearest to the client', async () => {
      const forwarded = 'for=10.0.0.1; Proto=https; host="first.example:444", proto=http;host=second';
      expect((await links(service, { ...forwardedBy, forwarded }))[0]).toBe('https://first.example:444/v2/');
    });

    test.each([
      { 'x-forwarded-proto': 'javascript' },
      { 'x-forwarded-prefix': '//evil.example' },
      { 'x-forwarded-prefix': '/a"b' },
      { 'x-forwarded-prefix': 'relative' },
    ])('leaves out what cannot be part of a link: %o', async (headers) => {
      expect((await links(service, { host: 'api', ...headers }))[0]).toBe('http://api/v2/');
    });

    test('takes the nearest of several hosts', async () => {
      expect((await links(service, { 'x-forwarded-host': 'a.example, b.example' }))[0]).toBe('http://a.example/v2/');
    });
  });

  test('public_endpoint wins in version links', async () => {
    const service = await runService({ config: 'public_endpoint = https://cloud.example/image' });
    const [version, location] = await links(service, { host: 'api' });
    await service.close();
    expect([version, location]).toEqual(['https://cloud.example/image/v2/', 'http://api/v2/images/ID']);
  });
});

describe('the identity service of its own, mounted beside the API', () => {
  let service: RunningService;
  beforeAll(async () => void (service = await runService({ flavor: 'pocket', config: '[cors]\nallowed_origin = *' })));
  afterAll(() => service.close());
  const login = JSON.stringify({
    auth: { identity: { methods: ['password'], password: { user: { id: 'nobody', password: 'wrong' } } } },
  });

  test('is where a stranger is sent: 401 with its address', async () => {
    const answer = await service.send('GET /v2/images', { as: 'stranger', headers: { host: 'api:1' } });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Keystone uri="http://api:1/identity"']);
  });

  test('takes nothing from identity headers: 401', async () => {
    expect((await service.send('GET /v2/images', { as: 'admin' })).status).toBe(401);
  });

  test('answers without a token, with the headers browsers need', async () => {
    const answer = await service.send('GET /identity/v3', { as: 'stranger', headers: { origin: 'https://a' } });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
    // Anybody may read it, and so nobody with the credentials of somebody else.
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(answer.text).toContain(`${service.url}/identity/v3`);
  });

  test('reads bodies up to 1 MiB, and refuses larger ones: 401, 400', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await service.send('POST /identity/v3/auth/tokens', { body: login, headers })).status).toBe(401);
    const large = login + ' '.repeat(1024 * 1024);
    expect((await service.send('POST /identity/v3/auth/tokens', { body: large, headers })).status).toBe(400);
  });

  test('tells a client that asks to send its body', async () => {
    const connection = await openRawConnection(service.port);
    const headers = { expect: '100-continue', 'content-type': 'application/json', 'content-length': login.length };
    await connection.write(requestHead('POST /identity/v3/auth/tokens', headers));
    expect((await connection.answer()).status).toBe(100);
    await connection.write(login);
    expect((await connection.answer()).status).toBe(401);
    connection.socket.destroy();
  });

  test('is not logged as a failure when a client breaks off', async () => {
    const connection = await openRawConnection(service.port);
    await connection.write(requestHead('POST /identity/v3/auth/tokens', { 'content-length': 100 }) + '{');
    connection.socket.resetAndDestroy();
    await vi.waitFor(() => expect(service.log).toContainEqual(expect.objectContaining({ aborted: true })));
    expect(service.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
  });
});

describe('without any identity', () => {
  test('everybody is an administrator without roles, whom the rules of today refuse: 403', async () => {
    const service = await runService({ flavor: 'none' });
    const statuses = [];
    for (const request of ['GET /v2/images', 'POST /v2/images', 'GET /v2/schemas/image']) {
      statuses.push(
        (await service.send(request, { as: 'stranger', ...(request.startsWith('POST') ? { json: {} } : {}) })).status,
      );
    }
    await service.close();
    expect(statuses).toEqual([403, 403, 200]);
  });
});
