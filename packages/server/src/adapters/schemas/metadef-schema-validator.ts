/**
 * Holds bodies of requests on metadata definitions against the published schemas. Source: contract 09 §3, §7, §9.
 */
import type { JsonSchema, SchemaDocument, SchemaDocumentId } from '@lucarne/contract/schemas/json-schema.ts';
import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { MetadefDocument } from '../../domain/metadefs/request-documents.ts';
import type { MetadefSchemaValidator } from '../../ports/metadef-schema-validator.ts';

/** Many tags at once are the one body that no published schema describes. */
const tagsBody: Omit<SchemaDocument, 'name'> = {
  properties: {
    tags: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' } },
        required: ['name'],
        additionalProperties: false,
      },
    },
  },
  required: ['tags'],
  additionalProperties: false,
};

export function metadefSchemaValidator(
  schemas: Readonly<Record<SchemaDocumentId, SchemaDocument>>,
): MetadefSchemaValidator {
  // Lengths count code points; formats are never enforced.
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, unicodeRegExp: false });
  const compiled = {
    namespace: ajv.compile(topLevel(schemas['metadefs/namespace'])),
    resourceType: ajv.compile(topLevel(schemas['metadefs/resource_type'])),
    property: ajv.compile(topLevel(schemas['metadefs/property'])),
    object: ajv.compile(topLevel(schemas['metadefs/object'])),
    tag: ajv.compile(topLevel(schemas['metadefs/tag'])),
    tags: ajv.compile(topLevel(tagsBody)),
  } as const satisfies Record<MetadefDocument, unknown>;
  return {
    problem(document, body) {
      const validate = compiled[document];
      if (validate(body)) return null;
      const [error] = validate.errors ?? [];
      return error === undefined ? `This is no ${document}.` : describe(document, error);
    },
  };
}

/** What of a document says how a body must look; `name` and `links` are about the document. */
function topLevel({ properties, additionalProperties, required, definitions }: Omit<SchemaDocument, 'name'>): object {
  const schema: JsonSchema & { readonly definitions?: unknown } = {
    type: 'object',
    properties,
    additionalProperties: additionalProperties ?? true,
    required: required ?? [],
    ...(definitions === undefined ? {} : { definitions }),
  };
  return schema;
}

function describe(document: MetadefDocument, error: ErrorObject): string {
  const place = error.instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  const unknown: unknown = error.params['additionalProperty'];
  const named = typeof unknown === 'string' ? ` (${JSON.stringify(unknown.slice(0, 100))})` : '';
  const subject = place === '' ? `The ${document === 'resourceType' ? 'association' : document}` : `"${place}"`;
  return `${subject} ${error.message ?? 'does not fit the schema'}${named}.`;
}
