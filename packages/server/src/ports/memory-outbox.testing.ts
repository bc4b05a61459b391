/** An outbox in memory: what delivery is tested on. */
import { isAccepted, isDisabled } from '../domain/notifications/routing.ts';
import type { Clock } from './clock.ts';
import type { EventOutbox, OutboxQueue, TargetLease, WaitingNotification } from './event-outbox.ts';
import { outboxDisabled, outboxTargets } from './event-outbox.conformance.ts';
import type { RandomIds } from './random-ids.ts';

export interface MemoryOutbox extends EventOutbox, OutboxQueue {
  clear(): void;
}

const mostCharactersAtOnce = 4 * 1024 * 1024;

export function openMemoryOutbox(clock: Pick<Clock, 'now'>, ids: RandomIds): MemoryOutbox {
  let waiting: { readonly target: string; readonly notification: WaitingNotification }[] = [];
  const leases = new Map<string, TargetLease>();
  let last = 0;

  function of(target: string) {
    return waiting.filter((each) => each.target === target);
  }

  function keep(isKept: (each: (typeof waiting)[number]) => boolean): number {
    const before = waiting.length;
    waiting = waiting.filter(isKept);
    return before - waiting.length;
  }

  return {
    clear() {
      waiting = [];
      leases.clear();
    },
    async publish(notifications) {
      for (const { payload, ...notification } of notifications) {
        if (isDisabled(outboxDisabled, notification.type)) continue;
        const message = { messageId: ids.next(), payloadJson: JSON.stringify(payload), recordedAt: clock.now() };
        for (const { id, rules } of outboxTargets) {
          if (!isAccepted(rules, notification)) continue;
          last += 1;
          waiting.push({ target: id, notification: { ...notification, ...message, position: last } });
        }
      }
    },
    async hold(lease, now) {
      const held = leases.get(lease.target);
      if (held !== undefined && held.holder !== lease.holder && held.expiresAt > now) return false;
      leases.set(lease.target, lease);
      return true;
    },
    async release({ target, holder }) {
      if (leases.get(target)?.holder === holder) leases.delete(target);
    },
    async list(target, most) {
      let characters = 0;
      const fitting = of(target).findIndex(({ notification }, index) => {
        characters += notification.payloadJson.length;
        return index > 0 && characters > mostCharactersAtOnce;
      });
      return of(target)
        .slice(0, Math.min(most, fitting === -1 ? most : fitting))
        .map(({ notification }) => notification);
    },
    async remove(target, notifications) {
      const gone = new Set(notifications.map(nameOf));
      keep((each) => each.target !== target || !gone.has(nameOf(each.notification)));
    },
    count: async (target) => of(target).length,
    async trim(target, most) {
      let characters = 0;
      const newestFirst = of(target).toReversed();
      const end = newestFirst.findIndex(({ notification }, index) => {
        characters += notification.payloadJson.length;
        return index >= most.notifications || characters > most.characters;
      });
      const kept = new Set(end === -1 ? newestFirst : newestFirst.slice(0, end));
      return keep((each) => each.target !== target || kept.has(each));
    },
    discardOthers: async (targets, before) =>
      keep((each) => targets.includes(each.target) || each.notification.recordedAt >= before),
  };
}

function nameOf({ position, messageId }: WaitingNotification): string {
  return `${position} ${messageId}`;
}
