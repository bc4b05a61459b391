/** Shows one image, without the properties that the caller may not read. Source: contract 02 §5, §12. */
import type { Image } from '../../domain/images/image.ts';
import { readableImage } from '../../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import { findPropertyRights } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

export async function showImage(
  parts: Pick<ServiceParts, 'images' | 'policy' | 'protections'>,
  context: RequestContext,
  imageId: string,
): Promise<Image> {
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image'], image });
  return readableImage(image, await findPropertyRights(parts, context));
}
