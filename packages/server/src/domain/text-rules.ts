/**
 * What text may contain and how it is measured and ordered, independently of how JavaScript keeps it.
 * Source: contract 02 §1 (four-byte characters, lengths), 07 §1 (lengths count code points), 12 §8 (byte order).
 */

/**
 * Whether some database could not keep the text: characters that need four bytes in UTF-8, as emoji do, are beyond
 * three-byte character sets, and U+0000 and half a surrogate pair are beyond all of them.
 */
export function hasUnstorableCharacters(text: string): boolean {
  return /[\0\ud800-\udfff]/.test(text);
}

/** Length in code points: a surrogate pair counts once. */
export function codePointLength(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g);
  return text.length - (pairs?.length ?? 0);
}

/** Length of the text in bytes of UTF-8. */
export function utf8ByteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

/** Compares as the bytes of UTF-8 do, which is the order of code points; JavaScript's `<` compares UTF-16 units. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  let index = 0;
  while (index < length && left.charCodeAt(index) === right.charCodeAt(index)) index++;
  if (index === length) return left.length - right.length;
  return utf8Rank(left.charCodeAt(index)) - utf8Rank(right.charCodeAt(index));
}

/** Moves the surrogates, which stand for the largest code points, behind all other UTF-16 units. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Text a client sent, as a message may repeat it: quoted, escaped and cut to a length a log line bears. */
export function quoteForMessage(text: string): string {
  const longest = 100;
  return text.length > longest ? `${JSON.stringify(text.slice(0, longest))}…` : JSON.stringify(text);
}
