import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import { startFakeKeystone, sessionOptions } from './fake-keystone.testing.ts';
import type { FakeKeystone } from './fake-keystone.testing.ts';
import type { KeystoneSession, KeystoneSessionOptions } from './service-session.ts';

let keystone: FakeKeystone;
const opened: KeystoneSession[] = [];
let now = Date.now();
const clock = { now: () => new Date(now), every: () => () => undefined };

beforeEach(async () => {
  keystone = await startFakeKeystone();
  now = Date.now();
});
afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
  await keystone.stop();
});

function open(options: Partial<KeystoneSessionOptions> = {}): KeystoneSession {
  const session = keystone.session({ clock, ...options });
  opened.push(session);
  return session;
}

const limits = { method: 'GET', path: '/limits' } as const;
/** Nothing here takes long; the machine may be busy. */
const patience = { timeout: 60_000 };
const tokenInUse = () => keystone.requests.at(-1)?.headers['x-auth-token'];
const logins = () => keystone.count('POST', '/v3/auth/tokens');

async function failureOf(promise: Promise<unknown>): Promise<ImageServiceError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (!(outcome instanceof ImageServiceError)) throw new Error(`no such failure: ${String(outcome)}`);
  return outcome;
}

describe('a call', () => {
  test('is sent with the own token to the address of the catalog, after finding version 3', async () => {
    const answer = await open().send({
      ...limits,
      query: [
        ['a', 'b&c'],
        ['nocatalog', ''],
      ],
      headers: { 'x-other': '1' },
    });
    expect(answer).toMatchObject({ status: 200, body: { path: '/v3/limits' } });
    expect(keystone.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /',
      'POST /v3/auth/tokens',
      'GET /v3/limits?a=b%26c&nocatalog=',
    ]);
    expect(keystone.requests[1]?.body).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'glance', domain: { name: 'Default' }, password: 'hunter2' } },
        },
        scope: { project: { name: 'service', domain: { name: 'Default' } } },
      },
    });
    expect(keystone.requests[2]?.headers).toMatchObject({ 'x-auth-token': 'own-1', 'x-other': '1' });
  });

  test('a hundred at the same time share one login', async () => {
    const session = open();
    await Promise.all(Array.from({ length: 100 }, () => session.send(limits)));
    expect([logins(), keystone.count('GET', '/v3/limits')]).toEqual([1, 100]);
  });

  test.each([403, 404, 409])('an answer of %i is given as it is', async (status) => {
    keystone.lapse = ({ url }) => (url.startsWith('/v3/limits') ? status : null);
    expect(await open().send(limits)).toMatchObject({ status });
  });
});

