import { accessRulesAllow } from '@lucarne/identity-lite/access-rules.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import type { CallerClaims, IdentitySource, RequestHeaders } from '../../ports/identity-source.ts';
import { anonymous } from '../identity/trusted-headers.ts';
import { startFakeKeystone, tokenOf } from './fake-keystone.testing.ts';
import type { FakeKeystone } from './fake-keystone.testing.ts';
import { keystoneIdentity } from './keystone-identity.ts';
import type { KeystoneIdentityOptions } from './keystone-identity.ts';
import type { KeystoneSession } from './service-session.ts';
import { openMemoryTokenCache } from './token-cache.ts';
import { openTokenValidator } from './token-validator.ts';

let keystone: FakeKeystone;
let now: number;
const clock = { now: () => new Date(now), every: () => () => undefined };
const sessions: KeystoneSession[] = [];

beforeEach(async () => {
  keystone = await startFakeKeystone();
  now = Date.now();
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await keystone.stop();
});

interface SourceOptions extends Partial<KeystoneIdentityOptions> {
  readonly includesCatalog?: boolean;
  readonly keptSeconds?: number;
}

function open({ includesCatalog = true, keptSeconds = 300, ...options }: SourceOptions = {}): IdentitySource {
  const session = keystone.session({ clock });
  sessions.push(session);
  const cache = openMemoryTokenCache({ clock, keptSeconds, mostEntries: 100, mostBytes: 1_000_000 });
  return keystoneIdentity({
    validator: openTokenValidator({ session, cache, includesCatalog, patienceSeconds: 30 }),
    clock,
    authenticateUri: 'http://keystone',
    anonymous: null,
    delaysDecision: true,
    serviceTokens: { roles: ['service'], required: true },
    serviceType: 'image',
    bindEnforcement: 'permissive',
    accessRulesAllow,
    ...options,
  });
}

function identify(
  source: IdentitySource,
  headers: RequestHeaders,
  call = 'GET /v2/images',
): Promise<CallerClaims | null> {
  const [method = '', path = ''] = call.split(' ');
  return source.identify({ headers, method, path, baseUrl: 'http://here' });
}

const validations = () => keystone.count('GET', '/v3/auth/tokens');

const inThePast = () => new Date(now - 1000);
const serviceToken = {
  user: { id: 's1', name: 'nova', domain: { id: 'd2' } },
  roles: [{ name: 'Service' }, { name: 'service' }],
};

describe('a valid token', () => {
  test('says who is calling, in lower-cased roles, with catalog and token lent', async () => {
    keystone.tokens.set('t', tokenOf());
    const claims = await identify(open(), { 'x-auth-token': ' t ' });
    expect(claims).toMatchObject({
      userId: 'u1',
      userDomainId: 'd1',
      projectId: 'p1',
      projectDomainId: 'd1',
      domainId: null,
      systemScope: null,
      roles: ['member', 'reader'],
      serviceRoles: [],
      serviceUserId: null,
      isAdminProject: true,
      readOnly: false,
      names: { user_name: 'alice', project_name: 'demo' },
    });
    expect(claims?.access?.token()).toBe('t');
    expect(claims?.access?.catalog()).toEqual([{ type: 'image', name: 'glance', endpoints: [] }]);
    expect(JSON.stringify(claims)).not.toContain('"t"');
  });

  test.each([
    [
      { project: undefined, domain: { id: 'd9', name: 'x' } },
      { projectId: null, domainId: 'd9', systemScope: null },
    ],
    [
      { project: undefined, system: { all: true } },
      { projectId: null, domainId: null, systemScope: 'all' },
    ],
    [
      { project: undefined, roles: undefined },
      { projectId: null, roles: [] },
    ],
    [{ is_admin_project: false }, { isAdminProject: false }],
  ])('of another scope: %j', async (changes, claims) => {
    keystone.tokens.set('t', tokenOf(changes));
    expect(await identify(open(), { 'x-storage-token': 't' })).toMatchObject(claims);
  });

  test('is asked for as Keystone wants it', async () => {
    keystone.tokens.set('t', tokenOf());
    await identify(open(), { 'x-auth-token': 't' });
    expect(keystone.requests.at(-1)).toMatchObject({
      url: '/v3/auth/tokens',
      headers: { 'x-auth-token': 'own-1', 'x-subject-token': 't', 'openstack-identity-access-rules': '1' },
    });
    await identify(open({ includesCatalog: false }), { 'x-auth-token': 't' });
    expect(keystone.requests.at(-1)?.url).toBe('/v3/auth/tokens?nocatalog=');
  });
});

