/**
 * Which stores there are, which one takes data, and where staged data and tasks go.
 *
 * Source: contract 05 §5; 11 §3
 */
import { join } from 'node:path';
import { apiOptions } from './options/api.ts';
import { singleStoreOptions } from './options/all-options.ts';
import { taskOptions } from './options/imports.ts';
import { reservedStoreOptions, storeOptions } from './options/stores.ts';
import { keepsEverythingItself, readPath, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { ConfiguredStore, StoresSettings } from './settings.ts';
import { storeKindOf } from './store-kind-names.ts';
import { buildStore } from './store-kind-settings.ts';
import { builtStoreKinds, sectionName, storeKinds } from './store-sections.ts';
import type { StoreSection } from './store-sections.ts';

const glanceDirectory = '/var/lib/glance';
const reservedPrefix = 'os_glance_';
/** Sections that mean something else than a store. */
const takenSections: readonly string[] = ['glance_store', 'backend_defaults'];
const keyLengths: readonly number[] = [16, 24, 32];

/** Builds the settings of all stores, and reports every problem through the basis. */
export function buildStoresSettings(basis: SettingsBasis, dataDirectory: string): StoresSettings {
  const { multiStore } = basis.stores;
  return {
    multiStore,
    ...(multiStore ? buildStoresWithIds(basis, dataDirectory) : buildStoresByKind(basis, dataDirectory)),
    stagingDirectory: decideStagingDirectory(basis, dataDirectory),
    tasksDirectory: decideTasksDirectory(basis, dataDirectory),
    metadataEncryptionKey: readEncryptionKey(basis),
  };
}

type ConfiguredStores = Pick<StoresSettings, 'configured' | 'defaultId'>;

function buildStoresWithIds(basis: SettingsBasis, dataDirectory: string): ConfiguredStores {
  const { sections } = basis.stores;
  for (const section of sections) checkSection(basis, section);
  const configured = sections.flatMap(({ id, kind, options }) => {
    const built = builtStoreKinds.find((candidate) => candidate === kind);
    return built === undefined ? [] : [buildStore(basis, { id, kind: built, options, dataDirectory })];
  });
  return { configured, defaultId: readDefaultBackend(basis) };
}

function checkSection(basis: SettingsBasis, { id, kind }: StoreSection): void {
  const report = (message: string) => basis.report(apiOptions.enabledBackends, message);
  if (id.toLowerCase().startsWith(reservedPrefix)) {
    report(`the id "${id}" is not allowed; ids that begin with ${reservedPrefix} are of the service's own stores`);
  }
  if (takenSections.includes(sectionName(id))) {
    report(`the id "${id}" is not allowed; the section [${sectionName(id)}] has another meaning`);
  }
  const twin = basis.stores.sections.find((other) => sectionName(other.id) === sectionName(id));
  if (twin !== undefined && twin.id !== id) {
    report(`the ids "${twin.id}" and "${id}" differ only in case, and would share the section [${sectionName(id)}]`);
  }
  if (!storeKinds.includes(kind)) {
    report(`"${kind}" of the store "${id}" is not a kind of store; allowed is one of ${storeKinds.join(', ')}`);
  }
}

function readDefaultBackend(basis: SettingsBasis): string {
  const { sections } = basis.stores;
  const id = readText(basis, storeOptions.defaultBackend);
  const ids = sections.map((section) => section.id).join(', ');
  if (id === null) {
    basis.report(
      apiOptions.enabledBackends,
      `with it [glance_store] default_backend must be set, to the store that takes new data; allowed is one of ${ids}`,
    );
    return '';
  }
  const chosen = sections.find((section) => section.id === id);
  if (chosen === undefined) {
    basis.report(
      storeOptions.defaultBackend,
      `"${id}" is not a store of [DEFAULT] enabled_backends; allowed is one of ${ids}`,
    );
  } else if (chosen.kind === 'http') {
    basis.report(storeOptions.defaultBackend, `"${id}" is a store of kind http, which takes no new data`);
  }
  return id;
}

function buildStoresByKind(basis: SettingsBasis, dataDirectory: string): ConfiguredStores {
  const named = basis.values.get(storeOptions.stores);
  for (const name of named) {
    if (storeKindOf(name) !== null) continue;
    basis.report(
      storeOptions.stores,
      `"${name}" is not a kind of store; allowed is a comma separated list of ${storeKinds.join(', ')}`,
    );
  }
  const kinds = builtStoreKinds.filter((kind) => named.some((name) => storeKindOf(name) === kind));
  const configured = kinds
    .toSorted((one, other) => positionOf(named, one) - positionOf(named, other))
    .map((kind): ConfiguredStore => buildStore(basis, { id: kind, kind, options: singleStoreOptions, dataDirectory }));
  checkDefaultStore(basis, kinds);
  return { configured, defaultId: 'file' };
}

function positionOf(names: readonly string[], kind: string): number {
  return names.findIndex((name) => storeKindOf(name) === kind);
}

function checkDefaultStore({ values, report }: SettingsBasis, kinds: readonly string[]): void {
  const name = values.get(storeOptions.defaultStore).trim();
  const kind = storeKindOf(name);
  if (kind === null) {
    report(storeOptions.defaultStore, `"${name}" is not a kind of store; allowed is file`);
  } else if (kind === 'http') {
    report(storeOptions.defaultStore, `"${name}" takes no new data; allowed is file`);
  } else if (kind === 'file' && !kinds.includes(kind)) {
    const option = values.whereSet(storeOptions.stores) === null ? storeOptions.defaultStore : storeOptions.stores;
    report(option, `the store that takes new data, file, is not among [glance_store] stores`);
  }
}

function decideStagingDirectory(basis: SettingsBasis, dataDirectory: string): string {
  const isOwn = keepsEverythingItself(basis);
  if (basis.stores.multiStore) {
    const standard = isOwn ? join(dataDirectory, 'staging') : join(glanceDirectory, 'os_glance_staging_store');
    return readPath(basis, reservedStoreOptions.stagingDirectory) ?? standard;
  }
  return readStagingUri(basis) ?? (isOwn ? join(dataDirectory, 'staging') : '/tmp/staging');
}

/** Glance takes what follows `file://` as it is: nothing is unescaped. */
function readStagingUri(basis: SettingsBasis): string | null {
  const uri = readText(basis, apiOptions.nodeStagingUri);
  if (uri === null) return null;
  const [, path] = /^file:\/\/(\/.*)$/.exec(uri) ?? [];
  if (path !== undefined) return join(path, '.').replace(/(?<=.)\/$/, '');
  basis.report(
    apiOptions.nodeStagingUri,
    `"${uri}" is not the URL of a folder; allowed is file:// with an absolute path, as in file:///srv/staging`,
  );
  return null;
}

function decideTasksDirectory(basis: SettingsBasis, dataDirectory: string): string {
  const option = basis.stores.multiStore ? reservedStoreOptions.tasksDirectory : taskOptions.workDirectory;
  const isOwn = keepsEverythingItself(basis);
  const standard = isOwn ? join(dataDirectory, 'tasks') : join(glanceDirectory, 'os_glance_tasks_store');
  return readPath(basis, option) ?? standard;
}

function readEncryptionKey({ values, report }: SettingsBasis): string | null {
  const key = values.get(apiOptions.metadataEncryptionKey) ?? '';
  if (key === '') return null;
  const length = Buffer.byteLength(key);
  if (!keyLengths.includes(length)) {
    report(apiOptions.metadataEncryptionKey, `the key has ${length} bytes; allowed are ${keyLengths.join(', ')}`);
  }
  return key;
}
