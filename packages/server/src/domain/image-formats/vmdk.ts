/**
 * vmdk (VMware): sparse files with an embedded descriptor, stream-optimized ones with a footer, and descriptors alone.
 * Source: contract 14 §3.
 *
 * A descriptor alone never passes: whatever it says, the disk lies in other files.
 */
import { hasSignature, isZero, readU32, readU64 } from './byte-fields.ts';
import { completeFinding, incompleteFinding } from './format-inspector.ts';
import type { ByteRange, FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';
import {
  descriptorText,
  isDescriptorFile,
  isSafeDescriptor,
  isSelfContained,
  leadingText,
  startsLikeText,
} from './vmdk-descriptor.ts';

const signature = 'KDMV';
const headerRange = { startsAt: 0, endsAt: 64 };
const sectorBytes = 512;
const descriptorStartsAt = 512;
const descriptorLimitBytes = 2 ** 20 - 1;
const newestVersion = 3;
/** Instead of an offset: the grain directory's place is told by a footer at the end of the stream. */
const toldByFooter = 2n ** 64n - 1n;
/** Footer marker, footer, end-of-stream marker: a sector each. */
const endBytes = 3 * sectorBytes;
const footerMarkerType = 3;
/** Text is kept in steps of this many bytes, only while it goes on being text. */
const textStepBytes = 0x10000;

interface SparseHeader {
  readonly hasSignature: boolean;
  readonly version: number;
  readonly capacityBytes: bigint;
  readonly descriptorSector: bigint;
  readonly descriptorSectors: bigint;
  readonly grainDirectorySector: bigint;
}

function parseSparseHeader(bytes: Uint8Array): SparseHeader {
  return {
    hasSignature: hasSignature(bytes, signature),
    version: readU32(bytes, 4, 'little'),
    capacityBytes: readU64(bytes, 12, 'little') * BigInt(sectorBytes),
    descriptorSector: readU64(bytes, 28, 'little'),
    descriptorSectors: readU64(bytes, 36, 'little'),
    grainDirectorySector: readU64(bytes, 56, 'little'),
  };
}

function isKnownLayout(header: SparseHeader): boolean {
  return header.version >= 1 && header.version <= newestVersion && header.descriptorSector === 1n;
}

function descriptorRange(header: SparseHeader): ByteRange {
  const claimedBytes = header.descriptorSectors * BigInt(sectorBytes);
  const lengthBytes = claimedBytes > descriptorLimitBytes ? descriptorLimitBytes : Number(claimedBytes);
  return { startsAt: descriptorStartsAt, endsAt: descriptorStartsAt + lengthBytes };
}

function hasFooter(header: SparseHeader): boolean {
  return header.grainDirectorySector === toldByFooter;
}

function isMarker(sector: Uint8Array, type: number): boolean {
  return readU32(sector, 8, 'little') === 0 && readU32(sector, 12, 'little') === type && isZero(sector.subarray(16));
}

/** The check `footer`: the end of the stream is laid out as it must be and repeats the header. */
function isConsistentEnd(end: Uint8Array, header: SparseHeader): boolean {
  const footerMarker = end.subarray(0, sectorBytes);
  const footer = parseSparseHeader(end.subarray(sectorBytes, 2 * sectorBytes));
  const endOfStream = end.subarray(2 * sectorBytes);
  return (
    isMarker(footerMarker, footerMarkerType) &&
    footer.hasSignature &&
    footer.version === header.version &&
    footer.descriptorSector === header.descriptorSector &&
    footer.descriptorSectors === header.descriptorSectors &&
    !hasFooter(footer) &&
    isZero(endOfStream)
  );
}

function isSparse(image: KeptBytes): boolean {
  return hasSignature(image.readStart(signature.length), signature);
}

/** The header of a sparse file whose layout is known; null for other streams and while it is not there. */
function knownHeader(image: KeptBytes): SparseHeader | null {
  const bytes = image.read(headerRange);
  if (bytes === null || !isSparse(image)) return null;
  const header = parseSparseHeader(bytes);
  return isKnownLayout(header) ? header : null;
}

function inspectSparse(image: KeptBytes): FormatFinding {
  if (image.read(headerRange) === null) return incompleteFinding('vmdk');
  const header = knownHeader(image);
  // Without a layout we know there is no telling where the descriptor is.
  if (header === null) return completeFinding('vmdk', null, ['descriptor']);
  const descriptor = image.read(descriptorRange(header));
  const end = hasFooter(header) ? image.readEnd(endBytes) : null;
  const text = descriptor === null ? null : descriptorText(descriptor);
  const failedChecks: string[] = [];
  if (text === null || !isSafeDescriptor(text)) failedChecks.push('descriptor');
  if (end !== null && !isConsistentEnd(end, header)) failedChecks.push('footer');
  const virtualSizeBytes = text !== null && isSelfContained(text) ? header.capacityBytes : null;
  const complete = descriptor !== null && (end !== null || !hasFooter(header));
  return { ...completeFinding('vmdk', virtualSizeBytes, failedChecks), complete };
}

function inspect(image: KeptBytes): FormatFinding | null {
  if (isSparse(image)) return inspectSparse(image);
  const isDescriptor = isDescriptorFile(image.readStart(descriptorLimitBytes));
  return isDescriptor ? completeFinding('vmdk', null, ['descriptor']) : null;
}

/** The next step of a stream that was text so far. */
function nextTextRange(image: KeptBytes): ByteRange | null {
  const text = image.readStart(descriptorLimitBytes);
  const goesOn = startsLikeText(text) && leadingText(text.subarray(-textStepBytes)).length >= textStepBytes;
  if (!goesOn || text.length === descriptorLimitBytes) return null;
  return { startsAt: text.length, endsAt: Math.min(text.length + textStepBytes, descriptorLimitBytes) };
}

function nextRange(image: KeptBytes): ByteRange | null {
  if (!isSparse(image)) return nextTextRange(image);
  const header = knownHeader(image);
  if (header === null) return null;
  const range = descriptorRange(header);
  return image.read(range) === null ? range : null;
}

function needsEnd(image: KeptBytes): boolean {
  const header = knownHeader(image);
  return header !== null && hasFooter(header);
}

export const vmdkInspector: FormatInspector = { format: 'vmdk', inspect, nextRange, needsEnd };
