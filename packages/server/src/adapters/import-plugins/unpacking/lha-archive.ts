/**
 * The one file of an lha archive. Source: contract 14 §7; the header levels 0 to 3 as LHa for UNIX writes them.
 *
 * The headers are read here, and the program that unpacks gets a fresh one without a name, so that nothing in an
 * archive but the packed bytes ever reaches it.
 */
import { badRequest } from '../../../domain/errors.ts';
import { asCharacters, hasSignature, readU16, readU32 } from '../../../domain/image-formats/byte-fields.ts';
import type { ArchiveMember } from './archive-member.ts';
import { damaged, notOneFile } from './damaged-data.ts';
import { readBytes } from './packed-input.ts';
import type { PackedSource } from './packed-input.ts';

/** Longer headers hold nothing that leads to an image. */
const maxHeaderBytes = 64 * 1024;
const shortestHeaderBytes = 24;
const levelAt = 20;

const packedMethods: ReadonlySet<string> = new Set(['-lh1-', '-lh4-', '-lh5-', '-lh6-', '-lh7-', '-lhx-']);

interface MemberHeader {
  readonly headerBytes: number;
  readonly packedBytes: number;
  readonly crc: number;
}

/** Finds the file; an archive of several, or of something else raises `badRequest`. */
export async function findLhaMember(source: PackedSource, archiveBytes: number): Promise<ArchiveMember> {
  const head = await readBytes(source, 0, Math.min(archiveBytes, maxHeaderBytes));
  if (head.byteLength < shortestHeaderBytes) throw damaged('lha');
  const { headerBytes, packedBytes, crc } = readHeader(head);
  const end = headerBytes + packedBytes;
  if (end > archiveBytes) throw damaged('lha');
  await checkEnd(source, end, archiveBytes);
  const method = asCharacters(head.subarray(2, 7));
  const sizeBytes = readU32(head, 11, 'little');
  const member = { sizeBytes, checksum: { expected: crc, extend: extendCrc16 } };
  if (method === '-lhd-') throw notOneFile('lha', 'a folder or a link');
  if (method === '-lh0-') return { ...member, method: 'stored', range: { start: headerBytes, end } };
  if (!packedMethods.has(method)) {
    throw badRequest(`The lha archive uses a method that is not supported. Pack it with -lh5-.`);
  }
  const prefix = namelessHeader(head, packedBytes, crc);
  return { ...member, method: 'lha', range: { start: headerBytes, end, prefix, suffix: new Uint8Array(1) } };
}

/** A zero or the end of the archive says that there is no further member. */
async function checkEnd(source: PackedSource, end: number, archiveBytes: number): Promise<void> {
  const rest = await readBytes(source, end, Math.min(end + 4, archiveBytes));
  if (rest.byteLength === 0 || rest[0] === 0) return;
  throw hasSignature(rest, '-l', 2) ? notOneFile('lha', 'more than one file') : damaged('lha');
}

function readHeader(head: Uint8Array): MemberHeader {
  switch (head[levelAt]) {
    case 0:
      return readLevel0(head);
    case 1:
      return readLevel1(head);
    case 2:
      return readExtended(head, { total: readU16(head, 0, 'little'), firstAt: 24, sizeBytes: 2 });
    case 3:
      if (head.byteLength < 32) throw damaged('lha');
      return readExtended(head, { total: readU32(head, 24, 'little'), firstAt: 28, sizeBytes: 4 });
    default:
      throw damaged('lha');
  }
}

/** Where the CRC stands in levels 0 and 1: behind the name. The sum of the header is checked on the way. */
function basicHeader(head: Uint8Array): { readonly headerBytes: number; readonly crcAt: number } {
  const headerBytes = (head[0] ?? 0) + 2;
  const crcAt = 22 + (head[21] ?? 0);
  if (headerBytes > head.byteLength || crcAt + 2 > headerBytes) throw damaged('lha');
  if (sumOf(head.subarray(2, headerBytes)) !== head[1]) throw damaged('lha');
  return { headerBytes, crcAt };
}

function readLevel0(head: Uint8Array): MemberHeader {
  const { headerBytes, crcAt } = basicHeader(head);
  return { headerBytes, packedBytes: readU32(head, 7, 'little'), crc: readU16(head, crcAt, 'little') };
}

/** The packed size counts the extended headers in, which follow the basic one. */
function readLevel1(head: Uint8Array): MemberHeader {
  const { headerBytes, crcAt } = basicHeader(head);
  if (crcAt + 5 > headerBytes) throw damaged('lha');
  const end = walkExtensions(head, { at: headerBytes - 2, sizeBytes: 2 });
  const packedBytes = readU32(head, 7, 'little') - (end - headerBytes);
  if (packedBytes < 0) throw damaged('lha');
  return { headerBytes: end, packedBytes, crc: readU16(head, crcAt, 'little') };
}

interface ExtendedLayout {
  /** Bytes of the whole header. */
  readonly total: number;
  /** Where the size of the first extension stands. */
  readonly firstAt: number;
  /** Bytes of each such size. */
  readonly sizeBytes: 2 | 4;
}

function readExtended(head: Uint8Array, { total, firstAt, sizeBytes }: ExtendedLayout): MemberHeader {
  // Some programs add a byte, so that the header does not begin with a zero.
  const end = walkExtensions(head, { at: firstAt, sizeBytes });
  if (total < end || total > end + 1 || total > head.byteLength) throw damaged('lha');
  return { headerBytes: total, packedBytes: readU32(head, 7, 'little'), crc: readU16(head, 21, 'little') };
}

/** Sizes of more than 32 bits, which the program does not know. */
const largeSizesType = 0x42;

/** Gives the end of the chain of extensions. Each ends with the size of the next; zero is the last. */
function walkExtensions(head: Uint8Array, first: { readonly at: number; readonly sizeBytes: 2 | 4 }): number {
  const { sizeBytes } = first;
  let { at } = first;
  for (;;) {
    if (at + sizeBytes > head.byteLength) throw damaged('lha');
    const length = sizeBytes === 2 ? readU16(head, at, 'little') : readU32(head, at, 'little');
    at += sizeBytes;
    if (length === 0) return at;
    if (length <= sizeBytes) throw damaged('lha');
    if (head[at] === largeSizesType) {
      throw badRequest('The lha archive is of the kind for files above 4 GiB. Pack the image with gzip.');
    }
    at += length - sizeBytes;
  }
}

/** A header of level 0 for the same data. */
function namelessHeader(head: Uint8Array, packedBytes: number, crc: number): Uint8Array {
  const header = new Uint8Array(25);
  const fields = new DataView(header.buffer);
  header.set(head.subarray(2, 15), 2);
  fields.setUint8(0, header.byteLength - 2);
  fields.setUint32(7, packedBytes, true);
  fields.setUint8(19, 0x20);
  fields.setUint8(21, 1);
  fields.setUint8(22, 'x'.charCodeAt(0));
  fields.setUint16(23, crc, true);
  fields.setUint8(1, sumOf(header.subarray(2)));
  return header;
}

function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0xa001 : sum >>> 1;
  return sum;
});

/** CRC-16/ARC. */
function extendCrc16(sum: number, bytes: Uint8Array): number {
  let extended = sum;
  for (const byte of bytes) extended = (crc16Table[(extended ^ byte) & 0xff] ?? 0) ^ (extended >>> 8);
  return extended;
}
