/**
 * Notifications on RabbitMQ. Source: contract 13 A1.
 *
 * What is published stays in the outbox until the server has confirmed it; when the connection breaks before, it is
 * published again, under the same id. A server that refuses single messages, as for a queue that is full, breaks the order
 * of their stream: what was published behind them may be taken.
 *
 * Which of several messages is larger than the server allows, it does not say: they are then published one by one.
 */
import { baseMessageJson, envelopedMessageJson } from '../../domain/notifications/base-message.ts';
import type { WaitingNotification } from '../../ports/event-outbox.ts';
import type { DeliveryReport, NotificationTarget } from '../../ports/notification-target.ts';
import { connectToRabbit, isPreconditionFailed } from './rabbit-connection.ts';
import type { RabbitConnection, RabbitOptions } from './rabbit-connection.ts';

export interface RabbitTargetOptions {
  readonly rabbit: RabbitOptions;
  readonly publisherId: string;
  /** Each notification goes to a queue of each of them. */
  readonly topics: readonly string[];
  /** `2.0` has the message as text within an envelope. */
  readonly format: '1.0' | '2.0';
}

const properties = { contentType: 'application/json', contentEncoding: 'utf-8', persistent: true };
const confirmMilliseconds = 10_000;

export function rabbitTarget(options: RabbitTargetOptions): NotificationTarget {
  const { hosts } = options.rabbit;
  let connection: RabbitConnection | null = null;
  /** The host that is next; one that let us down is the last to be tried again. */
  let next = 0;
  let isOneByOne = false;

  async function open(mayGoOn: () => boolean): Promise<RabbitConnection> {
    if (connection?.isOpen() === true) return connection;
    await drop();
    let failure: unknown = new Error('There was no time left to connect.');
    for (let tried = 0; tried < hosts.length && mayGoOn(); tried += 1) {
      const host = hosts[next % hosts.length];
      if (host === undefined) break;
      try {
        connection = await connectToRabbit(options.rabbit, host);
        return connection;
      } catch (error) {
        failure = error;
        next = (next + 1) % hosts.length;
      }
    }
    throw failure;
  }

  async function drop(): Promise<void> {
    const former = connection;
    connection = null;
    await former?.close();
  }

  return {
    async send(notifications, mayGoOn) {
      try {
        const opened = await open(mayGoOn);
        if (opened.isBlocked()) throw new Error('The message bus takes no messages: it is short of memory or disk.');
        if (mayGoOn()) for (const queue of queuesOf(options, notifications)) await opened.declare(queue);
        if (!mayGoOn()) return nothingSent;
        const report = await publish(opened, notifications, mayGoOn);
        if (report.failed.length > 0) await letDown();
        return report;
      } catch (failure) {
        await letDown();
        return { delivered: [], refused: [], failed: notifications, failure };
      }
    },
    close: drop,
  };

  async function publish(
    opened: RabbitConnection,
    notifications: readonly WaitingNotification[],
    mayGoOn: () => boolean,
  ): Promise<DeliveryReport> {
    if (isOneByOne) {
      const report = await publishOneByOne(opened, { options, notifications }, mayGoOn);
      // Until it is found, over which the server closes the channel, or is not among them any more.
      isOneByOne = report.refused.length === 0 && report.delivered.length < notifications.length;
      return report;
    }
    const report = await publishAll(opened, options, notifications);
    if (!isPreconditionFailed(report.failure)) return report;
    isOneByOne = true;
    return { ...report, failed: [], failure: null };
  }

  async function letDown(): Promise<void> {
    // One that is short of something takes what it was given once it is not: what is sent anew would come twice.
    if (connection?.isBlocked() === true) return;
    if (connection !== null) next = (next + 1) % hosts.length;
    await drop();
  }
}

const nothingSent: DeliveryReport = { delivered: [], refused: [], failed: [], failure: null };

function queuesOf({ topics }: RabbitTargetOptions, notifications: readonly WaitingNotification[]): ReadonlySet<string> {
  return new Set(notifications.flatMap((notification) => topics.map((topic) => queueOf(topic, notification))));
}

/** Its name is the routing key too. */
function queueOf(topic: string, { priority }: WaitingNotification): string {
  return `${topic}.${priority.toLowerCase()}`;
}

/** All at once, in their order; then the confirmations are waited for. */
async function publishAll(
  connection: RabbitConnection,
  options: RabbitTargetOptions,
  notifications: readonly WaitingNotification[],
): Promise<DeliveryReport> {
  const encode = options.format === '2.0' ? envelopedMessageJson : baseMessageJson;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error('The message bus did not confirm the messages in time.')),
    confirmMilliseconds,
  );
  const outcomes = await Promise.allSettled(
    notifications.map((notification) => {
      const content = Buffer.from(encode(notification, options.publisherId));
      const copies = options.topics.map((topic) =>
        connection.publish(queueOf(topic, notification), content, properties),
      );
      return Promise.race([Promise.all(copies), late.promise]);
    }),
  );
  clearTimeout(timer);
  const isDelivered = (_: unknown, index: number) => outcomes[index]?.status === 'fulfilled';
  return {
    delivered: notifications.filter(isDelivered),
    refused: [],
    failed: notifications.filter((_, index) => !isDelivered(_, index)),
    failure: outcomes.find((outcome) => outcome.status === 'rejected')?.reason ?? null,
  };
}

/** Up to the first that does not arrive. */
async function publishOneByOne(
  connection: RabbitConnection,
  {
    options,
    notifications,
  }: { readonly options: RabbitTargetOptions; readonly notifications: readonly WaitingNotification[] },
  mayGoOn: () => boolean,
): Promise<DeliveryReport> {
  const delivered: WaitingNotification[] = [];
  for (const notification of notifications) {
    if (!mayGoOn()) break;
    const { failed, failure } = await publishAll(connection, options, [notification]);
    if (isPreconditionFailed(failure)) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      return { ...nothingSent, delivered, refused: [{ notification, reason }] };
    }
    if (failed.length > 0) return { ...nothingSent, delivered, failed, failure };
    delivered.push(notification);
  }
  return { ...nothingSent, delivered };
}
