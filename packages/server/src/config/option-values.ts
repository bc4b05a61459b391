/**
 * Turns the text of an option into its value, by type, and writes a value as such text.
 *
 * Invariant: `parseOptionValue(option, formatOptionValue(value))` gives the value again, for every default.
 *
 * Source: contract 11 §1.1
 */
import type { Option, OptionValue } from './option.ts';

/** A value, or a sentence that says what is wrong and what is allowed; null is "unset", as an empty number is. */
export type Parsed = { readonly value: OptionValue } | { readonly wrong: string };

const trueWords: readonly string[] = ['true', '1', 'on', 'yes'];
const falseWords: readonly string[] = ['false', '0', 'off', 'no'];
const integerPattern = /^[+-]?\d+(_\d+)*$/;
const floatPattern = /^[+-]?(\d+(_\d+)*\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads the texts an option was given: one, or for a multi option any number. References are already replaced.
 * The sentence about a wrong value quotes the value, unless the option is a secret.
 */
export function parseOptionValue(option: Option, texts: readonly string[]): Parsed {
  const text = texts.at(-1) ?? '';
  switch (option.type) {
    case 'string':
      return checkItems(option, [text]) ?? { value: text };
    case 'boolean':
      return parseBoolean(option, text);
    case 'integer':
      return parseInteger(option, text.trim());
    case 'float':
      return parseFloatingPoint(option, text.trim());
    case 'list':
      return parseList(option, splitItems(text));
    case 'bounded-list':
      return parseBoundedList(option, text.trim());
    case 'dict':
      return parseDict(option, text);
    case 'multi':
      return parseList(option, texts);
  }
}

/** What the option takes, for messages and pages: `an integer from 1 to 65535`. */
export function describeAllowed(option: Option): string {
  const choices = option.choices?.map((choice) => (choice === '' ? '""' : choice)).join(', ');
  switch (option.type) {
    case 'string':
      return choices === undefined ? 'text' : `one of ${choices}`;
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer${describeBounds(option)}`;
    case 'float':
      return `a number${describeBounds(option)}`;
    case 'list':
      return `a comma separated list${choices === undefined ? '' : ` of ${choices}`}`;
    case 'bounded-list':
      return `a list in brackets, [a, b]${choices === undefined ? '' : `, of ${choices}`}`;
    case 'dict':
      return 'pairs like name:value, separated by commas';
    case 'multi':
      return `${choices === undefined ? 'text' : `one of ${choices}`}, and it may be given several times`;
  }
}

/** The lines' worth of text that set an option to this value: one, or one for each value of a multi option. */
export function formatOptionValue(option: Option, value: OptionValue): readonly string[] {
  if (value === null) return [];
  if (typeof value === 'string') return [protect(value)];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (value instanceof Map) return [[...value].map(([key, item]) => protect(`${key}:${item}`)).join(', ')];
  const items = Array.isArray(value) ? value.map((item: string) => protect(item)) : [];
  if (option.type === 'multi') return items;
  const joined = items.join(option.type === 'bounded-list' ? ', ' : ',');
  return [option.type === 'bounded-list' ? `[${joined}]` : joined];
}

/** Keeps a literal dollar from being read as a reference, and outer blanks and quotes from being dropped. */
function protect(text: string): string {
  const escaped = text.replaceAll('$', '$$$$');
  return /^\s|\s$|^(["']).*\1$/s.test(escaped) ? `"${escaped}"` : escaped;
}

function wrong(option: Option, text: string, what: string): Parsed {
  const subject = option.secret ? 'the value' : `"${text}"`;
  return { wrong: `${subject} ${what}; allowed is ${describeAllowed(option)}` };
}

function parseBoolean(option: Option, text: string): Parsed {
  const word = text.trim().toLowerCase();
  if (trueWords.includes(word)) return { value: true };
  if (falseWords.includes(word)) return { value: false };
  return wrong(option, text, 'is not a boolean');
}

function parseInteger(option: Option, text: string): Parsed {
  if (text === '') return { value: null };
  if (!integerPattern.test(text)) return wrong(option, text, 'is not an integer');
  const exact = BigInt(text.replaceAll('_', '').replace(/^\+/, ''));
  if (option.minimum !== null && exact < option.minimum) return wrong(option, text, 'is too small');
  if (option.maximum !== null && exact > option.maximum) return wrong(option, text, 'is too large');
  return { value: Number(exact) };
}

function parseFloatingPoint(option: Option, text: string): Parsed {
  if (text === '') return { value: null };
  if (!floatPattern.test(text)) return wrong(option, text, 'is not a number');
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) return wrong(option, text, 'is too large');
  if (option.minimum !== null && value < Number(option.minimum)) return wrong(option, text, 'is too small');
  if (option.maximum !== null && value > Number(option.maximum)) return wrong(option, text, 'is too large');
  return { value };
}

function parseList(option: Option, items: readonly string[]): Parsed {
  return checkItems(option, items) ?? { value: items };
}

function parseBoundedList(option: Option, given: string): Parsed {
  const text = given.replace(/,+$/, '').trimEnd();
  if (!text.startsWith('[') || !text.endsWith(']') || text.length < 2) {
    return wrong(option, text, 'is not in brackets');
  }
  const items = splitQuotedItems(text.slice(1, -1));
  return items === null ? wrong(option, text, 'has a quoted item without its closing quote') : parseList(option, items);
}

function parseDict(option: Option, text: string): Parsed {
  const pairs = new Map<string, string>();
  for (const item of splitItems(text)) {
    const colonAt = item.indexOf(':');
    if (colonAt === -1) return wrong(option, text, 'has an item without a colon');
    const key = item.slice(0, colonAt).trim();
    if (key === '') return wrong(option, text, 'has an item without a name before its colon');
    if (pairs.has(key)) return wrong(option, text, 'names the same key twice');
    pairs.set(key, item.slice(colonAt + 1).trim());
  }
  return { value: pairs };
}

function checkItems(option: Option, items: readonly string[]): Parsed | null {
  const { choices } = option;
  const stranger = choices === null ? undefined : items.find((item) => !choices.includes(item));
  return stranger === undefined ? null : wrong(option, stranger, 'is not a known choice');
}

/** Items between commas, trimmed; commas at the very end separate nothing. */
function splitItems(text: string): readonly string[] {
  return splitAtCommas(text).map((item) => item.trim());
}

function splitAtCommas(text: string): readonly string[] {
  const withoutLastComma = text.trim().replace(/,+$/, '');
  return withoutLastComma === '' ? [] : withoutLastComma.split(',');
}

/** As `splitItems`, with items in quotes that may hold commas. Null when a quote is not closed. */
function splitQuotedItems(text: string): readonly string[] | null {
  const items: string[] = [];
  let open: string | null = null;
  for (const part of splitAtCommas(text)) {
    const item: string = (open === null ? part : `${open},${part}`).trim();
    const quote = item.charAt(0);
    const isQuoted = quote === '"' || quote === "'";
    const isClosed = item.length >= 2 && item.endsWith(quote);
    open = isQuoted && !isClosed ? (open === null ? part : `${open},${part}`) : null;
    if (open === null) items.push(isQuoted ? item.slice(1, -1) : item);
  }
  return open === null ? items : null;
}

function describeBounds(option: Option): string {
  const { minimum, maximum } = option;
  if (minimum !== null && maximum !== null) return ` from ${minimum} to ${maximum}`;
  if (minimum !== null) return `, at least ${minimum}`;
  if (maximum !== null) return `, at most ${maximum}`;
  return '';
}
