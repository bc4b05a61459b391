import { describe, expect, test } from 'vitest';
import { buildSettings } from './build-settings.ts';
import { directory, file, fileSystemOf, load, loadText, settingsOf } from './load-configuration.testing.ts';
import { parseIni } from '../lib/ini.ts';
import { keystoneTokenLogin } from './options/identity.ts';
import { unifiedLimitLogin } from './options/unified-limits.ts';
import { findLoginSections } from './login-sections.ts';
import { evaluateOptions } from './option-lookup.ts';
import { optionTitle } from './option.ts';
import type { Option } from './option.ts';
import { allOptions } from './options/all-options.ts';
import { apiOptions } from './options/api.ts';
import { findStoreSections, optionsInForce } from './store-sections.ts';

const port = (value: number | string) => `[DEFAULT]\nbind_port = ${value}\n`;

describe('without configuration', () => {
  test('the service is the laptop’s own: local address, pocket identity, everything in ./lucarne-data', () => {
    const { settings, warnings, files } = load();
    expect(settings).toMatchObject({
      server: { host: '127.0.0.1', port: 9292, publicEndpoint: null, selfUrl: null, proxyHeaders: false },
      dataDir: '/home/site/lucarne-data',
      database: { connection: { dialect: 'sqlite', path: '/home/site/lucarne-data/lucarne.sqlite' } },
      identity: { flavor: 'pocket', anonymousAccess: false },
      policy: { file: 'policy.yaml', dirs: ['policy.d'], searchDirs: [] },
      stores: {
        multiStore: false,
        configured: [
          { id: 'file', kind: 'file', dataDirectories: [{ path: '/home/site/lucarne-data/images', priority: 0 }] },
          { id: 'http', kind: 'http', caFile: null, insecure: true },
        ],
        defaultId: 'file',
        stagingDirectory: '/home/site/lucarne-data/staging',
        tasksDirectory: '/home/site/lucarne-data/tasks',
        metadataEncryptionKey: null,
      },
      imports: { methods: ['glance-direct', 'web-download', 'copy-image'], plugins: [], allowedAddressRanges: [] },
      tasks: { timeToLiveHours: 48, parallelTasks: 16, conversionFormat: null },
      cache: { directory: null, servesDownloads: false, managementRoutes: false, sqliteFile: null },
      schemaImageFile: null,
      cors: null,
      healthcheck: { disableByFile: null },
      logging: { debug: false, file: null, format: 'json' },
      lucarne: { uploadIdleTimeoutSeconds: 60, uploadLeaseSeconds: 30, apiProfile: 'current' },
    });
    expect(warnings).toEqual([]);
    expect(files).toEqual([]);
  });

  test('a Glance installed beside it is not read', () => {
    const fileSystem = fileSystemOf({
      '/etc/glance/glance-api.conf': port(1111),
      '/etc/glance/glance-api.conf.d/a.conf': port(2222),
      '/etc/glance/schema-image.json': '{}',
    });
    const { settings, files } = load({ fileSystem });
    expect(settings).toMatchObject({ server: { port: 9292 }, schemaImageFile: null });
    expect(files).toEqual([]);
  });

  test('a policy file that the environment names is looked for in the working directory', () => {
    const { settings } = load({ env: { OS_OSLO_POLICY__POLICY_FILE: 'open.yaml' } });
    expect(settings?.policy).toMatchObject({ file: 'open.yaml', searchDirs: ['/home/site'] });
  });
});

