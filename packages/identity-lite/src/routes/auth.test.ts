import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTestIdentity, passwordLogin, projectScope, textAt } from '../pocket-identity.testing.ts';
import type { TestIdentity } from '../pocket-identity.testing.ts';

const tokens = '/v3/auth/tokens';

function tokenLogin(token: string, scope?: unknown): unknown {
  return {
    auth: { identity: { methods: ['token'], token: { id: token } }, ...(scope === undefined ? {} : { scope }) },
  };
}

async function editFile(test: TestIdentity, from: string, to: string): Promise<void> {
  const text = await readFile(test.path, 'utf8');
  expect(text).toContain(from);
  await writeFile(test.path, text.replace(from, to));
  test.advance(1);
}

describe('issuing a token with a password', () => {
  test('describes user, project, roles with the implied ones, and catalogue: 201', async () => {
    const test = await openTestIdentity();
    const body = passwordLogin('admin', 'admin password', projectScope('admin'));
    const answer = await test.call('POST', tokens, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers['X-Subject-Token']).toMatch(/^[\w-]+\.[\w-]+$/);
    const domain = { id: 'default', name: 'Default' };
    expect(answer.body).toMatchObject({
      token: {
        methods: ['password'],
        user: { name: 'admin', domain, password_expires_at: null },
        project: { name: 'admin', domain },
        is_domain: false,
        roles: [{ name: 'admin' }, { name: 'member' }, { name: 'reader' }],
        issued_at: '2030-01-01T00:00:00.000000Z',
        expires_at: '2030-01-02T00:00:00.000000Z',
        audit_ids: [expect.stringMatching(/^[\w-]{22}$/)],
        catalog: [
          {
            type: 'identity',
            endpoints: Array(3).fill({ region_id: 'RegionOne', url: 'http://127.0.0.1:9292/identity/v3' }),
          },
          { type: 'image', endpoints: Array(3).fill({ region: 'RegionOne', url: 'http://127.0.0.1:9292' }) },
        ],
      },
    });
  });

  test('leaves the catalogue out when asked to', async () => {
    const test = await openTestIdentity();
    const body = passwordLogin('admin', 'admin password', projectScope('admin'));
    const answer = await test.call('POST', `${tokens}?nocatalog`, { body });
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('catalog');
  });

  test.each([
    ['a project by name', { project: { name: 'demo', domain: { id: 'default' } } }, 'project', ['member', 'reader']],
    ['a domain by id', { domain: { id: 'other' } }, 'domain', ['reader']],
    ['a domain by name', { domain: { name: 'Other' } }, 'domain', ['reader']],
  ])('scopes to %s: 201', async (_, scope, kind, roles) => {
    const test = await openTestIdentity();
    const answer = await test.call('POST', tokens, { body: passwordLogin('demo', 'demo password', scope) });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ token: { [kind]: {}, roles: roles.map((name) => ({ name })) } });
  });

  test('scopes to the system: 201', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin', { system: { all: true } });
    expect(test.identity.validate(token)).toMatchObject({ system: 'all', project: null, domain: null });
  });

  test.each([
    ['nothing', undefined],
    ['the word', 'unscoped'],
    ['the object', { unscoped: {} }],
  ])('asking for %s gives an unscoped token without roles and catalogue: 201', async (_, scope) => {
    const test = await openTestIdentity();
    const answer = await test.call('POST', tokens, { body: passwordLogin('demo', 'demo password', scope) });
    expect(answer.status).toBe(201);
    expect(answer.text).not.toMatch(/"(roles|catalog|project|domain_id|system)"/);
  });

  test('asking for nothing gives the default project when the user has one', async () => {
    const test = await openTestIdentity();
    await editFile(test, '- name: demo\n    password', '- name: demo\n    default_project: demo\n    password');
    const body = passwordLogin('demo', 'demo password');
    expect((await test.call('POST', tokens, { body })).body).toMatchObject({ token: { project: { name: 'demo' } } });
  });

  test.each([
    ['a wrong password', passwordLogin('demo', 'wrong', projectScope('demo'))],
    ['an unknown user', passwordLogin('nobody', 'demo password', projectScope('demo'))],
    ['a disabled user', passwordLogin('gone', 'gone password', projectScope('demo'))],
    ['a project without role', passwordLogin('demo', 'demo password', projectScope('admin'))],
    ['a disabled project', passwordLogin('demo', 'demo password', projectScope('closed'))],
    ['an unknown project', passwordLogin('demo', 'demo password', projectScope('nothing'))],
    ['a domain without role', passwordLogin('demo', 'demo password', { domain: { id: 'default' } })],
    ['the system without role', passwordLogin('demo', 'demo password', { system: { all: true } })],
    ['an unknown method', { auth: { identity: { methods: ['totp'] } } }],
  ])('refuses %s: 401', async (_, body) => {
    const test = await openTestIdentity();
    const answer = await test.call('POST', tokens, { body });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 401, title: 'Unauthorized' } } });
    expect(answer.headers['X-Subject-Token']).toBeUndefined();
  });

  test.each([
    ['two kinds', { project: { id: 'x' }, domain: { id: 'y' } }],
    ['a trust', { 'OS-TRUST:trust': { id: 'x' } }],
    ['part of the system', { system: { all: false } }],
    ['a project name without domain', { project: { name: 'demo' } }],
  ])('refuses a scope of %s: 400', async (_, scope) => {
    const test = await openTestIdentity();
    const answer = await test.call('POST', tokens, { body: passwordLogin('demo', 'demo password', scope) });
    expect(answer.status).toBe(400);
  });

  test('makes guessers wait, also for the right password: 429 with Retry-After', async () => {
    const test = await openTestIdentity();
    for (let count = 0; count < 5; count += 1) {
      const wrong = await test.call('POST', tokens, { body: passwordLogin('demo', 'wrong') });
      expect(wrong.status).toBe(401);
    }
    const blocked = await test.call('POST', tokens, { body: passwordLogin('demo', 'demo password') });
    expect(blocked).toMatchObject({ status: 429, headers: { 'Retry-After': '1' } });
    test.advance(1);
    const answer = await test.call('POST', tokens, { body: passwordLogin('demo', 'demo password') });
    expect(answer.status).toBe(201);
  });
});

