/** Members and tags of images. Source: contract 06. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, show } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => {
  service = await runService({ config: 'image_member_quota = 2\nimage_tag_quota = 2' });
});
afterAll(() => service.close());

type Call = 'list' | 'create' | 'show' | 'update' | 'delete';

async function call(name: Call, imageId: string, member: string, as: Persona): Promise<number> {
  const members = `/v2/images/${imageId}/members`;
  const requests = {
    list: [`GET ${members}`, {}],
    create: [`POST ${members}`, { json: { member } }],
    show: [`GET ${members}/${member}`, {}],
    update: [`PUT ${members}/${member}`, { json: { status: 'accepted' } }],
    delete: [`DELETE ${members}/${member}`, {}],
  } as const;
  const [request, options] = requests[name];
  return (await service.send(request, { as, ...options })).status;
}

async function sharedImage(...members: readonly string[]): Promise<string> {
  const id = await createImage(service);
  for (const member of members) await call('create', id, member, 'member');
  return id;
}

const calls: readonly Call[] = ['list', 'create', 'show', 'update', 'delete'];

describe('the outcomes: list, create, show, update, delete', () => {
  test.each<[string, Persona, string, number[]]>([
    ['an image that is not there', 'member', 'absent', [404, 404, 404, 404, 404]],
    ['an image the caller cannot see', 'otherMember', 'private', [404, 404, 404, 404, 404]],
    ['a private image', 'member', 'private', [403, 403, 404, 403, 403]],
    ['a community image of another project', 'otherMember', 'community', [403, 403, 404, 403, 403]],
    ['a public image', 'member', 'public', [403, 403, 404, 403, 403]],
  ])('of %s', async (_, as, visibility, expected) => {
    const id =
      visibility === 'absent'
        ? absentId
        : await createImage(service, { visibility }, visibility === 'public' ? 'admin' : 'member');
    const statuses: number[] = [];
    for (const name of calls) statuses.push(await call(name, id, 'p7', as));
    expect(statuses).toEqual(expected);
  });

  test.each<[string, Persona, number[]]>([
    ['its owner', 'member', [200, 409, 200, 403, 204]],
    ['a reader of its owner', 'reader', [200, 403, 200, 403, 403]],
    ['the member', 'otherMember', [200, 403, 200, 200, 403]],
    ['an admin', 'admin', [200, 409, 200, 200, 204]],
    ['somebody without a role', 'nobody', [404, 404, 404, 404, 404]],
  ])('of a shared image for %s', async (_, as, expected) => {
    const id = await sharedImage('p2');
    const statuses: number[] = [];
    for (const name of calls) statuses.push(await call(name, id, 'p2', as));
    expect(statuses).toEqual(expected);
  });

  test('of a row that is not there, or that the caller may not see: 404', async () => {
    const id = await sharedImage('p2', 'p5');
    for (const name of ['show', 'update', 'delete'] as const) {
      expect([name, await call(name, id, 'p7', 'member')]).toEqual([name, 404]);
      expect([name, await call(name, id, 'p5', 'otherMember')]).toEqual([name, 404]);
    }
  });

  test('a quota that is used up comes before the member that exists: 413', async () => {
    const id = await sharedImage('p2', 'p5');
    expect(await call('create', id, 'p2', 'member')).toBe(413);
    await call('delete', id, 'p5', 'member');
    expect(await call('create', id, 'p2', 'member')).toBe(409);
  });
});

describe('members', () => {
  test('are shown with their image, status and times: 200, not 201', async () => {
    const id = await createImage(service);
    const answer = await service.send(`POST /v2/images/${id}/members`, { json: { member: 'p2', status: 'accepted' } });
    const member = {
      member_id: 'p2',
      image_id: id,
      status: 'pending',
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      schema: '/v2/schemas/member',
    };
    expect([answer.status, answer.headers.location]).toEqual([200, undefined]);
    expect(answer.json()).toEqual(member);
    expect((await service.send(`GET /v2/images/${id}/members`)).json()).toEqual({
      members: [member],
      schema: '/v2/schemas/members',
    });
  });

  test('see the image in every status, and only their own row', async () => {
    const id = await sharedImage('p2', 'p5');
    for (const status of ['pending', 'rejected', 'accepted']) {
      await service.send(`PUT /v2/images/${id}/members/p2`, { as: 'otherMember', json: { status } });
      expect((await service.send(`GET /v2/images/${id}`, { as: 'otherMember' })).status).toBe(200);
    }
    const rows = async (as: Persona) => {
      const list = await service.send(`GET /v2/images/${id}/members`, { as });
      return (list.json()['members'] as { member_id: string }[]).map((row) => row.member_id);
    };
    expect(await rows('otherMember')).toEqual(['p2']);
    expect(await rows('member')).toEqual(['p2', 'p5']);
  });

  test('come back as pending when they are added again', async () => {
    const id = await sharedImage('p2');
    await call('update', id, 'p2', 'otherMember');
    await call('delete', id, 'p2', 'member');
    expect((await service.send(`GET /v2/images/${id}`, { as: 'otherMember' })).status).toBe(404);
    await call('create', id, 'p2', 'member');
    const row = await service.send(`GET /v2/images/${id}/members/p2`);
    expect(row.json()['status']).toBe('pending');
  });

  test.each<[string, unknown]>([
    ['no member', {}],
    ['an empty member', { member: '' }],
    ['a null member', { member: null }],
    ['a number', { member: 1 }],
    ['a list', { member: ['p2'] }],
    ['too long a member', { member: 'p'.repeat(256) }],
    ['an emoji', { member: '😀' }],
    ['an inherited member', JSON.parse('{"__proto__": {"member": "p2"}}')],
  ])('cannot be created with %s: 400, before anybody looks for the image', async (_, json) => {
    expect((await service.send(`POST /v2/images/${absentId}/members`, { json })).status).toBe(400);
  });

  test.each<[string, unknown]>([
    ['no status', {}],
    ['null', { status: null }],
    ['another word', { status: 'maybe' }],
    ['another case', { status: 'Accepted' }],
    ['a list', { status: ['accepted'] }],
  ])('cannot be changed to %s: 400, before anybody looks for the image', async (_, json) => {
    expect((await service.send(`PUT /v2/images/${absentId}/members/p2`, { json })).status).toBe(400);
  });

  test('an image may be shared with its own project', async () => {
    expect(await call('create', await createImage(service), 'p1', 'member')).toBe(200);
  });
});

describe('tags', () => {
  const tag = (method: string, id: string, name: string, as: Persona = 'member') =>
    service.send(`${method} /v2/images/${id}/tags/${name}`, { as });

  test('are added once, and removed once', async () => {
    const id = await createImage(service);
    const statuses: number[] = [];
    for (const method of ['PUT', 'PUT', 'DELETE', 'DELETE']) statuses.push((await tag(method, id, 't')).status);
    expect(statuses).toEqual([204, 204, 204, 404]);
  });

  test.each<[Persona, string, number]>([
    ['member', 'private', 204],
    ['admin', 'private', 204],
    ['reader', 'private', 403],
    ['otherMember', 'private', 404],
    ['otherMember', 'community', 403],
    ['nobody', 'community', 404],
  ])('by %s on a %s image: %i', async (as, visibility, status) => {
    const id = await createImage(service, { visibility, tags: ['old'] });
    expect((await tag('PUT', id, 'new', as)).status).toBe(status);
    expect((await tag('DELETE', id, 'old', as)).status).toBe(status);
  });

  test.each<[string, string, number]>([
    ['255 characters', 't'.repeat(255), 204],
    ['255 characters of two bytes', encodeURIComponent('é'.repeat(255)), 204],
    ['256 characters', 't'.repeat(256), 400],
    ['an emoji', encodeURIComponent('😀'), 400],
    ['a blank', '%20', 204],
    ['a NUL', 'a%00b', 400],
  ])('of %s', async (_, name, status) => {
    const id = await createImage(service);
    expect((await tag('PUT', id, name)).status).toBe(status);
    expect((await show(service, id))['tags']).toEqual(status === 204 ? [decodeURIComponent(name)] : []);
  });

  test('beyond the quota are 413, and one that is there is not beyond it', async () => {
    const id = await createImage(service, { tags: ['a', 'b'] });
    expect((await tag('PUT', id, 'b')).status).toBe(204);
    expect((await tag('PUT', id, 'c')).status).toBe(413);
  });

  test('can be set on protected and deactivated images', async () => {
    const id = await createActiveImage(service, { protected: true });
    await deactivate(service, id);
    expect((await tag('PUT', id, 'a')).status).toBe(204);
  });

  test('of no image are 404', async () => {
    expect((await tag('PUT', absentId, 'a')).status).toBe(404);
    expect((await tag('DELETE', absentId, 'a')).status).toBe(404);
  });
});