describe('the own token', () => {
  test('is renewed before it expires, and the calls of then share one login', async () => {
    const session = open();
    await session.send(limits);
    now += (3600 - 119) * 1000;
    await Promise.all(Array.from({ length: 20 }, () => session.send(limits)));
    await expect.poll(async () => ((await session.send(limits)).status, tokenInUse()), patience).toBe('own-2');
    expect(logins()).toBe(2);
  });

  test('serves on while Keystone takes its time to renew it', async () => {
    const session = open();
    await session.send(limits);
    keystone.lapse = ({ method }) => (method === 'POST' ? 'silence' : null);
    now += (3600 - 119) * 1000;
    for (let call = 0; call < 3; call += 1) expect(await session.send(limits)).toMatchObject({ status: 200 });
    await expect.poll(logins, patience).toBe(2);
  });

  test('serves on when it cannot be renewed, to its end and no longer', async () => {
    const session = open();
    await session.send(limits);
    keystone.lapse = ({ method }) => (method === 'POST' ? 500 : null);
    now += 3550 * 1000;
    expect(await session.send(limits)).toMatchObject({ status: 200 });
    now += 60 * 1000;
    expect((await failureOf(session.send(limits))).code).toBe('unavailable');
  });

  test('is renewed once when Keystone refuses it', async () => {
    const session = open();
    await session.send(limits);
    keystone.accepts = (token) => token !== 'own-1';
    const answers = await Promise.all(Array.from({ length: 10 }, () => session.send(limits)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(logins()).toBe(2);
  });

  test('that is refused again is a failure: unavailable', async () => {
    keystone.accepts = () => false;
    expect((await failureOf(open().send(limits))).code).toBe('unavailable');
    expect(logins()).toBe(2);
  });
});

describe('when Keystone does not do its part, the call is unavailable', () => {
  const isLogin = ({ method }: { readonly method: string }) => method === 'POST';
  test.each([
    ['a login is refused', () => void (keystone.lapse = (request) => (isLogin(request) ? 401 : null))],
    ['a login fails', () => void (keystone.lapse = (request) => (isLogin(request) ? 500 : null))],
    ['discovery fails', () => void (keystone.lapse = ({ url }) => (url === '/' ? 503 : null))],
    ['discovery finds nothing', () => void (keystone.lapse = ({ url }) => (url === '/' ? 200 : null))],
    ['a call fails', () => void (keystone.lapse = ({ url }) => (url === '/v3/limits' ? 502 : null))],
    ['a connection breaks', () => void (keystone.lapse = ({ url }) => (url === '/v3/limits' ? 'cut' : null))],
    ['its token has ended already', () => void (keystone.accepts = () => false)],
  ])('%s', async (_, arrange) => {
    arrange();
    const failure = await failureOf(open().send(limits));
    expect([failure.code, failure.headers]).toEqual(['unavailable', { 'retry-after': '5' }]);
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/hunter2|own-/);
  });

  test('it is silent for longer than it may be', async () => {
    keystone.lapse = () => 'silence';
    const connection = { ...sessionOptions(keystone.url).connection, timeoutSeconds: 0.2 };
    expect((await failureOf(open({ connection }).send(limits))).code).toBe('unavailable');
  });

  test('it is down, until it is back', async () => {
    const session = open();
    await session.send(limits);
    await keystone.stop();
    expect((await failureOf(session.send(limits))).code).toBe('unavailable');
    await keystone.restart();
    expect(await session.send(limits)).toMatchObject({ status: 200 });
  });

  test('but not when it merely ends connections that are kept, even without retries', async () => {
    const session = open();
    for (let call = 0; call < 20; call += 1) {
      expect(await session.send(limits)).toMatchObject({ status: 200 });
      keystone.dropConnections();
    }
  });

  test('its address is missing in the catalog, which is the operator’s to mend: internal', async () => {
    keystone.catalog = [{ type: 'identity', endpoints: [{ interface: 'public', region_id: 'one', url: 'http://x' }] }];
    const failure = await failureOf(open().send(limits));
    expect([failure.code, String(failure.cause)]).toEqual(['internal', expect.stringContaining('(internal)')]);
  });

  test('a refused login is not repeated with every call, and is after a pause', async () => {
    keystone.lapse = (request) => (isLogin(request) ? 401 : null);
    const session = open();
    for (let call = 0; call < 5; call += 1) await failureOf(session.send(limits));
    expect(logins()).toBe(1);
    keystone.lapse = () => null;
    now += 6000;
    expect(await session.send(limits)).toMatchObject({ status: 200 });
  });
});

describe('the address', () => {
  test('is of the interface and region that are wanted', async () => {
    const there = { interface: 'public', region: 'two', region_id: 'two', url: `${keystone.url}/v3` };
    const elsewhere = { interface: 'public', region: 'one', region_id: 'one', url: 'http://127.0.0.1:1/v3' };
    keystone.catalog = [{ type: 'identity', endpoints: [elsewhere, there] }];
    const endpoint = { interfaces: ['internal', 'public'], region: 'two', override: null };
    expect(await open({ endpoint }).send(limits)).toMatchObject({ status: 200 });
  });

  test('that is configured wins over the catalog', async () => {
    keystone.catalog = [];
    const endpoint = { interfaces: ['internal'], region: null, override: `${keystone.url}/` };
    expect(await open({ endpoint }).send(limits)).toMatchObject({ status: 200 });
  });
});
