/**
 * What a policy rule looks things up in: the facts about the caller and the facts about what is acted upon.
 *
 * A lookup and not an object, because an image may have a property named `__proto__`, and because a list of images
 * must not copy every image to ask about it. A `Map` is such a lookup.
 */

export interface NamedValues {
  /** undefined when there is no such name; null is a value. */
  get(name: string): unknown;
  /** Every name, for the remote checks, which send all of them. */
  keys(): Iterable<string>;
}

/** What is acted upon. */
export type PolicyTarget = NamedValues;

/** Who acts. */
export type PolicyCredentials = NamedValues;

/** The target of calls that act on nothing in particular: tasks, store details, the cache as a whole. */
export const emptyTarget: PolicyTarget = { get: () => undefined, keys: () => [] };

/** A value as policy rules see it, which is as Python prints it: `None`, `True`, `False`. Source: contract 10 §4.1. */
export function policyText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, 'Z');
  if (Array.isArray(value)) return `[${value.map((item) => quotedText(item)).join(', ')}]`;
  return JSON.stringify(value);
}

function quotedText(item: unknown): string {
  return typeof item === 'string' ? `'${item}'` : policyText(item);
}

/** All the values as an object that can be sent as JSON; `__proto__` becomes an ordinary member. */
export function toRecord(values: NamedValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Array.from(values.keys(), (name) => [name, toSendable(values.get(name))]));
}

function toSendable(value: unknown): unknown {
  if (typeof value !== 'bigint') return value ?? null;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
