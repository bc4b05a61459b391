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
    [
      '[glance_download_opts]\nextra_properties = [a]',
      `${place}:2: [glance_download_opts] extra_properties has no effect: the option is [glance_download_properties] extra_properties`,
    ],
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
    ['sections that hold nothing', '[nothing]\n[file]'],
    ['options of plugins in a known section', '[vault]\nanything = 1'],
    ['options at work', '[DEFAULT]\nbind_port = 1\n[oslo_policy]\npolicy_file = a.yaml'],
  ])('%s', (_about, text) => {
    expect(loadText(text).warnings).toEqual([]);
  });

  test('the sections of stores and of sign-in that other options name', () => {
    const text = [
      '[DEFAULT]',
      'enabled_backends = Fast:file, mirror:http',
      '[glance_store]',
      'default_backend = Fast',
      '[fast]',
      'filesystem_store_datadir = /srv/fast',
      'weight = 2',
      '[mirror]',
      'https_insecure = false',
      '[backend_defaults]',
      'weight = 1',
      '[keystone_authtoken]',
      'auth_section = keystone_login',
      '[keystone_login]',
      'username = glance',
    ].join('\n');
    const loaded = loadText(text, { env: { OS_FAST__STORE_DESCRIPTION: 'NVMe' } });
    expect(loaded.problems).toEqual([]);
    expect(loaded.warnings).toEqual([]);
  });
});

describe('in the section of a store', () => {
  const stores = '[DEFAULT]\nenabled_backends = fast:file, mirror:http\n[glance_store]\ndefault_backend = fast\n';

  test.each([
    [
      '[fast]\nfilesystem_store_datadr = /a',
      '[fast] filesystem_store_datadr: no such option (did you mean filesystem_store_datadir?); it has no effect',
    ],
    ['[fast]\nwieght = 1', '[fast] wieght: no such option; it has no effect'],
    ['[fast]\nhttps_insecure = false', '[fast] https_insecure has no effect: the store is of kind file'],
    [
      '[mirror]\nfilesystem_store_datadir = /a',
      '[mirror] filesystem_store_datadir has no effect: the store is of kind http',
    ],
    ['[mirror]\nrbd_store_pool = a', '[mirror] rbd_store_pool has no effect: the store is of kind http'],
    [
      '[backend_defaults]\nrbd_store_pool = a',
      '[backend_defaults] rbd_store_pool has no effect: the RBD store: not part of this release',
    ],
    ['[fst]\nweight = 1', '[fst] is not a known section (did you mean [fast]?); it has no effect'],
  ])('mistakes are told as in any other: %j', (text, warning) => {
    const line = text.startsWith('[fst]') ? 5 : 6;
    expect(loadText(stores + text).warnings).toEqual([`${place}:${line}: ${warning}`]);
  });

  test('variables are known as well', () => {
    const { warnings } = loadText(stores, { env: { OS_FAST__WIEGHT: '1', OS_MIRROR__WEIGHT: '2' } });
    expect(warnings).toEqual([
      'OS_FAST__WIEGHT: no option has this variable (did you mean OS_FAST__WEIGHT?); it has no effect',
    ]);
  });

  test('with stores of their own the options of the other way have no effect, and are not checked', () => {
    const text =
      'stores = x\ndefault_store = swift\nfilesystem_store_datadir = /a\nfilesystem_store_file_perm = 9\nrbd_store_pool = a\n' +
      '[task]\nwork_dir = /b\n[DEFAULT]\nnode_staging_uri = nowhere\n';
    const { warnings, problems } = loadText(stores + text);
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(7);
    for (const warning of warnings) expect(warning).toMatch(/ has no effect: with enabled_backends /);
  });

  test('and the options of stores with ids have none without them', () => {
    const text =
      '[glance_store]\ndefault_backend = fast\n[backend_defaults]\nweight = many\n' +
      '[os_glance_staging_store]\nfilesystem_store_datadir = /a\n[os_glance_tasks_store]\nfilesystem_store_datadir = /a\n';
    const { warnings, problems } = loadText(text);
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(4);
    for (const warning of warnings)
      expect(warning).toMatch(/ has no effect: it is for stores of \[DEFAULT\] enabled_b/);
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
    const { warnings } = loadText('[vault]\nvault_url = http://k\nkv_version = 1\nroot_token_id = hunter2\n');
    expect(warnings).toEqual([
      `${place}:2: [vault] vault_url and 2 more have no effect: the key manager: not part of this release`,
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
