/**
 * The settings of one store. An option of the store's own section wins over `[backend_defaults]`.
 *
 * Source: contract 05 §5, §8.1, §8.6
 */
import { join, resolve } from 'node:path';
import type { Option, OptionValue } from './option.ts';
import { sharedStoreOptions } from './options/all-options.ts';
import type { StoreOptions } from './options/store-kinds.ts';
import { keepsEverythingItself, readExistingFile, readPath } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { ConfiguredFileStore, ConfiguredHttpStore, ConfiguredStore } from './settings.ts';

export interface StoreToBuild {
  readonly id: string;
  readonly kind: 'file' | 'http';
  /** Of `[glance_store]` where stores have no ids. */
  readonly options: StoreOptions;
  readonly dataDirectory: string;
}

type DataDirectories = ConfiguredFileStore['dataDirectories'];

const glanceImageDirectory = '/var/lib/glance/images';
const ownerMayRead = 0o400;
const proxiedSchemes: readonly string[] = ['http', 'https'];

/** Builds a store, and reports every problem through the basis. */
export function buildStore(basis: SettingsBasis, store: StoreToBuild): ConfiguredStore {
  const { id, kind, options } = store;
  const { common } = options;
  const hasSection = basis.stores.multiStore;
  const about = {
    id,
    description: hasSection
      ? basis.values.get(inForce(basis, common.description, sharedStoreOptions.common.description))
      : '',
    weight: hasSection ? basis.values.get(inForce(basis, common.weight, sharedStoreOptions.common.weight)) : 0,
  };
  if (kind === 'http') return { ...about, kind, ...buildHttpStore(basis, options.http) };
  return { ...about, kind, ...buildFileStore(basis, options.file, store.dataDirectory) };
}

/** The option that counts for a store: its own, or that of `[backend_defaults]` when only that is set. */
function inForce<T extends OptionValue>(
  { values, stores }: SettingsBasis,
  own: Option<T>,
  shared: Option<T>,
): Option<T> {
  const isShared = stores.multiStore && values.whereSet(own) === null && values.whereSet(shared) !== null;
  return isShared ? shared : own;
}

function buildFileStore(
  basis: SettingsBasis,
  own: StoreOptions['file'],
  dataDirectory: string,
): Omit<ConfiguredFileStore, 'id' | 'kind' | 'description' | 'weight'> {
  const { values } = basis;
  const shared = sharedStoreOptions.file;
  return {
    dataDirectories: decideDataDirectories(basis, own) ?? [
      { path: keepsEverythingItself(basis) ? join(dataDirectory, 'images') : glanceImageDirectory, priority: 0 },
    ],
    filePermissions: readFilePermissions(basis, inForce(basis, own.filePermissions, shared.filePermissions)),
    chunkBytes: values.get(inForce(basis, own.chunkSizeBytes, shared.chunkSizeBytes)),
    metadataFile: readExistingFile(basis, inForce(basis, own.metadataFile, shared.metadataFile)),
    thinProvisioning: values.get(inForce(basis, own.thinProvisioning, shared.thinProvisioning)),
  };
}

/** Null when neither the store's own section nor the common one names a folder. */
function decideDataDirectories(basis: SettingsBasis, own: StoreOptions['file']): DataDirectories | null {
  const named = readDataDirectories(basis, own);
  return named ?? (basis.stores.multiStore ? readDataDirectories(basis, sharedStoreOptions.file) : null);
}

function readDataDirectories(basis: SettingsBasis, options: StoreOptions['file']): DataDirectories | null {
  const single = readPath(basis, options.dataDirectory);
  const texts = basis.values.get(options.dataDirectories).filter((text) => text.trim() !== '');
  if (texts.length === 0) return single === null ? null : [{ path: single, priority: 0 }];
  if (single !== null) {
    basis.report(
      options.dataDirectories,
      `filesystem_store_datadir is set as well, at ${basis.values.whereSet(options.dataDirectory)}; allowed is one of the two`,
    );
  }
  const directories = texts.map((text) => readDataDirectory(basis, options.dataDirectories, text));
  const twice = directories.find(({ path }, index) => directories.findIndex((other) => other.path === path) < index);
  if (twice !== undefined) basis.report(options.dataDirectories, `${twice.path} is named twice`);
  return directories.toSorted((one, other) => other.priority - one.priority);
}

function readDataDirectory(basis: SettingsBasis, option: Option, text: string): DataDirectories[number] {
  const [, path = '', priority] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const isNumber = priority === undefined || /^\s*\d{1,9}\s*$/.test(priority);
  if (path.trim() === '' || !isNumber) {
    basis.report(
      option,
      `"${text}" is not a folder with a priority; allowed is a path, or a path:number as in /srv/a:100`,
    );
  }
  return { path: resolve(basis.place.cwd, path.trim()), priority: isNumber ? Number(priority ?? 0) : 0 };
}

function readFilePermissions({ values, report }: SettingsBasis, option: Option<number>): number | null {
  const digits = String(values.get(option));
  if (digits === '0') return null;
  const permissions = Number.parseInt(digits, 8);
  if (!/^[0-7]+$/.test(digits)) {
    report(option, `"${digits}" is not octal; allowed are the digits 0 to 7, as in 640`);
  } else if ((permissions & ownerMayRead) === 0) {
    report(option, `"${digits}" keeps the owner from reading; allowed is 400 and what adds to it`);
  }
  return permissions;
}

function buildHttpStore(
  basis: SettingsBasis,
  own: StoreOptions['http'],
): Omit<ConfiguredHttpStore, 'id' | 'kind' | 'description' | 'weight'> {
  const shared = sharedStoreOptions.http;
  const caFile = readExistingFile(basis, inForce(basis, own.caFile, shared.caFile));
  return {
    caFile,
    insecure: caFile === null && basis.values.get(inForce(basis, own.insecure, shared.insecure)),
    proxies: readProxies(basis, inForce(basis, own.proxies, shared.proxies)),
  };
}

function readProxies(
  { values, report }: SettingsBasis,
  option: Option<ReadonlyMap<string, string>>,
): ReadonlyMap<string, string> {
  const proxies = new Map<string, string>();
  for (const [scheme, text] of values.get(option)) {
    const authority = readProxyAuthority(text);
    if (!proxiedSchemes.includes(scheme.toLowerCase())) {
      report(option, `"${scheme}" is not a scheme of its URLs; allowed is http or https before the first colon`);
    } else if (authority === null) {
      report(option, `the proxy for ${scheme} is not an address; allowed is host:port, without user and password`);
    } else {
      proxies.set(scheme.toLowerCase(), authority);
    }
  }
  return proxies;
}

/** `host:port` of a proxy that may be written with `http://`; null for anything else, such as one with a password. */
function readProxyAuthority(text: string): string | null {
  const authority = text
    .trim()
    .replace(/^http:\/\//i, '')
    .replace(/\/$/, '');
  const url = URL.parse(`http://${authority}`);
  if (url === null || /[/?#@\s]/.test(authority) || url.hostname === '' || url.port === '0') return null;
  return `${url.hostname}:${url.port === '' ? 80 : url.port}`;
}
