/**
 * Holds create bodies and single attributes against the published image schema. Source: contract 07 §1.
 */
import type { SchemaDocument } from '@lucarne/contract/schemas/json-schema.ts';
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { ImageSchemaValidator } from '../../ports/image-schema-validator.ts';

/** `schema` is the image schema as served. `required` counts for whole images only. */
export function imageSchemaValidator(schema: SchemaDocument): ImageSchemaValidator {
  // Lengths count code points, booleans are no integers and 1.0 is one, as the published schema is understood
  // elsewhere. `links` and the like are annotations.
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, unicodeRegExp: false });
  const { properties, additionalProperties, required } = schema;
  const whole = ajv.compile({ type: 'object', properties, additionalProperties, required: required ?? [] });
  const single = ajv.compile({ type: 'object', properties, additionalProperties });
  return {
    image: (body) => problemOf(whole, body),
    // A computed key makes even `__proto__` an ordinary member.
    value: (name, value) => problemOf(single, { [name]: value }),
  };
}

function problemOf(validate: ValidateFunction, document: unknown): string | null {
  if (validate(document)) return null;
  const [error] = validate.errors ?? [];
  return error === undefined ? 'The value does not fit the image schema.' : describe(error);
}

function describe(error: ErrorObject): string {
  const place = error.instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  const allowed: unknown = 'allowedValues' in error.params ? error.params['allowedValues'] : undefined;
  const choices = Array.isArray(allowed) ? `: ${allowed.map(String).join(', ')}` : '';
  const subject = place === '' ? 'The image' : `"${place}"`;
  return `${subject} ${error.message ?? 'does not fit the image schema'}${choices}.`;
}
