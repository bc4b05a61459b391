/**
 * Takes back a patch whose dropped locations the image has again, because their stores refuse to let go of the data. What
 * others changed since stays. Source: contract 05 §2.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { sameLocation } from '../../domain/images/locations.ts';
import type { ServiceParts } from '../service-parts.ts';

/** The image as the patch found it, and as it left it. */
export interface WrittenPatch {
  readonly before: Image;
  readonly after: Image;
}

export async function undoPatch(parts: Pick<ServiceParts, 'images' | 'clock'>, patch: WrittenPatch): Promise<void> {
  const { id, status } = patch.after;
  const removedUrls = urlsOnlyIn(patch.after.locations, patch.before.locations);
  // The data at a location that was added are somebody else's again: nothing is removed from a store.
  if (removedUrls.length > 0) await parts.images.changeStatus(id, { from: [status], removedUrls }, parts.clock.now());
  for (;;) {
    const stored = await parts.images.show({ isAdmin: true, projectId: null }, id);
    if (stored === undefined) return;
    const undone = { ...withoutPatch(stored, patch), updatedAt: parts.clock.now() };
    try {
      await parts.images.update(stored, undone, { onlyIfUnchanged: true });
      return;
    } catch (error) {
      // Somebody changed it at this moment: their change is looked at first.
      if (!isImageServiceError(error, 'preconditionFailed')) throw error;
    }
  }
}

/** URLs of locations that the first list has and the second has not. */
export function urlsOnlyIn(some: readonly ImageLocation[], others: readonly ImageLocation[]): readonly string[] {
  const known = new Set(others.map(({ url }) => url));
  return [...new Set(some.map(({ url }) => url))].filter((url) => !known.has(url));
}

/** A stored image whose every part is as before the patch again, if it still is as the patch left it. */
function withoutPatch(stored: Image, { before, after }: WrittenPatch): Image {
  const attributes = Object.entries(before).filter(([name, value]) => {
    const attribute = name as keyof Image;
    return after[attribute] !== value && stored[attribute] === after[attribute];
  });
  return {
    ...stored,
    ...Object.fromEntries(attributes),
    properties: propertiesWithoutPatch(stored, { before, after }),
    tags: tagsWithoutPatch(stored, { before, after }),
    locations: locationsWithoutPatch(stored, { before, after }),
  };
}

function propertiesWithoutPatch(stored: Image, { before, after }: WrittenPatch): Image['properties'] {
  const properties = new Map(stored.properties);
  for (const name of new Set([...before.properties.keys(), ...after.properties.keys()])) {
    const value = before.properties.get(name);
    const isChanged = value !== after.properties.get(name);
    if (!isChanged || stored.properties.get(name) !== after.properties.get(name)) continue;
    if (value === undefined) properties.delete(name);
    else properties.set(name, value);
  }
  return properties;
}

function tagsWithoutPatch(stored: Image, { before, after }: WrittenPatch): Image['tags'] {
  const kept = stored.tags.filter((tag) => before.tags.includes(tag) || !after.tags.includes(tag));
  const lost = before.tags.filter((tag) => !after.tags.includes(tag) && !kept.includes(tag));
  return [...kept, ...lost];
}

/** Only when they are those the patch left, those it dropped came back, and those it added are gone. */
function locationsWithoutPatch(stored: Image, { before, after }: WrittenPatch): Image['locations'] {
  const added = urlsOnlyIn(after.locations, before.locations);
  const dropped = urlsOnlyIn(before.locations, after.locations);
  const expected = [
    ...after.locations.filter(({ url }) => !added.includes(url)),
    ...before.locations.filter(({ url }) => dropped.includes(url)),
  ];
  const isAsLeft =
    stored.locations.length === expected.length &&
    expected.every((location) => stored.locations.some((other) => sameLocation(location, other)));
  return isAsLeft ? before.locations : stored.locations;
}
