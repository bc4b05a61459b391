/**
 * Notifications as signed requests to a web service of the operator's. Each stream is sent in order, several streams at
 * a time. A failure ends its stream, for it may be about that one event; several end everything. Source: CloudEvents 1.0;
 * Standard Webhooks 1.0.
 *
 * The address is the operator's and may be anywhere; redirects, which are others', are not followed.
 */
import { createHmac } from 'node:crypto';
import { cloudEventJson, signedText, webhookContentType } from '../../domain/notifications/webhook-message.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WaitingNotification } from '../../ports/event-outbox.ts';
import type { DeliveryReport, NotificationTarget } from '../../ports/notification-target.ts';

export interface WebhookTargetOptions {
  readonly url: string;
  /** What requests are signed with. */
  readonly key: Uint8Array;
  /** Names this service among the senders of events. */
  readonly source: string;
  /** Time for the whole of a request. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
}

const streamsAtOnce = 8;
/** Behind so many the receiver itself is taken to be out of order. */
const mostFailures = 8;
/** The receiver does not understand the event, and never will. */
const refusals: ReadonlySet<number> = new Set([400, 413, 415, 422]);

export function webhookTarget(options: WebhookTargetOptions): NotificationTarget {
  return {
    async send(notifications, mayGoOn) {
      const streams = Map.groupBy(notifications, ({ stream }) => stream).values();
      const report = new Report();
      const work = async () => {
        for (const stream of streams) await sendStream(options, { stream, report, mayGoOn });
      };
      await Promise.all(Array.from({ length: streamsAtOnce }, work));
      return report;
    },
    close: () => Promise.resolve(),
  };
}

class Report implements DeliveryReport {
  readonly delivered: WaitingNotification[] = [];
  readonly refused: { notification: WaitingNotification; reason: string }[] = [];
  readonly failed: WaitingNotification[] = [];
  failure: unknown = null;
}

interface Sending {
  readonly stream: readonly WaitingNotification[];
  readonly report: Report;
  readonly mayGoOn: () => boolean;
}

async function sendStream(options: WebhookTargetOptions, { stream, report, mayGoOn }: Sending): Promise<void> {
  for (const notification of stream) {
    if (report.failed.length >= mostFailures || !mayGoOn()) return;
    try {
      const status = await post(options, notification);
      if (refusals.has(status)) report.refused.push({ notification, reason: `it answered ${status}` });
      else if (status < 200 || status > 299) throw new Error(`The web service answered ${status}.`);
      else report.delivered.push(notification);
    } catch (error) {
      report.failed.push(notification);
      report.failure ??= error;
      return;
    }
  }
}

/** Gives the status of the answer. Raises when there is none. */
async function post(options: WebhookTargetOptions, notification: WaitingNotification): Promise<number> {
  const { url, key, source, timeoutSeconds, clock } = options;
  const body = cloudEventJson(notification, source);
  const timestamp = Math.floor(clock.now().getTime() / 1000);
  const id = notification.messageId;
  const signature = createHmac('sha256', key)
    .update(signedText(id, timestamp, body))
    .digest('base64');
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    headers: {
      'content-type': webhookContentType,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
  // What it says beyond that is of no interest; the connection is let go.
  await answer.body?.cancel();
  return answer.status;
}
