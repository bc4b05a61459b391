import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPocketIdentity } from './pocket-identity.ts';
import { handWrittenIdentity, openTestIdentity, passwordLogin, projectScope } from './pocket-identity.testing.ts';

describe('the first start', () => {
  test('makes an administrator and a demo user who can log in, in a private file', async () => {
    const test = await openTestIdentity(null);
    const users = test.identity.created?.users ?? [];
    expect(users.map(({ name, project, roles }) => ({ name, project, roles }))).toEqual([
      { name: 'admin', project: 'admin', roles: ['admin', 'member', 'reader'] },
      { name: 'demo', project: 'demo', roles: ['member', 'reader'] },
    ]);
    for (const user of users) {
      expect(user.password.length).toBeGreaterThanOrEqual(24);
      const body = passwordLogin(user.name, user.password, projectScope(user.project));
      expect(await test.call('POST', '/v3/auth/tokens', { body })).toMatchObject({ status: 201 });
    }
    expect((await stat(test.path)).mode & 0o777).toBe(0o600);
    const text = await readFile(test.path, 'utf8');
    for (const user of users) expect(text).not.toContain(user.password);
  });

  test('happens once: a second start keeps users, and tokens stay good', async () => {
    const test = await openTestIdentity(null);
    const [admin] = test.identity.created?.users ?? [];
    const body = passwordLogin('admin', admin?.password ?? '', projectScope('admin'));
    const { headers } = await test.call('POST', '/v3/auth/tokens', { body });
    const before = await readFile(test.path, 'utf8');
    await test.reopen();
    expect(test.identity.created).toBeNull();
    expect(await readFile(test.path, 'utf8')).toBe(before);
    expect(test.identity.validate(headers['X-Subject-Token'] ?? '')?.user.name).toBe('admin');
  });

  test('gives two processes starting at once the same users', async () => {
    const test = await openTestIdentity(null);
    const directory = join(test.directory, 'shared');
    const opened = await Promise.all([1, 2, 3].map(() => openPocketIdentity({ directory })));
    expect(opened.filter((identity) => identity.created !== null)).toHaveLength(1);
  });
});

describe('a file written by hand', () => {
  test('gets a signing key and keeps its comments', async () => {
    const test = await openTestIdentity();
    const text = await readFile(test.path, 'utf8');
    expect(text).toMatch(/^signing_key: [\w-]{64}$/m);
    expect(text).toContain('# somebody ordinary');
    expect(text).toContain('# the demo project');
  });

  test('that is broken stops the start with the place of the error', async () => {
    const opening = openTestIdentity('version: 1\nusers: [{ name: 5 }]\n');
    await expect(opening).rejects.toThrow(/identity\.yaml: users\[0\]\.name must be a string/);
  });

  test('is read again within a second of a change', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const text = await readFile(test.path, 'utf8');
    await writeFile(
      test.path,
      text.replace('{ project: demo, roles: [ member ] }', '{ project: demo, roles: [ reader ] }'),
    );
    expect(test.identity.validate(token)?.roles.map((role) => role.name)).toEqual(['member', 'reader']);
    test.advance(1);
    expect(test.identity.validate(token)?.roles.map((role) => role.name)).toEqual(['reader']);
  });

  test('that becomes broken is reported once, the last good content stays, and writes are refused: 503', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    await writeFile(test.path, 'version: 1\nusers: "topsecret\n');
    for (const _ of [1, 2, 3]) {
      test.advance(1);
      expect(test.identity.validate(token)).toBeDefined();
    }
    expect(test.problems).toHaveLength(1);
    expect(test.problems[0]).toMatch(/identity\.yaml: line \d: not valid YAML/);
    expect(test.problems[0]).not.toContain('topsecret');
    const create = { token, body: { project: { name: 'new' } } };
    expect(await test.call('POST', '/v3/projects', create)).toMatchObject({ status: 503 });
    expect(await readFile(test.path, 'utf8')).toContain('topsecret');
  });

  test('that was repaired counts again', async () => {
    const test = await openTestIdentity();
    const good = await readFile(test.path, 'utf8');
    await writeFile(test.path, 'version: 1');
    test.advance(1);
    await writeFile(test.path, good);
    const token = await test.login('admin');
    const create = { token, body: { project: { name: 'new' } } };
    expect(await test.call('POST', '/v3/projects', create)).toMatchObject({ status: 201 });
  });

  test('edited while the service writes loses neither change', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const text = await readFile(test.path, 'utf8');
    await writeFile(test.path, text.replace('projects:\n', 'projects:\n  - name: by-hand\n'));
    await test.call('POST', '/v3/projects', { token, body: { project: { name: 'by-call' } } });
    const { text: list } = await test.call('GET', '/v3/projects', { token });
    expect(list).toContain('"by-hand"');
    expect(list).toContain('"by-call"');
  });

  test('with a new signing key ends all tokens', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const text = await readFile(test.path, 'utf8');
    await writeFile(test.path, text.replace(/^signing_key: .*$/m, `signing_key: ${'x'.repeat(32)}`));
    test.advance(1);
    expect(test.identity.validate(token)).toBeUndefined();
  });
});

