/**
 * Three services on one database and one store, and many uploads at once at the limit of a project: what is stored and
 * reserved never exceeds it at any moment, what fits succeeds, and nothing stays reserved; not even of services that
 * are killed.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const kibibyte = 1024;
const imageBytes = 64 * kibibyte;
const uploads = 50;
/** So many images fit, and a half. */
const fitting = 20;
const quotaBytes = (fitting + 0.5) * imageBytes;
const recoveredWithinMilliseconds = 60_000;
const flavor = `[DEFAULT]\nuser_storage_quota = ${quotaBytes}\n[paste_deploy]\nflavor = trusted-auth\n`;
const shortLeases = `${flavor}[lucarne]\nupload_lease_seconds = 5\n`;
const caller = { 'x-identity-status': 'Confirmed', 'x-user-id': 'u', 'x-project-id': 'p', 'x-roles': 'member,reader' };
const data = randomBytes(imageBytes);

interface Cloud {
  readonly services: readonly RunningLucarne[];
  readonly directory: string;
  readonly images: string;
  /** Bytes stored and reserved of the project, as the database says at one moment. */
  taken(): { readonly stored: number; readonly reserved: number; readonly reservations: number };
  start(): Promise<RunningLucarne>;
  stop(): Promise<void>;
}

async function startCloud(config = flavor): Promise<Cloud> {
  const first = await startLucarne({ config });
  const services = [first];
  const start = async (): Promise<RunningLucarne> => {
    const service = await startLucarne({ config, directory: first.directory });
    services.push(service);
    return service;
  };
  await start();
  await start();
  const database = new DatabaseSync(join(first.dataDirectory, 'lucarne.sqlite'), { readOnly: true });
  const query = database.prepare(
    `select
       (select coalesce(sum(images.size), 0) from images
          join image_locations on image_locations.image_id = images.id and image_locations.status <> 'deleted'
          where images.owner = 'p' and images.deleted = 0 and images.status not in ('killed', 'pending_delete')) as stored,
       (select coalesce(sum(amount), 0) from lucarne_reservations where resource = 'image_size_total') as reserved,
       (select count(*) from lucarne_reservations) as reservations`,
  );
  return {
    services,
    directory: first.directory,
    images: join(first.dataDirectory, 'images'),
    // The columns are those of the query.
    taken: () => ({ ...query.get() }) as ReturnType<Cloud['taken']>,
    start,
    async stop() {
      database.close();
      for (const service of services.slice(1)) await service.halt();
      await first.stop();
    },
  };
}

function serviceOf({ services }: Cloud, index: number): RunningLucarne {
  const service = services[index % services.length];
  if (service === undefined) throw new Error('There are services.');
  return service;
}

async function createImage(service: RunningLucarne): Promise<string> {
  const body = JSON.stringify({ name: 'race', disk_format: 'raw', container_format: 'bare' });
  const answer = await fetch(`${service.url}/v2/images`, { method: 'POST', headers: caller, body });
  expect([answer.status, service.logs()]).toEqual([201, expect.anything()]);
  return ((await answer.json()) as { id: string }).id;
}

async function statusOf(service: RunningLucarne, id: string): Promise<string> {
  const answer = await fetch(`${service.url}/v2/images/${id}`, { headers: caller });
  return ((await answer.json()) as { status: string }).status;
}

