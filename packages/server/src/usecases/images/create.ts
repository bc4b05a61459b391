/** Creates an image record without data. Source: contract 02 §3. */
import type { Image } from '../../domain/images/image.ts';
import {
  checkNewImage,
  checkNewImageOwner,
  newImage,
  parseNewImage,
  policiesOfNewImage,
} from '../../domain/images/new-image.ts';
import { claimOf } from '../../domain/images/project-limits.ts';
import { newImageTarget } from '../../domain/policy/image-target.ts';
import { checkNewProperties, readableImage } from '../../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorize } from '../authorization.ts';
import { findLimits } from '../project-limits.ts';
import { findPropertyRights } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<
  ServiceParts,
  'images' | 'policy' | 'protections' | 'limits' | 'projectLimits' | 'imageSchema' | 'clock' | 'ids'
>;

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
  const rights = await findPropertyRights(parts, context);
  checkNewProperties(image.properties.keys(), rights);
  checkNewImage(request, image, parts.limits);
  const limits = await findLimits(parts, context.projectId, ['image_count_total']);
  await parts.images.create(
    image,
    limits.map((limit) => claimOf(limit, 1)),
  );
  return readableImage(image, rights);
}
