import { describe, expect, test } from 'vitest';
import { file, fileSystemOf, load, loadText, settingsOf } from './load-configuration.testing.ts';
import type { ConfiguredStore } from './settings.ts';

const place = '/etc/lucarne/a.conf';
const database = '[database]\nconnection = sqlite:////db/g.sqlite\n';

/** A configuration of stores with ids, of which the first takes data. */
function withStores(backends: string, rest = ''): string {
  return `[DEFAULT]\nenabled_backends = ${backends}\n[glance_store]\ndefault_backend = ${backends.split(':')[0]}\n${rest}\n`;
}

function storesOf(text: string): readonly ConfiguredStore[] {
  return settingsOf(loadText(text)).stores.configured;
}

function firstStoreOf(text: string): ConfiguredStore | undefined {
  return storesOf(text)[0];
}

/** Loads the text with a file beside it. */
function loadWith(text: string, files: Readonly<Record<string, string>>) {
  return load({ sources: [file(place)], fileSystem: fileSystemOf({ [place]: text, ...files }) });
}

describe('stores with ids', () => {
  test('are configured in their own sections, in their order', () => {
    const text = withStores(
      'Fast:file, mirror:http, slow:file',
      [
        '[fast]',
        'store_description = NVMe, in room 1',
        'weight = 10',
        'filesystem_store_datadir = /srv/fast',
        'filesystem_store_file_perm = 640',
        'filesystem_store_chunk_size = 1048576',
        'filesystem_thin_provisioning = true',
        '[slow]',
        'filesystem_store_datadir = slow',
        '[mirror]',
        'http_proxy_information = http:10.0.0.1:3128, https:proxy',
        'https_insecure = false',
      ].join('\n'),
    );
    expect(settingsOf(loadText(text)).stores).toMatchObject({ multiStore: true, defaultId: 'Fast' });
    expect(storesOf(text)).toEqual([
      {
        id: 'Fast',
        kind: 'file',
        description: 'NVMe, in room 1',
        weight: 10,
        dataDirectories: [{ path: '/srv/fast', priority: 0 }],
        filePermissions: 0o640,
        chunkBytes: 1_048_576,
        metadataFile: null,
        thinProvisioning: true,
      },
      {
        id: 'mirror',
        kind: 'http',
        description: '',
        weight: 0,
        caFile: null,
        insecure: false,
        proxies: new Map([
          ['http', '10.0.0.1:3128'],
          ['https', 'proxy:80'],
        ]),
      },
      {
        id: 'slow',
        kind: 'file',
        description: '',
        weight: 0,
        dataDirectories: [{ path: '/home/site/slow', priority: 0 }],
        filePermissions: null,
        chunkBytes: 65_536,
        metadataFile: null,
        thinProvisioning: false,
      },
    ]);
  });

  test('take from [backend_defaults] what their own section does not set', () => {
    const text = withStores(
      'fast:file, slow:file',
      [
        '[backend_defaults]',
        'weight = 3',
        'store_description = disk',
        'filesystem_store_chunk_size = 4096',
        'filesystem_store_datadir = /srv/common',
        '[slow]',
        'weight = 0',
        'filesystem_store_datadirs = /srv/slow',
      ].join('\n'),
    );
    expect(storesOf(text)).toMatchObject([
      { weight: 3, description: 'disk', chunkBytes: 4096, dataDirectories: [{ path: '/srv/common' }] },
      { weight: 0, description: 'disk', chunkBytes: 4096, dataDirectories: [{ path: '/srv/slow' }] },
    ]);
  });

  test('are configured by the environment, too', () => {
    const env = {
      OS_DEFAULT__ENABLED_BACKENDS: 'fast:file',
      OS_GLANCE_STORE__DEFAULT_BACKEND: 'fast',
      OS_FAST__FILESYSTEM_STORE_DATADIR: '/srv/fast',
      OS_BACKEND_DEFAULTS__WEIGHT: '7',
    };
    const loaded = load({ env });
    expect(settingsOf(loaded).stores.configured).toMatchObject([
      { id: 'fast', weight: 7, dataDirectories: [{ path: '/srv/fast', priority: 0 }] },
    ]);
    expect(loaded.warnings).toEqual([]);
  });

  test('refer to options of their section', () => {
    const text = withStores(
      'a:file',
      '[a]\nstore_description = $filesystem_store_datadir\nfilesystem_store_datadir = /s',
    );
    expect(firstStoreOf(text)).toMatchObject({ description: '/s' });
  });

  test.each(['default', 'vault', 'file', 'ceph-1'])('may have the id %s', (id) => {
    expect(firstStoreOf(withStores(`${id}:file`, `[${id}]\nweight = 5`))).toMatchObject({ id, weight: 5 });
  });
});