describe('which files are read', () => {
  test('OS_GLANCE_CONFIG_DIR reads the import file, the API file and the default folders', () => {
    const fileSystem = fileSystemOf({
      '/srv/glance/glance-image-import.conf': '',
      '/srv/glance/glance-api.conf': port(1111),
      '/home/me/.glance/glance-api.conf.d/b.conf': port(2222),
      '/home/me/.glance/glance-api.conf.d/a.conf': '',
      '/home/me/.glance/glance-api.conf.d/.c.conf': port(3333),
      '/home/me/.glance/glance-api.conf.d/d.txt': port(4444),
      '/etc/glance/glance-api.conf.d/e.conf': port(5555),
      '/etc/glance.conf.d/f.conf': '',
    });
    const loaded = load({ fileSystem, env: { OS_GLANCE_CONFIG_DIR: '/srv/glance', HOME: '/home/me' } });
    expect(loaded.files).toEqual([
      '/srv/glance/glance-image-import.conf',
      '/srv/glance/glance-api.conf',
      '/etc/glance.conf.d/f.conf',
      '/home/me/.glance/glance-api.conf.d/a.conf',
      '/home/me/.glance/glance-api.conf.d/b.conf',
    ]);
    expect(settingsOf(loaded).server).toMatchObject({ port: 2222, host: '0.0.0.0' });
    expect(settingsOf(loaded).healthcheck.disableByFile).toBe('/srv/glance/healthcheck_disable');
  });

  test('OS_GLANCE_CONFIG_DIR without glance-api.conf is a problem', () => {
    const { problems } = load({ env: { OS_GLANCE_CONFIG_DIR: '/srv/glance' } });
    expect(problems).toEqual(['/srv/glance/glance-api.conf: there is no such file']);
  });

  test('a --config-file takes the place of the default files', () => {
    const fileSystem = fileSystemOf({ '/home/site/a.conf': '', '/srv/glance/glance-api.conf': '' });
    const loaded = load({ fileSystem, sources: [file('a.conf')], env: { OS_GLANCE_CONFIG_DIR: '/srv/glance' } });
    expect(loaded.files).toEqual(['a.conf']);
  });

  test('a --config-dir takes the place of the default folders', () => {
    const fileSystem = fileSystemOf({ '/conf/a.conf': '', '/etc/glance/glance.conf.d/b.conf': '' });
    expect(load({ fileSystem, sources: [directory('/conf')] }).files).toEqual(['/conf/a.conf']);
  });

  test('files and folders apply in their order on the command line', () => {
    const fileSystem = fileSystemOf({ '/conf/a.conf': port(1), '/home/site/b.conf': port(2) });
    const fileLast = load({ fileSystem, sources: [directory('/conf'), file('b.conf')] });
    const folderLast = load({ fileSystem, sources: [file('b.conf'), directory('/conf')] });
    expect([fileLast, folderLast].map((loaded) => loaded.settings?.server.port)).toEqual([2, 1]);
  });

  test('a missing file and a missing folder are problems', () => {
    const { problems, settings } = load({ sources: [file('no.conf'), directory('no.d')] });
    expect(problems).toEqual(['no.conf: there is no such file', 'no.d: there is no such folder']);
    expect(settings).toBeNull();
  });

  test('a file that cannot be read is a problem with the system’s code', () => {
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    const fileSystem = {
      readFile: () => {
        throw denied;
      },
      listDirectory: () => null,
    };
    const { problems } = load({ fileSystem, sources: [file('a.conf')] });
    expect(problems).toEqual(['a.conf: cannot be read (EACCES)']);
  });

  test('policy and schema files are looked for in folders, then beside files, then in the usual places', () => {
    const fileSystem = fileSystemOf({
      '/one/a.conf': '',
      '/two/b.conf': '',
      '/conf/c.conf': '',
      '/two/schema-image.json': '{}',
      '/etc/schema-image.json': '{}',
    });
    const sources = [file('/one/a.conf'), directory('/conf'), file('/two/b.conf')];
    const settings = settingsOf(load({ fileSystem, sources, env: { HOME: '/home/me' } }));
    expect(settings.policy.searchDirs).toEqual([
      '/conf',
      '/two',
      '/one',
      '/home/me/.glance',
      '/home/me',
      '/etc/glance',
      '/etc',
    ]);
    expect(settings.schemaImageFile).toBe('/two/schema-image.json');
  });
});