describe('issuing a token from a token', () => {
  test('changes the scope, keeps the end and names where the chain began: 201', async () => {
    const test = await openTestIdentity();
    const unscoped = await test.login('demo', 'unscoped');
    test.advance(60);
    const answer = await test.call('POST', tokens, { body: tokenLogin(unscoped, projectScope('demo')) });
    const first = test.identity.validate(unscoped);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        token: {
          methods: ['password', 'token'],
          project: { name: 'demo' },
          issued_at: '2030-01-01T00:01:00.000000Z',
          expires_at: '2030-01-02T00:00:00.000000Z',
          audit_ids: [expect.any(String), first?.auditIds[0]],
        },
      },
    });
  });

  test('refuses one that is not good any more: 401', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    await test.call('DELETE', tokens, { token, headers: { 'x-subject-token': token } });
    expect(await test.call('POST', tokens, { body: tokenLogin(token) })).toMatchObject({ status: 401 });
  });

  test('with another user’s password as second method: 401', async () => {
    const test = await openTestIdentity();
    const user = { name: 'demo', domain: { id: 'default' }, password: 'demo password' };
    const token = { id: await test.login('admin') };
    const body = { auth: { identity: { methods: ['token', 'password'], token, password: { user } } } };
    expect(await test.call('POST', tokens, { body })).toMatchObject({ status: 401 });
  });
});

describe('showing a token', () => {
  test('shows the own one: 200; HEAD without body', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const request = { token, headers: { 'x-subject-token': token } };
    const answer = await test.call('GET', tokens, request);
    expect(answer).toMatchObject({ status: 200, headers: { 'X-Subject-Token': token } });
    expect(answer.body).toMatchObject({ token: { user: { name: 'demo' }, catalog: expect.any(Array) } });
    expect(await test.call('HEAD', tokens, request)).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    ['admin', 200],
    ['glance', 200],
    ['demo', 403],
  ])('%s asks for the token of somebody else: %i', async (asker, status) => {
    const test = await openTestIdentity();
    const scope = asker === 'glance' ? projectScope('admin') : projectScope(asker);
    const token = await test.login(asker, scope);
    const subject = await test.login(asker === 'admin' ? 'demo' : 'admin');
    const answer = await test.call('GET', tokens, { token, headers: { 'x-subject-token': subject } });
    expect(answer.status).toBe(status);
  });

  test('knows no unknown, forged or missing one: 404', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    for (const subject of ['nonsense', `${token}A`, '']) {
      const answer = await test.call('GET', tokens, { token, headers: { 'x-subject-token': subject } });
      expect(answer).toMatchObject({ status: 404, body: { error: { title: 'Not Found' } } });
    }
  });

  test('knows an expired one only for a service that asks for expired ones, for two days', async () => {
    const test = await openTestIdentity();
    const subject = { 'x-subject-token': await test.login('demo') };
    test.advance(86_400);
    const glance = await test.login('glance', projectScope('admin'));
    const demo = await test.login('demo');
    expect(await test.call('GET', tokens, { token: glance, headers: subject })).toMatchObject({ status: 404 });
    const target = `${tokens}?allow_expired=1`;
    expect(await test.call('GET', target, { token: glance, headers: subject })).toMatchObject({ status: 200 });
    expect(await test.call('GET', target, { token: demo, headers: subject })).toMatchObject({ status: 404 });
    test.advance(86_399);
    const later = await test.login('glance', projectScope('admin'));
    expect(await test.call('GET', target, { token: later, headers: subject })).toMatchObject({ status: 200 });
    test.advance(86_401);
    const tooLate = await test.login('glance', projectScope('admin'));
    expect(await test.call('GET', target, { token: tooLate, headers: subject })).toMatchObject({ status: 404 });
  });
});

