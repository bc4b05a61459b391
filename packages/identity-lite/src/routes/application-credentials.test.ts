import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTestIdentity, projectScope, textAt } from '../pocket-identity.testing.ts';
import type { TestAnswer, TestIdentity } from '../pocket-identity.testing.ts';
import { derivedId } from '../identity-model.ts';

const demoId = derivedId('user', 'default', 'demo');
const adminId = derivedId('user', 'default', 'admin');
const own = `/v3/users/${demoId}/application_credentials`;
const tokens = '/v3/auth/tokens';

function credentialLogin(credential: unknown, scope?: unknown): unknown {
  const identity = { methods: ['application_credential'], application_credential: credential };
  return { auth: { identity, ...(scope === undefined ? {} : { scope }) } };
}

async function createAs(test: TestIdentity, user: string, credential: unknown): Promise<TestAnswer> {
  const token = await test.login(user);
  const target = `/v3/users/${derivedId('user', 'default', user)}/application_credentials`;
  return test.call('POST', target, { token, body: { application_credential: credential } });
}

async function loginWith(test: TestIdentity, created: TestAnswer): Promise<string> {
  const id = textAt(created.body, 'application_credential', 'id');
  const secret = textAt(created.body, 'application_credential', 'secret');
  const answer = await test.call('POST', tokens, { body: credentialLogin({ id, secret }) });
  return answer.headers['X-Subject-Token'] ?? '';
}

describe('creating an application credential', () => {
  test('shows a generated secret once and keeps it hashed: 201', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'demo', { name: 'c', description: 'd' });
    expect(created).toMatchObject({
      status: 201,
      body: {
        application_credential: {
          name: 'c',
          description: 'd',
          user_id: demoId,
          expires_at: null,
          unrestricted: false,
          project_id: derivedId('project', 'default', 'demo'),
          roles: [{ name: 'member' }, { name: 'reader' }],
        },
      },
    });
    const secret = textAt(created.body, 'application_credential', 'secret');
    expect(await readFile(test.path, 'utf8')).not.toContain(secret);
    const listed = await test.call('GET', own, { token: await test.login('demo') });
    expect(listed.body).toMatchObject({ application_credentials: [{ name: 'c' }] });
    expect(listed.text).not.toContain('secret');
  });

  test.each([
    ['no name', {}, 400],
    ['a role the token lacks', { name: 'c', roles: [{ name: 'admin' }] }, 400],
    ['an unknown role', { name: 'c', roles: [{ id: 'none' }] }, 400],
    ['roles that are no objects', { name: 'c', roles: ['member'] }, 400],
    ['an end in the past', { name: 'c', expires_at: '2029-12-31T23:59:59' }, 400],
    ['an end that is no time', { name: 'c', expires_at: 'soon' }, 400],
    ['an access rule without path', { name: 'c', access_rules: [{ service: 'image', method: 'GET' }] }, 400],
    ['an end in another zone', { name: 'c', expires_at: '2030-01-01T02:00:00+01:00' }, 201],
  ])('with %s: %#', async (_, credential, status) => {
    const test = await openTestIdentity();
    expect(await createAs(test, 'demo', credential)).toMatchObject({ status });
  });

  test('with a name the user has given already: 409; another user may give it', async () => {
    const test = await openTestIdentity();
    const statuses = [];
    for (const user of ['demo', 'demo', 'admin']) statuses.push((await createAs(test, user, { name: 'c' })).status);
    expect(statuses).toEqual([201, 409, 201]);
  });

  test('for somebody else, as administrator too: 403; without project: 400', async () => {
    const test = await openTestIdentity();
    const body = { application_credential: { name: 'c' } };
    const token = await test.login('admin');
    expect(await test.call('POST', own, { token, body })).toMatchObject({ status: 403 });
    const unscoped = await test.login('demo', 'unscoped');
    expect(await test.call('POST', own, { token: unscoped, body })).toMatchObject({ status: 400 });
  });
});

