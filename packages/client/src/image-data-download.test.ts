import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startAnsweringServer, startRawServer } from './answering-server.testing.ts';
import { DownloadMismatchError } from './download-verification.ts';
import { createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';
import type { RequestedRange } from './image-data-download.ts';

function clientOf(endpoint: string): ImageClient {
  return createImageClient({ endpoint, token: 't' });
}

const text = 'image data';
const sha512 = createHash('sha512').update(text).digest('hex');

describe('a download', () => {
  test('gives the data, its size and its checksum: 200', async () => {
    const server = await startAnsweringServer(() => ({
      headers: { 'content-length': '10', 'content-md5': 'c'.repeat(32) },
      body: text,
    }));
    const { stream, ...about } = await clientOf(server.url).downloadImageData('i');
    expect(about).toEqual({
      status: 200,
      sizeBytes: 10,
      checksum: 'c'.repeat(32),
      contentRange: null,
      verifiesHash: false,
    });
    expect(await new Response(stream).text()).toBe(text);
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/v2/images/i/file' });
    expect(server.requests[0]?.headers['range']).toBeUndefined();
  });

  test('of an image without data is empty: 204', async () => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    const { stream, ...about } = await clientOf(server.url).downloadImageData('i');
    expect(about).toMatchObject({ status: 204, sizeBytes: 0, checksum: null });
    expect(await new Response(stream).text()).toBe('');
  });

  test('tells its progress from nothing to all', async () => {
    const server = await startAnsweringServer(() => ({ headers: { 'content-length': '10' }, body: text }));
    const progress: (readonly [number, number | null])[] = [];
    const { stream } = await clientOf(server.url).downloadImageData('i', {
      onProgress: (...step) => progress.push(step),
    });
    await new Response(stream).arrayBuffer();
    expect(progress[0]).toEqual([0, 10]);
    expect(progress.at(-1)).toEqual([10, 10]);
  });

  test('compressed on its way has a size nobody knows', async () => {
    const packed = gzipSync(text);
    const url = await startRawServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(packed.byteLength) });
      response.end(packed);
    });
    const { stream, sizeBytes } = await clientOf(url).downloadImageData('i');
    expect(sizeBytes).toBeNull();
    expect(await new Response(stream).text()).toBe(text);
  });

  test('asks for stores to read from first', async () => {
    const server = await startAnsweringServer(() => ({ body: text }));
    const { stream } = await clientOf(server.url).downloadImageData('i', { preferStores: ['near', 'far'] });
    await stream.cancel();
    expect(server.requests[0]?.url).toBe('/v2/images/i/file?prefer=near%2Cfar');
  });

  test('that is refused raises, and has no stream: 403', async () => {
    const server = await startAnsweringServer(() => ({ status: 403 }));
    await expect(clientOf(server.url).downloadImageData('i')).rejects.toMatchObject({ status: 403 });
  });

  test('whose connection is cut fails', async () => {
    const url = await startRawServer((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('image', () => response.destroy());
    });
    const { stream } = await clientOf(url).downloadImageData('i');
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow();
  });

  test('shorter than announced fails at its end, even where the network does not notice', async () => {
    const client = createImageClient({
      endpoint: 'http://images.example',
      token: 't',
      fetch: () => Promise.resolve(new Response('image', { headers: { 'content-length': '10' } })),
    });
    const { stream } = await client.downloadImageData('i');
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow(DownloadMismatchError);
  });
});

describe('a range', () => {
  const ranges: readonly (readonly [RequestedRange, string])[] = [
    [{ firstByte: 0, lastByte: 4 }, 'bytes=0-4'],
    [{ firstByte: 5 }, 'bytes=5-'],
    [{ lastBytes: 3 }, 'bytes=-3'],
  ];
  test.each(ranges)('%j is asked for as %s: 206', async (range, header) => {
    const server = await startAnsweringServer(() => ({
      status: 206,
      headers: { 'content-range': 'bytes 0-4/10', 'content-length': '5' },
      body: 'image',
    }));
    const { stream, ...about } = await clientOf(server.url).downloadImageData('i', { range });
    await stream.cancel();
    expect(about).toMatchObject({ status: 206, sizeBytes: 5, contentRange: 'bytes 0-4/10' });
    expect(server.requests[0]?.headers['range']).toBe(header);
  });

  test.each([{ firstByte: -1 }, { firstByte: 0.5 }, { lastBytes: Number.NaN }, { firstByte: 0, lastByte: -5 }])(
    '%j is none',
    async (range) => {
      const client = clientOf('http://images.example');
      await expect(client.downloadImageData('i', { range })).rejects.toThrow(RangeError);
    },
  );
});

describe('the hash of a download', () => {
  async function download(value: string, range?: RequestedRange, algorithm = 'sha512') {
    const server = await startAnsweringServer(({ headers }) => ({
      status: headers['range'] === undefined ? 200 : 206,
      body: text,
    }));
    return clientOf(server.url).downloadImageData('i', {
      expectedHash: { algorithm, value },
      ...(range === undefined ? {} : { range }),
    });
  }

  test.each([sha512, sha512.toUpperCase()])('that is the expected one lets the data end well', async (value) => {
    const { stream, verifiesHash } = await download(value);
    expect(verifiesHash).toBe(true);
    expect(await new Response(stream).text()).toBe(text);
  });

  test('that is another one fails the end of the data', async () => {
    const { stream } = await download('0'.repeat(128));
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow(DownloadMismatchError);
  });

  test.each([
    ['a range', { firstByte: 0 }, 'sha512'],
    ['an unknown algorithm', undefined, 'crc7'],
  ] as const)('is not promised for %s', async (_case, range, algorithm) => {
    const { stream, verifiesHash } = await download('0'.repeat(128), range, algorithm);
    expect(verifiesHash).toBe(false);
    expect(await new Response(stream).text()).toBe(text);
  });
});
