/**
 * What the operations of a patch on `/locations` do to the list, as far as that can be told without asking a store.
 * The earliest check that fails decides the answer. Source: contract 05 §2.
 * Differs: the metadata of new locations must be text, lists and objects, which others would stumble over when reading.
 */
import { badRequest, conflict, forbidden } from '../errors.ts';
import { hasUnstorableCharacters, utf8ByteLength } from '../text-rules.ts';
import type { Image, ImageLocation } from './image.ts';
import { hasDuplicates } from './locations.ts';
import { checkLocationQuota } from './quotas.ts';
import { checkTransition } from './status-machine.ts';
import { mergeValidationData, validatedHashes } from './validation-data.ts';
import type { ValidatedHashes, ValidationData } from './validation-data.ts';

/** A location as a client gives it. */
export interface NewLocation extends ImageLocation {
  readonly validation: ValidationData | null;
}

export type LocationOperation =
  | { readonly target: 'locations'; readonly verb: 'add'; readonly position: string; readonly location: NewLocation }
  | { readonly target: 'locations'; readonly verb: 'replace'; readonly locations: readonly NewLocation[] }
  | { readonly target: 'locations'; readonly verb: 'remove'; readonly position: string };

const longestMetadataBytes = 65_535;
const deepestMetadata = 20;

export interface LocationRules {
  /** Clients see locations, and may change them therefore. */
  readonly areShown: boolean;
  /** Negative is no limit. */
  readonly quota: number;
  readonly hashAlgorithm: string;
  /** The location with the id of the store that its URL belongs to. */
  readonly placed: (location: ImageLocation) => ImageLocation;
}

export interface LocationPlan {
  /** The list as it is to be. */
  readonly locations: readonly ImageLocation[];
  /** URLs at which data must be found, in the order in which they are looked at. */
  readonly newUrls: readonly string[];
  readonly hashes: ValidatedHashes;
}

/** The checks that come before policies; an empty list is refused whoever sends it. */
export function checkLocationOperation(operation: LocationOperation): void {
  if (operation.verb === 'replace' && operation.locations.length === 0) {
    throw forbidden('The locations of an image cannot be replaced by none.');
  }
}

export function planLocations(image: Image, operation: LocationOperation, rules: LocationRules): LocationPlan {
  if (!rules.areShown) throw forbidden('This service does not show locations, so they cannot be changed either.');
  switch (operation.verb) {
    case 'add':
      return planAddition(image, operation, rules);
    case 'replace':
      return planReplacement(image, operation.locations, rules);
    case 'remove':
      return planRemoval(image, operation.position);
  }
}

/**
 * The image with the locations of a plan whose URLs were looked at; a queued one becomes active. `sizeBytes` are those
 * of the data at the first new URL.
 */
export function withLocations(
  image: Image,
  { locations, newUrls, hashes }: LocationPlan,
  sizeBytes: number | null,
): Image {
  if (newUrls.length > 0 && hasDuplicates(locations)) throw badRequest('The image has such a location already.');
  if (image.status !== 'queued') return { ...image, sizeBytes: image.sizeBytes ?? sizeBytes, locations };
  checkTransition(image, 'active');
  return { ...image, ...hashes, status: 'active', sizeBytes, locations };
}

type Addition = Extract<LocationOperation, { verb: 'add' }>;

function planAddition(image: Image, { position, location }: Addition, rules: LocationRules): LocationPlan {
  requireStatus(image, ['queued', 'active']);
  const hashes = hashesOf(image, [location], rules);
  const at = positionIn(position, image.locations.length);
  if (at === null) throw badRequest('A location is added at a position in the list, or at "-", its end.');
  checkLocationQuota(image.locations.length + 1, rules.quota);
  const locations = image.locations.toSpliced(at, 0, rules.placed(plain(location)));
  return { locations, newUrls: [location.url], hashes };
}

function planReplacement(image: Image, given: readonly NewLocation[], rules: LocationRules): LocationPlan {
  requireStatus(image, ['queued', 'active']);
  const hashes = hashesOf(image, given, rules);
  checkLocationQuota(given.length, rules.quota);
  const locations = given.map((location) => rules.placed(plain(location)));
  if (image.locations.length === 0) return { locations, newUrls: [...new Set(urlsOf(given))], hashes };
  if (!sameTexts(urlsOf(image.locations), urlsOf(given))) {
    throw badRequest('Locations that an image has can be replaced only by some with the same URLs.');
  }
  return { locations, newUrls: [], hashes };
}

function planRemoval(image: Image, position: string): LocationPlan {
  requireStatus(image, ['active']);
  const count = image.locations.length;
  if (count <= 1) throw forbidden('The last location of an image cannot be removed; delete the image instead.');
  const at = position === '-' ? count - 1 : positionIn(position, Infinity);
  if (at === null || at >= count) throw badRequest('The image has no location at that position.');
  return { locations: image.locations.toSpliced(at, 1), newUrls: [], hashes: {} };
}

function requireStatus(image: Image, statuses: readonly Image['status'][]): void {
  if (statuses.includes(image.status)) return;
  throw conflict(`The image is ${image.status}; for that its locations cannot be changed.`);
}

function hashesOf(image: Image, locations: readonly NewLocation[], rules: LocationRules): ValidatedHashes {
  const said = mergeValidationData(locations.map(({ validation }) => validation));
  return said === null ? {} : validatedHashes(image, said, rules.hashAlgorithm);
}

/** Where a location goes, at most to `end`; null for what is no position. */
function positionIn(text: string, end: number): number | null {
  if (text === '-') return end;
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), end) : null;
}

/** Without what is said about the data; 400 when its text cannot be kept. */
function plain({ url, metadata }: NewLocation): ImageLocation {
  if (hasUnstorableCharacters(url) || !isStorable(metadata)) {
    throw badRequest(
      'A location has text that cannot be stored, or metadata that are not text, or lists and objects of text.',
    );
  }
  return { url, metadata };
}

function isStorable(metadata: ImageLocation['metadata']): boolean {
  return isStorableMember(metadata, 0) && utf8ByteLength(JSON.stringify(metadata)) <= longestMetadataBytes;
}

function isStorableMember(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return !hasUnstorableCharacters(value);
  if (typeof value !== 'object' || value === null || depth > deepestMetadata) return false;
  return Object.entries(value).every(
    ([name, member]) => !hasUnstorableCharacters(name) && isStorableMember(member, depth + 1),
  );
}

function urlsOf(locations: readonly ImageLocation[]): readonly string[] {
  return locations.map(({ url }) => url);
}

/** The same texts, each as often, in any order. */
function sameTexts(some: readonly string[], others: readonly string[]): boolean {
  const sorted = others.toSorted();
  return some.length === others.length && some.toSorted().every((text, index) => text === sorted[index]);
}
