/** Who is told of events, and how. Source: contract 13 A1, A2; 11 §2, §5 */
import { resolve } from 'node:path';
import { whyUnreadable } from './configuration-files.ts';
import { parseOptionValue } from './option-values.ts';
import type { Option, OptionValue } from './option.ts';
import { lucarneOptions } from './options/lucarne.ts';
import { notificationOptions, rabbitOptions } from './options/notifications.ts';
import { readName, readPath, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import { parseTransportUrl } from './transport-url.ts';
import type { TransportHost, TransportUrl } from './transport-url.ts';

export type DeliveringDriver = 'messaging' | 'messagingv2' | 'log';

export interface NotificationSettings {
  readonly publisherId: string;
  /** Events and groups of events nobody is told of. */
  readonly disabled: readonly string[];
  /** Those that get every notification. */
  readonly drivers: readonly DeliveringDriver[];
  /** File that says which driver gets which notification; absolute. */
  readonly routingFile: string | null;
  /** Null unless a driver may need it. */
  readonly rabbit: RabbitSettings | null;
  readonly topics: readonly string[];
  /** How often sending is tried; null for ever. */
  readonly tries: number | null;
  /** So many wait for each receiver at most. */
  readonly mostWaiting: number;
  readonly webhooks: WebhookSettings | null;
}

export interface RabbitSettings {
  readonly hosts: readonly TransportHost[];
  readonly shufflesHosts: boolean;
  readonly virtualHost: string;
  readonly exchange: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly quorumQueues: boolean;
  readonly loginMethod: 'AMQPLAIN' | 'PLAIN' | 'EXTERNAL';
  /** 0 for none. */
  readonly heartbeatSeconds: number;
  readonly tls: {
    readonly caFile: string | null;
    readonly certificateFile: string | null;
    readonly keyFile: string | null;
  } | null;
  readonly pauses: { readonly firstSeconds: number; readonly stepSeconds: number; readonly longestSeconds: number };
}

export interface WebhookSettings {
  readonly urls: readonly string[];
  /** As configured. */
  readonly secret: string;
  /** Shell patterns of events. */
  readonly events: readonly string[];
  readonly timeoutSeconds: number;
}

/** Builds the settings of notifications, and reports every problem through the basis. */
export function buildNotificationSettings(basis: SettingsBasis): NotificationSettings {
  const { values } = basis;
  const named = values.get(notificationOptions.drivers).map((driver) => driver.trim());
  const drivers = (['messaging', 'messagingv2', 'log'] as const).filter((driver) => named.includes(driver));
  const isRouted = named.includes('routing');
  const retry = values.get(notificationOptions.retry);
  return {
    publisherId: readName(basis, notificationOptions.publisherId),
    disabled: values.get(notificationOptions.disabled),
    drivers,
    routingFile: isRouted ? readRoutingFile(basis) : null,
    rabbit: isRouted || drivers.some((driver) => driver !== 'log') ? buildRabbitSettings(basis) : null,
    topics: values.get(notificationOptions.topics),
    tries: retry === -1 ? null : Math.max(1, retry),
    mostWaiting: values.get(lucarneOptions.notificationOutboxMaxEvents),
    webhooks: buildWebhookSettings(basis),
  };
}

function readRoutingFile(basis: SettingsBasis): string | null {
  const path = readPath(basis, notificationOptions.routingFile);
  if (path === null) basis.report(notificationOptions.drivers, 'the driver routing needs a file: set routing_config');
  const reason = path === null ? null : whyUnreadable(path, basis.place.fileSystem);
  if (reason !== null) basis.report(notificationOptions.routingFile, `${path}: ${reason}`);
  return path;
}

function buildRabbitSettings(basis: SettingsBasis): RabbitSettings | null {
  const { values } = basis;
  const own = readText(basis, notificationOptions.notificationTransportUrl);
  const option = own === null ? notificationOptions.transportUrl : notificationOptions.notificationTransportUrl;
  const parsed = parseTransportUrl(own ?? values.get(notificationOptions.transportUrl));
  if ('wrong' in parsed) {
    basis.report(option, parsed.wrong);
    return null;
  }
  const { url } = parsed;
  const read = optionReader(basis, { url, option });
  const fileOf = (fileOption: Option<string>) => {
    const place = url.query.has(fileOption.name) ? option : fileOption;
    return existingFile(basis, place, read(fileOption));
  };
  const quorumQueues = read(rabbitOptions.quorumQueues);
  const method = read(rabbitOptions.loginMethod);
  return {
    hosts: url.hosts,
    shufflesHosts: read(rabbitOptions.failoverStrategy) === 'shuffle',
    virtualHost: url.virtualHost,
    exchange: readName(basis, notificationOptions.controlExchange),
    durable: read(rabbitOptions.durableQueues) || quorumQueues,
    autoDelete: read(rabbitOptions.autoDelete),
    quorumQueues,
    loginMethod: loginMethods.find((word) => word === method) ?? 'AMQPLAIN',
    heartbeatSeconds: read(rabbitOptions.heartbeatSeconds),
    tls: read(rabbitOptions.encrypted)
      ? {
          caFile: fileOf(rabbitOptions.caFile),
          certificateFile: fileOf(rabbitOptions.certificateFile),
          keyFile: fileOf(rabbitOptions.keyFile),
        }
      : null,
    pauses: {
      firstSeconds: read(rabbitOptions.retryIntervalSeconds),
      stepSeconds: read(rabbitOptions.retryBackoffSeconds),
      longestSeconds: read(rabbitOptions.intervalMaxSeconds),
    },
  };
}

const loginMethods = ['AMQPLAIN', 'PLAIN', 'EXTERNAL'] as const;

/** Reads options of the bus: what the query of the address says wins over the section. */
function optionReader(
  { values, report }: SettingsBasis,
  { url, option: urlOption }: { readonly url: TransportUrl; readonly option: Option },
): <T extends OptionValue>(option: Option<T>) => T {
  const known = new Set(Object.values(rabbitOptions).map(({ name }) => name));
  for (const name of url.query.keys()) {
    if (!known.has(name)) report(urlOption, `the query of the address has an option that is not known: ${name}`);
  }
  return <T extends OptionValue>(option: Option<T>): T => {
    const text = url.query.get(option.name);
    if (text === undefined) return values.get(option);
    const parsed = parseOptionValue(option, [text]);
    if ('wrong' in parsed) {
      report(urlOption, `${option.name} in the query of the address: ${parsed.wrong}`);
      return option.default;
    }
    // The text was parsed as a value of that very option.
    return (parsed.value ?? option.default) as T;
  };
}

/** Null where none is named. */
function existingFile(basis: SettingsBasis, option: Option, text: string): string | null {
  if (text.trim() === '') return null;
  const path = resolve(basis.place.cwd, text.trim());
  const reason = whyUnreadable(path, basis.place.fileSystem);
  if (reason !== null) basis.report(option, `${path}, which the connection to the message bus needs: ${reason}`);
  return path;
}

/** Shorter secrets can be guessed. */
const leastSecretBytes = 16;

function buildWebhookSettings(basis: SettingsBasis): WebhookSettings | null {
  const { values, report } = basis;
  const urls = values.get(lucarneOptions.webhookUrls);
  if (urls.length === 0) return null;
  urls.forEach((url, index) => {
    const isWebhook = /^https?:\/\/[^/?#@\s\\]+([/?][^#\s]*)?$/i.test(url) && URL.canParse(url);
    if (isWebhook) return;
    report(
      lucarneOptions.webhookUrls,
      `address ${index + 1} of the list is not that of a web service; allowed are http and https URLs without user and fragment`,
    );
  });
  const secret = readText(basis, lucarneOptions.webhookSecret);
  if (secret === null) {
    report(lucarneOptions.webhookUrls, 'receivers must be able to check who sends: set webhook_secret too');
  } else if (webhookKey(secret).length < leastSecretBytes) {
    report(
      lucarneOptions.webhookSecret,
      `the value is too short or no Base64 behind whsec_; allowed are secrets of at least ${leastSecretBytes} bytes`,
    );
  }
  return {
    urls: [...new Set(urls)],
    secret: secret ?? '',
    events: values.get(lucarneOptions.webhookEvents),
    timeoutSeconds: values.get(lucarneOptions.webhookTimeoutSeconds),
  };
}

const secretPrefix = 'whsec_';

/** Standard Webhooks write keys as Base64 behind a prefix; anything else is the key itself. */
export function webhookKey(secret: string): Uint8Array {
  return secret.startsWith(secretPrefix)
    ? Buffer.from(secret.slice(secretPrefix.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
