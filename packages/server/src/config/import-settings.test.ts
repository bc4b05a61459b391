import { describe, expect, test } from 'vitest';
import { file, fileSystemOf, load, loadText, settingsOf } from './load-configuration.testing.ts';

const place = '/etc/lucarne/a.conf';

describe('imports', () => {
  test('have the defaults of Glance', () => {
    expect(settingsOf(loadText('')).imports).toEqual({
      methods: ['glance-direct', 'web-download', 'copy-image'],
      plugins: [],
      maxParallelStores: 1,
      filter: {
        allowedSchemes: ['http', 'https'],
        disallowedSchemes: [],
        allowedHosts: [],
        disallowedHosts: [],
        allowedPorts: [80, 443],
        disallowedPorts: [],
      },
      allowedAddressRanges: [],
      downloads: { caFile: null, proxy: null, idleTimeoutSeconds: 60 },
      downloadedProperties: ['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'],
      injection: { ignoreUserRoles: ['admin'], properties: new Map() },
      conversion: { outputFormat: 'raw', vmdkAllowedTypes: ['streamOptimized', 'monolithicSparse'] },
      maxUnpackRatio: 250,
    });
  });

  test('take every option', () => {
    const text = `
[DEFAULT]
enabled_import_methods = [copy-image, glance-download, copy-image]
[image_import_opts]
image_import_plugins = ['image_decompression', "image_conversion", no_op, no_op]
max_parallel_stores = 3
[import_filtering_opts]
allowed_schemes = []
disallowed_schemes = [http]
allowed_hosts = [mirror.example.org]
disallowed_hosts = [bad.example.org,]
allowed_ports = []
disallowed_ports = [22, 25]
[glance_download_properties]
extra_properties = [hw_]
[inject_metadata_properties]
ignore_user_roles = admin, operator
inject = origin:imported, "quoted":a:b
[image_conversion]
output_format = qcow2
[image_format]
vmdk_allowed_types =
[lucarne]
allowed_address_ranges = 10.0.0.0/8, 192.168.1.7, fd00::/8, ::1
import_ca_file = ca.pem
import_proxy = http://proxy.example.org:3128/
import_idle_timeout_seconds = 5
max_unpack_ratio = 1
`;
    const fileSystem = fileSystemOf({ [place]: text, '/home/site/ca.pem': '' });
    expect(settingsOf(load({ sources: [file(place)], fileSystem })).imports).toEqual({
      methods: ['copy-image', 'glance-download'],
      plugins: ['image_decompression', 'image_conversion', 'no_op'],
      maxParallelStores: 3,
      filter: {
        allowedSchemes: [],
        disallowedSchemes: ['http'],
        allowedHosts: ['mirror.example.org'],
        disallowedHosts: ['bad.example.org'],
        allowedPorts: [],
        disallowedPorts: [22, 25],
      },
      allowedAddressRanges: ['10.0.0.0/8', '192.168.1.7/32', 'fd00::/8', '::1/128'],
      downloads: { caFile: '/home/site/ca.pem', proxy: 'http://proxy.example.org:3128', idleTimeoutSeconds: 5 },
      downloadedProperties: ['hw_'],
      injection: {
        ignoreUserRoles: ['admin', 'operator'],
        properties: new Map([
          ['origin', 'imported'],
          ['"quoted"', 'a:b'],
        ]),
      },
      conversion: { outputFormat: 'qcow2', vmdkAllowedTypes: [] },
      maxUnpackRatio: 1,
    });
  });

  test('are off with an empty list', () => {
    expect(settingsOf(loadText('[DEFAULT]\nenabled_import_methods = []\n')).imports.methods).toEqual([]);
  });

  test.each([
    [
      'image_import_opts',
      'image_import_plugins = [image_convertion]',
      '"image_convertion" is not a known choice; allowed',
    ],
    ['image_import_opts', 'max_parallel_stores = 0', '"0" is too small'],
    [
      'import_filtering_opts',
      'allowed_ports = [80, 65536]',
      '"65536" is not a port; allowed are integers from 1 to 65535',
    ],
    ['import_filtering_opts', 'allowed_ports = [http]', '"http" is not a port'],
    ['import_filtering_opts', 'disallowed_ports = [0]', '"0" is not a port'],
    ['import_filtering_opts', 'disallowed_ports = [-1]', '"-1" is not a port'],
    ['import_filtering_opts', 'allowed_hosts = a, b', '"a, b" is not in brackets'],
    ['inject_metadata_properties', 'inject = a', '"a" has an item without a colon'],
    ['image_conversion', 'output_format = iso', '"iso" is not a known choice'],
    ['taskflow_executor', 'conversion_format = vhd', '"vhd" is not a known choice'],
    ['task', 'task_time_to_live = -1', '"-1" is too small'],
    ['wsgi', 'task_pool_threads = 0', '"0" is too small'],
    ['lucarne', 'import_ca_file = /no', '/no: there is no such file'],
    ['lucarne', 'import_idle_timeout_seconds = 0', '"0" is too small'],
    ['lucarne', 'max_unpack_ratio = 0', '"0" is too small'],
  ])('refuse the start with [%s] %s', (group, line, message) => {
    const [name] = line.split(' ');
    const { problems, settings } = loadText(`[${group}]\n${line}\n`);
    expect(settings).toBeNull();
    expect(problems).toEqual([expect.stringContaining(`${place}:2: [${group}] ${name}: ${message}`)]);
  });

  test.each([
    '10.0.0.0/33',
    '10.0.0',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    'example.org',
    '10.0.0.0/',
    '/8',
    '010.0.0.1',
  ])('refuse the address range %s', (text) => {
    const { problems } = loadText(`[lucarne]\nallowed_address_ranges = 127.0.0.1, ${text}\n`);
    expect(problems).toEqual([
      expect.stringContaining(`${place}:2: [lucarne] allowed_address_ranges: "${text}" is neither an IP address nor`),
    ]);
  });

  test.each([
    'proxy:3128',
    'https://proxy',
    'http://me:hunter2@proxy',
    'http://proxy/hunter2',
    'http://',
    'http://a:99999',
  ])('refuse the proxy %s, and do not show it', (text) => {
    const { problems } = loadText(`[lucarne]\nimport_proxy = ${text}\n`);
    expect(problems).toEqual([expect.stringContaining(`${place}:2: [lucarne] import_proxy: the value is not the URL`)]);
    expect(problems[0]).not.toContain('hunter2');
  });
});

test('tasks take their options', () => {
  const text =
    '[task]\ntask_time_to_live = 1\n[wsgi]\ntask_pool_threads = 2\n[taskflow_executor]\nconversion_format = vmdk\n';
  expect(settingsOf(loadText(text)).tasks).toEqual({ timeToLiveHours: 1, parallelTasks: 2, conversionFormat: 'vmdk' });
});
