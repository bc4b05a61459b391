/**
 * Changing the locations of an image, by a patch or by taking it out of a store. What is dropped is written down first,
 * its data are removed then, so that neither data without an owner nor a location without data is ever left behind.
 * Source: contract 05 §2, §4.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { planLocations, withLocations } from '../../domain/images/location-patch.ts';
import type { LocationOperation } from '../../domain/images/location-patch.ts';
import { sameLocation } from '../../domain/images/locations.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { UpdateOptions } from '../../ports/image-repository.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { placedLocation } from '../image-locations.ts';
import { findLimits } from '../project-limits.ts';
import { newScrubWork, removeWaiting } from '../scrub/remove-waiting.ts';
import type { RemovalFailure, ScrubParts } from '../scrub/remove-waiting.ts';
import type { ServiceParts } from '../service-parts.ts';
import { sizeOfNewData } from './find-data.ts';
import { undoPatch, urlsOnlyIn } from './undo-patch.ts';
import type { WrittenPatch } from './undo-patch.ts';

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

type SaveParts = ScrubParts & Pick<ServiceParts, 'images' | 'ids' | 'limits' | 'projectLimits'>;

/** The image as it was loaded, and as it is to be. */
export interface LocationSave extends WrittenPatch {
  readonly onlyIfUnchanged: boolean;
}

/**
 * Writes an image whose locations changed, and removes the data of those it dropped. Stores that refuse all of them leave
 * the image as it was; when only some do, what could be done is done, and what they say is raised. Gives the image with
 * its locations in the order that was asked for.
 */
export async function saveLocations(parts: SaveParts, context: RequestContext, save: LocationSave): Promise<Image> {
  const { before, after } = save;
  const dropped = urlsOnlyIn(before.locations, after.locations);
  const scrub = dropped.length > 0 ? newScrubWork(parts, before.id) : undefined;
  const options = { ...(await optionsOf(parts, context, save)), ...withScrub(scrub) };
  const saved = await parts.images.update(before, after, options);
  if (scrub !== undefined) {
    // What others dropped and left waiting is removed on the way; how that ends is not for this client.
    const failures = (await removeDropped(parts, scrub)).filter(({ url }) => dropped.includes(url));
    const [failure] = failures;
    const isAsBefore = failures.length === dropped.length && failures.every(({ isGivenBack }) => isGivenBack);
    if (failure !== undefined && isAsBefore) await undoPatch(parts, save);
    if (failure !== undefined) throw failure.error;
  }
  return { ...saved, locations: inOrderOf(saved.locations, after.locations) };
}

/** Whoever takes the work over removes the data as well. */
async function removeDropped(parts: SaveParts, scrub: ImageWork): Promise<readonly RemovalFailure[]> {
  try {
    return await removeWaiting(parts, scrub);
  } catch (error) {
    if (isImageServiceError(error, 'gone')) return [];
    throw error;
  }
}

function withScrub(scrub: UpdateOptions['scrub']): UpdateOptions {
  return scrub === undefined ? {} : { scrub };
}

/** The limits are those of who calls, whoever owns the image. */
async function optionsOf(parts: SaveParts, { projectId }: RequestContext, save: LocationSave): Promise<UpdateOptions> {
  const limits = await findLimits(parts, projectId, ['image_size_total']);
  return { onlyIfUnchanged: save.onlyIfUnchanged, limits, quotas: parts.limits };
}

function inOrderOf(stored: readonly ImageLocation[], wanted: readonly ImageLocation[]): readonly ImageLocation[] {
  const rank = (location: ImageLocation) => wanted.findIndex((other) => sameLocation(other, location));
  return stored.toSorted((one, other) => rank(one) - rank(other));
}
