/**
 * Whatever is sent, the service answers, never with a 500, and what it stores stays presentable.
 *
 * `LUCARNE_FUZZ` says how many requests are sent; a failure prints the seed to repeat it with.
 */
import { schemaDocuments } from '@lucarne/contract/schemas/schema-documents.ts';
import { defaultImageSchemaOptions } from '@lucarne/contract/schemas/image.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageSchemaValidator } from '../../adapters/schemas/image-schema-validator.ts';
import { fuzzedRequests } from './fuzzed-requests.testing.ts';
import type { Answer } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, patch } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

const requestCount = Number(process.env['LUCARNE_FUZZ'] ?? 2000);

let service: RunningService;
beforeAll(
  async () =>
    void (service = await runService({
      config: 'show_image_direct_url = true\n[cors]\nallowed_origin = https://horizon',
    })),
);
afterAll(() => service.close());

function failures(): readonly unknown[] {
  return service.log.filter((line) => Number(line['level']) >= 50);
}

function expectDecent(answer: Answer): void {
  expect(answer.status === 501 || answer.status < 500, `${answer.status} ${answer.text}`).toBe(true);
  // What is no HTTP is refused before it is a request, and has no id.
  const isNameless = [400, 417, 431].includes(answer.status);
  expect(isNameless || answer.headers['x-openstack-request-id'] !== undefined).toBe(true);
  expect(answer.text === '' || answer.headers['content-type'] !== undefined).toBe(true);
}

test(
  `answers ${requestCount} requests from valid to garbage without a failure`,
  { timeout: requestCount * 20 + 10_000 },
  async () => {
    const ids = [
      // Protected, so that they are there to the end.
      await createActiveImage(service, { name: 'active', a: 'b', protected: true }),
      await createImage(service, { name: 'queued', tags: ['a'], disk_format: 'qcow2', protected: true }),
      await createImage(service, { visibility: 'community', protected: true }, 'otherMember'),
      absentId,
    ];
    await fc.assert(
      fc.asyncProperty(fuzzedRequests(ids), async ({ request, ...options }) => {
        expectDecent(await service.send(request, options));
        expect(failures()).toEqual([]);
      }),
      { numRuns: requestCount },
    );
    expect((await service.send('GET /v2/images')).status).toBe(200);
  },
);

test('what came in can be shown, and satisfies the published schema', async () => {
  const { image: schema } = schemaDocuments(defaultImageSchemaOptions);
  const validator = imageSchemaValidator(schema);
  let next: unknown = '/v2/images?visibility=all&limit=1000';
  const problems: unknown[] = [];
  while (typeof next === 'string') {
    const page = (await service.send(`GET ${next}`, { as: 'admin' })).json();
    for (const image of page['images'] as object[]) problems.push(validator.image(image));
    next = page['next'];
  }
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

describe('JSON that is made to hurt', () => {
  const deep = 100_000;
  test.each<[string, string]>([
    ['arrays in arrays', '['.repeat(deep) + ']'.repeat(deep)],
    ['objects in objects', '{"a":'.repeat(deep) + '1' + '}'.repeat(deep)],
    ['a property that is a deep array', `{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`],
    ['tags that are a deep array', `{"tags":${'['.repeat(deep)}${']'.repeat(deep)}}`],
    ['locations that are a deep object', `{"locations":[${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}]}`],
    ['a value of 1 MiB', `{"a":"${'x'.repeat(1024 * 1024)}"}`],
    ['a name of 1 MiB', `{"${'x'.repeat(1024 * 1024)}":"a"}`],
    ['a number of 1 MiB', `{"min_disk":${'9'.repeat(1024 * 1024)}}`],
    ['100 000 properties', `{${Array.from({ length: deep }, (_, index) => `"p${index}":"x"`).join(',')}}`],
    ['100 000 tags', JSON.stringify({ tags: Array.from({ length: deep }, (_, index) => `t${index}`) })],
    ['a key a hundred thousand times', `{${'"a":"x",'.repeat(deep)}"a":1}`],
  ])('%s: a 4xx', async (_, body) => {
    for (const request of [
      'POST /v2/images',
      `POST /v2/images/${absentId}/members`,
      `PUT /v2/images/${absentId}/members/p2`,
    ]) {
      const answer = await service.send(request, { body, headers: { accept: 'application/json' } });
      expect([400, 413]).toContain(answer.status);
      expect(answer.bytes.length).toBeLessThan(4096);
    }
    const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
    expect((await service.send(`PATCH /v2/images/${absentId}`, { body, headers })).status).toBe(400);
  });

  test.each<[string, () => unknown, number]>([
    ['the same change', () => ({ op: 'replace', path: '/name', value: 'x' }), 200],
    ['a fault', () => ({ op: 'replace', path: '/a/b', value: 'x' }), 400],
    ['a missing property', () => ({ op: 'replace', path: '/missing', value: 'x' }), 409],
  ])(
    'a patch of 100 000 operations, each %s: answered in seconds',
    { timeout: 10_000 },
    async (_, operation, status) => {
      const id = await createImage(service);
      const answer = await patch(service, id, Array.from({ length: 100_000 }, operation));
      expect(answer.status).toBe(status);
    },
  );

  test('a patch with a pointer of 1 MiB is 400 and not repeated', async () => {
    const answer = await patch(service, absentId, [{ op: 'add', path: `/${'x'.repeat(1024 * 1024)}`, value: 'x' }]);
    expect(answer.status).toBe(400);
    expect(answer.bytes.length).toBeLessThan(4096);
  });

  test.each(['"\\ud800"', '"a\\u0000b"', '"\\udfff\\ud800"'])(
    'text that is no Unicode, or ends early elsewhere, comes back or is refused: %s',
    async (text) => {
      for (const body of [
        `{"name":${text}}`,
        `{"p":${text}}`,
        `{${text}:"p"}`,
        `{"tags":[${text}]}`,
        `{"owner":${text}}`,
      ]) {
        const answer = await service.send('POST /v2/images', { as: 'admin', body });
        expect([201, 400]).toContain(answer.status);
        if (answer.status !== 201) continue;
        const shown = await service.send(`GET /v2/images/${String(answer.json()['id'])}`, { as: 'admin' });
        expect(shown.json()).toEqual(answer.json());
      }
    },
  );

  test('the prototypes are as they were', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('nothing of it was a failure of the service', () => {
    expect(failures()).toEqual([]);
  });
});
