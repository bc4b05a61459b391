import { describe, expect, test } from 'vitest';
import { startAnsweringServer } from './answering-server.testing.ts';
import type { AnsweringServer } from './answering-server.testing.ts';
import { createImageClient } from './image-client.ts';
import { AuthenticationError, createTokenProvider } from './password-auth.ts';
import type { ApplicationCredentials, PasswordCredentials } from './password-auth.ts';

const start = Date.parse('2026-03-01T09:00:00Z');
const lifetimeSeconds = 3600;

const catalog = [
  { type: 'identity', endpoints: [{ url: 'http://identity', interface: 'public', region_id: 'north' }] },
  {
    type: 'image',
    endpoints: [
      { url: 'http://north-admin', interface: 'admin', region_id: 'north' },
      { url: 'http://north', interface: 'public', region_id: 'north' },
      { url: 'http://south', interface: 'public', region: 'south' },
    ],
  },
];

/** Tokens are numbered; each is good for an hour from the time of `now`. */
function startKeystone(now: () => number = () => start): Promise<AnsweringServer> {
  let issued = 0;
  return startAnsweringServer(() => {
    issued += 1;
    const expiresAt = new Date(now() + lifetimeSeconds * 1000).toISOString().replace('Z', '000Z');
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${issued}` },
      body: { token: { expires_at: expiresAt, catalog } },
    };
  });
}

const ada = { username: 'ada', password: 'pw', projectName: 'engines' };

describe('a login', () => {
  const defaultDomain = { domain: { id: 'default' } };
  const logins: readonly (readonly [string, PasswordCredentials | ApplicationCredentials, object])[] = [
    [
      'by name',
      ada,
      {
        identity: { methods: ['password'], password: { user: { name: 'ada', ...defaultDomain, password: 'pw' } } },
        scope: { project: { name: 'engines', ...defaultDomain } },
      },
    ],
    [
      'by name in named domains',
      { ...ada, userDomainName: 'people', projectDomainId: 'd1' },
      {
        identity: {
          methods: ['password'],
          password: { user: { name: 'ada', domain: { name: 'people' }, password: 'pw' } },
        },
        scope: { project: { name: 'engines', domain: { id: 'd1' } } },
      },
    ],
    [
      'by ids',
      { userId: 'u1', password: 'pw', projectId: 'p1' },
      {
        identity: { methods: ['password'], password: { user: { id: 'u1', password: 'pw' } } },
        scope: { project: { id: 'p1' } },
      },
    ],
    [
      'by the id of an application credential',
      { applicationCredentialId: 'a1', applicationCredentialSecret: 's' },
      { identity: { methods: ['application_credential'], application_credential: { id: 'a1', secret: 's' } } },
    ],
    [
      'by the name of an application credential',
      { applicationCredentialName: 'ci', applicationCredentialSecret: 's', userId: 'u1' },
      {
        identity: {
          methods: ['application_credential'],
          application_credential: { name: 'ci', user: { id: 'u1' }, secret: 's' },
        },
      },
    ],
  ];

  test.each(logins)('%s asks Keystone for a token: 201', async (_case, credentials, auth) => {
    const keystone = await startKeystone();
    const provider = createTokenProvider({ authUrl: keystone.url, ...credentials, now: () => start });
    expect(await provider.token()).toBe('token-1');
    expect(keystone.requests[0]).toMatchObject({ method: 'POST', url: '/v3/auth/tokens' });
    expect(JSON.parse(String(keystone.requests[0]?.body))).toEqual({ auth });
  });

  test.each(['', '/', '/v3', '/v3/'])('goes to the same URL with "%s" behind it', async (end) => {
    const keystone = await startKeystone();
    await createTokenProvider({ authUrl: `${keystone.url}/identity${end}`, ...ada, now: () => start }).token();
    expect(keystone.requests[0]?.url).toBe('/identity/v3/auth/tokens');
  });

  test('with wrong credentials raises what Keystone says: 401', async () => {
    const keystone = await startAnsweringServer(() => ({
      status: 401,
      body: { error: { code: 401, message: 'Wrong password.', title: 'Unauthorized' } },
    }));
    const error: unknown = await createTokenProvider({ authUrl: keystone.url, ...ada })
      .token()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, message: 'Wrong password.' });
  });

  test.each([
    ['no token', { status: 201, body: { token: {} } }],
    ['something else', { status: 200, headers: { 'x-subject-token': 't' }, body: 'hello' }],
  ])('answered with %s raises', async (_case, answer) => {
    const keystone = await startAnsweringServer(() => answer);
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada });
    await expect(provider.token()).rejects.toThrow(AuthenticationError);
  });

  test('that failed is tried again by the next caller', async () => {
    let attempts = 0;
    const keystone = await startAnsweringServer(() => {
      attempts += 1;
      if (attempts === 1) return { status: 503 };
      const body = { token: { expires_at: '2999-01-01T00:00:00.000000Z' } };
      return { status: 201, headers: { 'x-subject-token': 't' }, body };
    });
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada });
    await expect(provider.token()).rejects.toMatchObject({ status: 503 });
    expect(await provider.token()).toBe('t');
  });
});

describe('a token', () => {
  test('is used until shortly before it expires', async () => {
    let now = start;
    const keystone = await startKeystone(() => now);
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada, renewBeforeSeconds: 60, now: () => now });
    expect(await provider.token()).toBe('token-1');
    now = start + (lifetimeSeconds - 61) * 1000;
    expect(await provider.token()).toBe('token-1');
    now += 1000;
    expect(await provider.token()).toBe('token-2');
  });

  test('is asked for once by callers at the same time', async () => {
    const keystone = await startKeystone();
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada, now: () => start });
    const tokens = await Promise.all([provider.token(), provider.token(), provider.imageEndpoint()]);
    expect(tokens).toEqual(['token-1', 'token-1', 'http://north']);
    expect(keystone.requests).toHaveLength(1);
  });

  test('the service refuses is replaced, once for all who were refused', async () => {
    const keystone = await startKeystone();
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada, now: () => start });
    const images = await startAnsweringServer(({ headers }) =>
      headers['x-auth-token'] === 'token-1' ? { status: 401 } : { body: { id: 'i' } },
    );
    const client = createImageClient({ endpoint: images.url, token: provider.token });
    await Promise.all([client.showImage('i'), client.showImage('i')]);
    expect(await client.showImage('i')).toEqual({ id: 'i' });
    expect(keystone.requests).toHaveLength(2);
  });
});

describe('the image endpoint', () => {
  test.each([
    [{}, 'http://north'],
    [{ region: 'south' }, 'http://south'],
    [{ interface: 'admin' }, 'http://north-admin'],
  ] as const)('for %j is %s', async (choice, url) => {
    const keystone = await startKeystone();
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada, now: () => start });
    expect(await provider.imageEndpoint(choice)).toBe(url);
  });

  test('that is not in the catalogue raises', async () => {
    const keystone = await startKeystone();
    const provider = createTokenProvider({ authUrl: keystone.url, ...ada, now: () => start });
    await expect(provider.imageEndpoint({ region: 'west' })).rejects.toThrow('in region west');
  });
});
