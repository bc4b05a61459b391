/**
 * The schemas of what ties a metadef namespace to a resource type. They are found under the resource type's name and
 * call themselves associations. Source: contract 07 §5, 09 §8, §9.
 */
import type { SchemaDocument } from '../json-schema.ts';
import { collectionSchema, timestampProperties } from './definitions.ts';

/** `/v2/schemas/metadefs/resource_type`. */
export function metadefResourceTypeSchema(): SchemaDocument {
  return {
    name: 'resource_type_association',
    properties: {
      name: { type: 'string', maxLength: 80, description: 'Resource type, such as OS::Nova::Flavor.' },
      prefix: { type: 'string', maxLength: 80, description: 'What precedes the names of properties on the resource.' },
      properties_target: { type: 'string', maxLength: 80, description: 'Which properties of the resource are meant.' },
      ...timestampProperties,
    },
    additionalProperties: false,
    required: ['name'],
  };
}

/** `/v2/schemas/metadefs/resource_types`. */
export function metadefResourceTypesSchema(): SchemaDocument {
  return collectionSchema('resource_type_associations', metadefResourceTypeSchema());
}
