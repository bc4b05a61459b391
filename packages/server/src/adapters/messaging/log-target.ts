/** Notifications as lines of the log. Source: contract 13 A1. */
import { baseMessageJson } from '../../domain/notifications/base-message.ts';
import type { NotificationPriority } from '../../domain/notifications/notification.ts';
import type { NotificationTarget } from '../../ports/notification-target.ts';

/** Writes a line under the name of a logger. */
export type NotificationLog = (priority: NotificationPriority, logger: string, message: string) => void;

export function logTarget(publisherId: string, log: NotificationLog): NotificationTarget {
  return {
    async send(notifications) {
      for (const notification of notifications) {
        const message = maskSecrets(baseMessageJson(notification, publisherId));
        log(notification.priority, `oslo.messaging.notification.${notification.type}`, message);
      }
      return { delivered: notifications, refused: [], failed: [], failure: null };
    },
    close: () => Promise.resolve(),
  };
}

const secretName = /passw|pswd|secret|token/i;

/** What the names of members say to be passwords and the like is not shown. Takes time in proportion to the text. */
export function maskSecrets(json: string): string {
  const masked: unknown = JSON.parse(json, (name, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value === 'string' && secretName.test(name)) return '***';
    // Numbers keep all their digits.
    return typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value;
  });
  return JSON.stringify(masked);
}
