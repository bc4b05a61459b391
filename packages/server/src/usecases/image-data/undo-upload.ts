/** Undoing an upload, be it to a store or to the staging area, that failed or whose worker died. */
import { isImageServiceError } from '../../domain/errors.ts';
import type { ImageWork, Leftover } from '../../ports/image-work-repository.ts';
import { storeNamed } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'work' | 'stores' | 'staging' | 'clock' | 'report'>;

/**
 * Removes all an upload left in its store, and makes its image queued; a store out of order keeps it for the time being.
 * Others are told the reason. Raises, and leaves the rest to the next round, when the lease ran out meanwhile: the object
 * may belong to a later upload then.
 */
export async function undoUpload(
  parts: Parts,
  work: ImageWork,
  reason = 'the process that received them is gone',
): Promise<void> {
  let leftovers: readonly Leftover[] = [];
  try {
    await discardObject(parts, work);
  } catch (error) {
    if (isImageServiceError(error, 'gone')) throw error;
    const storeId = work.storeId ?? parts.stores.default.id;
    parts.report('data left in a store', { imageId: work.imageId, store: storeId, error });
    leftovers = [{ storeId, attemptIds: [work.attemptId], urls: [] }];
  }
  await parts.work.undoUpload(work, parts.clock.now(), { leftovers, reason });
}

/** Removes all that staging left, and makes the image queued. */
export async function undoStaging(parts: Parts, work: ImageWork): Promise<void> {
  await parts.staging.removeAll(work.imageId, () => parts.clock.now() < work.expiresAt);
  await parts.work.undoUpload(work, parts.clock.now());
}

async function discardObject(parts: Parts, work: ImageWork): Promise<void> {
  // Work of a release before has no store written down: there was one only.
  const attached = work.storeId === null ? parts.stores.default : storeNamed(parts.stores, work.storeId);
  if (attached === undefined) {
    parts.report('data left in a store that is not configured', { imageId: work.imageId, store: work.storeId });
    return;
  }
  const image = await parts.images.show({ isAdmin: true, projectId: null }, work.imageId);
  // An image in saving owns no data, whatever locations an upload that was given up elsewhere left on it.
  const locations = image === undefined || image.status === 'saving' ? [] : image.locations;
  await attached.store.discard(work.imageId, work.attemptId, {
    keptUrls: locations.map(({ url }) => url),
    isHeld: () => parts.clock.now() < work.expiresAt,
  });
}
