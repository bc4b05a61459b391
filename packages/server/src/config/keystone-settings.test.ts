import { describe, expect, test } from 'vitest';
import { load, file, fileSystemOf, loadText, settingsOf } from './load-configuration.testing.ts';
import type { KeystoneSettings } from './settings.ts';

const flavor = '[paste_deploy]\nflavor = keystone\n';
const signIn = `auth_type = password
auth_url = http://keystone:5000
username = glance
user_domain_name = Default
password = hunter2
project_name = service
project_domain_name = Default
`;

function keystoneOf(text: string, files: Readonly<Record<string, string>> = {}): KeystoneSettings {
  const fileSystem = fileSystemOf({ '/etc/lucarne/a.conf': text, ...files });
  const { keystone } = settingsOf(load({ sources: [file('/etc/lucarne/a.conf')], fileSystem })).identity;
  if (keystone === null) throw new Error('Keystone is not asked');
  return keystone;
}

/** The problems of a section of sign-in, as line number and text. */
function problemsOf(lines: string): readonly string[] {
  const { problems } = loadText(`${flavor}[keystone_authtoken]\n${lines}`);
  expect(problems.join('\n')).not.toContain('hunter2');
  return problems.map((problem) => problem.replace('/etc/lucarne/a.conf:', ''));
}

const glance = { name: 'glance', domain: { name: 'Default' } };
const service = { name: 'service', domain: { name: 'Default' } };

describe('configurations as others write them', () => {
  test('one of DevStack', () => {
    const keystone = keystoneOf(
      `[DEFAULT]
debug = True
image_cache_dir = /opt/stack/data/glance/cache
worker_self_reference_url = http://192.0.2.7:9292
[database]
connection = sqlite:////opt/stack/data/glance.sqlite
[paste_deploy]
flavor = keystone+cachemanagement
[keystone_authtoken]
memcached_servers = localhost:11211
cafile = /opt/stack/data/ca-bundle.pem
project_domain_name = Default
project_name = service
user_domain_name = Default
password = secretservice
username = glance
auth_url = http://192.0.2.7/identity
interface = public
auth_type = password
[glance_store]
filesystem_store_datadir = /opt/stack/data/glance/images/
`,
      { '/opt/stack/data/ca-bundle.pem': '' },
    );
    expect(keystone).toEqual({
      login: {
        authUrl: 'http://192.0.2.7/identity',
        proof: { kind: 'password', user: glance, password: 'secretservice' },
        scope: { kind: 'project', project: service },
      },
      connection: {
        caFile: '/opt/stack/data/ca-bundle.pem',
        certificateFile: null,
        keyFile: null,
        insecure: false,
        connectTimeoutSeconds: 5,
        timeoutSeconds: 10,
        connectRetries: 3,
      },
      endpoint: { interfaces: ['public'], region: null, override: null },
      authenticateUri: 'http://192.0.2.7/identity',
      delaysDecision: true,
      includesCatalog: true,
      serviceType: null,
      bindEnforcement: 'permissive',
      serviceTokens: { roles: ['service'], required: true },
      cache: {
        seconds: 300,
        memcached: {
          servers: [{ name: 'localhost:11211', address: { host: 'localhost', port: 11211 } }],
          tls: null,
          timeoutSeconds: 3,
          deadRetrySeconds: 300,
          protection: null,
        },
      },
    });
  });

  test('one of Kolla', () => {
    const text = `[paste_deploy]
flavor = keystone
[keystone_authtoken]
service_type = image
www_authenticate_uri = http://10.0.0.250:5000
auth_url = http://10.0.0.250:5000
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = glance
password = pa%ss"word
cafile =
region_name = RegionOne
memcache_security_strategy = ENCRYPT
memcache_secret_key = sesame
memcached_servers = 10.0.0.1:11211,10.0.0.2:11211
[oslo_middleware]
enable_proxy_headers_parsing = True
[oslo_policy]
policy_file = policy.yaml
`;
    expect(keystoneOf(text)).toMatchObject({
      login: {
        proof: { user: { name: 'glance', domain: { id: 'default' } }, password: 'pa%ss"word' },
        scope: { project: { name: 'service', domain: { id: 'default' } } },
      },
      endpoint: { interfaces: ['internal'], region: 'RegionOne' },
      serviceType: 'image',
      cache: {
        memcached: {
          servers: [{ address: { host: '10.0.0.1' } }, { address: { host: '10.0.0.2' } }],
          protection: { strategy: 'ENCRYPT', secret: 'sesame' },
        },
      },
    });
  });

  test('one of the installation guide for Ubuntu, with the old names of some options', () => {
    const text = `${flavor}[keystone_authtoken]
auth_uri = http://controller:5000
auth-url = http://controller:5000/v3
memcache_servers = controller:11211
auth_plugin = v3password
user-domain-name = Default
tenant_name = service
project-domain-name = Default
user_name = glance
password = GLANCE_PASS
`;
    const loaded = loadText(text);
    expect(loaded.problems).toEqual([]);
    expect(keystoneOf(text)).toMatchObject({
      authenticateUri: 'http://controller:5000',
      login: {
        authUrl: 'http://controller:5000/v3',
        proof: { kind: 'password', user: glance, password: 'GLANCE_PASS' },
        scope: { kind: 'project', project: service },
      },
      cache: { memcached: { servers: [{ name: 'controller:11211' }] } },
    });
  });
});

