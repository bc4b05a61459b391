/**
 * Reads the body of POST /v2/tasks: an import of the older kind, which makes its image itself. Source: contract 04 §8.2.
 */
import { badRequest } from '../errors.ts';
import type { JsonObject, Task } from './task.ts';

/** What an import of the older kind is told. */
export interface LegacyImport {
  readonly uri: string;
  /** Format of the data; null when it is not said. */
  readonly format: string | null;
  /** The record of the new image, as it is sent to create one. */
  readonly imageProperties: JsonObject;
}

export type ValidateTask = (document: unknown) => string | null;

/** The input of the task as it is kept. Malformed is 400; so is a type that only the service starts. */
export function parseNewTask(document: object, validate: ValidateTask): JsonObject {
  const problem = validate(document);
  if (problem !== null) throw badRequest(problem);
  const { type, input } = document as { readonly type: string; readonly input: unknown };
  if (type !== 'import') throw badRequest(`Tasks of type ${type} are started by the service itself.`);
  if (typeof input !== 'object' || input === null) throw badRequest('The member "input" must say what to import.');
  return { ...input };
}

/** Raises `badRequest` with what is missing. */
export function legacyImportOf({ input }: Pick<Task, 'input'>): LegacyImport {
  const { import_from: uri, import_from_format: format, image_properties: properties } = input ?? {};
  if (typeof uri !== 'string' || uri === '') throw badRequest('The input needs "import_from", the URL of the data.');
  if (typeof format !== 'string') throw badRequest('The input needs "import_from_format", the format of the data.');
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw badRequest('The input needs "image_properties", the record of the new image.');
  }
  return { uri, format: format === '' ? null : format, imageProperties: { ...properties } };
}
