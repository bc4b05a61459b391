/** Tasks over HTTP. Source: contract 04 §8.2. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './http-client.testing.ts';
import { absentId, noise } from './images.testing.ts';
import { runWithSeveralStores, serveWeb } from './several-stores.testing.ts';
import type { SeveralStores, TestWebServer } from './several-stores.testing.ts';

const bytes = noise(1000);
let service: SeveralStores;
let web: TestWebServer;
beforeAll(async () => {
  service = await runWithSeveralStores();
  web = await serveWeb((request, response) => {
    if (request.url !== '/disk.raw') response.writeHead(404);
    response.end(bytes);
  });
});
afterAll(async () => {
  await service.close();
  web.close();
});

function create(json: unknown): Promise<Answer> {
  return service.send('POST /v2/tasks', { as: 'admin', json });
}

function get(path: string): Promise<Answer> {
  return service.send(`GET ${path}`, { as: 'admin' });
}

const anywhere = 'http://mirror.example/disk.raw';

function importOf(path: string, properties: Readonly<Record<string, unknown>> = { name: 'by task' }) {
  return taskOf(`${web.url}${path}`, properties);
}

function taskOf(uri: string, properties: Readonly<Record<string, unknown>> = {}) {
  return { type: 'import', input: { import_from: uri, import_from_format: 'raw', image_properties: properties } };
}

/** The task once it has ended. */
async function ended(id: unknown): Promise<Record<string, unknown>> {
  for (const deadline = Date.now() + 10_000; ;) {
    const task = (await get(`/v2/tasks/${String(id)}`)).json();
    if (task['status'] === 'success' || task['status'] === 'failure') return task;
    if (Date.now() > deadline) throw new Error(`The task did not end: ${JSON.stringify(task)}`);
    await pause(10);
  }
}

describe('a task', () => {
  test('imports data into an image it makes itself: 201, and then the image', async () => {
    const answer = await create(importOf('/disk.raw', { name: 'by task', flavour: 'plain' }));
    expect(answer.status).toBe(201);
    const created = answer.json();
    expect(answer.headers['location']).toBe(`${service.url}/v2/tasks/${String(created['id'])}`);
    expect(Object.keys(created).slice(0, 11)).toEqual([
      'id',
      'input',
      'type',
      'status',
      'owner',
      'message',
      'result',
      'created_at',
      'updated_at',
      'self',
      'schema',
    ]);
    const task = await ended(created['id']);
    expect(task).toMatchObject({ status: 'success', owner: 'admin-project', user_id: 'root', message: '' });
    expect(task['expires_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { image_id: imageId } = task['result'] as { image_id: string };
    const image = (await get(`/v2/images/${imageId}`)).json();
    expect(image).toMatchObject({ status: 'active', name: 'by task', flavour: 'plain', owner: 'admin-project' });
  });

  test('that fails says why, and leaves no image', async () => {
    const before = (await get('/v2/images?limit=100')).json()['images'] as unknown[];
    const task = await ended((await create(importOf('/missing'))).json()['id']);
    expect(task).toMatchObject({ status: 'failure', message: `${web.url}/missing answered 404 Not Found.` });
    const unfit = await ended((await create(importOf('/disk.raw', { disk_format: 'nonsense' }))).json()['id']);
    expect(unfit).toMatchObject({ status: 'failure', message: expect.stringContaining('disk_format') });
    expect((await get('/v2/images?limit=100')).json()['images']).toHaveLength(before.length);
  });

  test.each([
    ['no type', { input: {} }],
    ['no input', { type: 'import' }],
    ['input that is null', { type: 'import', input: null }],
    ['an unknown type', { ...taskOf(anywhere), type: 'export' }],
    ['a type of the service itself', { ...taskOf(anywhere), type: 'api_image_import' }],
    ['another member', { ...taskOf(anywhere), colour: 'red' }],
    ['a file', taskOf('file:///etc/passwd')],
    ['an array', []],
  ])('is not made of a body with %s: 400', async (_, body) => {
    expect((await create(body)).status).toBe(400);
  });

  test('is the affair of administrators: 403 for everybody else, whatever they ask', async () => {
    for (const request of ['GET /v2/tasks', `GET /v2/tasks/${absentId}`, `DELETE /v2/tasks/${absentId}`]) {
      expect((await service.send(request)).status).toBe(403);
    }
    expect((await service.send('POST /v2/tasks', { body: 'not json' })).status).toBe(403);
  });

  test('that is not there is 404, and cannot be deleted: 405', async () => {
    expect((await get(`/v2/tasks/${absentId}`)).status).toBe(404);
    expect((await get('/v2/tasks/nonsense')).status).toBe(404);
    const answer = await service.send(`DELETE /v2/tasks/${absentId}`, { as: 'admin' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET']);
    const put = await service.send('PUT /v2/tasks', { as: 'admin' });
    expect([put.status, put.headers['allow']]).toEqual([405, 'GET, POST']);
  });
});

describe('a list of tasks', () => {
  test('goes from page to page, newest first', async () => {
    for (let count = 0; count < 3; count += 1) await ended((await create(importOf('/missing'))).json()['id']);
    const all = (await get('/v2/tasks')).json();
    const ids = (all['tasks'] as { id: string }[]).map(({ id }) => id);
    expect(all).toMatchObject({ first: '/v2/tasks', schema: '/v2/schemas/tasks' });
    expect(Object.keys((all['tasks'] as object[])[0] ?? {})).toEqual([
      'id',
      'type',
      'status',
      'owner',
      'created_at',
      'updated_at',
      'self',
      'schema',
      'expires_at',
    ]);
    const seen: string[] = [];
    let next: string | undefined = '/v2/tasks?limit=2&sort_key=id&sort_dir=asc';
    while (next !== undefined) {
      const page = (await get(next)).json() as { tasks: { id: string }[]; next?: string };
      seen.push(...page.tasks.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(ids.toSorted());
  });

  test('is narrowed by status and columns', async () => {
    const count = async (query: string) => ((await get(`/v2/tasks?${query}`)).json()['tasks'] as unknown[]).length;
    const { tasks } = (await get('/v2/tasks?limit=1')).json() as { tasks: { id: string }[] };
    expect(await count('status=pending')).toBe(0);
    expect(await count('status=')).toBe(0);
    expect(await count('type=')).toBe(0);
    expect(await count('type=import&status=success')).toBe(1);
    expect(await count(`id=${tasks[0]?.id}`)).toBe(1);
    expect(await count('owner=nobody')).toBe(0);
    expect(await count('colour=red&limit=1')).toBe(1);
  });

  test.each([
    'status=done',
    'type=api_image_import',
    'limit=x',
    'limit=-1',
    'marker=x',
    `marker=${absentId}`,
    'sort_key=colour',
    'sort_dir=up',
  ])('with %s is refused: 400', async (query) => {
    expect((await get(`/v2/tasks?${query}`)).status).toBe(400);
  });
});
