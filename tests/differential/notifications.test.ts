/**
 * What Glance and Lucarne send over one RabbitMQ while the same is done with each: the same messages in the same order,
 * with the same members of the same types. Where they differ on purpose stands in docs/compat.md.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startConsumer } from '../support/amqp-consumer.ts';
import type { AmqpConsumer, BusMessage } from '../support/amqp-consumer.ts';
import { packageGroups, requirePackages } from '../support/debian-packages.ts';
import { startRabbit } from '../support/rabbitmq-server.ts';
import type { RunningRabbit } from '../support/rabbitmq-server.ts';
import { startGlanceOracle } from './support/glance-oracle.ts';
import { startLucarneUnderTest } from './support/lucarne-under-test.ts';
import type { IniSections } from './support/service-options.ts';
import type { RunningService } from './support/service-process.ts';
import { startWebServer } from './support/web-server.ts';

const hasPrograms = await requirePackages([...packageGroups.glance, ...packageGroups.messageBus]);

const identity = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'alice',
  'x-project-id': 'p1',
  'x-roles': 'admin,member',
};

type Json = Readonly<Record<string, unknown>>;

async function send(
  service: RunningService,
  request: string,
  json?: unknown,
  type = 'application/json',
): Promise<Json> {
  const [method = '', path = ''] = request.split(' ');
  const body = json === undefined ? null : typeof json === 'string' ? json : JSON.stringify(json);
  const headers = { ...identity, ...(body === null ? {} : { 'content-type': type }) };
  const answer = await fetch(`${service.baseUrl}${path}`, { method, headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${request}: ${answer.status} ${text}`);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

function create(service: RunningService, attributes: Json = {}): Promise<string> {
  const json = {
    name: 'vm',
    disk_format: 'raw',
    container_format: 'bare',
    hw_bus: 'scsi',
    tags: ['one'],
    ...attributes,
  };
  return send(service, 'POST /v2/images', json).then(({ id }) => String(id));
}

const octets = 'application/octet-stream';
const patches = 'application/openstack-images-v2.1-json-patch';

async function lifeOfAnImage(service: RunningService): Promise<void> {
  const id = await create(service);
  await send(service, `PUT /v2/images/${id}/file`, 'ten bytes!', octets);
  await send(service, `PATCH /v2/images/${id}`, [{ op: 'add', path: '/os', value: 'plan9' }], patches);
  await send(service, `PUT /v2/images/${id}/tags/two`);
  await send(service, `DELETE /v2/images/${id}/tags/two`);
  await send(service, `GET /v2/images/${id}/file`);
  await send(service, `POST /v2/images/${id}/members`, { member: 'p2' });
  await send(service, `DELETE /v2/images/${id}/members/p2`);
  await send(service, `POST /v2/images/${id}/actions/deactivate`);
  await send(service, `POST /v2/images/${id}/actions/reactivate`);
  await send(service, `DELETE /v2/images/${id}`);
}

/** Some of what a definition may say that counts as false in Python. */
const values = { minimum: 0, maxLength: 0, uniqueItems: false, pattern: '', default: '' };

async function metadataDefinitions(service: RunningService): Promise<void> {
  const root = '/v2/metadefs/namespaces';
  await send(service, `POST ${root}`, {
    namespace: 'first',
    display_name: 'Shown',
    resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_' }],
    properties: { one: { title: 'One', type: 'string', enum: ['a'], ...values } },
    objects: [
      { name: 'object', required: ['cores'], properties: { cores: { title: 'Cores', type: 'integer', ...values } } },
    ],
    tags: [{ name: 'old' }],
  });
  await send(service, `PUT ${root}/first/properties/one`, { name: 'uno', title: 'Uno', type: 'string', ...values });
  await send(service, `PUT ${root}/first/objects/object`, { name: 'thing', properties: {} });
  await send(service, `PUT ${root}/first/tags/old`, { name: 'older' });
  await send(service, `POST ${root}/first/tags`, { tags: [{ name: 'a' }] });
  await send(service, `DELETE ${root}/first/tags/a`);
  await send(service, `DELETE ${root}/first/objects/thing`);
  await send(service, `DELETE ${root}/first/properties/uno`);
  await send(service, `DELETE ${root}/first/resource_types/OS::Glance::Image`);
  await send(service, `PUT ${root}/first`, { namespace: 'second' });
  await send(service, `DELETE ${root}/second/tags`);
  await send(service, `DELETE ${root}/second/objects`);
  await send(service, `DELETE ${root}/second/properties`);
  await send(service, `DELETE ${root}/second`);
}

async function anImport(service: RunningService): Promise<void> {
  const id = await create(service);
  await send(service, `PUT /v2/images/${id}/stage`, 'ten bytes!', octets);
  await send(service, `POST /v2/images/${id}/import`, { method: { name: 'glance-direct' }, stores: ['fast', 'slow'] });
  for (const deadline = Date.now() + 60_000; ; await pause(50)) {
    const image = await send(service, `GET /v2/images/${id}`);
    if (image['status'] === 'active' && !('os_glance_import_task' in image)) return;
    if (Date.now() > deadline) throw new Error(`The import did not end: ${JSON.stringify(image)}`);
  }
}

