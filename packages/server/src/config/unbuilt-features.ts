/**
 * Refuses configurations that count on a feature this release does not have, where going on without it would weaken
 * security or harm data. What is merely without effect is told by `configuration-warnings.ts`.
 */
import { parseFlavor } from './identity-flavor.ts';
import { expandRawValue, findRawValues } from './option-lookup.ts';
import type { OptionValues, RawConfiguration } from './option-lookup.ts';
import { parseOptionValue } from './option-values.ts';
import { optionTitle } from './option.ts';
import type { Option } from './option.ts';
import { apiOptions } from './options/api.ts';
import { identityOptions } from './options/identity.ts';
import { unbuiltStoreKinds } from './options/store-drivers.ts';
import { storeOptions } from './options/stores.ts';
import { storeKindOf } from './store-kind-names.ts';
import { builtStoreKinds } from './store-sections.ts';
import type { StoreSections } from './store-sections.ts';

/** One sentence for each such option, with the place where it is set. */
export function unbuiltFeatures(raw: RawConfiguration, values: OptionValues, stores: StoreSections): readonly string[] {
  const problems: string[] = [];
  for (const option of raw.options) {
    if (option.treatment.kind !== 'rejected') continue;
    const where = findDemand(raw, option, option.treatment.when);
    if (where !== null) {
      problems.push(describe(option, where, `is not part of this release: ${option.treatment.reason}`));
    }
  }
  return [...problems, ...refuseFlavor(values), ...refuseStoreKinds(values, stores)];
}

/** Where the option asks for its feature; null when it does not. */
function findDemand(raw: RawConfiguration, option: Option, when: 'set' | 'true'): string | null {
  const given = findRawValues(raw, option).filter((value) => value.text.trim() !== '');
  const last = given.at(-1);
  if (last === undefined) return null;
  if (when === 'set') return last.where;
  const expanded = expandRawValue(raw, option, last);
  const parsed = 'wrong' in expanded ? expanded : parseOptionValue(option, [expanded.text]);
  // What cannot be read as false may mean true.
  return 'wrong' in parsed || parsed.value === true ? last.where : null;
}

function refuseFlavor(values: OptionValues): readonly string[] {
  const where = values.whereSet(identityOptions.flavor);
  const flavor = values.get(identityOptions.flavor);
  if (where === null || flavor === null || parseFlavor(flavor) !== null) return [];
  const allowed = 'allowed is one of keystone, pocket, trusted-auth, none, with +caching or +cachemanagement behind it';
  return [describe(identityOptions.flavor, where, `"${flavor}" is not a known flavor; ${allowed}`)];
}

/** Each store of another kind, whose images could neither be read nor kept where they should be. */
function refuseStoreKinds(values: OptionValues, stores: StoreSections): readonly string[] {
  if (!stores.multiStore) return refuseStoreNames(values);
  return stores.sections
    .filter(({ kind }) => isUnbuilt(kind))
    .map(({ id, kind }) => refuseKind(apiOptions.enabledBackends, values, `the kind ${kind} of the store "${id}"`));
}

/** Without ids, stores are named by their kind. */
function refuseStoreNames(values: OptionValues): readonly string[] {
  const named = values.get(storeOptions.stores).map((name) => ({ name, option: storeOptions.stores }));
  const standard = { name: values.get(storeOptions.defaultStore).trim(), option: storeOptions.defaultStore };
  return [...named, standard]
    .filter(({ name }) => isUnbuilt(storeKindOf(name)))
    .map(({ name, option }) => refuseKind(option, values, `the store "${name}"`));
}

function isUnbuilt(kind: string | null): boolean {
  return unbuiltStoreKinds.some((candidate) => candidate === kind);
}

function refuseKind(option: Option, values: OptionValues, subject: string): string {
  const kinds = builtStoreKinds.join(' and ');
  const reason = `images in it could not be read, and new ones would be kept elsewhere; this release has ${kinds}`;
  return describe(option, values.whereSet(option) ?? 'default', `${subject} is not part of this release: ${reason}`);
}

function describe(option: Option, where: string, message: string): string {
  return `${where}: ${optionTitle(option)}: ${message}`;
}
