/** What every outbox must do, as its port promises it: for those who record, and for those who deliver. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Notification, NotificationType } from '../domain/notifications/notification.ts';
import type { RoutingRule } from '../domain/notifications/routing.ts';
import type { EventOutbox, OutboxQueue } from './event-outbox.ts';

export interface OpenedOutbox {
  readonly events: EventOutbox;
  readonly queue: OutboxQueue;
  /** The same outbox, as another process sees it. */
  readonly elsewhere: OutboxQueue;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Whom an outbox under test records for, and what it does not record at all. */
export const outboxTargets: readonly { readonly id: string; readonly rules: readonly RoutingRule[] }[] = [
  { id: 'bus', rules: [{}] },
  { id: 'hook', rules: [{ acceptedEvents: ['image.*'], acceptedPriorities: ['error'] }] },
];
export const outboxDisabled = ['task'];

export function sampleNotification(type: NotificationType, overrides: Partial<Notification> = {}): Notification {
  return { type, priority: 'INFO', payload: { id: 'x' }, subject: 'x', stream: 'x', ...overrides };
}

const now = new Date('2026-03-01T09:30:00.250Z');
const later = new Date('2026-03-01T09:31:00.250Z');
const lease = { target: 'bus', holder: '00000000-0000-4000-8000-00000000000a', expiresAt: later };
const rival = { ...lease, holder: '00000000-0000-4000-8000-00000000000b' };

