/**
 * What do notifications cost? Creates and changes images on three services in turn: without notifications, with RabbitMQ,
 * and with a RabbitMQ that is gone. Then a service finds 100,000 undelivered notifications: how fast do they go, and how
 * much memory does it take? Needs Debian's rabbitmq-server.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { packageGroups, requirePackages } from '../tests/support/debian-packages.ts';
import { startRabbit } from '../tests/support/rabbitmq-server.ts';
import { startLucarne } from '../tests/support/running-server.ts';
import type { RunningLucarne } from '../tests/support/running-server.ts';

const rounds = Number(process.argv[2] ?? 600);
const undelivered = Number(process.argv[3] ?? 100_000);
const identity = { 'x-identity-status': 'Confirmed', 'x-user-id': 'u', 'x-project-id': 'p', 'x-roles': 'admin' };

await requirePackages(packageGroups.messageBus);

function configuration(address: string | null): string {
  const bus = `[oslo_messaging_notifications]\ndriver = messagingv2\ntransport_url = ${address ?? ''}\n`;
  return `[paste_deploy]\nflavor = trusted-auth\n${address === null ? '' : bus}`;
}

async function send(service: RunningLucarne, request: string, json: unknown): Promise<string> {
  const [method = '', path = ''] = request.split(' ');
  const type = method === 'PATCH' ? 'application/openstack-images-v2.1-json-patch' : 'application/json';
  const headers = { ...identity, 'content-type': type };
  const answer = await fetch(`${service.url}${path}`, { method, headers, body: JSON.stringify(json) });
  if (!answer.ok) throw new Error(`${request}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;
}

interface Measured {
  readonly name: string;
  readonly service: RunningLucarne;
  readonly creations: number[];
  readonly changes: number[];
}

async function measure({ service, creations, changes }: Measured): Promise<void> {
  let id = '';
  const record = { name: 'vm', disk_format: 'raw', container_format: 'bare', hw_bus: 'scsi', tags: ['one'] };
  creations.push(await timed(async () => (id = await send(service, 'POST /v2/images', record))));
  const patch = [{ op: 'add', path: '/os', value: 'plan9' }];
  changes.push(await timed(() => send(service, `PATCH /v2/images/${id}`, patch)));
}

const rabbit = await startRabbit();
const open = async (name: string, address: string | null): Promise<Measured> => {
  const service = await startLucarne({ config: configuration(address) });
  return { name, service, creations: [], changes: [] };
};
const compared = [
  await open('without notifications', null),
  await open('with RabbitMQ', rabbit.transportUrl),
  await open('with a RabbitMQ that is gone', 'rabbit://127.0.0.1:1/'),
] as const;
for (let round = 0; round < rounds + 50; round += 1) {
  for (const each of compared) await measure(each);
  // The first ones warm up.
  if (round === 49) for (const { creations, changes } of compared) creations.length = changes.length = 0;
}
const [plain] = compared;
for (const { name, creations, changes } of compared) {
  const [create, change] = [quantile(creations, 0.5), quantile(changes, 0.5)];
  const [createTail, changeTail] = [quantile(creations, 0.99), quantile(changes, 0.99)];
  const ratios = [
    create / quantile(plain.creations, 0.5),
    change / quantile(plain.changes, 0.5),
    createTail / quantile(plain.creations, 0.99),
    changeTail / quantile(plain.changes, 0.99),
  ].map((ratio) => ratio.toFixed(2));
  console.log(
    `${name}: create ${create.toFixed(2)} ms, change ${change.toFixed(2)} ms, 99 of 100 within ${createTail.toFixed(1)} ` +
      `and ${changeTail.toFixed(1)} ms; × ${ratios.join(', ')}`,
  );
}
for (const { service } of compared) await service.stop();

function residentMiB(service: RunningLucarne): number {
  const [, kibibytes = '0'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.process.pid ?? 0}/status`, 'utf8')) ?? [];
  return Math.round(Number(kibibytes) / 1024);
}

const first = await startLucarne({ config: configuration(rabbit.transportUrl) });
await first.halt();
const database = new DatabaseSync(join(first.dataDirectory, 'lucarne.sqlite'));
const payload = JSON.stringify({ id: 'x'.repeat(36), name: 'vm', properties: { text: 'x'.repeat(600) } });
const insert = database.prepare(
  `INSERT INTO lucarne_outbox (target, message_id, event_type, priority, subject, stream, size, payload, recorded_at)
   VALUES ('messagingv2', ?, 'image.update', 'INFO', 'x', 'x', ${payload.length}, ?, '2026-01-01 00:00:00.000000')`,
);
database.exec('BEGIN');
for (let each = 0; each < undelivered; each += 1) insert.run(crypto.randomUUID(), payload);
database.exec('COMMIT');
const waiting = database.prepare('SELECT count(*) AS waiting FROM lucarne_outbox');
await rabbit.halt();
const service = await startLucarne({ config: configuration(rabbit.transportUrl), directory: first.directory });
await pause(5_000);
console.log(`${undelivered} undelivered: ${residentMiB(service)} MiB resident while the broker is gone`);
await rabbit.resume();
while (Number(waiting.get()?.['waiting']) === undelivered) await pause(10);
const begun = performance.now();
let most = 0;
while (Number(waiting.get()?.['waiting']) > 0) {
  most = Math.max(most, residentMiB(service));
  await pause(50);
}
const seconds = (performance.now() - begun) / 1000;
console.log(`delivered at ${Math.round(undelivered / seconds)} a second, at most ${most} MiB resident`);
database.close();
await service.stop();
await first.stop();
await rabbit.stop();
