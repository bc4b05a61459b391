/**
 * How much memory does one large image take on its way in and out, and how fast is it against plain programs doing the
 * same work? Uploads and downloads that many GiB (first argument, 4 by default), compares the hashes, and prints the
 * service's largest resident memory beside the time `tee`, `md5sum` and `sha512sum` need for as many bytes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startLucarne } from '../tests/support/running-server.ts';
import type { RunningLucarne } from '../tests/support/running-server.ts';

const mebibyte = 1024 * 1024;
const gibibytes = Number(process.argv[2] ?? 4);
const blocks = Math.round(gibibytes * 1024);
/** Largest resident memory the service may have. */
const memoryLimitMebibytes = 200;

const identity = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'bench',
  'x-project-id': 'bench',
  'x-roles': 'member,reader',
};

async function main(): Promise<number> {
  const service = await startLucarne({ config: '[paste_deploy]\nflavor = trusted-auth\n' });
  try {
    const idle = residentMebibytes(service, 'VmHWM');
    const id = await createImage(service.url);
    const upload = await timed(() => uploadBlocks(`${service.url}/v2/images/${id}/file`));
    const download = await timed(() => downloadDigest(`${service.url}/v2/images/${id}/file`));
    const peak = residentMebibytes(service, 'VmHWM');
    const plain = plainSeconds(service.directory);
    console.log(`size ${gibibytes} GiB, hashes ${upload.result === download.result ? 'equal' : 'DIFFERENT'}`);
    console.log(
      `upload ${upload.seconds.toFixed(1)} s, ${(upload.seconds / plain).toFixed(2)} × tee with md5sum and sha512sum`,
    );
    console.log(`download ${download.seconds.toFixed(1)} s, ${(download.seconds / plain).toFixed(2)} × the same`);
    console.log(`resident memory: ${idle} MiB idle, ${peak} MiB at most (limit ${memoryLimitMebibytes} MiB)`);
    return upload.result === download.result && peak < memoryLimitMebibytes ? 0 : 1;
  } finally {
    await service.stop();
  }
}

async function createImage(url: string): Promise<string> {
  const answer = await fetch(`${url}/v2/images`, {
    method: 'POST',
    headers: identity,
    body: JSON.stringify({ name: 'large', disk_format: 'raw', container_format: 'bare' }),
  });
  const image: unknown = await answer.json();
  if (typeof image !== 'object' || image === null || !('id' in image)) throw new Error(`create: ${answer.status}`);
  return String(image.id);
}

/** Sends the blocks and gives their SHA-512. */
async function uploadBlocks(url: string): Promise<string> {
  const hash = createHash('sha512');
  const block = randomBytes(mebibyte);
  function* body(): Generator<Buffer> {
    for (let index = 0; index < blocks; index += 1) {
      // A block of its own for each: what is sent must not change until it has gone.
      const own = Buffer.from(block);
      own.writeUInt32BE(index, 0);
      hash.update(own);
      yield own;
    }
  }
  const headers = { 'content-type': 'application/octet-stream', 'content-length': blocks * mebibyte };
  const answer = await send(url, { method: 'PUT', headers: { ...identity, ...headers } }, Readable.from(body()));
  answer.resume();
  if (answer.statusCode !== 204) throw new Error(`upload: ${answer.statusCode}`);
  return hash.digest('hex');
}

async function downloadDigest(url: string): Promise<string> {
  const answer = await send(url, { headers: identity }, null);
  if (answer.statusCode !== 200) throw new Error(`download: ${answer.statusCode}`);
  const hash = createHash('sha512');
  for await (const chunk of answer) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function send(url: string, options: RequestOptions, body: Readable | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve).on('error', reject);
    if (body === null) sent.end();
    else body.pipe(sent);
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}

/** Seconds coreutils need to store as many bytes and take both digests of them. */
function plainSeconds(directory: string): number {
  const copy = join(directory, 'plain-copy');
  const command = `head -c ${blocks * mebibyte} /dev/zero | tee >(md5sum >/dev/null) >(sha512sum >/dev/null) > ${copy}; sync ${copy}`;
  const start = performance.now();
  execFileSync('bash', ['-c', command]);
  return (performance.now() - start) / 1000;
}

function residentMebibytes(service: RunningLucarne, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${service.process.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
}

process.exitCode = await main();