describe('version discovery', () => {
  test('lists v3 at the mount: 300, without token', async () => {
    const test = await openTestIdentity();
    for (const target of ['', '/']) {
      const answer = await test.call('GET', target);
      expect(answer.status).toBe(300);
      expect(answer.body).toMatchObject({ versions: { values: [{ id: 'v3.14', status: 'stable' }] } });
    }
  });

  test('describes v3 with a link under the address the client used: 200', async () => {
    const test = await openTestIdentity();
    for (const target of ['/v3', '/v3/']) {
      const answer = await test.call('GET', target);
      const links = [{ rel: 'self', href: 'http://127.0.0.1:9292/identity/v3/' }];
      expect(answer).toMatchObject({ status: 200, body: { version: { id: 'v3.14', links } } });
    }
  });
});

describe('requests that fit no operation', () => {
  test.each([
    ['GET', '/v2.0/tokens', 404],
    ['GET', '/v3/nothing', 404],
    ['GET', '/v3/projects/a/b', 404],
    ['GET', '/v3/projects/%E0%A4%A', 404],
    ['GET', '/v3//', 404],
    ['GET', '/v3/constructor', 404],
    ['PUT', '/v3/projects', 405],
    ['POST', '/v3/domains', 405],
    ['constructor', '/v3', 405],
  ])('%s %s: %i in the form Keystone clients read', async (method, target, status) => {
    const test = await openTestIdentity();
    const answer = await test.call(method, target);
    expect(answer).toMatchObject({ status, body: { error: { code: status } } });
    if (status === 405) expect(answer.headers['Allow']).toContain('GET');
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a null', 'null'],
    ['too large', `{"auth": "${'x'.repeat(120_000)}"}`],
    ['no auth', '{}'],
    ['auth of another type', '{"auth": 1}'],
    ['no identity', '{"auth": {}}'],
    ['no methods', '{"auth": {"identity": {}}}'],
    ['an empty list of methods', '{"auth": {"identity": {"methods": []}}}'],
    ['methods of another type', '{"auth": {"identity": {"methods": [1]}}}'],
    ['no section for the method', '{"auth": {"identity": {"methods": ["password"]}}}'],
    [
      'a user without domain',
      '{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"a","password":"b"}}}}}',
    ],
    [
      'a password of another type',
      '{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"a","password":1}}}}}',
    ],
  ])('a body with %s: 400', async (_, body) => {
    const test = await openTestIdentity();
    expect(await test.call('POST', '/v3/auth/tokens', { body })).toMatchObject({
      status: 400,
      body: { error: { code: 400, title: 'Bad Request' } },
    });
  });

  test('a body that cannot be read: 400', async () => {
    const { identity } = await openTestIdentity();
    const answer = await identity.handle({
      method: 'POST',
      path: '/v3/auth/tokens',
      query: '',
      headers: {},
      body: () => Promise.reject(new Error('over the limit')),
      baseUrl: 'http://127.0.0.1',
      mountPath: '/identity',
    });
    expect(answer.status).toBe(400);
  });

  test.each([
    ['GET', '/v3/auth/tokens'],
    ['GET', '/v3/auth/catalog'],
    ['GET', '/v3/auth/projects'],
    ['GET', '/v3/projects'],
    ['POST', '/v3/projects'],
    ['GET', '/v3/users'],
    ['POST', '/v3/users'],
    ['GET', '/v3/users/x'],
    ['GET', '/v3/users/x/application_credentials'],
    ['GET', '/v3/domains/default'],
    ['GET', '/v3/roles'],
    ['GET', '/v3/role_assignments'],
    ['GET', '/v3/services'],
    ['GET', '/v3/regions'],
    ['DELETE', '/v3/system/users/x/roles/y'],
  ])('%s %s without token: 401 with the way to log in', async (method, target) => {
    const test = await openTestIdentity();
    const answer = await test.call(method, target, { body: {} });
    expect(answer).toMatchObject({ status: 401, body: { error: { title: 'Unauthorized' } } });
    expect(answer.headers['WWW-Authenticate']).toBe('Keystone uri="http://127.0.0.1:9292/identity"');
  });

  test('every answer is kept out of caches, and HEAD has the headers of GET without body', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const get = await test.call('GET', '/v3/projects', { token });
    const head = await test.call('HEAD', '/v3/projects', { token });
    expect(head).toEqual({ ...get, text: '', body: null });
    expect(get.headers['Cache-Control']).toBe('no-store');
  });
});

test('answers never hold a kept password', async () => {
  const test = await openTestIdentity(handWrittenIdentity);
  const token = await test.login('admin');
  for (const target of ['/v3/users', '/v3/projects', '/v3/role_assignments?include_names']) {
    expect((await test.call('GET', target, { token })).text).not.toMatch(/ password"|scrypt/);
  }
});
