/**
 * What do limits of projects cost? Creates and uploads small images, and uploads one large image of announced and of
 * unknown size, without limits, with `user_storage_quota` and with limits of Keystone; the small ones also in a project
 * that has 100,000 images already. Prints the processor time of the service, which other programs disturb little, beside
 * that without limits. With the `lucarne` of another checkout as an argument that one runs too, without limits.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { startLucarne } from '../tests/support/running-server.ts';
import type { RunningLucarne } from '../tests/support/running-server.ts';

const other = process.argv[2];
const mebibyte = 1024 * 1024;
const smallImages = 100;
const atOnce = 8;
const largeMebibytes = 128;
const storedImages = 100_000;
const rounds = 3;

const identity = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'bench',
  'x-project-id': 'bench',
  'x-roles': 'member,reader',
};
const flavor = '[paste_deploy]\nflavor = trusted-auth\n';
const small = Buffer.alloc(1024, 'small');
const piece = new Uint8Array(mebibyte);

interface Times {
  readonly small: number;
  readonly known: number;
  readonly unknown: number;
}

async function main(): Promise<void> {
  const keystone = await startKeystone();
  const url = `http://127.0.0.1:${(keystone.address() as AddressInfo).port}/v3`;
  const quota = `[DEFAULT]\nuser_storage_quota = 100TB\n${flavor}`;
  const unified =
    `[DEFAULT]\nuse_keystone_limits = true\n${flavor}[oslo_limit]\nauth_url = ${url}\nauth_type = token\n` +
    'token = t\nsystem_scope = all\nendpoint_id = e\n';
  try {
    await compare([
      { title: 'without limits', config: flavor },
      ...(other === undefined ? [] : [{ title: 'the other checkout', config: flavor, program: other }]),
      { title: 'user_storage_quota', config: quota },
      { title: 'limits of Keystone', config: unified },
    ]);
    const images = storedImages;
    await compare([
      { title: `without limits, ${images} images`, config: flavor, images },
      { title: `user_storage_quota, ${images} images`, config: quota, images },
      { title: `limits of Keystone, ${images} images`, config: unified, images },
    ]);
  } finally {
    keystone.closeAllConnections();
    keystone.close();
  }
}

interface Setting {
  readonly title: string;
  readonly config: string;
  readonly program?: string;
  /** Images the project has already. */
  readonly images?: number;
}

/** In turns, so that what else the machine does meets all of them; the least of several rounds counts. */
async function compare(settings: readonly Setting[]): Promise<void> {
  const running: { readonly title: string; readonly service: RunningLucarne; readonly times: Times[] }[] = [];
  try {
    for (const { title, config, program, images = 0 } of settings) {
      const service = await startLucarne({ config, ...(program === undefined ? {} : { program }) });
      running.push({ title, service, times: [] });
      if (images > 0) fill(service, images);
      await createMany(service, 10 * atOnce);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const { service, times } of running) {
        times.push({
          small: await costOf(service, () => createMany(service, smallImages)),
          known: await costOf(service, () => uploadLarge(service, true)),
          unknown: await costOf(service, () => uploadLarge(service, false)),
        });
      }
    }
    const [first] = running;
    if (first !== undefined)
      for (const { title, times } of running) report(title, leastOf(times), leastOf(first.times));
  } finally {
    for (const { service } of running) await service.stop();
  }
}

function leastOf(times: readonly Times[]): Times {
  const least = (name: keyof Times) => Math.min(...times.map((each) => each[name]));
  return { small: least('small'), known: least('known'), unknown: least('unknown') };
}

function report(title: string, times: Times, beside: Times): void {
  const ratio = (name: keyof Times) => `${(times[name] / beside[name]).toFixed(2)} ×`;
  const each = `${((times.small * 1000) / smallImages).toFixed(1)} ms`;
  const perGibibyte = (seconds: number) => `${((seconds * 1024) / largeMebibytes).toFixed(2)} s/GiB`;
  console.log(
    `${title.padEnd(36)} ${each} a small image (${ratio('small')}), announced ${perGibibyte(times.known)} ` +
      `(${ratio('known')}), of unknown size ${perGibibyte(times.unknown)} (${ratio('unknown')})`,
  );
}

