/** The cache API, and downloads through the cache. Source: contract 08 §2, §3. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cachedIds, listCache, queueWorkedOff } from './cache.testing.ts';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, noise } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunOptions, RunningService } from './running-service.testing.ts';

const selfUrl = 'http://node-1.example.org:9292';
const named = `worker_self_reference_url = ${selfUrl}`;

function runCached(options: RunOptions = {}): Promise<RunningService> {
  return runService({ flavor: 'trusted-auth+caching', withCache: true, config: named, ...options });
}

function files(service: RunningService, folder: string): readonly string[] {
  return readdirSync(join(service.folder, 'cache', folder)).toSorted();
}

/** Removes all stored data: what is still read comes from the cache. */
function emptyStore(service: RunningService): void {
  rmSync(service.storeFolder, { recursive: true });
}

describe('a download through the cache', () => {
  let service: RunningService;
  beforeEach(async () => void (service = await runCached()));
  afterEach(() => service.close());

  test('puts a copy there, and needs the store no more: 200 with the same headers', async () => {
    const data = noise(2_500_000);
    const id = await createActiveImage(service, {}, data);
    const first = await service.send(`GET /v2/images/${id}/file`);
    expect(await cachedIds(service)).toEqual([id]);
    expect(readFileSync(join(service.folder, 'cache', id)).equals(data)).toBe(true);
    emptyStore(service);
    const second = await service.send(`GET /v2/images/${id}/file`);
    expect([second.status, second.bytes.equals(data)]).toEqual([200, true]);
    const ofTheCall = { date: '', 'x-openstack-request-id': '' };
    expect({ ...second.headers, ...ofTheCall }).toEqual({ ...first.headers, ...ofTheCall });
    expect(second.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(data.byteLength),
      'content-md5': createHash('md5').update(data).digest('hex'),
    });
  });

  test('serves ranges of a copy, and makes none for a range: 206', async () => {
    const data = noise(1_500_000);
    const id = await createActiveImage(service, {}, data);
    const headers = { range: 'bytes=5-1200000' };
    const expected = data.subarray(5, 1_200_001);
    expect((await service.send(`GET /v2/images/${id}/file`, { headers })).bytes.equals(expected)).toBe(true);
    expect(await cachedIds(service)).toEqual([]);
    await service.send(`GET /v2/images/${id}/file`);
    emptyStore(service);
    const answer = await service.send(`GET /v2/images/${id}/file`, { headers });
    expect([answer.status, answer.headers['content-range'], answer.bytes.equals(expected)]).toEqual([
      206,
      'bytes 5-1200000/1500000',
      true,
    ]);
    expect((await service.send(`GET /v2/images/${id}/file`, { headers: { range: 'bytes=9999999-' } })).status).toBe(
      416,
    );
  });

  test('of HEAD, or of what the client has already, makes no copy', async () => {
    const id = await createActiveImage(service);
    const { headers } = await service.send(`HEAD /v2/images/${id}/file`);
    const known = { 'if-none-match': String(headers.etag) };
    expect((await service.send(`GET /v2/images/${id}/file`, { headers: known })).status).toBe(304);
    expect(await cachedIds(service)).toEqual([]);
  });

  test('counts its uses', async () => {
    const id = await createActiveImage(service);
    for (let turns = 0; turns < 4; turns += 1) await service.send(`GET /v2/images/${id}/file`);
    expect((await listCache(service)).cached_images).toMatchObject([{ image_id: id, hits: 3 }]);
  });

  test('by a hundred at the same time makes one copy', async () => {
    const data = noise(400_000);
    const id = await createActiveImage(service, {}, data);
    const answers = await Promise.all(Array.from({ length: 100 }, () => service.send(`GET /v2/images/${id}/file`)));
    expect(answers.every(({ status, bytes }) => status === 200 && bytes.equals(data))).toBe(true);
    expect(await cachedIds(service)).toEqual([id]);
    expect([files(service, 'incomplete'), files(service, 'invalid')]).toEqual([[], []]);
  });

  test('whose copy was overwritten with as many bytes is never complete and wrong, and comes from the store', async () => {
    for (const size of [10, 2_500_000]) {
      const data = noise(size);
      const id = await createActiveImage(service, {}, data);
      await service.send(`GET /v2/images/${id}/file`);
      expect(await cachedIds(service)).toContain(id);
      writeFileSync(join(service.folder, 'cache', id), noise(size));
      const first = await service.send(`GET /v2/images/${id}/file`).catch(() => null);
      // What fits in one piece is exchanged before any of it was sent; otherwise the connection is cut.
      expect(first?.bytes.equals(data)).toBe(size === 10 ? true : undefined);
      expect(files(service, 'invalid')).toContain(id);
      expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(data)).toBe(true);
      expect(await cachedIds(service)).toContain(id);
    }
  });

  test('of data that were changed in the store is cut off, and makes no copy', async () => {
    const id = await createActiveImage(service, {}, 'ten bytes!');
    writeFileSync(join(service.storeFolder, id), 'no, other!');
    await expect(service.send(`GET /v2/images/${id}/file`)).rejects.toThrow();
    for (const { outcome } of service.parts.cache?.fills.values() ?? []) expect(await outcome).toBe('failed');
    expect(await cachedIds(service)).toEqual([]);
    expect(files(service, 'incomplete')).toEqual([]);
    writeFileSync(join(service.storeFolder, id), 'ten bytes!');
    expect((await service.send(`GET /v2/images/${id}/file`)).text).toBe('ten bytes!');
    expect(await cachedIds(service)).toEqual([id]);
  });

  test('goes on as before when the folder of the cache is gone', async () => {
    const id = await createActiveImage(service);
    for (let turns = 0; turns < 2; turns += 1) {
      expect((await service.send(`GET /v2/images/${id}/file`)).text).toBe('ten bytes!');
      await listCache(service);
      rmSync(join(service.folder, 'cache'), { recursive: true });
    }
  });

  test('of a deleted image is 404, and its copy is gone', async () => {
    const id = await createActiveImage(service);
    await service.send(`GET /v2/images/${id}/file`);
    expect(await cachedIds(service)).toEqual([id]);
    expect((await service.send(`DELETE /v2/images/${id}`)).status).toBe(204);
    expect(files(service, '')).toEqual(['incomplete', 'invalid', 'queue']);
    expect((await service.send(`GET /v2/images/${id}/file`, { as: 'admin' })).status).toBe(404);
  });
});

