/**
 * A service that is killed in the middle of an upload: after a restart the image is queued again, nothing of the dead
 * upload is left, and the next upload succeeds. The long variant of this is a programme of its own.
 */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const leaseSeconds = 5;
const recoveredWithinMilliseconds = 20_000;
const config = `[paste_deploy]\nflavor = trusted-auth\n[lucarne]\nupload_lease_seconds = ${leaseSeconds}\n`;
const caller = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'u',
  'x-project-id': 'p',
  'x-roles': 'member,reader',
};

async function createImage(service: RunningLucarne): Promise<string> {
  const body = JSON.stringify({ name: 'crash', disk_format: 'raw', container_format: 'bare' });
  const answer = await fetch(`${service.url}/v2/images`, { method: 'POST', headers: caller, body });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function statusOf(service: RunningLucarne, id: string): Promise<string> {
  const answer = await fetch(`${service.url}/v2/images/${id}`, { headers: caller });
  return ((await answer.json()) as { status: string }).status;
}

/** Sends the head of an upload and a part of its data, and leaves it there. */
async function beginUpload(service: RunningLucarne, id: string): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const headers = Object.entries({
    ...caller,
    'content-type': 'application/octet-stream',
    'content-length': 5_000_000,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`PUT /v2/images/${id}/file HTTP/1.1\r\nhost: ${hostname}\r\n${head}\r\n`);
  socket.write(Buffer.alloc(1_000_000, 'x'));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + recoveredWithinMilliseconds;
  while (!(await condition())) {
    expect(Date.now()).toBeLessThan(deadline);
    await pause(50);
  }
}

test('requeues an image whose upload died with the service, and takes the next upload', async () => {
  const first = await startLucarne({ config });
  let second: RunningLucarne | undefined;
  try {
    const id = await createImage(first);
    await beginUpload(first, id);
    const images = join(first.dataDirectory, 'images');
    await until(async () => (await readdir(images)).length === 1);
    expect(await statusOf(first, id)).toBe('saving');
    await first.halt('SIGKILL');

    second = await startLucarne({ config, directory: first.directory });
    const restarted = second;
    await until(async () => (await statusOf(restarted, id)) === 'queued');
    expect(await readdir(images)).toEqual([]);
    const headers = { ...caller, 'content-type': 'application/octet-stream' };
    const upload = await fetch(`${restarted.url}/v2/images/${id}/file`, { method: 'PUT', headers, body: 'whole' });
    expect(upload.status).toBe(204);
    const download = await fetch(`${restarted.url}/v2/images/${id}/file`, { headers: caller });
    expect(await download.text()).toBe('whole');
  } finally {
    await second?.halt();
    await first.stop();
  }
});
