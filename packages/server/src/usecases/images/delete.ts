/**
 * Deletes an image and its data.
 *
 * The intention is recorded first, then the objects are removed, then the record: a crash anywhere in between is
 * finished by whoever finds the lease expired, so neither an orphan object nor an image without data remains.
 * A store that refuses leaves the image as it was. Source: contract 02 §6.
 */
import { forbidden, isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { leaseEnd } from '../leases.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'store' | 'policy' | 'clock' | 'ids' | 'data'>;

export async function deleteImage(
  parts: Parts,
  context: RequestContext,
  input: { readonly imageId: string; readonly precondition: ((image: Image) => void) | null },
): Promise<void> {
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['delete_image'], image });
  input.precondition?.(image);
  if (image.protected) {
    throw forbidden(`Image ${image.id} is protected; set protected to false before deleting it.`);
  }
  const work: ImageWork = {
    kind: 'delete',
    imageId: image.id,
    attemptId: parts.ids.next(),
    expiresAt: leaseEnd(parts),
  };
  const locations = await parts.work.beginDelete(work);
  if (locations === undefined) throw imageNotFound(image.id);
  try {
    await removeObjects(parts, locations);
  } catch (error) {
    await parts.work.cancel(work);
    throw error;
  }
  if (!(await parts.work.finishDelete(work, parts.clock.now()))) throw imageNotFound(image.id);
}

/** Removes the objects of locations; one that is gone already is as good as removed. */
export async function removeObjects(
  parts: Pick<ServiceParts, 'store'>,
  locations: readonly ImageLocation[],
): Promise<void> {
  for (const location of locations) {
    try {
      await parts.store.delete(location.url);
    } catch (error) {
      if (!isImageServiceError(error, 'notFound')) throw error;
    }
  }
}
