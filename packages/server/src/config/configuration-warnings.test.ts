import { describe, expect, test } from 'vitest';
import { load, loadText } from './load-configuration.testing.ts';

const place = '/etc/lucarne/a.conf';

describe('a name that looks like a mistake', () => {
  test.each([
    [
      '[DEFAULT]\nbind_prt = 1',
      `${place}:2: [DEFAULT] bind_prt: no such option (did you mean bind_port?); it has no effect`,
    ],
    [
      '[DEFAULT]\nbind-port = 1',
      `${place}:2: [DEFAULT] bind-port: no such option (did you mean bind_port?); it has no effect`,
    ],
    [
      '[DEFAULT]\nconnection = x',
      `${place}:2: [DEFAULT] connection: no such option here; it belongs in [database] and has no effect`,
    ],
    ['[DEFAULT]\nmy_own_note = x', `${place}:2: [DEFAULT] my_own_note: no such option; it has no effect`],
    [
      '\n[databse]\nconnection = x',
      `${place}:2: [databse] is not a known section (did you mean [database]?); it has no effect`,
    ],
    [
      '[oslo_polciy]\na = x',
      `${place}:1: [oslo_polciy] is not a known section (did you mean [oslo_policy]?); it has no effect`,
    ],
    ['[default]\na = x', `${place}:1: [default] is not a known section (did you mean [DEFAULT]?); it has no effect`],
    ['[elsewhere]\na = x', `${place}:1: [elsewhere] is not a known section; it has no effect`],
    ['[cors.web]\nallowed_origin = x', `${place}:1: [cors.web] is no longer read; [cors] holds for all origins`],
  ])('is told with the nearest known name: %j', (text, warning) => {
    expect(loadText(text).warnings).toEqual([warning]);
  });

  test('is told of variables as well', () => {
    const env = { OS_DEFAULT__BIND_PROT: '1', OS_NOTHING__AT_ALL: '1', OS_AUTH_URL: 'x', OS_OSLO_LIMIT__ANY: '1' };
    expect(load({ env }).warnings).toEqual([
      'OS_DEFAULT__BIND_PROT: no option has this variable (did you mean OS_DEFAULT__BIND_PORT?); it has no effect',
      'OS_NOTHING__AT_ALL: no option has this variable; it has no effect',
    ]);
  });
});

describe('nothing is told of', () => {
  test.each([
    ['sections of libraries that take many options', '[oslo_reports]\na = 1\n[oslo_messaging_amqp]\nb = 1'],
    ['sections of libraries that are not in the table', '[oslo_something_new]\na = 1'],
    ['sections that hold nothing', '[glance_download_opts]\n[nothing]'],
    ['options of plugins in a known section', '[vault]\nanything = 1'],
    ['options at work', '[DEFAULT]\nbind_port = 1\n[oslo_policy]\npolicy_file = a.yaml'],
  ])('%s', (_about, text) => {
    expect(loadText(text).warnings).toEqual([]);
  });

  test('the sections of stores and of sign-in that other options name', () => {
    const text = [
      '[DEFAULT]',
      'enabled_backends = Fast:rbd, slow:file',
      '[fast]',
      'rbd_store_pool = a',
      '[slow]',
      'anything = b',
      '[backend_defaults]',
      'weight = 1',
      '[keystone_authtoken]',
      'auth_section = keystone_login',
      '[keystone_login]',
      'username = glance',
    ].join('\n');
    expect(loadText(text).warnings).toEqual([
      `${place}:10: [keystone_authtoken] auth_section has no effect: token validation by Keystone: not part of this release`,
    ]);
  });
});

describe('an option without effect', () => {
  test.each([
    ['[DEFAULT]\nworkers = 4', `${place}:2: [DEFAULT] workers has no effect: this release serves with one process`],
    [
      '[DEFAULT]\nowner_is_tenant = true',
      `${place}:2: [DEFAULT] owner_is_tenant has no effect: images always belong to projects`,
    ],
    [
      '[oslo_policy]\nenforce_scope = false\nenforce_scope = true',
      `${place}:3: [oslo_policy] enforce_scope has no effect: scope is always enforced`,
    ],
  ])('is told in one line with the reason: %j', (text, warning) => {
    expect(loadText(text).warnings).toEqual([warning]);
  });

  test('of a missing feature is told once for the feature, without its secrets', () => {
    const { warnings } = loadText('[keystone_authtoken]\nauth_url = http://k\nusername = glance\npassword = hunter2\n');
    expect(warnings).toEqual([
      `${place}:2: [keystone_authtoken] auth_url and 2 more have no effect: token validation by Keystone: not part of this release`,
    ]);
  });
});

test('an old name is told with the present one', () => {
  expect(loadText('[DEFAULT]\ndisk_formats = raw\n').warnings).toEqual([
    `${place}:2: [DEFAULT] disk_formats is an old name; the option is now [image_format] disk_formats`,
  ]);
});

test('a public endpoint that is no URL is told, and the service may start', () => {
  const { warnings, problems } = loadText('[DEFAULT]\npublic_endpoint = images.example.org\n');
  expect(warnings).toEqual([
    expect.stringMatching(/:2: \[DEFAULT\] public_endpoint: "images.example.org" is not an http/),
  ]);
  expect(problems).toEqual([]);
});
