/**
 * The locations of an image held against each other, and what becomes of each of them when the list changes.
 * Source: contract 05 §1, §2.
 */
import type { ImageLocation } from './image.ts';

/** Same URL and same metadata, whatever the order of its members. */
export function sameLocation(one: ImageLocation, other: ImageLocation): boolean {
  return one.url === other.url && canonical(one.metadata) === canonical(other.metadata);
}

export function sameLocations(some: readonly ImageLocation[], others: readonly ImageLocation[]): boolean {
  if (some === others) return true;
  return some.length === others.length && some.every((location, index) => isSameAt(location, others[index]));
}

function isSameAt(location: ImageLocation, other: ImageLocation | undefined): boolean {
  return other !== undefined && sameLocation(location, other);
}

/**
 * A URL without the user and password it may have. Passwords with slashes end where the host begins, and look like a
 * port until then; with S3 they are usual.
 */
export function withoutCredentials(url: string): string {
  const start = url.indexOf('://') + 3;
  if (start < 3) return url;
  const length = url.slice(start).search(/[/?#]/);
  const authority = length === -1 ? url.slice(start) : url.slice(start, start + length);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isPlain = !/^s3/i.test(url) && /^(?:\[[^\]]*\]|[^:]*)(?::[0-9]*)?$/.test(host);
  const end = isPlain ? start + authority.length - host.length : Math.max(start, url.lastIndexOf('@') + 1);
  return url.slice(0, start) + url.slice(end);
}

/** Whether a location is in the list twice. */
export function hasDuplicates(locations: readonly ImageLocation[]): boolean {
  return new Set(locations.map(({ url, metadata }) => canonical([url, metadata]))).size < locations.length;
}

/** JSON whose members are in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

/**
 * `kept`: it stays, perhaps with other metadata. `dropped`: nobody refers to its data any more. `merged`: it goes, and
 * another location refers to the same data.
 */
export type LocationFate =
  | { readonly kind: 'kept'; readonly location: ImageLocation }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'merged' };

export interface LocationChanges {
  /** Of each location there was, in order. */
  readonly fates: readonly LocationFate[];
  readonly added: readonly ImageLocation[];
}

/** What turns one list into the other. A location whose metadata alone change is kept; order counts for nothing. */
export function locationChanges(before: readonly ImageLocation[], after: readonly ImageLocation[]): LocationChanges {
  const left = [...after];
  function take(isWanted: (candidate: ImageLocation) => boolean): ImageLocation | undefined {
    const index = left.findIndex(isWanted);
    return index === -1 ? undefined : left.splice(index, 1)[0];
  }
  const untouched = before.map((location) => take((candidate) => sameLocation(candidate, location)));
  const kept = before.map(({ url }, index) => untouched[index] ?? take((candidate) => candidate.url === url));
  const urls = new Set(after.map(({ url }) => url));
  const fates = before.map(({ url }, index): LocationFate => {
    const location = kept[index];
    if (location !== undefined) return { kind: 'kept', location };
    return { kind: urls.has(url) ? 'merged' : 'dropped' };
  });
  return { fates, added: left };
}

/** Whether data would have nobody who refers to them. */
export function dropsLocations(before: readonly ImageLocation[], after: readonly ImageLocation[]): boolean {
  const urls = new Set(after.map(({ url }) => url));
  return before.some(({ url }) => !urls.has(url));
}

/** The list as it is stored after the change: what stays in its place, what was added behind. */
export function changedLocations(
  before: readonly ImageLocation[],
  after: readonly ImageLocation[],
): readonly ImageLocation[] {
  const { fates, added } = locationChanges(before, after);
  return [...fates.flatMap((fate) => (fate.kind === 'kept' ? [fate.location] : [])), ...added];
}
