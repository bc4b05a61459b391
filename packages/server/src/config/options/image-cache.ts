/** `[DEFAULT]`: the image cache. Source: contract 08 §1; 11 §2 */
import { describeGroup } from '../option.ts';

const { string, integer, unset } = describeGroup('DEFAULT');

export const imageCacheOptions = {
  directory: unset.string('image_cache_dir', {
    help:
      'Folder of cached images; it is made when it is missing. Setting it switches the cache API on; that downloads are ' +
      'served from the cache says [paste_deploy] flavor.',
    defaultText: 'none: the cache API is off',
  }),
  driver: string('image_cache_driver', 'centralized_db', {
    help:
      'Where the cache keeps its books: centralized_db in the database, for all nodes, or sqlite in a file of this node. ' +
      'xattr is taken for sqlite.',
    choices: ['centralized_db', 'sqlite', 'xattr'],
  }),
  sqliteFile: string(
    'image_cache_sqlite_db',
    'cache.db',
    'File of the books of the driver sqlite; a relative path counts from image_cache_dir.',
  ),
  maxBytes: integer('image_cache_max_size', 10_737_418_240, {
    help: 'Size that pruning brings the cache down to; between two prunings the cache may be larger.',
    unit: 'bytes',
    minimum: 0,
  }),
  stallSeconds: integer('image_cache_stall_time', 86_400, {
    help: 'Age at which cleaning removes an incomplete file.',
    unit: 'seconds',
    minimum: 0,
  }),
};
