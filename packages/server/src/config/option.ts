/**
 * What an option is: data, from which the values are checked and the sample file and the reference page are rendered.
 *
 * The description is also the key: `values.get(limitMax)` knows from it that the value is a number.
 */

export type OptionType = 'string' | 'integer' | 'float' | 'boolean' | 'list' | 'bounded-list' | 'dict' | 'multi';

/** A value once it was read: lists and multi options as arrays, dicts as maps, nothing set and no default as null. */
export type OptionValue = string | number | boolean | readonly string[] | ReadonlyMap<string, string> | null;

/** What the service does with an option that an operator sets. */
export type Treatment =
  | { readonly kind: 'honoured' }
  /** Taken and without effect, now and later. The reason completes "has no effect: …". */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** Taken and without effect as yet; harmless, because nothing else reads it. */
  | { readonly kind: 'not-built'; readonly feature: string }
  /** Start is refused, because going on without the feature would weaken security or harm data. */
  | { readonly kind: 'rejected'; readonly when: 'set' | 'true'; readonly reason: string };

export interface OptionName {
  readonly group: string;
  readonly name: string;
}

export interface Option<T extends OptionValue = OptionValue> extends OptionName {
  readonly type: OptionType;
  readonly default: T;
  /** What holds when nothing is set and the default depends on something else. */
  readonly defaultText: string | null;
  /** Of a number: seconds, bytes, … */
  readonly unit: string | null;
  /** Bounds are inclusive; the upper one may exceed what a number holds exactly. */
  readonly minimum: bigint | null;
  readonly maximum: bigint | null;
  /** The only values allowed; for lists, of each item. */
  readonly choices: readonly string[] | null;
  readonly help: string;
  /** `glance`: an option of Glance or a library it uses; `lucarne`: our own. */
  readonly source: 'glance' | 'lucarne';
  /** A secret's value is never shown, not even a part of it. */
  readonly secret: boolean;
  readonly deprecatedNames: readonly OptionName[];
  readonly treatment: Treatment;
}

/** The help text, or the help text with whatever else is worth saying. */
export type About = string | AboutOption;

export interface AboutOption {
  readonly help: string;
  readonly defaultText?: string;
  readonly unit?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly choices?: readonly string[];
  readonly secret?: true;
  readonly deprecatedNames?: readonly OptionName[];
  readonly treatment?: Treatment;
}

/** What the options of a group have in common. */
export interface OptionGroup {
  readonly source?: 'glance' | 'lucarne';
  readonly treatment?: Treatment;
}

const honoured: Treatment = { kind: 'honoured' };

export function ignored(reason: string): Treatment {
  return { kind: 'ignored', reason };
}

export function notBuilt(feature: string): Treatment {
  return { kind: 'not-built', feature };
}

export function rejected(when: 'set' | 'true', reason: string): Treatment {
  return { kind: 'rejected', when, reason };
}

/** Functions that describe options of one group: `(name, default, about)`, or `unset.….(name, about)` without default. */
export function describeGroup(group: string, common: OptionGroup = {}) {
  function describe<T extends OptionValue>(type: OptionType, name: string) {
    return (defaultValue: T, about: About): Option<T> => {
      const said = typeof about === 'string' ? { help: about } : about;
      return {
        group,
        name,
        type,
        default: defaultValue,
        defaultText: said.defaultText ?? null,
        unit: said.unit ?? null,
        minimum: said.minimum === undefined ? null : BigInt(said.minimum),
        maximum: said.maximum === undefined ? null : BigInt(said.maximum),
        choices: said.choices ?? null,
        help: said.help,
        source: common.source ?? 'glance',
        secret: said.secret ?? false,
        deprecatedNames: said.deprecatedNames ?? [],
        treatment: said.treatment ?? common.treatment ?? honoured,
      };
    };
  }
  return {
    string: (name: string, value: string, about: About) => describe<string>('string', name)(value, about),
    integer: (name: string, value: number, about: About) => describe<number>('integer', name)(value, about),
    float: (name: string, value: number, about: About) => describe<number>('float', name)(value, about),
    boolean: (name: string, value: boolean, about: About) => describe<boolean>('boolean', name)(value, about),
    list: (name: string, value: readonly string[], about: About) =>
      describe<readonly string[]>('list', name)(value, about),
    boundedList: (name: string, value: readonly string[], about: About) =>
      describe<readonly string[]>('bounded-list', name)(value, about),
    dict: (name: string, value: ReadonlyMap<string, string>, about: About) =>
      describe<ReadonlyMap<string, string>>('dict', name)(value, about),
    multi: (name: string, value: readonly string[], about: About) =>
      describe<readonly string[]>('multi', name)(value, about),
    unset: {
      string: (name: string, about: About) => describe<string | null>('string', name)(null, about),
      integer: (name: string, about: About) => describe<number | null>('integer', name)(null, about),
    },
  };
}

/** `[group] name`, as messages write it. */
export function optionTitle(option: OptionName): string {
  return `[${option.group}] ${option.name}`;
}
