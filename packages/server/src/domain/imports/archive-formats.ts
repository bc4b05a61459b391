/**
 * Which staged data are packed, and how large they may become when unpacked.
 * Source: contract 04 §7, 14 §7; ours beyond it: xz, zstd and bzip2, and a bound on the size.
 */
import { hasSignature } from '../image-formats/byte-fields.ts';

export type PackingFormat = 'gzip' | 'zip' | 'lha' | 'xz' | 'zstd' | 'bzip2';

/** A number of bytes, and what to say once there is one more. */
export interface SizeLimit {
  readonly bytes: number;
  /** Public. */
  readonly exceeded: string;
}

interface Signature {
  readonly format: PackingFormat;
  readonly at: number;
  /** Characters of one byte each. */
  readonly bytes: string;
}

/** The start of a block, or that of the end, which follows at once when nothing was packed. */
const bzip2Blocks = ['1AY&SY', '\x17\x72\x45\x38\x50\x90'] as const;
const bzip2Levels = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

const signatures: readonly Signature[] = [
  { format: 'gzip', at: 0, bytes: '\x1f\x8b\x08' },
  { format: 'zip', at: 0, bytes: 'PK\x03\x04' },
  { format: 'lha', at: 2, bytes: '-lh' },
  { format: 'xz', at: 0, bytes: '\xfd7zXZ\x00' },
  { format: 'zstd', at: 0, bytes: '\x28\xb5\x2f\xfd' },
  // Longer than its magic number, for three letters and a digit are text before they are an archive.
  ...bzip2Levels.flatMap((level) =>
    bzip2Blocks.map((block): Signature => ({ format: 'bzip2', at: 0, bytes: `BZh${level}${block}` })),
  ),
];

/** How many bytes from the start of the data are enough to recognise any format. */
export const packingSignatureBytes = 10;

/** The format in which data are packed that begin with these bytes; null when they are not packed. */
export function recognisePacking(start: Uint8Array): PackingFormat | null {
  return signatures.find(({ at, bytes }) => hasSignature(start, bytes, at))?.format ?? null;
}

/** Below this no ratio is too high: an empty disk of a few megabytes packs to almost nothing and harms nobody. */
const harmlessBytes = 64 * 1024 * 1024;

export interface UnpackingBounds {
  readonly packedBytes: number;
  /** What the size of the image is bounded by, whatever it is made from. */
  readonly maximum: SizeLimit;
  /** How many times as large as the packed data the unpacked ones may be. */
  readonly maxRatio: number;
}

/** The bound that is reached first. */
export function unpackedSizeLimit({ packedBytes, maximum, maxRatio }: UnpackingBounds): SizeLimit {
  const bytes = Math.max(harmlessBytes, Math.floor(packedBytes * maxRatio));
  if (maximum.bytes <= bytes) return maximum;
  return {
    bytes,
    exceeded:
      `The data would unpack to more than ${bytes} bytes, over ${maxRatio} times their packed size of ${packedBytes}. ` +
      'Import the image unpacked or as qcow2.',
  };
}
