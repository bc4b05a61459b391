/** Holds the differences of a run against the lists of known ones. */
import { isDeepStrictEqual } from 'node:util';

import type { Difference } from './comparison.ts';
import type { ComparedRequest } from './differential-run.ts';
import type { KnownDifference, KnownHeaderDifference } from './known-difference.ts';

export interface KnownDifferences {
  readonly ofRequests: readonly KnownDifference[];
  readonly ofHeaders: readonly KnownHeaderDifference[];
}

/** The differences of a request that no entry of the lists explains. */
export function unexplainedDifferences(request: ComparedRequest, known: KnownDifferences): Difference[] {
  const applicable = known.ofRequests.filter((entry) => entry.requests.includes(request.name));
  return request.differences.filter(
    (difference) =>
      !applicable.some((entry) => explains(entry, difference)) &&
      !known.ofHeaders.some((entry) => isAbout(entry, request) && explainsHeader(entry, difference)),
  );
}

/** One line for every difference of a request that no entry of the lists explains. */
export function unexplained(request: ComparedRequest, known: KnownDifferences): string[] {
  return unexplainedDifferences(request, known).map((difference) => describeDifference(request.name, difference));
}

/** One line for every entry about one of these requests whose difference did not occur. */
export function outdated(requests: readonly ComparedRequest[], known: KnownDifferences): string[] {
  const byName = new Map(requests.map((request) => [request.name, request]));
  const ofRequests = known.ofRequests.flatMap((entry) =>
    entry.requests.flatMap((name) => {
      const request = byName.get(name);
      if (request === undefined || request.differences.some((difference) => explains(entry, difference))) return [];
      return [`${name}: the known difference at "${entry.at}" no longer occurs (${entry.reason})`];
    }),
  );
  return [...ofRequests, ...requests.flatMap((request) => outdatedHeaders(request, known.ofHeaders))];
}

/** Entries about requests that are in no table: misspelt or left over. */
export function misnamed(known: readonly KnownDifference[], requestNames: ReadonlySet<string>): string[] {
  return known.flatMap((entry) => entry.requests.filter((name) => !requestNames.has(name)));
}

/** An entry is out of date when Glance still answers so and Lucarne does too. */
function outdatedHeaders(request: ComparedRequest, known: readonly KnownHeaderDifference[]): string[] {
  return known
    .filter((entry) => isAbout(entry, request) && (request.glance.headers[entry.header] ?? null) === entry.glance)
    .filter((entry) => !request.differences.some((difference) => explainsHeader(entry, difference)))
    .map((entry) => `${request.name}: the known difference of ${entry.header} no longer occurs (${entry.reason})`);
}

function isAbout(entry: KnownHeaderDifference, request: ComparedRequest): boolean {
  return entry.send.test(request.send) && request.glance.status === entry.status;
}

function explainsHeader(entry: KnownHeaderDifference, difference: Difference): boolean {
  return (
    difference.at === `header ${entry.header}` &&
    (difference.glance ?? null) === entry.glance &&
    (difference.lucarne ?? null) === entry.lucarne
  );
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
