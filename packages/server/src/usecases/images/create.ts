/** Creates an image record without data. Source: contract 02 §3. */
import type { Image } from '../../domain/images/image.ts';
import {
  checkNewImage,
  checkNewImageOwner,
  newImage,
  parseNewImage,
  policiesOfNewImage,
} from '../../domain/images/new-image.ts';
import { newImageTarget } from '../../domain/policy/image-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorize } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'policy' | 'limits' | 'imageSchema' | 'clock' | 'ids'>;

export async function createImage(parts: Parts, context: RequestContext, body: unknown): Promise<Image> {
  const request = parseNewImage(body, (document) => parts.imageSchema.image(document));
  const image = newImage(request, {
    id: parts.ids.next(),
    projectId: context.projectId,
    createdAt: parts.clock.now(),
  });
  checkNewImageOwner(image, context);
  for (const rule of policiesOfNewImage(image.visibility)) {
    await authorize(parts, context, { rule, target: newImageTarget(image, context) });
  }
  checkNewImage(request, image, parts.limits);
  await parts.images.create(image);
  return image;
}
