/** How errors are written, who gets which request id, who is let in. Source: contract 01 §6–§9, 10 §3. */
import { reasonPhrases } from '@lucarne/contract/error-codes.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { absentId, createActiveImage, createImage, upload } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => void (service = await runService()));
afterAll(() => service.close());

describe('the form of an error', () => {
  const [html, json, plain] = ['text/html; charset=UTF-8', 'application/json', 'text/plain; charset=UTF-8'];
  test.each([
    [undefined, plain],
    ['', plain],
    ['*/*', html],
    ['text/html', html],
    ['text/*', html],
    ['application/json', json],
    ['application/*', json],
    ['APPLICATION/JSON', json],
    ['application/json, text/html', html],
    ['application/json, */*', html],
    ['application/json;q=1, text/html;q=0.9', json],
    ['application/json;q=0.5, text/html;q=0.9', html],
    ['application/json, */*;q=0.8', json],
    ['application/json; q=0.1, text/html; q=0', json],
    ['application/json;q=0', plain],
    ['text/html;q=0, */*', json],
    ['application/json;q=wrong', json],
    ['text/plain', plain],
    ['image/png, application/xml', plain],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', html],
    ['nonsense', plain],
    [';;;,,,', plain],
  ])('for Accept: %s is %s', async (accept, contentType) => {
    const headers = accept === undefined ? {} : { accept };
    const answer = await service.send(`GET /v2/images/${absentId}`, { headers });
    expect([answer.status, answer.headers['content-type']]).toEqual([404, contentType]);
    expect(answer.headers['content-length']).toBe(String(answer.bytes.length));
  });

  test('JSON has three keys in their order, with the line breaks clients cut off', async () => {
    const answer = await service.send('GET /v2/images/<b>', { headers: { accept: 'application/json' } });
    const body = answer.json();
    expect(Object.keys(body)).toEqual(['message', 'code', 'title']);
    expect(body).toEqual({
      message: expect.stringMatching(/<b>.*<br \/><br \/>\n\n\n$/s),
      code: '404 Not Found',
      title: 'Not Found',
    });
  });

  test('HTML is escaped', async () => {
    const answer = await service.send('GET /v2/images/<script>"&', { headers: { accept: 'text/html' } });
    expect(answer.text).toContain('<title>404 Not Found</title>');
    expect(answer.text).toContain('&lt;script&gt;&quot;&amp;');
    expect(answer.text).not.toContain('<script>');
  });

  test('plain text begins with the status line and loses what looks like a tag', async () => {
    const { text } = await service.send('GET /v2/images/a<b>c');
    expect(text).toMatch(/^404 Not Found\n\n.*ac.*\n\n {3}$/s);
  });

  test('HEAD gets an empty page, whatever form is preferred', async () => {
    const head = await service.send(`HEAD /v2/images/${absentId}`, { headers: { accept: 'application/json' } });
    expect([head.status, head.text]).toEqual([404, '']);
    expect([head.headers['content-type'], head.headers['content-length']]).toEqual(['text/html; charset=UTF-8', '0']);
  });

  test('a PATCH of an unknown type names the known ones: 415 with Accept-Patch', async () => {
    const answer = await service.send(`PATCH /v2/images/${absentId}`, { json: [] });
    expect([answer.status, answer.headers['accept-patch']]).toEqual([
      415,
      'application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch',
    ]);
  });

  test('reason phrases are those of HTTP', async () => {
    const id = await createImage(service);
    const image = await createActiveImage(service);
    const range = { headers: { range: 'bytes=99-' } };
    const answers = [
      await service.send('POST /v2/images', { body: '{' }),
      await service.send('GET /v2/images', { as: 'stranger' }),
      await service.send('POST /v2/images', { as: 'reader', json: {} }),
      await service.send('GET /v2/foo'),
      await service.send('PUT /v2/images'),
      await upload(service, image, 'again'),
      await service.send(`DELETE /v2/images/${id}`, { headers: { 'if-match': '"no"' } }),
      await service.send(`PATCH /v2/images/${id}`),
      await service.send(`GET /v2/images/${image}/file`, range),
      await service.send('GET /v2/images', { headers: { 'x-openstack-request-id': 'x'.repeat(65) } }),
      await service.send('PROPFIND /v2/foo'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 404, 405, 409, 412, 415, 416, 431, 501]);
    for (const { status, text } of answers) expect(text).toMatch(new RegExp(`^${status} ${reasonPhrases[status]}\n`));
  });
});

