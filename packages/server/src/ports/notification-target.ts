/** Somebody who is told of events: a message bus, a web service, a log. Source: contract 13 A1. */
import type { WaitingNotification } from './event-outbox.ts';

export interface DeliveryReport {
  /** Those that arrived for certain. */
  readonly delivered: readonly WaitingNotification[];
  /** Those the receiver will never take, and why. */
  readonly refused: readonly { readonly notification: WaitingNotification; readonly reason: string }[];
  /** Those that were tried in vain and may be tried again. */
  readonly failed: readonly WaitingNotification[];
  /** Why the first of those failed; null when none did. */
  readonly failure: unknown;
}

export interface NotificationTarget {
  /**
   * Delivers, each stream in order, and behind a failure nothing more of its stream. Never raises. Begins nothing new
   * once `mayGoOn` says no, and ends within 12 seconds then.
   */
  send(notifications: readonly WaitingNotification[], mayGoOn: () => boolean): Promise<DeliveryReport>;
  close(): Promise<void>;
}
