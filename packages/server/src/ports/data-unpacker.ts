/**
 * Unpacking of data that are packed as a whole: gzip, zip, lha, xz, zstd, bzip2. Source: contract 04 §7, 14 §7.
 *
 * Errors: `badRequest`, the data are damaged, end too early, or the archive holds anything but one plain file;
 * `limitExceeded`, they unpack to too much; `unavailable`, a program that is needed is not installed or was stopped from
 * outside. Errors of the source and the target are passed on. After any error the target holds garbage.
 */
import type { PackingFormat, SizeLimit } from '../domain/imports/archive-formats.ts';
import type { ObjectReader, ObjectWriter } from './image-store.ts';

export interface UnpackRequest {
  /** Opens the data; called more than once, for archives are read from both ends. Every reader is closed. */
  readonly source: () => Promise<ObjectReader>;
  /** Opened and written to if the data are packed, untouched otherwise; committing or discarding it is the caller's. */
  readonly target: ObjectWriter;
  /** Bound on the unpacked size. */
  readonly maximum: SizeLimit;
  /** Bound on the unpacked size as a multiple of the packed one; does not apply to results of a few megabytes. */
  readonly maxRatio: number;
  /** Stops the work; its reason is raised. */
  readonly signal?: AbortSignal;
}

export interface UnpackedData {
  readonly format: PackingFormat;
  readonly sizeBytes: number;
}

export interface DataUnpacker {
  /**
   * Unpacks once, so that what lies in a nested archive stays packed. Null when the data are not packed. Names inside
   * archives lead nowhere: the target is all that is ever written.
   */
  unpack(request: UnpackRequest): Promise<UnpackedData | null>;
}
