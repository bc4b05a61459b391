/** Uploading and downloading image data. Source: contract 03 §1, §4. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona, RequestOptions } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, noise, show, upload } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

const sizeCapBytes = 3 * 1024 * 1024;
let service: RunningService;
beforeAll(async () => void (service = await runService({ config: `image_size_cap = ${sizeCapBytes}` })));
afterAll(() => service.close());

const chunked = { 'transfer-encoding': 'chunked' };

function put(id: string, options: RequestOptions) {
  return service.send(`PUT /v2/images/${id}/file`, {
    as: 'member',
    body: 'ten bytes!',
    ...options,
    headers: { 'content-type': 'application/octet-stream', ...options.headers },
  });
}

function storedObjects(): readonly string[] {
  return readdirSync(service.storeFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe('an upload', () => {
  test.each<[string, Record<string, string>]>([
    ['of known length', {}],
    ['in chunks', chunked],
  ])('%s makes the image active, with its hashes: 204', async (_, headers) => {
    const id = await createImage(service);
    const data = noise(1_000_003);
    const answer = await put(id, { body: data, headers });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await show(service, id)).toMatchObject({
      status: 'active',
      size: data.length,
      virtual_size: data.length,
      checksum: createHash('md5').update(data).digest('hex'),
      os_hash_algo: 'sha512',
      os_hash_value: createHash('sha512').update(data).digest('hex'),
    });
    expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(data)).toBe(true);
  });

  test('of nothing is legal: size 0', async () => {
    const id = await createImage(service);
    expect((await put(id, { body: '' })).status).toBe(204);
    expect(await show(service, id)).toMatchObject({
      status: 'active',
      size: 0,
      checksum: 'd41d8cd98f00b204e9800998ecf8427e',
    });
  });

  test.each<[string, number]>([
    ['application/octet-stream; charset=x', 204],
    ['Application/Octet-Stream', 415],
    ['application/octet-streams', 415],
    ['application/json', 415],
    ['text/plain', 415],
    ['', 415],
  ])('of type "%s" is %i', async (type, status) => {
    const id = await createImage(service);
    expect((await put(id, { headers: { 'content-type': type } })).status).toBe(status);
    expect((await show(service, id))['status']).toBe(status === 204 ? 'active' : 'queued');
  });

  test('without a type is 415, before anybody looks for the image', async () => {
    expect((await service.send(`PUT /v2/images/${absentId}/file`, { body: 'x' })).status).toBe(415);
  });

  test.each<[string, number]>([
    ['10', 204],
    ['0', 204],
    [' 10 ', 204],
    ['+10', 204],
    ['9', 400],
    ['11', 400],
    ['-1', 400],
    ['ten', 400],
    ['1e1', 400],
    ['10.0', 400],
    ['', 400],
    ['99999999999999999999', 400],
  ])('of ten bytes that says it has "%s" is %i', async (size, status) => {
    for (const headers of [{}, chunked]) {
      const id = await createImage(service);
      const before = storedObjects().length;
      expect((await put(id, { headers: { ...headers, 'x-openstack-image-size': size } })).status).toBe(status);
      const expected =
        status === 204 ? { status: 'active', size: 10 } : { status: 'queued', size: null, checksum: null };
      expect(await show(service, id)).toMatchObject(expected);
      expect(storedObjects().length - before).toBe(status === 204 ? 1 : 0);
    }
  });

  test.each<[string, Record<string, string>]>([
    ['of known length', {}],
    ['in chunks', chunked],
  ])('%s beyond the cap is 413, and can be corrected', async (_, headers) => {
    const id = await createImage(service);
    const before = storedObjects().length;
    expect((await put(id, { body: noise(sizeCapBytes + 1), headers })).status).toBe(413);
    expect((await show(service, id))['status']).toBe('queued');
    expect(storedObjects().length).toBe(before);
    expect((await put(id, { body: noise(sizeCapBytes), headers })).status).toBe(204);
  });

  test('whose content is not what the format says is 415, leaves nothing, and can be corrected', async () => {
    const id = await createImage(service, { disk_format: 'qcow2' });
    const before = storedObjects().length;
    expect((await put(id, { body: noise(4096) })).status).toBe(415);
    expect(await show(service, id)).toMatchObject({
      status: 'queued',
      checksum: null,
      os_hash_value: null,
      size: null,
    });
    expect(storedObjects().length).toBe(before);
    expect((await put(id, { body: noise(4096) })).status).toBe(415);
  });

  test.each<[string, Record<string, unknown>, number]>([
    ['without a disk format', { disk_format: null }, 400],
    ['without a container format', { container_format: null }, 400],
  ])('to an image %s is 400', async (_, attributes, status) => {
    expect((await put(await createImage(service, attributes), {})).status).toBe(status);
  });

  test('to an active image is 409, and changes nothing', async () => {
    const id = await createActiveImage(service);
    const before = await show(service, id);
    expect((await put(id, { body: 'other' })).status).toBe(409);
    expect(await show(service, id)).toEqual(before);
  });

  test.each<[Persona, string, number]>([
    ['reader', 'private', 403],
    ['otherMember', 'community', 403],
    ['otherMember', 'private', 404],
    ['nobody', 'community', 404],
    ['stranger', 'community', 401],
    ['admin', 'private', 204],
  ])('by %s to a %s image is %i', async (as, visibility, status) => {
    expect((await put(await createImage(service, { visibility }), { as })).status).toBe(status);
  });

  test('to no image is 404, and a wrong size of nothing is 400', async () => {
    expect((await put(absentId, {})).status).toBe(404);
    expect((await put(absentId, { headers: { 'x-openstack-image-size': 'x' } })).status).toBe(400);
  });

  test('the store that a header names does not matter with a single store', async () => {
    const id = await createImage(service);
    expect((await put(id, { headers: { 'x-image-meta-store': 'nowhere' } })).status).toBe(204);
  });

  test('of several at a time one wins, and the data are its own', async () => {
    const id = await createImage(service);
    const bodies = [noise(300_000), noise(300_000), noise(300_000)];
    const answers = await Promise.all(bodies.map((body) => put(id, { body })));
    expect(answers.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    expect(answers.every(({ status }) => [204, 409, 410].includes(status))).toBe(true);
    const winner = bodies[answers.findIndex(({ status }) => status === 204)];
    expect((await service.send(`GET /v2/images/${id}/file`)).bytes.equals(winner ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('a download', () => {
  test('has exactly its type, length and checksum: 200', async () => {
    const id = await createActiveImage(service, {}, 'ten bytes!');
    const answer = await service.send(`GET /v2/images/${id}/file`);
    expect([answer.status, answer.text]).toEqual([200, 'ten bytes!']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '10',
      'content-md5': createHash('md5').update('ten bytes!').digest('hex'),
    });
  });

  test('of an image without data is 204 without content headers, whatever range is asked for', async () => {
    const id = await createImage(service);
    for (const headers of [{}, { range: 'bytes=0-1' }, { range: 'nonsense' }]) {
      const answer = await service.send(`GET /v2/images/${id}/file`, { headers });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers).not.toHaveProperty('content-type');
      expect(answer.headers).not.toHaveProperty('content-length');
    }
  });

  test.each<[Persona, string, number]>([
    ['member', 'private', 200],
    ['admin', 'private', 200],
    ['reader', 'private', 403],
    ['otherMember', 'community', 200],
    ['otherMember', 'private', 404],
    ['nobody', 'community', 404],
    ['stranger', 'community', 401],
  ])('by %s of a %s image is %i', async (as, visibility, status) => {
    const id = await createActiveImage(service, { visibility });
    expect((await service.send(`GET /v2/images/${id}/file`, { as })).status).toBe(status);
  });

  test('with a body is 400', async () => {
    const id = await createActiveImage(service);
    expect((await service.send(`GET /v2/images/${id}/file`, { body: 'x' })).status).toBe(400);
  });
});

describe('a range of ten bytes', () => {
  const data = '0123456789';
  let id: string;
  beforeAll(async () => void (id = await createActiveImage(service, {}, data)));

  test.each<[Record<string, string>, string]>([
    [{ range: 'bytes=0-4' }, '0-4'],
    [{ range: 'bytes=5-' }, '5-9'],
    [{ range: 'bytes=-3' }, '7-9'],
    [{ range: 'bytes=-20' }, '0-9'],
    [{ range: 'bytes=-10' }, '0-9'],
    [{ range: 'bytes=0-100' }, '0-9'],
    [{ range: 'bytes=9-9' }, '9-9'],
    [{ 'content-range': 'bytes 0-4/*' }, '0-4'],
    [{ 'content-range': 'bytes 0-4/10' }, '0-4'],
    [{ 'content-range': 'bytes 0-4/5' }, '0-4'],
    [{ range: 'bytes=1-2', 'content-range': 'bytes 0-4/10' }, '1-2'],
    [{ range: 'bytes=1-2', 'if-range': '"whatever"' }, '1-2'],
  ])('%o is 206 %s/10', async (headers, range) => {
    const answer = await service.send(`GET /v2/images/${id}/file`, { headers });
    const [start = 0, end = 0] = range.split('-').map(Number);
    expect([answer.status, answer.text]).toEqual([206, data.slice(start, end + 1)]);
    expect(answer.headers).toMatchObject({
      'content-range': `bytes ${range}/10`,
      'content-length': String(end - start + 1),
      'content-md5': createHash('md5').update(data).digest('hex'),
    });
  });

  test.each<[Record<string, string>, number]>([
    [{ range: 'bytes=10-' }, 416],
    [{ range: 'bytes=10-12' }, 416],
    [{ range: 'bytes=5-2' }, 416],
    [{ range: 'bytes=-0' }, 416],
    [{ range: 'bytes=' }, 416],
    [{ range: 'bytes=-' }, 416],
    [{ range: 'bytes=a-b' }, 416],
    [{ range: 'items=0-4' }, 416],
    [{ range: '0-4' }, 416],
    [{ range: '' }, 416],
    [{ range: 'bytes=0-1,3-4' }, 400],
    [{ 'content-range': 'bytes 0-10/*' }, 416],
    [{ 'content-range': 'bytes 0-10/20' }, 416],
    [{ 'content-range': 'bytes 10-11/*' }, 416],
    [{ 'content-range': 'bytes */10' }, 416],
    [{ 'content-range': 'nonsense' }, 416],
  ])('%o is %i, without Content-Range', async (headers, status) => {
    const answer = await service.send(`GET /v2/images/${id}/file`, { headers });
    expect([answer.status, answer.headers['content-range']]).toEqual([status, undefined]);
  });

  test.each<[Record<string, string>, number]>([
    [{ range: 'bytes=0-' }, 416],
    [{ range: 'bytes=-1' }, 416],
    [{}, 200],
  ])('%o of an empty image is %i', async (headers, status) => {
    const empty = await createImage(service);
    await upload(service, empty, '');
    expect((await service.send(`GET /v2/images/${empty}/file`, { headers })).status).toBe(status);
  });

  test('does not matter to HEAD (RFC 9110 §14.2)', async () => {
    const answer = await service.send(`HEAD /v2/images/${id}/file`, { headers: { range: 'bytes=0-4' } });
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '10']);
  });

  test('of a large image is cut anywhere', async () => {
    const large = noise(2_500_000);
    const image = await createActiveImage(service, {}, large);
    for (const [start, end] of [
      [1_048_575, 1_048_576],
      [1, 2_499_998],
      [2_097_152, 2_499_999],
    ] as const) {
      const answer = await service.send(`GET /v2/images/${image}/file`, {
        headers: { range: `bytes=${start}-${end}` },
      });
      expect(answer.bytes.equals(large.subarray(start, end + 1))).toBe(true);
    }
  });
});
