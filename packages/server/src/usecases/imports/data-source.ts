/** Where the data of an import come from. */
import type { RemoteRecord } from '../../domain/imports/remote-image.ts';
import type { ImageStep } from '../../ports/image-change.ts';

/** Data that come in, with their length when the sender says it. */
export interface DataSource {
  readonly sizeBytes: number | null;
  /** What the data are known to be; null where that is not known. */
  readonly digests?: Pick<RemoteRecord, 'checksum' | 'hash'>;
  /** What becomes of the image once the data are here. */
  readonly takenOver?: ImageStep;
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
