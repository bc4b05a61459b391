/** Steps in the life of an image, as repositories take them. Source: contract 02 §8, 12 §7. */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { ImageLocation } from '../domain/images/image.ts';

/** What a step in the life of an image may set. Undefined leaves a column alone, null clears it. */
export interface ImageChange {
  readonly to?: ImageStatus;
  readonly diskFormat?: string;
  readonly containerFormat?: string;
  readonly sizeBytes?: number | null;
  readonly virtualSizeBytes?: bigint | null;
  readonly checksum?: string | null;
  readonly hashAlgorithm?: string | null;
  readonly hashValue?: string | null;
  /** Replaces the active locations; the ones dropped become `deleted`. */
  readonly locations?: readonly ImageLocation[];
  /** Appended to the active locations. */
  readonly addedLocations?: readonly ImageLocation[];
  /** Active locations with such a URL become `deleted`. */
  readonly removedUrls?: readonly string[];
  /** Properties to set; null removes one. Others are left as they are. */
  readonly properties?: ReadonlyMap<string, string | null>;
}

export interface StatusChange extends ImageChange {
  readonly to: ImageStatus;
}

/** A change that is made only in certain statuses. */
export interface ImageStep extends ImageChange {
  readonly from: readonly ImageStatus[];
}

/** What turns an image in saving back into one without data. */
export const requeued: StatusChange = {
  to: 'queued',
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
};