describe('stores with ids that refuse the start', () => {
  test.each([
    [
      'os_glance_mine:file',
      '2: [DEFAULT] enabled_backends: the id "os_glance_mine" is not allowed; ids that begin with',
    ],
    ['OS_Glance_tasks_store:file', '2: [DEFAULT] enabled_backends: the id "OS_Glance_tasks_store" is not allowed; ids'],
    [
      'glance_store:file',
      '2: [DEFAULT] enabled_backends: the id "glance_store" is not allowed; the section [glance_store]',
    ],
    ['backend_defaults:file', '2: [DEFAULT] enabled_backends: the id "backend_defaults" is not allowed; the section'],
    ['a:file, A:http', '2: [DEFAULT] enabled_backends: the ids "a" and "A" differ only in case, and would share'],
    ['a:file, a:http', '2: [DEFAULT] enabled_backends: "a:file, a:http" names the same key twice'],
    ['a:file, :http', '2: [DEFAULT] enabled_backends: "a:file, :http" has an item without a name before its colon'],
    ['a:file, b', '2: [DEFAULT] enabled_backends: "a:file, b" has an item without a colon'],
    [
      'a:file, b:',
      '2: [DEFAULT] enabled_backends: "" of the store "b" is not a kind of store; allowed is one of file, http,',
    ],
    ['a:filesystem', '2: [DEFAULT] enabled_backends: "filesystem" of the store "a" is not a kind of store; allowed'],
    ['a:http, b:file', '4: [glance_store] default_backend: "a" is a store of kind http, which takes no new data'],
  ])('%s', (backends, message) => {
    const { settings, problems } = loadText(withStores(backends));
    expect(settings).toBeNull();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${place}:${message}`);
  });

  test.each([
    [
      '',
      '2: [DEFAULT] enabled_backends: with it [glance_store] default_backend must be set, to the store that takes new',
    ],
    ['[glance_store]\ndefault_backend =', '2: [DEFAULT] enabled_backends: with it [glance_store] default_backend must'],
    [
      '[glance_store]\ndefault_backend = c',
      '4: [glance_store] default_backend: "c" is not a store of [DEFAULT] enabled_',
    ],
    [
      '[glance_store]\ndefault_backend = A',
      '4: [glance_store] default_backend: "A" is not a store of [DEFAULT] enabled_',
    ],
  ])('without a default that is one of them: %j', (rest, message) => {
    const { problems } = loadText(`[DEFAULT]\nenabled_backends = a:file, b:http\n${rest}\n`);
    expect(problems).toEqual([expect.stringContaining(`${place}:${message}`)]);
    expect(problems[0]).toMatch(/allowed is one of a, b$/);
  });

  test.each([
    ['[a]\nweight = heavy', '6: [a] weight: "heavy" is not an integer'],
    [
      '[backend_defaults]\nfilesystem_store_file_perm = 8',
      '6: [backend_defaults] filesystem_store_file_perm: "8" is not octal',
    ],
    ['[a]\nfilesystem_store_file_perm = 240', '6: [a] filesystem_store_file_perm: "240" keeps the owner from reading'],
    [
      '[a]\nfilesystem_store_metadata_file = m',
      '6: [a] filesystem_store_metadata_file: /home/site/m: there is no such file',
    ],
    ['[b]\nhttps_ca_certificates_file = /ca', '6: [b] https_ca_certificates_file: /ca: there is no such file'],
    ['[b]\nhttps_insecure = perhaps', '6: [b] https_insecure: "perhaps" is not a boolean'],
    ['[a]\nfilesystem_store_datadir = $other', '6: [a] filesystem_store_datadir: the reference $other names no option'],
  ])('when one of their options is wrong: %j', (rest, message) => {
    const { problems } = loadText(withStores('a:file, b:http', rest));
    expect(problems).toEqual([expect.stringContaining(`${place}:${message}`)]);
  });
});

describe('stores by kind', () => {
  test.each([
    ['', ['file', 'http']],
    ['stores = http, file', ['http', 'file']],
    ['stores = file', ['file']],
    ['stores = filesystem, https', ['file', 'http']],
    ['stores = glance.store.http.Store, glance.store.filesystem.Store', ['http', 'file']],
    ['default_store = filesystem', ['file', 'http']],
    ['default_store = file', ['file', 'http']],
  ])('%j gives %j, and file takes the data', (line, kinds) => {
    const { configured, defaultId, multiStore } = settingsOf(loadText(`[glance_store]\n${line}\n`)).stores;
    expect(configured.map(({ id, kind }) => [id, kind])).toEqual(kinds.map((kind) => [kind, kind]));
    expect({ defaultId, multiStore }).toEqual({ defaultId: 'file', multiStore: false });
  });

  test('are configured in [glance_store]', () => {
    const text =
      '[glance_store]\nfilesystem_store_file_perm = 0400\nfilesystem_store_chunk_size = 5\n' +
      'filesystem_thin_provisioning = on\nhttp_proxy_information = http:http://proxy:8080/\n';
    expect(storesOf(text)).toMatchObject([
      { filePermissions: 0o400, chunkBytes: 5, thinProvisioning: true, description: '', weight: 0 },
      { proxies: new Map([['http', 'proxy:8080']]), description: '', weight: 0 },
    ]);
  });

  test.each([
    [
      'stores = file, ftp',
      '2: [glance_store] stores: "ftp" is not a kind of store; allowed is a comma separated list of',
    ],
    ['stores = http', '2: [glance_store] stores: the store that takes new data, file, is not among'],
    ['stores =', '2: [glance_store] stores: the store that takes new data, file, is not among'],
    ['default_store = http', '2: [glance_store] default_store: "http" takes no new data; allowed is file'],
    ['default_store = disk', '2: [glance_store] default_store: "disk" is not a kind of store; allowed is file'],
    ['filesystem_store_file_perm = 689', '2: [glance_store] filesystem_store_file_perm: "689" is not octal'],
    ['http_proxy_information = ftp:a:1', '2: [glance_store] http_proxy_information: "ftp" is not a scheme of its URLs'],
  ])('refuse the start with %s', (line, message) => {
    const { problems } = loadText(`[glance_store]\n${line}\n`);
    expect(problems).toEqual([expect.stringContaining(`${place}:${message}`)]);
  });

  test.each([
    'http:me:hunter2@proxy:1',
    'http:http://me:hunter2@proxy',
    'https:hunter2 proxy',
    'http:https://hunter2:1',
  ])('refuse a proxy that is no host and port, without showing it: %s', (text) => {
    const { problems, warnings } = loadText(`[glance_store]\nhttp_proxy_information = ${text}\n`);
    expect(problems).toEqual([
      expect.stringMatching(/:2: \[glance_store\] http_proxy_information: the proxy for http/),
    ]);
    expect([...problems, ...warnings].join()).not.toContain('hunter2');
  });
});

describe('the folders of a file store', () => {
  test.each([
    ['', '/home/site/lucarne-data/images'],
    ['[lucarne]\ndata_dir = /srv\n', '/srv/images'],
    [database, '/var/lib/glance/images'],
    ['[database]\nconnection =\n', '/home/site/lucarne-data/images'],
    ['[glance_store]\nfilesystem_store_datadir = im\n', '/home/site/im'],
    ['[glance_store]\nfilesystem_store_datadir =\n', '/home/site/lucarne-data/images'],
    ['[DEFAULT]\nfilesystem_store_datadir = /old\n', '/old'],
    [withStores('a:file'), '/home/site/lucarne-data/images'],
    [withStores('a:file', database), '/var/lib/glance/images'],
  ])('given %j there is one, %s', (text, path) => {
    expect(firstStoreOf(text)).toMatchObject({ dataDirectories: [{ path, priority: 0 }] });
  });

  test('can be several, the highest priority first and equal ones as configured', () => {
    const lines = ['/a', ' /b : 100 ', '/c:200', '/d:100', 'e:0'].map(
      (text) => `filesystem_store_datadirs = ${text}\n`,
    );
    expect(firstStoreOf(`[glance_store]\n${lines.join('')}`)).toMatchObject({
      dataDirectories: [
        { path: '/c', priority: 200 },
        { path: '/b', priority: 100 },
        { path: '/d', priority: 100 },
        { path: '/a', priority: 0 },
        { path: '/home/site/e', priority: 0 },
      ],
    });
  });

  test.each([
    ['filesystem_store_datadirs = /a:high', /:2: .* "\/a:high" is not a folder with a priority/],
    ['filesystem_store_datadirs = /a:-1', /:2: .* "\/a:-1" is not a folder with a priority/],
    ['filesystem_store_datadirs = /a:1:2', /:2: .* "\/a:1:2" is not a folder with a priority/],
    ['filesystem_store_datadirs = :100', /:2: .* ":100" is not a folder with a priority/],
    ['filesystem_store_datadirs = /a\nfilesystem_store_datadirs = /a/:5', /:3: .* \/a is named twice/],
    [
      'filesystem_store_datadir = /a\nfilesystem_store_datadirs = /b',
      /:3: \[glance_store\] filesystem_store_datadirs: filesystem_store_datadir is set as well, at \/etc\/lucarne\/a.conf:2;/,
    ],
  ])('refuse the start when they are wrong: %j', (lines, message) => {
    expect(loadText(`[glance_store]\n${lines}\n`).problems).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    [
      withStores('a:file, b:file'),
      '2: [DEFAULT] enabled_backends: /home/site/lucarne-data/images would keep the images of the store a and the images of the store b',
    ],
    [
      withStores(
        'a:file, b:file',
        '[a]\nfilesystem_store_datadir = /x\n[b]\nfilesystem_store_datadirs = /y\nfilesystem_store_datadirs = /x/',
      ),
      '9: [b] filesystem_store_datadirs: /x would keep the images of the store a and the images of the store b;',
    ],
    [
      withStores(
        'a:file',
        '[a]\nfilesystem_store_datadir = /x\n[os_glance_staging_store]\nfilesystem_store_datadir = /x',
      ),
      '8: [os_glance_staging_store] filesystem_store_datadir: /x would keep the images of the store a and staged data;',
    ],
    [
      '[glance_store]\nfilesystem_store_datadir = /tmp/x\n[DEFAULT]\nnode_staging_uri = file:///tmp/x/',
      '4: [DEFAULT] node_staging_uri: /tmp/x would keep images and staged data; give each a folder of its own',
    ],
    [
      `[glance_store]\nfilesystem_store_datadir = /tmp/staging\n${database}`,
      '2: [glance_store] filesystem_store_datadir: /tmp/staging would keep images and staged data;',
    ],
    [
      '[task]\nwork_dir = ./lucarne-data/staging',
      '2: [task] work_dir: /home/site/lucarne-data/staging would keep staged data and',
    ],
    [
      '[DEFAULT]\nimage_cache_dir = lucarne-data/images',
      '2: [DEFAULT] image_cache_dir: /home/site/lucarne-data/images would',
    ],
  ])('are not shared: %j', (text, message) => {
    expect(loadText(text).problems).toEqual([expect.stringContaining(`${place}:${message}`)]);
  });
});

describe('folders of staged data and of tasks', () => {
  const multi = withStores('a:file');
  test.each([
    ['', '/home/site/lucarne-data/staging', '/home/site/lucarne-data/tasks'],
    [multi, '/home/site/lucarne-data/staging', '/home/site/lucarne-data/tasks'],
    [database, '/tmp/staging', '/var/lib/glance/os_glance_tasks_store'],
    [multi + database, '/var/lib/glance/os_glance_staging_store', '/var/lib/glance/os_glance_tasks_store'],
    ['[DEFAULT]\nnode_staging_uri = file:///s/%20/t/\n[task]\nwork_dir = w\n', '/s/%20/t', '/home/site/w'],
    [
      `${multi}[os_glance_staging_store]\nfilesystem_store_datadir = s\n[os_glance_tasks_store]\nfilesystem_store_datadir = /t\n`,
      '/home/site/s',
      '/t',
    ],
  ])('given %j they are %s and %s', (text, stagingDirectory, tasksDirectory) => {
    expect(settingsOf(loadText(text)).stores).toMatchObject({ stagingDirectory, tasksDirectory });
  });

  test.each(['/srv/staging', 'http://a/b', 'file://staging', 'file:/staging', 'file:'])(
    'a node_staging_uri that names no folder refuses the start: %s',
    (uri) => {
      const { problems } = loadText(`[DEFAULT]\nnode_staging_uri = ${uri}\n`);
      expect(problems).toEqual([
        expect.stringContaining(
          `:2: [DEFAULT] node_staging_uri: "${uri}" is not the URL of a folder; allowed is file://`,
        ),
      ]);
    },
  );
});

