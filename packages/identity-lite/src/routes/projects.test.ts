import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTestIdentity, projectScope, textAt } from '../pocket-identity.testing.ts';
import { derivedId } from '../identity-model.ts';

const demoProjectId = derivedId('project', 'default', 'demo');
const adminProjectId = derivedId('project', 'default', 'admin');

describe('reading projects', () => {
  test.each([
    ['', ['admin', 'demo', 'closed', 'demo']],
    ['?name=demo', ['demo', 'demo']],
    ['?name=demo&domain_id=other', ['demo']],
    ['?enabled=false', ['closed']],
    ['?enabled=true&name=closed', []],
    ['?name=Demo', []],
    ['?is_domain=True', []],
    ['?unknown=1', ['admin', 'demo', 'closed', 'demo']],
  ])('an administrator lists%s: 200', async (query, names) => {
    const test = await openTestIdentity();
    const answer = await test.call('GET', `/v3/projects${query}`, { token: await test.login('admin') });
    expect(answer).toMatchObject({ status: 200, body: { projects: names.map((name) => ({ name })) } });
  });

  test('others list none but those they have a role in: 403, 200', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    expect(await test.call('GET', '/v3/projects', { token })).toMatchObject({ status: 403 });
    const own = await test.call('GET', `/v3/users/${derivedId('user', 'default', 'demo')}/projects`, { token });
    expect(own).toMatchObject({ status: 200, body: { projects: [{ id: demoProjectId }] } });
    const foreign = await test.call('GET', `/v3/users/${derivedId('user', 'default', 'admin')}/projects`, { token });
    expect(foreign.status).toBe(403);
  });

  test.each([
    ['demo', demoProjectId, 200],
    ['demo', adminProjectId, 403],
    ['demo', 'nothing', 403],
    ['admin', demoProjectId, 200],
    ['admin', 'nothing', 404],
  ])('%s shows %s: %i', async (user, id, status) => {
    const test = await openTestIdentity();
    const answer = await test.call('GET', `/v3/projects/${id}`, { token: await test.login(user) });
    expect(answer.status).toBe(status);
  });
});

describe('changing projects', () => {
  test('creates one in the domain of the caller, with further attributes, over a restart: 201', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const project = {
      name: 'new',
      description: 'd',
      tags: ['a', 'a'],
      color: 'red',
      options: {},
      parent_id: 'default',
    };
    const created = await test.call('POST', '/v3/projects', { token, body: { project } });
    expect(created).toMatchObject({
      status: 201,
      body: {
        project: {
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          name: 'new',
          domain_id: 'default',
          description: 'd',
          enabled: true,
          tags: ['a'],
          color: 'red',
        },
      },
    });
    await test.reopen();
    const shown = await test.call('GET', `/v3/projects/${textAt(created.body, 'project', 'id')}`, { token });
    expect(shown.body).toEqual(created.body);
  });

  test('renames one that roles name by its old name: the roles stay', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const demo = await test.login('demo');
    const body = { project: { name: 'renamed', description: null, enabled: true } };
    expect(await test.call('PATCH', `/v3/projects/${demoProjectId}`, { token, body })).toMatchObject({
      status: 200,
      body: { project: { id: demoProjectId, name: 'renamed' } },
    });
    expect(test.identity.validate(demo)?.project).toMatchObject({ id: demoProjectId, name: 'renamed' });
    expect(await readFile(test.path, 'utf8')).toContain('name: renamed # the demo project');
  });

  test('takes further attributes away with null', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const target = `/v3/projects/${demoProjectId}`;
    await test.call('PATCH', target, { token, body: { project: { color: 'red', size: 3 } } });
    const answer = await test.call('PATCH', target, { token, body: { project: { color: null } } });
    expect(answer.body).toMatchObject({ project: { size: 3 } });
    expect(answer.text).not.toContain('color');
  });

  test('deletes one with roles and application credentials for it; a new one of that name has another id: 204', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const demo = await test.login('demo');
    const userId = derivedId('user', 'default', 'demo');
    const body = { application_credential: { name: 'c' } };
    await test.call('POST', `/v3/users/${userId}/application_credentials`, { token: demo, body });
    expect(await test.call('DELETE', `/v3/projects/${demoProjectId}`, { token })).toMatchObject({ status: 204 });
    expect(test.identity.validate(demo)).toBeUndefined();
    const text = await readFile(test.path, 'utf8');
    expect(text).not.toContain(demoProjectId);
    expect(text).toContain('project: closed');
    const created = await test.call('POST', '/v3/projects', { token, body: { project: { name: 'demo' } } });
    expect(textAt(created.body, 'project', 'id')).not.toBe(demoProjectId);
  });

  test.each([
    ['a name that is taken', { name: 'demo' }, 409],
    ['the same name in another domain', { name: 'closed', domain_id: 'other' }, 201],
    ['no name', {}, 400],
    ['a blank name', { name: '  ' }, 400],
    ['a name of 65 characters', { name: 'x'.repeat(65) }, 400],
    ['a name of another type', { name: 5 }, 400],
    ['an unknown domain', { name: 'x', domain_id: 'none' }, 400],
    ['a parent project', { name: 'x', parent_id: demoProjectId }, 400],
    ['the wish to be a domain', { name: 'x', is_domain: true }, 400],
    ['a word for enabled', { name: 'x', enabled: 'yes' }, 400],
    ['tags that are no strings', { name: 'x', tags: [1] }, 400],
    ['an option', { name: 'x', options: { immutable: true } }, 400],
    ['an attribute that is a list', { name: 'x', other: [] }, 400],
    ['hostile names', { name: '__proto__', constructor: 'x' }, 201],
    ['a name YAML would read as something else', { name: 'null', description: '1: 2 # 3\n- x' }, 201],
  ])('creating one with %s: %#', async (_, project, status) => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const answer = await test.call('POST', '/v3/projects', { token, body: { project } });
    expect(answer.status).toBe(status);
    if (status === 201) expect(answer.body).toMatchObject({ project });
    await test.reopen();
  });

  test.each(['POST /v3/projects', `PATCH /v3/projects/${demoProjectId}`, `DELETE /v3/projects/${demoProjectId}`])(
    '%s is for administrators: 403, nothing written',
    async (operation) => {
      const test = await openTestIdentity();
      const before = await readFile(test.path, 'utf8');
      const [method = '', target = ''] = operation.split(' ');
      const token = await test.login('demo', projectScope('demo'));
      const answer = await test.call(method, target, { token, body: { project: { name: 'x' } } });
      expect(answer.status).toBe(403);
      expect(await readFile(test.path, 'utf8')).toBe(before);
    },
  );

  test('at the same time loses none', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const create = (name: string) => test.call('POST', '/v3/projects', { token, body: { project: { name } } });
    const answers = await Promise.all([...names, ...names].map(create));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(20);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(20);
    await test.reopen();
    const { text } = await test.call('GET', '/v3/projects', { token });
    for (const name of names) expect(text).toContain(`"${name}"`);
  });
});
