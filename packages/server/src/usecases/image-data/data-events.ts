/** What is told of image data beside the saves of records. Source: contract 13 A3, A4. */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { imagePreparation, imageSending, imageUploadFailure } from '../../domain/notifications/image-notifications.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'events' | 'report'>;

/** An import begins to write the data to stores. */
export function tellPreparation(
  { events, stores }: Pick<ServiceParts, 'events' | 'stores'>,
  image: Image,
  storeIds: readonly string[],
): Promise<void> {
  return events.publish(storeIds.map((id) => imagePreparation(image, stores.multiStore ? id : null)));
}

/** Stores that an import wanted to fill do not have the data. */
export function tellStoreFailure(
  { events }: Pick<ServiceParts, 'events'>,
  imageId: string,
  { stores, cause }: { readonly stores: readonly string[]; readonly cause?: unknown },
): Promise<void> {
  return events.publish(stores.map((id) => imageUploadFailure(imageId, `store ${id}: ${reasonToTell(cause)}`)));
}

/** What may be told of a failure. */
export function reasonToTell(error: unknown): string {
  return isImageServiceError(error) ? error.message : 'an internal error; the log of the service says more';
}

export interface Receiver {
  readonly context: Pick<RequestContext, 'projectId' | 'userId'>;
  /** Null when it is not known. */
  readonly address: string | null;
}

/**
 * The data of a download, which is told once they were read to their end. Data from the cache are told also when their
 * reader stops before.
 */
export function toldReader(
  parts: Parts,
  download: { readonly image: Image; readonly data: ObjectReader; readonly isCached: boolean },
  { context, address }: Receiver,
): ObjectReader {
  const { image, data, isCached } = download;
  const { projectId, userId } = context;

  async function tell(sentBytes: number, expectedBytes: number): Promise<void> {
    const destination = isCached ? (address ?? undefined) : undefined;
    const sending = { image, receiver: { projectId, userId }, sentBytes, expectedBytes, destination };
    try {
      await parts.events.publish([imageSending(sending)]);
    } catch (error) {
      parts.report('download not told', { imageId: image.id, error });
    }
  }

  return {
    sizeBytes: data.sizeBytes,
    close: () => data.close(),
    async *chunks(start, end) {
      const expectedBytes = end - start + 1;
      let sentBytes = 0;
      let isAtEnd = false;
      try {
        for await (const chunk of data.chunks(start, end)) {
          yield chunk;
          sentBytes += chunk.byteLength;
        }
        isAtEnd = true;
      } finally {
        if (isAtEnd || isCached) await tell(sentBytes, expectedBytes);
      }
    },
  };
}
