/**
 * What happens on the wire when clients ask first, break off, fall silent, talk nonsense or do not read.
 * Source: contract 03 §1.3, 15 §0; RFC 9110 §10.1.1.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { identityHeaders } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, noise, show } from './images.testing.ts';
import { openRawConnection, requestHead } from './raw-connection.testing.ts';
import type { RawConnection } from './raw-connection.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

const mebibyte = 1024 * 1024;
const member = identityHeaders('member');
let service: RunningService;
let bigImage: string;
const bigData = noise(32 * mebibyte);

beforeAll(async () => {
  service = await runService({
    config: `client_socket_timeout = 1\nimage_size_cap = ${33 * mebibyte}`,
  });
  bigImage = await createActiveImage(service, {}, bigData);
});
afterAll(() => service.close());

function uploadHead(id: string, headers: Record<string, string | number>): string {
  return requestHead(`PUT /v2/images/${id}/file`, {
    ...member,
    'content-type': 'application/octet-stream',
    ...headers,
  });
}

async function open(...head: readonly string[]): Promise<RawConnection> {
  const connection = await openRawConnection(service.port);
  if (head.length > 0) await connection.write(head.join(''));
  return connection;
}

/** Names of what is in the store's folder. */
function storedFiles(): readonly string[] {
  return readdirSync(service.storeFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

/** Files of the store that this process has open. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(service.storeFolder);
    } catch {
      return false;
    }
  }).length;
}

/** Image queued again, nothing left of what was sent, and a new upload succeeds. */
async function expectUntouched(id: string, filesBefore: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await show(service, id)).toMatchObject({ status: 'queued', size: null, checksum: null });
    expect(storedFiles().length).toBe(filesBefore);
    expect(openFiles()).toBe(0);
  }, 5000);
  const again = await open(uploadHead(id, { 'content-length': 3 }), 'abc');
  expect((await again.answer()).status).toBe(204);
  again.socket.destroy();
}

describe('a client that asks before it sends its body', () => {
  const expectation = { expect: '100-continue', 'content-length': 5 };

  test('is told to go on when nothing stands in the way', async () => {
    const connection = await open(uploadHead(await createImage(service), expectation));
    expect((await connection.answer()).status).toBe(100);
    await connection.write('hello');
    expect((await connection.answer()).status).toBe(204);
    connection.socket.destroy();
  });

  test('of JSON is told to go on too', async () => {
    const connection = await open(
      requestHead('POST /v2/images', { ...member, expect: '100-Continue', 'content-length': 2 }),
    );
    expect((await connection.answer()).status).toBe(100);
    await connection.write('{}');
    expect((await connection.answer()).status).toBe(201);
    connection.socket.destroy();
  });

  test.each<[string, number, () => string]>([
    ['no such image', 404, () => uploadHead(absentId, expectation)],
    ['data it has already', 409, () => uploadHead(bigImage, expectation)],
    ['the wrong type', 415, () => uploadHead(bigImage, { ...expectation, 'content-type': 'text/plain' })],
    ['too many bytes', 413, () => uploadHead(queued, { ...expectation, 'content-length': 34 * mebibyte })],
    ['nobody we know', 401, () => requestHead('POST /v2/images', expectation)],
    ['no method of ours', 405, () => requestHead('PUT /v2/images', { ...member, ...expectation })],
    ['no version of ours', 300, () => requestHead('POST /v1/images', expectation)],
  ])('gets the refusal instead, and no connection to send it on: %s, %i', async (_, status, head) => {
    const connection = await open(head());
    const answer = await connection.answer();
    expect([answer.status, answer.headers['connection']]).toEqual([status, 'close']);
    await connection.closed();
  });
  let queued: string;
  beforeAll(async () => void (queued = await createImage(service)));
});

