/** The schemas of metadef namespaces. Source: contract 07 §5, 09 §4, §9. */
import type { SchemaDocument } from '../json-schema.ts';
import { collectionSchema, containerDefinitions, definitionReference, timestampProperties } from './definitions.ts';

/** `/v2/schemas/metadefs/namespace`. */
export function metadefNamespaceSchema(): SchemaDocument {
  return {
    name: 'namespace',
    properties: {
      namespace: { type: 'string', maxLength: 80, description: 'Name no other namespace has.' },
      display_name: { type: 'string', maxLength: 80, description: 'Name for people.' },
      description: { type: 'string', maxLength: 500, description: 'What the namespace is about.' },
      visibility: { type: 'string', enum: ['public', 'private'], description: 'Who may see the namespace.' },
      protected: { type: 'boolean', description: 'Whether the namespace is kept from being deleted.' },
      owner: { type: 'string', maxLength: 255, description: 'Project the namespace belongs to.' },
      ...timestampProperties,
      schema: { type: 'string', readOnly: true },
      self: { type: 'string', readOnly: true },
      resource_type_associations: {
        type: 'array',
        items: {
          type: 'object',
          properties: { name: { type: 'string' }, prefix: { type: 'string' }, properties_target: { type: 'string' } },
        },
      },
      properties: definitionReference.property,
      objects: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            description: { type: 'string' },
            required: definitionReference.stringArray,
            properties: definitionReference.property,
          },
        },
      },
      tags: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    },
    additionalProperties: false,
    definitions: containerDefinitions,
    required: ['namespace'],
  };
}

/** `/v2/schemas/metadefs/namespaces`. */
export function metadefNamespacesSchema(): SchemaDocument {
  return collectionSchema('namespaces', metadefNamespaceSchema());
}
