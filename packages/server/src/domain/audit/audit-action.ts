/**
 * What an operation does, and to what kind of thing, in the words of CADF. Both come from the table of operations, so
 * that no operation can be forgotten. Source: DMTF DSP0262 (CADF), taxonomies of actions and resources.
 */
import type { HttpMethod } from '@lucarne/contract/operations.ts';

export interface AuditedOperation {
  /** Verb and noun in one word, as the table of operations has them. */
  readonly id: string;
  readonly method: HttpMethod;
  readonly path: string;
}

/** Verbs that CADF has a word for; any other goes behind the word for its method. */
const commonActions: ReadonlyMap<string, string> = new Map([
  ['list', 'read/list'],
  ['show', 'read'],
  ['create', 'create'],
  ['update', 'update'],
  ['delete', 'delete'],
]);

const methodActions: Readonly<Record<HttpMethod, string>> = {
  GET: 'read',
  POST: 'update',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** `read/list`, `update/upload`, … */
export function auditAction({ id, method }: AuditedOperation): string {
  const [verb = ''] = /^[a-z]+/.exec(id) ?? [];
  return commonActions.get(verb) ?? `${methodActions[method]}/${verb}`;
}

export const serviceType = 'service/storage/image';

/** The service, and below it the words of the path. */
export function auditedType(path: string): string {
  const words = path.split('/').filter((word) => word !== '' && word !== 'v2' && !word.startsWith('{'));
  return [serviceType, ...words].join('/');
}

/** Calls that only tell what the service is and can do, whoever asks, leave no record. */
export function isAudited({ path }: AuditedOperation): boolean {
  return !/^\/v2\/(?:schemas|info)\//.test(path);
}