describe('cached data are given to the same callers as others:', () => {
  let service: RunningService;
  beforeAll(async () => void (service = await runCached()));
  afterAll(() => service.close());

  test.each<[Persona, string, number]>([
    ['member', 'private', 200],
    ['admin', 'private', 200],
    ['reader', 'private', 403],
    ['otherMember', 'private', 404],
    ['otherMember', 'shared', 404],
    ['otherMember', 'community', 200],
    ['nobody', 'community', 404],
    ['service', 'community', 404],
    ['stranger', 'community', 401],
  ])('to %s of a %s image %i', async (as, visibility, status) => {
    for (const isCached of [false, true]) {
      const id = await createActiveImage(service, { visibility });
      if (isCached) await service.send(`GET /v2/images/${id}/file`);
      expect((await cachedIds(service)).includes(id)).toBe(isCached);
      for (const [headers, given] of [
        [{}, status],
        [{ range: 'bytes=2-3' }, status === 200 ? 206 : status],
      ] as const) {
        expect((await service.send(`GET /v2/images/${id}/file`, { as, headers })).status).toBe(given);
      }
    }
  });

  test('to a member that accepted the image 200, to one that was removed 404', async () => {
    const id = await createActiveImage(service, { visibility: 'shared' });
    await service.send(`GET /v2/images/${id}/file`);
    await service.send(`POST /v2/images/${id}/members`, { json: { member: 'p2' } });
    await service.send(`PUT /v2/images/${id}/members/p2`, { as: 'otherMember', json: { status: 'accepted' } });
    expect((await service.send(`GET /v2/images/${id}/file`, { as: 'otherMember' })).status).toBe(200);
    await service.send(`DELETE /v2/images/${id}/members/p2`);
    expect((await service.send(`GET /v2/images/${id}/file`, { as: 'otherMember' })).status).toBe(404);
  });

  test('of a deactivated image to its owner 403, to an administrator 200', async () => {
    const id = await createActiveImage(service);
    await service.send(`GET /v2/images/${id}/file`);
    await deactivate(service, id);
    expect((await service.send(`GET /v2/images/${id}/file`)).status).toBe(403);
    expect((await service.send(`GET /v2/images/${id}/file`, { as: 'admin' })).status).toBe(200);
  });
});

