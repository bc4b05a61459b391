import { describe, expect, test } from 'vitest';
import type { WaitingNotification } from '../../ports/event-outbox.ts';
import { sampleNotification } from '../../ports/event-outbox.conformance.ts';
import { countedIds, startFakeClock } from '../../ports/fake-clock.testing.ts';
import { openMemoryOutbox } from '../../ports/memory-outbox.testing.ts';
import type { DeliveryReport, NotificationTarget } from '../../ports/notification-target.ts';
import { startDelivery } from './deliver.ts';
import type { DeliveryPlan } from './deliver.ts';

type Outcome = 'take' | 'refuse' | 'fail';

/** A target that does with each notification what `decide` says, and remembers what it took. */
function openTarget(decide: (notification: WaitingNotification) => Outcome = () => 'take') {
  const taken: WaitingNotification[] = [];
  let tries = 0;
  let isClosed = false;
  const target: NotificationTarget = {
    async send(notifications, mayGoOn): Promise<DeliveryReport> {
      tries += 1;
      const going = mayGoOn() ? notifications : [];
      const of = (outcome: Outcome) => going.filter((notification) => decide(notification) === outcome);
      const failed = of('fail');
      taken.push(...of('take'));
      return {
        delivered: of('take'),
        refused: of('refuse').map((notification) => ({ notification, reason: 'it answered 400' })),
        failed,
        failure: failed.length === 0 ? null : new Error('nobody there'),
      };
    },
    close: async () => void (isClosed = true),
  };
  return { target, taken, tries: () => tries, isClosed: () => isClosed };
}

function openDelivery() {
  const clock = startFakeClock();
  const ids = countedIds();
  const outbox = openMemoryOutbox(clock, ids);
  const reported: string[] = [];
  const report = (event: string) => void reported.push(event);
  const deliver = (target: NotificationTarget, plan: Partial<DeliveryPlan> = {}) =>
    startDelivery(
      { outbox, clock, ids, inform: report, report },
      { id: 'bus', target, tries: null, pauseSeconds: () => 5, mostWaiting: 100_000, ...plan },
    );
  const publish = (...numbers: readonly number[]) =>
    outbox.publish(numbers.map((number) => sampleNotification('image.update', { payload: { number } })));
  return { clock, outbox, reported, deliver, publish };
}

function numbersOf(notifications: readonly WaitingNotification[]): readonly unknown[] {
  return notifications.map(({ payloadJson }) => (JSON.parse(payloadJson) as { number: unknown }).number);
}

