/** The schemas of metadef tags. Source: contract 07 §5, 09 §7, §9. */
import type { SchemaDocument } from '../json-schema.ts';
import { collectionSchema, timestampProperties } from './definitions.ts';

/** `/v2/schemas/metadefs/tag`. */
export function metadefTagSchema(): SchemaDocument {
  return {
    name: 'tag',
    properties: {
      name: { type: 'string', maxLength: 80, description: 'Name no other tag of the namespace has.' },
      ...timestampProperties,
    },
    additionalProperties: false,
    required: ['name'],
  };
}

/** `/v2/schemas/metadefs/tags`. */
export function metadefTagsSchema(): SchemaDocument {
  return collectionSchema('tags', metadefTagSchema());
}
