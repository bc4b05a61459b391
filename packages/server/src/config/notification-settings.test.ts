import { describe, expect, test } from 'vitest';
import { file, fileSystemOf, load, loadText, settingsOf } from './load-configuration.testing.ts';
import { parseTransportUrl } from './transport-url.ts';
import { webhookKey } from './notification-settings.ts';

const bus = '[oslo_messaging_notifications]\ndriver = messagingv2\n';
const place = '/etc/lucarne/a.conf';

function notificationsOf(text: string) {
  return settingsOf(loadText(text)).notifications;
}

describe('notifications', () => {
  test('go to nobody unless something is configured', () => {
    expect(notificationsOf('')).toMatchObject({ drivers: [], routingFile: null, rabbit: null, webhooks: null });
    expect(notificationsOf('[oslo_messaging_notifications]\ndriver = noop\ndriver = test\ndriver =\n')).toMatchObject({
      drivers: [],
      rabbit: null,
    });
  });

  test('go by several drivers, with the names of before as well', () => {
    const text = '[DEFAULT]\nnotification_driver = messaging\nnotification_driver = log\nnotification_topics = a, b\n';
    expect(notificationsOf(text)).toMatchObject({ drivers: ['messaging', 'log'], topics: ['a', 'b'], tries: null });
  });

  test.each([
    ['-1', null],
    ['0', 1],
    ['1', 1],
    ['7', 7],
  ])('with retry %s are tried so often: %s', (retry, tries) => {
    expect(notificationsOf(`${bus}retry = ${retry}\n`).tries).toBe(tries);
  });

  test('have an address of their own before the one for everything', () => {
    const text = `[DEFAULT]\ntransport_url = rabbit://a:b@one\n${bus}`;
    expect(notificationsOf(text).rabbit?.hosts).toEqual([{ host: 'one', port: 5672, user: 'a', password: 'b' }]);
    const own = `${text}transport_url = rabbit://a:b@two/\n`;
    expect(notificationsOf(own).rabbit?.hosts).toMatchObject([{ host: 'two' }]);
  });

  test('take the options of the bus, and before them those of the address', () => {
    const query = '?rabbit_quorum_queue=true&heartbeat_timeout_threshold=7';
    const section = '[oslo_messaging_rabbit]\nheartbeat_timeout_threshold = 9\nrabbit_interval_max = 4\n';
    expect(notificationsOf(`${bus}transport_url = rabbit://${query}\n${section}`).rabbit).toEqual({
      hosts: [{ host: 'localhost', port: 5672, user: 'guest', password: 'guest' }],
      shufflesHosts: false,
      virtualHost: '/',
      exchange: 'glance',
      durable: true,
      autoDelete: false,
      quorumQueues: true,
      loginMethod: 'AMQPLAIN',
      heartbeatSeconds: 7,
      tls: null,
      pauses: { firstSeconds: 1, stepSeconds: 2, longestSeconds: 4 },
    });
  });

  test.each([
    ['transport_url = kafka://hunter2@host', /transport_url: the transport kafka is not supported; allowed is rabbit/],
    ['transport_url = hunter2', /transport_url: the value is not the address of a message bus/],
    ['transport_url = rabbit://a:hunter2@host:99999', /host 1 of the value is not a host with a port/],
    ['transport_url = rabbit://a:hunter2%zz@host', /a percent sign in the value is not part of a code/],
    ['transport_url = rabbit://?hunter=2', /has an option that is not known: hunter$/],
    ['transport_url = rabbit://?ssl=maybe', /ssl in the query of the address: "maybe"/],
    [
      'driver = carrier-pigeon',
      /driver: "carrier-pigeon" is not a known choice; allowed is one of messaging, messagingv2, .*several times/,
    ],
    ['driver = routing', /driver: the driver routing needs a file: set routing_config/],
    ['driver = routing\nrouting_config = /none', /routing_config: \/none: /],
    ['retry = -2', /retry: "-2" is too small/],
    [
      '[oslo_messaging_rabbit]\nssl = true\nssl_ca_file = /none',
      /\/none, which the connection to the message bus needs: /,
    ],
    ['[oslo_messaging_rabbit]\nrabbit_login_method = MAGIC', /rabbit_login_method: "MAGIC" is not a known choice/],
  ])('refuse %s', (lines, message) => {
    const { problems } = loadText(`${bus}${lines}\n`);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toMatch(new RegExp(`^${place}:\\d`));
    expect(problems[0]).not.toContain('hunter2');
  });

  test('find the file of routing beside where the service was started', () => {
    const text = '[oslo_messaging_notifications]\ndriver = routing\nrouting_config = routing.yaml\n';
    const fileSystem = fileSystemOf({ [place]: text, '/home/site/routing.yaml': 'a:\n' });
    const loaded = load({ sources: [file(place)], fileSystem });
    expect(settingsOf(loaded).notifications.routingFile).toBe('/home/site/routing.yaml');
  });
});

