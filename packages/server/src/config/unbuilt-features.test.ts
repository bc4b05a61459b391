import { describe, expect, test } from 'vitest';
import { load, loadText } from './load-configuration.testing.ts';

describe('a configuration that counts on a missing feature is refused', () => {
  test.each([
    ['DEFAULT', 'enabled_backends = fast:rbd, slow:file', /enabled_backends: is not part of this release/],
    ['DEFAULT', 'property_protection_file = pp.conf', /property_protection_file: is not part of this release/],
    ['DEFAULT', 'use_keystone_limits = true', /use_keystone_limits: is not part of this release/],
    ['DEFAULT', 'use_keystone_limits = maybe', /use_keystone_limits: is not part of this release/],
    ['DEFAULT', 'delayed_delete = yes', /delayed_delete: is not part of this release/],
    ['DEFAULT', 'metadata_encryption_key = 0123456789abcdef', /metadata_encryption_key: is not part of this release/],
    ['DEFAULT', 'show_multiple_locations = on', /show_multiple_locations: is not part of this release/],
    ['glance_store', 'filesystem_store_datadirs = /a:1', /filesystem_store_datadirs: is not part of this release/],
    ['glance_store', 'default_store = rbd', /the store "rbd" is not part of this release/],
    ['paste_deploy', 'flavor = keystone', /token validation by Keystone is not part of this release/],
    ['paste_deploy', 'flavor = caching', /the image cache is not part of this release/],
    ['paste_deploy', 'flavor = trusted-auth+cachemanagement', /the image cache is not part of this release/],
    ['paste_deploy', 'flavor = pokcet', /"pokcet" is not a known flavor; allowed is one of pocket, trusted-auth, none/],
  ])('[%s] %s', (group, line, message) => {
    const { problems, settings } = loadText(`[${group}]\n${line}\n`);
    expect(settings).toBeNull();
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toMatch(/^\/etc\/lucarne\/a.conf:2: \[/);
    expect(problems[0]).not.toContain('0123456789abcdef');
  });

  test('flavors that need two of them are refused for both', () => {
    const { problems } = loadText('[paste_deploy]\nflavor = keystone+cachemanagement\n');
    expect(problems).toEqual([expect.stringMatching(/Keystone/), expect.stringMatching(/image cache/)]);
  });

  test('the environment is no way around it', () => {
    const { problems } = load({ env: { OS_DEFAULT__DELAYED_DELETE: 'true' } });
    expect(problems).toEqual([expect.stringMatching(/^OS_DEFAULT__DELAYED_DELETE: \[DEFAULT\] delayed_delete: /)]);
  });

  test.each([
    'enabled_backends =',
    'property_protection_file =',
    'use_keystone_limits = false',
    'delayed_delete = off',
    'metadata_encryption_key =',
    'show_multiple_locations = no',
  ])('one that switches it off is not: %s', (line) => {
    expect(loadText(`[DEFAULT]\n${line}\n`).problems).toEqual([]);
  });

  test.each(['file', 'filesystem'])('the file store may be named: %s', (kind) => {
    expect(loadText(`[glance_store]\ndefault_store = ${kind}\n`).problems).toEqual([]);
  });
});
