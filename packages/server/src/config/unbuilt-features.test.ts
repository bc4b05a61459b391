import { describe, expect, test } from 'vitest';
import { load, loadText } from './load-configuration.testing.ts';

describe('a configuration that counts on a missing feature is refused', () => {
  test.each([
    ['keystone_authtoken', 'memcache_sasl_enabled = true', /memcache_sasl_enabled: is not part of this release/],
    ['keystone_authtoken', 'memcache_sasl_enabled = maybe', /memcache_sasl_enabled: is not part of this release/],
    ['glance_store', 'default_store = rbd', /the store "rbd" is not part of this release/],
    ['glance_store', 'default_store = swift+https', /the store "swift\+https" is not part of this release/],
    ['glance_store', 'stores = file, http, rbd', /the store "rbd" is not part of this release/],
    ['glance_store', 'stores = file, glance.store.cinder.Store', /the store "glance.store.cinder.Store" is not part/],
    ['paste_deploy', 'flavor = keystone+trusted-auth', /"keystone\+trusted-auth" is not a known flavor/],
    [
      'paste_deploy',
      'flavor = pokcet',
      /"pokcet" is not a known flavor; allowed is one of keystone, pocket, trusted-auth/,
    ],
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
    const { problems } = load({ env: { OS_KEYSTONE_AUTHTOKEN__MEMCACHE_SASL_ENABLED: 'true' } });
    expect(problems).toEqual([
      expect.stringMatching(
        /^OS_KEYSTONE_AUTHTOKEN__MEMCACHE_SASL_ENABLED: \[keystone_authtoken\] memcache_sasl_enabled: /,
      ),
    ]);
  });

  test.each(['enabled_backends =', 'use_keystone_limits = false'])('one that switches it off is not: %s', (line) => {
    expect(loadText(`[DEFAULT]\n${line}\n`).problems).toEqual([]);
  });
});
