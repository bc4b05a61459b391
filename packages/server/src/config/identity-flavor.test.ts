import { describe, expect, test } from 'vitest';
import { parseFlavor } from './identity-flavor.ts';

describe('a flavor', () => {
  test.each([
    [null, 'pocket', false, false],
    ['pocket', 'pocket', false, false],
    ['keystone', 'keystone', false, false],
    ['keystone+caching', 'keystone', true, false],
    ['keystone+cachemanagement', 'keystone', true, true],
    ['', 'none', false, false],
    ['none', 'none', false, false],
    ['trusted-auth', 'trusted-auth', false, false],
    ['caching', 'none', true, false],
    ['cachemanagement', 'none', true, true],
    ['none+caching', 'none', true, false],
    ['trusted-auth+caching', 'trusted-auth', true, false],
    [' trusted-auth + cachemanagement ', 'trusted-auth', true, true],
    ['pocket+cachemanagement', 'pocket', true, true],
    ['pocket+caching+cachemanagement', 'pocket', true, true],
    ['caching+pocket', 'pocket', true, false],
  ])('%j is identity %s, cached downloads %s, older cache routes %s', (text, identity, caching, cacheManagement) => {
    expect(parseFlavor(text)).toEqual({ identity, caching, cacheManagement });
  });

  test.each(['keystone+none', 'keystone2', 'pocket+none', 'caching+caching', 'pocket+', '+', 'Pocket', 'cache'])(
    '%j is none of this release',
    (text) => {
      expect(parseFlavor(text)).toBeNull();
    },
  );
});
