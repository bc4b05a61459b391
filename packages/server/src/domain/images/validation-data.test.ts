import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { sampleImage } from './image-samples.testing.ts';
import type { Image } from './image.ts';
import { isDigest, mergeValidationData, validatedHashes } from './validation-data.ts';
import type { ValidationData } from './validation-data.ts';

const data: ValidationData = { hashAlgorithm: 'sha512', hashValue: 'a'.repeat(128), checksum: 'c'.repeat(32) };
const { checksum: _, ...withoutChecksum } = data;
const held = { ...data, status: 'active' as const };

describe('validation data on an image', () => {
  test.each<readonly [string, Partial<Image>, ValidationData, object | string]>([
    ['become the hashes of a queued one', {}, data, data],
    ['without a checksum leave it alone', {}, withoutChecksum, withoutChecksum],
    ['are kept in lower case', {}, { ...data, hashValue: 'A'.repeat(128) }, data],
    ['that it has already are fine in any status', held, data, {}],
    ['that it has already are fine in another case', held, { ...data, hashValue: 'A'.repeat(128) }, {}],
    ['that differ from what it has: 409', held, { ...data, hashValue: 'b'.repeat(128) }, 'conflict'],
    ['that differ in the checksum alone: 409', held, { ...data, checksum: 'd'.repeat(32) }, 'conflict'],
    ['that are new to one that is active: 409', { status: 'active' }, data, 'conflict'],
    ['by another algorithm than the service uses: 409', {}, { ...data, hashAlgorithm: 'sha256' }, 'conflict'],
    ['of the wrong length: 409', {}, { ...data, hashValue: 'a'.repeat(126) }, 'conflict'],
    ['that are not hexadecimal: 409', {}, { ...data, hashValue: 'g'.repeat(128) }, 'conflict'],
    ['with a checksum that is not hexadecimal: 409', {}, { ...data, checksum: 'x'.repeat(32) }, 'conflict'],
  ])('%s', (__, image, said, expected) => {
    const validate = () => validatedHashes(sampleImage(image), said, 'sha512');
    if (typeof expected === 'string') expect(errorCodeOf(validate)).toBe(expected);
    else expect(validate()).toEqual(expected);
  });
});

test('of several locations are merged, and must not contradict each other: 409', () => {
  expect(mergeValidationData([null, null])).toBeNull();
  expect(mergeValidationData([withoutChecksum, null, data])).toEqual(data);
  expect(errorCodeOf(() => mergeValidationData([data, { ...data, hashAlgorithm: 'md5' }]))).toBe('conflict');
});

test.each([
  ['md5', 'a'.repeat(32), true],
  ['sha1', 'A'.repeat(40), true],
  ['sha256', 'a'.repeat(64), true],
  ['blake2b', 'a'.repeat(128), true],
  ['sha3_224', 'a'.repeat(56), true],
  ['sha1', 'a'.repeat(39), false],
  ['sha256', `${'a'.repeat(63)} `, false],
  ['md5', '', false],
  ['whirlpool', 'abc', false],
  ['whirlpool', 'abcd', true],
])('by %s the text %s can be a digest: %s', (algorithm, text, isOne) => {
  expect(isDigest(algorithm, text)).toBe(isOne);
});
