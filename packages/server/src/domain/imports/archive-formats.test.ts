import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packingSignatureBytes, recognisePacking, unpackedSizeLimit } from './archive-formats.ts';

function bytes(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

describe('packed data are recognised by their first bytes', () => {
  test.each([
    ['gzip', '\x1f\x8b\x08'],
    ['zip', 'PK\x03\x04'],
    ['lha', 'xx-lh5-'],
    ['lha', '\0\0-lhd-'],
    ['xz', '\xfd7zXZ\0'],
    ['zstd', '\x28\xb5\x2f\xfd'],
    ['bzip2', 'BZh91AY&SY'],
    ['bzip2', 'BZh1\x17\x72\x45\x38\x50\x90'],
  ])('%s: %j', (format, start) => {
    expect(recognisePacking(bytes(start))).toBe(format);
    expect(recognisePacking(bytes(`${start}and more`))).toBe(format);
    expect(recognisePacking(bytes(start.slice(0, -1)))).toBe(format === 'lha' ? 'lha' : null);
    expect(start.length).toBeLessThanOrEqual(packingSignatureBytes);
  });

  test.each([
    ['nothing', ''],
    ['gzip of another method than deflate', '\x1f\x8b\x07'],
    ['a zip without files', 'PK\x05\x06'],
    ['a zip in several parts', 'PK\x07\x08PK\x03\x04'],
    ['lha elsewhere', 'x-lh5-'],
    ['bzip2 of no level', 'BZh01AY&SY'],
    ['bzip version 1', 'BZ0'],
    ['qcow2', 'QFI\xfb'],
    ['zeros', '\0'.repeat(20)],
  ])('not packed: %s', (_, start) => {
    expect(recognisePacking(bytes(start))).toBeNull();
  });

  test('bytes behind the first few change nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: packingSignatureBytes, maxLength: 40 }), (data) => {
        expect(recognisePacking(data)).toBe(recognisePacking(data.subarray(0, packingSignatureBytes)));
      }),
    );
  });
});

describe('unpacked data may have', () => {
  const maximum = { bytes: 2 ** 40, exceeded: 'Larger than an image may be.' };
  const mebibyte = 2 ** 20;

  test.each([
    ['so many times the packed size', 10 * mebibyte, 100, 1000 * mebibyte],
    ['64 MiB whatever the ratio', 1000, 100, 64 * mebibyte],
    ['whole bytes', 100 * mebibyte, 1.000_000_001, 100 * mebibyte],
  ])('%s', (_, packedBytes, maxRatio, bytes) => {
    expect(unpackedSizeLimit({ packedBytes, maximum, maxRatio }).bytes).toBe(bytes);
  });

  test('never more than an image, whose limit is told then', () => {
    expect(unpackedSizeLimit({ packedBytes: 2 ** 39, maximum, maxRatio: 100 })).toBe(maximum);
    const small = { bytes: 1000, exceeded: 'The quota is used up.' };
    expect(unpackedSizeLimit({ packedBytes: 10, maximum: small, maxRatio: 100 })).toBe(small);
  });

  test('a ratio that is told when it is passed', () => {
    const { exceeded } = unpackedSizeLimit({ packedBytes: mebibyte, maximum, maxRatio: 100 });
    expect(exceeded).toContain('more than 104857600 bytes, over 100 times their packed size of 1048576');
  });
});
