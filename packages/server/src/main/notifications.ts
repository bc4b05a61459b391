/** Who is told of events by a configuration, and what records and delivers it. */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { logTarget } from '../adapters/messaging/log-target.ts';
import { rabbitTarget } from '../adapters/messaging/rabbit-target.ts';
import { loadRouting } from '../adapters/messaging/routing-file.ts';
import type { SqlDatabase } from '../adapters/sql/dialect.ts';
import { openEventRecorder } from '../adapters/sql/event-recorder.ts';
import type { EventRecorder, RecordedTarget } from '../adapters/sql/event-recorder.ts';
import { sqlOutboxQueue } from '../adapters/sql/outbox-queue.ts';
import { randomUuids } from '../adapters/system/random-uuids.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { webhookTarget } from '../adapters/webhooks/webhook-target.ts';
import { webhookKey } from '../config/notification-settings.ts';
import type { DeliveringDriver, NotificationSettings, RabbitSettings } from '../config/notification-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { RoutingRule } from '../domain/notifications/routing.ts';
import type { NotificationTarget } from '../ports/notification-target.ts';
import { startDelivery } from '../usecases/notifications/deliver.ts';
import type { DeliveryPlan } from '../usecases/notifications/deliver.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';

/** Null when nobody is told of anything. */
export function configuredRecorder(settings: Settings): EventRecorder | null {
  const targets = recordedTargets(settings.notifications);
  if (targets.length === 0) return null;
  return openEventRecorder({
    targets,
    disabled: settings.notifications.disabled,
    storesHaveIds: settings.stores.multiStore,
    ids: randomUuids,
    clock: systemClock,
  });
}

const deliveringDrivers = ['messaging', 'messagingv2', 'log'] as const;

function recordedTargets({ drivers, routingFile, webhooks }: NotificationSettings): readonly RecordedTarget[] {
  const routed = routingFile === null ? new Map<string, readonly RoutingRule[]>() : loadRouting(routingFile);
  const buses = deliveringDrivers.map((driver) => ({
    id: driver,
    rules: [...(drivers.includes(driver) ? [{}] : []), ...(routed.get(driver) ?? [])],
  }));
  const services = (webhooks?.urls ?? []).map((url) => ({
    id: webhookId(url),
    rules: [{ acceptedEvents: webhooks?.events ?? [] }],
  }));
  return [...buses, ...services].filter(({ rules }) => rules.length > 0);
}

/** The address itself may be a secret. */
function webhookId(url: string): string {
  return `webhook:${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
}

/** What was recorded for a target that is not configured any more is kept for so long, should it come back. */
const keptMilliseconds = 24 * 3_600_000;

/** Delivers what was recorded, until the function given back is called. */
export function startDeliveries(
  { settings, database, log }: { readonly settings: Settings; readonly database: SqlDatabase; readonly log: Logger },
  parts: Pick<ServiceParts, 'inform' | 'report'>,
): () => Promise<void> {
  const { notifications } = settings;
  const targets = recordedTargets(notifications);
  const outbox = sqlOutboxQueue(database);
  const deliveries = targets.map(({ id }) => {
    const plan = { id, mostWaiting: notifications.mostWaiting, ...openTarget({ settings, log }, id) };
    return startDelivery({ ...parts, outbox, clock: systemClock, ids: randomUuids }, plan);
  });
  // Also where nobody is told of anything any more.
  const discard = async () => {
    const ids = targets.map(({ id }) => id);
    const count = await outbox.discardOthers(ids, new Date(systemClock.now().getTime() - keptMilliseconds));
    if (count > 0) parts.report('notifications given up: their receiver is not configured any more', { count });
  };
  const stop = systemClock.every(3_600_000, discard);
  return async () => {
    stop();
    await Promise.all(deliveries.map((delivery) => delivery.stop()));
  };
}

type OpenTarget = Pick<DeliveryPlan, 'target' | 'tries' | 'pauseSeconds'>;

function openTarget({ settings, log }: { settings: Settings; log: Logger }, id: string): OpenTarget {
  const { notifications, server } = settings;
  const { publisherId, tries, webhooks, rabbit } = notifications;
  const url = webhooks?.urls.find((candidate) => webhookId(candidate) === id);
  if (webhooks !== null && url !== undefined) {
    const { secret, timeoutSeconds } = webhooks;
    const source = server.publicEndpoint ?? encodeURI(publisherId);
    const target = webhookTarget({ url, key: webhookKey(secret), source, timeoutSeconds, clock: systemClock });
    return { target, tries: null, pauseSeconds: webhookPause };
  }
  if (id === 'log' || rabbit === null) {
    return { target: logTarget(publisherId, notificationLog(log)), tries, pauseSeconds: () => 1 };
  }
  return {
    target: busTarget(notifications, rabbit, id === 'messagingv2' ? 'messagingv2' : 'messaging'),
    tries,
    pauseSeconds: (failures) => {
      const { firstSeconds, stepSeconds, longestSeconds } = rabbit.pauses;
      return Math.min(longestSeconds, firstSeconds + stepSeconds * (failures - 1));
    },
  };
}

/** 1 second, 2, 4 and so on up to five minutes. */
function webhookPause(failures: number): number {
  return Math.min(300, 2 ** (failures - 1));
}

function busTarget(
  { publisherId, topics }: NotificationSettings,
  { hosts, shufflesHosts, ...rabbit }: RabbitSettings,
  driver: Exclude<DeliveringDriver, 'log'>,
): NotificationTarget {
  return rabbitTarget({
    rabbit: { ...rabbit, hosts: shufflesHosts ? shuffled(hosts) : hosts },
    publisherId,
    topics,
    format: driver === 'messagingv2' ? '2.0' : '1.0',
  });
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

function notificationLog(log: Logger): Parameters<typeof logTarget>[1] {
  return (priority, logger, message) =>
    priority === 'ERROR' ? log.error({ logger }, message) : log.info({ logger }, message);
}
