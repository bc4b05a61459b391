/** Holds the differences of a run against the list of known ones. */
import { isDeepStrictEqual } from 'node:util';

import type { Difference } from './comparison.ts';
import type { ComparedRequest } from './differential-run.ts';
import type { KnownDifference } from './known-differences.ts';

/** One line for every difference of a request that no entry of the list explains. */
export function unexplained(request: ComparedRequest, known: readonly KnownDifference[]): string[] {
  const applicable = known.filter((entry) => entry.requests.includes(request.name));
  return request.differences
    .filter((difference) => !applicable.some((entry) => explains(entry, difference)))
    .map((difference) => describeDifference(request.name, difference));
}

/** One line for every entry about one of these requests whose difference did not occur. */
export function outdated(requests: readonly ComparedRequest[], known: readonly KnownDifference[]): string[] {
  const byName = new Map(requests.map((request) => [request.name, request]));
  return known.flatMap((entry) =>
    entry.requests.flatMap((name) => {
      const request = byName.get(name);
      if (request === undefined || request.differences.some((difference) => explains(entry, difference))) return [];
      return [`${name}: the known difference at "${entry.at}" no longer occurs (${entry.reason})`];
    }),
  );
}

/** Entries about requests that are in no table: misspelt or left over. */
export function misnamed(known: readonly KnownDifference[], requestNames: ReadonlySet<string>): string[] {
  return known.flatMap((entry) => entry.requests.filter((name) => !requestNames.has(name)));
}

function describeDifference(name: string, difference: Difference): string {
  return `${name}: ${difference.at}: Glance ${shown(difference.glance)}, Lucarne ${shown(difference.lucarne)}`;
}

function explains(entry: KnownDifference, difference: Difference): boolean {
  const matchesPlace = entry.at.endsWith('*')
    ? difference.at.startsWith(entry.at.slice(0, -1))
    : difference.at === entry.at;
  return (
    matchesPlace &&
    (!('glance' in entry) || isDeepStrictEqual(difference.glance, entry.glance)) &&
    (!('lucarne' in entry) || isDeepStrictEqual(difference.lucarne, entry.lucarne))
  );
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
