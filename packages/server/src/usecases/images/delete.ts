/**
 * Deletes an image and its data.
 *
 * The intention is recorded first, which ends the image for everybody, then the objects are removed, then the record:
 * a crash or a store out of order anywhere in between is finished by whoever finds the lease expired, so neither an
 * orphan object nor an image without data remains. A store that refuses leaves the image as it was.
 * Where deletions are put off, the data stay and `usecases/scrub/` removes them later. Source: contract 02 §6, 12 §7.
 */
import { forbidden, isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { readableImage } from '../../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { stageHostProperty } from '../../domain/tasks/import-task.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import type { PeerCall } from '../../ports/peer-nodes.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { forgetImage } from '../cache/remove.ts';
import { storeOfLocation } from '../image-locations.ts';
import { newLease } from '../leases.ts';
import { findPropertyRights } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<
  ServiceParts,
  | 'images'
  | 'work'
  | 'stores'
  | 'staging'
  | 'policy'
  | 'protections'
  | 'clock'
  | 'ids'
  | 'data'
  | 'report'
  | 'peers'
  | 'selfUrl'
  | 'cache'
  | 'deletion'
>;

export interface DeleteInput {
  readonly imageId: string;
  readonly precondition: ((image: Image) => void) | null;
  /** The call itself, should another node have to answer it; null when it cannot be passed on. */
  readonly call: PeerCall | null;
}

export async function deleteImage(parts: Parts, context: RequestContext, input: DeleteInput): Promise<void> {
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['delete_image'], image });
  const rights = await findPropertyRights(parts, context);
  function checkDeletable(found: Image): void {
    input.precondition?.(readableImage(found, rights));
    if (found.protected) {
      throw forbidden(`Image ${found.id} is protected; set protected to false before deleting it.`);
    }
  }
  checkDeletable(image);
  const host = image.properties.get(stageHostProperty) ?? null;
  const isElsewhere = host !== null && host !== parts.selfUrl;
  if (isElsewhere && input.call !== null && (await isDeletedThere(parts, host, input.call))) {
    await forgetImage(parts, image.id);
    return;
  }
  const attempt = { attemptId: parts.ids.next(), storeId: null, progress: null };
  const work: ImageWork = { kind: 'delete', imageId: image.id, ...attempt, ...newLease(parts) };
  const deleted = await parts.work.beginDelete(work, checkDeletable);
  if (deleted === undefined) throw imageNotFound(image.id);
  await finishDeletion(parts, work, deleted);
  await forgetImage(parts, image.id);
}

/** The node that has the staged data deletes the image with them; one that is out of reach is done without. */
async function isDeletedThere(parts: Pick<Parts, 'peers' | 'report'>, host: string, call: PeerCall): Promise<boolean> {
  try {
    await parts.peers.passOn(host, call);
    return true;
  } catch (error) {
    const isAway = ['gatewayTimeout', 'badGateway', 'internal', 'unavailable'].some(
      (code) => isImageServiceError(error) && error.code === code,
    );
    if (!isAway) throw error;
    parts.report('staged data left on a node that is out of reach', { host, error });
    return false;
  }
}

/**
 * Removes the data of an image whose deletion began, and then the image; gives it back when its store refuses. `image`
 * is what the beginning gave.
 */
export async function finishDeletion(
  parts: Pick<ServiceParts, 'work' | 'stores' | 'staging' | 'clock' | 'report' | 'deletion'>,
  work: ImageWork,
  image: Image,
): Promise<void> {
  if (isRestorable(parts, image)) {
    await parts.staging.removeAll(image.id);
    await parts.work.finishDelete(work, parts.clock.now(), 'pending_delete');
    return;
  }
  let removed = 0;
  try {
    for (const location of image.locations) {
      await removeObject(parts, image.id, location);
      removed += 1;
    }
  } catch (error) {
    if (isRefusal(error) && removed === 0) await parts.work.revertDelete(work);
    throw error;
  }
  await parts.staging.removeAll(image.id);
  await parts.work.finishDelete(work, parts.clock.now());
}

/** Data that are not complete are of no use to anybody; they go at once. */
function isRestorable({ deletion }: Pick<ServiceParts, 'deletion'>, image: Image): boolean {
  const isWhole = image.status === 'active' || image.status === 'deactivated';
  return deletion.delaySeconds !== null && isWhole && image.locations.length > 0;
}

/** Whether a store says that the data are whole and stay; after any other error what was begun goes on. */
export function isRefusal(error: unknown): boolean {
  return isImageServiceError(error, 'forbidden') || isImageServiceError(error, 'conflict');
}

/** Removes an object; one that is gone already is as good as removed, one of a store we do not have is told of. */
export async function removeObject(
  parts: Pick<ServiceParts, 'stores' | 'report'>,
  imageId: string,
  location: ImageLocation,
): Promise<void> {
  const attached = storeOfLocation(parts.stores, location);
  if (attached === undefined) {
    parts.report('data left in a store that is not configured', { imageId });
    return;
  }
  try {
    await attached.store.delete(location.url);
  } catch (error) {
    if (!isImageServiceError(error, 'notFound')) throw error;
  }
}
