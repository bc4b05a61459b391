/**
 * Limits that are set through the API of a real Keystone: they bite, a change acts within a second, and what is used of
 * them is shown; without Keystone nothing is taken in.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { startKeystone } from './support/keystone-server.ts';
import type { RunningKeystone } from './support/keystone-server.ts';
import { clientEnvironment } from './support/openstack-cli.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasPackages = await requirePackages([...packageGroups.keystone, ...packageGroups.clients]);

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
const unlimited = -1;
const patienceMilliseconds = 60_000;
/** A change of a limit acts after that at the latest. */
const actsWithinMilliseconds = 1_000;
const resources = ['image_size_total', 'image_stage_total', 'image_count_total', 'image_count_uploading'] as const;
type Resource = (typeof resources)[number];

interface Caller {
  readonly projectId: string;
  readonly token: string;
}

async function configuration(keystone: RunningKeystone): Promise<string> {
  const { admin, authUrl } = keystone;
  const project = await admin.createProject('service');
  const { login } = await admin.createMember('glance', project, ['service']);
  const user = await admin.createUser('limits', 'password-of-limits');
  await admin.assign(user.id, 'reader', 'system');
  const common = `auth_url = ${authUrl}\nauth_type = password\nuser_domain_name = Default\n`;
  return `[DEFAULT]
use_keystone_limits = true
enabled_import_methods = [glance-direct]
[paste_deploy]
flavor = keystone
[keystone_authtoken]
${common}username = ${login.userName}
password = ${login.password}
project_name = service
project_domain_name = Default
[oslo_limit]
${common}username = limits
password = password-of-limits
system_scope = all
endpoint_service_type = image
endpoint_region_name = ${keystone.region}
endpoint_interface = publicURL
`;
}