describe('nobody is who comes with', () => {
  test.each([
    ['no token', {}],
    ['an empty one', { 'x-auth-token': '' }],
    ['one that Keystone does not know', { 'x-auth-token': 'strange' }],
    ['one sent twice', { 'x-auth-token': 't, t' }],
    ['one that cannot be one', { 'x-auth-token': 'a\tb' }],
    ['one beyond all length', { 'x-auth-token': 'a'.repeat(20_000) }],
    ['one that has expired', { 'x-auth-token': 'old' }],
    ['one that is bound by Kerberos', { 'x-auth-token': 'bound' }],
    ['a service token alone', { 'x-service-token': 'nova' }],
  ])('%s', async (_, headers) => {
    keystone.tokens.set('t', tokenOf());
    keystone.tokens.set('old', tokenOf({}, inThePast()));
    keystone.tokens.set('bound', tokenOf({ bind: { kerberos: 'alice@X' } }));
    keystone.tokens.set('nova', tokenOf(serviceToken));
    expect(await identify(open(), headers)).toBeNull();
  });

  test('identity headers of whatever kind', async () => {
    keystone.tokens.set('t', tokenOf());
    const forged = {
      'x-identity-status': 'Confirmed',
      'x-service-identity-status': 'Confirmed',
      'x-user-id': 'root',
      'x-project-id': 'p0',
      'x-tenant-id': 'p0',
      'x-roles': 'admin',
      'x-role': 'admin',
      'x-service-roles': 'service',
      'x-is-admin-project': 'True',
      'openstack-system-scope': 'all',
      'x-domain-id': 'd0',
      'x-service-catalog': '[{"type": "image"}]',
    };
    const source = open({ anonymous: null });
    expect(await identify(source, forged)).toBeNull();
    const claims = await identify(source, { ...forged, 'x-auth-token': 't' });
    expect(claims).toEqual({ ...(await identify(source, { 'x-auth-token': 't' })), access: expect.anything() });
  });

  test('is anonymous where that is allowed', async () => {
    expect(await identify(open({ anonymous }), {})).toBe(anonymous);
    expect(await identify(open({ anonymous }), { 'x-auth-token': 'strange' })).toBe(anonymous);
  });
});

