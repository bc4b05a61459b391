/**
 * The definition of one property, as it is stored and shown: which attributes there are, in which order, and what
 * becomes of values of another type. A default is text whatever was sent, bounds are whole numbers.
 * Source: contract 09 §5. Differs: what the model of Glance cannot take is a 400.
 */
import { isWholeFloat, pythonFloatText } from '../../lib/python-json.ts';
import { badRequest } from '../errors.ts';
import { hasUnstorableCharacters, quoteForMessage } from '../text-rules.ts';

/** Attributes by their wire name, in the order in which they are shown. */
export type PropertyDefinition = ReadonlyMap<string, AttributeValue>;

type TextList = readonly (string | null)[];
export type AttributeValue = string | number | bigint | boolean | null | TextList | ReadonlyMap<string, AttributeValue>;

/** Undefined for what does not fit. */
type AttributeReader = (value: unknown) => AttributeValue | undefined;

const itemReaders: ReadonlyMap<string, AttributeReader> = new Map<string, AttributeReader>([
  ['type', text],
  ['enum', textList],
]);

const attributeReaders: ReadonlyMap<string, AttributeReader> = new Map<string, AttributeReader>([
  ['name', text],
  ['type', text],
  ['title', text],
  ['description', text],
  ['operators', textList],
  ['default', defaultText],
  ['readonly', truth],
  ['minimum', wholeNumber],
  ['maximum', wholeNumber],
  ['enum', textList],
  ['pattern', text],
  ['minLength', wholeNumber],
  ['maxLength', wholeNumber],
  ['confidential', truth],
  ['items', (value) => (isRecord(value) ? knownAttributes(value, itemReaders) : undefined)],
  ['uniqueItems', truth],
  ['minItems', wholeNumber],
  ['maxItems', wholeNumber],
  ['additionalItems', truth],
]);

/** A definition a client sent and the schema let pass; what is left to complain about is a `badRequest`. */
export function readDefinition(raw: Readonly<Record<string, unknown>>): PropertyDefinition {
  refuseMisfits(raw, attributeReaders);
  const { items } = raw;
  if (isRecord(items)) {
    refuseMisfits(items, itemReaders);
    if (items['type'] === undefined) throw badRequest('The "items" of a property definition need a type.');
  }
  const definition = knownAttributes(raw, attributeReaders);
  for (const [name, value] of definition) {
    if (typeof value === 'string' && hasUnstorableCharacters(value)) throw unstorable(name);
  }
  return definition;
}

/** A definition from the database, whoever wrote it: what is not understood is left out. */
export function storedDefinition(raw: unknown): PropertyDefinition {
  return isRecord(raw) ? knownAttributes(raw, attributeReaders) : new Map();
}

/** Definitions by name, of an object or a namespace. */
export function readDefinitions(raw: Readonly<Record<string, unknown>>): ReadonlyMap<string, PropertyDefinition> {
  return new Map(Object.entries(raw).map(([name, value]) => [name, readDefinition(isRecord(value) ? value : {})]));
}

export function storedDefinitions(raw: unknown): ReadonlyMap<string, PropertyDefinition> {
  return new Map(Object.entries(isRecord(raw) ? raw : {}).map(([name, value]) => [name, storedDefinition(value)]));
}

/** The definition as that of a property of this name. */
export function namedDefinition(name: string, definition: PropertyDefinition): PropertyDefinition {
  return new Map<string, AttributeValue>([['name', name], ...[...definition].filter(([key]) => key !== 'name')]);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isWholeFloat(value);
}

/** A text some database could not keep. */
export function unstorable(what: string): Error {
  return badRequest(
    `${quoteForMessage(what)} must not contain U+0000 or characters outside the Basic Multilingual Plane.`,
  );
}

function refuseMisfits(raw: Readonly<Record<string, unknown>>, readers: ReadonlyMap<string, AttributeReader>): void {
  for (const [name, value] of Object.entries(raw)) {
    const read = readers.get(name);
    if (read === undefined) throw badRequest(`A property definition has no attribute ${quoteForMessage(name)}.`);
    if (read(value) === undefined) throw badRequest(`The attribute "${name}" of a property definition does not fit.`);
  }
}

function knownAttributes(
  raw: Readonly<Record<string, unknown>>,
  readers: ReadonlyMap<string, AttributeReader>,
): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const [name, read] of readers) {
    const value = Object.hasOwn(raw, name) ? read(raw[name]) : undefined;
    if (value !== undefined) attributes.set(name, value);
  }
  return attributes;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function textList(value: unknown): TextList | undefined {
  const isFitting = (item: unknown): item is string | null => item === null || typeof item === 'string';
  return Array.isArray(value) && value.every(isFitting) ? value : undefined;
}

/** Cut towards zero. */
function wholeNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  // Adding zero turns a negative zero into zero.
  if (typeof value === 'number') return Math.trunc(value) + 0;
  if (!isWholeFloat(value)) return undefined;
  const whole = BigInt(Number(value.rawJSON));
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

/** As Python prints the value; lists and objects have no text. */
function defaultText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : pythonFloatText(value);
  return isWholeFloat(value) ? value.rawJSON : null;
}
