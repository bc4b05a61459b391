/** Holds whole documents against a schema, and says in words what is wrong. */
import type { SchemaDocument } from '@lucarne/contract/schemas/json-schema.ts';
import { Ajv } from 'ajv';

/** Gives null for a document that fits. */
export function documentValidator(schema: SchemaDocument): (document: unknown) => string | null {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, unicodeRegExp: false });
  const { name, properties, additionalProperties, required } = schema;
  const validate = ajv.compile({ type: 'object', properties, additionalProperties, required: required ?? [] });
  return (document) => {
    if (validate(document)) return null;
    const [error] = validate.errors ?? [];
    const place = error?.instancePath.slice(1) ?? '';
    return `${place === '' ? `The ${name}` : `"${place}"`} ${error?.message ?? 'does not fit its schema'}.`;
  };
}
