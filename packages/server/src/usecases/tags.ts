/** Adds and removes single tags. Both need modify_image. Source: contract 06 §4. */
import { badRequest, notFound } from '../domain/errors.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { hasUnstorableCharacters } from '../domain/text-rules.ts';
import { authorizeOnImage } from './authorization.ts';
import { loadImage } from './images/load-image.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'policy' | 'clock' | 'limits' | 'imageSchema'>;
interface TagInput {
  readonly imageId: string;
  readonly tag: string;
}

/** Idempotent: a tag the image has already only moves `updatedAt`. */
export async function addImageTag(parts: Parts, context: RequestContext, input: TagInput): Promise<void> {
  const problem = parts.imageSchema.value('tags', [input.tag]);
  if (problem !== null) throw badRequest(`Invalid tag: ${problem}`);
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['modify_image'], image });
  if (hasUnstorableCharacters(input.tag)) {
    throw badRequest('A tag must not contain U+0000 or characters outside the Basic Multilingual Plane.');
  }
  await parts.images.addTag(image.id, input.tag, { at: parts.clock.now(), quota: parts.limits.tagQuota });
}

export async function removeImageTag(parts: Parts, context: RequestContext, input: TagInput): Promise<void> {
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['modify_image'], image });
  if (!(await parts.images.removeTag(image.id, input.tag, parts.clock.now()))) {
    throw notFound(`Image ${image.id} does not have the tag ${input.tag}.`);
  }
}
