/** Notifications and the message bus. Source: contract 11 §2, §5; 13 A */
import { describeGroup, ignored } from '../option.ts';

const common = describeGroup('DEFAULT');
const calls = describeGroup('DEFAULT', {
  treatment: ignored('nobody is called over the message bus; it takes notifications alone'),
});
const notifications = describeGroup('oslo_messaging_notifications');
const rabbit = describeGroup('oslo_messaging_rabbit');
const secret = true;

/** Nothing behind the sign is none, as for oslo.messaging. */
const notificationDrivers = ['messaging', 'messagingv2', 'log', 'routing', 'noop', 'test', ''] as const;

export const notificationOptions = {
  publisherId: common.string('default_publisher_id', 'image.localhost', 'Sender named in notifications.'),
  disabled: common.list(
    'disabled_notifications',
    [],
    'Notifications that are not sent: whole names such as image.update, or any part of a name before a dot.',
  ),
  transportUrl: common.string('transport_url', 'rabbit://', {
    help: 'Address of the message bus, as in rabbit://user:password@host1:5672,user:password@host2:5672/vhost.',
    unit: 'URL',
    secret,
  }),
  controlExchange: common.string('control_exchange', 'glance', 'Exchange of the message bus.'),
  drivers: notifications.multi('driver', [], {
    help: 'How notifications are sent. Without any, nothing is recorded and nothing is sent.',
    choices: notificationDrivers,
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_driver' }],
  }),
  notificationTransportUrl: notifications.unset.string('transport_url', {
    help: 'Address of the message bus for notifications alone.',
    defaultText: '[DEFAULT] transport_url',
    unit: 'URL',
    secret,
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_transport_url' }],
  }),
  topics: notifications.list('topics', ['notifications'], {
    help: 'Queues that notifications go to; the priority of the notification is added behind a dot.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_topics' }],
  }),
  retry: notifications.integer('retry', -1, {
    help:
      'How often sending is tried before the notifications at hand are given up, which is logged. 0 is once, -1 is for ever; ' +
      'no request ever waits for it.',
    minimum: -1,
  }),
  routingFile: notifications.string('routing_config', '', {
    help: 'YAML file that says which notification goes to which driver, for the driver routing.',
    unit: 'path',
  }),
};

export const rabbitOptions = {
  durableQueues: rabbit.boolean('amqp_durable_queues', false, 'Exchange and queues survive the broker.'),
  autoDelete: rabbit.boolean('amqp_auto_delete', false, 'Exchange and queues end with their last reader.'),
  quorumQueues: rabbit.boolean('rabbit_quorum_queue', false, 'Queues are replicated by quorum, and durable.'),
  encrypted: rabbit.boolean('ssl', false, {
    help: 'Talks TLS to the broker, whose certificate is always checked.',
    deprecatedNames: [{ group: 'oslo_messaging_rabbit', name: 'rabbit_use_ssl' }],
  }),
  caFile: rabbit.string('ssl_ca_file', '', {
    help: 'Certificates of authorities to trust, in place of those of Node and of the system.',
    deprecatedNames: [{ group: 'oslo_messaging_rabbit', name: 'kombu_ssl_ca_certs' }],
  }),
  certificateFile: rabbit.string('ssl_cert_file', '', {
    help: 'Certificate of the service.',
    deprecatedNames: [{ group: 'oslo_messaging_rabbit', name: 'kombu_ssl_certfile' }],
  }),
  keyFile: rabbit.string('ssl_key_file', '', {
    help: 'Private key of that certificate.',
    deprecatedNames: [{ group: 'oslo_messaging_rabbit', name: 'kombu_ssl_keyfile' }],
  }),
  failoverStrategy: rabbit.string('kombu_failover_strategy', 'round-robin', {
    help: 'Which of several brokers is next: the following one, or they are put in a random order at the start.',
    choices: ['round-robin', 'shuffle'],
  }),
  loginMethod: rabbit.string('rabbit_login_method', 'AMQPLAIN', {
    help: 'How the service signs in.',
    choices: ['AMQPLAIN', 'PLAIN', 'EXTERNAL'],
  }),
  retryIntervalSeconds: rabbit.integer('rabbit_retry_interval', 1, {
    help: 'Pause behind the first failure.',
    unit: 'seconds',
    minimum: 1,
  }),
  retryBackoffSeconds: rabbit.integer('rabbit_retry_backoff', 2, {
    help: 'How much longer the pause is behind each further one.',
    unit: 'seconds',
    minimum: 0,
  }),
  intervalMaxSeconds: rabbit.integer('rabbit_interval_max', 30, {
    help: 'The longest of these pauses.',
    unit: 'seconds',
    minimum: 1,
  }),
  heartbeatSeconds: rabbit.integer('heartbeat_timeout_threshold', 60, {
    help: 'When a silent broker counts as gone; 0 is never.',
    unit: 'seconds',
    minimum: 0,
    maximum: 65_535,
  }),
};

/** What is taken and has no effect. */
export const ignoredMessagingOptions = [
  calls.integer('rpc_conn_pool_size', 30, 'Connections to the message bus.'),
  calls.integer('conn_pool_min_size', 2, 'Connections kept to it.'),
  calls.integer('conn_pool_ttl', 1200, { help: 'Age at which one is replaced.', unit: 'seconds' }),
  calls.integer('executor_thread_pool_size', 64, 'Threads that handle messages.'),
  calls.integer('rpc_response_timeout', 60, { help: 'Patience with an answer.', unit: 'seconds' }),
  calls.boolean('rpc_ping_enabled', false, 'Answers pings on the bus.'),
  rabbit.boolean('rabbit_ha_queues', false, {
    help: 'Queues are mirrored.',
    treatment: ignored('since RabbitMQ 3.0 a policy of the broker says which queues are mirrored'),
  }),
  rabbit.string('ssl_version', '', {
    help: 'Version of TLS.',
    treatment: ignored('the newest version that both sides know is used'),
  }),
  rabbit.float('kombu_reconnect_delay', 1, {
    help: 'Pause before connecting anew when the broker ends a reader.',
    unit: 'seconds',
    treatment: ignored('nothing is read from the message bus'),
  }),
  rabbit.unset.string('kombu_compression', {
    help: 'How messages are compressed.',
    treatment: ignored('messages are small and go out as they are, which every reader understands'),
  }),
  rabbit.integer('heartbeat_rate', 3, {
    help: 'How often heartbeats are looked for in that time.',
    treatment: ignored('they are looked for as often as the protocol says'),
  }),
];
