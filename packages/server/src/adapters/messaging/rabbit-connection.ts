/**
 * A connection to one of several RabbitMQ servers, with the exchange and the queues notifications go to. Source:
 * contract 13 A1; 11 §5 [oslo_messaging_rabbit].
 */
import { connect, credentials } from 'amqplib';
import type { Channel, ChannelModel, ConfirmChannel, Options, SocketOptions } from 'amqplib';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { getCACertificates } from 'node:tls';

export interface RabbitHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface RabbitOptions {
  /** At least one; they are tried in turn. */
  readonly hosts: readonly RabbitHost[];
  readonly virtualHost: string;
  readonly exchange: string;
  /** Exchange and queues survive the server. */
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly quorumQueues: boolean;
  readonly loginMethod: 'AMQPLAIN' | 'PLAIN' | 'EXTERNAL';
  /** 0 for none. */
  readonly heartbeatSeconds: number;
  /** Null without encryption. */
  readonly tls: {
    readonly caFile: string | null;
    readonly certificateFile: string | null;
    readonly keyFile: string | null;
  } | null;
}

export interface RabbitConnection {
  /** Sends a message; resolves when the server has it for certain, rejects when it does not take it. */
  publish(queue: string, content: Buffer, options: Options.Publish): Promise<void>;
  /** Makes sure that there is a queue, and that what is published for it gets there. */
  declare(queue: string): Promise<void>;
  isOpen(): boolean;
  /** Whether the server takes nothing at the moment, for want of memory or disk. */
  isBlocked(): boolean;
  close(): Promise<void>;
}

const connectMilliseconds = 5_000;
/** For whatever else the server is asked. */
const answerMilliseconds = 5_000;
const closeMilliseconds = 1_000;
const preconditionFailed = 406;

/** Raises when the server does not answer in time or refuses us. */
export async function connectToRabbit(options: RabbitOptions, host: RabbitHost): Promise<RabbitConnection> {
  const model = await connect(addressOf(options, host), {
    ...tlsOptions(options),
    credentials: credentialsOf(options, host),
    timeout: connectMilliseconds,
    noDelay: true,
    keepAlive: true,
  });
  let isOpen = true;
  const ends = () => {
    isOpen = false;
  };
  let isBlocked = false;
  // What was published and not confirmed is rejected then; there is nothing more to do.
  model.on('close', ends).on('error', ends);
  model.on('blocked', () => (isBlocked = true)).on('unblocked', () => (isBlocked = false));
  try {
    const channel = await inTime(openChannel(model, options));
    let reason: unknown = null;
    channel.on('close', ends).on('error', (error) => {
      reason = error;
      ends();
    });
    const declared = new Set<string>();
    return {
      isOpen: () => isOpen,
      isBlocked: () => isOpen && isBlocked,
      close: () => closeModel(model),
      async declare(queue) {
        if (declared.has(queue)) return;
        await inTime(declareQueue(model, options, queue));
        declared.add(queue);
      },
      publish: (queue, content, properties) =>
        publish({ channel, exchange: options.exchange, queue }, content, properties).catch((error: unknown) => {
          throw reason ?? error;
        }),
    };
  } catch (error) {
    await closeModel(model);
    throw error;
  }
}

async function openChannel(model: ChannelModel, options: RabbitOptions): Promise<ConfirmChannel> {
  await declareExchange(model, options);
  return model.createConfirmChannel();
}

/** Whoever hears that the server was too slow closes the connection, by which what is still under way ends. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('The message bus did not answer in time.')), answerMilliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function addressOf({ tls, heartbeatSeconds, virtualHost }: RabbitOptions, host: RabbitHost): Options.Connect {
  return {
    protocol: tls === null ? 'amqp' : 'amqps',
    hostname: host.host,
    port: host.port,
    heartbeat: heartbeatSeconds,
    vhost: encodeURIComponent(virtualHost),
  };
}

function tlsOptions({ tls }: RabbitOptions): SocketOptions {
  if (tls === null) return {};
  return {
    ca:
      tls.caFile === null
        ? [...getCACertificates('default'), ...getCACertificates('system')]
        : [readFileSync(tls.caFile)],
    ...(tls.certificateFile === null ? {} : { cert: readFileSync(tls.certificateFile) }),
    ...(tls.keyFile === null ? {} : { key: readFileSync(tls.keyFile) }),
  };
}

function credentialsOf({ loginMethod }: RabbitOptions, { user, password }: RabbitHost) {
  switch (loginMethod) {
    case 'AMQPLAIN':
      return credentials.amqplain(user, password);
    case 'PLAIN':
      return credentials.plain(user, password);
    case 'EXTERNAL':
      return credentials.external();
  }
}

/** Another service may have made it with the other durability, and then it is used as it is. */
async function declareExchange(model: ChannelModel, { exchange, durable, autoDelete }: RabbitOptions): Promise<void> {
  const declare = (isDurable: boolean) =>
    onChannel(model, (channel) => channel.assertExchange(exchange, 'topic', { durable: isDurable, autoDelete }));
  try {
    await declare(durable);
  } catch (error) {
    if (!isPreconditionFailed(error)) throw error;
    await declare(!durable);
  }
}

/** One that is there already, however it was made, is used as it is. */
async function declareQueue(model: ChannelModel, options: RabbitOptions, queue: string): Promise<void> {
  const { durable, autoDelete, quorumQueues } = options;
  const kind = quorumQueues ? { arguments: { 'x-queue-type': 'quorum' } } : {};
  try {
    await onChannel(model, (channel) => channel.assertQueue(queue, { durable, autoDelete, ...kind }));
  } catch (error) {
    if (!isPreconditionFailed(error)) throw error;
  }
  await onChannel(model, (channel) => channel.bindQueue(queue, options.exchange, queue));
}

/** A channel of its own: the server closes it when it refuses what is asked for. */
async function onChannel(model: ChannelModel, act: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  await act(channel);
  await channel.close();
}

/** What is there was declared otherwise, or a message is larger than the server allows. */
export function isPreconditionFailed(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === preconditionFailed;
}

interface Route {
  readonly channel: ConfirmChannel;
  readonly exchange: string;
  /** Its name is the routing key. */
  readonly queue: string;
}

/** A channel that is closed already rejects as well. */
async function publish(
  { channel, exchange, queue }: Route,
  content: Buffer,
  properties: Options.Publish,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  channel.publish(exchange, queue, content, properties, (error: unknown) => {
    if (error === null) resolve();
    else reject(error instanceof Error ? error : new Error('The message bus did not take the message.'));
  });
  return promise;
}

/** Waits for the farewell of the server no longer than a moment; one that is busy or blocked does not read it. */
async function closeModel(model: ChannelModel): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, closeMilliseconds);
  await Promise.race([model.close().catch(() => undefined), patience.promise]);
  clearTimeout(timer);
  socketOf(model)?.destroy(new Error('The connection to the message bus was given up.'));
}

/** The library's types do not show it; without it there is no way to end a connection the server does not end. */
function socketOf({ connection }: ChannelModel): Duplex | undefined {
  return (connection as { readonly stream?: Duplex }).stream;
}