/** Processor seconds of the service. */
async function costOf(service: RunningLucarne, work: () => Promise<unknown>): Promise<number> {
  const before = processorSeconds(service);
  await work();
  return processorSeconds(service) - before;
}

/** The wrapper becomes the service, so that it is one process. */
function processorSeconds({ process: { pid } }: RunningLucarne): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function createMany(service: RunningLucarne, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await upload(service, await create(service), { body: small });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function uploadLarge(service: RunningLucarne, isKnown: boolean): Promise<void> {
  const id = await create(service);
  let left = largeMebibytes;
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      if (left === 0) return stream.close();
      left -= 1;
      stream.enqueue(piece);
    },
  });
  // Sent in pieces either way, so that the client has the same work.
  const headers = isKnown ? { 'x-openstack-image-size': String(largeMebibytes * mebibyte) } : {};
  await upload(service, id, { body, duplex: 'half', headers });
  await call(service, `/v2/images/${id}`, { method: 'DELETE' });
}

async function create(service: RunningLucarne): Promise<string> {
  const body = JSON.stringify({ name: 'bench', disk_format: 'raw', container_format: 'bare' });
  return (JSON.parse(await call(service, '/v2/images', { method: 'POST', body })) as { id: string }).id;
}

async function upload(service: RunningLucarne, id: string, request: Request): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream', ...request.headers };
  await call(service, `/v2/images/${id}/file`, { ...request, method: 'PUT', headers });
}

async function call(service: RunningLucarne, path: string, request: Request = {}): Promise<string> {
  const answer = await fetch(`${service.url}${path}`, { ...request, headers: { ...identity, ...request.headers } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} is answered with ${answer.status}: ${text}\n${service.logs()}`);
  return text;
}

/** Images with one location each, all of the same project. */
function fill(service: RunningLucarne, images: number): void {
  const database = new DatabaseSync(join(service.dataDirectory, 'lucarne.sqlite'));
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${images})`;
  const id = `printf('00000000-0000-4000-8000-%012d', i)`;
  const now = `'2026-01-01 00:00:00.000000'`;
  database.exec(`
    begin immediate;
    ${numbers} insert into images (id, name, size, status, created_at, updated_at, deleted, disk_format,
      container_format, owner, min_disk, min_ram, protected, visibility, os_hidden)
      select ${id}, 'stored', 1048576, 'active', ${now}, ${now}, 0, 'raw', 'bare', 'bench', 0, 0, 0, 'private', 0 from n;
    ${numbers} insert into image_locations (image_id, value, created_at, updated_at, deleted, meta_data, status)
      select ${id}, 'file:///nowhere/' || i, ${now}, ${now}, 0, '{}', 'active' from n;
    commit;
    analyze;
  `);
  database.close();
}

type Request = Omit<RequestInit, 'headers'> & {
  readonly duplex?: 'half';
  readonly headers?: Readonly<Record<string, string>>;
};

/** As much of a Keystone as limits are read from. */
async function startKeystone(): Promise<Server> {
  const server = createServer((request, response) => {
    const { status = 200, body } = answerOf(request, (server.address() as AddressInfo).port);
    const headers = { 'content-type': 'application/json', ...(status === 201 ? { 'x-subject-token': 'own' } : {}) };
    request.resume().once('end', () => response.writeHead(status, headers).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function answerOf({ url = '' }: IncomingMessage, port: number): { readonly status?: number; readonly body: unknown } {
  const limits = ['image_size_total', 'image_stage_total', 'image_count_total', 'image_count_uploading'];
  const [path = ''] = url.split('?');
  if (path === '/v3/auth/tokens') {
    const endpoint = { interface: 'public', region: 'r', region_id: 'r', url: `http://127.0.0.1:${port}/v3` };
    const catalog = [{ type: 'identity', endpoints: [endpoint] }];
    return { status: 201, body: { token: { expires_at: new Date(Date.now() + 3_600_000).toISOString(), catalog } } };
  }
  if (path === '/v3/limits/model') return { body: { model: { name: 'flat' } } };
  if (path === '/v3/endpoints/e') return { body: { endpoint: { id: 'e', service_id: 's', region_id: 'r' } } };
  if (path === '/v3/limits') return { body: { limits: [] } };
  return {
    body: { registered_limits: limits.map((name) => ({ resource_name: name, default_limit: 1_000_000_000 })) },
  };
}

await main();
