/**
 * Schema documents in the manner from before Kilo: what is read-only says so at the end of its description, and no type
 * includes null. Source: contract 07 §6.1.
 */
import type { SchemaDocument } from '../schemas/json-schema.ts';

const mark = '(READ-ONLY)';

export function inEarlyManner(document: SchemaDocument): SchemaDocument {
  // Every step keeps objects objects and lists lists, so a document stays one.
  return earlyMember(document) as SchemaDocument;
}

function earlyMember(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(earlyMember);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, earlyMember(member)] as const);
  const { readOnly, ...schema } = Object.fromEntries(members);
  if (readOnly === undefined) return withoutNull(schema);
  // A property may be called readOnly; only the keyword is a boolean.
  if (typeof readOnly !== 'boolean') return Object.fromEntries(members);
  return withoutNull(readOnly ? { ...schema, description: marked(schema['description']) } : schema);
}

function marked(description: unknown): string {
  return typeof description === 'string' ? `${description} ${mark}` : mark;
}

function withoutNull(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { type, enum: values } = schema;
  if (!Array.isArray(type) || !type.includes('null')) return schema;
  const types: readonly unknown[] = type.filter((name) => name !== 'null');
  return {
    ...schema,
    type: types.length === 1 ? types[0] : types,
    ...(Array.isArray(values) ? { enum: values.filter((value) => value !== null) } : {}),
  };
}