describe('signing in', () => {
  test.each([
    [
      'auth_type = v3applicationcredential\napplication_credential_id = a\napplication_credential_secret = s\n',
      { proof: { kind: 'applicationCredential', credential: { id: 'a' }, secret: 's' }, scope: { kind: 'none' } },
    ],
    [
      'auth_type = v3applicationcredential\napplication_credential_name = n\napplication_credential_secret = s\nuser_id = u\n',
      { proof: { credential: { name: 'n', user: { id: 'u' } } } },
    ],
    ['auth_type = v3token\ntoken = t\nproject_id = p\n', { proof: { token: 't' }, scope: { project: { id: 'p' } } }],
    ['auth_type = password\nuser_id = u\npassword = p\nsystem_scope = all\n', { scope: { kind: 'system' } }],
    [
      'auth_type = password\nuser_id = u\npassword = p\ndomain_name = d\n',
      { scope: { kind: 'domain', domain: { name: 'd' } } },
    ],
    ['auth_type = password\nuser_id = u\npassword = p\ntrust_id = t\n', { scope: { kind: 'trust', trustId: 't' } }],
    [
      'auth_type = password\nusername = u\npassword = p\nproject_name = s\ndefault_domain_id = d\n',
      { proof: { user: { name: 'u', domain: { id: 'd' } } }, scope: { project: { name: 's', domain: { id: 'd' } } } },
    ],
  ])('%j', (lines, login) => {
    const text = `${flavor}[keystone_authtoken]\nauth_url = https://k\n${lines}`;
    expect(keystoneOf(text).login).toMatchObject({ authUrl: 'https://k', ...login });
  });

  test('with the options of another section', () => {
    const text = `${flavor}[keystone_authtoken]\nauth_section = Sign_In\nusername = nobody\n[sign_in]\n${signIn}`;
    expect(loadText(text).warnings).toEqual([]);
    expect(keystoneOf(text).login).toMatchObject({ authUrl: 'http://keystone:5000', proof: { user: glance } });
  });
});