/** Gives the status and the text of the answer. With a size the sender tells it, without one it comes in chunks. */
async function upload(service: RunningLucarne, id: string, isKnown: boolean): Promise<readonly [number, string]> {
  const answer = await fetch(`${service.url}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: { ...caller, 'content-type': 'application/octet-stream' },
    ...(isKnown ? { body: data } : { body: streamOf(imageBytes / 4), duplex: 'half' }),
  });
  return [answer.status, await answer.text()];
}

/** The data in pieces of that size. */
function streamOf(pieceBytes: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull(stream) {
      if (sent >= imageBytes) return stream.close();
      stream.enqueue(data.subarray(sent, sent + pieceBytes));
      sent += pieceBytes;
    },
  });
}

/** Looks all the time, until it is stopped; gives the most that was ever taken. */
function watch(cloud: Cloud): { stop(): Promise<number> } {
  const over = new AbortController();
  let most = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const { stored, reserved } = cloud.taken();
      most = Math.max(most, stored + reserved);
      await pause(1);
    }
  })();
  return {
    async stop() {
      over.abort();
      await watching;
      return most;
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>, told: () => string): Promise<void> {
  const deadline = Date.now() + recoveredWithinMilliseconds;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`It did not come to that in time:\n${told()}`);
    await pause(50);
  }
}

test.each<[string, (index: number) => boolean]>([
  ['known', () => true],
  ['unknown', () => false],
  ['known and unknown', (index: number) => index % 2 === 0],
])('uploads of %s size at the limit succeed only as far as they fit', async (_, isKnown) => {
  const cloud = await startCloud();
  try {
    const ids = await Promise.all(
      Array.from({ length: uploads }, (_each, index) => createImage(serviceOf(cloud, index))),
    );
    const watched = watch(cloud);
    const answers = await Promise.all(ids.map((id, index) => upload(serviceOf(cloud, index), id, isKnown(index))));
    const most = await watched.stop();

    const statuses = answers.map(([status]) => status);
    const stored = statuses.filter((status) => status === 204).length;
    expect(new Set(statuses)).toEqual(new Set([204, 413]));
    expect(stored).toBeLessThanOrEqual(fitting);
    // Where every size is known nothing is reserved in vain; else what is reserved for one may be in the way of another.
    expect(stored).toBeGreaterThanOrEqual(isKnown(1) ? fitting : fitting / 2);
    expect(most).toBeLessThanOrEqual(quotaBytes);
    expect(cloud.taken()).toEqual({ stored: stored * imageBytes, reserved: 0, reservations: 0 });
    expect(await readdir(cloud.images)).toHaveLength(stored);
    for (const [status, text] of answers)
      if (status === 413)
        expect(text).toMatch(/The size of the data \d+ will exceed the limit\. \d+ bytes remaining\./);

    // Whatever was refused fits once there is room, one after the other to the last byte.
    const refused = ids.filter((_id, index) => statuses[index] === 413);
    for (const id of refused.slice(0, fitting - stored))
      expect(await upload(serviceOf(cloud, 0), id, false)).toEqual([204, '']);
    const last = refused.at(-1) ?? '';
    expect((await upload(serviceOf(cloud, 1), last, true))[0]).toBe(413);
    expect(await statusOf(serviceOf(cloud, 1), last)).toBe('queued');
    expect(cloud.taken()).toEqual({ stored: fitting * imageBytes, reserved: 0, reservations: 0 });
  } finally {
    await cloud.stop();
  }
});

/** Sends the head of an upload and a part of its data, and leaves it there. */
async function beginUpload(service: RunningLucarne, id: string, length: string): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const head = Object.entries({ ...caller, 'content-type': 'application/octet-stream' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  socket.write(`PUT /v2/images/${id}/file HTTP/1.1\r\nhost: ${hostname}\r\n${head}${length}\r\n\r\n`);
  const part = data.subarray(0, imageBytes / 4);
  socket.write(
    length.startsWith('transfer') ? Buffer.concat([Buffer.from('4000\r\n'), part, Buffer.from('\r\n')]) : part,
  );
}

test('a service that is killed leaves its reservations no longer than its leases', async () => {
  const cloud = await startCloud(shortLeases);
  try {
    const [survivor, , doomed] = cloud.services;
    if (survivor === undefined || doomed === undefined) throw new Error('There are three services.');
    const ids = await Promise.all(Array.from({ length: 6 }, () => createImage(doomed)));
    for (const [index, id] of ids.entries()) {
      await beginUpload(doomed, id, index % 2 === 0 ? `content-length: ${imageBytes}` : 'transfer-encoding: chunked');
    }
    await until(() => cloud.taken().reservations === ids.length, doomed.logs);
    expect(cloud.taken().reserved).toBeGreaterThanOrEqual(3 * imageBytes);
    await doomed.halt('SIGKILL');
    await until(() => cloud.taken().reservations === 0, survivor.logs);
    for (const id of ids) expect(await statusOf(survivor, id)).toBe('queued');
    for (const id of ids) expect(await upload(survivor, id, true)).toEqual([204, '']);
    expect(cloud.taken()).toEqual({ stored: ids.length * imageBytes, reserved: 0, reservations: 0 });
  } finally {
    await cloud.stop();
  }
});
