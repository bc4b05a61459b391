/** Shows one image. Source: contract 02 §5. */
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

export async function showImage(
  parts: Pick<ServiceParts, 'images' | 'policy'>,
  context: RequestContext,
  imageId: string,
): Promise<Image> {
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image'], image });
  return image;
}
