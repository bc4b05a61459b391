/**
 * Records notifications in the transaction of the change they tell of, a copy for each target that wants them. Source:
 * contract 13 A2, A3.
 *
 * Invariant: with nobody to be told there is no recorder, and no change costs anything more.
 */
import type { Transaction } from 'kysely';
import type { Notification, NotificationType } from '../../domain/notifications/notification.ts';
import { isAccepted, isDisabled } from '../../domain/notifications/routing.ts';
import type { RoutingRule } from '../../domain/notifications/routing.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RandomIds } from '../../ports/random-ids.ts';
import { inBatches } from './batches.ts';
import type { Tables } from './tables.ts';
import { timeToSql } from './values.ts';

export interface EventRecorder {
  /** Whether stores are named to those who are told. */
  readonly storesHaveIds: boolean;
  now(): Date;
  /** Whether there is any point in making the notification. */
  wants(type: NotificationType): boolean;
  record(transaction: Transaction<Tables>, notifications: readonly Notification[]): Promise<void>;
}

/** Whom notifications are recorded for. */
export interface RecordedTarget {
  readonly id: string;
  readonly rules: readonly RoutingRule[];
}

export interface RecorderOptions {
  /** At least one. */
  readonly targets: readonly RecordedTarget[];
  /** Events and groups of events nobody is told of. */
  readonly disabled: readonly string[];
  readonly storesHaveIds: boolean;
  readonly ids: RandomIds;
  readonly clock: Clock;
}

/** Nine columns each. */
const rowsAtOnce = 100;

export function openEventRecorder(options: RecorderOptions): EventRecorder {
  const { targets, disabled, storesHaveIds, ids, clock } = options;

  const known = new Map<string, readonly RecordedTarget[]>();

  function targetsOf({ type, priority }: Pick<Notification, 'type' | 'priority'>): readonly RecordedTarget[] {
    const key = `${priority} ${type}`;
    const wanting =
      known.get(key) ??
      (isDisabled(disabled, type) ? [] : targets.filter(({ rules }) => isAccepted(rules, { type, priority })));
    known.set(key, wanting);
    return wanting;
  }

  return {
    storesHaveIds,
    now: () => clock.now(),

    wants: (type) =>
      targetsOf({ type, priority: 'INFO' }).length > 0 || targetsOf({ type, priority: 'ERROR' }).length > 0,

    async record(transaction, notifications) {
      const recordedAt = timeToSql(clock.now());
      const rows = notifications.flatMap((notification) => {
        const { type, priority, subject, stream } = notification;
        const told = targetsOf(notification);
        if (told.length === 0) return [];
        const payload = JSON.stringify(notification.payload);
        const row = {
          message_id: ids.next(),
          event_type: type,
          priority,
          subject,
          stream,
          payload,
          size: payload.length,
        };
        return told.map(({ id }) => ({ ...row, target: id, recorded_at: recordedAt }));
      });
      for (const some of inBatches(rows, rowsAtOnce)) {
        await transaction.insertInto('lucarne_outbox').values(some).execute();
      }
    },
  };
}
