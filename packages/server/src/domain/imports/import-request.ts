/**
 * Reads the body of POST /v2/images/{id}/import. Source: contract 04 §1, §2 (rows 1 to 3 and 12).
 */
import { importMethodNames } from '@lucarne/contract/import-methods.ts';
import type { ImportMethodName } from '@lucarne/contract/import-methods.ts';
import { badRequest } from '../errors.ts';
import type { JsonObject } from '../tasks/task.ts';

export interface ImportRequest {
  readonly method: ImportMethodName;
  /** The members of `method`. */
  readonly details: JsonObject;
  /** As sent; see `namedStores`. */
  readonly stores: unknown;
  readonly allStores: boolean;
  readonly allStoresMustSucceed: boolean;
  /** The body as it was sent, for the record. */
  readonly body: JsonObject;
}

/** Raises `badRequest` for what is malformed, and for a method that is not enabled. */
export function parseImportRequest(document: object, enabled: readonly string[]): ImportRequest {
  if (Array.isArray(document)) throw badRequest('The body of an import is a JSON object.');
  const body: JsonObject = { ...document };
  const details = body['method'];
  if (typeof details !== 'object' || details === null || Array.isArray(details)) {
    throw badRequest('The member "method" must be an object that names an import method.');
  }
  const method = readMethod('name' in details ? details.name : undefined, enabled);
  return {
    method,
    details: { ...details },
    allStoresMustSucceed: readBoolean(body, 'all_stores_must_succeed', true),
    allStores: readBoolean(body, 'all_stores', false),
    stores: body['stores'],
    body: withDefaults(body, { ...details }),
  };
}

/** The body for the record: what it left out and has a default is written out. */
function withDefaults(body: JsonObject, details: JsonObject): JsonObject {
  if (details['name'] !== 'glance-download') return body;
  return { ...body, method: { ...details, glance_service_interface: details['glance_service_interface'] ?? 'public' } };
}

function readMethod(name: unknown, enabled: readonly string[]): ImportMethodName {
  const method = importMethodNames.find((known) => known === name);
  if (method !== undefined && enabled.includes(method)) return method;
  if (typeof name !== 'string') throw badRequest('The member "method" must have a "name".');
  throw badRequest(
    `Import by ${JSON.stringify(name)} is not offered here; offered: ${enabled.join(', ') || 'nothing'}.`,
  );
}

function readBoolean(body: JsonObject, name: string, byDefault: boolean): boolean {
  const value = body[name] === undefined ? byDefault : body[name];
  if (typeof value !== 'boolean') throw badRequest(`The member ${JSON.stringify(name)} must be true or false.`);
  return value;
}

/** The ids of the stores a request names; null when it names none. A service with one store does not look at them. */
export function namedStores({ stores: value }: Pick<ImportRequest, 'stores'>): readonly string[] | null {
  if (value === undefined || value === null) return null;
  const ids: readonly unknown[] = Array.isArray(value) ? value : [];
  const stores = ids.filter((id): id is string => typeof id === 'string');
  if (stores.length === 0 || stores.length !== ids.length) {
    throw badRequest('The member "stores" must be a list of store ids, at least one.');
  }
  return [...new Set(stores)];
}
