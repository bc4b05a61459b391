/** The first step of nearly every use case: the image, if it exists for this caller. */
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { imageNotFound } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';

export async function loadImage(
  parts: Pick<ServiceParts, 'images'>,
  context: RequestContext,
  imageId: string,
): Promise<Image> {
  const image = await parts.images.show(context, imageId);
  if (image === undefined) throw imageNotFound(imageId);
  return image;
}
