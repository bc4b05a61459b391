/**
 * Notifications on a real RabbitMQ, read by a program that is not ours, and on a web service: what comes, and that
 * nothing is lost, and no request fails, whoever of the three is gone for a while.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createConnection as connectTcp, createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startConsumer } from './support/amqp-consumer.ts';
import type { AmqpConsumer, BusMessage } from './support/amqp-consumer.ts';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { longestMessageBytes, startRabbit } from './support/rabbitmq-server.ts';
import type { RunningRabbit } from './support/rabbitmq-server.ts';
import { startLucarne } from './support/running-server.ts';
import { testAuthority } from './support/test-certificates.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasBus = await requirePackages(packageGroups.messageBus);

const identity = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'alice',
  'x-project-id': 'p1',
  'x-roles': 'admin,member',
};

interface Sent {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(service: RunningLucarne, request: string, init: Sent = {}): Promise<Response> {
  const [method = '', path = ''] = request.split(' ');
  const headers = { ...identity, ...init.headers };
  const answer = await fetch(`${service.url}${path}`, {
    ...init,
    method,
    headers,
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${request}: ${answer.status} ${await answer.text()}`);
  return answer;
}

async function createImage(
  service: RunningLucarne,
  name = 'vm',
  properties: Readonly<Record<string, string>> = {},
): Promise<string> {
  const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare', ...properties });
  const answer = await send(service, 'POST /v2/images', { body, headers: { 'content-type': 'application/json' } });
  return ((await answer.json()) as { id: string }).id;
}

/** An image from its beginning to its end; gives its id. */
async function liveAndDie(service: RunningLucarne, name?: string): Promise<string> {
  const id = await createImage(service, name);
  const headers = { 'content-type': 'application/octet-stream' };
  await (await send(service, `PUT /v2/images/${id}/file`, { body: 'ten bytes!', headers })).text();
  await (await send(service, `PUT /v2/images/${id}/tags/told`)).text();
  await (await send(service, `GET /v2/images/${id}/file`)).text();
  await (await send(service, `DELETE /v2/images/${id}`)).text();
  return id;
}

/** That data were sent is told once the client has them all, which may be behind its next request: it stands last. */
const lifeOfAnImage = [
  'image.create queued',
  'image.update saving',
  'image.prepare saving',
  'image.upload active',
  'image.activate active',
  'image.update active',
  'image.update active',
  'image.delete deleted',
  'image.send undefined',
];

interface Told {
  readonly word: string;
  readonly messageId: string;
  readonly imageId: string;
}

function told({ body }: BusMessage): Told {
  const envelope = JSON.parse(body) as Record<string, string>;
  const message = JSON.parse(envelope['oslo.message'] ?? '') as Record<string, unknown>;
  const payload = message['payload'] as Record<string, unknown>;
  const imageId = String(payload['id'] ?? payload['image_id']);
  const word = `${String(message['event_type'])} ${String(payload['status'])}`;
  return { word, messageId: String(message['message_id']), imageId };
}

/** What was told of each image, in order, sending last; what came more than once under one id counts once. */
function storiesOf(messages: readonly BusMessage[]): ReadonlyMap<string, readonly string[]> {
  const seen = new Set<string>();
  const stories = new Map<string, string[]>();
  for (const { imageId, word, messageId } of messages.map(told)) {
    if (seen.has(messageId)) continue;
    seen.add(messageId);
    stories.set(imageId, [...(stories.get(imageId) ?? []), word]);
  }
  return new Map([...stories].map(([imageId, words]) => [imageId, sendingLast(words, (word) => word)]));
}

function sendingLast<T>(items: readonly T[], typeOf: (item: T) => unknown): readonly T[] {
  const isSending = (item: T) => String(typeOf(item)).includes('image.send');
  return [...items.filter((item) => !isSending(item)), ...items.filter(isSending)];
}

function storyOf(messages: readonly BusMessage[], imageId: string): readonly string[] {
  return storiesOf(messages).get(imageId) ?? [];
}

/** Whether everything has come that was told of these images. */
function areComplete(messages: readonly BusMessage[], imageIds: readonly string[]): boolean {
  const stories = storiesOf(messages);
  return imageIds.every((id) => (stories.get(id) ?? []).length >= lifeOfAnImage.length);
}

