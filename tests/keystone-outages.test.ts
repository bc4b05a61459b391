/**
 * What users see while Keystone is away, slow, or has changed its mind: a service and a real Keystone that is stopped,
 * halted and started again. Source: contract 10 §2
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import type { Login } from './support/keystone-admin.ts';
import { cloudStartMilliseconds, startKeystoneCloud } from './support/keystone-cloud.ts';
import type { KeystoneCloud } from './support/keystone-cloud.ts';
import { beginUpload } from './support/slow-upload.ts';

const hasPackages = await requirePackages(packageGroups.keystone);
const patience = { timeout: 60_000, interval: 200 };
const half = Buffer.alloc(100_000, 'half of the data ');

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Calls of the image API with tokens. */
function callerOf(cloud: KeystoneCloud) {
  async function call(token: string, path: string, init: RequestInit = {}, serviceToken?: string): Promise<Answer> {
    const headers = {
      'x-auth-token': token,
      'content-type': 'application/json',
      ...(serviceToken === undefined ? {} : { 'x-service-token': serviceToken }),
    };
    const answer = await fetch(`${cloud.service.url}${path}`, { ...init, headers });
    const text = await answer.text();
    const isJson = answer.ok && answer.headers.get('content-type') === 'application/json';
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: isJson ? (JSON.parse(text) as Answer['body']) : {},
    };
  }
  async function createImage(token: string): Promise<string> {
    const body = JSON.stringify({ name: 'image', disk_format: 'raw', container_format: 'bare' });
    return String((await call(token, '/v2/images', { method: 'POST', body })).body['id']);
  }
  return { call, createImage };
}

describe.runIf(hasPackages)('a Keystone that is away', () => {
  let cloud: KeystoneCloud;
  let login: Login;

  beforeAll(async () => {
    cloud = await startKeystoneCloud({
      tokenLines: 'token_cache_time = 3\ntimeout = 5\nhttp_request_max_retries = 1\n',
    });
    const { admin } = cloud.keystone;
    login = (await admin.createMember('ann', await admin.createProject('red'), ['member'])).login;
  }, cloudStartMilliseconds);
  afterAll(() => cloud?.stop());

  const tokenOf = async () => (await cloud.keystone.admin.token(login)).id;

  test('and comes back: 503 meanwhile, a transfer goes on, and nothing needs to be started again', async () => {
    const { call, createImage } = callerOf(cloud);
    const [first, second] = [await tokenOf(), await tokenOf()];
    const id = await createImage(first);
    const upload = beginUpload(`${cloud.service.url}/v2/images/${id}/file`, first);
    await upload.send(half);
    await expect.poll(async () => (await call(first, `/v2/images/${id}`)).body['status'], patience).toBe('saving');
    await cloud.keystone.halt();
    expect(await call(second, '/v2/images')).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    // A kept token serves for a while, and then no longer.
    await expect.poll(async () => (await call(first, '/v2/images')).status, patience).toBe(503);
    expect(await upload.finish(half)).toBe(204);
    await cloud.keystone.resume();
    await expect.poll(async () => (await call(second, '/v2/images')).status, patience).toBe(200);
    expect((await call(first, `/v2/images/${id}`)).body).toMatchObject({ status: 'active', size: 2 * half.length });
  });

  test('or silent: 503 after the time-out, and 200 when it speaks again', async () => {
    const { call } = callerOf(cloud);
    const token = await tokenOf();
    cloud.keystone.freeze(true);
    try {
      expect(await call(token, '/v2/images')).toMatchObject({
        status: 503,
        retryAfter: expect.stringMatching(/^\d+$/),
      });
    } finally {
      cloud.keystone.freeze(false);
    }
    await expect.poll(async () => (await call(token, '/v2/images')).status, patience).toBe(200);
  });

  test('a token that is revoked is refused once it is no longer kept', async () => {
    const { call } = callerOf(cloud);
    const token = await tokenOf();
    expect((await call(token, '/v2/images')).status).toBe(200);
    await cloud.keystone.admin.revoke(token);
    await expect.poll(async () => (await call(token, '/v2/images')).status, patience).toBe(401);
    expect((await call(await tokenOf(), '/v2/images')).status).toBe(200);
  });
});

describe.runIf(hasPackages)('a token that expires', () => {
  let cloud: KeystoneCloud;
  let ann: Login;
  let nova: Login;
  let bob: Login;

  beforeAll(async () => {
    cloud = await startKeystoneCloud({ tokenSeconds: 15 });
    const { admin } = cloud.keystone;
    const red = await admin.createProject('red');
    ann = (await admin.createMember('ann', red, ['member'])).login;
    bob = (await admin.createMember('bob', red, ['member'])).login;
    nova = (await admin.createMember('nova', await admin.createProject('services'), ['service'])).login;
  }, cloudStartMilliseconds);
  afterAll(() => cloud?.stop());

  test('during an upload does not end it, and a service may go on with it', async () => {
    const { call, createImage } = callerOf(cloud);
    const { admin } = cloud.keystone;
    const token = (await admin.token(ann)).id;
    const id = await createImage(token);
    const upload = beginUpload(`${cloud.service.url}/v2/images/${id}/file`, token);
    await upload.send(half);
    await expect
      .poll(async () => (await call((await admin.token(bob)).id, `/v2/images/${id}`)).body['status'], patience)
      .toBe('saving');
    await expect.poll(async () => (await call(token, '/v2/images')).status, patience).toBe(401);
    expect(await upload.finish(half)).toBe(204);

    const file = `/v2/images/${id}/file`;
    expect((await call(token, file)).status).toBe(401);
    const serviceToken = (await admin.token(nova)).id;
    expect((await call(token, file, {}, serviceToken)).status).toBe(200);
    // It is not the header that counts, but whose token it is.
    expect((await call(token, file, {}, (await admin.token(bob)).id)).status).toBe(401);
    expect((await call(token, file, {}, token)).status).toBe(401);
    expect((await call(token, file)).status).toBe(401);
  });

  test('is the service’s own as well: it is renewed, and no call notices', async () => {
    const { call } = callerOf(cloud);
    const logins = () => cloud.keystone.logs().split('POST /v3/auth/tokens').length;
    const before = logins();
    let asked = 0;
    await expect
      .poll(async () => {
        asked += 1;
        expect((await call((await cloud.keystone.admin.token(ann)).id, '/v2/images')).status).toBe(200);
        return logins() - before - asked;
      }, patience)
      .toBeGreaterThan(1);
  });

  test('is validated once for a hundred first calls', async () => {
    const { call } = callerOf(cloud);
    const token = (await cloud.keystone.admin.token(ann)).id;
    const before = await cloud.keystone.validations();
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(token, '/v2/images?limit=1')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await cloud.keystone.validations()) - before).toBe(1);
  });
});
