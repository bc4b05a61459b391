/**
 * The one file of a zip archive, found by its central directory, so that the number of its files is the true one.
 * Source: contract 14 §7; APPNOTE 6.3.10 of the format.
 *
 * Strict: between the headers that are read there is nothing else, so that no two programs can read two different
 * archives out of one.
 */
import { crc32 } from 'node:zlib';
import { badRequest } from '../../../domain/errors.ts';
import { hasSignature, readU16, readU32, readU64 } from '../../../domain/image-formats/byte-fields.ts';
import type { ArchiveMember } from './archive-member.ts';
import { damaged, notOneFile } from './damaged-data.ts';
import { readBytes } from './packed-input.ts';
import type { PackedSource } from './packed-input.ts';

const endBytes = 22;
const locator64Bytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
const localBytes = 30;
const maxCommentBytes = 0xffff;
const field16Full = 0xffff;
const field32Full = 0xffffffff;

interface Directory {
  readonly entries: number;
  readonly start: number;
  readonly end: number;
}

/** Finds the file; an archive of none, of several, or of something else raises `badRequest`. */
export async function findZipMember(source: PackedSource, archiveBytes: number): Promise<ArchiveMember> {
  const directory = await findDirectory(source, archiveBytes);
  if (directory.entries !== 1) throw notOneFile('zip', directory.entries === 0 ? 'no file' : 'more than one file');
  const entry = readEntry(await readBytes(source, directory.start, directory.end));
  const local = await readBytes(source, 0, localBytes);
  const start = localBytes + readU16(local, 26, 'little') + readU16(local, 28, 'little');
  const end = start + entry.packedBytes;
  const agrees = readU16(local, 8, 'little') === entry.methodNumber;
  if (!hasSignature(local, 'PK\x03\x04') || !agrees || end > directory.start) throw damaged('zip');
  const { method, range } = await methodOf(entry, { start, end }, source);
  return {
    method,
    range,
    sizeBytes: entry.sizeBytes,
    checksum: { expected: entry.crc, extend: (sum, bytes) => crc32(bytes, sum) },
  };
}

/** Looks for the record at the very end of the archive; only a comment may follow it. */
async function findDirectory(source: PackedSource, archiveBytes: number): Promise<Directory> {
  const tailStart = Math.max(0, archiveBytes - endBytes - maxCommentBytes - locator64Bytes - end64Bytes);
  const tail = await readBytes(source, tailStart, archiveBytes);
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (!hasSignature(tail, 'PK\x05\x06', at)) continue;
    const record = tail.subarray(at);
    if (readU16(record, 20, 'little') !== record.byteLength - endBytes) continue;
    const directory = readEnd64(tail, at, tailStart) ?? readEnd(record, tailStart + at);
    const length = directory.end - directory.start;
    // One entry with the longest name, extra fields and comment.
    const isPlausible = directory.start >= localBytes && length >= 0 && length <= entryBytes + 3 * field16Full;
    if (directory.entries === 1 && !isPlausible) throw damaged('zip');
    return directory;
  }
  throw damaged('zip');
}

function readEnd(record: Uint8Array, position: number): Directory {
  const disk = readU16(record, 4, 'little');
  const directoryDisk = readU16(record, 6, 'little');
  const entriesHere = readU16(record, 8, 'little');
  const entries = readU16(record, 10, 'little');
  const length = readU32(record, 12, 'little');
  const start = readU32(record, 16, 'little');
  if (disk !== 0 || directoryDisk !== 0 || entriesHere !== entries) throw notOneFile('zip', 'a part of a file');
  if (start + length !== position) throw damaged('zip');
  return { entries, start, end: position };
}

/** The larger form of the record, which stands before the small one; null when there is none. */
function readEnd64(tail: Uint8Array, at: number, tailStart: number): Directory | null {
  const locatorAt = at - locator64Bytes;
  const recordAt = locatorAt - end64Bytes;
  if (recordAt < 0 || !hasSignature(tail, 'PK\x06\x07', locatorAt)) return null;
  const position = tailStart + recordAt;
  const locator = tail.subarray(locatorAt, at);
  const record = tail.subarray(recordAt, locatorAt);
  const isWhole = hasSignature(record, 'PK\x06\x06') && readU64(record, 4, 'little') === BigInt(end64Bytes - 12);
  if (!isWhole || readU64(locator, 8, 'little') !== BigInt(position)) throw damaged('zip');
  const start = readU64(record, 48, 'little');
  if (start + readU64(record, 40, 'little') !== BigInt(position)) throw damaged('zip');
  return { entries: clampedNumber(readU64(record, 32, 'little')), start: Number(start), end: position };
}

