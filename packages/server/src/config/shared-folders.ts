/**
 * Refuses folders that two parts of the service would use: each removes files it does not know, or finds files of
 * another under the id of an image.
 */
import type { Option } from './option.ts';
import { sharedStoreOptions, singleStoreOptions } from './options/all-options.ts';
import { apiOptions } from './options/api.ts';
import { imageCacheOptions } from './options/image-cache.ts';
import { taskOptions } from './options/imports.ts';
import { reservedStoreOptions } from './options/stores.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { CacheSettings, StoresSettings } from './settings.ts';

interface UsedFolder {
  readonly path: string;
  readonly purpose: string;
  /** Options that may have set it. */
  readonly options: readonly Option[];
}

/** Reports each folder that was given away before, where one of its two uses is set. */
export function refuseSharedFolders(basis: SettingsBasis, stores: StoresSettings, cache: CacheSettings): void {
  const folders = [...listStoreFolders(basis, stores), ...listOtherFolders(basis, stores, cache)];
  folders.forEach((folder, index) => {
    const earlier = folders
      .slice(0, index)
      .find((other) => other.path === folder.path && other.purpose !== folder.purpose);
    if (earlier === undefined) return;
    const candidates = [...folder.options, ...earlier.options];
    const option =
      candidates.find((candidate) => basis.values.whereSet(candidate) !== null) ?? apiOptions.enabledBackends;
    basis.report(
      option,
      `${folder.path} would keep ${earlier.purpose} and ${folder.purpose}; give each a folder of its own`,
    );
  });
}

function listStoreFolders(basis: SettingsBasis, { configured, multiStore }: StoresSettings): readonly UsedFolder[] {
  return configured.flatMap((store): readonly UsedFolder[] => {
    if (store.kind !== 'file') return [];
    const section = basis.stores.sections.find(({ id }) => id === store.id)?.options ?? singleStoreOptions;
    const described = multiStore ? [section.file, sharedStoreOptions.file] : [section.file];
    const options = described.flatMap(({ dataDirectory, dataDirectories }) => [dataDirectories, dataDirectory]);
    const purpose = multiStore ? `the images of the store ${store.id}` : 'images';
    return store.dataDirectories.map(({ path }) => ({ path, purpose, options }));
  });
}

function listOtherFolders(
  { stores }: SettingsBasis,
  { stagingDirectory, tasksDirectory }: StoresSettings,
  { directory }: CacheSettings,
): readonly UsedFolder[] {
  const staging = stores.multiStore ? reservedStoreOptions.stagingDirectory : apiOptions.nodeStagingUri;
  const tasks = stores.multiStore ? reservedStoreOptions.tasksDirectory : taskOptions.workDirectory;
  const folders = [
    { path: stagingDirectory, purpose: 'staged data', options: [staging] },
    { path: tasksDirectory, purpose: 'the data of tasks', options: [tasks] },
  ];
  if (directory === null) return folders;
  return [...folders, { path: directory, purpose: 'the cache', options: [imageCacheOptions.directory] }];
}
