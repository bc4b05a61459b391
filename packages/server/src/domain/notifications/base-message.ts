/** A notification as it is put on a message bus, or in a log. Source: contract 13 A1. */
import type { RecordedNotification } from './notification.ts';

/**
 * The base message as JSON. `_unique_id`, by which consumers tell a message they have seen, is that of the event, so
 * that it is the same when it is delivered again.
 */
export function baseMessageJson(notification: RecordedNotification, publisherId: string): string {
  const { messageId, type, priority, payloadJson, recordedAt } = notification;
  const members: readonly (readonly [string, string])[] = [
    ['message_id', JSON.stringify(messageId)],
    ['publisher_id', JSON.stringify(publisherId)],
    ['event_type', JSON.stringify(type)],
    ['priority', JSON.stringify(priority)],
    // As it was recorded: numbers keep all their digits.
    ['payload', payloadJson],
    ['timestamp', JSON.stringify(messageTime(recordedAt))],
    ['_unique_id', JSON.stringify(messageId.replaceAll('-', ''))],
  ];
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** The base message in the envelope of format 2.0: JSON within JSON. */
export function envelopedMessageJson(notification: RecordedNotification, publisherId: string): string {
  return JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': baseMessageJson(notification, publisherId) });
}

/** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
function messageTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}000`;
}
