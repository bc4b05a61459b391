/** `[DEFAULT]`: the image cache, not built yet. Source: contract 11 §2 */
import { describeGroup, notBuilt } from '../option.ts';

const { string, integer, unset } = describeGroup('DEFAULT', { treatment: notBuilt('the image cache') });

export const imageCacheOptions = [
  unset.string('image_cache_dir', 'Folder of cached images; setting it switches the cache API on.'),
  string('image_cache_driver', 'centralized_db', {
    help: 'Where the cache keeps its books.',
    choices: ['centralized_db', 'sqlite', 'xattr'],
  }),
  string('image_cache_sqlite_db', 'cache.db', 'File of the books of the driver sqlite.'),
  integer('image_cache_max_size', 10_737_418_240, { help: 'Size that pruning brings the cache to.', unit: 'bytes' }),
  integer('image_cache_stall_time', 86_400, { help: 'Age at which an incomplete file is removed.', unit: 'seconds' }),
];
