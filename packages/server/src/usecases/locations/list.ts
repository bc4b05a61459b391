/** Where the data of an image are, for services that read them there. Source: contract 05 §3. */
import type { ImageLocation } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import { placeLocations, shownLocation } from '../image-locations.ts';
import { loadImage } from '../images/load-image.ts';
import type { ServiceParts } from '../service-parts.ts';

/** In the order in which they are read. */
export async function listImageLocations(
  parts: Pick<ServiceParts, 'images' | 'policy' | 'stores'>,
  context: RequestContext,
  imageId: string,
): Promise<readonly ImageLocation[]> {
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['fetch_image_location'], image });
  return placeLocations(parts.stores, image.locations).map((placed) => shownLocation(parts.stores, placed));
}
