/**
 * Delivers what waits in the outbox, one target independent of the other, in the background of the service.
 *
 * Of all processes one at a time delivers to a target: it holds a lease, and who finds it expired goes on where the
 * other was. What was sent and not yet removed from the outbox then is sent again, under the same id. Source: contract
 * 13 A1.
 * Differs: nothing waits for a message bus but its notifications.
 */
import type { Clock } from '../../ports/clock.ts';
import type { OutboxQueue, TargetLease, WaitingNotification } from '../../ports/event-outbox.ts';
import type { DeliveryReport, NotificationTarget } from '../../ports/notification-target.ts';
import type { RandomIds } from '../../ports/random-ids.ts';
import type { ServiceParts } from '../service-parts.ts';

export interface DeliveryParts extends Pick<ServiceParts, 'inform' | 'report'> {
  readonly outbox: OutboxQueue;
  readonly clock: Clock;
  readonly ids: RandomIds;
}

export interface DeliveryPlan {
  /** What the target is called in the outbox. */
  readonly id: string;
  readonly target: NotificationTarget;
  /** How often in a row sending may fail before what was tried is given up; null for ever. */
  readonly tries: number | null;
  /** How long nothing is tried behind so many failures in a row. */
  readonly pauseSeconds: (failures: number) => number;
  /** More than that, or more than 10 KiB for each of so many, do not wait: the oldest are given up. */
  readonly mostWaiting: number;
}

export interface Delivery {
  /** Ends what is under way, then lets go of the target. What waits stays for another process, or the next start. */
  stop(): Promise<void>;
}

const pollMilliseconds = 200;
const trimMilliseconds = 10_000;
const leaseMilliseconds = 30_000;
/** What a target may need to end once it may not go on. */
const marginMilliseconds = 12_000;
const mostAtOnce = 500;
/** Few payloads are as long; users make them, and may make all of them thousands of times as long. */
const charactersEach = 10_240;

export function startDelivery(parts: DeliveryParts, plan: DeliveryPlan): Delivery {
  const { clock } = parts;
  let failures = 0;
  let pausedUntil = 0;
  const stopping = new AbortController();
  let round: Promise<void> = Promise.resolve();

  async function deliver(): Promise<void> {
    if (clock.now().getTime() < pausedUntil || (await parts.outbox.list(plan.id, 1)).length === 0) return;
    let lease = newLease(parts, plan, parts.ids.next());
    if (!(await parts.outbox.hold(lease, clock.now()))) return;
    try {
      while (!stopping.signal.aborted) {
        if (timeLeft(clock, lease) < leaseMilliseconds / 2) {
          const renewed = newLease(parts, plan, lease.holder);
          if (!(await parts.outbox.hold(renewed, clock.now()))) return;
          lease = renewed;
        }
        const waiting = await parts.outbox.list(plan.id, mostAtOnce);
        if (waiting.length === 0) return;
        const held = lease;
        const mayGoOn = () => !stopping.signal.aborted && timeLeft(clock, held) > marginMilliseconds;
        const report = await plan.target.send(waiting, mayGoOn);
        await parts.outbox.remove(plan.id, [...report.delivered, ...refusedOf(parts, plan, report)]);
        if (!(await goesOn(report))) return;
      }
    } finally {
      await parts.outbox.release(lease);
    }
  }

  /** Behind a failure the next try comes later. */
  async function goesOn(report: DeliveryReport): Promise<boolean> {
    if (report.failed.length === 0) {
      if (failures > 0) parts.inform('notifications are delivered again', { target: plan.id, failures });
      failures = 0;
      return report.delivered.length + report.refused.length > 0;
    }
    failures += 1;
    const { failed, failure } = report;
    parts.report('notifications not delivered', { target: plan.id, failures, error: failure });
    if (plan.tries !== null && failures >= Math.max(1, plan.tries)) {
      await giveUp(parts, plan, failed);
      failures = 0;
      return true;
    }
    // A receiver that takes others is there: those that come meanwhile need not wait long.
    const pauseSeconds = plan.pauseSeconds(report.delivered.length > 0 ? 1 : failures);
    pausedUntil = clock.now().getTime() + pauseSeconds * 1000;
    return false;
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      parts.report('outbox of notifications out of order', { target: plan.id, error });
    }
  }

  const stopPolling = clock.every(pollMilliseconds, () => (round = guarded(deliver)));
  const stopTrimming = clock.every(trimMilliseconds, () => guarded(() => trim(parts, plan)));
  return {
    async stop() {
      stopping.abort();
      stopPolling();
      stopTrimming();
      await round;
      await plan.target.close();
    },
  };
}

function newLease({ clock }: DeliveryParts, { id }: DeliveryPlan, holder: string): TargetLease {
  return { target: id, holder, expiresAt: new Date(clock.now().getTime() + leaseMilliseconds) };
}

function timeLeft(clock: Clock, { expiresAt }: TargetLease): number {
  return expiresAt.getTime() - clock.now().getTime();
}

function refusedOf(parts: DeliveryParts, plan: DeliveryPlan, { refused }: DeliveryReport): WaitingNotification[] {
  return refused.map(({ notification, reason }) => {
    const { messageId, type, subject } = notification;
    parts.report('notification refused by its receiver', { target: plan.id, messageId, type, subject, reason });
    return notification;
  });
}

async function giveUp(
  parts: DeliveryParts,
  plan: DeliveryPlan,
  notifications: readonly WaitingNotification[],
): Promise<void> {
  await parts.outbox.remove(plan.id, notifications);
  for (const { messageId, type, subject } of notifications) {
    parts.report('notification given up', { target: plan.id, messageId, type, subject });
  }
}

async function trim(parts: DeliveryParts, plan: DeliveryPlan): Promise<void> {
  const { mostWaiting } = plan;
  const room = { notifications: mostWaiting, characters: mostWaiting * charactersEach };
  const count = await parts.outbox.trim(plan.id, room);
  if (count === 0) return;
  parts.report('notifications given up: too many wait', { target: plan.id, count, mostWaiting });
}
