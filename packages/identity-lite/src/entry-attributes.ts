/**
 * What projects and users have in common in a request body.
 */
import type { EntryChange } from './identity-edits.ts';
import { badRequest, conflict } from './identity-error.ts';
import { findByName } from './identity-model.ts';
import type { ExtraValue } from './identity-model.ts';
import type { JsonObject } from './request-body.ts';

/** Resource options exist in the API; this service knows none, and says so instead of ignoring them. */
export function readOptions(given: JsonObject): void {
  const options = given.optionalObject('options');
  if (options !== undefined && !options.isEmpty()) throw badRequest('Resource options are not supported here.');
}

/** The `extra` of an entry after the body's further attributes are put over the ones it had. */
export function extraChange(
  given: JsonObject,
  knownNames: readonly string[],
  before: ReadonlyMap<string, ExtraValue> = new Map(),
): EntryChange {
  const changes = given.extra(knownNames);
  if (changes.size === 0) return {};
  const after = new Map<string, ExtraValue | null>([...before, ...changes]);
  const kept = [...after].filter(([, value]) => value !== null);
  return { extra: kept.length === 0 ? undefined : new Map(kept) };
}

/** Errors: 409 when another entry of the domain has the name. */
export function refuseTakenName<T extends { id: string; name: string; domainId: string }>(
  entries: ReadonlyMap<string, T>,
  wanted: { id: string; domainId: string; name: string },
): void {
  const holder = findByName(entries, wanted.domainId, wanted.name);
  if (holder !== undefined && holder.id !== wanted.id) throw conflict(`The name ${wanted.name} is taken.`);
}
