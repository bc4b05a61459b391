/** The schemas of metadef objects. Source: contract 07 §5, 09 §6, §9. */
import type { SchemaDocument } from '../json-schema.ts';
import { collectionSchema, containerDefinitions, definitionReference, timestampProperties } from './definitions.ts';

/** `/v2/schemas/metadefs/object`. */
export function metadefObjectSchema(): SchemaDocument {
  return {
    name: 'object',
    properties: {
      name: { type: 'string', maxLength: 80, description: 'Name no other object of the namespace has.' },
      description: { type: 'string', description: 'What the object groups.' },
      required: definitionReference.stringArray,
      properties: definitionReference.property,
      schema: { type: 'string', readOnly: true },
      self: { type: 'string', readOnly: true },
      ...timestampProperties,
    },
    additionalProperties: false,
    definitions: containerDefinitions,
    required: ['name'],
  };
}

/** `/v2/schemas/metadefs/objects`. */
export function metadefObjectsSchema(): SchemaDocument {
  return collectionSchema('objects', metadefObjectSchema());
}