describe('logging in with an application credential', () => {
  test('gives a token for its project with its roles: 201', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'admin', { name: 'c', secret: 'own secret', roles: [{ name: 'reader' }] });
    const user = { name: 'admin', domain: { name: 'Default' } };
    for (const credential of [{ id: textAt(created.body, 'application_credential', 'id') }, { name: 'c', user }]) {
      const body = credentialLogin({ ...credential, secret: 'own secret' });
      const answer = await test.call('POST', tokens, { body });
      expect(answer).toMatchObject({
        status: 201,
        body: {
          token: {
            methods: ['application_credential'],
            project: { name: 'admin' },
            roles: [{ name: 'reader' }],
            application_credential: { name: 'c', restricted: true },
          },
        },
      });
    }
  });

  test.each([
    ['a wrong secret', { name: 'c', user: { id: demoId }, secret: 'wrong' }],
    ['an unknown name', { name: 'd', user: { id: demoId }, secret: 'own secret' }],
    ['the name of another user', { name: 'c', user: { id: adminId }, secret: 'own secret' }],
    ['an unknown id', { id: 'none', secret: 'own secret' }],
  ])('with %s: 401', async (_, credential) => {
    const test = await openTestIdentity();
    await createAs(test, 'demo', { name: 'c', secret: 'own secret' });
    expect(await test.call('POST', tokens, { body: credentialLogin(credential) })).toMatchObject({ status: 401 });
  });

  test('for its own project by name: 201; for another scope, directly or by its token: 403', async () => {
    const test = await openTestIdentity();
    const credential = { name: 'c', user: { id: demoId }, secret: 'own secret' };
    const token = await loginWith(test, await createAs(test, 'demo', { name: 'c', secret: 'own secret' }));
    const same = await test.call('POST', tokens, { body: credentialLogin(credential, projectScope('demo')) });
    expect(same.status).toBe(201);
    for (const scope of [{ domain: { id: 'other' } }, { unscoped: {} }]) {
      expect(await test.call('POST', tokens, { body: credentialLogin(credential, scope) })).toMatchObject({
        status: 403,
      });
      const body = { auth: { identity: { methods: ['token'], token: { id: token } }, scope } };
      expect(await test.call('POST', tokens, { body })).toMatchObject({ status: 403 });
    }
  });

  test('stops with the end of the credential, which also ends its tokens', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'demo', { name: 'c', expires_at: '2030-01-01T01:00:00.000000' });
    const token = await loginWith(test, created);
    expect(test.identity.validate(token)?.expiresAt).toEqual(new Date('2030-01-01T01:00:00Z'));
    test.advance(3600);
    expect(test.identity.validate(token)).toBeUndefined();
    expect(await loginWith(test, created)).toBe('');
  });

  test('never gives more than the user still has', async () => {
    const test = await openTestIdentity();
    const token = await loginWith(test, await createAs(test, 'demo', { name: 'c' }));
    const admin = await test.login('admin');
    const path = `/v3/projects/${derivedId('project', 'default', 'demo')}/users/${demoId}/roles`;
    await test.call('PUT', `${path}/${derivedId('role', '', 'reader')}`, { token: admin });
    await test.call('DELETE', `${path}/${derivedId('role', '', 'member')}`, { token: admin });
    expect(test.identity.validate(token)?.roles.map((role) => role.name)).toEqual(['reader']);
  });

  test('survives a new password of the user', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'demo', { name: 'c' });
    const token = await loginWith(test, created);
    const body = { user: { original_password: 'demo password', password: 'changed' } };
    await test.call('POST', `/v3/users/${demoId}/password`, { body });
    expect(test.identity.validate(token)).toBeDefined();
    expect(await loginWith(test, created)).not.toBe('');
  });
});

describe('deleting an application credential', () => {
  test('ends its tokens: 204, then 404', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'demo', { name: 'c' });
    const token = await loginWith(test, created);
    const target = `${own}/${textAt(created.body, 'application_credential', 'id')}`;
    const request = { token: await test.login('demo') };
    expect(await test.call('GET', target, request)).toMatchObject({ status: 200 });
    expect(await test.call('DELETE', target, request)).toMatchObject({ status: 204 });
    expect(await test.call('GET', target, request)).toMatchObject({ status: 404 });
    expect(test.identity.validate(token)).toBeUndefined();
  });

  test('of somebody else: 403, and 404 under the wrong user', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'admin', { name: 'c' });
    const id = textAt(created.body, 'application_credential', 'id');
    const token = await test.login('demo');
    const foreign = `/v3/users/${adminId}/application_credentials`;
    expect(await test.call('GET', foreign, { token })).toMatchObject({ status: 403 });
    expect(await test.call('DELETE', `${foreign}/${id}`, { token })).toMatchObject({ status: 403 });
    expect(await test.call('DELETE', `${own}/${id}`, { token })).toMatchObject({ status: 404 });
  });
});

describe('what a credential may do with credentials', () => {
  test.each([
    ['restricted', false, 403],
    ['unrestricted', true, 201],
  ])('a %s one makes another one: %#', async (_, unrestricted, status) => {
    const test = await openTestIdentity();
    const token = await loginWith(test, await createAs(test, 'demo', { name: 'c', unrestricted }));
    const body = { application_credential: { name: 'd' } };
    expect(await test.call('POST', own, { token, body })).toMatchObject({ status });
  });
});

describe('access rules', () => {
  const rules = [{ service: 'image', method: 'GET', path: '/v2/images/*' }];

  test('are shown with an id, and in tokens only to who says that it looks at them', async () => {
    const test = await openTestIdentity();
    const created = await createAs(test, 'demo', { name: 'c', access_rules: rules });
    const shown = [{ id: expect.stringMatching(/^[0-9a-f]{32}$/), ...rules[0] }];
    expect(created.body).toMatchObject({ application_credential: { access_rules: shown } });
    const subject = { 'x-subject-token': await loginWith(test, created) };
    const token = await test.login('admin');
    expect(await test.call('GET', tokens, { token, headers: subject })).toMatchObject({ status: 404 });
    const headers = { ...subject, 'openstack-identity-access-rules': '1' };
    expect(await test.call('GET', tokens, { token, headers })).toMatchObject({
      status: 200,
      body: { token: { application_credential: { access_rules: shown } } },
    });
  });

  test('hide the token from callers in the process that do not look at them', async () => {
    const test = await openTestIdentity();
    const token = await loginWith(test, await createAs(test, 'demo', { name: 'c', access_rules: rules }));
    expect(test.identity.validate(token)).toBeUndefined();
    const description = test.identity.validate(token, { enforcesAccessRules: true });
    expect(description?.applicationCredential?.accessRules).toMatchObject(rules);
  });

  test('hold here too: 401 unless one allows the call', async () => {
    const test = await openTestIdentity();
    const identity = { service: 'identity', method: 'GET', path: `/v3/users/{user_id}` };
    const token = await loginWith(test, await createAs(test, 'demo', { name: 'c', access_rules: [identity] }));
    expect(await test.call('GET', `/v3/users/${demoId}`, { token })).toMatchObject({ status: 200 });
    expect(await test.call('GET', '/v3/auth/projects', { token })).toMatchObject({ status: 401 });
  });
});