describe('GET /v2/cache', () => {
  test('shows copies with their row, size, uses and times in seconds: 200', async () => {
    const service = await runCached();
    const id = await createActiveImage(service);
    await service.send(`GET /v2/images/${id}/file`);
    const answer = await service.send('GET /v2/cache', { as: 'admin' });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    const { cached_images } = await listCache(service);
    expect(Object.keys(cached_images[0] ?? {})).toEqual([
      'id',
      'image_id',
      'last_accessed',
      'last_modified',
      'size',
      'hits',
      'checksum',
    ]);
    expect(cached_images).toEqual([
      {
        id: 1,
        image_id: id,
        last_accessed: expect.closeTo(Date.now() / 1000, -2) as number,
        last_modified: expect.closeTo(Date.now() / 1000, -2) as number,
        size: 10,
        hits: 0,
        checksum: null,
      },
    ]);
    await service.close();
  });

  test.each(['sqlite', 'xattr'])('has no rows and checksums with the driver %s: 200', async (driver) => {
    const service = await runCached({ config: `image_cache_driver = ${driver}` });
    const ids = [await createActiveImage(service), await createActiveImage(service)];
    for (const id of ids) await service.send(`GET /v2/images/${id}/file`);
    const { cached_images } = await listCache(service);
    expect(cached_images.map(({ image_id }) => image_id)).toEqual(ids.toSorted());
    expect(Object.keys(cached_images[0] ?? {})).toEqual(['image_id', 'hits', 'last_accessed', 'last_modified', 'size']);
    expect(files(service, '')).toEqual([...ids, 'cache.db', 'incomplete', 'invalid', 'queue'].toSorted());
    const nodes = await service.send(`GET /v2/cache/nodes/${ids[0]}`, { as: 'admin' });
    expect(nodes.status).toBe(409);
    await service.close();
  });

  test('with a body is 400', async () => {
    const service = await runCached();
    expect((await service.send('GET /v2/cache', { as: 'admin', body: 'x' })).status).toBe(400);
    await service.close();
  });
});

