/** What becomes of request bodies: JSON ones, unwanted ones. Source: contract 01 §4, §5. */
import { operations } from '@lucarne/contract/operations.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { absentId, createImage } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => void (service = await runService()));
afterAll(() => service.close());

const patchType = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

describe.each([
  ['POST /v2/images', {}],
  [`POST /v2/images/${absentId}/members`, {}],
  [`PUT /v2/images/${absentId}/members/p2`, {}],
  [`PATCH /v2/images/${absentId}`, patchType],
])('%s with a body that is', (request, headers: Record<string, string>) => {
  test.each<[string, string | Buffer | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['blank', '  '],
    ['no JSON', 'name=x'],
    ['cut off', '{"name": "x"'],
    ['two documents', '{}{}'],
    ['a byte order mark and JSON', '\ufeff{}'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['a string', '"x"'],
    ['a number', '1'],
    ['true', 'true'],
    ['null', 'null'],
    ['NaN', 'NaN'],
    ['an object with NaN', '{"min_disk": NaN}'],
  ])('%s is 400', async (_, body) => {
    const answer = await service.send(request, { headers, ...(body === undefined ? {} : { body }) });
    expect(answer.status).toBe(400);
  });
});

describe('JSON bodies', () => {
  test.each(['POST /v2/images', `POST /v2/images/${absentId}/members`, `PUT /v2/images/${absentId}/members/p2`])(
    '%s with an array is 400',
    async (request) => {
      for (const json of [[], [{}], [[]]]) expect((await service.send(request, { json })).status).toBe(400);
    },
  );

  test.each(['text/plain', 'application/octet-stream', 'application/xml', 'nonsense;;', ''])(
    'the content type "%s" makes no difference to a create: 201',
    async (type) => {
      const answer = await service.send('POST /v2/images', {
        body: '{"name": "x"}',
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.json()['name']]).toEqual([201, 'x']);
    },
  );

  test('of duplicate keys the last wins', async () => {
    const answer = await service.send('POST /v2/images', { body: '{"name": "a", "name": "b", "x": "1", "x": "2"}' });
    expect(answer.json()).toMatchObject({ name: 'b', x: '2' });
  });

  test('a chunked body is as good as one of known length', async () => {
    const answer = await service.send('POST /v2/images', {
      body: '{"name": "x"}',
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(answer.status).toBe(201);
  });

  test('16 MiB is the limit, and more is 413 however it is sent', async () => {
    const body = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`;
    const chunked = { 'transfer-encoding': 'chunked' };
    const limit = 16 * 1024 * 1024;
    expect((await service.send('POST /v2/images', { body: body(limit) })).status).toBe(400);
    expect((await service.send('POST /v2/images', { body: body(limit + 1) })).status).toBe(413);
    expect((await service.send('POST /v2/images', { body: body(limit + 1), headers: chunked })).status).toBe(413);
  });
});

/** Requests with a variable filled in, for operations that take no body. */
const bodiless = operations
  .filter((operation) => operation.body === 'rejected')
  .map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, absentId)}`);

describe('a request that takes no body', () => {
  test('with one is 400, for every such operation', async () => {
    for (const request of bodiless) {
      expect([request, (await service.send(request, { body: '{}' })).status]).toEqual([request, 400]);
    }
  });

  test.each([
    ['the length 0', { 'content-length': '0' }],
    ['a content type alone', { 'content-type': 'application/octet-stream' }],
    ['both', { 'content-type': 'application/json', 'content-length': '0' }],
  ])('is fine with %s', async (_, headers) => {
    const id = await createImage(service);
    expect((await service.send(`GET /v2/images/${id}`, { headers })).status).toBe(200);
    expect((await service.send(`PUT /v2/images/${id}/tags/t`, { headers })).status).toBe(204);
    expect((await service.send(`DELETE /v2/images/${id}`, { headers })).status).toBe(204);
  });

  test('refuses a chunked body where a method could have one', async () => {
    const id = await createImage(service);
    const chunked = { body: 'x', headers: { 'transfer-encoding': 'chunked' } };
    expect((await service.send(`PUT /v2/images/${id}/tags/t`, chunked)).status).toBe(400);
    expect((await service.send(`DELETE /v2/images/${id}`, chunked)).status).toBe(204);
  });

  test('a list ignores a body, and the connection goes on', async () => {
    expect((await service.send('GET /v2/images', { body: 'x'.repeat(1000) })).status).toBe(200);
    expect((await service.send('GET /v2/images')).status).toBe(200);
  });
});

describe('a document that is deep or large', () => {
  const deep = `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const large = JSON.stringify({ method: { name: 'web-download' }, x: 'y'.repeat(40_000) });

  test.each([
    ['POST /v2/images', deep, 400],
    [`POST /v2/images/${absentId}/import`, deep.slice(0, 1000), 400],
    [`POST /v2/images/${absentId}/import`, large, 413],
    [`POST /v2/images/${absentId}/locations`, large, 413],
    ['POST /v2/tasks', large, 413],
    ['POST /v2/metadefs/namespaces', deep, 400],
    ['POST /v2/metadefs/namespaces', `{"x":[${'1,'.repeat(2_200_000)}1]}`, 413],
  ])('%s is refused: %#', async (request, body, status) => {
    expect((await service.send(request, { body, as: 'admin' })).status).toBe(status);
  });

  test('is not one because of the brackets in its texts: 201', async () => {
    const name = '[{'.repeat(120);
    expect((await service.send('POST /v2/images', { json: { name, escaped: '\\"[[' } })).status).toBe(201);
  });

  test('keeps nobody waiting: a few megabytes are refused in a fraction of a second', async () => {
    const body = `{"x":[${'[],'.repeat(1_000_000)}[]]}`;
    const started = performance.now();
    expect((await service.send('POST /v2/images', { body })).status).toBe(400);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