describe('web services', () => {
  const hooks = 'webhook_urls = https://hooks.example/a?b=c, http://10.0.0.1:8080\n';

  test('are told of all events or of some, with a secret', () => {
    const text = `[lucarne]\n${hooks}webhook_secret = whsec_c2l4dGVlbiBjaGFyYWN0ZXJz\nwebhook_events = image.*, task.*\n`;
    expect(notificationsOf(text).webhooks).toEqual({
      urls: ['https://hooks.example/a?b=c', 'http://10.0.0.1:8080'],
      secret: 'whsec_c2l4dGVlbiBjaGFyYWN0ZXJz',
      events: ['image.*', 'task.*'],
      timeoutSeconds: 5,
    });
  });

  test.each([
    [hooks, /webhook_urls: receivers must be able to check who sends: set webhook_secret too/],
    [`${hooks}webhook_secret = hunter2\n`, /webhook_secret: the value is too short/],
    [`${hooks}webhook_secret = whsec_hunter2\n`, /webhook_secret: the value is too short or no Base64/],
    ['webhook_urls = ftp://hunter2\nwebhook_secret = 0123456789abcdef\n', /address 1 of the list is not that of a web/],
    ['webhook_urls = http://a:hunter2@b\nwebhook_secret = 0123456789abcdef\n', /URLs without user/],
    [`${hooks}webhook_secret = 0123456789abcdef\nwebhook_timeout_seconds = 11\n`, /"11" is too large/],
  ])('refuse %s', (lines, message) => {
    const { problems } = loadText(`[lucarne]\n${lines}`);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).not.toContain('hunter2');
  });

  test('have keys in Base64 behind a prefix, or as they are', () => {
    expect(Buffer.from(webhookKey('whsec_aGVsbG8=')).toString()).toBe('hello');
    expect(Buffer.from(webhookKey('grüße')).toString()).toBe('grüße');
  });
});

test.each([
  ['rabbit://', [['localhost', 5672, 'guest', 'guest']], '/'],
  ['rabbit:///', [['localhost', 5672, 'guest', 'guest']], '/'],
  ['rabbit://h', [['h', 5672, 'guest', 'guest']], '/'],
  ['rabbit://u:p@h:1/v', [['h', 1, 'u', 'p']], 'v'],
  ['rabbit://u%40x:p%3A%2f@h//v%2Fw', [['h', 5672, 'u@x', 'p:/']], '/v/w'],
  ['rabbit://u:p:q@h', [['h', 5672, 'u', 'p:q']], '/'],
  ['rabbit://u@h', [['h', 5672, 'u', '']], '/'],
  [
    'rabbit://u:p@[::1]:2,v:q@h/x',
    [
      ['::1', 2, 'u', 'p'],
      ['h', 5672, 'v', 'q'],
    ],
    'x',
  ],
])('the address %s of a message bus is read', (text, hosts, virtualHost) => {
  const parsed = parseTransportUrl(text);
  if ('wrong' in parsed) throw new Error(parsed.wrong);
  expect(parsed.url.hosts.map(({ host, port, user, password }) => [host, port, user, password])).toEqual(hosts);
  expect(parsed.url.virtualHost).toBe(virtualHost);
});