describe('Delivery', () => {
  test('sends what waits, in its order, and once', async () => {
    const { clock, deliver, publish } = openDelivery();
    const { target, taken, tries } = openTarget();
    await publish(1, 2);
    deliver(target);
    await clock.advance(1);
    await publish(3);
    await clock.advance(60);
    expect(numbersOf(taken)).toEqual([1, 2, 3]);
    expect(tries()).toBe(2);
  });

  test('sends more than fits in one go without a pause', async () => {
    const { clock, deliver, publish } = openDelivery();
    const { target, taken } = openTarget();
    const numbers = Array.from({ length: 1300 }, (_, index) => index);
    await publish(...numbers);
    deliver(target);
    await clock.advance(0.2);
    expect(numbersOf(taken)).toEqual(numbers);
  });

  test('tries again what failed, after a pause, under the same id', async () => {
    const { clock, outbox, reported, deliver, publish } = openDelivery();
    const seen: string[] = [];
    let isBroken = true;
    const { target, taken } = openTarget(({ messageId }) => {
      seen.push(messageId);
      return isBroken ? 'fail' : 'take';
    });
    await publish(1);
    deliver(target);
    await clock.advance(1);
    expect(new Set(reported)).toEqual(new Set(['notifications not delivered']));
    isBroken = false;
    await clock.advance(3);
    expect(taken).toEqual([]);
    await clock.advance(3);
    expect(numbersOf(taken)).toEqual([1]);
    expect(new Set(seen).size).toBe(1);
    expect(reported.at(-1)).toBe('notifications are delivered again');
    expect(await outbox.count('bus')).toBe(0);
  });

  test('waits ever longer for a receiver that takes nothing, and not for one that takes some', async () => {
    const { clock, deliver, publish } = openDelivery();
    const { target, taken, tries } = openTarget(({ payloadJson }) =>
      payloadJson.includes('"number":1') ? 'fail' : 'take',
    );
    await publish(1);
    deliver(target, { pauseSeconds: (failures) => 10 ** failures });
    await clock.advance(30);
    expect(tries()).toBe(2);
    await publish(2);
    await clock.advance(85);
    await publish(3);
    await clock.advance(11);
    expect(numbersOf(taken)).toEqual([2, 3]);
  });

  test.each([
    [1, 1],
    [3, 3],
  ])('with %d tries gives up what failed so often, says so, and goes on with the rest', async (tries, expected) => {
    const { clock, reported, deliver, publish } = openDelivery();
    const {
      target,
      taken,
      tries: tried,
    } = openTarget(({ payloadJson }) => (payloadJson.includes('"number":1') ? 'fail' : 'take'));
    await publish(1);
    deliver(target, { tries });
    await clock.advance(60);
    expect(tried()).toBe(expected);
    await publish(2);
    await clock.advance(60);
    expect(reported.filter((event) => event === 'notification given up')).toHaveLength(1);
    expect(numbersOf(taken)).toEqual([2]);
  });

  test('drops what the receiver will never take, and says so', async () => {
    const { clock, outbox, reported, deliver, publish } = openDelivery();
    const { target, taken } = openTarget(({ payloadJson }) => (payloadJson.includes('2') ? 'refuse' : 'take'));
    await publish(1, 2, 3);
    deliver(target);
    await clock.advance(1);
    expect(numbersOf(taken)).toEqual([1, 3]);
    expect(reported).toEqual(['notification refused by its receiver']);
    expect(await outbox.count('bus')).toBe(0);
  });

  test('is one at a time, and another process goes on when one has died', async () => {
    const { clock, outbox, deliver, publish } = openDelivery();
    const { target, taken } = openTarget();
    const dead = { target: 'bus', holder: 'dead', expiresAt: new Date(clock.now().getTime() + 30_000) };
    expect(await outbox.hold(dead, clock.now())).toBe(true);
    await publish(1);
    deliver(target);
    await clock.advance(29);
    expect(taken).toEqual([]);
    await clock.advance(2);
    expect(numbersOf(taken)).toEqual([1]);
  });

  test('of one target is not held up by another that is dead', async () => {
    const { clock, outbox, deliver } = openDelivery();
    const dead = openTarget(() => 'fail');
    const alive = openTarget();
    await outbox.publish([sampleNotification('image.upload', { priority: 'ERROR' })]);
    deliver(dead.target);
    deliver(alive.target, { id: 'hook' });
    await clock.advance(1);
    expect(alive.taken).toHaveLength(1);
  });

  test('gives up the oldest when more wait than may', async () => {
    const { clock, outbox, reported, deliver, publish } = openDelivery();
    const { target } = openTarget(() => 'fail');
    await publish(1, 2, 3, 4, 5);
    deliver(target, { mostWaiting: 2 });
    await clock.advance(11);
    expect(numbersOf(await outbox.list('bus', 10))).toEqual([4, 5]);
    expect(reported).toContain('notifications given up: too many wait');
  });

  test('survives an outbox that fails', async () => {
    const { clock, outbox, reported, deliver, publish } = openDelivery();
    const { target, taken } = openTarget();
    const { list } = outbox;
    let isBroken = true;
    outbox.list = (...asked) => (isBroken ? Promise.reject(new Error('locked')) : list(...asked));
    await publish(1);
    deliver(target);
    await clock.advance(1);
    expect(reported[0]).toBe('outbox of notifications out of order');
    isBroken = false;
    await clock.advance(1);
    expect(numbersOf(taken)).toEqual([1]);
  });

  test('that is stopped lets go of the target, and what waits stays', async () => {
    const { clock, outbox, deliver, publish } = openDelivery();
    const { target, taken, isClosed } = openTarget();
    const delivery = deliver(target);
    await delivery.stop();
    await publish(1);
    await clock.advance(60);
    expect(isClosed()).toBe(true);
    expect(taken).toEqual([]);
    expect(await outbox.count('bus')).toBe(1);
    expect(clock.running()).toBe(0);
  });
});