describe('which value counts', () => {
  const files = fileSystemOf({ '/home/site/a.conf': port(1), '/home/site/b.conf': port(2) });
  const both = [file('a.conf'), file('b.conf')];

  test.each([
    { about: 'the default', request: {}, value: 9292 },
    { about: 'a file over the default', request: { sources: [file('a.conf')] }, value: 1 },
    { about: 'a later file over an earlier', request: { sources: both }, value: 2 },
    { about: 'the environment over files', request: { sources: both, env: { OS_DEFAULT__BIND_PORT: '3' } }, value: 3 },
    {
      about: 'a flag over the environment',
      request: { sources: both, env: { OS_DEFAULT__BIND_PORT: '3' }, flags: { port: '4' } },
      value: 4,
    },
  ])('$about: $value', ({ request, value }) => {
    expect(settingsOf(load({ fileSystem: files, ...request })).server.port).toBe(value);
  });

  test('the last of a name in a file', () => {
    expect(settingsOf(loadText(port(1) + port(2))).server.port).toBe(2);
  });

  test('all values of a multi option, over all files', () => {
    const fileSystem = fileSystemOf({
      '/home/site/a.conf': '[oslo_policy]\npolicy_dirs = one\npolicy_dirs = two\n',
      '/home/site/b.conf': '[oslo_policy]\npolicy_dirs = three\n',
    });
    const settings = settingsOf(load({ fileSystem, sources: both }));
    expect(settings.policy.dirs).toEqual(['one', 'two', 'three']);
  });

  test.each([
    ['[DEFAULT]\ndisk_formats = raw\n', ['raw']],
    ['[image_format]\ndisk_formats = iso\n[DEFAULT]\ndisk_formats = raw\n', ['iso']],
  ])('an old name counts, and the present one in the same file wins: %j', (text, formats) => {
    expect(settingsOf(loadText(text)).images.diskFormats).toEqual(formats);
  });

  test('an old name in a later file wins over the present one in an earlier', () => {
    const fileSystem = fileSystemOf({
      '/home/site/a.conf': '[image_format]\ndisk_formats = iso\n',
      '/home/site/b.conf': '[DEFAULT]\ndisk_formats = raw\n',
    });
    expect(settingsOf(load({ fileSystem, sources: both })).images.diskFormats).toEqual(['raw']);
  });

  test.each([
    { request: {}, dataDirectory: '/home/site/lucarne-data' },
    { request: { file: true }, dataDirectory: '/home/site/file' },
    { request: { file: true, env: { OS_LUCARNE__DATA_DIR: '/env' } }, dataDirectory: '/env' },
    { request: { env: { OS_LUCARNE__DATA_DIR: '/env', LUCARNE_DATA_DIR: '/own' } }, dataDirectory: '/own' },
    { request: { env: { LUCARNE_DATA_DIR: '/own' }, flags: { dataDir: 'flag' } }, dataDirectory: '/home/site/flag' },
  ])('the data folder is $dataDirectory given $request', ({ request, dataDirectory }) => {
    const { file: isFile, ...rest } = { file: false, ...request };
    const loaded = isFile ? loadText('[lucarne]\ndata_dir = file\n', rest) : load(rest);
    expect(settingsOf(loaded).dataDir).toBe(dataDirectory);
  });

  test('an empty number has the default, and empty text is empty', () => {
    const { images, server } = settingsOf(loadText('[DEFAULT]\napi_limit_max =\npublic_endpoint =\n'));
    expect(images.limitMax).toBe(1000);
    expect(server.publicEndpoint).toBeNull();
  });

  test('a value may refer to other options, and a referring secret may hold dollars', () => {
    const text = '[DEFAULT]\nbind_port = 80\npublic_endpoint = http://$bind_host:${bind_port}/$lucarne.data_dir\n';
    expect(settingsOf(loadText(text)).server.publicEndpoint).toBe('http://0.0.0.0:80/./lucarne-data');
    const connection = '[database]\nconnection = sqlite:////a$$b.db\n';
    expect(settingsOf(loadText(connection)).database.connection.path).toBe('/a$b.db');
  });
});

