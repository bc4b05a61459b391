/**
 * The image cache of a running service, its commands beside it, and what is left of a copy when the service is killed
 * in the middle of it.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const wrapper = join(import.meta.dirname, '../lucarne');
const caller = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'u',
  'x-project-id': 'p',
  'x-roles': 'admin,member,reader',
};
const waitedMilliseconds = 20_000;

let running: RunningLucarne[] = [];
afterEach(async () => {
  for (const service of running.toReversed()) await service.stop();
  running = [];
});

async function start(options: Parameters<typeof startLucarne>[0]): Promise<RunningLucarne> {
  const service = await startLucarne(options);
  running.push(service);
  return service;
}

/** Relative paths are taken from the folder of the service. */
function configOf(driver: 'sqlite' | 'centralized_db', maxBytes: number): string {
  return `[DEFAULT]
image_cache_dir = cache
image_cache_driver = ${driver}
image_cache_max_size = ${maxBytes}
worker_self_reference_url = http://node-1.example.org
[paste_deploy]
flavor = trusted-auth+caching
`;
}

async function createImage(service: RunningLucarne, data: Uint8Array<ArrayBuffer>): Promise<string> {
  const body = JSON.stringify({ disk_format: 'raw', container_format: 'bare' });
  const created = await fetch(`${service.url}/v2/images`, { method: 'POST', headers: caller, body });
  const { id } = (await created.json()) as { id: string };
  const headers = { ...caller, 'content-type': 'application/octet-stream' };
  const stored = await fetch(`${service.url}/v2/images/${id}/file`, { method: 'PUT', headers, body: data });
  expect(stored.status).toBe(204);
  return id;
}

async function download(service: RunningLucarne, id: string): Promise<Buffer> {
  const answer = await fetch(`${service.url}/v2/images/${id}/file`, { headers: caller });
  return Buffer.from(await answer.arrayBuffer());
}

interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function cache(service: RunningLucarne, ...args: readonly string[]): Promise<CommandRun> {
  const env = { ...process.env, LUCARNE_NODE: process.execPath, LUCARNE_DATA_DIR: service.dataDirectory };
  const given = ['cache', ...args, '--config-file', join(service.directory, 'lucarne.conf')];
  return new Promise((resolve) => {
    const child = execFile(wrapper, given, { cwd: service.directory, env }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitedMilliseconds;
  while (!(await condition())) {
    expect(Date.now()).toBeLessThan(deadline);
    await pause(20);
  }
}

test.each(['sqlite', 'centralized_db'] as const)(
  'the commands look after a cache with the books in %s while the service runs on it',
  async (driver) => {
    const data = randomBytes(100_000);
    const service = await start({ config: configOf(driver, 250_000) });
    const [one, two, three] = [
      await createImage(service, data),
      await createImage(service, data),
      await createImage(service, data),
    ];
    await download(service, one);
    const fetched = await cache(service, 'prefetch', two, '00000000-0000-4000-8000-000000000000');
    expect(fetched).toMatchObject({ status: 1, stdout: `${two}: cached\n` });
    expect(fetched.stderr).toContain('00000000-0000-4000-8000-000000000000: There is no image');
    expect((await download(service, two)).equals(data)).toBe(true);
    const listed = (await cache(service, 'list')).stdout.split('\n').slice(1, -1);
    expect(listed.map((line) => line.split('\t')[0]).toSorted()).toEqual([one, two].toSorted());
    // The cache bounds itself: there is nothing left for pruning.
    await cache(service, 'prefetch', three);
    expect(await cache(service, 'prune')).toMatchObject({ status: 0, stdout: '0 images with 0 bytes were removed.\n' });
    expect(await cache(service, 'clean')).toMatchObject({ status: 0 });
    expect(await cache(service, 'prefetch')).toMatchObject({ status: 0, stdout: 'No image is queued.\n' });
    const copies = (await readdir(join(service.directory, 'cache'))).filter((name) => name.length === 36);
    expect([copies.length, copies.includes(three)]).toEqual([2, true]);
  },
);

test('the commands tell what is missing: a database, a cache', async () => {
  const service = await start({ config: '[paste_deploy]\nflavor = trusted-auth\n' });
  const run = await cache(service, 'list');
  expect([run.status, run.stderr.includes('image_cache_dir')]).toEqual([1, true]);
});

test('a service killed in the middle of a copy has none afterwards, and makes it at the next download', async () => {
  const data = randomBytes(40_000_000);
  const config = configOf('centralized_db', 100_000_000);
  const killed = await start({ config });
  const folder = join(killed.directory, 'cache');
  const id = await createImage(killed, data);
  const answer = await fetch(`${killed.url}/v2/images/${id}/file`, { headers: caller });
  const reader = answer.body?.getReader();
  await reader?.read();
  await until(async () => (await readdir(join(folder, 'incomplete'))).length === 2);
  await killed.halt('SIGKILL');
  await reader?.cancel().catch(() => undefined);
  expect(await readdir(folder)).not.toContain(id);

  const service = await start({ config, directory: killed.directory });
  await until(async () => (await readdir(join(folder, 'incomplete'))).length === 0);
  expect((await download(service, id)).equals(data)).toBe(true);
  await until(async () => (await readdir(folder)).includes(id));
  const md5 = createHash('md5');
  expect(md5.update(await readFile(join(folder, id))).digest('hex')).toBe(createHash('md5').update(data).digest('hex'));
});
