/**
 * A notification as a web service gets it: a CloudEvent in structured mode, signed as Standard Webhooks say.
 * Source: CloudEvents 1.0, JSON format; Standard Webhooks 1.0.
 */
import type { RecordedNotification } from './notification.ts';

export const webhookContentType = 'application/cloudevents+json; charset=utf-8';

/** Precedes the event type, so that a receiver of many sources can tell ours. */
const webhookTypePrefix = 'org.openstack.image.';

/** `source` names this service, and with `id` the event. */
export function cloudEventJson(notification: RecordedNotification, source: string): string {
  const { messageId, type, priority, subject, payloadJson, recordedAt } = notification;
  const attributes = {
    specversion: '1.0',
    id: messageId,
    source,
    type: `${webhookTypePrefix}${type}`,
    subject,
    time: recordedAt.toISOString(),
    datacontenttype: 'application/json',
    // An extension: CloudEvents has no word for it.
    priority: priority.toLowerCase(),
  };
  // The payload as it was recorded: numbers keep all their digits.
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${payloadJson}}`;
}

/** What is signed. */
export function signedText(id: string, timestampSeconds: number, body: string): string {
  return `${id}.${timestampSeconds}.${body}`;
}