describe('the cache API', () => {
  let service: RunningService;
  beforeAll(async () => void (service = await runService({ withCache: true, config: named })));
  afterAll(() => service.close());

  test('fetches a queued image at once, also where downloads do not use the cache: 202 without a body', async () => {
    const id = await createActiveImage(service);
    const answer = await service.send(`PUT /v2/cache/${id}`, { as: 'admin' });
    expect([answer.status, answer.text, answer.headers['content-length']]).toEqual([202, '', '0']);
    await queueWorkedOff(service);
    expect(await listCache(service)).toMatchObject({ cached_images: [{ image_id: id, hits: 0 }], queued_images: [] });
    expect((await service.send(`PUT /v2/cache/${id}`, { as: 'admin' })).status).toBe(202);
    expect((await listCache(service)).queued_images).toEqual([]);
    await service.send(`GET /v2/images/${id}/file`);
    expect((await listCache(service)).cached_images).toMatchObject([{ hits: 0 }]);
  });

  test('deletes what is cached, and what is not: 204', async () => {
    const id = await createActiveImage(service);
    await service.send(`PUT /v2/cache/${id}`, { as: 'admin' });
    await queueWorkedOff(service);
    for (let turns = 0; turns < 2; turns += 1) {
      expect((await service.send(`DELETE /v2/cache/${id}`, { as: 'admin' })).status).toBe(204);
      expect(await cachedIds(service)).not.toContain(id);
    }
    expect((await service.send(`DELETE /v2/cache/${absentId}`, { as: 'admin' })).status).toBe(404);
  });

  test('refuses to queue an image without data: 400', async () => {
    const id = await createImage(service);
    expect((await service.send(`PUT /v2/cache/${id}`, { as: 'admin' })).status).toBe(400);
  });

  test.each<[string | undefined, number]>([
    [undefined, 204],
    ['', 204],
    ['cache', 204],
    ['Queue', 204],
    ['all', 400],
  ])('clears what the header %j says: %i', async (target, status) => {
    const headers = target === undefined ? {} : { 'x-image-cache-clear-target': target };
    const answer = await service.send('DELETE /v2/cache', { as: 'admin', headers });
    expect(answer.status).toBe(status);
    if (status === 204) expect(answer.text).toBe('');
  });

  test('tells the nodes that have an image: 200', async () => {
    const id = await createActiveImage(service);
    const nodes = () => service.send(`GET /v2/cache/nodes/${id}`, { as: 'admin' });
    expect([(await nodes()).status, (await nodes()).text]).toEqual([200, '[]']);
    await service.send(`PUT /v2/cache/${id}`, { as: 'admin' });
    await queueWorkedOff(service);
    expect((await nodes()).text).toBe(JSON.stringify([selfUrl]));
    expect((await service.send(`GET /v2/cache/nodes/${absentId}`, { as: 'admin' })).status).toBe(404);
    expect((await service.send(`GET /v2/cache/nodes/${id}`, { as: 'admin', body: 'x' })).status).toBe(400);
  });

  test('cleans: 200 without a body', async () => {
    writeFileSync(join(service.folder, 'cache', 'invalid', absentId), 'bad');
    const answer = await service.send('POST /v2/cache/clean', { as: 'admin' });
    expect([answer.status, answer.text, files(service, 'invalid')]).toEqual([200, '', []]);
  });

  const requests = [
    ['GET /v2/cache', 403],
    ['DELETE /v2/cache', 403],
    ['PUT /v2/cache/{id}', 403],
    ['DELETE /v2/cache/{id}', 403],
    ['GET /v2/cache/nodes/{id}', 403],
    ['POST /v2/cache/clean', 403],
    ['POST /v2/cache/prune', 403],
  ] as const;

  test.each(requests)('%s by a member is %i', async (request, status) => {
    const id = await createActiveImage(service);
    expect((await service.send(request.replace('{id}', id))).status).toBe(status);
  });

  test.each([
    ['PUT /v2/cache/{id}', 404],
    ['DELETE /v2/cache/{id}', 404],
    ['GET /v2/cache/nodes/{id}', 403],
  ])('%s of an image that is not the caller’s is %i', async (request, status) => {
    const id = await createActiveImage(service);
    expect((await service.send(request.replace('{id}', id), { as: 'otherMember' })).status).toBe(status);
    expect((await service.send(request.replace('{id}', absentId))).status).toBe(status);
  });

  test('is not there without a folder, which is told after the policy was asked: 404, 403', async () => {
    const bare = await runService();
    const id = await createActiveImage(bare);
    for (const [request] of requests) {
      const url = request.replace('{id}', id);
      expect([request, (await bare.send(url, { as: 'admin' })).status]).toEqual([request, 404]);
      expect([request, (await bare.send(url)).status]).toEqual([request, 403]);
    }
    expect((await bare.send(`DELETE /v2/cache/${absentId}`, { as: 'admin' })).status).toBe(404);
    await bare.close();
  });
});

describe('a cache with a limit', () => {
  test('stays within it by itself, and keeps what was used last', async () => {
    const service = await runCached({ config: `${named}\nimage_cache_max_size = 2500` });
    const ids = [];
    for (let turns = 0; turns < 4; turns += 1) ids.push(await createActiveImage(service, {}, noise(1000)));
    const [first, second, third, fourth] = ids;
    for (const id of [first, second, first, third, fourth]) await service.send(`GET /v2/images/${id}/file`);
    expect(new Set(await cachedIds(service))).toEqual(new Set([third, fourth]));
    const large = await createActiveImage(service, {}, noise(2501));
    expect((await service.send(`GET /v2/images/${large}/file`)).bytes.byteLength).toBe(2501);
    expect(await cachedIds(service)).toHaveLength(2);
    const pruned = await service.send('POST /v2/cache/prune', { as: 'admin' });
    expect([pruned.status, pruned.json()]).toEqual([200, { total_files_pruned: 0, total_bytes_pruned: 0 }]);
    await service.close();
  });

  test('is pruned to it when files came in from elsewhere: 200 with what was removed', async () => {
    const service = await runCached({ config: `${named}\nimage_cache_max_size = 10` });
    const ids = [await createActiveImage(service), await createActiveImage(service), await createActiveImage(service)];
    for (const id of ids) writeFileSync(join(service.folder, 'cache', id), 'ten bytes!');
    const pruned = await service.send('POST /v2/cache/prune', { as: 'admin' });
    expect(pruned.json()).toEqual({ total_files_pruned: 2, total_bytes_pruned: 20 });
    await service.close();
  });
});

