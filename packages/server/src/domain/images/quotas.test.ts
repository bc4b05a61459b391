import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import {
  checkLocationQuota,
  checkMemberQuota,
  checkPropertyQuota,
  checkStorageQuota,
  checkTagQuota,
} from './quotas.ts';

describe.each([
  ['members', checkMemberQuota],
  ['tags', checkTagQuota],
  ['locations', checkLocationQuota],
])('the quota of %s', (noun, check) => {
  test.each([
    [3, 3, 'none'],
    [4, 3, 'limitExceeded'],
    [0, 0, 'none'],
    [1, 0, 'limitExceeded'],
    [1_000_000, -1, 'none'],
  ])('%i with at most %i: %s', (count, quota, expected) => {
    expect(errorCodeOf(() => check(count, quota))).toBe(expected);
  });

  test('names what was attempted and what is allowed', () => {
    expect(() => check(4, 3)).toThrow(new RegExp(`${noun}.*Attempted: 4, Maximum: 3`));
  });
});

test('properties of the service do not count against the property quota', () => {
  const properties = new Map([
    ['a', ''],
    ['os_glance_failed_import', ''],
    ['os_glanceful', ''],
  ]);
  expect(errorCodeOf(() => checkPropertyQuota(properties, 1))).toBe('none');
  expect(errorCodeOf(() => checkPropertyQuota(properties.set('b', ''), 1))).toBe('limitExceeded');
});

describe('the storage quota', () => {
  test.each<[number, number, number | null, number | null | string]>([
    [0, 5, 1e15, null],
    [0, 5, null, null],
    [100, 40, 60, 60],
    [100, 40, 61, 'limitExceeded'],
    [100, 40, null, 60],
    [100, 100, 0, 0],
    [100, 100, null, 'limitExceeded'],
    [100, 120, 0, 'limitExceeded'],
    [100, 120, null, 'limitExceeded'],
  ])('%i bytes, %i used, %j expected: %j', (quotaBytes, usedBytes, expectedBytes, expected) => {
    const check = () => checkStorageQuota({ quotaBytes, usedBytes, expectedBytes });
    const code = errorCodeOf(check);
    expect(code === 'none' ? check() : code).toBe(expected);
  });

  test('names what was attempted and what remains', () => {
    expect(() => checkStorageQuota({ quotaBytes: 100, usedBytes: 40, expectedBytes: 61 })).toThrow(
      /Attempted: 61 bytes, Maximum: 60 bytes/,
    );
  });
});
