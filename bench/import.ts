/**
 * How fast is an import, and how much memory does it take? Imports that many GiB (first argument, 1 by default) by
 * web-download from a server on this machine and by glance-direct from the staging area, and prints time, processor
 * time and the service's largest resident memory, each beside what `curl -o` followed by `md5sum` and `sha512sum` of
 * the same bytes take.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../tests/support/child-server.ts';
import { startLucarne } from '../tests/support/running-server.ts';
import type { RunningLucarne } from '../tests/support/running-server.ts';

const mebibyte = 1024 * 1024;
const gibibytes = Number(process.argv[2] ?? 1);
const sizeBytes = Math.round(gibibytes * 1024) * mebibyte;
/** Largest resident memory the service may have. */
const memoryLimitMebibytes = 256;
const pollMilliseconds = 50;

const identity = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'bench',
  'x-project-id': 'bench',
  'x-roles': 'member,reader',
};
const config = `[DEFAULT]
enabled_import_methods = [web-download, glance-direct]
[paste_deploy]
flavor = trusted-auth
[import_filtering_opts]
allowed_ports = []
[lucarne]
allowed_address_ranges = 127.0.0.0/8
`;

async function main(): Promise<number> {
  const service = await startLucarne({ config });
  const source = join(service.directory, 'source.raw');
  await writeSource(source);
  const web = await serveFile(source);
  try {
    const idle = memoryOf(service);
    const plain = await measure(() => plainWork(web.url, service.directory));
    report('curl -o, md5sum, sha512sum', plain, plain.seconds);

    const download = await createImage(service.url);
    const method = { name: 'web-download', uri: web.url };
    const downloaded = await measureImport(service, download, method);
    report('web-download', downloaded, plain.seconds);
    await call(`${service.url}/v2/images/${download}`, 'DELETE');

    const staged = await createImage(service.url);
    const staging = await measure(() => stage(service.url, staged, source));
    report('staging it', staging, plain.seconds);
    const direct = await measureImport(service, staged, { name: 'glance-direct' });
    report('glance-direct', direct, plain.seconds);

    const peak = memoryOf(service);
    console.log(`resident memory: ${idle} MiB idle, ${peak} MiB at most (limit ${memoryLimitMebibytes} MiB)`);
    return peak < memoryLimitMebibytes ? 0 : 1;
  } finally {
    web.process.kill();
    await service.stop();
  }
}

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds?: number;
}

function report(what: string, { seconds, cpuSeconds }: Cost, plainSeconds: number): void {
  const ratio = (seconds / plainSeconds).toFixed(2);
  const cpu = cpuSeconds === undefined ? '' : `, ${cpuSeconds.toFixed(1)} s of processor time`;
  console.log(`${what}: ${seconds.toFixed(1)} s for ${gibibytes} GiB, ${ratio} × the plain programs${cpu}`);
}

async function writeSource(path: string): Promise<void> {
  const file = await open(path, 'w');
  const block = randomBytes(mebibyte);
  for (let written = 0; written < sizeBytes; written += mebibyte) {
    block.writeUInt32BE(written / mebibyte, 0);
    await file.write(block);
  }
  await file.sync();
  await file.close();
}

/** A web server in a process of its own, so that it does not count as work of anybody measured. */
async function serveFile(path: string): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const port = await freePort();
  const server = `
    const { createServer } = require('node:http');
    const { createReadStream } = require('node:fs');
    createServer((_, response) => {
      response.writeHead(200, { 'content-length': ${sizeBytes} });
      createReadStream(${JSON.stringify(path)}, { highWaterMark: 1048576 }).pipe(response);
    }).listen(${port}, '127.0.0.1', () => console.log('ready'));`;
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${port}/disk.raw`, process: child };
}

async function plainWork(url: string, directory: string): Promise<void> {
  const copy = join(directory, 'plain-copy');
  execFileSync('bash', [
    '-ec',
    'curl -sS -o "$1" "$2"; sync "$1"; md5sum "$1" & sha512sum "$1" & wait',
    '-',
    copy,
    url,
  ]);
  rmSync(copy);
}

async function createImage(url: string): Promise<string> {
  const image = await call(`${url}/v2/images`, 'POST', { disk_format: 'raw', container_format: 'bare' });
  if (typeof image !== 'object' || image === null || !('id' in image)) throw new Error('No image was created.');
  return String(image.id);
}

async function call(url: string, method: 'GET' | 'POST' | 'DELETE', body?: object): Promise<unknown> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers: identity, ...content });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

async function stage(url: string, id: string, source: string): Promise<void> {
  const headers = { ...identity, 'content-type': 'application/octet-stream', 'content-length': sizeBytes };
  const sent = request(`${url}/v2/images/${id}/stage`, { method: 'PUT', headers });
  createReadStream(source, { highWaterMark: mebibyte }).pipe(sent);
  const [answer] = (await once(sent, 'response')) as [{ readonly statusCode?: number; resume(): void }];
  answer.resume();
  if (answer.statusCode !== 204) throw new Error(`stage: ${answer.statusCode}`);
}

async function measureImport(service: RunningLucarne, id: string, method: object): Promise<Cost> {
  const before = cpuSecondsOf(service);
  const { seconds } = await measure(async () => {
    const url = `${service.url}/v2/images/${id}`;
    await call(`${url}/import`, 'POST', { method });
    for (;;) {
      const image = (await call(url, 'GET')) as { readonly status: string; readonly os_glance_import_task?: string };
      if (image.status === 'active') return;
      // It is queued still until its task begins.
      const isOver = image.os_glance_import_task === undefined;
      if (isOver) throw new Error(`The import failed: the image is ${image.status}.`);
      await pause(pollMilliseconds);
    }
  });
  return { seconds, cpuSeconds: cpuSecondsOf(service) - before };
}

async function measure(work: () => Promise<void>): Promise<Cost> {
  const start = performance.now();
  await work();
  return { seconds: (performance.now() - start) / 1000 };
}

function cpuSecondsOf(service: RunningLucarne): number {
  const fields = readFileSync(`/proc/${service.process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // In the hundredths of a second in which the kernel counts: time of the program, and of the kernel for it.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryOf(service: RunningLucarne): number {
  const status = readFileSync(`/proc/${service.process.pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

process.exitCode = await main();
