/** Staged data on one node, calls on another. Source: contract 02 §6, 03 §2, 04 §2 (row 15). */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passedOnHeader } from '../../http/peer-calls.ts';
import { createImage, noise, show } from './images.testing.ts';
import { logIn, runTwoNodes } from './nodes.testing.ts';
import type { TwoNodes } from './nodes.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { serveWeb, settled } from './several-stores.testing.ts';

const bytes = noise(200_000);
const glanceDirect = { method: { name: 'glance-direct' } };

function stage(node: RunningService, id: string, headers: Readonly<Record<string, string>> = {}) {
  const sent = { 'content-type': 'application/octet-stream', ...headers };
  return node.send(`PUT /v2/images/${id}/stage`, { body: bytes, headers: sent });
}

async function stagedOn(node: RunningService): Promise<string> {
  const id = await createImage(node);
  expect((await stage(node, id)).status).toBe(204);
  return id;
}

function stagedFiles(node: RunningService): readonly string[] {
  const folder = join(node.folder, 'staging');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('Data staged on another node', () => {
  let nodes: TwoNodes;
  beforeAll(async () => {
    nodes = await runTwoNodes();
  });
  afterAll(() => nodes.close());

  test('are imported there: 202, and both nodes have the image', async () => {
    const { first, second, storeFolder } = nodes;
    const id = await stagedOn(first);
    expect(stagedFiles(first)).toEqual([id]);
    expect(stagedFiles(second)).toEqual([]);
    const answer = await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect });
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await settled(second, id)).toMatchObject({ status: 'active', size: bytes.byteLength });
    for (const node of [first, second]) {
      expect((await node.send(`GET /v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    }
    expect([stagedFiles(first), readdirSync(storeFolder)]).toEqual([[], [id]]);
    const { tasks } = (await second.send(`GET /v2/images/${id}/tasks`)).json();
    expect(tasks).toEqual([expect.objectContaining({ status: 'success', owner: 'p1', user_id: 'alice' })]);
  });

  test('are deleted there: 204, and the image is gone for both', async () => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    expect((await second.send(`DELETE /v2/images/${id}`)).status).toBe(204);
    expect(stagedFiles(first)).toEqual([]);
    for (const node of [first, second]) expect((await node.send(`GET /v2/images/${id}`)).status).toBe(404);
  });

  test('are nobody else’s: who may not import or delete is refused by the node that was asked', async () => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    const json = glanceDirect;
    expect((await second.send(`POST /v2/images/${id}/import`, { json, as: 'reader' })).status).toBe(403);
    expect((await second.send(`POST /v2/images/${id}/import`, { json, as: 'otherMember' })).status).toBe(404);
    expect((await second.send(`DELETE /v2/images/${id}`, { as: 'reader' })).status).toBe(403);
    expect((await second.send(`POST /v2/images/${id}/import`, { json, as: 'stranger' })).status).toBe(401);
    expect(stagedFiles(first)).toEqual([id]);
    expect((await second.send(`DELETE /v2/images/${id}`)).status).toBe(204);
  });

  test('keep preconditions of a deletion: 412, and the image is there', async () => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    const answer = await second.send(`DELETE /v2/images/${id}`, { headers: { 'if-match': '"another"' } });
    expect([answer.status, stagedFiles(first)]).toEqual([412, [id]]);
    await second.send(`DELETE /v2/images/${id}`);
  });
});

describe('A token of the pocket identity', () => {
  test('is good for the other node too: import 202, deletion 204', async () => {
    const nodes = await runTwoNodes({ flavor: 'pocket' });
    try {
      const { first, second } = nodes;
      const headers = { 'x-auth-token': await logIn(first) };
      async function create(): Promise<string> {
        const json = { disk_format: 'raw', container_format: 'bare' };
        const id = String((await first.send('POST /v2/images', { json, headers })).json()['id']);
        expect((await stage(first, id, headers)).status).toBe(204);
        return id;
      }
      const imported = await create();
      const answer = await second.send(`POST /v2/images/${imported}/import`, { json: glanceDirect, headers });
      expect(answer.status).toBe(202);
      await expect
        .poll(async () => (await second.send(`GET /v2/images/${imported}`, { headers })).json()['status'])
        .toBe('active');
      const deleted = await create();
      expect((await second.send(`DELETE /v2/images/${deleted}`, { headers })).status).toBe(204);
      expect(stagedFiles(first)).toEqual([]);
      for (const { log } of [first, second]) expect(JSON.stringify(log)).not.toContain(headers['x-auth-token']);
    } finally {
      await nodes.close();
    }
  });
});

describe('A node that is not as it should be', () => {
  let nodes: TwoNodes;
  let behave: RequestListener;
  let peer: Awaited<ReturnType<typeof serveWeb>>;
  const seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  beforeAll(async () => {
    peer = await serveWeb((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        behave(request, response);
      });
    });
    nodes = await runTwoNodes({ selfUrls: [peer.url, 'http://127.0.0.1:1/'] });
  });
  afterAll(async () => {
    await nodes.close();
    peer.close();
  });

  function answering(status: number, body: string): void {
    behave = (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  test('is asked in the name of the caller, and with the body as it was sent', async () => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    answering(202, '');
    const headers = { 'x-auth-token': 'a-token', 'x-user-name': 'Alice', cookie: 'c=1', authorization: 'Basic eA==' };
    expect((await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect, headers })).status).toBe(202);
    const asked = seen.at(-1);
    expect([asked?.method, asked?.url]).toEqual(['POST', `/v2/images/${id}/import`]);
    expect(JSON.parse(asked?.body ?? '')).toEqual(glanceDirect);
    expect(asked?.headers).toMatchObject({
      'x-identity-status': 'Confirmed',
      'x-user-id': 'alice',
      'x-user-name': 'Alice',
      'x-project-id': 'p1',
      'x-roles': 'member,reader',
      'x-auth-token': 'a-token',
      [passedOnHeader]: '1',
    });
    expect(asked?.headers).not.toHaveProperty('cookie');
    expect(asked?.headers).not.toHaveProperty('authorization');
    expect(JSON.stringify([first.log, second.log])).not.toContain('a-token');
  });

  test.each([400, 403, 404, 409, 413, 500, 503])('passes its %d on, with its words', async (status) => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    answering(status, JSON.stringify({ message: 'No "room" here.<br /><br />\n\n\n', code: `${status}`, title: 'x' }));
    const headers = { accept: 'application/json' };
    const answer = await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect, headers });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining('No \\"room\\" here.')]);
    expect((await show(second, id))['status']).toBe('uploading');
  });

  test.each<readonly [string, RequestListener, number]>([
    ['closes the connection', (request) => void request.socket.destroy(), 504],
    ['sends somebody elsewhere', (_, response) => void response.writeHead(302, { location: 'http://a/' }).end(), 502],
    ['answers what no node does', (_, response) => void response.writeHead(418).end(), 502],
    ['does not speak HTTP', (request) => void request.socket.end('SSH-2.0-x\r\n'), 502],
  ])('and %s has the import fail, the image kept, and is done without for a deletion', async (_, behaviour, status) => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    behave = behaviour;
    const answer = await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect });
    expect(answer.status).toBe(status);
    expect((await show(second, id))['status']).toBe('uploading');
    expect((await second.send(`DELETE /v2/images/${id}`)).status).toBe(204);
    expect((await second.send(`GET /v2/images/${id}`)).status).toBe(404);
  });

  test.each([403, 404, 409])('refuses a deletion: its %d is passed on, and the image is there', async (status) => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    answering(status, '');
    expect((await second.send(`DELETE /v2/images/${id}`)).status).toBe(status);
    expect((await show(second, id))['status']).toBe('uploading');
  });

  test('and is down makes an import 504, but a deletion 204', async () => {
    const { first, second } = nodes;
    // Nobody listens on port 1: the second node gave it as its own address.
    const id = await stagedOn(second);
    expect((await first.send(`POST /v2/images/${id}/import`, { json: glanceDirect })).status).toBe(504);
    expect((await show(first, id))['status']).toBe('uploading');
    expect((await first.send(`DELETE /v2/images/${id}`)).status).toBe(204);
    expect(stagedFiles(second)).toEqual([id]);
  });

  test('is not asked by a call that another node passed on: 502', async () => {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    const asked = seen.length;
    const headers = { [passedOnHeader]: '1' };
    expect((await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect, headers })).status).toBe(502);
    expect(seen).toHaveLength(asked);
  });
});

test('A node that has another URL than when the data were staged finds them: 202', async () => {
  const nodes = await runTwoNodes();
  try {
    const { first, second } = nodes;
    const id = await stagedOn(first);
    const { port } = first;
    // As after a change of its configuration: the URL of before still leads to it.
    await first.parts.images.changeStatus(
      id,
      { from: ['uploading'], properties: new Map([['os_glance_stage_host', `http://localhost:${port}`]]) },
      new Date(),
    );
    expect((await second.send(`POST /v2/images/${id}/import`, { json: glanceDirect })).status).toBe(202);
    expect(await settled(second, id)).toMatchObject({ status: 'active' });
    const other = await stagedOn(first);
    await first.parts.images.changeStatus(
      other,
      { from: ['uploading'], properties: new Map([['os_glance_stage_host', `http://localhost:${port}`]]) },
      new Date(),
    );
    expect((await first.send(`DELETE /v2/images/${other}`)).status).toBe(204);
    expect(stagedFiles(first)).toEqual([]);
  } finally {
    await nodes.close();
  }
});

test('A node removes at its start what it had staged for images that are gone, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lucarne-staging-'));
  const staging = join(folder, 'staging');
  mkdirSync(staging);
  const gone = randomUUID();
  const fresh = randomUUID();
  for (const name of [gone, `${gone}.converted`, `.${gone}.${randomUUID()}.part`, fresh, 'README']) {
    writeFileSync(join(staging, name), 'data');
    if (name !== fresh) utimesSync(join(staging, name), 1, 1);
  }
  const node = await runService({ folder });
  try {
    await expect.poll(() => readdirSync(staging).toSorted()).toEqual([fresh, 'README'].toSorted());
    await expect.poll(() => node.log.map(({ message }) => message)).toContain('staging area cleaned');
  } finally {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
