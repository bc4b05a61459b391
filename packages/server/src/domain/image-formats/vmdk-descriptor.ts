/**
 * The text descriptor of a vmdk: which kind of disk it makes and which files it names. Only descriptors of a disk that
 * is one self-contained file are let through, because a reader of the image would open the files named.
 * Source: contract 14 §3.
 *
 * Differs: every `createType` counts, not only the first, and bytes behind the text of a descriptor do not hide it.
 */
import { asCharacters } from './byte-fields.ts';

/** `createType` values, in lower case, whose data lie in the image file itself. */
const selfContainedTypes: ReadonlySet<string> = new Set(['monolithicsparse', 'streamoptimized']);
const createTypeStatement = /createtype(?:="([^"]{0,63})")?/g;
const headerLine = /^[^\s=]+=/;
const extentLine = /^(?:rw|rdonly|noaccess)(?:\s|$)/;
/** The shortest text that is looked at as a descriptor of its own. */
const shortestDescriptorBytes = 64;

/** The bytes before the first that a descriptor cannot hold: a NUL, which ends it, or one outside ASCII. */
export function leadingText(bytes: Uint8Array): Uint8Array {
  const length = bytes.findIndex((byte) => byte === 0 || byte >= 0x80);
  return length === -1 ? bytes : bytes.subarray(0, length);
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

/** Whether a stream could be a descriptor without a sparse header in front, by its first bytes. */
export function startsLikeText(bytes: Uint8Array): boolean {
  return bytes.length >= shortestDescriptorBytes && bytes.subarray(0, shortestDescriptorBytes).every(isPrintable);
}

/**
 * Whether a stream is a descriptor without a sparse header. The text before the first other byte decides, so that
 * bytes appended to a descriptor do not hide it: readers take such a file for a disk made of other files.
 */
export function isDescriptorFile(bytes: Uint8Array): boolean {
  return startsLikeText(bytes) && asCharacters(leadingText(bytes)).toLowerCase().includes('createtype=');
}

/** The text of an embedded descriptor in lower case, padding removed; null when it is not ASCII. */
export function descriptorText(bytes: Uint8Array): string | null {
  const text = leadingText(bytes);
  const isAscii = text.length === bytes.length || bytes[text.length] === 0;
  return isAscii ? asCharacters(text).toLowerCase() : null;
}

/** Whether the text says that the disk is one file. Said twice it must be so both times: readers differ in which counts. */
export function isSelfContained(text: string): boolean {
  const statements = [...text.matchAll(createTypeStatement)];
  return statements.length > 0 && statements.every(([, type]) => type !== undefined && selfContainedTypes.has(type));
}

/** The check `descriptor`, over a text as `descriptorText` gives it. */
export function isSafeDescriptor(text: string): boolean {
  if (!isSelfContained(text)) return false;
  let extents = 0;
  for (const line of text.split('\n').map((untrimmed) => untrimmed.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith('ddb') || headerLine.test(line)) continue;
    // A slash leads out of the directory of the image.
    if (!extentLine.test(line) || line.includes('/')) return false;
    extents++;
  }
  return extents > 0;
}
