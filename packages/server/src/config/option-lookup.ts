/**
 * What the sources together say about an option: flags win over the environment, it wins over the files, a later file
 * over an earlier one, and within one file the present name over a deprecated one.
 *
 * Source: contract 11 §1, §1.1
 */
import type { IniFile } from '../lib/ini.ts';
import { formatOptionValue, parseOptionValue } from './option-values.ts';
import { optionTitle } from './option.ts';
import type { Option, OptionName, OptionValue } from './option.ts';
import { expandReferences } from './references.ts';
import type { Expanded } from './references.ts';

export interface RawValue {
  readonly text: string;
  /** For messages: `glance-api.conf:12`, `OS_DEFAULT__DEBUG` or `--port`. */
  readonly where: string;
  /** The name it was given under. */
  readonly name: OptionName;
}

/** A value from the command line, or from a variable that is not named by the general rule. */
export interface Override extends RawValue {
  readonly option: Option;
}

export interface RawConfiguration {
  readonly options: readonly Option[];
  /** The one that counts least first. */
  readonly files: readonly IniFile[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The one that counts most first. */
  readonly overrides: readonly Override[];
}

/** The checked values of the options that are honoured. */
export interface OptionValues {
  /** The value, or the default when nothing set it. */
  get<T extends OptionValue>(option: Option<T>): T;
  /** Where it was set, null when nowhere. */
  whereSet(option: Option): string | null;
}

/** `OS_<GROUP>__<NAME>`. */
export function environmentName(option: OptionName): string {
  return `OS_${option.group}__${option.name}`.toUpperCase();
}

/** What was given for an option: for a multi option all values, else the one that counts; empty when nothing was. */
export function findRawValues(raw: RawConfiguration, option: Option): readonly RawValue[] {
  const names: readonly OptionName[] = [option, ...option.deprecatedNames];
  const override = raw.overrides.find((candidate) => candidate.option === option);
  if (override !== undefined) return [override];
  for (const name of names) {
    const variable = environmentName(name);
    const text = raw.env[variable];
    if (text !== undefined) return [{ text, where: variable, name }];
  }
  const byFile = raw.files.map((file) => findInFile(file, names)).filter((values) => values.length > 0);
  return option.type === 'multi' ? byFile.flat() : (byFile.at(-1)?.slice(-1) ?? []);
}

/**
 * Checks every honoured option. The values are complete even then when problems were found, with the defaults in
 * the place of wrong ones, so that the caller can go on and find further problems.
 */
export function evaluateOptions(raw: RawConfiguration): { values: OptionValues; problems: readonly string[] } {
  const problems: string[] = [];
  const evaluated = new Map<Option, { value: OptionValue; where: string | null }>();
  for (const option of raw.options) {
    if (option.treatment.kind !== 'honoured') continue;
    const { value, where, wrong } = readOption(raw, option);
    if (wrong !== null) problems.push(`${where ?? 'default'}: ${optionTitle(option)}: ${wrong}`);
    evaluated.set(option, { value, where });
  }
  return { values: valuesOf(evaluated), problems };
}

/** One option's value, with the default in the place of a wrong one, and where it was set. */
export function readOption(
  raw: RawConfiguration,
  option: Option,
): { value: OptionValue; where: string | null; wrong: string | null } {
  const given = findRawValues(raw, option);
  const where = given.at(-1)?.where ?? null;
  const outcome = given.length === 0 ? { value: option.default } : evaluateGiven(raw, option, given);
  if ('wrong' in outcome) return { value: option.default, where, wrong: outcome.wrong };
  return { value: outcome.value ?? option.default, where, wrong: null };
}

/** The text of a given value with its references replaced. */
export function expandRawValue(raw: RawConfiguration, option: Option, value: RawValue): Expanded {
  const expanded = expandReferences(value.text, option.group, (target) => findReferredText(raw, target));
  if (!('wrong' in expanded) || !option.secret) return expanded;
  return { wrong: 'a dollar sign in the value refers to something that is no option; write $$ for a dollar sign' };
}

function valuesOf(evaluated: ReadonlyMap<Option, { value: OptionValue; where: string | null }>): OptionValues {
  function find(option: Option) {
    const found = evaluated.get(option);
    if (found === undefined) throw new Error(`${optionTitle(option)} is not among the options that are honoured`);
    return found;
  }
  return {
    // The map holds for each option what its own type was parsed to, which a map's type cannot say.
    get: <T extends OptionValue>(option: Option<T>) => find(option).value as T,
    whereSet: (option) => find(option).where,
  };
}

function evaluateGiven(raw: RawConfiguration, option: Option, given: readonly RawValue[]) {
  const texts: string[] = [];
  for (const value of given) {
    const expanded = expandRawValue(raw, option, value);
    if ('wrong' in expanded) return expanded;
    texts.push(expanded.text);
  }
  return parseOptionValue(option, texts);
}

function findReferredText(raw: RawConfiguration, target: OptionName): string | null | undefined {
  const group = target.group === 'DEFAULT' ? target.group : target.group.toLowerCase();
  const option = raw.options.find((candidate) => candidate.group === group && candidate.name === target.name);
  if (option === undefined) return undefined;
  const texts = findRawValues(raw, option).map((value) => value.text);
  const counted = texts.length > 0 ? texts : formatOptionValue(option, option.default);
  return counted.length === 0 ? null : counted.join(',');
}

/** The values under the first of the names that the file has, in file order. */
function findInFile(file: IniFile, names: readonly OptionName[]): readonly RawValue[] {
  for (const name of names) {
    const section = file.sections.find((candidate) => candidate.name === name.group);
    const entries = section?.entries.filter((entry) => entry.key === name.name) ?? [];
    if (entries.length > 0) {
      return entries.map((entry) => ({ text: entry.value, where: `${file.fileName}:${entry.line}`, name }));
    }
  }
  return [];
}
