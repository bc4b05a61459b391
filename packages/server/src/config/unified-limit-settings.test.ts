import { describe, expect, test } from 'vitest';
import { loadText, settingsOf } from './load-configuration.testing.ts';

const login =
  'auth_type = password\nauth_url = http://k:5000\nusername = glance\nuser_domain_name = Default\npassword = p\nsystem_scope = all\n';

function textOf(section: string): string {
  return `[DEFAULT]\nuse_keystone_limits = true\n[oslo_limit]\n${login}${section}`;
}

describe('[oslo_limit]', () => {
  test('is of no interest while the static limits count', () => {
    expect(settingsOf(loadText('[oslo_limit]\nauth_type = password\n')).unifiedLimits).toBeNull();
  });

  test('names an endpoint by its id, whatever else it says', () => {
    const { unifiedLimits } = settingsOf(loadText(textOf('endpoint_id = e1\nendpoint_service_type = image\n')));
    expect(unifiedLimits).toMatchObject({
      login: { scope: { kind: 'system' } },
      endpoint: { id: 'e1' },
      identityEndpoint: { interfaces: ['public'], region: null, override: null },
    });
  });

  test('names an endpoint by its service, region and kind, in the words of old or new', () => {
    const text = 'endpoint_service_type = image\nendpoint_region_name = r1\nendpoint_interface = internalURL\n';
    const about = 'valid_interfaces = admin, internal\nregion_name = r2\ntimeout = 3\n';
    expect(settingsOf(loadText(textOf(text + about))).unifiedLimits).toMatchObject({
      endpoint: { serviceName: null, serviceType: 'image', region: 'r1', interface: 'internal' },
      identityEndpoint: { interfaces: ['admin', 'internal'], region: 'r2' },
      connection: { timeoutSeconds: 3, connectTimeoutSeconds: 3 },
    });
  });

  test('is warned of where the limits of single projects would not be seen, and registered ones count for all', () => {
    const text = textOf('endpoint_id = e1\n');
    expect(loadText(text).warnings).toEqual([]);
    const other = text.replace('system_scope = all', 'project_id = p1');
    expect(loadText(other).warnings).toEqual([expect.stringMatching(/a\.conf:2: .*set system_scope = all$/)]);
  });

  test.each([
    ['no endpoint', textOf(''), /a\.conf:2: \[DEFAULT\] use_keystone_limits: .*set endpoint_id or/],
    [
      'no login',
      '[DEFAULT]\nuse_keystone_limits = true\n[oslo_limit]\nendpoint_id = e\n',
      /a\.conf:2: .*set auth_type in \[oslo_limit\]/,
    ],
    [
      'another kind of endpoint',
      textOf('endpoint_service_type = image\nendpoint_interface = private\n'),
      /a\.conf:11: \[oslo_limit\] endpoint_interface: "private"/,
    ],
    [
      'an address that is none',
      textOf('endpoint_id = e\nendpoint_override = keystone\n'),
      /a\.conf:11: \[oslo_limit\] endpoint_override/,
    ],
    [
      'certificates that are not there',
      textOf('endpoint_id = e\ncafile = /none.pem\n'),
      /a\.conf:11: \[oslo_limit\] cafile: \/none.pem/,
    ],
  ])('with %s refuses the start', (_, text, problem) => {
    const { problems, settings } = loadText(text);
    expect(settings).toBeNull();
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });
});
