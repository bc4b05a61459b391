/** The schemas of metadef properties. Source: contract 07 §5, 09 §5, §9. */
import type { SchemaDocument } from '../json-schema.ts';
import { dictionarySchema, propertyAttributes, propertyDocumentDefinitions } from './definitions.ts';

/** `/v2/schemas/metadefs/property`. */
export function metadefPropertySchema(): SchemaDocument {
  return {
    name: 'property',
    properties: {
      name: { type: 'string', maxLength: 80, description: 'Name no other property of the namespace has.' },
      ...propertyAttributes,
    },
    additionalProperties: false,
    definitions: propertyDocumentDefinitions,
    required: ['type', 'title', 'name'],
  };
}

/** `/v2/schemas/metadefs/properties`: by name, so an item need not repeat its own. */
export function metadefPropertiesSchema(): SchemaDocument {
  return dictionarySchema('properties', { ...metadefPropertySchema(), required: ['type', 'title'] });
}
