import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import {
  checkAddedTagQuota,
  checkLocationQuota,
  checkMemberQuota,
  checkPropertyQuota,
  checkTagQuota,
} from './quotas.ts';

const generally = 'The limit has been exceeded on the number of allowed image';

describe.each<[string, (count: number, quota: number) => void, string]>([
  [
    'members',
    (count, quota) => checkMemberQuota('i1', count, quota),
    `Image member limit exceeded for image i1: ${generally} members for this image.`,
  ],
  ['tags', checkTagQuota, `${generally} tags.`],
  [
    'a tag that is added',
    (count, quota) => checkAddedTagQuota('i1', count, quota),
    `Image tag limit exceeded for image i1: ${generally} tags.`,
  ],
  ['locations', checkLocationQuota, `${generally} locations.`],
])('the quota of %s', (_, check, text) => {
  test.each([
    [3, 3, 'none'],
    [4, 3, 'limitExceeded'],
    [0, 0, 'none'],
    [1, 0, 'limitExceeded'],
    [1_000_000, -1, 'none'],
  ])('%i with at most %i: %s', (count, quota, expected) => {
    expect(errorCodeOf(() => check(count, quota))).toBe(expected);
  });

  test('names what was attempted and what is allowed in the words of Glance', () => {
    expect(() => check(4, 3)).toThrow(`${text} Attempted: 4, Maximum: 3`);
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
