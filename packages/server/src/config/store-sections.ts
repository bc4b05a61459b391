/**
 * Which stores the configuration names, and which options they bring: the section of a store with an id is named by
 * that id, so its options are not in the table but are made here from their description.
 *
 * Source: contract 05 §5; 11 §3
 */
import { readOption } from './option-lookup.ts';
import type { RawConfiguration } from './option-lookup.ts';
import { ignored } from './option.ts';
import type { Option } from './option.ts';
import { apiOptions } from './options/api.ts';
import { taskOptions } from './options/imports.ts';
import { describeUnbuiltStoreOptions, unbuiltStoreKinds } from './options/store-drivers.ts';
import { describeStoreOptions } from './options/store-kinds.ts';
import type { StoreOptions } from './options/store-kinds.ts';
import { reservedStoreOptions, storeOptions } from './options/stores.ts';

export interface StoreSection {
  readonly id: string;
  /** As configured; perhaps no kind there is. */
  readonly kind: string;
  readonly options: StoreOptions;
}

export interface StoreSections {
  /** `enabled_backends` names at least one store. */
  readonly multiStore: boolean;
  /** The stores with ids, in configured order. */
  readonly sections: readonly StoreSection[];
}

export const builtStoreKinds = ['file', 'http'] as const;
export const storeKinds: readonly string[] = [...builtStoreKinds, ...unbuiltStoreKinds];

/** The stores of `enabled_backends`; none when it cannot be understood, which is reported elsewhere. */
export function findStoreSections(raw: RawConfiguration): StoreSections {
  const { value } = readOption(raw, apiOptions.enabledBackends);
  const backends: ReadonlyMap<string, string> = value instanceof Map ? value : new Map();
  const sections = [...backends].map(([id, kind]) => ({ id, kind, options: describeStoreOptions(sectionName(id)) }));
  return { multiStore: sections.length > 0, sections };
}

/** Files have section names in lower case. */
export function sectionName(id: string): string {
  return id.toLowerCase();
}

/**
 * All options that exist with these stores, each treated as it counts with them: those of the sections of stores are
 * added, and what says something about the other way of configuring stores has no effect.
 */
export function optionsInForce(options: readonly Option[], stores: StoreSections): readonly Option[] {
  if (!stores.multiStore) return options.map(withoutIds);
  const shared = Object.values(describeUnbuiltStoreOptions('backend_defaults')).flat();
  return [...options.map(withIds), ...shared, ...stores.sections.flatMap(listSectionOptions)];
}

const replacedByIds: ReadonlyMap<Option, string> = new Map<Option, string>([
  [storeOptions.stores, 'with enabled_backends it says which stores there are'],
  [storeOptions.defaultStore, 'with enabled_backends the option is default_backend'],
  [apiOptions.nodeStagingUri, 'with enabled_backends the option is [os_glance_staging_store] filesystem_store_datadir'],
  [taskOptions.workDirectory, 'with enabled_backends the option is [os_glance_tasks_store] filesystem_store_datadir'],
]);

function withIds(option: Option): Option {
  if (option === storeOptions.defaultBackend) return option;
  const reason = replacedByIds.get(option);
  if (reason !== undefined) return withoutEffect(option, reason);
  if (option.group !== 'glance_store') return option;
  return withoutEffect(option, 'with enabled_backends every store has a section of its own');
}

const neededByIds: ReadonlySet<Option> = new Set<Option>([
  storeOptions.defaultBackend,
  ...Object.values(reservedStoreOptions),
]);

function withoutIds(option: Option): Option {
  if (option.group !== 'backend_defaults' && !neededByIds.has(option)) return option;
  return withoutEffect(option, 'it is for stores of [DEFAULT] enabled_backends, which is not set');
}

function withoutEffect(option: Option, reason: string): Option {
  return option.treatment.kind === 'ignored' ? option : { ...option, treatment: ignored(reason) };
}

function listSectionOptions({ id, kind, options }: StoreSection): readonly Option[] {
  const { common, ...built } = options;
  const byKind = Object.entries({ ...built, ...describeUnbuiltStoreOptions(sectionName(id)) });
  return [
    ...Object.values(common),
    ...byKind.flatMap(([optionKind, kindOptions]) => {
      const list: readonly Option[] = Object.values(kindOptions);
      if (optionKind === kind) return list;
      return list.map((option) => withoutEffect(option, `the store is of kind ${kind}`));
    }),
  ];
}
