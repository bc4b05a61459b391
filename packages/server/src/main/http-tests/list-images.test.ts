/** Lists of images: who sees what, filters, order, pages, links. Source: contract 02 §9. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
afterAll(() => service.close());

beforeAll(async () => {
  service = await runService({ config: 'api_limit_max = 5\nlimit_param_default = 4' });
  await createImage(service, { name: 'private', visibility: 'private', min_ram: 512, a: 'x', c: '' });
  await createActiveImage(service, { name: 'a:b', visibility: 'shared', tags: ['one', 'two'], min_disk: 10 });
  await createImage(service, { name: 'community', visibility: 'community', protected: true });
  await createImage(service, { name: 'hidden', os_hidden: true });
  await createImage(service, { name: 'foreign private', visibility: 'private' }, 'otherMember');
  await createImage(service, { name: 'foreign community', visibility: 'community' }, 'otherMember');
  for (const status of ['pending', 'accepted', 'rejected']) {
    const id = await createImage(service, { name: `shared ${status}` }, 'otherMember');
    await service.send(`POST /v2/images/${id}/members`, { as: 'otherMember', json: { member: 'p1' } });
    await service.send(`PUT /v2/images/${id}/members/p1`, { json: { status } });
  }
  await createImage(service, { name: 'a,3', visibility: 'public', owner: 'p9', disk_format: 'iso' }, 'admin');
  await createImage(service, { visibility: 'private', tags: ['one'] });
});

/** Names in alphabetical order, `-` for none, or the status of a refusal. */
async function names(query: string, as: Persona = 'member'): Promise<unknown> {
  const answer = await service.send(`GET /v2/images${query}`, { as });
  if (answer.status !== 200) return answer.status;
  return namesOn(answer.json()).toSorted();
}

function namesOn(page: Record<string, unknown>): readonly string[] {
  return (page['images'] as { name: string | null }[]).map(({ name }) => name ?? '-');
}

const own = ['a:b', 'community', 'private', '-'];

describe('which images', () => {
  test.each<[Persona, string, readonly string[]]>([
    ['member', '', [...own, 'a,3', 'shared accepted']],
    ['reader', '', [...own, 'a,3', 'shared accepted']],
    ['member', 'visibility=private', ['-', 'private']],
    ['member', 'visibility=public', ['a,3']],
    ['member', 'visibility=shared', ['a:b', 'shared accepted']],
    ['member', 'visibility=community', ['community', 'foreign community']],
    ['member', 'visibility=all', [...own, 'a,3', 'shared accepted', 'foreign community']],
    ['member', 'member_status=pending', [...own, 'a,3', 'shared pending']],
    ['member', 'member_status=rejected&visibility=shared', ['a:b', 'shared rejected']],
    ['member', 'member_status=all&visibility=shared', ['a:b', 'shared accepted', 'shared pending', 'shared rejected']],
    ['member', 'os_hidden=true', ['hidden']],
    ['member', 'os_hidden=FALSE&visibility=private', ['-', 'private']],
    ['member', 'visibility=', []],
    ['otherMember', 'visibility=private', ['foreign private']],
    ['admin', 'visibility=private', ['foreign private', 'private', '-']],
    ['admin', 'visibility=community', ['community', 'foreign community']],
  ])('%s sees with %s: %o', async (as, query, expected) => {
    const all: string[] = [];
    let next: unknown = `/v2/images?limit=2&${query}`;
    while (typeof next === 'string') {
      const page = (await service.send(`GET ${next}`, { as })).json();
      all.push(...namesOn(page));
      next = page['next'];
    }
    expect(all.toSorted()).toEqual(expected.toSorted());
  });
});

test.each<[Persona, number]>([
  ['nobody', 403],
  ['service', 403],
  ['stranger', 401],
])('%s sees no list: %i', async (as, status) => {
  expect(await names('', as)).toBe(status);
});

describe('filters', () => {
  test.each<[string, unknown]>([
    ['name=private', ['private']],
    ['name=eq:private', ['private']],
    ['name=in:private,community', ['community', 'private']],
    ['name=in:%22a,3%22,community', ['a,3', 'community']],
    ['name=in:%22a%22b', 400],
    ['name=in:%22a', 400],
    ['name=in:', []],
    ['name=', []],
    ['name=a:b', 400],
    ['name=eq:a:b', ['a:b']],
    ['name=in:a:b', ['a:b']],
    ['name=neq:x', 400],
    ['status=neq:active', 400],
    ['status=active', ['a:b']],
    ['status=nonsense', []],
    ['status=in:active,queued&name=private', ['private']],
    ['disk_format=iso', ['a,3']],
    ['container_format=ovf', []],
    [`id=${absentId}`, []],
    ['owner=p9', ['a,3']],
    ['owner=p2', ['shared accepted']],
    ['tag=one', ['-', 'a:b']],
    ['tag=one&tag=two', ['a:b']],
    ['tag=%20two%20', ['a:b']],
    ['protected=true', ['community']],
    ['protected=True', 400],
    ['protected=', 400],
    ['os_hidden=maybe', 400],
    ['os_hidden=', 400],
    ['visibility=everybody', 400],
    ['member_status=', 400],
    ['member_status=maybe', 400],
    ['size_min=10', ['a:b']],
    ['size_max=9', []],
    ['size_min=%2B10', ['a:b']],
    ['size_min=', 400],
    ['size_min=1.5', 400],
    ['size_min=99999999999999999999', 400],
    ['min_ram_min=512', ['private']],
    ['min_disk_max=9&name=private', ['private']],
    ['nothing_min=1', 400],
    ['name_max=1', 400],
    ['size=10', ['a:b']],
    ['min_ram=512', ['private']],
    ['min_ram=many', []],
    ['created_at=2000-01-01T00:00:00Z', []],
    ['created_at=gt:2000-01-01T00:00:00Z&name=private', ['private']],
    ['created_at=lt:2000-01-01', []],
    ['created_at=gte:2000-01-01%2000:00:00&name=private', ['private']],
    ['created_at=neq:2000-01-01T00:00:00%2B02:00&name=private', ['private']],
    ['created_at=after:2000-01-01T00:00:00Z', 400],
    ['created_at=yesterday', 400],
    ['created_at=', 400],
    ['changes-since=2000-01-01T00:00:00Z', 400],
    ['deleted=true&name=private', ['private']],
    ['is_public=true', []],
    ['locations=x', []],
    ['properties=x', []],
    ['members=x', []],
    ['tags=one', []],
    ['a=x', ['private']],
    ['a=in:x', []],
    ['c=', ['private']],
    ['b=', []],
    ['__proto__=x', []],
    ['constructor=x', []],
    ['name=%F0%9F%98%80', []],
    ['name=x&name=private', ['private']],
    ['a', []],
    ['&&name=private&', ['private']],
  ])('%s: %o', async (query, expected) => {
    expect(await names(`?${query}`)).toEqual(expected);
  });
});