describe('files that stores need', () => {
  test('are found from the working directory', () => {
    const text = '[glance_store]\nfilesystem_store_metadata_file = m.json\nhttps_ca_certificates_file = /ca.pem\n';
    const loaded = loadWith(text, { '/home/site/m.json': '[]', '/ca.pem': '' });
    expect(settingsOf(loaded).stores.configured).toMatchObject([
      { metadataFile: '/home/site/m.json' },
      { caFile: '/ca.pem', insecure: false },
    ]);
  });

  test('and with authorities to trust, certificates are checked although https_insecure is set', () => {
    const text = withStores(
      'a:file, b:http',
      '[backend_defaults]\nhttps_ca_certificates_file = /ca\n[b]\nhttps_insecure = true',
    );
    expect(settingsOf(loadWith(text, { '/ca': '' })).stores.configured[1]).toMatchObject({
      caFile: '/ca',
      insecure: false,
    });
  });
});

describe('the key of location URLs', () => {
  test.each(['0123456789abcdef', '0123456789abcdef01234567', '0123456789abcdef0123456789abcdef', 'ä'.repeat(8)])(
    'may be %s',
    (key) => {
      const loaded = loadText(`[DEFAULT]\nmetadata_encryption_key = ${key}\n`);
      expect(settingsOf(loaded).stores.metadataEncryptionKey).toBe(key);
    },
  );

  test('is none when it is empty', () => {
    expect(settingsOf(loadText('[DEFAULT]\nmetadata_encryption_key =\n')).stores.metadataEncryptionKey).toBeNull();
  });

  test.each([
    ['hunter2', 7],
    ['hunter2-hunter2-ä', 18],
  ])('of another length refuses the start, and is not shown: %s', (key, length) => {
    const { problems } = loadText(`[DEFAULT]\nmetadata_encryption_key = ${key}\n`);
    expect(problems).toEqual([
      `${place}:2: [DEFAULT] metadata_encryption_key: the key has ${length} bytes; allowed are 16, 24, 32`,
    ]);
  });
});
