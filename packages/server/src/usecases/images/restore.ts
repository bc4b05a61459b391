/**
 * Brings an image back whose deletion was put off, as long as a store still has its data. For operators.
 * Source: contract 02 §6, 12 §7.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import type { ImageLocation } from '../../domain/images/image.ts';
import { storeOfLocation } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'scrub' | 'stores' | 'clock'>;

/** `not-deleted`: the image is there. `too-late`: its data are removed or are being removed. */
export type Restoration = 'restored' | 'not-deleted' | 'too-late' | 'unknown';

export async function restoreImage(parts: Parts, imageId: string): Promise<Restoration> {
  const found = await parts.scrub.findDeleted(imageId);
  if (found.kind === 'unknown') return 'unknown';
  if (found.kind === 'live') return 'not-deleted';
  if (found.kind === 'gone') return 'too-late';
  const urls: string[] = [];
  for (const location of found.locations) if (await mayHaveData(parts, location)) urls.push(location.url);
  return (await parts.scrub.restore(imageId, urls, parts.clock.now())) ? 'restored' : 'too-late';
}

/** False only when it is certain that they are gone: another scrubber may have removed some of them. */
async function mayHaveData({ stores }: Parts, location: ImageLocation): Promise<boolean> {
  try {
    await storeOfLocation(stores, location)?.store.sizeOf(location.url);
    return true;
  } catch (error) {
    if (isImageServiceError(error, 'notFound')) return false;
    if (isImageServiceError(error)) return true;
    throw error;
  }
}
