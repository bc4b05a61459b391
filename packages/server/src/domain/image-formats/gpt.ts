/**
 * gpt: a disk with a partition table, by its master boot record. A plain MBR is the same format here; the GPT headers
 * themselves are not read. Source: contract 14 §3.
 */
import { hasSignature, isZero, readU32 } from './byte-fields.ts';
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const bootSectorRange = { startsAt: 0, endsAt: 512 };
const tableOffset = 446;
const entryBytes = 16;
const protectiveType = 0xee;

/** A FAT boot sector (two tables, fixed medium) ends in the same two bytes but holds no partitions. */
function isFatBootSector(sector: Uint8Array): boolean {
  return sector[16] === 2 && sector[21] === 0xf8;
}

function partitionEntries(sector: Uint8Array): Uint8Array[] {
  return [0, 1, 2, 3].map((slot) => {
    const startsAt = tableOffset + slot * entryBytes;
    return sector.subarray(startsAt, startsAt + entryBytes);
  });
}

function isWellFormed(entry: Uint8Array): boolean {
  if (entry[0] !== 0 && entry[0] !== 0x80) return false;
  if (entry[4] !== protectiveType) return true;
  return hasSignature(entry, '\x00\x02\x00', 1) && readU32(entry, 8, 'little') === 1;
}

/** The check `mbr`: entries well formed, at least one used, and a protective entry alone in the first slot. */
function isValidTable(sector: Uint8Array): boolean {
  const entries = partitionEntries(sector);
  if (!entries.every(isWellFormed)) return false;
  const types = Uint8Array.from(entries, (entry) => entry[4] ?? 0);
  if (types.includes(protectiveType)) return types[0] === protectiveType && isZero(types.subarray(1));
  return !isZero(types);
}

function inspect(image: KeptBytes): FormatFinding | null {
  const sector = image.read(bootSectorRange);
  if (sector === null || !hasSignature(sector, '\x55\xaa', 510) || isFatBootSector(sector)) return null;
  return completeFinding('gpt', BigInt(image.sizeBytes), isValidTable(sector) ? [] : ['mbr']);
}

export const gptInspector: FormatInspector = { format: 'gpt', inspect };
