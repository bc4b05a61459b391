import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTestIdentity, passwordLogin, projectScope, textAt } from '../pocket-identity.testing.ts';
import { derivedId } from '../identity-model.ts';

const demoId = derivedId('user', 'default', 'demo');
const adminId = derivedId('user', 'default', 'admin');
const demoProjectId = derivedId('project', 'default', 'demo');

describe('reading users', () => {
  test.each([
    ['', ['admin', 'demo', 'glance', 'gone']],
    ['?name=demo', ['demo']],
    ['?enabled=0', ['gone']],
    ['?domain_id=other', []],
  ])('an administrator lists%s: 200', async (query, names) => {
    const test = await openTestIdentity();
    const answer = await test.call('GET', `/v3/users${query}`, { token: await test.login('admin') });
    expect(answer).toMatchObject({ status: 200, body: { users: names.map((name) => ({ name })) } });
  });

  test.each([
    [demoId, 200],
    [adminId, 403],
    ['nothing', 403],
  ])('demo shows %s: %i', async (id, status) => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    expect(await test.call('GET', `/v3/users/${id}`, { token })).toMatchObject({ status });
    expect(await test.call('GET', '/v3/users', { token })).toMatchObject({ status: 403 });
  });
});

describe('changing users', () => {
  test('creates one who can log in, over a restart; the password is kept hashed: 201', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const user = { name: 'eve', password: 'pässword', email: 'e@example.org', default_project_id: demoProjectId };
    const created = await test.call('POST', '/v3/users', { token, body: { user } });
    expect(created).toMatchObject({
      status: 201,
      body: { user: { name: 'eve', domain_id: 'default', email: 'e@example.org', default_project_id: demoProjectId } },
    });
    expect(created.text).not.toContain('pässword');
    expect(await readFile(test.path, 'utf8')).not.toContain('pässword');
    await test.reopen();
    const answer = await test.call('POST', '/v3/auth/tokens', { body: passwordLogin('eve', 'pässword') });
    expect(answer.status).toBe(201);
  });

  test('a user made without password cannot log in with any: 401', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    await test.call('POST', '/v3/users', { token, body: { user: { name: 'robot', password: null } } });
    for (const password of ['null', 'undefined', 'x']) {
      const answer = await test.call('POST', '/v3/auth/tokens', { body: passwordLogin('robot', password) });
      expect(answer.status).toBe(401);
    }
  });

  test('renames one and gives it a new password; id and roles stay, old tokens end: 200', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const old = await test.login('demo');
    const body = { user: { name: 'renamed', password: 'changed', description: 'x', default_project_id: null } };
    const answer = await test.call('PATCH', `/v3/users/${demoId}`, { token, body });
    expect(answer).toMatchObject({ status: 200, body: { user: { id: demoId, name: 'renamed', description: 'x' } } });
    expect(test.identity.validate(old)).toBeUndefined();
    const login = passwordLogin('renamed', 'changed', projectScope('demo'));
    expect(await test.call('POST', '/v3/auth/tokens', { body: login })).toMatchObject({ status: 201 });
    expect(await readFile(test.path, 'utf8')).toContain('# somebody ordinary');
  });

  test('deletes one with everything that was its own: 204, then 404', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const demo = await test.login('demo');
    const body = { application_credential: { name: 'c' } };
    await test.call('POST', `/v3/users/${demoId}/application_credentials`, { token: demo, body });
    expect(await test.call('DELETE', `/v3/users/${demoId}`, { token })).toMatchObject({ status: 204 });
    expect(await test.call('DELETE', `/v3/users/${demoId}`, { token })).toMatchObject({ status: 404 });
    expect(test.identity.validate(demo)).toBeUndefined();
    expect(await readFile(test.path, 'utf8')).not.toContain(demoId);
  });

  test.each([
    ['a name that is taken', { name: 'demo', password: 'x' }, 409],
    ['no name', { password: 'x' }, 400],
    ['an empty password', { name: 'x', password: '' }, 400],
    ['a number as password', { name: 'x', password: 1234 }, 400],
    ['an unknown default project', { name: 'x', default_project_id: 'none' }, 400],
    ['an unknown domain', { name: 'x', domain_id: 'none' }, 400],
    ['an option', { name: 'x', options: { ignore_lockout_failure_attempts: true } }, 400],
  ])('creating one with %s: %#', async (_, user, status) => {
    const test = await openTestIdentity();
    const answer = await test.call('POST', '/v3/users', { token: await test.login('admin'), body: { user } });
    expect(answer.status).toBe(status);
  });

  test.each(['POST /v3/users', `PATCH /v3/users/${demoId}`, `DELETE /v3/users/${demoId}`])(
    '%s is for administrators, also on oneself: 403',
    async (operation) => {
      const test = await openTestIdentity();
      const [method = '', target = ''] = operation.split(' ');
      const body = { user: { name: 'x', enabled: true } };
      expect(await test.call(method, target, { token: await test.login('demo'), body })).toMatchObject({ status: 403 });
    },
  );
});

describe('changing the own password', () => {
  test('needs the old one and ends the tokens made with it: 204', async () => {
    const test = await openTestIdentity();
    const old = await test.login('demo');
    const body = { user: { original_password: 'demo password', password: 'changed' } };
    const answer = await test.call('POST', `/v3/users/${demoId}/password`, { token: old, body });
    expect(answer.status).toBe(204);
    expect(test.identity.validate(old)).toBeUndefined();
    const login = await test.call('POST', '/v3/auth/tokens', { body: passwordLogin('demo', 'changed') });
    expect(textAt(login.body, 'token', 'user', 'id')).toBe(demoId);
  });

  test.each([
    [demoId, 'wrong'],
    ['nobody', 'demo password'],
    [derivedId('user', 'default', 'gone'), 'gone password'],
  ])('of %s with a wrong password or account: 401', async (id, password) => {
    const test = await openTestIdentity();
    const body = { user: { original_password: password, password: 'changed' } };
    expect(await test.call('POST', `/v3/users/${id}/password`, { body })).toMatchObject({ status: 401 });
  });

  test('counts as an attempt to log in: 429 after five wrong ones', async () => {
    const test = await openTestIdentity();
    const body = { user: { original_password: 'wrong', password: 'changed' } };
    for (let count = 0; count < 5; count += 1) await test.call('POST', `/v3/users/${demoId}/password`, { body });
    const login = await test.call('POST', '/v3/auth/tokens', { body: passwordLogin('demo', 'demo password') });
    expect(login.status).toBe(429);
  });
});
