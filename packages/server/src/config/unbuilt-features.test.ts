import { describe, expect, test } from 'vitest';
import { load, loadText } from './load-configuration.testing.ts';

describe('a configuration that counts on a missing feature is refused', () => {
  test.each([
    ['DEFAULT', 'property_protection_file = pp.conf', /property_protection_file: is not part of this release/],
    ['DEFAULT', 'use_keystone_limits = true', /use_keystone_limits: is not part of this release/],
    ['DEFAULT', 'use_keystone_limits = maybe', /use_keystone_limits: is not part of this release/],
    ['glance_store', 'default_store = rbd', /the store "rbd" is not part of this release/],
    ['glance_store', 'default_store = swift+https', /the store "swift\+https" is not part of this release/],
    ['glance_store', 'stores = file, http, rbd', /the store "rbd" is not part of this release/],
    ['glance_store', 'stores = file, glance.store.cinder.Store', /the store "glance.store.cinder.Store" is not part/],
    ['paste_deploy', 'flavor = keystone', /token validation by Keystone is not part of this release/],
    ['paste_deploy', 'flavor = keystone+cachemanagement', /token validation by Keystone is not part of this release/],
    ['paste_deploy', 'flavor = pokcet', /"pokcet" is not a known flavor; allowed is one of pocket, trusted-auth, none/],
    ['paste_deploy', 'flavor = pocket+trusted-auth', /"pocket\+trusted-auth" is not a known flavor/],
    ['paste_deploy', 'flavor = pocket+', /"pocket\+" is not a known flavor/],
  ])('[%s] %s', (group, line, message) => {
    const { problems, settings } = loadText(`[${group}]\n${line}\n`);
    expect(settings).toBeNull();
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toMatch(/^\/etc\/lucarne\/a.conf:2: \[/);
  });

  test.each(['s3', 'swift', 'rbd', 'cinder', 'vmware'])('a store with an id of kind %s is', (kind) => {
    const text = `[glance_store]\ndefault_backend = a\n[DEFAULT]\nenabled_backends = a:file, b:${kind}\n[b]\nweight = 1\n`;
    const { problems, settings } = loadText(text);
    expect(settings).toBeNull();
    expect(problems).toEqual([
      `/etc/lucarne/a.conf:4: [DEFAULT] enabled_backends: the kind ${kind} of the store "b" is not part of this release: ` +
        'images in it could not be read, and new ones would be kept elsewhere; this release has file and http',
    ]);
  });

  test('the environment is no way around it', () => {
    const { problems } = load({ env: { OS_DEFAULT__USE_KEYSTONE_LIMITS: 'true' } });
    expect(problems).toEqual([
      expect.stringMatching(/^OS_DEFAULT__USE_KEYSTONE_LIMITS: \[DEFAULT\] use_keystone_limits: /),
    ]);
  });

  test.each(['enabled_backends =', 'property_protection_file =', 'use_keystone_limits = false'])(
    'one that switches it off is not: %s',
    (line) => {
      expect(loadText(`[DEFAULT]\n${line}\n`).problems).toEqual([]);
    },
  );
});
