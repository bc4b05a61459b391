/**
 * Deletes an image and its data.
 *
 * The intention is recorded first, which ends the image for everybody, then the objects are removed, then the record:
 * a crash or a store out of order anywhere in between is finished by whoever finds the lease expired, so neither an
 * orphan object nor an image without data remains. A store that refuses leaves the image as it was.
 * Source: contract 02 §6.
 */
import { forbidden, isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { newLease } from '../leases.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'store' | 'policy' | 'clock' | 'ids' | 'data' | 'report'>;

export async function deleteImage(
  parts: Parts,
  context: RequestContext,
  input: { readonly imageId: string; readonly precondition: ((image: Image) => void) | null },
): Promise<void> {
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['delete_image'], image });
  function checkDeletable(found: Image): void {
    input.precondition?.(found);
    if (found.protected) {
      throw forbidden(`Image ${found.id} is protected; set protected to false before deleting it.`);
    }
  }
  checkDeletable(image);
  const work: ImageWork = { kind: 'delete', imageId: image.id, attemptId: parts.ids.next(), ...newLease(parts) };
  const deleted = await parts.work.beginDelete(work, checkDeletable);
  if (deleted === undefined) throw imageNotFound(image.id);
  await finishDeletion(parts, work, deleted);
}

/** Removes the data of an image whose deletion began, and then the image; gives it back when its store refuses. */
export async function finishDeletion(
  parts: Pick<ServiceParts, 'work' | 'store' | 'clock' | 'report'>,
  work: ImageWork,
  image: Image,
): Promise<void> {
  let removed = 0;
  try {
    for (const location of image.locations) {
      await removeObject(parts, image.id, location.url);
      removed += 1;
    }
  } catch (error) {
    // Only these two say that the data are whole; after anything else the deletion goes on when the lease is over.
    const isRefused = isImageServiceError(error, 'forbidden') || isImageServiceError(error, 'conflict');
    if (isRefused && removed === 0) await parts.work.revertDelete(work);
    throw error;
  }
  await parts.work.finishDelete(work, parts.clock.now());
}

/** Removes an object; one that is gone already is as good as removed, one of a store we do not have is told of. */
async function removeObject(
  parts: Pick<ServiceParts, 'store' | 'report'>,
  imageId: string,
  url: string,
): Promise<void> {
  if (!parts.store.owns(url)) {
    parts.report('data left in a store that is not configured', { imageId });
    return;
  }
  try {
    await parts.store.delete(url);
  } catch (error) {
    if (!isImageServiceError(error, 'notFound')) throw error;
  }
}
