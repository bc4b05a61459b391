/**
 * Refuses configurations that count on a feature this release does not have, where going on without it would weaken
 * security or harm data. What is merely without effect is told by `configuration-warnings.ts`.
 */
import { readFlavor } from './build-settings.ts';
import { expandRawValue, findRawValues } from './option-lookup.ts';
import type { OptionValues, RawConfiguration } from './option-lookup.ts';
import { parseOptionValue } from './option-values.ts';
import { optionTitle } from './option.ts';
import type { Option } from './option.ts';
import { identityOptions } from './options/identity.ts';
import { storeOptions } from './options/stores.ts';

const fileStoreNames: readonly string[] = ['file', 'filesystem'];

/** One sentence for each such option, with the place where it is set. */
export function unbuiltFeatures(raw: RawConfiguration, values: OptionValues): readonly string[] {
  const problems: string[] = [];
  for (const option of raw.options) {
    if (option.treatment.kind !== 'rejected') continue;
    const where = findDemand(raw, option, option.treatment.when);
    if (where !== null) {
      problems.push(describe(option, where, `is not part of this release: ${option.treatment.reason}`));
    }
  }
  return [...problems, ...refuseFlavor(values), ...refuseStoreKind(values)];
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
  if (where === null || readFlavor(values) !== null) return [];
  const flavor = values.get(identityOptions.flavor) ?? '';
  const parts = flavor.split('+').map((part) => part.trim());
  const messages: string[] = [];
  if (parts.some((part) => part.startsWith('keystone'))) {
    messages.push('token validation by Keystone is not part of this release: tokens of callers would not be checked');
  }
  if (parts.some((part) => part === 'caching' || part === 'cachemanagement')) {
    messages.push('the image cache is not part of this release: downloads would not be served from it');
  }
  if (messages.length === 0) messages.push(`"${flavor}" is not a known flavor`);
  return messages.map((message) =>
    describe(identityOptions.flavor, where, `${message}; allowed is one of pocket, trusted-auth, none`),
  );
}

function refuseStoreKind(values: OptionValues): readonly string[] {
  const kind = values.get(storeOptions.defaultStore);
  const where = values.whereSet(storeOptions.defaultStore);
  if (where === null || fileStoreNames.includes(kind)) return [];
  const message = `the store "${kind}" is not part of this release: image data would be kept elsewhere; allowed is file`;
  return [describe(storeOptions.defaultStore, where, message)];
}

function describe(option: Option, where: string, message: string): string {
  return `${where}: ${optionTitle(option)}: ${message}`;
}
