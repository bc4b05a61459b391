import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBadWebServer } from '../../../../../../tests/support/bad-web-server.ts';
import type { BadWebServer } from '../../../../../../tests/support/bad-web-server.ts';
import { errorCodeOf } from '../../../domain/errors.testing.ts';
import { readObject, unowned } from '../../../ports/image-store.conformance.ts';
import type { ImageStore } from '../../../ports/image-store.ts';
import { openWebClient } from '../../web/web-client.ts';
import { openHttpStore } from './http-store.ts';
import { outcomeOf } from '../../../ports/outcome.testing.ts';

const bytes = randomBytes(1_500_000);
let web: BadWebServer;
let store: ImageStore;

beforeAll(async () => {
  web = await startBadWebServer(bytes);
  const client = openWebClient({
    filter: null,
    allowedHosts: [],
    allowedAddressRanges: ['127.0.0.1'],
    caFile: null,
    insecure: true,
    proxies: new Map(),
    idleTimeoutSeconds: 20,
    connectTimeoutSeconds: 20,
    maxRedirects: 5,
    redirectStatuses: [301, 302],
  });
  store = openHttpStore(client);
});
afterAll(() => web.close());

async function allClosed(): Promise<void> {
  await expect.poll(() => web.openConnections(), { interval: 5 }).toBe(0);
}

const at = (path: string): string => web.origin + path;

describe('the size of an object', () => {
  test.each([
    ['/good', 1_500_000],
    ['/moved', 1_500_000],
    ['/moved-by/301', 1_500_000],
    ['/moved/4', 1_500_000],
  ])('%s is what a HEAD says: %i', async (path, sizeBytes) => {
    const seen = web.requests.length;
    expect(await store.sizeOf(at(path))).toBe(sizeBytes);
    expect(new Set(web.requests.slice(seen).map(({ method }) => method))).toEqual(new Set(['HEAD']));
  });

  test.each([
    ['/empty', 'badRequest'],
    ['/no-length', 'badRequest'],
    ['/chunked', 'badRequest'],
    ['/no-head', 'badRequest'],
    ['/forbidden', 'badRequest'],
    ['/broken', 'badRequest'],
    ['/missing', 'notFound'],
    ['/moved/5', 'badRequest'],
    ['/moved-by/303', 'badRequest'],
    ['/moved-by/307', 'badRequest'],
    ['/moved-by/308', 'badRequest'],
    ['/moved-nowhere', 'badRequest'],
    ['/moved-to-metadata', 'badRequest'],
    ['/loop', 'badRequest'],
    ['/hangs-up', 'unavailable'],
  ])('%s is refused: %s', async (path, code) => {
    expect(await outcomeOf(store.sizeOf(at(path)))).toBe(code);
    await allClosed();
  });

  test('of a server that is not there is unavailable', async () => {
    expect(await outcomeOf(store.sizeOf('http://127.0.0.1:1/x'))).toBe('unavailable');
    expect(await outcomeOf(store.read('http://127.0.0.1:1/x'))).toBe('unavailable');
  });
});