describe('defaults that depend on other options', () => {
  test.each([
    ['', 'pocket'],
    ['flavor = pocket', 'pocket'],
    ['flavor =', 'none'],
    ['flavor = none', 'none'],
    ['flavor = trusted-auth', 'trusted-auth'],
  ])('[paste_deploy] %j gives the flavor %s', (line, flavor) => {
    expect(settingsOf(loadText(`[paste_deploy]\n${line}\n`)).identity.flavor).toBe(flavor);
  });

  test.each([
    ['', '/home/site/lucarne-data/lucarne.sqlite'],
    ['[lucarne]\ndata_dir = /srv', '/srv/lucarne.sqlite'],
    ['[database]\nconnection = sqlite:////db/g.sqlite', '/db/g.sqlite'],
    ['[database]\nconnection =', '/home/site/lucarne-data/lucarne.sqlite'],
  ])('%j keeps the database in %s', (text, database) => {
    expect(settingsOf(loadText(text)).database.connection).toEqual({ dialect: 'sqlite', path: database });
  });

  test('with a configuration file the service listens on all addresses, unless another is set', () => {
    expect(settingsOf(loadText('')).server.host).toBe('0.0.0.0');
    expect(settingsOf(loadText('[DEFAULT]\nbind_host = ::1\n')).server.host).toBe('::1');
    expect(settingsOf(load({ flags: { host: '0.0.0.0' } })).server.host).toBe('0.0.0.0');
  });

  test.each([
    [true, '', 'pretty', null],
    [false, '', 'json', null],
    [true, '[DEFAULT]\nuse_json = true', 'json', null],
    [true, '[DEFAULT]\nlog_file = a.log', 'json', '/home/site/a.log'],
    [true, '[DEFAULT]\nlog_file = a.log\nlog_dir = /var/log', 'json', '/var/log/a.log'],
    [true, '[DEFAULT]\nlog_dir = /var/log', 'json', '/var/log/glance-api.log'],
    [false, '[lucarne]\nlog_format = pretty', 'pretty', null],
    [true, '[lucarne]\nlog_format = json', 'json', null],
  ])('logging to a terminal %s with %j is %s in %s', (isTerminal, text, format, logFile) => {
    const { logging } = settingsOf(loadText(text, { isTerminal }));
    expect(logging).toEqual({ debug: false, format, file: logFile });
  });

  test('the healthcheck looks for its file beside the configuration, unless another is set', () => {
    expect(settingsOf(loadText('')).healthcheck.disableByFile).toBe('/etc/lucarne/healthcheck_disable');
    const text = '[healthcheck]\ndisable_by_file_path = /run/off\n';
    expect(settingsOf(loadText(text)).healthcheck.disableByFile).toBe('/run/off');
  });

  test('headers never get less room than large tokens need', () => {
    expect(settingsOf(loadText('[DEFAULT]\nmax_header_line = 100\n')).server.maxHeaderBytes).toBe(65_536);
    expect(settingsOf(loadText('[DEFAULT]\nmax_header_line = 100000\n')).server.maxHeaderBytes).toBe(100_000);
  });

  test('an allowed origin switches CORS on with the defaults of Glance', () => {
    expect(settingsOf(loadText('[cors]\nallowed_origin = https://a, https://b\n')).cors).toMatchObject({
      allowedOrigins: ['https://a', 'https://b'],
      allowCredentials: true,
      maxAgeSeconds: 3600,
      allowMethods: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'],
    });
  });

  test.each([
    ['0', null],
    ['0GB', null],
    ['500', 500],
    ['500B', 500],
    ['2KB', 2048],
    ['3GB', 3 * 1024 ** 3],
    ['1TB', 1024 ** 4],
  ])('a user_storage_quota of %s is %s bytes', (text, bytes) => {
    expect(settingsOf(loadText(`[DEFAULT]\nuser_storage_quota = ${text}\n`)).images.userStorageQuotaBytes).toBe(bytes);
  });

  test.each([
    ['', null],
    ['public_endpoint = https://images.example.org/image', 'https://images.example.org/image'],
    ['public_endpoint = images.example.org', null],
    ['public_endpoint = https://all\nworker_self_reference_url = http://node1:9292', 'http://node1:9292'],
  ])('other nodes reach this one, given %j, at %s', (lines, url) => {
    expect(settingsOf(loadText(`[DEFAULT]\n${lines}\n`)).server.selfUrl).toBe(url);
  });

  test.each([
    ['', null],
    ['scrub_time = 3600', null],
    ['delayed_delete = true', 0],
    ['delayed_delete = true\nscrub_time = 3600', 3600],
  ])('data of deleted images stay, given %j, for %s seconds', (lines, seconds) => {
    const { delayedDelete } = settingsOf(loadText(`[DEFAULT]\n${lines}\nwakeup_time = 0\n`)).images;
    expect(delayedDelete).toEqual({ scrubSeconds: seconds, scrubPoolSize: 1, wakeupSeconds: 1 });
  });

  test('what may be seen of locations, and how their data are hashed', () => {
    const text = '[DEFAULT]\nshow_multiple_locations = on\ndo_secure_hash = off\nhttp_retries = 7\n';
    expect(settingsOf(loadText('')).images).toMatchObject({
      showMultipleLocations: false,
      doSecureHash: true,
      hashRetries: 3,
    });
    expect(settingsOf(loadText(text)).images).toMatchObject({
      showMultipleLocations: true,
      doSecureHash: false,
      hashRetries: 7,
    });
  });

  test('the folder of metadata definitions is that of Glance, unless another is set', () => {
    expect(settingsOf(loadText('')).metadefs.sourcePath).toBe('/etc/glance/metadefs');
    expect(settingsOf(loadText('[DEFAULT]\nmetadata_source_path = defs\n')).metadefs.sourcePath).toBe(
      '/home/site/defs',
    );
  });

  test.each(['current', 'mitaka', 'huawei', 'conoha', 'ustack'])('the API can look like %s', (name) => {
    expect(settingsOf(loadText(`[lucarne]\napi_profile = ${name}\n`)).lucarne.apiProfile).toBe(name);
  });
});

