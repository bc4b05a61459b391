/** `[glance_store]` and the reserved stores: which stores there are. Source: contract 05 §5; 11 §3 */
import { describeGroup, ignored } from '../option.ts';

const { string, list, unset } = describeGroup('glance_store');
const staging = describeGroup('os_glance_staging_store');
const tasks = describeGroup('os_glance_tasks_store');
const chunkSize = { help: 'How much is read at a time.', unit: 'bytes', treatment: ignored('the service decides it') };

export const storeOptions = {
  stores: list('stores', ['file', 'http'], {
    help:
      'Kinds of stores there are, without [DEFAULT] enabled_backends. This release has the kinds file and http; what a ' +
      'web server keeps can be a location of an image, and new data is never put there.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'known_stores' }],
  }),
  defaultStore: string('default_store', 'file', {
    help: 'Kind of the store that takes new data, without [DEFAULT] enabled_backends: file, also called filesystem.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'default_store' }],
  }),
  defaultBackend: unset.string('default_backend', {
    help: 'With [DEFAULT] enabled_backends, the id of the store that takes new data when the client names none.',
    defaultText: 'none; it must be set then',
  }),
};

export const reservedStoreOptions = {
  stagingDirectory: staging.unset.string('filesystem_store_datadir', {
    help: 'With [DEFAULT] enabled_backends, the folder of staged data; it is made when it is missing.',
    defaultText: '<data_dir>/staging; /var/lib/glance/os_glance_staging_store when [database] connection is set',
  }),
  stagingChunkSize: staging.integer('filesystem_store_chunk_size', 65_536, chunkSize),
  tasksDirectory: tasks.unset.string('filesystem_store_datadir', {
    help: 'With [DEFAULT] enabled_backends, the folder in which tasks work; it is made when it is missing.',
    defaultText: '<data_dir>/tasks; /var/lib/glance/os_glance_tasks_store when [database] connection is set',
  }),
  tasksChunkSize: tasks.integer('filesystem_store_chunk_size', 65_536, chunkSize),
};