describe('what is wrong or missing is told with its place', () => {
  const without = (name: string) => signIn.replace(new RegExp(`^${name} = .*\n`, 'm'), '');
  test.each([
    [
      '',
      /^2: \[paste_deploy\] flavor: it needs a sign-in to Keystone: set auth_type in \[keystone_authtoken\] to pass/,
    ],
    ['auth_type = kerberos\n', /^4: \[keystone_authtoken\] auth_type: "kerberos" is not supported; allowed is one of/],
    ['auth_type = noauth\n', /^4: .* auth_type: "noauth" is not supported: without a token of its own/],
    [without('auth_url'), /^4: .* auth_type: password also needs auth_url in \[keystone_authtoken\]$/],
    [without('password'), /^4: .* auth_type: password also needs password in/],
    [without('username'), /^4: .* auth_type: password also needs username or user_id in/],
    [without('user_domain_name'), /^4: .* also needs user_domain_name or user_domain_id in/],
    [without('project_domain_name'), /^4: .* also needs project_domain_name or project_domain_id in/],
    [signIn.replace('http://keystone:5000', 'keystone:5000'), /^5: .* auth_url: the value is not the address of a Key/],
    [signIn.replace('http://', 'http://a:hunter2@'), /^5: .* auth_url: the value is not the address of a Keystone/],
    [signIn.replace(':5000', ':5000/v2.0'), /^5: .* auth_url: version 2.0 of the identity API is gone/],
    [`${signIn}trust_id = t\n`, /^4: .* auth_type: only one of a project, a domain, system_scope and trust_id/],
    ['auth_type = v3token\nauth_url = http://k\n', /^4: .* auth_type: v3token also needs token in/],
    [
      'auth_type = v3applicationcredential\nauth_url = http://k\napplication_credential_secret = hunter2\n',
      /^4: .* v3applicationcredential also needs application_credential_id in/,
    ],
    [`${signIn}www_authenticate_uri = http://k"\n`, /^11: .* www_authenticate_uri: the value is not the address of/],
    [`${signIn}www_authenticate_uri = http://łódź\n`, /^11: .* www_authenticate_uri: the value is not the address of/],
    [`${signIn}www_authenticate_uri = http://k /\n`, /^11: .* www_authenticate_uri: the value is not the address of/],
    [`${signIn}interface = outside\n`, /^11: .* interface: "outside" is not a known choice/],
    [`${signIn}cafile = /none.pem\n`, /^11: .* cafile: \/none.pem: there is no such file/],
    [`${signIn}enforce_token_bind = required\n`, /^11: .* enforce_token_bind: "required" is not supported: it refuses/],
    [`${signIn}token_cache_time = long\n`, /^11: .* token_cache_time: "long" is not an integer/],
    [`${signIn}memcached_servers = host:0\n`, /^11: .* memcached_servers: "host:0" is not the address of a memcached/],
    [
      `${signIn}memcached_servers = a\nmemcache_security_strategy = MAC\n`,
      /^12: .* memcache_security_strategy: MAC also needs memcache_secret_key/,
    ],
    [`${signIn}memcache_sasl_enabled = true\n`, /^11: .* memcache_sasl_enabled: is not part of this release/],
  ])('%j', (lines, problem) => {
    expect(problemsOf(lines)).toEqual([expect.stringMatching(problem)]);
  });
});

test.each([
  ['a', { host: 'a', port: 11211 }],
  ['a:1', { host: 'a', port: 1 }],
  ['inet:10.0.0.1:2', { host: '10.0.0.1', port: 2 }],
  ['inet6:[fd00::1]:3', { host: 'fd00::1', port: 3 }],
  ['[::1]', { host: '::1', port: 11211 }],
  ['unix:/run/memcached.sock', { path: '/run/memcached.sock' }],
])('memcached server %s', (name, address) => {
  const { memcached } = keystoneOf(`${flavor}[keystone_authtoken]\n${signIn}memcached_servers = ${name}\n`).cache;
  expect(memcached?.servers).toEqual([{ name, address }]);
});

test.each(['-1', '0'])('token_cache_time = %s keeps no token', (seconds) => {
  const text = `${flavor}[keystone_authtoken]\n${signIn}token_cache_time = ${seconds}\n`;
  expect(keystoneOf(text).cache.seconds).toBeNull();
});
