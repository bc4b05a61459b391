/**
 * Query strings as ordered pairs, read and written the way Python's `urllib.parse` does, because the links in image
 * lists are compared as text by clients. Source: contract 01 §4, 02 §9.4.
 */

/** A parameter name and its value, decoded. Names may repeat; the order is that of the query string. */
export type QueryPair = readonly [name: string, value: string];

/**
 * Decodes a query string given without its `?`. A parameter without `=` has an empty value, empty segments are
 * skipped, `+` is a blank, and a `%` that no two hexadecimal digits follow stands for itself.
 * Gives null when the bytes meant are not UTF-8.
 */
export function parseQueryString(query: string): readonly QueryPair[] | null {
  const pairs: QueryPair[] = [];
  for (const segment of query.split('&')) {
    if (segment === '') continue;
    const equals = segment.indexOf('=');
    const name = decodeComponent(equals === -1 ? segment : segment.slice(0, equals));
    const value = equals === -1 ? '' : decodeComponent(segment.slice(equals + 1));
    if (name === null || value === null) return null;
    pairs.push([name, value]);
  }
  return pairs;
}

/** Encodes pairs; everything but ASCII letters, digits and `_.-~` is escaped, a blank becomes `+`. */
export function encodeQueryString(pairs: readonly QueryPair[]): string {
  return pairs.map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`).join('&');
}

function decodeComponent(text: string): string | null {
  if (!/[%+\u0080-\uffff]/.test(text)) return text;
  const bytes = bytesOf(text);
  if (bytes === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Node hands over unescaped bytes above 0x7F as one character each, so a character up to U+00FF is a byte. */
function bytesOf(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0xff) return null;
    const escaped = unit === 0x25 ? hexByte(text, index + 1) : null;
    if (escaped !== null) index += 2;
    bytes[length++] = escaped ?? (unit === 0x2b ? 0x20 : unit);
  }
  return bytes.subarray(0, length);
}

function hexByte(text: string, index: number): number | null {
  const digits = text.slice(index, index + 2);
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : null;
}

function encodeComponent(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) encoded += encodeByte(byte);
  return encoded;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9_.~-]/.test(character)) return character;
  return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
