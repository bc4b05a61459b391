import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveByteRange } from './byte-ranges.ts';
import type { ByteRange } from './byte-ranges.ts';

function range(header: string | undefined, sizeBytes = 10): ByteRange {
  return resolveByteRange({ range: header, contentRange: undefined }, sizeBytes);
}

function contentRange(header: string, sizeBytes = 10): ByteRange {
  return resolveByteRange({ range: undefined, contentRange: header }, sizeBytes);
}

describe('without a range header', () => {
  test.each([0, 10])('a body of %i bytes is asked for whole', (sizeBytes) => {
    expect(range(undefined, sizeBytes)).toEqual({ kind: 'whole' });
  });
});

describe('header Range on 10 bytes', () => {
  test.each([
    ['bytes=0-4', 0, 4],
    ['bytes=5-', 5, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-20', 0, 9],
    ['bytes=-10', 0, 9],
    ['bytes=0-100', 0, 9],
    ['bytes=9-9', 9, 9],
    ['bytes=0-99999999999999999999999', 0, 9],
    ['Bytes = 2 - 3', 2, 3],
  ])('%j asks for bytes %i to %i', (header, start, end) => {
    expect(range(header)).toEqual({ kind: 'range', start, end });
  });

  test.each([
    'bytes=10-',
    'bytes=10-11',
    'bytes=99999999999999999999999-',
    'bytes=5-2',
    'bytes=',
    'bytes=-',
    'bytes=-0',
    'bytes=a-b',
    'bytes=--3',
    'bytes=0-4x',
    'bytes 0-4',
    'items=0-4',
    '0-4',
    'bytes',
    '',
  ])('%j cannot be satisfied: 416', (header) => {
    expect(range(header)).toEqual({ kind: 'unsatisfiable' });
  });

  test.each(['bytes=0-1,3-4', 'bytes=0-1,', ','])('%j is more than one range: 400', (header) => {
    expect(range(header)).toEqual({ kind: 'multiple' });
  });

  test.each(['bytes=0-', 'bytes=0-0', 'bytes=-1', 'bytes=-0'])('%j cannot be satisfied by 0 bytes: 416', (header) => {
    expect(range(header, 0)).toEqual({ kind: 'unsatisfiable' });
  });

  test('decides alone when Content-Range is there, too', () => {
    const headers = { range: 'bytes=1-2', contentRange: 'bytes 3-4/*' };
    expect(resolveByteRange(headers, 10)).toEqual({ kind: 'range', start: 1, end: 2 });
  });
});

describe('legacy header Content-Range on 10 bytes', () => {
  test.each([
    ['bytes 0-4/*', 0, 4],
    ['bytes 0-4/10', 0, 4],
    ['bytes 0-4/5', 0, 4],
    ['bytes 9-9/*', 9, 9],
  ])('%j asks for bytes %i to %i', (header, start, end) => {
    expect(contentRange(header)).toEqual({ kind: 'range', start, end });
  });

  test.each([
    'bytes 0-10/*',
    'bytes 0-10/11',
    'bytes 10-11/*',
    'bytes 10-10/20',
    'bytes */10',
    'bytes 4-2/*',
    'bytes=0-4',
    'bytes 0-/10',
    'x',
    '',
  ])('%j cannot be satisfied: 416', (header) => {
    expect(contentRange(header)).toEqual({ kind: 'unsatisfiable' });
  });
});

test('the bytes granted are those of the body that were asked for', () => {
  const bound = fc.option(fc.nat({ max: 30 }));
  fc.assert(
    fc.property(bound, bound, fc.nat({ max: 20 }), (first, last, sizeBytes) => {
      const body = Array.from({ length: sizeBytes }, (_, index) => index);
      const wanted =
        first === null
          ? body.slice(Math.max(0, sizeBytes - (last ?? 0)))
          : body.filter((index) => index >= first && (last === null || index <= last));
      const granted = range(`bytes=${first ?? ''}-${last ?? ''}`, sizeBytes);
      const bytes = granted.kind === 'range' ? body.slice(granted.start, granted.end + 1) : [];
      expect(bytes).toEqual(wanted);
      expect(granted.kind).toBe(wanted.length === 0 ? 'unsatisfiable' : 'range');
    }),
    { numRuns: 300 },
  );
});