describe('revoking a token', () => {
  test('ends it, over a restart too: 204', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const other = await test.login('demo');
    const answer = await test.call('DELETE', tokens, { token, headers: { 'x-subject-token': token } });
    expect(answer).toMatchObject({ status: 204, text: '' });
    for (const _ of ['before', 'after the restart']) {
      expect(test.identity.validate(token)).toBeUndefined();
      expect(test.identity.validate(other)).toBeDefined();
      await test.reopen();
    }
  });

  test('of somebody else: 403; by an administrator: 204', async () => {
    const test = await openTestIdentity();
    const [admin, demo] = [await test.login('admin'), await test.login('demo')];
    const byDemo = await test.call('DELETE', tokens, { token: demo, headers: { 'x-subject-token': admin } });
    const byAdmin = await test.call('DELETE', tokens, { token: admin, headers: { 'x-subject-token': demo } });
    expect([byDemo.status, byAdmin.status]).toEqual([403, 204]);
    expect(test.identity.validate(admin)).toBeDefined();
    expect(test.identity.validate(demo)).toBeUndefined();
  });

  test('stays in force for services that accept expired tokens', async () => {
    const test = await openTestIdentity();
    const subject = { 'x-subject-token': await test.login('demo') };
    await test.call('DELETE', tokens, { token: await test.login('admin'), headers: subject });
    test.advance(86_401);
    // Revoking another one cleans the list up.
    const token = await test.login('admin');
    const other = await test.login('demo');
    await test.call('DELETE', tokens, { token, headers: { 'x-subject-token': other } });
    const answer = await test.call('GET', `${tokens}?allow_expired=1`, { token, headers: subject });
    expect(answer.status).toBe(404);
  });
});

describe('a token stops counting', () => {
  test('when its time is over', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    test.advance(86_399);
    expect(test.identity.validate(token)).toBeDefined();
    test.advance(1);
    expect(test.identity.validate(token)).toBeUndefined();
  });

  test.each([
    ['the password is changed', '"demo password"', '"new password"'],
    ['the user is disabled', '- name: demo\n    password', '- name: demo\n    enabled: false\n    password'],
    ['the user is gone', '- name: demo\n    password', '- name: renamed\n    password'],
    ['the project is disabled', 'name: demo # the', 'name: demo\n    enabled: false # the'],
    ['the last role is taken away', '{ project: demo, roles: [ member ] }', '{ project: demo, roles: [ ] }'],
    ['the domain is disabled', 'domains:\n', 'domains:\n  - { id: default, name: Default, enabled: false }\n'],
  ])('when %s', async (_, from, to) => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    expect(test.identity.validate(token)).toBeDefined();
    await editFile(test, from, to);
    expect(test.identity.validate(token)).toBeUndefined();
    expect(test.problems).toEqual([]);
  });
});

describe('what the own token reaches', () => {
  test('projects, domains and system the user has a role in and that are enabled: 200', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo', 'unscoped');
    const projects = await test.call('GET', '/v3/auth/projects', { token });
    expect(projects.body).toMatchObject({ projects: [{ name: 'demo' }], links: { next: null } });
    expect(textAt(projects.body, 'links', 'self')).toBe('http://127.0.0.1:9292/identity/v3/auth/projects');
    const domains = await test.call('GET', '/v3/auth/domains', { token });
    expect(domains.body).toMatchObject({ domains: [{ name: 'Other' }] });
    expect((await test.call('GET', '/v3/auth/system', { token })).body).toMatchObject({ system: [] });
    const admin = await test.login('admin');
    expect((await test.call('GET', '/v3/auth/system', { token: admin })).body).toMatchObject({
      system: [{ all: true }],
    });
  });

  test('the catalogue: 200; with an unscoped token 403', async () => {
    const test = await openTestIdentity();
    const scoped = await test.call('GET', '/v3/auth/catalog', { token: await test.login('demo') });
    expect(scoped).toMatchObject({ status: 200, body: { catalog: [{ type: 'identity' }, { type: 'image' }] } });
    const unscoped = await test.call('GET', '/v3/auth/catalog', { token: await test.login('demo', 'unscoped') });
    expect(unscoped.status).toBe(403);
  });
});
