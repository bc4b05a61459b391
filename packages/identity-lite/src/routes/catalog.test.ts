import { describe, expect, test } from 'vitest';
import { openTestIdentity, textAt } from '../pocket-identity.testing.ts';

describe('the catalogue by parts', () => {
  test('lists services and shows each: 200', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    const listed = await test.call('GET', '/v3/services?type=image', { token });
    expect(listed.body).toMatchObject({ services: [{ name: 'glance', type: 'image', enabled: true }] });
    const id = textAt(listed.body, 'services', 0, 'id');
    expect((await test.call('GET', `/v3/services/${id}`, { token })).body).toMatchObject({ service: { id } });
    const endpoints = await test.call('GET', `/v3/endpoints?service_id=${id}&interface=public`, { token });
    expect(endpoints.body).toMatchObject({
      endpoints: [{ service_id: id, interface: 'public', region_id: 'RegionOne', url: 'http://127.0.0.1:9292' }],
    });
    const endpointId = textAt(endpoints.body, 'endpoints', 0, 'id');
    expect(await test.call('GET', `/v3/endpoints/${endpointId}`, { token })).toMatchObject({ status: 200 });
  });

  test('has one region', async () => {
    const test = await openTestIdentity();
    const token = await test.login('demo');
    expect((await test.call('GET', '/v3/regions', { token })).body).toMatchObject({ regions: [{ id: 'RegionOne' }] });
    expect((await test.call('GET', '/v3/regions/RegionOne', { token })).body).toMatchObject({
      region: { id: 'RegionOne' },
    });
  });

  test.each(['/v3/services/none', '/v3/endpoints/none', '/v3/regions/none'])('%s: 404', async (target) => {
    const test = await openTestIdentity();
    expect(await test.call('GET', target, { token: await test.login('demo') })).toMatchObject({ status: 404 });
  });
});

describe('domains and groups', () => {
  test.each([
    ['admin', '/v3/domains', 200],
    ['admin', '/v3/domains?name=Other', 200],
    ['admin', '/v3/domains/other', 200],
    ['admin', '/v3/domains/none', 404],
    ['admin', '/v3/groups', 200],
    ['demo', '/v3/domains', 403],
    ['demo', '/v3/domains/default', 200],
    ['demo', '/v3/domains/other', 403],
    ['demo', '/v3/groups', 403],
  ])('%s reads %s: %i', async (user, target, status) => {
    const test = await openTestIdentity();
    expect(await test.call('GET', target, { token: await test.login(user) })).toMatchObject({ status });
  });
});
