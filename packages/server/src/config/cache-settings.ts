/** Whether there is an image cache, and who uses it. Source: contract 08 §1; 11 §2 */
import { resolve } from 'node:path';
import type { PipelineFlavor } from './identity-flavor.ts';
import { apiOptions } from './options/api.ts';
import { identityOptions } from './options/identity.ts';
import { imageCacheOptions } from './options/image-cache.ts';
import { readName, readPath } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { CacheSettings } from './settings.ts';

export interface CacheSurroundings {
  readonly flavor: PipelineFlavor;
  /** URL at which other nodes reach this one. */
  readonly selfUrl: string | null;
}

/** Builds the settings of the cache, and reports every problem through the basis. */
export function buildCacheSettings(basis: SettingsBasis, surroundings: CacheSurroundings): CacheSettings {
  const { values } = basis;
  const { flavor } = surroundings;
  const directory = readPath(basis, imageCacheOptions.directory);
  const fileName = readName(basis, imageCacheOptions.sqliteFile);
  const driver = values.get(imageCacheOptions.driver) === 'centralized_db' ? 'centralized_db' : 'sqlite';
  checkFlavor(basis, surroundings, { directory, driver });
  return {
    directory,
    servesDownloads: flavor.caching,
    managementRoutes: flavor.cacheManagement,
    driver,
    sqliteFile: directory === null ? null : resolve(directory, fileName),
    maxBytes: values.get(imageCacheOptions.maxBytes),
    stallSeconds: values.get(imageCacheOptions.stallSeconds),
  };
}

/** The pocket identity is of a single node, whose books need no name for it. */
function checkFlavor(
  { report }: SettingsBasis,
  { flavor, selfUrl }: CacheSurroundings,
  { directory, driver }: Pick<CacheSettings, 'directory' | 'driver'>,
): void {
  if (!flavor.caching) return;
  if (directory === null) {
    report(identityOptions.flavor, 'a flavor with the cache needs a folder for it: set [DEFAULT] image_cache_dir');
  }
  if (driver === 'centralized_db' && selfUrl === null && flavor.identity !== 'pocket') {
    report(
      identityOptions.flavor,
      'with the cache in the database every node needs a name: set [DEFAULT] ' +
        `${apiOptions.workerSelfReferenceUrl.name}, or image_cache_driver = sqlite`,
    );
  }
}
