/** Showing, deleting, deactivating images, and conditional requests. Source: contract 02 §5–§8; RFC 9110 §13. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, patch, show, upload } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => void (service = await runService({ config: 'show_image_direct_url = true' })));
afterAll(() => service.close());

describe('show', () => {
  test.each<[string, Persona, number]>([
    ['private', 'member', 200],
    ['private', 'reader', 200],
    ['private', 'admin', 200],
    ['private', 'otherMember', 404],
    ['shared', 'otherMember', 404],
    ['community', 'otherMember', 200],
    ['community', 'nobody', 404],
    ['community', 'service', 404],
    ['community', 'stranger', 401],
  ])('of a %s image by %s: %i', async (visibility, as, status) => {
    const id = await createImage(service, { visibility });
    expect((await service.send(`GET /v2/images/${id}`, { as })).status).toBe(status);
  });

  test.each([absentId, 'x', 'x'.repeat(300), '%20', '1', '__proto__'])('of no image: 404 (%s)', async (id) => {
    expect((await service.send(`GET /v2/images/${id}`)).status).toBe(404);
  });
});

describe('direct_url', () => {
  test('is there once there are data, and not for everybody once the image is deactivated', async () => {
    const id = await createImage(service);
    expect(await show(service, id)).not.toHaveProperty('direct_url');
    await upload(service, id, 'data');
    expect(await show(service, id, 'member')).toHaveProperty('direct_url');
    await deactivate(service, id);
    expect(await show(service, id, 'member')).not.toHaveProperty('direct_url');
    expect(await show(service, id, 'admin')).toHaveProperty('direct_url');
    const list = await service.send(`GET /v2/images?id=${id}`);
    expect((list.json()['images'] as object[])[0]).not.toHaveProperty('direct_url');
  });
});

describe('delete', () => {
  test.each<[Persona, string, number]>([
    ['member', 'private', 204],
    ['admin', 'private', 204],
    ['reader', 'private', 403],
    ['otherMember', 'community', 403],
    ['otherMember', 'private', 404],
    ['nobody', 'community', 404],
    ['stranger', 'community', 401],
  ])('by %s of a %s image: %i', async (as, visibility, status) => {
    const id = await createImage(service, { visibility });
    expect((await service.send(`DELETE /v2/images/${id}`, { as })).status).toBe(status);
    expect((await service.send(`GET /v2/images/${id}`)).status).toBe(status === 204 ? 404 : 200);
  });

  test('of a protected image is 403 for admins too, until it is not protected', async () => {
    const id = await createActiveImage(service, { protected: true });
    expect((await service.send(`DELETE /v2/images/${id}`, { as: 'admin' })).status).toBe(403);
    await patch(service, id, [{ op: 'replace', path: '/protected', value: false }]);
    const answer = await service.send(`DELETE /v2/images/${id}`);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined]);
    expect((await service.send(`DELETE /v2/images/${id}`)).status).toBe(404);
    expect((await service.send(`GET /v2/images/${id}`, { as: 'admin' })).status).toBe(404);
  });
});

describe('deactivate and reactivate', () => {
  test.each<[string, number, number]>([
    ['queued', 403, 403],
    ['active', 204, 204],
  ])('of a %s image: %i, %i', async (status, off, on) => {
    const id = status === 'active' ? await createActiveImage(service) : await createImage(service);
    for (const [action, expected] of Object.entries({ deactivate: off, reactivate: on })) {
      for (let time = 0; time < 2; time += 1) {
        const answer = await service.send(`POST /v2/images/${id}/actions/${action}`);
        expect([action, answer.status]).toEqual([action, expected]);
      }
    }
  });

  test('keeps the data from members, not from admins', async () => {
    const id = await createActiveImage(service);
    await deactivate(service, id);
    expect((await service.send(`GET /v2/images/${id}/file`)).status).toBe(403);
    expect((await service.send(`GET /v2/images/${id}/file`, { as: 'admin' })).status).toBe(200);
    expect((await upload(service, id, 'x')).status).toBe(409);
    expect((await service.send(`DELETE /v2/images/${id}`)).status).toBe(204);
  });

  test.each<[Persona, number]>([
    ['reader', 403],
    ['otherMember', 403],
    ['nobody', 404],
    ['admin', 204],
  ])('of a community image by %s: %i', async (as, status) => {
    const id = await createActiveImage(service, { visibility: 'community' });
    expect((await service.send(`POST /v2/images/${id}/actions/deactivate`, { as })).status).toBe(status);
  });

  test('of no image is 404', async () => {
    expect((await service.send(`POST /v2/images/${absentId}/actions/reactivate`)).status).toBe(404);
  });
});

describe('conditional requests', () => {
  async function tagOf(id: string): Promise<string> {
    return String((await service.send(`GET /v2/images/${id}`)).headers.etag);
  }

  test('a client that has the image is told so, without content headers: 304', async () => {
    const id = await createImage(service);
    const tag = await tagOf(id);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await service.send(`GET /v2/images/${id}`, { headers: { 'if-none-match': known } });
      expect([answer.status, answer.text, answer.headers.etag]).toEqual([304, '', tag]);
      expect(answer.headers).not.toHaveProperty('content-type');
      expect(answer.headers).not.toHaveProperty('content-length');
    }
    const answer = await service.send(`GET /v2/images/${id}`, { headers: { 'if-none-match': '"other"' } });
    expect(answer.status).toBe(200);
  });

  test('the tag changes with the image', async () => {
    const id = await createImage(service);
    const before = await tagOf(id);
    await patch(service, id, [{ op: 'add', path: '/a', value: 'b' }]);
    expect(await tagOf(id)).not.toBe(before);
  });

  test('the tag in the answer to a change is that of the next read', async () => {
    const id = await createImage(service);
    const changed = await patch(service, id, [{ op: 'add', path: '/a', value: 'b' }]);
    expect(changed.headers.etag).toBe(await tagOf(id));
  });

  test('a change with the tag of before is refused: 412', async () => {
    const id = await createImage(service);
    const old = await tagOf(id);
    const operations = [{ op: 'replace', path: '/name', value: 'x' }];
    expect((await patch(service, id, operations, { headers: { 'if-match': old } })).status).toBe(200);
    expect((await patch(service, id, operations, { headers: { 'if-match': old } })).status).toBe(412);
    expect((await service.send(`DELETE /v2/images/${id}`, { headers: { 'if-match': old } })).status).toBe(412);
    const current = await tagOf(id);
    const weak = `W/${current}`;
    expect((await service.send(`DELETE /v2/images/${id}`, { headers: { 'if-match': weak } })).status).toBe(412);
    expect((await service.send(`DELETE /v2/images/${id}`, { headers: { 'if-match': current } })).status).toBe(204);
  });

  test('* is any state of an image that is there', async () => {
    const id = await createImage(service);
    expect((await patch(service, id, [], { headers: { 'if-match': '*' } })).status).toBe(200);
    expect((await patch(service, absentId, [], { headers: { 'if-match': '*' } })).status).toBe(404);
  });

  test('image data have a tag of their own', async () => {
    const id = await createActiveImage(service);
    const { headers } = await service.send(`GET /v2/images/${id}/file`);
    expect(headers.etag).toMatch(/^"sha512-[0-9a-f]{128}"$/);
    const again = await service.send(`GET /v2/images/${id}/file`, {
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect([again.status, again.text]).toEqual([304, '']);
    expect(again.headers).not.toHaveProperty('content-length');
  });
});

test('HEAD is answered where GET is, with its headers and without its body', async () => {
  const id = await createActiveImage(service);
  for (const path of [
    '/v2/images',
    `/v2/images/${id}`,
    `/v2/images/${id}/file`,
    `/v2/images/${id}/members`,
    '/v2/schemas/image',
  ]) {
    const [get, head] = [await service.send(`GET ${path}`), await service.send(`HEAD ${path}`)];
    const comparable = ({ headers }: typeof get) => ({ ...headers, date: '', 'x-openstack-request-id': '' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(comparable(head)).toEqual(comparable(get));
  }
});