describe.runIf(hasPackages)('limits of a real Keystone', () => {
  let keystone: RunningKeystone;
  let service: RunningLucarne;
  let serviceId: string;
  let projects = 0;
  let caller: Caller;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    keystone = await startKeystone();
    service = await startLucarne({ config: await configuration(keystone) });
    ({ serviceId } = await keystone.admin.publishImageService(service.url));
    for (const resource of resources) await keystone.admin.registerLimit(serviceId, resource, unlimited);
  });

  beforeEach(async () => {
    projects += 1;
    const project = await keystone.admin.createProject(`project-${projects}`);
    const { login } = await keystone.admin.createMember(`user-${projects}`, project, ['member', 'reader']);
    caller = { projectId: project.id, token: (await keystone.admin.token(login)).id };
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    await service?.stop();
    await keystone?.stop();
  });

  /** The project is held to it from now on. */
  async function limit(resource: Resource, amount: number): Promise<void> {
    await keystone.admin.limitProject(serviceId, caller.projectId, resource, amount);
    await pause(actsWithinMilliseconds);
  }

  interface Call {
    readonly body?: Uint8Array | ReadableStream<Uint8Array> | object;
    readonly headers?: Readonly<Record<string, string>>;
  }

  async function send(method: string, path: string, { body, headers = {} }: Call = {}) {
    const answer = await fetch(`${service.url}/v2${path}`, {
      method,
      ...bodyOf(body),
      headers: { 'x-auth-token': caller.token, ...bodyOf(body).headers, ...headers },
    });
    return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get('retry-after') };
  }

  /** What is no data is a document. */
  function bodyOf(body: Call['body']) {
    if (body === undefined) return {};
    const data = { 'content-type': 'application/octet-stream' };
    if (body instanceof ReadableStream) return { body, duplex: 'half' as const, headers: data };
    if (body instanceof Uint8Array) return { body: new Uint8Array(body), headers: data };
    return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  }

  async function create(): Promise<string> {
    const answer = await send('POST', '/images', { body: { name: 'l', disk_format: 'raw', container_format: 'bare' } });
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    return (JSON.parse(answer.text) as { id: string }).id;
  }

  async function show(id: string): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse((await send('GET', `/images/${id}`)).text) as Readonly<Record<string, unknown>>;
  }

  async function usage(): Promise<unknown> {
    return (JSON.parse((await send('GET', '/info/usage')).text) as { usage: unknown }).usage;
  }

  /** What `glance usage` prints: resource, limit and usage. */
  async function usageRows(): Promise<readonly (readonly string[])[]> {
    const login = ['--os-auth-token', caller.token, '--os-image-url', service.url];
    const { stdout } = await run('/usr/bin/glance', [...login, 'usage'], { env: clientEnvironment({}) });
    const rows = stdout.split('\n').filter((line) => line.startsWith('| image_'));
    return rows
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .toSorted();
  }

  async function upload(id: string, sizeBytes: number): Promise<number> {
    return (await send('PUT', `/images/${id}/file`, { body: randomBytes(sizeBytes) })).status;
  }

  /** Data whose size nobody is told. */
  function streamOf(sizeBytes: number): ReadableStream<Uint8Array> {
    const piece = new Uint8Array(64 * 1024);
    let sent = 0;
    return new ReadableStream<Uint8Array>({
      pull(stream) {
        if (sent >= sizeBytes) return stream.close();
        stream.enqueue(piece.subarray(0, Math.min(piece.byteLength, sizeBytes - sent)));
        sent += piece.byteLength;
      },
    });
  }

  async function until(id: string, status: string): Promise<void> {
    const deadline = Date.now() + patienceMilliseconds;
    while ((await show(id))['status'] !== status) {
      if (Date.now() > deadline) throw new Error(`The image never became ${status}:\n${service.logs()}`);
      await pause(50);
    }
  }

  /** Sends the head of an upload and a part of its data, and leaves it there. */
  async function beginUpload(id: string): Promise<void> {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    const lines = ['host: lucarne', `x-auth-token: ${caller.token}`, 'content-type: application/octet-stream'];
    socket.write(`PUT /v2/images/${id}/file HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: 1000\r\n\r\n`);
    socket.write('the beginning');
    await until(id, 'saving');
  }

  test('image_count_total: one image too many is 413, and one more is allowed a second after it is', async () => {
    await limit('image_count_total', 2);
    const [first] = [await create(), await create()];
    const refused = await send('POST', '/images', { body: {} });
    expect(refused.status).toBe(413);
    expect(refused.text).toContain(
      `Project ${caller.projectId} is over a limit for ` +
        '[Resource image_count_total is over limit of 2 due to current usage 2 and delta 1]',
    );
    await limit('image_count_total', 3);
    await create();
    expect((await send('POST', '/images', { body: {} })).status).toBe(413);
    expect((await send('DELETE', `/images/${first}`)).status).toBe(204);
    await create();
  });

  test('image_size_total: what is announced is refused at once, what is not is cut, what fits is taken', async () => {
    await limit('image_size_total', 2);
    const [first, second] = [await create(), await create()];
    expect(await upload(first, 3 * mebibyte)).toBe(413);
    expect((await send('PUT', `/images/${first}/file`, { body: streamOf(3 * mebibyte) })).status).toBe(413);
    await until(first, 'queued');
    expect(await upload(first, 2 * mebibyte)).toBe(204);
    const refused = await send('PUT', `/images/${second}/file`, { body: randomBytes(mebibyte) });
    expect(refused.status).toBe(413);
    expect(refused.text).toContain('Resource image_size_total is over limit of 2 due to current usage 2 and delta 1');
    // Before anything else is looked at: that is no image.
    const absent = '/images/00000000-0000-4000-8000-000000000000/file';
    expect((await send('PUT', absent, { body: randomBytes(mebibyte) })).status).toBe(413);
    expect(await usage()).toEqual({
      image_size_total: { usage: 2, limit: 2 },
      image_stage_total: { usage: 0, limit: -1 },
      image_count_total: { usage: 2, limit: -1 },
      image_count_uploading: { usage: 0, limit: -1 },
    });
    expect(await usageRows()).toEqual([
      ['image_count_total', '-1', '2'],
      ['image_count_uploading', '-1', '0'],
      ['image_size_total', '2', '2'],
      ['image_stage_total', '-1', '0'],
    ]);
  });

  test('image_count_uploading: one upload at a time', async () => {
    await limit('image_count_uploading', 1);
    const [first, second] = [await create(), await create()];
    await beginUpload(first);
    expect(await usage()).toMatchObject({ image_count_uploading: { usage: 1, limit: 1 } });
    expect(await upload(second, 1000)).toBe(413);
    expect((await send('PUT', `/images/${second}/stage`, { body: randomBytes(1000) })).status).toBe(413);
    expect((await show(second))['status']).toBe('queued');
    for (const socket of sockets) socket.destroy();
    await until(first, 'queued');
    expect(await upload(second, 1000)).toBe(204);
  });

  test('image_stage_total: staged data count until they are imported', async () => {
    await limit('image_stage_total', 1);
    const [first, second] = [await create(), await create()];
    expect((await send('PUT', `/images/${first}/stage`, { body: randomBytes(1.5 * mebibyte) })).status).toBe(204);
    expect(await usage()).toMatchObject({ image_stage_total: { usage: 1, limit: 1 } });
    for (const body of [randomBytes(mebibyte), streamOf(mebibyte)]) {
      expect((await send('PUT', `/images/${second}/stage`, { body })).status).toBe(413);
      expect((await show(second))['status']).toBe('queued');
    }
    const order = { body: { method: { name: 'glance-direct' } } };
    expect((await send('POST', `/images/${first}/import`, order)).status).toBe(202);
    await until(first, 'active');
    expect((await send('PUT', `/images/${second}/stage`, { body: randomBytes(mebibyte) })).status).toBe(204);
  });

  test('image_size_total holds for what is staged when it is imported: the task fails and says why', async () => {
    const id = await create();
    expect((await send('PUT', `/images/${id}/stage`, { body: randomBytes(3 * mebibyte) })).status).toBe(204);
    await limit('image_size_total', 2);
    expect((await send('POST', `/images/${id}/import`, { body: { method: { name: 'glance-direct' } } })).status).toBe(
      202,
    );
    await until(id, 'queued');
    const { tasks } = JSON.parse((await send('GET', `/images/${id}/tasks`)).text) as {
      readonly tasks: readonly { readonly status: string; readonly message: string }[];
    };
    expect(tasks).toMatchObject([{ status: 'failure', message: expect.stringContaining('image_size_total') }]);
  });

  test('a resource that only another project has a limit of keeps the registered one', async () => {
    await limit('image_count_total', 0);
    expect((await send('POST', '/images', { body: {} })).status).toBe(413);
    const limited = caller;
    projects += 1;
    const project = await keystone.admin.createProject(`project-${projects}`);
    const { login } = await keystone.admin.createMember(`user-${projects}`, project, ['member']);
    caller = { projectId: project.id, token: (await keystone.admin.token(login)).id };
    await create();
    expect(limited.projectId).not.toBe(caller.projectId);
  });

  test('without Keystone nothing is taken in: 503 with Retry-After, and all is well when it is back', async () => {
    const id = await create();
    await keystone.halt();
    try {
      await pause(actsWithinMilliseconds);
      for (const answer of [
        await send('POST', '/images', { body: {} }),
        await send('PUT', `/images/${id}/file`, { body: randomBytes(10) }),
        await send('GET', '/info/usage'),
      ]) {
        expect([answer.status, answer.retryAfter]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      }
      expect((await show(id))['status']).toBe('queued');
    } finally {
      await keystone.resume();
    }
    expect(await upload(id, 10)).toBe(204);
  });
});
