/**
 * The outbox: notifications that are recorded and not delivered yet, a copy for each of those who want them.
 *
 * What a save of a record tells is recorded by the repositories, in the transaction of the save. Where nobody wants to
 * be told anything, nothing is recorded. Source: contract 13 A.
 */
import type { Notification, RecordedNotification } from '../domain/notifications/notification.ts';

/** Records what is told beside the saves of records. */
export interface EventOutbox {
  /** Records them in this order. Raises `unavailable` as every write does. */
  publish(notifications: readonly Notification[]): Promise<void>;
}

/** A copy of a notification that waits for one receiver. */
export interface WaitingNotification extends RecordedNotification {
  /** Place in the outbox; a later one of the same stream has a higher place. */
  readonly position: number;
}

/** Who delivers the notifications of a target at the moment. */
export interface TargetLease {
  readonly target: string;
  /** A UUID. */
  readonly holder: string;
  readonly expiresAt: Date;
}

/** How much may wait for a target. */
export interface OutboxRoom {
  readonly notifications: number;
  /** Of all their payloads together. */
  readonly characters: number;
}

/** What delivers notifications sees of the outbox. Targets are named by short texts without secrets. */
export interface OutboxQueue {
  /**
   * Takes the right to deliver to a target, or moves its end. False while somebody else has it. Nobody has it once its
   * time is over.
   */
  hold(lease: TargetLease, now: Date): Promise<boolean>;
  /** Gives the right back; nothing happens when somebody else has it. */
  release(lease: TargetLease): Promise<void>;
  /** The first that wait for the target, by place: at most so many, and not much more than 4 MiB. */
  list(target: string, most: number): Promise<readonly WaitingNotification[]>;
  /** They are delivered or given up. Ones that are gone already are no error. */
  remove(target: string, notifications: readonly WaitingNotification[]): Promise<void>;
  count(target: string): Promise<number>;
  /** Drops the oldest until at most so much waits for the target. Gives how many were dropped. */
  trim(target: string, most: OutboxRoom): Promise<number>;
  /** Drops what was recorded before that time for targets other than these. Gives how much that was. */
  discardOthers(targets: readonly string[], before: Date): Promise<number>;
}

/** Nobody wants to be told anything. */
export const closedOutbox: EventOutbox = { publish: () => Promise.resolve() };
