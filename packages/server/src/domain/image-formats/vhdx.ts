/**
 * vhdx (Hyper-V). The virtual size lies behind two pointers: the region table at 192 KiB says where the metadata
 * region is, its table says where the size is. Each is followed forward only, as the stream goes by; a pointer back,
 * or a damaged table, leaves the size unknown. Source: contract 14 §3.
 */
import { hasSignature, readU16, readU32, readU64 } from './byte-fields.ts';
import { completeFinding, incompleteFinding } from './format-inspector.ts';
import type { ByteRange, FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const signature = 'vhdxfile';
const regionTableRange = { startsAt: 0x30000, endsAt: 0x40000 };
const tableLimitBytes = 0x10000;
const entryBytes = 32;
/** Both tables fit 64 KiB with fewer entries than this. */
const entryLimit = 2048;
/** 8B7CA206-4790-4B9A-B8FE-575F050F886E as stored: three little-endian fields, then eight bytes in order. */
const metadataRegionGuid = '\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e';
/** 2FA54224-CD1B-4876-B211-5DBED83BF4B8 */
const virtualDiskSizeGuid = '\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8';

interface EntryTable {
  readonly bytes: Uint8Array;
  readonly firstEntryAt: number;
  readonly count: number;
}

function findEntry(table: EntryTable, guid: string): Uint8Array | null {
  if (table.count >= entryLimit) return null;
  for (let index = 0; index < table.count; index++) {
    const startsAt = table.firstEntryAt + index * entryBytes;
    const entry = table.bytes.subarray(startsAt, startsAt + entryBytes);
    if (entry.length === entryBytes && hasSignature(entry, guid)) return entry;
  }
  return null;
}

/** Where the metadata table is; null when the region table does not say, or points back. */
function metadataTableRange(regionTable: Uint8Array): ByteRange | null {
  if (!hasSignature(regionTable, 'regi')) return null;
  const table = { bytes: regionTable, firstEntryAt: 16, count: readU32(regionTable, 8, 'little') };
  const entry = findEntry(table, metadataRegionGuid);
  if (entry === null) return null;
  // Above 2^53 the number is inexact, but any such offset lies behind the end of every stream.
  const startsAt = Number(readU64(entry, 16, 'little'));
  if (startsAt < regionTableRange.endsAt) return null;
  return { startsAt, endsAt: startsAt + Math.min(readU32(entry, 24, 'little'), tableLimitBytes) };
}

/** Where the virtual size is, relative to the metadata region; null when its table does not say. */
function virtualSizeOffset(metadataTable: Uint8Array): number | null {
  if (metadataTable.length < entryBytes || !hasSignature(metadataTable, 'metadata')) return null;
  const table = { bytes: metadataTable, firstEntryAt: 32, count: readU16(metadataTable, 10, 'little') };
  const entry = findEntry(table, virtualDiskSizeGuid);
  return entry === null ? null : readU32(entry, 16, 'little');
}

type Search = { readonly missing: ByteRange } | { readonly virtualSizeBytes: bigint | null };

/** Follows the pointers as far as the bytes are there: either the answer, or the range that is needed next. */
function searchVirtualSize(image: KeptBytes): Search {
  const regionTable = image.read(regionTableRange);
  if (regionTable === null) return { missing: regionTableRange };
  const metadataRange = metadataTableRange(regionTable);
  if (metadataRange === null) return { virtualSizeBytes: null };
  const metadataTable = image.read(metadataRange);
  if (metadataTable === null) return { missing: metadataRange };
  const offset = virtualSizeOffset(metadataTable);
  if (offset === null) return { virtualSizeBytes: null };
  const startsAt = metadataRange.startsAt + offset;
  const sizeRange = { startsAt, endsAt: startsAt + 8 };
  const size = image.read(sizeRange);
  return size === null ? { missing: sizeRange } : { virtualSizeBytes: readU64(size, 0, 'little') };
}

function isVhdx(image: KeptBytes): boolean {
  return hasSignature(image.readStart(signature.length), signature);
}

function inspect(image: KeptBytes): FormatFinding | null {
  if (!isVhdx(image)) return null;
  const search = searchVirtualSize(image);
  return 'missing' in search ? incompleteFinding('vhdx') : completeFinding('vhdx', search.virtualSizeBytes);
}

function nextRange(image: KeptBytes): ByteRange | null {
  if (!isVhdx(image)) return null;
  const search = searchVirtualSize(image);
  return 'missing' in search ? search.missing : null;
}

export const vhdxInspector: FormatInspector = { format: 'vhdx', inspect, nextRange };
