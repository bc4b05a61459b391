/** The definitions that schemas of metadata definitions refer to, and their common fields. Source: contract 07 §5, 09 §9. */
import { pageLinks, pageProperties } from '../json-schema.ts';
import type { JsonSchema, SchemaDocument } from '../json-schema.ts';

export const definitionReference = {
  positiveInteger: { $ref: '#/definitions/positiveInteger' },
  positiveIntegerDefault0: { $ref: '#/definitions/positiveIntegerDefault0' },
  stringArray: { $ref: '#/definitions/stringArray' },
  property: { $ref: '#/definitions/property' },
} as const satisfies Record<string, JsonSchema>;

/** Times the service sets. */
export const timestampProperties = {
  created_at: { type: 'string', readOnly: true, format: 'date-time', description: 'When it was created.' },
  updated_at: { type: 'string', readOnly: true, format: 'date-time', description: 'When it was last changed.' },
} as const satisfies Record<string, JsonSchema>;

const propertyTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string', null] as const;

/** What a property of a namespace or an object says about itself, apart from its name, in order. */
export const propertyAttributes = {
  title: { type: 'string', description: 'Name for people.' },
  description: { type: 'string', description: 'What the property means.' },
  operators: { type: 'array', items: { type: 'string' }, description: 'How values may be compared.' },
  type: { type: 'string', enum: propertyTypes, description: 'Type of the values.' },
  required: definitionReference.stringArray,
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  maxLength: definitionReference.positiveInteger,
  minLength: definitionReference.positiveIntegerDefault0,
  pattern: { type: 'string', format: 'regex', description: 'Regular expression text values match.' },
  enum: { type: 'array' },
  readonly: { type: 'boolean' },
  default: {},
  items: {
    type: 'object',
    properties: { type: { type: 'string', enum: propertyTypes }, enum: { type: 'array' } },
  },
  maxItems: definitionReference.positiveInteger,
  minItems: definitionReference.positiveIntegerDefault0,
  uniqueItems: { type: 'boolean', default: false },
  additionalItems: { type: 'boolean' },
} as const satisfies Record<string, JsonSchema>;

/** The definitions a single property needs. It alone refuses an empty array of strings. */
export const propertyDocumentDefinitions: Readonly<Record<string, JsonSchema>> = {
  positiveInteger: { type: 'integer', minimum: 0 },
  positiveIntegerDefault0: { allOf: [definitionReference.positiveInteger, { default: 0 }] },
  stringArray: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
};

/** The definitions of what contains properties: a namespace, an object. */
export const containerDefinitions: Readonly<Record<string, JsonSchema>> = {
  ...propertyDocumentDefinitions,
  stringArray: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  property: {
    type: 'object',
    additionalProperties: { type: 'object', required: ['title', 'type'], properties: propertyAttributes },
  },
};

/**
 * The schema of a page of items called `name`. References in an item are meant from the top of the document, so its
 * definitions move there.
 */
export function collectionSchema(name: string, item: SchemaDocument): SchemaDocument {
  const { definitions, ...items } = item;
  return collectionDocument(name, { type: 'array', items }, definitions);
}

/** The schema of a page that names its items, where `collectionSchema` has an array. */
export function dictionarySchema(name: string, item: SchemaDocument): SchemaDocument {
  const { definitions, ...additionalProperties } = item;
  return collectionDocument(name, { type: 'object', additionalProperties }, definitions);
}

function collectionDocument(
  name: string,
  collection: JsonSchema,
  definitions: SchemaDocument['definitions'],
): SchemaDocument {
  return {
    name,
    properties: { [name]: collection, ...pageProperties },
    links: pageLinks,
    ...(definitions === undefined ? {} : { definitions }),
  };
}
