/**
 * Small images for tests, built byte by byte from the layouts of contract 14 §3: as short as a format allows.
 */
import { startInspection } from './stream-inspection.ts';
import type { InspectionPolicy, InspectionVerdict, StreamInspection } from './stream-inspection.ts';

const sectorBytes = 512;
const encoder = new TextEncoder();

/** The policy of a fresh installation. */
export const strict: InspectionPolicy = { requireFormatMatch: true, gptSafetyChecksNonfatal: [] };
export const lenient: InspectionPolicy = { requireFormatMatch: false, gptSafetyChecksNonfatal: [] };

/** An inspection that saw the whole image in one piece. */
export function inspectionOf(image: Uint8Array): StreamInspection {
  const inspection = startInspection();
  inspection.observe(image);
  return inspection;
}

export function verdictOn(image: Uint8Array, diskFormat: string, policy = strict): InspectionVerdict {
  return inspectionOf(image).conclude(diskFormat, policy);
}

/** Bytes to put into a sample. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Zeros of the given length with patches applied in order. */
export function bytesWith(lengthBytes: number, ...patches: readonly Patch[]): Uint8Array {
  const image = new Uint8Array(lengthBytes);
  for (const { at, bytes } of patches) image.set(bytes, at);
  return image;
}

/** A copy of an image with patches applied. */
export function patched(image: Uint8Array, ...patches: readonly Patch[]): Uint8Array {
  const copy = image.slice();
  for (const { at, bytes } of patches) copy.set(bytes, at);
  return copy;
}

/** Characters of one byte each. */
export function text(at: number, characters: string): Patch {
  return { at, bytes: Uint8Array.from(characters, (character) => character.charCodeAt(0)) };
}

export function u8(at: number, ...values: readonly number[]): Patch {
  return { at, bytes: Uint8Array.from(values) };
}

export function u16(at: number, value: number, order: 'le' | 'be'): Patch {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, order === 'le');
  return { at, bytes };
}

export function u32(at: number, value: number, order: 'le' | 'be'): Patch {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, order === 'le');
  return { at, bytes };
}

export function u64(at: number, value: bigint, order: 'le' | 'be'): Patch {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, order === 'le');
  return { at, bytes };
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const image = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    image.set(part, at);
    at += part.length;
  }
  return image;
}

export const virtualSizeBytes = 10_485_760n;

/** Bytes no inspector knows. */
export const unknownSample = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7 + 129) % 251);

export function qcow2Sample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(
    1024,
    text(0, 'QFI\xfb'),
    u32(4, 3, 'be'),
    u32(20, 16, 'be'),
    u64(24, virtualSizeBytes, 'be'),
    ...patches,
  );
}

export function qedSample(): Uint8Array {
  return bytesWith(1024, text(0, 'QED\0'));
}

export function vhdSample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(2048, text(0, 'conectix'), u64(40, virtualSizeBytes, 'be'), u32(60, 3, 'be'), ...patches);
}

/** A fixed VHD: data, then the footer. */
export function fixedVhdSample(): Uint8Array {
  return bytesWith(2048, text(1536, 'conectix'), u64(1536 + 40, 1536n, 'be'), u32(1536 + 60, 2, 'be'));
}

export const vhdxRegionTableAt = 0x30000;
export const vhdxMetadataAt = 0x50000;
/** Relative to the metadata region: the first byte after its table. */
export const vhdxSizeItemOffset = 0x10000;
const metadataRegionGuid = '\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e';
const virtualDiskSizeGuid = '\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8';

/** A vhdx with one foreign entry before the one that counts, in both tables. */
export function vhdxSample(...patches: readonly Patch[]): Uint8Array {
  const region = vhdxRegionTableAt;
  const metadata = vhdxMetadataAt;
  return bytesWith(
    metadata + vhdxSizeItemOffset + 4096,
    text(0, 'vhdxfile'),
    text(region, 'regi'),
    u32(region + 8, 2, 'le'),
    text(region + 48, metadataRegionGuid),
    u64(region + 64, BigInt(metadata), 'le'),
    u32(region + 72, 0x100000, 'le'),
    text(metadata, 'metadata'),
    u16(metadata + 10, 2, 'le'),
    text(metadata + 64, virtualDiskSizeGuid),
    u32(metadata + 80, vhdxSizeItemOffset, 'le'),
    u32(metadata + 84, 8, 'le'),
    u64(metadata + vhdxSizeItemOffset, virtualSizeBytes, 'le'),
    ...patches,
  );
}

