/** Notifications and the message bus, not built yet. Source: contract 11 §2, §5; 13 A */
import { describeGroup, notBuilt } from '../option.ts';

const treatment = notBuilt('notifications');
const common = describeGroup('DEFAULT', { treatment });
const notifications = describeGroup('oslo_messaging_notifications', { treatment });
const rabbit = describeGroup('oslo_messaging_rabbit', { treatment });
const secret = true;

export const notificationOptions = [
  common.string('default_publisher_id', 'image.localhost', 'Sender named in notifications.'),
  common.list('disabled_notifications', [], 'Notifications that are not sent.'),
  common.string('transport_url', 'rabbit://', { help: 'Address of the message bus.', unit: 'URL', secret }),
  common.string('control_exchange', 'glance', 'Exchange of the message bus.'),
  common.integer('rpc_conn_pool_size', 30, 'Connections to the message bus.'),
  common.integer('conn_pool_min_size', 2, 'Connections kept to it.'),
  common.integer('conn_pool_ttl', 1200, { help: 'Age at which one is replaced.', unit: 'seconds' }),
  common.integer('executor_thread_pool_size', 64, 'Threads that handle messages.'),
  common.integer('rpc_response_timeout', 60, { help: 'Patience with an answer.', unit: 'seconds' }),
  common.boolean('rpc_ping_enabled', false, 'Answers pings on the bus.'),
  notifications.multi('driver', [], {
    help: 'How notifications are sent: messaging, messagingv2, log, noop, routing or test.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_driver' }],
  }),
  notifications.unset.string('transport_url', {
    help: 'Address of the message bus for notifications alone.',
    unit: 'URL',
    secret,
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_transport_url' }],
  }),
  notifications.list('topics', ['notifications'], {
    help: 'Queues that notifications go to.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'notification_topics' }],
  }),
  notifications.integer('retry', -1, 'How often sending is tried again; -1 is for ever.'),
  notifications.string('routing_config', '', 'File that says which notification goes where.'),
  rabbit.boolean('amqp_durable_queues', false, 'Queues survive the broker.'),
  rabbit.boolean('amqp_auto_delete', false, 'Queues end with their last reader.'),
  rabbit.boolean('rabbit_quorum_queue', false, 'Queues are replicated by quorum.'),
  rabbit.boolean('rabbit_ha_queues', false, 'Queues are mirrored.'),
  rabbit.boolean('ssl', false, 'Talks TLS to the broker.'),
  rabbit.string('ssl_ca_file', '', 'Certificates of authorities to trust.'),
  rabbit.string('ssl_cert_file', '', 'Certificate of the service.'),
  rabbit.string('ssl_key_file', '', 'Private key of that certificate.'),
  rabbit.string('ssl_version', '', 'Version of TLS.'),
  rabbit.float('kombu_reconnect_delay', 1, { help: 'Pause before connecting anew.', unit: 'seconds' }),
  rabbit.unset.string('kombu_compression', 'How messages are compressed.'),
  rabbit.string('kombu_failover_strategy', 'round-robin', {
    help: 'Which broker is next.',
    choices: ['round-robin', 'shuffle'],
  }),
  rabbit.string('rabbit_login_method', 'AMQPLAIN', 'How the service signs in.'),
  rabbit.integer('rabbit_retry_interval', 1, { help: 'First pause between tries.', unit: 'seconds' }),
  rabbit.integer('rabbit_retry_backoff', 2, { help: 'How much longer each is.', unit: 'seconds' }),
  rabbit.integer('rabbit_interval_max', 30, { help: 'The longest of them.', unit: 'seconds' }),
  rabbit.integer('heartbeat_timeout_threshold', 60, { help: 'When a silent broker counts as gone.', unit: 'seconds' }),
  rabbit.integer('heartbeat_rate', 3, 'Heartbeats in that time.'),
];
