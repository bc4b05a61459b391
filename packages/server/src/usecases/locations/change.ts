/**
 * Changing the locations of an image, by a patch or by taking it out of a store. What is dropped is written down first,
 * its data are removed then, so that neither data without an owner nor a location without data is ever left behind.
 * Source: contract 05 §2, §4.
 */
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { planLocations, withLocations } from '../../domain/images/location-patch.ts';
import type { LocationOperation } from '../../domain/images/location-patch.ts';
import { dropsLocations, sameLocation } from '../../domain/images/locations.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { UpdateOptions } from '../../ports/image-repository.ts';
import { placedLocation } from '../image-locations.ts';
import { newScrubWork, removeWaiting } from '../scrub/remove-waiting.ts';
import type { ScrubParts } from '../scrub/remove-waiting.ts';
import type { ServiceParts } from '../service-parts.ts';
import { sizeOfNewData } from './find-data.ts';

/** The image as one operation leaves it. Stores are asked about new locations; nothing is written. */
export async function applyLocationOperation(
  parts: Pick<ServiceParts, 'stores' | 'locations' | 'data'>,
  image: Image,
  operation: LocationOperation,
): Promise<Image> {
  const plan = planLocations(image, operation, {
    ...parts.locations,
    hashAlgorithm: parts.data.hashAlgorithm,
    placed: (location) => placedLocation(parts.stores, location),
  });
  let sizeBytes: number | null = null;
  for (const url of plan.newUrls) {
    const found = await sizeOfNewData(parts, url);
    sizeBytes ??= found;
  }
  return withLocations(image, plan, sizeBytes);
}

type SaveParts = ScrubParts & Pick<ServiceParts, 'images' | 'ids' | 'limits'>;

export interface LocationSave {
  /** The image as it was loaded, and as it is to be. */
  readonly before: Image;
  readonly after: Image;
  readonly onlyIfUnchanged: boolean;
}

/**
 * Writes an image whose locations changed, and removes the data of those it dropped. A store that refuses leaves the
 * image as it was. Gives the image with its locations in the order that was asked for.
 */
export async function saveLocations(parts: SaveParts, context: RequestContext, save: LocationSave): Promise<Image> {
  const { before, after } = save;
  const scrub = dropsLocations(before.locations, after.locations) ? newScrubWork(parts, before.id) : undefined;
  const saved = await parts.images.update(before, after, { ...optionsOf(parts, context, save), ...withScrub(scrub) });
  if (scrub !== undefined) {
    const [failure] = await removeWaiting(parts, scrub);
    if (failure?.isGivenBack === true) await revert(parts, save);
    if (failure !== undefined) throw failure.error;
  }
  return { ...saved, locations: inOrderOf(saved.locations, after.locations) };
}

function withScrub(scrub: UpdateOptions['scrub']): UpdateOptions {
  return scrub === undefined ? {} : { scrub };
}

/** The quota is that of who calls, whoever owns the image. */
function optionsOf({ limits }: SaveParts, { projectId }: RequestContext, save: LocationSave): UpdateOptions {
  const bytes = limits.userStorageQuotaBytes;
  return { onlyIfUnchanged: save.onlyIfUnchanged, quota: bytes > 0 ? { projectId, bytes } : null };
}

/** Takes back what was written together with locations that the image has again. */
async function revert(parts: SaveParts, { before, after }: LocationSave): Promise<void> {
  const locations: readonly ImageLocation[] = [];
  const updatedAt = parts.clock.now();
  await parts.images.update({ ...after, locations }, { ...before, locations, updatedAt });
}

function inOrderOf(stored: readonly ImageLocation[], wanted: readonly ImageLocation[]): readonly ImageLocation[] {
  const rank = (location: ImageLocation) => wanted.findIndex((other) => sameLocation(other, location));
  return stored.toSorted((one, other) => rank(one) - rank(other));
}
