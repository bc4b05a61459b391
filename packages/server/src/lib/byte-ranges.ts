/**
 * Which bytes of a body a request asks for: the header `Range`, or the legacy request header `Content-Range`, which is
 * looked at only when `Range` is absent. A range that makes no sense is refused, not ignored as RFC 9110 allows.
 * Source: contract 03 §4.3. Differs: `bytes=-0` and suffixes of an empty body cannot be satisfied.
 */

export interface RangeHeaders {
  /** Undefined when the header is absent; an empty value is a range nobody can satisfy. */
  readonly range: string | undefined;
  readonly contentRange: string | undefined;
}

export type ByteRange =
  | { readonly kind: 'whole' }
  /** Both ends inclusive, 0 ≤ start ≤ end < size. */
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }
  /** More than one range in one request, which is not supported. */
  | { readonly kind: 'multiple' };

const unsatisfiable: ByteRange = { kind: 'unsatisfiable' };

/** Resolves the range headers of a request against a body of `sizeBytes`. Never throws. */
export function resolveByteRange(headers: RangeHeaders, sizeBytes: number): ByteRange {
  if (headers.range !== undefined) return resolveRange(headers.range, sizeBytes);
  if (headers.contentRange !== undefined) return resolveContentRange(headers.contentRange, sizeBytes);
  return { kind: 'whole' };
}

function resolveRange(header: string, sizeBytes: number): ByteRange {
  if (header.includes(',')) return { kind: 'multiple' };
  // Taken apart step by step: one pattern that allows blanks everywhere takes quadratic time on many of them.
  const [unit = '', bounds = '', ...more] = header.split('=').map((part) => part.trim());
  const [first = '', last, ...others] = bounds.split('-').map((part) => part.trim());
  const isRange = unit.toLowerCase() === 'bytes' && last !== undefined && /^[0-9]*$/.test(first + last);
  if (!isRange || more.length > 0 || others.length > 0) return unsatisfiable;
  if (first !== '') return satisfy(Number(first), last === '' ? Infinity : Number(last), sizeBytes);
  // The last 0 bytes, and a dash alone, begin where the body ends: nobody has that byte.
  return satisfy(Math.max(0, sizeBytes - Number(last)), Infinity, sizeBytes);
}

/** The total a client states is not compared with anything, but unlike in `Range` the end must exist. */
function resolveContentRange(header: string, sizeBytes: number): ByteRange {
  const match = /^bytes ([0-9]+)-([0-9]+)\/(?:[0-9]+|\*)$/.exec(header.trim());
  if (match === null) return unsatisfiable;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return end < sizeBytes ? satisfy(start, end, sizeBytes) : unsatisfiable;
}

function satisfy(start: number, end: number, sizeBytes: number): ByteRange {
  if (start > end || start >= sizeBytes) return unsatisfiable;
  return { kind: 'range', start, end: Math.min(end, sizeBytes - 1) };
}