export function describeOutboxConformance(name: string, open: () => Promise<OpenedOutbox>): void {
  describe(`${name} as an outbox`, () => {
    let outbox: OpenedOutbox;
    beforeAll(async () => void (outbox = await open()));
    beforeEach(() => outbox.clear());
    afterAll(() => outbox.close());

    async function publish(count: number): Promise<void> {
      for (let each = 0; each < count; each += 1) {
        await outbox.events.publish([sampleNotification('image.update', { payload: { number: each } })]);
      }
    }

    async function payloads(target: string): Promise<readonly unknown[]> {
      return (await outbox.queue.list(target, 1000)).map(({ payloadJson }) => JSON.parse(payloadJson) as unknown);
    }

    test('keeps notifications as they were told, in their order', async () => {
      const payload = { size: JSON.rawJSON('12345678901234567890'), name: 'grüße', none: null };
      await outbox.events.publish([
        sampleNotification('image.create', { payload }),
        sampleNotification('image.upload', { payload: 'it failed', priority: 'ERROR', subject: 's', stream: 't' }),
      ]);
      const [first, second] = await outbox.queue.list('bus', 10);
      expect(first?.payloadJson).toBe('{"size":12345678901234567890,"name":"grüße","none":null}');
      expect(second).toMatchObject({ type: 'image.upload', priority: 'ERROR', subject: 's', stream: 't' });
      expect(second?.payloadJson).toBe('"it failed"');
      expect(second?.position).toBeGreaterThan(first?.position ?? Infinity);
      expect(first?.messageId).toMatch(/^[0-9a-f-]{36}$/);
      expect(first?.recordedAt).toBeInstanceOf(Date);
    });

    test('has a copy for each target that wants one, under one id', async () => {
      const failure = sampleNotification('image.upload', { priority: 'ERROR' });
      await outbox.events.publish([sampleNotification('image.create'), failure, sampleNotification('task.run')]);
      const [bus, hook] = [await outbox.queue.list('bus', 10), await outbox.queue.list('hook', 10)];
      expect(bus.map(({ type }) => type)).toEqual(['image.create', 'image.upload']);
      expect(hook.map(({ type }) => type)).toEqual(['image.upload']);
      expect(hook[0]?.messageId).toBe(bus[1]?.messageId);
      await outbox.queue.remove('bus', bus);
      expect(await outbox.queue.list('hook', 10)).toEqual(hook);
    });

    test('lists no more than is asked for, and not much more than 4 MiB', async () => {
      await publish(5);
      expect(await outbox.queue.list('bus', 3)).toHaveLength(3);
      await outbox.clear();
      const payload = { text: 'x'.repeat(1024 * 1024) };
      for (let each = 0; each < 6; each += 1)
        await outbox.events.publish([sampleNotification('image.update', { payload })]);
      const listed = await outbox.queue.list('bus', 10);
      expect(listed.length).toBeGreaterThan(2);
      expect(listed.length).toBeLessThan(6);
    });

    test('forgets what is removed, also when it is removed twice', async () => {
      await publish(700);
      const waiting = await outbox.queue.list('bus', 1000);
      await outbox.queue.remove('bus', waiting.slice(0, 699));
      await outbox.elsewhere.remove('bus', waiting.slice(0, 10));
      expect(await payloads('bus')).toEqual([{ number: 699 }]);
      expect(await outbox.queue.count('bus')).toBe(1);
      await outbox.queue.remove('bus', []);
    });

    test('does not remove a newer notification that got the place of an older one', async () => {
      await publish(1);
      const old = await outbox.queue.list('bus', 1);
      await outbox.queue.remove('bus', old);
      await outbox.events.publish([sampleNotification('image.create')]);
      const [fresh] = await outbox.queue.list('bus', 1);
      await outbox.queue.remove(
        'bus',
        old.map((each) => ({ ...each, position: fresh?.position ?? 0 })),
      );
      expect(await outbox.queue.count('bus')).toBe(1);
    });

    test('lets one at a time deliver to a target, and another one once its time is over', async () => {
      const { queue, elsewhere } = outbox;
      expect(await queue.hold(lease, now)).toBe(true);
      expect(await elsewhere.hold(rival, now)).toBe(false);
      expect(await elsewhere.hold({ ...rival, target: 'hook' }, now)).toBe(true);
      expect(await queue.hold({ ...lease, expiresAt: new Date(later.getTime() + 1) }, now)).toBe(true);
      expect(await elsewhere.hold(rival, later)).toBe(false);
      expect(await elsewhere.hold(rival, new Date(later.getTime() + 1))).toBe(true);
      await queue.release(lease);
      expect(await queue.hold(lease, now)).toBe(false);
      await elsewhere.release(rival);
      expect(await queue.hold(lease, now)).toBe(true);
    });

    test('lets one of many who ask at the same time deliver', async () => {
      const asked = Array.from({ length: 8 }, (_, index) => {
        const queue = index % 2 === 0 ? outbox.queue : outbox.elsewhere;
        return queue.hold({ ...lease, holder: `00000000-0000-4000-8000-00000000000${index}` }, now);
      });
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
    });

    test('drops the oldest where too many wait, and tells how many', async () => {
      await publish(10);
      expect(await outbox.queue.trim('bus', { notifications: 10, characters: 1000 })).toBe(0);
      expect(await outbox.queue.trim('bus', { notifications: 4, characters: 1000 })).toBe(6);
      expect(await payloads('bus')).toEqual([{ number: 6 }, { number: 7 }, { number: 8 }, { number: 9 }]);
      expect(await outbox.queue.trim('hook', { notifications: 0, characters: 0 })).toBe(0);
      // Twelve characters each.
      expect(await outbox.queue.trim('bus', { notifications: 4, characters: 35 })).toBe(2);
      expect(await payloads('bus')).toEqual([{ number: 8 }, { number: 9 }]);
    });

    test('drops what nobody will deliver', async () => {
      await outbox.events.publish([sampleNotification('image.upload', { priority: 'ERROR' })]);
      const [{ recordedAt } = { recordedAt: now }] = await outbox.queue.list('bus', 1);
      const after = new Date(recordedAt.getTime() + 1000);
      expect(await outbox.queue.discardOthers(['bus', 'hook'], after)).toBe(0);
      expect(await outbox.queue.discardOthers(['hook'], recordedAt)).toBe(0);
      expect(await outbox.queue.discardOthers(['hook'], after)).toBe(1);
      expect(await outbox.queue.count('hook')).toBe(1);
      expect(await outbox.queue.discardOthers([], after)).toBe(1);
    });
  });
}