describe('problems', () => {
  test('are all reported at once, each with its place and what is allowed', () => {
    const text = [
      'stray = 1',
      '[DEFAULT]',
      'bind_port = 99999',
      'api_limit_max = many',
      'debug = maybe',
      'user_storage_quota = 5 GB',
      'hashing_algorithm = crc32',
      '[image_format]',
      'gpt_safety_checks_nonfatal = efi',
      '[glance_store]',
      'filesystem_store_file_perm = 689',
      '[database]',
      'connection = postgresql://glance:hunter2@db/glance',
      '[paste_deploy]',
      'flavor = keystone',
    ].join('\n');
    const { problems, settings } = loadText(text, { env: { OS_DEFAULT__BACKLOG: '0' }, flags: { host: '' } });
    expect(settings).toBeNull();
    expect(problems).toEqual([
      '/etc/lucarne/a.conf:1: an assignment must stand in a section, for example [DEFAULT]',
      '/etc/lucarne/a.conf:3: [DEFAULT] bind_port: "99999" is too large; allowed is an integer from 0 to 65535',
      'OS_DEFAULT__BACKLOG: [DEFAULT] backlog: "0" is too small; allowed is an integer, at least 1',
      expect.stringMatching(
        /^\/etc\/lucarne\/a.conf:7: \[DEFAULT\] hashing_algorithm: "crc32" is not a known choice; /,
      ),
      '/etc/lucarne/a.conf:4: [DEFAULT] api_limit_max: "many" is not an integer; allowed is an integer, at least 1',
      '/etc/lucarne/a.conf:5: [DEFAULT] debug: "maybe" is not a boolean; allowed is true or false',
      '/etc/lucarne/a.conf:9: [image_format] gpt_safety_checks_nonfatal: "efi" is not a known choice; allowed is a comma separated list of mbr, gptmbr',
      '--host: [DEFAULT] bind_host: the value is empty; leave the line out to have the default',
      '/etc/lucarne/a.conf:11: [glance_store] filesystem_store_file_perm: "689" is not octal; allowed are the digits 0 to 7, as in 640',
      '/etc/lucarne/a.conf:13: [database] connection: postgresql is not part of this release; it works with SQLite alone, as in sqlite:////absolute/file.db',
      expect.stringMatching(
        /^\/etc\/lucarne\/a.conf:15: \[paste_deploy\] flavor: it needs a sign-in to Keystone: set auth_type in \[keystone_/,
      ),
      expect.stringMatching(/^\/etc\/lucarne\/a.conf:6: \[DEFAULT\] user_storage_quota: "5 GB" is not a size; /),
    ]);
  });

  test.each([
    ['user_storage_quota = 5gb', /user_storage_quota: "5gb" is not a size/],
    ['user_storage_quota = -1', /user_storage_quota: "-1" is not a size/],
    ['public_endpoint = http://$nowhere', /public_endpoint: the reference \$nowhere names no option/],
    ['enabled_import_methods = web-download', /enabled_import_methods: "web-download" is not in brackets/],
    [
      'enabled_import_methods = [web-upload]',
      /enabled_import_methods: "web-upload" is not a known choice; .*copy-image/,
    ],
    ['worker_self_reference_url = node1:9292', /worker_self_reference_url: the value is not the address of a node/],
    ['worker_self_reference_url = http://a:hunter2@node1', /worker_self_reference_url: the value is not the address/],
    [`worker_self_reference_url = http://${'a'.repeat(249)}`, /of at most 255 characters/],
    ['scrub_time = -1', /scrub_time: "-1" is too small/],
    ['http_retries = -1', /http_retries: "-1" is too small/],
    ['metadata_source_path =', /metadata_source_path: the value is empty/],
  ])('[DEFAULT] %s is one', (line, message) => {
    expect(loadText(`[DEFAULT]\n${line}\n`).problems).toEqual([expect.stringMatching(message)]);
  });

  test('an unknown API profile is one', () => {
    const { problems } = loadText('[lucarne]\napi_profile = kilo\n');
    expect(problems).toEqual([expect.stringMatching(/:2: \[lucarne\] api_profile: "kilo" is not a known choice/)]);
  });

  test.each([
    'connection = mysql+pymysql://glance:hunter2@db/glance',
    'connection = mysql://glance:hunter2%zz@db/glance',
    'connection = sqlite:///$hunter2',
    'connection = hunter2',
  ])('never tell a secret: %s', (line) => {
    const { problems, warnings } = loadText(`[database]\n${line}\n`);
    expect(problems).toHaveLength(1);
    expect([...problems, ...warnings].join('\n')).not.toContain('hunter2');
  });

  test('do not come from options that have no effect', () => {
    const text = '[vault]\nroot_token_id = pa$word\nkv_version = long\n[DEFAULT]\nworkers = all\n';
    expect(loadText(text).problems).toEqual([]);
  });
});

test('the files that Debian installs for Glance load, with a warning that Keystone is not asked', () => {
  const api = [
    '[DEFAULT]',
    '[file]',
    '[glance.store.http.store]',
    '[glance_store]',
    'filesystem_store_datadir = /var/lib/glance/images',
    '[keystone_authtoken]',
    'auth_url = http://localhost:5000',
    'username = glance',
    'www_authenticate_uri = http://localhost:5000',
    '[os_brick]',
    '[oslo_concurrency]',
    'lock_path = /var/lock/glance',
    '[oslo_messaging_kafka]',
    '[store_type_location_strategy]',
  ].join('\n');
  const fileSystem = fileSystemOf({
    '/etc/glance/glance-image-import.conf': '[DEFAULT]\n[glance_download_opts]\n[image_import_opts]\n',
    '/etc/glance/glance-api.conf': api,
  });
  const loaded = load({ fileSystem, env: { OS_GLANCE_CONFIG_DIR: '/etc/glance' } });
  expect(settingsOf(loaded).stores.configured).toMatchObject([
    { kind: 'file', dataDirectories: [{ path: '/var/lib/glance/images', priority: 0 }] },
    { kind: 'http' },
  ]);
  expect(loaded.warnings).toEqual([
    '/etc/glance/glance-api.conf:12: [oslo_concurrency] lock_path has no effect: locks are kept in the database',
    '/etc/glance/glance-api.conf:7: [keystone_authtoken] auth_url: Keystone is not asked, the identity is pocket; set flavor in ' +
      '[paste_deploy] to keystone',
  ]);
});

/** They say which sections there are, before the settings are made. */
const readBefore: readonly Option[] = [
  apiOptions.enabledBackends,
  keystoneTokenLogin.authSection,
  unifiedLimitLogin.authSection,
];

/** Each way of signing in asks for other options. */
const logins = [
  'auth_type = password\nusername = u\nuser_domain_name = d\npassword = p\nproject_name = p\nproject_domain_id = d\n' +
    'memcached_servers = a, b:1\nmemcache_tls_enabled = true\nmemcache_security_strategy = MAC\nmemcache_secret_key = k\n',
  'auth_type = password\nusername = u\ndefault_domain_id = d\npassword = p\nproject_name = p\n',
  'auth_type = v3applicationcredential\napplication_credential_name = n\napplication_credential_secret = s\nuser_id = u\n',
  'auth_type = token\ntoken = t\nsystem_scope = all\n',
];
const keystoneFiles = logins.flatMap((lines) => [
  `[paste_deploy]\nflavor = keystone\n[keystone_authtoken]\nauth_url = http://k:5000\n${lines}`,
  `[DEFAULT]\nuse_keystone_limits = true\n[oslo_limit]\nendpoint_service_type = image\nauth_url = http://k:5000\n${lines}`,
]);

test('every option that is honoured has a part in the settings, and no other', () => {
  const files = [
    '',
    '[DEFAULT]\nenabled_backends = a:file, b:http\nimage_cache_dir = /c\n[glance_store]\ndefault_backend = a\n',
    '[DEFAULT]\ndelayed_delete = true\n[cors]\nallowed_origin = http://a\n',
    '[oslo_messaging_notifications]\ndriver = messaging\ndriver = routing\nrouting_config = /r\n[oslo_messaging_rabbit]\nssl = true\n',
    '[lucarne]\nwebhook_urls = http://a\nwebhook_secret = sixteen characters\n',
    ...keystoneFiles,
  ];
  const asked = files.flatMap((text) => [...optionsAskedFor(text)]);
  const honoured = allOptions.filter((option) => option.treatment.kind === 'honoured' && !readBefore.includes(option));
  expect(honoured.filter((option) => !asked.includes(option)).map(optionTitle)).toEqual([]);
});

/** The options from which the settings are made. */
function optionsAskedFor(text: string): ReadonlySet<Option> {
  const named = { options: allOptions, files: [parseIni(text, 'a.conf')], env: {}, overrides: [] };
  const stores = findStoreSections(named);
  const logins = findLoginSections(named);
  const { values } = evaluateOptions({ ...named, options: optionsInForce(allOptions, stores) });
  const asked = new Set<Option>();
  buildSettings({
    values: {
      get: (option) => {
        asked.add(option);
        return values.get(option);
      },
      whereSet: (option) => {
        asked.add(option);
        return values.whereSet(option);
      },
    },
    place: { env: {}, cwd: '/', fileSystem: fileSystemOf({ '/r': '' }) },
    stores,
    logins,
    isConfigured: true,
    searchDirectories: [],
    homeDirectory: null,
    isTerminal: true,
    report: (option, message) => {
      throw new Error(`${optionTitle(option)}: ${message}`);
    },
  });
  return asked;
}
