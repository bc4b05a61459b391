import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTestIdentity, textAt } from '../pocket-identity.testing.ts';
import { derivedId } from '../identity-model.ts';

const demoId = derivedId('user', 'default', 'demo');
const adminProjectId = derivedId('project', 'default', 'admin');
const readerId = derivedId('role', '', 'reader');
const memberId = derivedId('role', '', 'member');

describe('giving and taking roles', () => {
  test.each([
    ['project', `/v3/projects/${adminProjectId}`, { project: { id: adminProjectId } }],
    ['domain', '/v3/domains/default', { domain: { id: 'default' } }],
    ['system', '/v3/system', { system: { all: true } }],
  ])('on a %s: 204, then the user gets tokens for it, until it is taken away', async (_, path, scope) => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const target = `${path}/users/${demoId}/roles/${readerId}`;
    expect(await test.call('GET', target, { token })).toMatchObject({ status: 404 });
    for (const __ of ['given', 'given again']) {
      expect(await test.call('PUT', target, { token })).toMatchObject({ status: 204, text: '' });
    }
    expect(await test.call('HEAD', target, { token })).toMatchObject({ status: 204 });
    const listed = await test.call('GET', `${path}/users/${demoId}/roles`, { token });
    expect(listed.body).toMatchObject({ roles: [{ name: 'reader' }] });
    const demo = await test.login('demo', scope);
    expect(test.identity.validate(demo)?.roles.map((role) => role.name)).toEqual(['reader']);
    expect(await test.call('DELETE', target, { token })).toMatchObject({ status: 204 });
    expect(test.identity.validate(demo)).toBeUndefined();
    expect(await test.call('DELETE', target, { token })).toMatchObject({ status: 404 });
  });

  test('adds to the roles the user has there already and takes only the one named', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const path = `/v3/projects/${derivedId('project', 'default', 'demo')}/users/${demoId}/roles`;
    await test.call('PUT', `${path}/${derivedId('role', '', 'service')}`, { token });
    expect((await test.call('GET', path, { token })).body).toMatchObject({
      roles: [{ name: 'member' }, { name: 'service' }],
    });
    await test.call('DELETE', `${path}/${memberId}`, { token });
    expect((await test.call('GET', path, { token })).body).toMatchObject({ roles: [{ name: 'service' }] });
  });

  test.each([
    ['project', `/v3/projects/none/users/${demoId}/roles/${readerId}`],
    ['domain', `/v3/domains/none/users/${demoId}/roles/${readerId}`],
    ['user', `/v3/system/users/none/roles/${readerId}`],
    ['role', `/v3/system/users/${demoId}/roles/none`],
  ])('to an unknown %s: 404', async (_, target) => {
    const test = await openTestIdentity();
    expect(await test.call('PUT', target, { token: await test.login('admin') })).toMatchObject({ status: 404 });
  });

  test.each(['PUT', 'DELETE'])('is for administrators: %s 403', async (method) => {
    const test = await openTestIdentity();
    const target = `/v3/projects/${adminProjectId}/users/${demoId}/roles/${derivedId('role', '', 'admin')}`;
    expect(await test.call(method, target, { token: await test.login('demo') })).toMatchObject({ status: 403 });
  });
});

describe('listing role assignments', () => {
  test.each([
    ['?user.id=' + demoId, 3],
    [`?user.id=${demoId}&effective`, 5],
    [`?user.id=${demoId}&effective=0`, 3],
    [`?scope.project.id=${adminProjectId}`, 2],
    [`?role.id=${memberId}`, 3],
    ['?scope.domain.id=other', 1],
    ['?scope.system=all', 1],
    ['?group.id=x', 0],
    ['', 7],
  ])('%s: %i of them', async (query, count) => {
    const test = await openTestIdentity();
    const answer = await test.call('GET', `/v3/role_assignments${query}`, { token: await test.login('admin') });
    expect(answer.body).toMatchObject({ role_assignments: Array(count).fill({ links: {} }) });
  });

  test('shows names when asked to', async () => {
    const test = await openTestIdentity();
    const target = `/v3/role_assignments?include_names=True&scope.domain.id=other`;
    const answer = await test.call('GET', target, { token: await test.login('admin') });
    const domain = { id: 'default', name: 'Default' };
    expect(answer.body).toMatchObject({
      role_assignments: [
        {
          role: { id: readerId, name: 'reader' },
          user: { id: demoId, name: 'demo', domain },
          scope: { domain: { id: 'other', name: 'Other' } },
          links: { assignment: `http://127.0.0.1:9292/identity/v3/domains/other/users/${demoId}/roles/${readerId}` },
        },
      ],
    });
  });

  test('others see their own only: 200, 403', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    expect(await test.call('GET', `/v3/role_assignments?user.id=${demoId}`, { token })).toMatchObject({ status: 200 });
    expect(await test.call('GET', '/v3/role_assignments', { token })).toMatchObject({ status: 403 });
    expect(await test.call('GET', '/v3/role_assignments?user.id=x', { token })).toMatchObject({ status: 403 });
  });
});

describe('roles', () => {
  test('are listed for everybody, with a filter by name', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const all = await test.call('GET', '/v3/roles', { token });
    expect(all.body).toMatchObject({
      roles: [{ name: 'admin' }, { name: 'member' }, { name: 'reader' }, { name: 'service' }],
    });
    expect((await test.call('GET', '/v3/roles?name=reader', { token })).body).toMatchObject({
      roles: [{ id: readerId }],
    });
    expect(await test.call('GET', `/v3/roles/${readerId}`, { token })).toMatchObject({ status: 200 });
    expect(await test.call('GET', '/v3/roles/none', { token })).toMatchObject({ status: 404 });
  });

  test('say what they imply', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const inferences = await test.call('GET', '/v3/role_inferences', { token });
    expect(inferences.body).toMatchObject({
      role_inferences: [
        { prior_role: { name: 'admin' }, implies: [{ name: 'member' }] },
        { prior_role: { name: 'member' }, implies: [{ name: 'reader' }] },
      ],
    });
    const implied = await test.call('GET', `/v3/roles/${memberId}/implies`, { token });
    expect(implied.body).toMatchObject({ role_inference: { implies: [{ id: readerId }] } });
  });

  test('are made, and deleted with all their assignments: 201, 204', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    const created = await test.call('POST', '/v3/roles', { token, body: { role: { name: 'observer' } } });
    expect(created).toMatchObject({ status: 201, body: { role: { name: 'observer', domain_id: null } } });
    const id = textAt(created.body, 'role', 'id');
    await test.call('PUT', `/v3/system/users/${demoId}/roles/${id}`, { token });
    expect(await test.call('POST', '/v3/roles', { token, body: { role: { name: 'observer' } } })).toMatchObject({
      status: 409,
    });
    expect(await test.call('DELETE', `/v3/roles/${id}`, { token })).toMatchObject({ status: 204 });
    expect(await readFile(test.path, 'utf8')).not.toContain('observer');
    await test.reopen();
  });

  test('every installation has cannot be deleted: 403', async () => {
    const test = await openTestIdentity();
    const token = await test.login('admin');
    expect(await test.call('DELETE', `/v3/roles/${memberId}`, { token })).toMatchObject({ status: 403 });
  });
});
