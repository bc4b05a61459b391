/**
 * What an inspector of one disk format is: the shape every format file of this folder has.
 *
 * An inspector is a pure function over the few bytes of the stream that were kept. It names the windows it needs
 * beyond the first 64 KiB, says whether the format is there, and what it found. Source: contract 14 §2, §6.
 */

/** The formats that have an inspector; every other `disk_format` must look like `raw`. */
export type InspectedFormat = 'raw' | 'qcow2' | 'qed' | 'vhd' | 'vhdx' | 'vmdk' | 'vdi' | 'iso' | 'gpt' | 'luks';

/** A half-open range of byte offsets in the stream. */
export interface ByteRange {
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The bytes of a stream as far as they were kept. Ranges given out are views: read them, do not change them. */
export interface KeptBytes {
  /** Bytes that went by so far, kept or not. */
  readonly sizeBytes: number;
  /** The range, or null unless every byte of it was seen and kept. */
  read(range: ByteRange): Uint8Array | null;
  /** What was kept without a gap from offset 0, at most `limitBytes`; at least the first 64 KiB of the stream. */
  readStart(limitBytes: number): Uint8Array;
  /** The last bytes of the stream, or null when it is shorter or no inspector asked to keep them. */
  readEnd(lengthBytes: number): Uint8Array | null;
}

export interface FormatFinding {
  readonly format: InspectedFormat;
  /** False when the stream ended inside a region the format needs; the other fields are then provisional. */
  readonly complete: boolean;
  /** As the header claims it, unchecked against the signed 64 bits of the column; null when unknown or zero. */
  readonly virtualSizeBytes: bigint | null;
  /** Names of the safety checks that failed (contract 14 §3), each once. */
  readonly failedChecks: readonly string[];
}

export interface FormatInspector {
  readonly format: InspectedFormat;
  /** What the kept bytes say, or null when they are not of this format. */
  inspect(image: KeptBytes): FormatFinding | null;
  /**
   * The next range to keep, or null when no more is needed. Asked each time all ranges wanted so far went by, so it
   * may follow pointers. It must not depend on `sizeBytes`: then the answer is the same for every chunking.
   */
  nextRange?(image: KeptBytes): ByteRange | null;
  /** Whether the end of the stream must be kept. Asked once, when the first 512 bytes are there; for most it is not. */
  needsEnd?(image: KeptBytes): boolean;
}

/** A finding of a whole, harmless image; a size of zero says as little as none. */
export function completeFinding(
  format: InspectedFormat,
  virtualSizeBytes: bigint | null,
  failedChecks: readonly string[] = [],
): FormatFinding {
  return { format, complete: true, virtualSizeBytes: virtualSizeBytes === 0n ? null : virtualSizeBytes, failedChecks };
}

/** A finding of an image that ended too early to be checked. */
export function incompleteFinding(format: InspectedFormat): FormatFinding {
  return { format, complete: false, virtualSizeBytes: null, failedChecks: [] };
}
