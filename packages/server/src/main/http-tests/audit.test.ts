import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityHeaders } from './http-client.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunOptions, RunningService } from './running-service.testing.ts';

type AuditEvent = Readonly<Record<string, unknown>>;

let service: RunningService;
afterEach(() => service.close());

async function start(options: string, config: Partial<RunOptions> = {}): Promise<void> {
  service = await runService({ ...config, config: `${config.config ?? ''}\n[lucarne]\naudit = true\n${options}` });
}

/** The records so far; waits for so many. */
async function records(count: number): Promise<readonly AuditEvent[]> {
  const found = () => service.log.filter(({ logger }) => logger === 'audit').map(({ event }) => event as AuditEvent);
  await expect.poll(() => found().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  expect(found()).toHaveLength(count);
  return found();
}

async function createImage(): Promise<string> {
  const answer = await service.send('POST /v2/images', { json: { disk_format: 'raw', container_format: 'bare' } });
  return String(answer.json()['id']);
}

describe('The audit trail', () => {
  test('says who did what to which image, from where, with which result', async () => {
    await start('');
    const answer = await service.send('POST /v2/images?secret=word', {
      json: { name: 'n' },
      headers: { 'user-agent': 'probe/1', 'x-auth-token': 'the-token', 'x-openstack-request-id': 'req-mine' },
    });
    expect(answer.status).toBe(201);
    const [record] = await records(1);
    expect(record).toEqual({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      eventType: 'activity',
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      action: 'create',
      outcome: 'success',
      initiator: {
        id: 'alice',
        typeURI: 'service/security/account/user',
        project_id: 'p1',
        roles: ['member', 'reader'],
        host: { address: expect.stringMatching(/127\.0\.0\.1$/), agent: 'probe/1' },
        request_id: 'req-mine',
      },
      target: { id: answer.json()['id'], typeURI: 'service/storage/image/images' },
      observer: { id: expect.any(String), typeURI: 'service/storage/image', name: 'lucarne' },
      reason: { reasonType: 'HTTP', reasonCode: '201' },
      requestPath: '/v2/images',
      measurements: [{ metric: { name: 'bytes received', unit: 'B' }, result: 12 }],
      tags: ['correlation_id?value=req-mine'],
    });
    expect(JSON.stringify(service.log.filter(({ logger }) => logger === 'audit'))).not.toMatch(/the-token|secret|word/);
  });

  test('has the refused calls too: 401, 403, 404 and 409', async () => {
    await start('');
    const id = await createImage();
    await service.send(`GET /v2/images/${id}`, { as: 'stranger' });
    await service.send('POST /v2/images', { as: 'reader', json: {} });
    await service.send(`GET /v2/images/${id}`, { as: 'otherMember' });
    await service.send('POST /v2/images', { json: { id } });
    const told = (await records(5))
      .slice(1)
      .map(({ action, outcome, initiator, target, reason }) => [
        action,
        outcome,
        (initiator as AuditEvent)['id'],
        (target as AuditEvent)['id'],
        (reason as AuditEvent)['reasonCode'],
      ]);
    expect(told).toEqual([
      ['read', 'failure', 'unknown', id, '401'],
      ['create', 'failure', 'rita', 'unknown', '403'],
      ['read', 'failure', 'bob', id, '404'],
      ['create', 'failure', 'alice', 'unknown', '409'],
    ]);
  });

  test('has transfers when they end, with their bytes, also those that broke off', async () => {
    await start('');
    const id = await createImage();
    const data = Buffer.alloc(300_000, 7);
    const headers = { 'content-type': 'application/octet-stream' };
    await service.send(`PUT /v2/images/${id}/file`, { body: data, headers });
    await service.send(`GET /v2/images/${id}/file`);
    const other = await createImage();
    await breakOff(`/v2/images/${other}/file`);
    const transfers = (await records(5)).filter(({ action }) => action !== 'create');
    expect(transfers.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['update/upload', 'success'],
      ['read/download', 'success'],
      ['update/upload', 'failure'],
    ]);
    expect(transfers.slice(0, 2).map(({ measurements }) => measurements)).toEqual([
      [{ metric: { name: 'bytes received', unit: 'B' }, result: 300_000 }],
      [{ metric: { name: 'bytes sent', unit: 'B' }, result: 300_000 }],
    ]);
  });

  /** Announces more than it sends, and goes away once the service has taken what was sent. */
  async function breakOff(path: string): Promise<void> {
    const headers = {
      ...identityHeaders('member'),
      'content-type': 'application/octet-stream',
      'content-length': '5000',
      expect: '100-continue',
    };
    const { port } = service;
    await new Promise<void>((resolve) => {
      const upload = httpRequest({ host: '127.0.0.1', port, method: 'PUT', path, headers });
      upload.once('continue', () => upload.write(Buffer.alloc(1000), () => upload.destroy()));
      upload.once('error', () => resolve());
      upload.once('close', () => resolve());
      upload.flushHeaders();
    });
  }

  test('names what was made under a name that the body gave', async () => {
    await start('');
    const answer = await service.send('POST /v2/images', { json: { visibility: 'shared' } });
    const id = String(answer.json()['id']);
    await service.send(`POST /v2/images/${id}/members`, { json: { member: 'p2' } });
    const as = 'admin';
    const path = '/v2/metadefs/namespaces';
    await service.send(`POST ${path}`, { as, json: { namespace: 'ns' } });
    await service.send(`POST ${path}/ns/objects`, { as, json: { name: 'o' } });
    await service.send(`POST ${path}/ns/properties`, { as, json: { name: 'p', title: 'P', type: 'string' } });
    await service.send(`POST ${path}/ns/resource_types`, { as, json: { name: 'r' } });
    const told = (await records(6)).map(({ outcome, target }) => {
      const { id: made, attachments } = target as AuditEvent;
      return [outcome, made, (attachments as AuditEvent[] | undefined)?.map(({ content }) => content)];
    });
    expect(told).toEqual([
      ['success', id, undefined],
      ['success', id, ['p2']],
      ['success', 'ns', undefined],
      ['success', 'o', ['ns']],
      ['success', 'p', ['ns']],
      ['success', 'r', ['ns']],
    ]);
  });

  test('says what became of work that went on behind the answer', async () => {
    await start('');
    const ids: string[] = [];
    for (const data of ['four', 'text']) {
      const id = await createImage();
      ids.push(id);
      const headers = { 'content-type': 'application/octet-stream' };
      await service.send(`PUT /v2/images/${id}/stage`, { body: data, headers });
      if (data === 'text') rmSync(join(service.folder, 'staging', id));
      const json = { method: { name: 'glance-direct' } };
      const answer = await service.send(`POST /v2/images/${id}/import`, {
        json,
        headers: { 'x-openstack-request-id': `req-${data}` },
      });
      expect(answer.status).toBe(202);
    }
    const imports = (await records(8)).filter(({ action }) => action === 'update/import');
    const found = (name: string) =>
      new Map(imports.filter(({ tags }) => String(tags).endsWith(name)).map((record) => [record['outcome'], record]));
    expect([...found('req-four').keys()].toSorted()).toEqual(['pending', 'success']);
    expect([...found('req-text').keys()].toSorted()).toEqual(['failure', 'pending']);
    expect(found('req-four').get('success')).toMatchObject({
      initiator: { id: 'alice', project_id: 'p1', request_id: 'req-four' },
      target: { id: ids[0], typeURI: 'service/storage/image/images', attachments: [{ name: 'task_id' }] },
    });
  });

  test('names what else the path names', async () => {
    await start('');
    const id = await createImage();
    await service.send(`DELETE /v2/images/${id}/members/p2`);
    const [, record] = await records(2);
    expect(record).toMatchObject({
      action: 'delete',
      target: {
        id,
        typeURI: 'service/storage/image/images/members',
        attachments: [{ name: 'member_id', contentType: 'text/plain', content: 'p2' }],
      },
    });
  });

  test('says nothing of discovery, and of unknown paths', async () => {
    await start('');
    for (const path of ['/', '/v2/schemas/image', '/v2/info/import', '/healthcheck', '/v2/nothing']) {
      await service.send(`GET ${path}`);
    }
    await createImage();
    expect((await records(1))[0]).toMatchObject({ action: 'create' });
  });

  test('leaves out the calls of ignored methods that succeed', async () => {
    await start('audit_ignored_methods = GET');
    await service.send('GET /v2/images');
    await service.send('GET /v2/images', { as: 'nobody' });
    await createImage();
    const told = await records(2);
    expect(told.map(({ action, outcome }) => `${String(action)} ${String(outcome)}`)).toEqual([
      'read/list failure',
      'create success',
    ]);
  });

  test('has the address that a proxy gives, where proxies are believed', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.5, 10.0.0.1' };
    await start('[oslo_middleware]\nenable_proxy_headers_parsing = true');
    await service.send('GET /v2/images', { headers });
    expect((await records(1))[0]).toMatchObject({ initiator: { host: { address: '203.0.113.5' } } });
  });

  test('is written to a file where one is named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lucarne-audit-'));
    try {
      const path = join(folder, 'audit.log');
      await start(`audit_file = ${path}`);
      await service.send('GET /v2/images');
      await expect.poll(() => readFileSync(path, 'utf8'), { timeout: 20_000 }).toMatch(/"read\/list".*\n$/);
      expect(service.log.filter(({ logger }) => logger === 'audit')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('The audit trail of calls whose client goes away', () => {
  let folder = '';
  const asked: ServerResponse[] = [];
  const judge = createServer((request, response) => void request.resume().on('end', () => asked.push(response)));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lucarne-audit-'));
    judge.listen(0, '127.0.0.1');
    await once(judge, 'listening');
  });
  afterEach(async () => {
    for (const response of asked.splice(0)) response.end('False');
    judge.close();
    await once(judge, 'close');
    rmSync(folder, { recursive: true });
  });

  /** The rule is decided when the test says so. */
  async function startWithJudged(rule: string): Promise<void> {
    const { port } = judge.address() as AddressInfo;
    const file = join(folder, 'policy.yaml');
    writeFileSync(file, `${rule}: http://127.0.0.1:${port}/\n`);
    await start(`[oslo_policy]\npolicy_file = ${file}`);
  }

  /** Sends calls without waiting for their answers. */
  function sendAtOnce(...requests: readonly string[]): Socket {
    const headers = Object.entries(identityHeaders('member')).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(requests.map((each) => `${each} HTTP/1.1\r\nhost: x\r\n${headers.join('')}\r\n`).join(''));
    return socket;
  }

  async function goAway(socket: Socket): Promise<void> {
    socket.destroy();
    await once(socket, 'close');
    const wasNoticed = () => service.log.some(({ message, aborted }) => message === 'request' && aborted === true);
    await expect.poll(wasNoticed, { timeout: 20_000 }).toBe(true);
  }

  async function isGone(id: string): Promise<boolean> {
    return (await service.parts.images.show({ isAdmin: false, projectId: 'p1' }, id)) === undefined;
  }

  test('says what became of a call that went on without its client', async () => {
    await startWithJudged('delete_image');
    const id = await createImage();
    const socket = sendAtOnce(`DELETE /v2/images/${id}`);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    await goAway(socket);
    asked.pop()?.end('True');
    const record = (await records(2)).at(-1);
    expect(record).toMatchObject({
      action: 'delete',
      outcome: 'success',
      target: { id },
      reason: { reasonCode: '204' },
    });
    expect(await isGone(id)).toBe(true);
  });

  test('has a call that waited behind another one of its connection', async () => {
    await startWithJudged('get_images');
    const id = await createImage();
    const socket = sendAtOnce('GET /v2/images', `DELETE /v2/images/${id}`);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    await expect.poll(() => isGone(id), { timeout: 20_000 }).toBe(true);
    await goAway(socket);
    asked.pop()?.end('False');
    const told = (await records(3)).slice(1);
    expect(told.map(({ action, outcome }) => `${String(action)} ${String(outcome)}`).toSorted()).toEqual([
      'delete success',
      'read/list failure',
    ]);
  });
});

test('Without the option nothing is recorded', async () => {
  service = await runService();
  await createImage();
  await expect.poll(() => service.log.some(({ message }) => message === 'request'), { timeout: 20_000 }).toBe(true);
  expect(service.log.filter(({ logger }) => logger === 'audit')).toEqual([]);
});
