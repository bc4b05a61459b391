/** Deletes the copy of an image that one store has. Source: contract 05 §4. */
import { conflict, forbidden, notFound } from '../../domain/errors.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import { requireStore, storeOfLocation } from '../image-locations.ts';
import { loadImage } from '../images/load-image.ts';
import { saveLocations } from '../locations/change.ts';
import type { ServiceParts } from '../service-parts.ts';

export interface StoreCopy {
  readonly storeId: string;
  readonly imageId: string;
}

type Parts = Pick<
  ServiceParts,
  'images' | 'work' | 'scrub' | 'stores' | 'policy' | 'limits' | 'projectLimits' | 'data' | 'clock' | 'ids' | 'report'
>;

export async function deleteFromStore(
  parts: Parts,
  context: RequestContext,
  { storeId, imageId }: StoreCopy,
): Promise<void> {
  if (!parts.stores.multiStore) throw notFound('This service has one store, without an id.');
  const attached = requireStore(parts.stores, storeId);
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image_location', 'delete_image_location'], image });
  if (image.status !== 'active')
    throw conflict(`Image ${imageId} is ${image.status}; only an active one can be deleted from a store.`);
  if (image.locations.length <= 1) {
    throw forbidden(`The copy in store ${storeId} is the only one of image ${imageId}; delete the image instead.`);
  }
  const location = image.locations.find((each) => storeOfLocation(parts.stores, each) === attached);
  if (location === undefined) throw notFound(`Store ${storeId} has no copy of image ${imageId}.`);
  const locations = image.locations.filter((each) => each !== location);
  const after = { ...image, locations, updatedAt: parts.clock.now() };
  await saveLocations(parts, context, { before: image, after, onlyIfUnchanged: false });
}
