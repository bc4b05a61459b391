/** Whether data that a client wants to register are there, and how many. Source: contract 05 §2. */
import { badRequest, isImageServiceError } from '../../domain/errors.ts';
import { storeOfUrl } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Schemes whose URLs lead into the service itself; clients must not choose them. */
const ownScheme = /^(?:file|filesystem|swift\+config):/i;

/** Bytes at a URL that a client gives, as its store tells; 400 for a URL of no store, and when nothing is there. */
export async function sizeOfNewData(parts: Pick<ServiceParts, 'stores'>, url: string): Promise<number> {
  const attached = storeOfUrl(parts.stores, url);
  if (attached === undefined || ownScheme.test(url)) {
    throw badRequest(
      'The URL of a location must be one that a store of this service reads, and none of its own files.',
    );
  }
  try {
    const sizeBytes = await attached.store.sizeOf(url);
    if (sizeBytes > 0) return sizeBytes;
  } catch (error) {
    if (isImageServiceError(error)) throw badRequest(error.message, error);
    throw error;
  }
  throw badRequest('There are no data at the URL of the location.');
}
