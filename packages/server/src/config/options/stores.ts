/** `[glance_store]` and the reserved stores: where image data is kept. Source: contract 05 §5, §8; 11 §3 */
import { describeGroup, ignored, notBuilt, rejected } from '../option.ts';

const { string, integer, list, multi, unset } = describeGroup('glance_store');
const threads = describeGroup('glance_store', { treatment: ignored('file operations never block the service') });
const several = describeGroup('glance_store', { treatment: notBuilt('several stores') });
const file = describeGroup('glance_store', { treatment: notBuilt('the finer points of the file store') });
const http = describeGroup('glance_store', { treatment: notBuilt('the HTTP store') });
const staging = describeGroup('os_glance_staging_store', { treatment: notBuilt('image import') });
const tasks = describeGroup('os_glance_tasks_store', { treatment: notBuilt('image import') });

export const storeOptions = {
  defaultStore: string('default_store', 'file', {
    help: 'Kind of store that takes new data. This release has the file store alone.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'default_store' }],
  }),
  dataDirectory: unset.string('filesystem_store_datadir', {
    help: 'Folder of the image data; it is made when it is missing.',
    defaultText: '<data_dir>/images; /var/lib/glance/images when [database] connection is set',
    deprecatedNames: [{ group: 'DEFAULT', name: 'filesystem_store_datadir' }],
  }),
  filePermissions: integer('filesystem_store_file_perm', 0, {
    help: 'Permissions of the files in octal digits, like 640; the owner must be able to read. 0 leaves them to the umask.',
    minimum: 0,
    maximum: 7777,
  }),
  chunkSizeBytes: integer('filesystem_store_chunk_size', 65_536, {
    help: 'How much is read from a file at a time.',
    unit: 'bytes',
    minimum: 1,
    maximum: 1_073_741_824,
  }),
  dataDirectories: multi('filesystem_store_datadirs', [], {
    help: 'Several folders with priorities, as in "/srv/a:100".',
    treatment: rejected('set', 'image data would be looked for and kept in another folder'),
  }),
  stores: list('stores', ['file', 'http'], {
    help: 'Kinds of stores that may be used.',
    treatment: ignored('this release has the file store alone'),
  }),
  defaultBackend: several.unset.string('default_backend', 'Id of the store that takes new data.'),
  storeDescription: several.unset.string('store_description', 'What discovery says of a store.'),
  weight: several.integer('weight', 0, 'Locations in heavier stores are read first.'),
  metadataFile: file.unset.string('filesystem_store_metadata_file', 'File that says where the folders are mounted.'),
  thinProvisioning: file.boolean('filesystem_thin_provisioning', false, 'Leaves holes in place of zeroes.'),
  timeout: threads.integer('filesystem_store_timeout', 0, { help: 'Patience with the file system.', unit: 'seconds' }),
  threadPoolSize: threads.integer('filesystem_store_thread_pool_size', 10, 'Threads that wait for the file system.'),
  threadPoolThreshold: threads.integer('filesystem_store_threadpool_threshold', 75, {
    help: 'From which use of these threads on a warning is logged.',
    unit: 'percent',
  }),
  httpCaFile: http.unset.string('https_ca_certificates_file', 'Certificates of authorities to trust.'),
  httpInsecure: http.boolean('https_insecure', true, 'Does not check certificates.'),
  httpProxies: http.dict('http_proxy_information', new Map(), 'Proxies by scheme, as in "http:10.0.0.1:3128".'),
};

export const reservedStoreOptions = [
  staging.string('filesystem_store_datadir', '/var/lib/glance/os_glance_staging_store', 'Folder of staged data.'),
  staging.integer('filesystem_store_chunk_size', 65_536, { help: 'How much is read at a time.', unit: 'bytes' }),
  tasks.string('filesystem_store_datadir', '/var/lib/glance/os_glance_tasks_store', 'Folder in which tasks work.'),
  tasks.integer('filesystem_store_chunk_size', 65_536, { help: 'How much is read at a time.', unit: 'bytes' }),
];
