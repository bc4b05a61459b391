/**
 * Which store a location lies in, and in which order locations are read. Source: contract 05 §1, §6, 03 §4.2.
 */
import { badRequest, conflict } from '../domain/errors.ts';
import type { ImageLocation } from '../domain/images/image.ts';
import { withoutCredentials } from '../domain/images/locations.ts';
import type { AttachedStore, ImageStores } from '../ports/image-stores.ts';
import type { StoredObject } from '../ports/image-store.ts';

/** A location with the store that has it; undefined when no store of the service does. */
export interface PlacedLocation {
  readonly location: ImageLocation;
  readonly attached: AttachedStore | undefined;
}

/**
 * The store a location names; one that names none, or one that is not attached any more, lies in the first store its
 * URL belongs to.
 */
export function storeOfLocation(stores: ImageStores, location: ImageLocation): AttachedStore | undefined {
  const named = storeNamed(stores, storeIdIn(location));
  if (named?.store.owns(location.url) === true) return named;
  return storeOfUrl(stores, location.url) ?? named;
}

/** Releases of Glance before Train called it the backend. */
function storeIdIn({ metadata }: ImageLocation): unknown {
  return metadata['store'] ?? metadata['backend'];
}

/** Heaviest store first, locations of equal weight in row order. */
export function placeLocations(stores: ImageStores, locations: readonly ImageLocation[]): readonly PlacedLocation[] {
  return locations
    .map((location) => ({ location, attached: storeOfLocation(stores, location) }))
    .toSorted((one, other) => (other.attached?.weight ?? 0) - (one.attached?.weight ?? 0));
}

/** The location row of an object that a store has taken. */
export function locationOf(stores: ImageStores, attached: AttachedStore, object: StoredObject): ImageLocation {
  const metadata = { ...object.metadata, ...(stores.multiStore ? { store: attached.id } : {}) };
  return { url: object.url, metadata };
}

/** The store that takes uploaded data; null asks for the default. An unknown id raises `badRequest`. */
export function storeForUpload(stores: ImageStores, id: string | null): AttachedStore {
  if (id === null || !stores.multiStore) return stores.default;
  const attached = storeNamed(stores, id);
  if (attached === undefined) throw badRequest(`There is no store ${JSON.stringify(id)}.`);
  return attached;
}

export function storeNamed(stores: ImageStores, id: unknown): AttachedStore | undefined {
  return stores.attached.find((attached) => attached.id === id);
}

/** The store with that id, which a client asked for by name. Unknown raises `conflict`. */
export function requireStore(stores: ImageStores, id: string): AttachedStore {
  const attached = storeNamed(stores, id);
  if (attached === undefined) throw conflict(`There is no store ${JSON.stringify(id)}.`);
  return attached;
}

/** Id by which clients know the store of a location; null where stores have none. */
export function shownStoreId(stores: ImageStores, { location, attached }: PlacedLocation): string | null {
  if (!stores.multiStore) return null;
  const named = storeIdIn(location);
  return attached?.id ?? (typeof named === 'string' ? named : null);
}

/**
 * A location as clients see it: with the id of the store it lies in, when it names none that is attached, and without
 * the credentials that URLs of S3 had in some releases of Glance.
 */
export function shownLocation(stores: ImageStores, { location, attached }: PlacedLocation): ImageLocation {
  const url = /^s3(?:\+https?)?:/i.test(location.url) ? withoutCredentials(location.url) : location.url;
  const { backend: _, ...metadata } = location.metadata;
  const isHealthy = !stores.multiStore || storeNamed(stores, location.metadata['store']) !== undefined;
  if (isHealthy || attached === undefined) return { url, metadata: location.metadata };
  return { url, metadata: { ...metadata, store: attached.id } };
}

/** A location that a client gives, with the id of the store its URL belongs to, whatever the client says. */
export function placedLocation(stores: ImageStores, location: ImageLocation): ImageLocation {
  const attached = storeOfUrl(stores, location.url);
  if (!stores.multiStore || attached === undefined) return location;
  return { ...location, metadata: { ...location.metadata, store: attached.id } };
}

/** The first store that the URL belongs to. */
export function storeOfUrl(stores: ImageStores, url: string): AttachedStore | undefined {
  return stores.attached.find(({ store }) => store.owns(url));
}