describe('order', () => {
  async function order(query: string): Promise<unknown> {
    const answer = await service.send(`GET /v2/images?limit=5&${query}`);
    if (answer.status !== 200) return answer.status;
    return namesOn(answer.json());
  }

  test.each<[string, unknown]>([
    ['sort=name:asc', ['-', 'a,3', 'a:b', 'community', 'private']],
    ['sort_key=name&sort_dir=asc', ['-', 'a,3', 'a:b', 'community', 'private']],
    ['sort=name', ['shared accepted', 'private', 'community', 'a:b', 'a,3']],
    ['sort=size:desc,name:asc', ['a:b', '-', 'a,3', 'community', 'private']],
    ['sort_key=size&sort_key=name&sort_dir=desc&sort_dir=asc', ['a:b', '-', 'a,3', 'community', 'private']],
    ['sort=%20name%20:%20asc%20', ['-', 'a,3', 'a:b', 'community', 'private']],
    ['sort=', 400],
    ['sort=name:up', 400],
    ['sort=name:ASC', 400],
    ['sort=name:asc,', 400],
    ['sort=owner', 400],
    ['sort_key=owner', 400],
    ['sort_dir=up', 400],
    ['sort=name&sort_key=size', 400],
    ['sort_key=name&sort_key=size&sort_key=id&sort_dir=asc&sort_dir=asc', 400],
  ])('%s: %o', async (query, expected) => {
    expect(await order(query)).toEqual(expected);
  });
});

describe('pages', () => {
  test.each<[string, number]>([
    ['limit=-1', 400],
    ['limit=', 400],
    ['limit=1.5', 400],
    ['limit=x', 400],
    ['marker=', 400],
    [`marker=${absentId}`, 400],
    ['marker=x', 400],
    ['limit=%20%2B2%20', 200],
    ['limit=99999999999999999999', 200],
  ])('%s is %i', async (query, status) => {
    expect((await service.send(`GET /v2/images?${query}`)).status).toBe(status);
  });

  test.each<[string, number, boolean]>([
    ['', 4, true],
    ['limit=0', 0, false],
    ['limit=2', 2, true],
    ['limit=5', 5, true],
    ['limit=1000', 5, true],
    ['visibility=private&limit=3', 2, false],
    ['visibility=private&limit=2', 2, true],
    ['limit=2&limit=3', 3, true],
  ])('%s has %i images; another page follows: %s', async (query, count, hasNext) => {
    const page = (await service.send(`GET /v2/images?${query}`)).json();
    expect([(page['images'] as unknown[]).length, 'next' in page]).toEqual([count, hasNext]);
  });

  test('a marker that the caller cannot see is as good as none: 400', async () => {
    const id = await createImage(service, { visibility: 'private', os_hidden: true }, 'otherMember');
    expect((await service.send(`GET /v2/images?marker=${id}`)).status).toBe(400);
  });

  test('links repeat the query, the marker last, and next is the last key', async () => {
    const answer = await service.send(
      'GET /v2/images?tag=o%20e&tag=two&limit=1&sort=name:asc&name=in:%22a,3%22&x=%C3%BC',
    );
    expect(answer.json()['first']).toBe(
      '/v2/images?tag=o+e&tag=two&limit=1&sort=name%3Aasc&name=in%3A%22a%2C3%22&x=%C3%BC',
    );
    const page = await service.send('GET /v2/images?limit=1&sort=name:asc&status=in:active,queued&marker=');
    expect(page.status).toBe(400);
    const first = (await service.send('GET /v2/images?limit=1&sort=name:asc&status=in:active,queued')).json();
    const [image] = first['images'] as [{ id: string }];
    expect(Object.keys(first)).toEqual(['images', 'first', 'schema', 'next']);
    expect(first).toMatchObject({
      first: '/v2/images?limit=1&sort=name%3Aasc&status=in%3Aactive%2Cqueued',
      schema: '/v2/schemas/images',
      next: `/v2/images?limit=1&sort=name%3Aasc&status=in%3Aactive%2Cqueued&marker=${image.id}`,
    });
  });
});