describe('the request id', () => {
  test.each([
    ['mine', 'req-mine'],
    ['req-mine', 'req-mine'],
    ['x'.repeat(64), `req-${'x'.repeat(64)}`],
  ])('of a client is kept: %s', async (sent, answered) => {
    const answer = await service.send('GET /v2/images', { headers: { 'x-openstack-request-id': sent } });
    expect(answer.headers['x-openstack-request-id']).toBe(answered);
  });

  test.each(['', 'caf\u00e9'])('is a new one for "%s"', async (sent) => {
    const answer = await service.send('GET /v2/images', { headers: { 'x-openstack-request-id': sent } });
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  });

  test('that is longer than 64 characters is 431 and not repeated', async () => {
    const answer = await service.send('GET /v2/images', { headers: { 'x-openstack-request-id': 'x'.repeat(65) } });
    expect(answer.status).toBe(431);
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  });

  test.each(['/versions', '/healthcheck'])('does not matter to %s', async (path) => {
    const headers = { 'x-openstack-request-id': 'x'.repeat(65) };
    expect((await service.send(`GET ${path}`, { headers })).status).toBe(200);
  });

  test.each(['GET /v2/images', 'GET /v2/foo', 'PUT /v2/images', 'POST /v2/images', `GET /v2/images/${absentId}`])(
    'is on every answer: %s',
    async (request) => {
      expect((await service.send(request)).headers['x-openstack-request-id']).toMatch(/^req-/);
    },
  );

  test('is in the one line the log has for the request', async () => {
    const headers = { 'x-openstack-request-id': 'req-look-for-me' };
    await service.send('GET /v2/images?limit=1', { headers });
    const lines = service.log.filter((line) => line['request_id'] === 'req-look-for-me');
    expect(lines).toEqual([
      expect.objectContaining({ message: 'request', method: 'GET', url: '/v2/images?limit=1', status: 200 }),
    ]);
  });
});

describe('callers', () => {
  test.each(['GET /v2/images', 'GET /v2/foo', 'PUT /v2/images', 'GET /v2', 'GET /v2/schemas/image'])(
    'a stranger gets 401 whatever is asked: %s',
    async (request) => {
      expect((await service.send(request, { as: 'stranger' })).status).toBe(401);
    },
  );

  test.each(['Invalid', 'confirmed', 'Confirmed, Confirmed', ''])(
    'identity status "%s" is a stranger: 401',
    async (is) => {
      const headers = { 'x-identity-status': is, 'x-user-id': 'u', 'x-project-id': 'p1', 'x-roles': 'admin' };
      expect((await service.send('GET /v2/images', { as: 'stranger', headers })).status).toBe(401);
    },
  );

  test('a service catalog that is no JSON is not looked at', async () => {
    expect((await service.send('GET /v2/images', { headers: { 'x-service-catalog': '{' } })).status).toBe(200);
  });

  test('roles are compared in lower case', async () => {
    expect((await service.send('GET /v2/images', { headers: { 'x-roles': 'Reader , MEMBER' } })).status).toBe(200);
  });

  test('somebody without a role may read schemas and no images: 403', async () => {
    expect((await service.send('GET /v2/schemas/image', { as: 'nobody' })).status).toBe(200);
    expect((await service.send('GET /v2/images', { as: 'nobody' })).status).toBe(403);
  });

  test('anonymous access reads without roles and changes nothing: 403', async () => {
    const open = await runService({ config: 'allow_anonymous_access = true' });
    const statuses: Record<string, number> = {};
    const requests = ['GET /v2/schemas/image', 'GET /v2/images', `GET /v2/images/${absentId}`, 'POST /v2/images'];
    for (const request of requests) {
      statuses[request] = (await open.send(request, { as: 'stranger' })).status;
    }
    await open.close();
    expect(Object.values(statuses)).toEqual([200, 403, 404, 403]);
  });
});