interface Entry {
  readonly methodNumber: number;
  readonly flags: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
}

const isEncrypted = 1;

function readEntry(entry: Uint8Array): Entry {
  if (entry.byteLength < entryBytes || !hasSignature(entry, 'PK\x01\x02')) throw damaged('zip');
  const nameBytes = readU16(entry, 28, 'little');
  const extraBytes = readU16(entry, 30, 'little');
  const extraStart = entryBytes + nameBytes;
  if (extraStart + extraBytes + readU16(entry, 32, 'little') !== entry.byteLength) throw damaged('zip');
  checkPlainFile(entry, nameBytes);
  const flags = readU16(entry, 8, 'little');
  if ((flags & isEncrypted) !== 0) throw badRequest('The zip archive is encrypted. Pack the image without a password.');
  const sizes = readSizes(entry, entry.subarray(extraStart, extraStart + extraBytes));
  return { methodNumber: readU16(entry, 10, 'little'), flags, crc: readU32(entry, 16, 'little'), ...sizes };
}

const madeOnUnix = 3;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;

/** Links, folders and devices are no images. */
function checkPlainFile(entry: Uint8Array, nameBytes: number): void {
  if (nameBytes > 0 && entry[entryBytes + nameBytes - 1] === '/'.charCodeAt(0)) throw notOneFile('zip', 'a folder');
  if (entry[5] !== madeOnUnix) return;
  const type = readU16(entry, 40, 'little') & fileTypeMask;
  if (type !== 0 && type !== regularFile) throw notOneFile('zip', 'a link, a folder or a device');
}

/** Sizes and place of the data; those that do not fit stand in the extra field, in this order. */
function readSizes(entry: Uint8Array, extra: Uint8Array): Pick<Entry, 'packedBytes' | 'sizeBytes'> {
  const large = findExtraField(extra, 1);
  let at = 0;
  function field(offset: number): number {
    const value = readU32(entry, offset, 'little');
    if (value !== field32Full) return value;
    if (large === null || at + 8 > large.byteLength) throw damaged('zip');
    at += 8;
    return clampedNumber(readU64(large, at - 8, 'little'));
  }
  const sizeBytes = field(24);
  const packedBytes = field(20);
  if (field(42) !== 0) throw damaged('zip');
  return { sizeBytes, packedBytes };
}

function findExtraField(extra: Uint8Array, wanted: number): Uint8Array | null {
  let at = 0;
  while (at + 4 <= extra.byteLength) {
    const length = readU16(extra, at + 2, 'little');
    if (readU16(extra, at, 'little') === wanted) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return null;
}

/** A size beyond all files becomes one that is refused for being beyond the archive. */
function clampedNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

const methods: ReadonlyMap<number, ArchiveMember['method']> = new Map([
  [0, 'stored'],
  [8, 'deflate'],
  [12, 'bzip2'],
  [14, 'lzma'],
  [93, 'zstd'],
  [95, 'xz'],
]);

async function methodOf(
  entry: Entry,
  range: { readonly start: number; readonly end: number },
  source: PackedSource,
): Promise<Pick<ArchiveMember, 'method' | 'range'>> {
  const method = methods.get(entry.methodNumber);
  if (method === undefined) {
    throw badRequest(
      `The zip archive uses method ${entry.methodNumber}, which is not supported. Pack it with deflate.`,
    );
  }
  return { method, range: method === 'lzma' ? await lzmaRange(entry, range, source) : range };
}

const lzmaPropertiesBytes = 5;
const lzmaHasEndMarker = 2;

/** Turns the header zip gives to lzma data into that of a .lzma file, which xz reads. */
async function lzmaRange(
  { flags, sizeBytes }: Entry,
  { start, end }: { readonly start: number; readonly end: number },
  source: PackedSource,
): Promise<ArchiveMember['range']> {
  const dataStart = start + 4 + lzmaPropertiesBytes;
  if (dataStart > end) throw damaged('zip');
  const header = await readBytes(source, start, dataStart);
  if (readU16(header, 2, 'little') !== lzmaPropertiesBytes) throw damaged('zip');
  const prefix = new Uint8Array(lzmaPropertiesBytes + 8).fill(0xff);
  prefix.set(header.subarray(4), 0);
  if ((flags & lzmaHasEndMarker) === 0) {
    new DataView(prefix.buffer).setBigUint64(lzmaPropertiesBytes, BigInt(sizeBytes), true);
  }
  return { start: dataStart, end, prefix };
}
