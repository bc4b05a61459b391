/**
 * What the image schema of this site is made of: the configured formats and the operator's own `schema-image.json`.
 * Source: contract 07 §1, 11 §6.
 */
import { conflictingExtraProperties, defaultImageSchemaOptions } from '@lucarne/contract/schemas/image.ts';
import type { ImageSchemaOptions } from '@lucarne/contract/schemas/image.ts';
import type { JsonSchema } from '@lucarne/contract/schemas/json-schema.ts';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.ts';
import { badRequest } from '../domain/errors.ts';

/** A file that is no such document, or redefines a base attribute, raises `badRequest`; the service must not start. */
export function imageSchemaOptions(settings: Settings): ImageSchemaOptions {
  const { diskFormats, containerFormats } = settings.images;
  const path = settings.schemaImageFile;
  const formats = { ...defaultImageSchemaOptions, diskFormats, containerFormats };
  if (path === null) return formats;
  const declared = readDeclaration(path);
  const options = { ...formats, ...declared };
  const [conflict] = conflictingExtraProperties(options);
  if (conflict !== undefined)
    throw badRequest(`${path}: ${conflict} is an attribute of every image; choose another name.`);
  return options;
}

/** Either `{property: schema}`, or `{"properties": {…}, "required": […]}`. */
function readDeclaration(path: string): Pick<ImageSchemaOptions, 'extraProperties' | 'required'> {
  const document = parse(path);
  const isLong =
    isObject(document['properties']) && Object.keys(document).every((key) => ['properties', 'required'].includes(key));
  const properties = isLong ? document['properties'] : document;
  const required = isLong ? (document['required'] ?? []) : [];
  if (!isObject(properties) || !Object.values(properties).every(isObject)) {
    throw badRequest(`${path}: every property must be described by a JSON object.`);
  }
  if (!Array.isArray(required) || !required.every((name): name is string => typeof name === 'string')) {
    throw badRequest(`${path}: "required" must be a list of property names.`);
  }
  // What the objects say is the operator's: it is published as it is.
  return { extraProperties: properties as Record<string, JsonSchema>, required };
}

function parse(path: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw badRequest(
      `${path} is not a JSON document: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
  if (!isObject(document)) throw badRequest(`${path} must hold a JSON object.`);
  return document;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