describe('reading', () => {
  test.each(['/good', '/ranges', '/no-head', '/wrong-type', '/moved/4'])('%s gives the whole object', async (path) => {
    expect(Buffer.compare(await readObject(store, at(path)), bytes)).toBe(0);
    await allClosed();
  });

  test.each([
    ['/missing', 'notFound'],
    ['/forbidden', 'badRequest'],
    ['/broken', 'badRequest'],
    ['/no-length', 'badRequest'],
    ['/moved/5', 'badRequest'],
    ['/moved-by/307', 'badRequest'],
    ['/gzip', 'badRequest'],
    ['/moved-to-metadata', 'badRequest'],
    ['/announces-more', 'unavailable'],
    ['/cut', 'unavailable'],
    ['/hangs-up', 'unavailable'],
  ])('%s raises %s', async (path, code) => {
    expect(await outcomeOf(readObject(store, at(path)))).toBe(code);
    await allClosed();
  });

  test.each(['/ranges', '/good', '/moved'])('gives exactly the range asked for of %s', async (path) => {
    const last = bytes.byteLength - 1;
    const position = fc.oneof(fc.constantFrom(0, 1, 262_144, 262_145, last), fc.integer({ min: 0, max: last }));
    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        const [start, end] = one < other ? [one, other] : [other, one];
        const read = await readObject(store, at(path), { start, end });
        expect(Buffer.compare(read, bytes.subarray(start, end + 1))).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  test('far from the beginning asks for that part alone', async () => {
    const seen = web.requests.length;
    await readObject(store, at('/ranges'), { start: 1_000_000, end: 1_000_009 });
    expect(web.requests.slice(seen).map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000000-1499999']);
  });

  test('beyond the end raises instead of ending early: 400', async () => {
    expect(await outcomeOf(readObject(store, at('/good'), { start: 5, end: bytes.byteLength }))).toBe('badRequest');
    await allClosed();
  });

  test('an object that changed meanwhile raises', async () => {
    const other = await startBadWebServer(bytes.subarray(1));
    const answers = [`${web.origin}/ranges`, `${other.origin}/ranges`];
    const changing = openWebClient({
      filter: null,
      allowedHosts: ['127.0.0.1'],
      allowedAddressRanges: [],
      caFile: null,
      insecure: false,
      proxies: new Map(),
      idleTimeoutSeconds: 20,
      connectTimeoutSeconds: 20,
      maxRedirects: 5,
      redirectStatuses: [],
    });
    const reading = openHttpStore({ send: (call) => changing.send({ ...call, url: answers.shift() ?? '' }) });
    expect(await outcomeOf(readObject(reading, at('/ranges'), { start: 1_000_000, end: 1_000_009 }))).toBe(
      'unavailable',
    );
    await other.close();
  });

  test('may be closed before it began, and twice', async () => {
    const reader = await store.read(at('/good'));
    expect(reader.sizeBytes).toBe(bytes.byteLength);
    await reader.close();
    await reader.close();
    await allClosed();
  });

  test('an empty object is no data', async () => {
    expect(await readObject(store, at('/empty'))).toHaveLength(0);
  });
});

describe('credentials in the URL', () => {
  test('are sent as basic authentication, also where the same server redirects to, and nowhere else', async () => {
    const seen = web.requests.length;
    const withUser = web.origin.replace('//', '//us%40er:pass:word@');
    await store.sizeOf(`${withUser}/moved`);
    const other = await startBadWebServer(bytes);
    await store.sizeOf(`${withUser}/moved-to?${encodeURIComponent(`${other.origin}/good`)}`);
    const expected = `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`;
    expect(web.requests.slice(seen).map(({ headers }) => headers.authorization)).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await other.close();
  });

  test.each(['/missing', '/broken', '/hangs-up', '/no-length'])(
    'are in no message, nor is the query: %s',
    async (path) => {
      const url = `${web.origin.replace('//', '//user:S3CRET@')}${path}?signature=S3CRET`;
      for (const asking of [store.sizeOf, store.read]) {
        await expect(asking(url)).rejects.toThrow(/^(?!.*S3CRET).*http:\/\/127\.0\.0\.1:\d+\/[a-z-]+\?…/);
      }
    },
  );
});

describe('the store is only read', () => {
  test('a write is gone before its first byte: 410', async () => {
    const writer = store.write(randomUUID(), randomUUID());
    expect(await outcomeOf(writer.open())).toBe('gone');
    await writer.abort();
    await writer.abort();
  });

  test('an id that is no UUID is notFound', () => {
    expect(errorCodeOf(() => store.write('../x', randomUUID()))).toBe('notFound');
    expect(errorCodeOf(() => store.write(randomUUID(), ''))).toBe('notFound');
  });

  test('a deletion is notFound and asks nobody', async () => {
    const seen = web.requests.length;
    expect(await outcomeOf(store.delete(at('/good')))).toBe('notFound');
    expect(web.requests).toHaveLength(seen);
  });

  test('there is nothing to discard', async () => {
    await expect(store.discard(randomUUID(), randomUUID(), unowned)).resolves.toBe(undefined);
  });
});

describe('a URL', () => {
  test.each([
    ['http://h/x', true],
    ['HTTPS://h/x', true],
    ['file:///x', false],
    ['https+x://h', false],
    ['', false],
    ['httpx://h', false],
  ])('%j belongs to the store: %s', async (url, owned) => {
    expect(store.owns(url)).toBe(owned);
    if (!owned) expect(await outcomeOf(store.read(url))).toBe('notFound');
  });
});