describe('the older management calls', () => {
  let service: RunningService;
  beforeAll(async () => void (service = await runCached({ flavor: 'trusted-auth+cachemanagement' })));
  afterAll(() => service.close());

  async function answerTo(request: string): Promise<readonly [number, unknown]> {
    const answer = await service.send(request, { as: 'admin' });
    expect(answer.headers['content-type']).toBe('application/json');
    return [answer.status, JSON.parse(answer.text)];
  }

  test('list, count and remove copies: 200', async () => {
    const ids = [await createActiveImage(service), await createActiveImage(service)];
    for (const id of ids) await service.send(`GET /v2/images/${id}/file`);
    const [status, listing] = await answerTo('GET /v2/cached_images');
    expect(status).toBe(200);
    expect(listing).toEqual({ cached_images: (await listCache(service)).cached_images });
    expect(await answerTo(`DELETE /v2/cached_images/${ids[0]}`)).toEqual([200, null]);
    expect(await answerTo(`DELETE /v2/cached_images/${absentId}`)).toEqual([200, null]);
    expect(await answerTo('DELETE /v2/cached_images')).toEqual([200, { num_deleted: 1 }]);
    expect(await cachedIds(service)).toEqual([]);
  });

  test('queue without looking at the image, count and remove: 200', async () => {
    const id = await createActiveImage(service);
    for (const queued of [absentId, id]) expect(await answerTo(`PUT /v2/queued_images/${queued}`)).toEqual([200, null]);
    expect(await answerTo('GET /v2/queued_images')).toEqual([200, { queued_images: [absentId, id] }]);
    expect(await answerTo(`DELETE /v2/queued_images/${absentId}`)).toEqual([200, null]);
    expect(await answerTo('DELETE /v2/queued_images')).toEqual([200, { num_deleted: 1 }]);
    expect((await service.send('PUT /v2/queued_images/not-an-id', { as: 'admin' })).status).toBe(404);
  });

  test.each([
    'GET /v2/cached_images',
    'DELETE /v2/cached_images',
    `DELETE /v2/cached_images/${absentId}`,
    'GET /v2/queued_images',
    `PUT /v2/queued_images/${absentId}`,
    'DELETE /v2/queued_images',
    `DELETE /v2/queued_images/${absentId}`,
  ])('%s by a member is 403, without the flavor 404', async (request) => {
    expect((await service.send(request)).status).toBe(403);
    const plain = await runCached();
    expect((await plain.send(request, { as: 'admin' })).status).toBe(404);
    await plain.close();
  });

  test.each(['POST /v2/cached_images', `GET /v2/cached_images/${absentId}`, 'DELETE /v2/queued_images/'])(
    '%s is not among them: 404',
    async (request) => {
      expect((await service.send(request, { as: 'admin' })).status).toBe(404);
    },
  );
});

describe('a cache folder', () => {
  test('that another server left is used at once, with what its books say', async () => {
    const first = await runCached({ config: 'image_cache_driver = sqlite' });
    const id = await createActiveImage(first);
    for (let turns = 0; turns < 3; turns += 1) await first.send(`GET /v2/images/${id}/file`);
    await listCache(first);
    const image = await first.parts.images.show({ isAdmin: true, projectId: null }, id);
    const cacheFolder = join(first.folder, 'cache');
    if (image === undefined) throw new Error('There is no image.');

    const second = await runService({
      flavor: 'trusted-auth+caching',
      config: `${named}\nimage_cache_dir = ${cacheFolder}`,
    });
    // The records came over with the database; here they are made again.
    await second.parts.images.create(image);
    const { cached_images } = await listCache(second);
    expect(cached_images).toMatchObject([{ image_id: id, hits: 2, size: 10 }]);
    expect((await second.send(`GET /v2/images/${id}/file`)).text).toBe('ten bytes!');
    await second.close();
    await first.close();
  });
});