describe('when Keystone cannot say, whatever is delayed, it is unavailable', () => {
  test.each([
    [500, true],
    [503, false],
    [403, true],
    [400, false],
    ['cut', true],
  ] as const)('%s, delayed %s', async (lapse, delaysDecision) => {
    keystone.lapse = ({ method, url }) => (method === 'GET' && url.startsWith('/v3/auth') ? lapse : null);
    const failure = await identify(open({ delaysDecision }), { 'x-auth-token': 't' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImageServiceError);
    expect(failure).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '5' } });
  });

  test.each([
    {},
    { token: {} },
    { token: { user: { id: 'u' } } },
    { token: { expires_at: 'soon', user: { id: 'u' } } },
  ])('an answer that describes no token: %j', async (document) => {
    keystone.tokens.set('t', Object.values(document)[0] ?? {});
    await expect(identify(open(), { 'x-auth-token': 't' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a kept token is believed all the same', async () => {
    keystone.tokens.set('t', tokenOf());
    const source = open();
    await identify(source, { 'x-auth-token': 't' });
    await keystone.stop();
    expect(await identify(source, { 'x-auth-token': 't' })).toMatchObject({ userId: 'u1' });
    await expect(identify(source, { 'x-auth-token': 'u' })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('one validation', () => {
  test('serves a hundred requests that bring the token at the same time', async () => {
    keystone.tokens.set('t', tokenOf());
    const release = keystone.hold();
    const source = open();
    const claims = Array.from({ length: 100 }, () => identify(source, { 'x-auth-token': 't' }));
    release();
    expect((await Promise.all(claims)).every((each) => each?.userId === 'u1')).toBe(true);
    expect([validations(), keystone.count('POST', '/v3/auth/tokens')]).toEqual([1, 1]);
  });

  test('serves those that come within the cache time, and a revoked token no longer', async () => {
    keystone.tokens.set('t', tokenOf());
    const source = open({ keptSeconds: 10 });
    await identify(source, { 'x-auth-token': 't' });
    keystone.tokens.delete('t');
    now += 9_999;
    expect(await identify(source, { 'x-auth-token': 't' })).not.toBeNull();
    expect(validations()).toBe(1);
    now += 1;
    expect(await identify(source, { 'x-auth-token': 't' })).toBeNull();
  });

  test('does not outlive the token', async () => {
    keystone.tokens.set('t', tokenOf({}, new Date(now + 5_000)));
    const source = open();
    expect(await identify(source, { 'x-auth-token': 't' })).not.toBeNull();
    now += 5_000;
    expect(await identify(source, { 'x-auth-token': 't' })).toBeNull();
  });

  test('is not kept when the token is unknown', async () => {
    const source = open();
    expect(await identify(source, { 'x-auth-token': 't' })).toBeNull();
    keystone.tokens.set('t', tokenOf());
    expect(await identify(source, { 'x-auth-token': 't' })).not.toBeNull();
  });

  test('is one of 32 at most, however many unknown tokens come', async () => {
    const source = open();
    await identify(source, { 'x-auth-token': 'first' });
    const release = keystone.hold();
    const flood = Array.from({ length: 200 }, (__, index) => identify(source, { 'x-auth-token': `bad-${index}` }));
    await expect.poll(validations, { timeout: 60_000 }).toBe(33);
    release();
    expect(new Set(await Promise.all(flood))).toEqual(new Set([null]));
    expect(validations()).toBe(201);
  }, 60_000);
});

describe('a service token', () => {
  beforeEach(() => {
    keystone.tokens.set('t', tokenOf());
    keystone.tokens.set('old', tokenOf({}, inThePast()));
    keystone.tokens.set('nova', tokenOf(serviceToken));
    keystone.tokens.set('late-nova', tokenOf(serviceToken, inThePast()));
    keystone.tokens.set('bob', tokenOf({ user: { id: 'u2', name: 'bob', domain: { id: 'd1' } } }));
  });

  test('tells which service calls, with its roles as they are', async () => {
    expect(await identify(open(), { 'x-auth-token': 't', 'x-service-token': 'nova' })).toMatchObject({
      userId: 'u1',
      roles: ['member', 'reader'],
      serviceUserId: 's1',
      serviceUserDomainId: 'd2',
      serviceProjectId: 'p1',
      serviceRoles: ['Service', 'service'],
    });
  });

  test('lets a token of a user count that has expired', async () => {
    const source = open();
    expect(await identify(source, { 'x-auth-token': 'old', 'x-service-token': 'nova' })).toMatchObject({
      userId: 'u1',
    });
    expect(keystone.requests.at(-1)?.url).toBe('/v3/auth/tokens?allow_expired=1');
    // What is kept of it is of no use to others.
    expect(await identify(source, { 'x-auth-token': 'old' })).toBeNull();
    expect(await identify(source, { 'x-auth-token': 'old', 'x-service-token': 'nova' })).not.toBeNull();
  });

  test.each([
    ['a stranger’s', 'strange', false],
    ['one that has expired', 'late-nova', false],
    ['one without the role', 'bob', false],
    ['one without the role that is not required', 'bob', true],
  ])('that is %s lets none count', async (_, text, isAnyRoleGood) => {
    const source = open({ serviceTokens: { roles: ['service'], required: !isAnyRoleGood } });
    expect(await identify(source, { 'x-auth-token': 'old', 'x-service-token': text })).toBeNull();
    expect(await identify(source, { 'x-auth-token': 't', 'x-service-token': text })).toMatchObject({
      userId: 'u1',
      serviceUserId: isAnyRoleGood ? 'u2' : null,
    });
  });

  test('that is invalid refuses the request where the decision is not delayed', async () => {
    const source = open({ delaysDecision: false });
    expect(await identify(source, { 'x-auth-token': 't', 'x-service-token': 'bob' })).toBeNull();
    expect(await identify(source, { 'x-auth-token': 't' })).not.toBeNull();
    expect([source.refusal, open().refusal]).toEqual(['keystone', 'page']);
  });
});

describe('an application credential with access rules', () => {
  const rules = [
    { id: '1', service: 'image', method: 'GET', path: '/v2/images/{id}' },
    { id: '2', service: 'image', method: 'PUT', path: '/v2/images/*/file' },
    { id: '3', service: 'compute', method: 'DELETE', path: '/v2/**' },
  ];
  const restricted = (changes = {}) =>
    tokenOf({ application_credential: { id: 'a', access_rules: rules }, ...changes });

  test.each([
    ['GET /v2/images/x', true],
    ['PUT /v2/images/x/file', true],
    ['GET /v2/images', false],
    ['GET /v2/images/x/y', false],
    ['DELETE /v2/images/x', false],
  ])('%s: %s', async (call, isAllowed) => {
    keystone.tokens.set('t', restricted());
    expect((await identify(open(), { 'x-auth-token': 't' }, call)) !== null).toBe(isAllowed);
  });

  test.each([
    ['the service has no name', { serviceType: null }, {}],
    ['the catalog does not know the service', {}, { catalog: [{ type: 'compute' }] }],
    ['there is no catalog', {}, { catalog: undefined }],
    ['there is no rule', {}, { application_credential: { access_rules: [] } }],
  ])('is good for nothing when %s', async (_, options, changes) => {
    keystone.tokens.set('t', restricted(changes));
    expect(await identify(open(options), { 'x-auth-token': 't' }, 'GET /v2/images/x')).toBeNull();
  });

  test('without a list of them is good for everything', async () => {
    keystone.tokens.set('t', restricted({ application_credential: { id: 'a', access_rules: null } }));
    expect(await identify(open(), { 'x-auth-token': 't' }, 'DELETE /v2/images/x')).not.toBeNull();
  });

  test('is good for every call of a service, and not of whoever says it is one', async () => {
    keystone.tokens.set('t', restricted());
    keystone.tokens.set('nova', tokenOf(serviceToken));
    const source = open();
    const call = 'DELETE /v2/images/x';
    expect(await identify(source, { 'x-auth-token': 't', 'x-service-token': 'nova' }, call)).not.toBeNull();
    expect(await identify(source, { 'x-auth-token': 't', 'x-service-token': 'strange' }, call)).toBeNull();
    expect(await identify(source, { 'x-auth-token': 't', 'x-service-token': 't' }, call)).toBeNull();
  });
});

test.each([
  ['disabled', { kerberos: 'a' }, true],
  ['disabled', undefined, true],
  ['permissive', { kerberos: 'a' }, false],
  ['permissive', { x509: 'a' }, true],
  ['permissive', {}, true],
  ['strict', { x509: 'a' }, false],
  ['strict', undefined, true],
] as const)('with enforcement %s a token bound by %j is taken: %s', async (bindEnforcement, bind, isTaken) => {
  keystone.tokens.set('t', tokenOf({ bind }));
  keystone.tokens.set('nova', tokenOf(serviceToken));
  const source = open({ bindEnforcement });
  expect((await identify(source, { 'x-auth-token': 't' })) !== null).toBe(isTaken);
  expect((await identify(source, { 'x-auth-token': 't', 'x-service-token': 'nova' })) !== null).toBe(isTaken);
});

test('a 401 tells where Keystone is', () => {
  expect(open().challenge?.('http://here')).toBe('Keystone uri="http://keystone"');
});
