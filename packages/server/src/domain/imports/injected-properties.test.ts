import { describe, expect, test } from 'vitest';
import { injectedProperties } from './injected-properties.ts';

const properties = new Map([
  ['hw_disk_bus', 'virtio'],
  ['checked', 'no'],
]);

describe('properties that the operator gives to imported images', () => {
  test('go to everybody without an ignored role', () => {
    expect(injectedProperties({ ignoreUserRoles: ['admin'], properties }, ['member', 'reader'])).toEqual(properties);
    expect(injectedProperties({ ignoreUserRoles: [], properties }, ['admin'])).toEqual(properties);
    expect(injectedProperties({ ignoreUserRoles: ['admin'], properties }, [])).toEqual(properties);
  });

  test.each([
    ['admin', ['member', 'admin']],
    ['Admin', ['admin']],
    ['image_admin', ['image_admin']],
  ])('do not go to who has the ignored role %s', (ignored, roles) => {
    expect(injectedProperties({ ignoreUserRoles: ['other', ignored], properties }, roles)).toEqual(new Map());
  });

  test('are compared by whole role names', () => {
    expect(injectedProperties({ ignoreUserRoles: ['admin'], properties }, ['adm', 'admins']).size).toBe(2);
  });

  test('keep names that JavaScript knows', () => {
    const odd = new Map([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(injectedProperties({ ignoreUserRoles: [], properties: odd }, [])).toEqual(odd);
  });

  test.each(
    (
      'os_glance_import_task os_glance os_glance_x id name status locations owner checksum ' +
      'direct_url deleted virtual_size disk_format tags created_at'
    ).split(' '),
  )('are dropped when their name is not free: %s', (name) => {
    const injection = { ignoreUserRoles: [], properties: new Map([[name, 'x'], ...properties]) };
    expect(injectedProperties(injection, [])).toEqual(properties);
  });
});
