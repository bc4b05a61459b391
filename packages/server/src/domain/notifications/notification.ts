/**
 * A notification: what happened to a record, as other services are told of it. Source: contract 13 A1, A3, A4.
 */
import type { JsonObject } from '../tasks/task.ts';

type MetadefEvent = 'create' | 'update' | 'delete';

export type NotificationType =
  | `image.${'create' | 'update' | 'delete' | 'prepare' | 'upload' | 'activate' | 'send'}`
  | `image.member.${'create' | 'update' | 'delete'}`
  | `task.${'create' | 'delete' | 'run' | 'processing' | 'success' | 'failure'}`
  | `metadef_namespace.${MetadefEvent | 'delete_objects' | 'delete_properties' | 'delete_tags'}`
  | `metadef_${'object' | 'property' | 'tag'}.${MetadefEvent}`
  | `metadef_resource_type.${'create' | 'delete'}`;

export type NotificationPriority = 'INFO' | 'ERROR';

/** An object, or a sentence where something failed. Whole numbers beyond 2^53 are raw JSON. */
export type NotificationPayload = JsonObject | string;

export interface Notification {
  readonly type: NotificationType;
  readonly priority: NotificationPriority;
  readonly payload: NotificationPayload;
  /** Names what it is about, among all that this service keeps. */
  readonly subject: string;
  /** Notifications of one stream are delivered in the order in which they were recorded. */
  readonly stream: string;
}

/** A notification that was recorded, as receivers get it. */
export interface RecordedNotification extends Omit<Notification, 'payload' | 'type'> {
  /** A UUID; the same however often it is delivered, and to whomever. */
  readonly messageId: string;
  /** One of `NotificationType`, or one that another release recorded. */
  readonly type: string;
  /** The payload as JSON. */
  readonly payloadJson: string;
  readonly recordedAt: Date;
}

/** `YYYY-MM-DDTHH:MM:SSZ` */
export function payloadTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

export function nullablePayloadTime(time: Date | null): string | null {
  return time === null ? null : payloadTime(time);
}

/** When the record was deleted, for the notification that tells of it. */
export function deletionMembers(deletedAt: Date | undefined) {
  return { deleted: deletedAt !== undefined, deleted_at: nullablePayloadTime(deletedAt ?? null) };
}