/** A descriptor as VMware writes it. */
export function vmdkDescriptor(createType = 'monolithicSparse', extents = 'RW 20480 SPARSE "disk.vmdk"'): string {
  return [
    '# Disk DescriptorFile',
    'version=1',
    'CID=7a1b2c3d',
    'parentCID=ffffffff',
    `createType="${createType}"`,
    '',
    '# Extent description',
    extents,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.virtualHWVersion = "4"',
    'ddb.geometry.cylinders = "20"',
    '',
  ].join('\n');
}

export const noGrainDirectory = 2n ** 64n - 1n;

/** The sparse header, with a descriptor of 20 sectors at byte 512. */
export function vmdkHeader(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(
    sectorBytes,
    text(0, 'KDMV'),
    u32(4, 1, 'le'),
    u64(12, virtualSizeBytes / 512n, 'le'),
    u64(20, 128n, 'le'),
    u64(28, 1n, 'le'),
    u64(36, 20n, 'le'),
    u32(44, 512, 'le'),
    u64(56, 32n, 'le'),
    ...patches,
  );
}

export function vmdkSample(descriptor = vmdkDescriptor(), ...headerPatches: readonly Patch[]): Uint8Array {
  const body = bytesWith(64 * sectorBytes, { at: 0, bytes: encoder.encode(descriptor) });
  return joined(vmdkHeader(...headerPatches), body);
}

/** The three sectors at the end of a stream-optimized vmdk: marker, footer, marker. */
export function vmdkEnd(...patches: readonly Patch[]): Uint8Array {
  const footer = { at: sectorBytes, bytes: vmdkHeader(u32(4, 3, 'le')) };
  return bytesWith(3 * sectorBytes, u64(0, 1n, 'le'), u32(12, 3, 'le'), footer, ...patches);
}

export function streamOptimizedSample(end = vmdkEnd()): Uint8Array {
  return joined(vmdkSample(vmdkDescriptor('streamOptimized'), u32(4, 3, 'le'), u64(56, noGrainDirectory, 'le')), end);
}

/** A descriptor without a sparse header, naming another file for its data. */
export function flatDescriptorSample(): Uint8Array {
  return encoder.encode(vmdkDescriptor('monolithicFlat', 'RW 20480 FLAT "disk-flat.vmdk" 0'));
}

export function vdiSample(...patches: readonly Patch[]): Uint8Array {
  const banner = text(0, '<<< Oracle VM VirtualBox Disk Image >>>\n');
  return bytesWith(1024, banner, u32(64, 0xbeda107f, 'le'), u64(368, virtualSizeBytes, 'le'), ...patches);
}

export function isoSample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(
    40_960,
    u8(32_768, 1),
    text(32_769, 'CD001'),
    u32(32_848, 20, 'le'),
    u16(32_896, 2048, 'le'),
    ...patches,
  );
}

/** A partition entry in a slot of the table. */
export function partition(slot: number, type: number, options: { boot?: number; firstSector?: number } = {}): Patch {
  const bytes = new Uint8Array(16);
  bytes.set([options.boot ?? 0, 0, 2, 0, type]);
  new DataView(bytes.buffer).setUint32(8, options.firstSector ?? 1, true);
  return { at: 446 + slot * 16, bytes };
}

export const bootSignature = u8(510, 0x55, 0xaa);

/** A disk with one partition in a plain table. */
export function mbrSample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(4096, partition(0, 0x83, { boot: 0x80, firstSector: 2048 }), bootSignature, ...patches);
}

/** A disk with the protective table in front of a GPT. */
export function gptSample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(4096, partition(0, 0xee), bootSignature, ...patches);
}

/** A boot sector whose table holds nothing, as of a floppy. */
export function bootSectorSample(): Uint8Array {
  return bytesWith(4096, bootSignature);
}

/** An ISO that also boots from a USB stick. */
export function hybridIsoSample(): Uint8Array {
  return isoSample(partition(0, 0xcd, { boot: 0x80, firstSector: 0 }), bootSignature);
}

export function luksSample(...patches: readonly Patch[]): Uint8Array {
  return bytesWith(8 * sectorBytes, text(0, 'LUKS\xba\xbe'), u16(6, 1, 'be'), u32(104, 4, 'be'), ...patches);
}
