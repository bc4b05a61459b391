import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WaitingNotification } from '../../ports/event-outbox.ts';
import { systemClock } from '../system/system-clock.ts';
import { webhookTarget } from './webhook-target.ts';

let server: Server;
/** What a request of that id is answered with; 204 when nothing is said, nothing at all for 0. */
let answers: Map<string, number>;
let received: string[];
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    const id = String(request.headers['webhook-id']);
    received.push(`${request.method} ${request.url} ${id}`);
    const status = answers.get(id) ?? 204;
    if (status > 0) response.writeHead(status, { location: '/redirected' }).end('of no interest');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  answers = new Map();
  received = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function notification(messageId: string, stream = 'one'): WaitingNotification {
  return {
    position: 1,
    messageId,
    type: 'image.update',
    priority: 'INFO',
    payloadJson: '{}',
    subject: stream,
    stream,
    recordedAt: new Date('2026-03-01T09:30:00.250Z'),
  };
}

async function sent(notifications: readonly WaitingNotification[], mayGoOn = () => true) {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook`;
  const target = webhookTarget({ url, key: Buffer.from('key'), source: 's', timeoutSeconds: 1, clock: systemClock });
  const { delivered, refused, failed, failure } = await target.send(notifications, mayGoOn);
  const ids = (some: readonly WaitingNotification[]) => some.map(({ messageId }) => messageId);
  return {
    delivered: ids(delivered),
    refused: ids(refused.map((each) => each.notification)),
    failed: ids(failed),
    failure: failure instanceof Error ? failure.message : failure,
  };
}

describe('A web service that is told of events', () => {
  test('gets those of a stream in order', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    expect(await sent(ids.map((id) => notification(id)))).toMatchObject({ delivered: ids, failed: [], failure: null });
    expect(received).toEqual(ids.map((id) => `POST /hook ${id}`));
  });

  test.each([500, 503, 429, 404, 401, 301, 307, 0])(
    'that answers %d gets nothing more of the stream',
    async (status) => {
      answers.set('b', status);
      const report = await sent([notification('a'), notification('b'), notification('c')]);
      expect(report).toMatchObject({ delivered: ['a'], refused: [], failed: ['b'] });
      expect(report.failure).not.toBeNull();
      expect(received).toEqual(['POST /hook a', 'POST /hook b']);
    },
  );

  test.each([400, 413, 415, 422])('that answers %d never gets that event again', async (status) => {
    answers.set('b', status);
    expect(await sent([notification('a'), notification('b'), notification('c')])).toEqual({
      delivered: ['a', 'c'],
      refused: ['b'],
      failed: [],
      failure: null,
    });
  });

  test('that cannot take one event gets those of other streams', async () => {
    answers.set('3/first', 500);
    const streams = Array.from({ length: 40 }, (_, index) => String(index));
    const events = ['first', 'second'].flatMap((each) => streams.map((name) => notification(`${name}/${each}`, name)));
    const report = await sent(events);
    expect(report.failed).toEqual(['3/first']);
    expect(report.delivered).toHaveLength(78);
    expect(received).not.toContain('POST /hook 3/second');
  });

  test('that takes nothing is not asked for every stream', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => String(index));
    for (const id of ids) answers.set(id, 500);
    const report = await sent(ids.map((id) => notification(id, id)));
    expect(report.delivered).toEqual([]);
    expect(received.length).toBeLessThan(20);
  });

  test('gets nothing more once there is no time', async () => {
    let calls = 0;
    const report = await sent([notification('a'), notification('b'), notification('c')], () => (calls += 1) <= 2);
    expect(report).toEqual({ delivered: ['a', 'b'], refused: [], failed: [], failure: null });
  });

  test('that is not there fails, and its address is not told', async () => {
    const target = webhookTarget({
      url: 'http://127.0.0.1:1/hunter2',
      key: Buffer.from('key'),
      source: 's',
      timeoutSeconds: 1,
      clock: systemClock,
    });
    const { delivered, failed, failure } = await target.send([notification('a')], () => true);
    expect([delivered.length, failed.length]).toEqual([0, 1]);
    expect(String(failure) + String((failure as Error).cause)).not.toContain('hunter2');
  });
});
