import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { checkDigest, parseLocationRequest } from './location-request.ts';

const url = 'https://repo.example/a.qcow2';
const said = { os_hash_algo: 'sha256', os_hash_value: 'AB'.repeat(32) };

describe('the body of a request to register data', () => {
  test.each([
    [{ url }, null],
    [{ url, validation_data: {} }, null],
    [
      { url, validation_data: said, other: 1 },
      { hashAlgorithm: 'sha256', hashValue: 'ab'.repeat(32) },
    ],
    [
      { url, validation_data: { ...said, os_hash_value: 'x' } },
      { hashAlgorithm: 'sha256', hashValue: 'x' },
    ],
  ])('%j is understood', (body, expected) => {
    expect(parseLocationRequest(body)).toEqual({ url, expected });
  });

  test.each<readonly [unknown]>([
    [{}],
    [[]],
    [[url]],
    [{ url: 1 }],
    [{ url: null }],
    [{ url: 'http://\u{1f600}' }],
    [{ url: `http://x/${'a'.repeat(45_000)}` }],
    [{ url, validation_data: null }],
    [{ url, validation_data: [] }],
    [{ url, validation_data: 'x' }],
    [{ url, validation_data: { os_hash_algo: 'sha256' } }],
    [{ url, validation_data: { os_hash_value: 'ab' } }],
    [{ url, validation_data: { ...said, checksum: 'c'.repeat(32) } }],
    [{ url, validation_data: { ...said, os_hash_algo: 'sha384' } }],
    [{ url, validation_data: { ...said, os_hash_algo: null } }],
    [{ url, validation_data: { ...said, os_hash_value: 'a'.repeat(129) } }],
    [{ url, validation_data: { ...said, os_hash_value: 5 } }],
  ])('%j is malformed: 400', (body) => {
    expect(errorCodeOf(() => parseLocationRequest(body))).toBe('badRequest');
  });
});

test.each([
  ['md5', 'a'.repeat(32), 'none'],
  ['sha1', 'a'.repeat(40), 'none'],
  ['sha256', 'a'.repeat(64), 'none'],
  ['sha512', 'a'.repeat(128), 'none'],
  ['sha512', 'a'.repeat(127), 'badRequest'],
  ['md5', 'x'.repeat(32), 'badRequest'],
])('%s %s as a digest: %s', (hashAlgorithm, hashValue, code) => {
  expect(errorCodeOf(() => checkDigest({ hashAlgorithm, hashValue }))).toBe(code);
  expect(errorCodeOf(() => checkDigest(null))).toBe('none');
});
