import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  codePointLength,
  compareUtf8,
  hasUnstorableCharacters,
  quoteForMessage,
  utf8ByteLength,
} from './text-rules.ts';

const anyText = fc.string({ unit: 'binary' });

test.each([
  ['', false],
  ['plain', false],
  ['\u00e9\u20ac\uffff', false],
  ['a😀', true],
  ['\u{10000}', true],
  ['half \ud83d', true],
])('hasUnstorableCharacters(%j) is %s', (text, expected) => {
  expect(hasUnstorableCharacters(text)).toBe(expected);
});

describe('measures text as a database does', () => {
  test('a pair of surrogates is one character of four bytes', () => {
    expect([codePointLength('a😀'), utf8ByteLength('a😀')]).toEqual([2, 5]);
  });

  test('in code points and bytes of UTF-8, for all text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codePointLength(text)).toBe(Array.from(text).length);
        expect(utf8ByteLength(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});

describe('compareUtf8', () => {
  test('puts characters outside the Basic Multilingual Plane last, unlike JavaScript', () => {
    expect(compareUtf8('\uffee', '😀')).toBeLessThan(0);
    expect(['\uffee', '😀'].toSorted()).toEqual(['😀', '\uffee']);
  });

  test('orders all text as its bytes', () => {
    const close = fc.string({ unit: fc.constantFrom('a', 'b', '\u00e9', '\ue000', '\uffee', '😀', '\u{10ffff}') });
    fc.assert(
      fc.property(fc.oneof(anyText, close), fc.oneof(anyText, close), (one, other) => {
        expect(Math.sign(compareUtf8(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['a"b\n', '"a\\"b\\n"'],
  ['x'.repeat(101), `"${'x'.repeat(100)}"…`],
])('quoteForMessage(%j) is %s', (text, expected) => {
  expect(quoteForMessage(text)).toBe(expected);
});