describe('an upload that ends too early', () => {
  test.each<[string, Record<string, string | number>, string]>([
    ['of known length', { 'content-length': 100_000 }, 'x'.repeat(50_000)],
    ['in the middle of a chunk', { 'transfer-encoding': 'chunked' }, 'ffff\r\nxxxxx'],
    ['between two chunks', { 'transfer-encoding': 'chunked' }, '5\r\nhello\r\n'],
    ['before the last empty line', { 'transfer-encoding': 'chunked' }, '5\r\nhello\r\n0\r\n'],
    ['before the body', { 'content-length': 5 }, ''],
  ])('%s, by FIN or by RST, leaves the image as it was', async (_, headers, body) => {
    for (const end of ['fin', 'rst'] as const) {
      const id = await createImage(service);
      const before = storedFiles().length;
      const connection = await open(uploadHead(id, headers), body);
      await vi.waitFor(async () => expect((await show(service, id))['status']).toBe('saving'));
      if (end === 'fin') connection.socket.end();
      else connection.socket.resetAndDestroy();
      const rest = await connection.closed();
      expect(rest.toString('latin1', 0, 13)).toMatch(/^(HTTP\/1.1 400 )?$/);
      await expectUntouched(id, before);
    }
  });

  test.each([
    ['the idle time of uploads', '[lucarne]\nupload_idle_timeout_seconds = 1'],
    ['the socket timeout', 'client_socket_timeout = 1'],
  ])('because the sender fell silent is cut after %s', async (_, config) => {
    const patient = await runService({ config });
    const id = await createImage(patient);
    const connection = await openRawConnection(patient.port);
    await connection.write(uploadHead(id, { 'content-length': 100 }) + 'x');
    await connection.closed();
    await vi.waitFor(async () => expect(await show(patient, id)).toMatchObject({ status: 'queued', size: null }));
    await patient.close();
  });

  test('is no failure of the service', () => {
    expect(service.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
  });

  test('has its line in the log', () => {
    expect(service.log).toContainEqual(expect.objectContaining({ message: 'request', method: 'PUT', aborted: true }));
  });
});

describe('a body whose framing makes no sense', () => {
  test.each<[string, string, string]>([
    ['a chunk length that is no number', 'transfer-encoding: chunked', 'zz\r\nhello\r\n'],
    ['a chunk longer than it says', 'transfer-encoding: chunked', '3\r\nhello\r\n0\r\n\r\n'],
    ['a negative chunk length', 'transfer-encoding: chunked', '-5\r\nhello\r\n'],
    ['a huge chunk length', 'transfer-encoding: chunked', 'fffffffffffffffffff\r\nhello'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['chunks and a length', 'transfer-encoding: chunked\r\ncontent-length: 5', '5\r\nhello\r\n0\r\n\r\n'],
    ['two lengths', 'content-length: 5\r\ncontent-length: 6', 'hello!'],
    ['a negative length', 'content-length: -5', 'hello'],
    ['a length that is no number', 'content-length: five', 'hello'],
    ['a length with a sign', 'content-length: +5', 'hello'],
    ['a list of lengths', 'content-length: 5, 5', 'hello'],
    ['an encoding that never ends', 'transfer-encoding: gzip', 'hello'],
    ['an encoding after chunked', 'transfer-encoding: chunked, gzip', '5\r\nhello\r\n0\r\n\r\n'],
    ['a blank before the colon', 'content-length : 5', 'hello'],
    ['a folded header', 'x-a: b\r\n content-length: 5', 'hello'],
    ['a bare line feed', 'x-a: b\ncontent-length: 5', 'hello'],
  ])('%s: 400 or closed, and nothing is stored', async (_, framing, body) => {
    const id = await createImage(service);
    const before = storedFiles().length;
    const head = uploadHead(id, {}).replace(/\r\n\r\n$/, `\r\n${framing}\r\n\r\n`);
    const connection = await open(head, body);
    const rest = await connection.closed();
    expect(rest.toString('latin1', 0, 13)).toMatch(/^(HTTP\/1.1 400 )?$/);
    await expectUntouched(id, before);
  });

  test('does not let a second request in behind the first', async () => {
    const smuggled = requestHead('POST /v2/images', { ...member, 'content-length': 2 });
    const body = `0\r\n\r\n${smuggled}{}`;
    const framing = { 'content-length': body.length, 'transfer-encoding': 'chunked' };
    const connection = await open(requestHead('POST /v2/images', { ...member, ...framing }), body);
    const text = (await connection.closed()).toString();
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(text).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('a head that makes no sense', () => {
  test.each<[string, string, number]>([
    ['one header of 80 KiB', `GET /v2/images HTTP/1.1\r\nhost: a\r\nx-big: ${'x'.repeat(81_920)}\r\n\r\n`, 431],
    ['1,000 headers', `GET / HTTP/1.1\r\nhost: a\r\n${'x-header-of-many: 1234567890\r\n'.repeat(1000)}\r\n`, 431],
    ['a URL of 80 KiB', `GET /${'x'.repeat(81_920)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
    ['1 MiB without an end', `GET / HTTP/1.1\r\nhost: a\r\nx-big: ${'x'.repeat(mebibyte)}`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n', 400],
    ['a NUL in the URL', 'GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ])('%s: told in plain text and closed', async (_, head, status) => {
    const connection = await open();
    await connection.write(Buffer.from(head, 'latin1'));
    const text = (await connection.closed()).toString();
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toMatch(/connection: close/i);
  });

  test('that goes on and on is told so too: 431', async () => {
    const connection = await open('GET / HTTP/1.1\r\nhost: a\r\nx-big: ');
    for (let piece = 0; piece < 100; piece += 1) await connection.write('x'.repeat(65_536));
    expect((await connection.answer()).status).toBe(431);
    connection.socket.destroy();
  });

  test('HTTP/1.0 is answered and closed', async () => {
    const connection = await open('GET /healthcheck HTTP/1.0\r\n\r\n');
    expect((await connection.answer()).body).toBe('OK');
    await connection.closed();
  });
});

describe('a refusal', () => {
  test.each<[string, number, () => string | Promise<string>]>([
    ['of data for an active image', 409, () => uploadHead(bigImage, { 'content-length': 64 * mebibyte })],
    ['of data without length', 409, () => uploadHead(bigImage, { 'transfer-encoding': 'chunked' })],
    ['of a type', 415, () => uploadHead(bigImage, { 'content-length': 64 * mebibyte, 'content-type': 'text/plain' })],
    ['of a stranger', 401, () => requestHead('POST /v2/images', { 'content-length': 64 * mebibyte })],
    [
      'of a document that is too large',
      413,
      () => requestHead('POST /v2/images', { ...member, 'content-length': 64 * mebibyte }),
    ],
    [
      'of data beyond the cap, found underway',
      413,
      async () => uploadHead(await createImage(service), { 'transfer-encoding': 'chunked' }),
    ],
  ])('%s reaches a client that writes 64 MiB before it reads: %i', async (_, status, head) => {
    const text = await head();
    const connection = await open(text);
    const piece = Buffer.alloc(mebibyte, 'x');
    const isChunked = text.includes('chunked');
    for (let sent = 0; sent < 64; sent += 1) {
      if (isChunked) await connection.write('100000\r\n');
      expect(await connection.write(piece)).toBe(true);
      if (isChunked) await connection.write('\r\n');
    }
    if (isChunked) await connection.write('0\r\n\r\n');
    const answer = await connection.answer();
    expect([answer.status, answer.headers['connection']]).toEqual([status, 'close']);
    connection.socket.destroy();
  });

  test('of a small body leaves the connection as it was', async () => {
    const body = 'x'.repeat(50_000);
    const connection = await open();
    const refused: readonly (readonly [string, number])[] = [
      [uploadHead(bigImage, { 'content-length': body.length }), 409],
      [uploadHead(absentId, { 'content-length': body.length }), 404],
      [requestHead('POST /v2/images', { 'content-length': body.length }), 401],
      [requestHead('PUT /v2/images', { ...member, 'content-length': body.length }), 405],
      [requestHead('POST /v2/images', { ...member, 'content-length': body.length }), 400],
      [requestHead('POST /', { 'content-length': body.length }), 300],
    ];
    for (const [head, status] of refused) {
      await connection.write(head + body);
      expect((await connection.answer()).status).toBe(status);
    }
    connection.socket.destroy();
  });
});

describe('several requests at once on one connection', () => {
  test('are answered in their order', async () => {
    const paths = ['/v2/images?limit=0', `/v2/images/${absentId}`, '/healthcheck', '/v2/schemas/member', '/versions'];
    const connection = await open(...paths.map((path) => requestHead(`GET ${path}`, member)));
    const statuses: number[] = [];
    for (const _ of paths) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([200, 404, 200, 200, 200]);
    connection.socket.destroy();
  });

  test('that are downloads hold the memory of one', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const connection = await open(requestHead(`GET /v2/images/${bigImage}/file`, member).repeat(50));
    await vi.waitFor(() => expect(openFiles()).toBeGreaterThan(40));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * mebibyte);
    connection.socket.resetAndDestroy();
    await vi.waitFor(() => expect(openFiles()).toBe(0));
  });

  test('that are downloads let go of their files when the client goes', async () => {
    const head = requestHead(`GET /v2/images/${bigImage}/file`, member);
    const connection = await open(head, head, head);
    await vi.waitFor(() => expect(openFiles()).toBeGreaterThan(1));
    connection.socket.resetAndDestroy();
    await vi.waitFor(() => expect(openFiles()).toBe(0));
  });

  test('of which one is nonsense never put an error into the data of another', async () => {
    const connection = await open(requestHead(`GET /v2/images/${bigImage}/file`, member));
    await vi.waitFor(() => expect(openFiles()).toBe(1));
    await connection.write('nonsense\r\n\r\n');
    const bytes = await connection.closed();
    const data = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    expect(bytes.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK');
    expect(data.equals(bigData.subarray(0, data.length))).toBe(true);
    await vi.waitFor(() => expect(openFiles()).toBe(0));
  });
});

describe('a download', () => {
  const head = () => requestHead(`GET /v2/images/${bigImage}/file`, member);

  test('by a client that disconnects closes its file', async () => {
    for (const end of ['fin', 'rst'] as const) {
      const connection = await open(head());
      connection.socket.once('data', () => connection.socket.pause());
      connection.socket.resume();
      await vi.waitFor(() => expect(connection.socket.bytesRead).toBeGreaterThan(0));
      expect(openFiles()).toBe(1);
      if (end === 'fin') connection.socket.destroy();
      else connection.socket.resetAndDestroy();
      await vi.waitFor(() => expect(openFiles()).toBe(0));
    }
  });

  test('by clients that do not read holds little in memory, and is cut after the socket timeout', async () => {
    const before = process.memoryUsage();
    const connections = await Promise.all(Array.from({ length: 8 }, () => open(head())));
    await vi.waitFor(() => expect(openFiles()).toBe(8));
    const during = process.memoryUsage();
    // Two pieces of a mebibyte a download, and what was allocated beside.
    expect(during.arrayBuffers - before.arrayBuffers).toBeLessThan(24 * mebibyte);
    await vi.waitFor(() => expect(openFiles()).toBe(0), 8000);
    for (const connection of connections) connection.socket.destroy();
  });

  test('to the end can be followed by another request', async () => {
    const connection = await open(head());
    expect((await connection.answer()).headers['content-length']).toBe(String(bigData.length));
    await connection.write(requestHead('GET /healthcheck', {}));
    expect((await connection.answer()).body).toBe('OK');
    connection.socket.destroy();
  });

  test('that is broken off is not a failure of the service', () => {
    expect(service.log.filter((line) => Number(line['level']) >= 40)).toEqual([]);
  });
});
