/**
 * Opens the data of an image for reading. Source: contract 03 §4.
 */
import { ImageServiceError, badRequest, forbidden, isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import { authorizeOnImage } from '../authorization.ts';
import { openThroughCache } from '../cache/read-through.ts';
import type { ImageStores } from '../../ports/image-stores.ts';
import { placeLocations, storeNamed } from '../image-locations.ts';
import type { PlacedLocation } from '../image-locations.ts';
import { loadImage } from '../images/load-image.ts';
import type { ServiceParts } from '../service-parts.ts';
import { toldReader } from './data-events.ts';
import { verifiedReader } from './verified-data.ts';

type Parts = Pick<
  ServiceParts,
  'events' | 'images' | 'policy' | 'stores' | 'report' | 'cache' | 'hasher' | 'clock' | 'ids'
>;

export interface DownloadInput {
  readonly imageId: string;
  readonly preferredStores: readonly string[];
  /** Absent when it is not known. */
  readonly receiverAddress?: string | null;
}

/** An image of which there are no data to send, or its opened data, which the caller must close. */
export type ImageDownload =
  { readonly image: Image; readonly data: null } | { readonly image: Image; readonly data: ObjectReader };

export async function downloadImageData(
  parts: Parts,
  context: RequestContext,
  { imageId, preferredStores, receiverAddress = null }: DownloadInput,
): Promise<ImageDownload> {
  const image = await loadImage(parts, context, imageId);
  if (image.status === 'deactivated' && !context.isAdmin) {
    throw forbidden(`Image ${imageId} is deactivated; its data cannot be downloaded.`);
  }
  await authorizeOnImage(parts, context, { rules: ['download_image'], image });
  if (preferredStores.length > 0) {
    await authorizeOnImage(parts, context, { rules: ['download_from_store'], image });
    checkPreference(parts.stores, preferredStores);
  }
  const holdsData = image.status === 'active' || image.status === 'deactivated';
  if (!holdsData) return { image, data: null };
  const openStored = async () => {
    const stored = await openFirstReadable(parts, image, preferredStores);
    return stored === null ? null : verifiedReader(parts, image, stored);
  };
  const opened = await openThroughCache(parts, image, openStored);
  if (opened === null) return { image, data: null };
  const download = { image, data: opened.reader, isCached: opened.isCached };
  return { image, data: toldReader(parts, download, { context, address: receiverAddress }) };
}

/** Tries the locations in order; the last error decides, and data missing everywhere are no data. */
export async function openFirstReadable(
  parts: Pick<ServiceParts, 'stores' | 'report'>,
  image: Image,
  preferredStores: readonly string[] = [],
): Promise<ObjectReader | null> {
  let failure: Error | undefined;
  for (const { location, attached } of inOrder(parts.stores, image, preferredStores)) {
    try {
      if (attached === undefined)
        throw new ImageServiceError('internal', 'The data lie in a store that is not attached.');
      const reader = await attached.store.read(location.url);
      if (image.sizeBytes === null || reader.sizeBytes === image.sizeBytes) return reader;
      await reader.close();
      failure = new ImageServiceError('internal', 'The stored data of the image are damaged.');
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    parts.report('location unreadable', { imageId: image.id, error: failure });
  }
  if (failure === undefined || isImageServiceError(failure, 'notFound')) return null;
  throw failure;
}

/** Stores of the service’s own; preferring them says nothing, for no image is kept there. */
const reservedStores: ReadonlySet<string> = new Set(['os_glance_staging_store', 'os_glance_tasks_store']);

function checkPreference(stores: ImageStores, preferred: readonly string[]): void {
  if (!stores.multiStore) throw badRequest('This service has one store only; there is none to prefer.');
  const unknown = preferred.find((id) => storeNamed(stores, id) === undefined && !reservedStores.has(id));
  if (unknown !== undefined) throw badRequest(`There is no store ${JSON.stringify(unknown)} to prefer.`);
}

/** Locations in preferred stores first, both groups heaviest store first. */
function inOrder(stores: ImageStores, image: Image, preferred: readonly string[]): readonly PlacedLocation[] {
  const placed = placeLocations(stores, image.locations);
  const isPreferred = ({ attached }: PlacedLocation) => attached !== undefined && preferred.includes(attached.id);
  return [...placed.filter(isPreferred), ...placed.filter((each) => !isPreferred(each))];
}
