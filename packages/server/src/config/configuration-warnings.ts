/**
 * What an operator should know about a configuration that works: names that look like mistakes, options that have no
 * effect, and names that are out of date. Glance passes over all of it in silence.
 *
 * Source: contract 11 §1.1, §7
 */
import type { IniSection } from '../lib/ini.ts';
import { nearestWord } from '../lib/nearest-word.ts';
import { environmentName, findRawValues } from './option-lookup.ts';
import type { RawConfiguration } from './option-lookup.ts';
import { optionTitle } from './option.ts';
import type { Option, OptionName } from './option.ts';
import { openGroups } from './options/all-options.ts';

/** The table of options by name, as the checks below ask for it. */
interface KnownNames {
  /** By group, then by name; deprecated names as well. */
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, Option>>;
}

/** All warnings, those about single places in the order of the files. */
export function findConfigurationWarnings(raw: RawConfiguration): readonly string[] {
  const known = indexNames(raw.options);
  return [
    ...warnOfUnknownNames(raw, known),
    ...warnOfUnknownVariables(raw, known),
    ...warnOfDeprecatedNames(raw),
    ...warnOfIgnoredOptions(raw),
    ...warnOfUnbuiltFeatures(raw),
  ];
}

function indexNames(options: readonly Option[]): KnownNames {
  const groups = new Map<string, Map<string, Option>>();
  for (const option of options) {
    for (const { group, name } of [option, ...option.deprecatedNames]) {
      const names = groups.get(group) ?? new Map<string, Option>();
      // Where an old name of one option is the name of another, it means the other.
      if (!names.has(name) || (group === option.group && name === option.name)) names.set(name, option);
      groups.set(group, names);
    }
  }
  return { groups };
}

function warnOfUnknownNames(raw: RawConfiguration, known: KnownNames): readonly string[] {
  const namedByOthers = findNamedSections(raw);
  return raw.files.flatMap((file) =>
    file.sections.flatMap((section) => {
      if (section.entries.length === 0 || openGroups.has(section.name) || namedByOthers.has(section.name)) return [];
      const names = known.groups.get(section.name);
      if (names === undefined) return warnOfUnknownSection(section, file.fileName, known);
      return section.entries
        .filter((entry) => !names.has(entry.key))
        .map(
          ({ key, line }) => `${file.fileName}:${line}: ${describeUnknown({ group: section.name, name: key }, known)}`,
        );
    }),
  );
}

/** Sections of sign-in, whose name an option gives. */
function findNamedSections(raw: RawConfiguration): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of raw.files) {
    for (const { key, value } of file.sections.flatMap((section) => section.entries)) {
      if (key === 'auth_section' || key === 'auth-section') names.add(value.trim().toLowerCase());
    }
  }
  return names;
}

function warnOfUnknownSection(section: IniSection, fileName: string, known: KnownNames): readonly string[] {
  if (section.name.startsWith('cors.')) {
    return [`${fileName}:${section.line}: [${section.name}] is no longer read; [cors] holds for all origins`];
  }
  const isLibrarySection = section.name.startsWith('oslo_');
  const nearest = nearestWord(section.name, known.groups.keys(), isLibrarySection ? 2 : tolerance(section.name));
  const meant = section.name === 'default' ? 'DEFAULT' : nearest;
  if (isLibrarySection && meant === null) return [];
  const question = meant === null ? '' : ` (did you mean [${meant}]?)`;
  return [`${fileName}:${section.line}: [${section.name}] is not a known section${question}; it has no effect`];
}

function warnOfUnknownVariables(raw: RawConfiguration, known: KnownNames): readonly string[] {
  const variables = new Set([...known.groups].flatMap(([group, names]) => namesAsVariables(group, names.keys())));
  const openPrefixes = [...openGroups].map((group) => environmentName({ group, name: '' }));
  return Object.keys(raw.env)
    .filter((variable) => /^OS_\w+?__\w/.test(variable) && !variables.has(variable))
    .filter((variable) => !openPrefixes.some((prefix) => variable.startsWith(prefix)))
    .map((variable) => {
      const nearest = nearestWord(variable, variables, tolerance(variable));
      const question = nearest === null ? '' : ` (did you mean ${nearest}?)`;
      return `${variable}: no option has this variable${question}; it has no effect`;
    });
}

function namesAsVariables(group: string, names: Iterable<string>): readonly string[] {
  return [...names].map((name) => environmentName({ group, name }));
}

function describeUnknown(unknown: OptionName, known: KnownNames): string {
  const title = optionTitle(unknown);
  const nearest = nearestWord(unknown.name, known.groups.get(unknown.group)?.keys() ?? [], tolerance(unknown.name));
  if (nearest !== null) return `${title}: no such option (did you mean ${nearest}?); it has no effect`;
  const otherGroup = [...known.groups].find(([, names]) => names.has(unknown.name))?.[0];
  if (otherGroup !== undefined) return `${title}: no such option here; it belongs in [${otherGroup}] and has no effect`;
  return `${title}: no such option; it has no effect`;
}

/** How many wrong characters a name of this length may have and still be recognised. */
function tolerance(name: string): number {
  return Math.max(1, Math.min(3, Math.floor(name.length / 4)));
}

function warnOfDeprecatedNames(raw: RawConfiguration): readonly string[] {
  return raw.options.flatMap((option) => {
    const given = findRawValues(raw, option).find(({ name }) => !isSameName(name, option));
    if (given === undefined) return [];
    return [`${given.where}: ${optionTitle(given.name)} is an old name; the option is now ${optionTitle(option)}`];
  });
}

function isSameName(one: OptionName, other: OptionName): boolean {
  return one.group === other.group && one.name === other.name;
}

function warnOfIgnoredOptions(raw: RawConfiguration): readonly string[] {
  return raw.options.flatMap((option) => {
    if (option.treatment.kind !== 'ignored') return [];
    const given = findRawValues(raw, option).at(-1);
    if (given === undefined) return [];
    return [`${given.where}: ${optionTitle(option)} has no effect: ${option.treatment.reason}`];
  });
}

/** One line for a feature, however many of its options are set. */
function warnOfUnbuiltFeatures(raw: RawConfiguration): readonly string[] {
  const byFeature = new Map<string, { where: string; option: Option }[]>();
  for (const option of raw.options) {
    const given = findRawValues(raw, option).at(-1);
    if (given === undefined || option.treatment.kind !== 'not-built') continue;
    const { feature } = option.treatment;
    byFeature.set(feature, [...(byFeature.get(feature) ?? []), { where: given.where, option }]);
  }
  return [...byFeature].flatMap(([feature, [first, ...others]]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const verb = others.length === 0 ? 'has' : 'have';
    return [
      `${first.where}: ${optionTitle(first.option)}${more} ${verb} no effect: ${feature}: not part of this release`,
    ];
  });
}