interface Seen {
  readonly type: string;
  /** Everything about the message but its values. */
  readonly shape: unknown;
}

function seen({ body, exchange, content_type, content_encoding, delivery_mode }: BusMessage): Seen {
  const envelope = JSON.parse(body) as Record<string, string>;
  const { payload, ...message } = JSON.parse(envelope['oslo.message'] ?? '') as Json;
  const { event_type, priority, publisher_id } = message;
  const { status, name, namespace, name_old, deleted, visibility } = payload as Json;
  const values = { event_type, priority, publisher_id, status, name, namespace, name_old, deleted, visibility };
  const properties = { exchange, content_type, content_encoding, delivery_mode };
  const members = { envelope: Object.keys(envelope).toSorted(), message: shapeOf(message) };
  return { type: String(event_type), shape: { ...values, ...properties, ...members, payload: shapeOf(payload) } };
}

function withoutExpiry({ type, shape }: Seen): Seen {
  const { payload, ...rest } = shape as Json;
  const { expires_at: _, ...members } = payload as Json;
  return { type, shape: { ...rest, payload: members } };
}

/** It is told once the client has all of the data, which may be behind the next request of the client. */
function sendingLast(all: readonly Seen[]): Seen[] {
  const isSending = ({ type }: Seen) => type === 'image.send';
  return [...all.filter((each) => !isSending(each)), ...all.filter(isSending)];
}

/** The names of members and the types of values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, shapeOf(member)]));
}

describe.runIf(hasPrograms)('Notifications of Glance and Lucarne are the same', () => {
  let rabbit: RunningRabbit;
  let glance: RunningService;
  let lucarne: RunningService;
  let ofGlance: AmqpConsumer;
  let ofLucarne: AmqpConsumer;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    rabbit = await startRabbit();
    ends.push(rabbit.stop);
    const web = await startWebServer();
    ends.push(() => web.stop());
    glance = await startGlanceOracle('multi-store', web.port, notifying('glance'));
    ends.push(() => glance.stop());
    lucarne = await startLucarneUnderTest('multi-store', web.port, notifying('lucarne'));
    ends.push(() => lucarne.stop());
    ofGlance = startConsumer(rabbit.port, ['glance.info']);
    ends.push(() => ofGlance.stop());
    ofLucarne = startConsumer(rabbit.port, ['lucarne.info']);
    ends.push(() => ofLucarne.stop());
  }, 300_000);
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  function notifying(topics: string): IniSections {
    return {
      DEFAULT: { transport_url: rabbit.transportUrl },
      oslo_messaging_notifications: { driver: 'messagingv2', topics },
    };
  }

  /**
   * What both send while it is done with each. A last image shows that nothing more comes, but for what may come late,
   * which is waited for.
   */
  async function toldOf(
    act: (service: RunningService) => Promise<void>,
    late: readonly string[],
  ): Promise<Record<'glance' | 'lucarne', Seen[]>> {
    const told = async (service: RunningService, consumer: AmqpConsumer) => {
      const before = consumer.messages.length;
      await act(service);
      await consumer.until((messages) => {
        const types = messages.slice(before).map((message) => seen(message).type);
        return late.every((type) => types.includes(type));
      });
      const last = await create(service, { name: 'the last' });
      await consumer.until((messages) => messages.some(({ body }) => body.includes(last)));
      const end = consumer.messages.findIndex(({ body }) => body.includes(last));
      return sendingLast(consumer.messages.slice(before, end).map(seen));
    };
    return { glance: await told(glance, ofGlance), lucarne: await told(lucarne, ofLucarne) };
  }

  test.each([
    ['in the life of an image', lifeOfAnImage, ['image.send']],
    ['of metadata definitions', metadataDefinitions, []],
  ])('%s', async (_, act, late) => {
    const told = await toldOf(act, late);
    expect(told.lucarne.map(({ type }) => type)).toEqual(told.glance.map(({ type }) => type));
    expect(told.lucarne).toEqual(told.glance);
  });

  test('of an import, but for how often the record is saved and when the task is told to run', async () => {
    const told = await toldOf(anImport, ['task.run', 'task.success']);
    // Glance tells that a task runs whenever its own thread comes to it, and when the record expires before it is over.
    const compared = (all: readonly Seen[]) =>
      all.filter(({ type }) => type !== 'image.update' && type !== 'task.run').map(withoutExpiry);
    expect(compared(told.lucarne)).toEqual(compared(told.glance));
    for (const all of [told.glance, told.lucarne]) {
      expect(all.filter(({ type }) => type === 'task.run')).toHaveLength(1);
      expect(all.some(({ type }) => type === 'image.update')).toBe(true);
    }
  });
});