describe.runIf(hasBus)('Notifications on RabbitMQ', () => {
  let rabbit: RunningRabbit;
  let folder: string;
  beforeAll(async () => {
    rabbit = await startRabbit();
    folder = await mkdtemp(join(tmpdir(), 'lucarne-notifications-'));
  }, 180_000);
  afterAll(async () => {
    await rabbit?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Each test has a topic of its own, so that none reads what another left. */
  function configuration(topic: string, more = ''): string {
    return `[DEFAULT]
default_publisher_id = image.cloud.example
transport_url = rabbit://guest:guest@127.0.0.1:1,guest:guest@127.0.0.1:${rabbit.port}/
[paste_deploy]
flavor = trusted-auth
[database]
connection = sqlite:///${join(folder, `${topic}.sqlite`)}
[glance_store]
filesystem_store_datadir = ${join(folder, topic)}
[oslo_messaging_notifications]
driver = messagingv2
topics = ${topic}
[oslo_messaging_rabbit]
amqp_durable_queues = true
rabbit_interval_max = 1
${more}`;
  }

  function queuesOf(topic: string): readonly string[] {
    return [`${topic}.info`];
  }

  test('tell of the life of an image as oslo.messaging would', async () => {
    const service = await startLucarne({ config: configuration('life') });
    let consumer: AmqpConsumer | undefined;
    try {
      // Nobody listens yet: the queue keeps what comes.
      const id = await liveAndDie(service);
      consumer = startConsumer(rabbit.port, queuesOf('life'));
      await consumer.until((messages) => messages.length >= lifeOfAnImage.length);
      expect(storyOf(consumer.messages, id)).toEqual(lifeOfAnImage);
      const [first] = consumer.messages;
      expect(first).toMatchObject({
        exchange: 'glance',
        routing_key: 'life.info',
        content_type: 'application/json',
        content_encoding: 'utf-8',
        delivery_mode: 2,
        correlation_id: null,
      });
      const envelope = JSON.parse(first?.body ?? '') as Record<string, string>;
      expect(Object.keys(envelope)).toEqual(['oslo.version', 'oslo.message']);
      expect(envelope['oslo.version']).toBe('2.0');
      const message = JSON.parse(envelope['oslo.message'] ?? '') as Record<string, unknown>;
      expect(Object.keys(message)).toEqual([
        'message_id',
        'publisher_id',
        'event_type',
        'priority',
        'payload',
        'timestamp',
        '_unique_id',
      ]);
      expect(message).toMatchObject({
        publisher_id: 'image.cloud.example',
        event_type: 'image.create',
        priority: 'INFO',
      });
    } finally {
      await consumer?.stop();
      await service.stop();
    }
  });

  test('are all delivered when the broker is gone under load, and no request fails', async () => {
    const service = await startLucarne({ config: configuration('load') });
    const consumer = startConsumer(rabbit.port, queuesOf('load'));
    try {
      const ids = [await liveAndDie(service)];
      const worker = async (isOver: () => boolean) => {
        while (!isOver()) ids.push(await liveAndDie(service));
      };
      let isOver = false;
      const work = Promise.all([worker(() => isOver), worker(() => isOver)]);
      await consumer.until((messages) => messages.length > 20);
      await rabbit.halt();
      const withoutBroker = ids.length;
      await untilTrue(() => ids.length > withoutBroker + 5);
      await rabbit.resume();
      const withBroker = ids.length;
      await untilTrue(() => ids.length > withBroker + 5);
      isOver = true;
      await work;
      await consumer.until((messages) => areComplete(messages, ids));
      const stories = storiesOf(consumer.messages);
      for (const id of ids) expect(stories.get(id)).toEqual(lifeOfAnImage);
    } finally {
      await consumer.stop();
      await service.stop();
    }
  });

  test('are all delivered when the service is killed under load before it could', async () => {
    const config = configuration('kill');
    const first = await startLucarne({ config });
    const ids: string[] = [];
    const worker = async (): Promise<never> => {
      for (;;) ids.push(await liveAndDie(first));
    };
    const work = Promise.allSettled([worker(), worker()]);
    try {
      await untilTrue(() => ids.length > 3);
      await rabbit.halt();
      const withoutBroker = ids.length;
      await untilTrue(() => ids.length > withoutBroker + 5);
    } finally {
      await first.halt('SIGKILL');
      await rabbit.resume();
    }
    // Whatever was under way has failed; what was answered before must be told.
    await work;
    const second = await startLucarne({ config });
    const consumer = startConsumer(rabbit.port, queuesOf('kill'));
    try {
      await consumer.until((messages) => areComplete(messages, ids));
      const stories = storiesOf(consumer.messages);
      for (const id of ids) expect(stories.get(id)).toEqual(lifeOfAnImage);
    } finally {
      await consumer.stop();
      await second.stop();
      await first.stop();
    }
  }, 240_000);

  test('wait while the broker is short of memory, over one connection, and no request fails', async () => {
    const service = await startLucarne({ config: configuration('starved') });
    const consumer = startConsumer(rabbit.port, queuesOf('starved'));
    const connections = () => rabbit.logs().split('accepting AMQP connection').length;
    try {
      const ids = [await liveAndDie(service)];
      await consumer.until((messages) => areComplete(messages, ids));
      const before = connections();
      await rabbit.starve(true);
      const refused = () => service.logs().split('it is short of memory or disk').length - 1;
      while (refused() < 3) ids.push(await liveAndDie(service));
      expect(connections()).toBe(before);
      await rabbit.starve(false);
      await consumer.until((messages) => areComplete(messages, ids));
      const stories = storiesOf(consumer.messages);
      for (const id of ids) expect(stories.get(id)).toEqual(lifeOfAnImage);
    } finally {
      await rabbit.starve(false);
      await consumer.stop();
      await service.stop();
    }
  }, 240_000);

  test('that are larger than the broker allows are given up, and hold up no other', async () => {
    const service = await startLucarne({ config: configuration('large') });
    const consumer = startConsumer(rabbit.port, queuesOf('large'));
    try {
      await rabbit.halt();
      const first = await liveAndDie(service);
      const names = Array.from({ length: 1 + longestMessageBytes / 60_000 }, (_, index) => `p${index}`);
      const large = Object.fromEntries(names.map((name) => [name, 'x'.repeat(60_000)]));
      const id = await createImage(service, 'large', large);
      const ids = [first, await liveAndDie(service)];
      await rabbit.resume();
      await consumer.until((messages) => areComplete(messages, ids));
      await untilTrue(() => service.logs().includes('notification refused by its receiver'));
      expect(service.logs()).toMatch(/larger than configured max size/);
      const stories = storiesOf(consumer.messages);
      for (const each of ids) expect(stories.get(each)).toEqual(lifeOfAnImage);
      expect(stories.has(id)).toBe(false);
    } finally {
      await consumer.stop();
      await service.stop();
    }
  }, 240_000);

  test('wait for a broker that falls silent; the service ends all the same', async () => {
    let isSilent = true;
    const middle = createTcpServer((socket) => {
      const broker = connectTcp(rabbit.port, '127.0.0.1');
      // The first three answers of the broker open the connection.
      let answers = 0;
      broker.on('data', (data) => {
        answers += 1;
        if (answers <= 3 || !isSilent) socket.write(data);
      });
      socket.on('data', (data) => broker.write(data));
      socket.on('error', () => undefined).on('close', () => broker.destroy());
      broker.on('error', () => undefined).on('close', () => socket.destroy());
    });
    await new Promise<void>((resolve) => middle.listen(0, '127.0.0.1', resolve));
    const { port } = middle.address() as AddressInfo;
    const config = configuration('silent', 'heartbeat_timeout_threshold = 0\n').replace(
      `:${rabbit.port}/`,
      `:${port}/`,
    );
    const first = await startLucarne({ config });
    const consumer = startConsumer(rabbit.port, queuesOf('silent'));
    try {
      const id = await liveAndDie(first);
      await untilTrue(() => first.logs().includes('did not answer in time'));
      await first.halt();
      expect(first.process.signalCode).toBeNull();
      isSilent = false;
      const second = await startLucarne({ config });
      try {
        await consumer.until((messages) => areComplete(messages, [id]));
      } finally {
        await second.stop();
      }
      expect(storyOf(consumer.messages, id)).toEqual(lifeOfAnImage);
    } finally {
      await consumer.stop();
      await first.stop();
      middle.close();
    }
  }, 240_000);

  test('go through an exchange and queues that somebody made otherwise', async () => {
    // Durable ones are there from the tests before.
    const config = configuration('life').replace('amqp_durable_queues = true', 'amqp_durable_queues = false');
    const service = await startLucarne({ config });
    const consumer = startConsumer(rabbit.port, queuesOf('life'));
    try {
      const id = await liveAndDie(service);
      await consumer.until((messages) => storyOf(messages, id).length >= lifeOfAnImage.length);
    } finally {
      await consumer.stop();
      await service.stop();
    }
  });

  test('go through an encrypted connection to a broker whose certificate is good, and to no other', async () => {
    const authority = join(folder, 'authority.pem');
    await writeFile(authority, testAuthority);
    const encrypted = (more: string) =>
      configuration('tls', `ssl = true\n${more}`).replace(`:${rabbit.port}/`, `:${rabbit.tlsPort}/`);
    const distrusting = await startLucarne({ config: encrypted('') });
    const consumer = startConsumer(rabbit.port, queuesOf('tls'));
    try {
      const id = await liveAndDie(distrusting);
      await untilTrue(() => distrusting.logs().includes('unable to verify the first certificate'));
      await distrusting.halt();
      const trusting = await startLucarne({ config: encrypted(`ssl_ca_file = ${authority}\n`) });
      try {
        const other = await liveAndDie(trusting);
        await consumer.until((messages) => storyOf(messages, other).length >= lifeOfAnImage.length);
        expect(storyOf(consumer.messages, id)).toEqual(lifeOfAnImage);
      } finally {
        await trusting.stop();
      }
    } finally {
      await consumer.stop();
      await distrusting.stop();
    }
  });

  test('of two processes that share a database come once each, and those of an image in order', async () => {
    const config = configuration('pair');
    const one = await startLucarne({ config });
    const other = await startLucarne({ config });
    const consumer = startConsumer(rabbit.port, queuesOf('pair'));
    try {
      const ids = await Promise.all(
        [one, other, one, other].map(async (service) => {
          const mine: string[] = [];
          for (let each = 0; each < 5; each += 1) mine.push(await liveAndDie(service));
          return mine;
        }),
      );
      const all = ids.flat();
      // An image whose record is made by one process and whose data come to the other.
      const shared = await createImage(one);
      const headers = { 'content-type': 'application/octet-stream' };
      await (await send(other, `PUT /v2/images/${shared}/file`, { body: 'ten bytes!', headers })).text();
      await (await send(one, `DELETE /v2/images/${shared}`)).text();
      await consumer.until(
        (messages) => storyOf(messages, shared).includes('image.delete deleted') && areComplete(messages, all),
      );
      const stories = storiesOf(consumer.messages);
      for (const id of all) expect(stories.get(id)).toEqual(lifeOfAnImage);
      const messageIds = consumer.messages.map((message) => told(message).messageId);
      expect(new Set(messageIds).size).toBe(messageIds.length);
    } finally {
      await consumer.stop();
      await one.stop();
      await other.stop();
    }
  });
});

async function untilTrue(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !holds(); await pause(20)) {
    if (Date.now() > deadline) throw new Error('What was waited for did not happen.');
  }
}

type Verification = (secret: string, headers: IncomingHttpHeaders, body: string) => boolean;

/** What docs/notifications.md gives to receivers. */
async function documentedVerification(): Promise<Verification> {
  const page = await readFile(join(import.meta.dirname, '../docs/notifications.md'), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  const { verify } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { verify: Verification };
  return verify;
}

interface Hook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('Notifications to web services', () => {
  let server: Server;
  const hooks: Hook[] = [];
  /** What the next requests are answered with; then 204. */
  const answers: number[] = [];
  const secret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const status = answers.shift() ?? 204;
          if (status === 204) hooks.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
          response.writeHead(status, { location: '/elsewhere' }).end();
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('are signed, in order, tried again, and one that is dead stops no other', async () => {
    const { port } = server.address() as AddressInfo;
    const service = await startLucarne({
      config: `[paste_deploy]
flavor = trusted-auth
[lucarne]
webhook_urls = http://127.0.0.1:1/dead, http://127.0.0.1:${port}/hook?tenant=7
webhook_secret = ${secret}
webhook_events = image.*
`,
    });
    try {
      answers.push(503, 302, 429);
      const id = await liveAndDie(service);
      await untilTrue(() => hooks.length >= lifeOfAnImage.length);
      const told = hooks.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
      const events = sendingLast(told, ({ type }) => type);
      const types = lifeOfAnImage.map((word) => `org.openstack.image.${word.split(' ')[0] ?? ''}`);
      expect(events.map(({ type }) => type)).toEqual(types);
      const [first] = hooks;
      expect(first?.headers).toMatchObject({ 'content-type': 'application/cloudevents+json; charset=utf-8' });
      expect(events[0]).toMatchObject({
        specversion: '1.0',
        id: first?.headers['webhook-id'],
        source: 'image.localhost',
        subject: id,
        datacontenttype: 'application/json',
        priority: 'info',
        data: { id, name: 'vm', status: 'queued' },
      });
      const verify = await documentedVerification();
      for (const { headers, body } of hooks) {
        expect(verify(secret, headers, body)).toBe(true);
        expect(verify('whsec_YW5vdGhlciBrZXk=', headers, body)).toBe(false);
        expect(verify(secret, headers, `${body} `)).toBe(false);
        expect(verify(secret, { ...headers, 'webhook-timestamp': '1500000000' }, body)).toBe(false);
      }
      expect(service.logs()).not.toContain(secret);
    } finally {
      await service.stop();
    }
  });
});
