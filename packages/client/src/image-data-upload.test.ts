import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { startAnsweringServer, startRawServer } from './answering-server.testing.ts';
import type { Connection, FetchFunction, StreamSupport } from './connection.ts';
import { createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';
import { sendImageData } from './image-data-upload.ts';
import { DataSizeError } from './upload-body.ts';
import type { ImageDataSource } from './upload-body.ts';

function clientOf(endpoint: string): ImageClient {
  return createImageClient({ endpoint, token: 't' });
}

const text = 'image data of some length';
const bytes = new TextEncoder().encode(text);
const parts = [bytes.subarray(0, 5), bytes.subarray(5, 11), bytes.subarray(11)];

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* iterateAndFail(): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Error('The disk is gone.');
}

/** A stream that gives a chunk when asked for one. */
function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = chunks[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = rest.next();
      return done === true ? controller.close() : controller.enqueue(value);
    },
  });
}

const sources: Readonly<Record<string, () => ImageDataSource>> = {
  'a blob': () => new Blob([bytes]),
  bytes: () => bytes,
  'a part of larger bytes': () => new TextEncoder().encode(`[${text}]`).subarray(1, -1),
  'bytes in a shared buffer': () => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
    shared.set(bytes);
    return shared;
  },
  'a stream': () => streamOf(parts),
  'an async iterable': () => iterate(parts),
  'a stream of Node': () => Readable.from(parts),
};

const destinations = [
  {
    doing: 'uploading',
    method: 'uploadImageData',
    url: '/v2/images/i/file',
    headers: { 'x-image-meta-store': 'fast' },
  },
  { doing: 'staging', method: 'stageImageData', url: '/v2/images/i/stage', headers: {} },
] as const;

const transfers = destinations.flatMap((destination) => Object.keys(sources).map((kind) => ({ ...destination, kind })));

describe.each(transfers)('$doing $kind', ({ kind, method, url, headers }) => {
  const source = () => sources[kind]?.() ?? bytes;
  const repeatable = source() instanceof Blob || source() instanceof Uint8Array;

  test('sends all of it as image data: 204', async () => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    const options = method === 'uploadImageData' ? { store: 'fast' } : {};
    await clientOf(server.url)[method]('i', source(), options);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'PUT', url });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      ...headers,
      ...(repeatable ? { 'content-length': String(bytes.byteLength) } : { 'transfer-encoding': 'chunked' }),
    });
    expect(request?.body.toString()).toBe(text);
  });

  test('tells its progress from nothing to all, and the service its size', async () => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    const progress: (readonly [number, number | null])[] = [];
    await clientOf(server.url)[method]('i', source(), {
      sizeBytes: bytes.byteLength,
      onProgress: (...step) => progress.push(step),
    });
    expect(server.requests[0]?.headers['content-length']).toBe(String(bytes.byteLength));
    expect(server.requests[0]?.body.toString()).toBe(text);
    expect(progress[0]).toEqual([0, bytes.byteLength]);
    expect(progress.at(-1)).toEqual([bytes.byteLength, bytes.byteLength]);
    expect(progress.map(([sent]) => sent)).toEqual(progress.map(([sent]) => sent).toSorted((a, b) => a - b));
  });
});

describe('an upload', () => {
  test.each([
    ['a blob', (large: Uint8Array<ArrayBuffer>) => new Blob([large])],
    ['bytes', (large: Uint8Array<ArrayBuffer>) => large],
  ])('of %s that is large in memory tells its progress many times', async (_case, sourceOf) => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    const large = new Uint8Array(2 ** 20).fill(7);
    const sent: number[] = [];
    await clientOf(server.url).uploadImageData('i', sourceOf(large), { onProgress: (count) => sent.push(count) });
    expect(server.requests[0]?.body.equals(large)).toBe(true);
    expect(sent.length).toBeGreaterThan(4);
    expect(sent.at(-1)).toBe(large.byteLength);
  });

  test('of nothing is an upload: 204', async () => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    await clientOf(server.url).uploadImageData('i', new Blob([]), { onProgress: () => {} });
    expect(server.requests[0]?.headers['content-length']).toBe('0');
  });

  test.each([
    ['less', bytes.byteLength + 1, 'only 25 bytes'],
    ['more', bytes.byteLength - 1, 'at least 25 bytes'],
  ])('of %s than was announced fails, and the service sees it break off', async (_case, sizeBytes, message) => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    const upload = clientOf(server.url).uploadImageData('i', iterate(parts), { sizeBytes });
    const error: unknown = await upload.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataSizeError);
    expect(String(error)).toContain(message);
    expect(server.requests).toEqual([]);
  });

  test('fails with the error of its source', async () => {
    const server = await startAnsweringServer(() => ({ status: 204 }));
    await expect(clientOf(server.url).uploadImageData('i', iterateAndFail())).rejects.toThrow('The disk is gone.');
    expect(server.requests).toEqual([]);
  });

  test.each(destinations)('ends when its signal says so, and lets go of its source: $method', async ({ method }) => {
    const controller = new AbortController();
    const cancelled = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      pull: (stream) => stream.enqueue(new Uint8Array(65536)),
      cancel: () => cancelled.resolve(),
    });
    const url = await startRawServer((request) => void request.once('data', () => controller.abort()));
    const upload = clientOf(url)[method]('i', endless, { signal: controller.signal });
    await expect(upload).rejects.toMatchObject({ name: 'AbortError' });
    await cancelled.promise;
  });

  test('refused before its end tells why: 409', async () => {
    const server = await startRawServer((_request, response) => {
      const body = JSON.stringify({ message: 'The image has data.', code: '409 Conflict', title: 'Conflict' });
      response.writeHead(409, { 'content-type': 'application/json' });
      response.end(body);
    });
    const upload = clientOf(server).uploadImageData('i', new Blob([new Uint8Array(8 * 1024 * 1024)]), {
      onProgress: () => {},
    });
    await expect(upload).rejects.toMatchObject({ status: 409, message: 'The image has data.' });
  });

  test('of a stream is not sent a second time with another token: 401', async () => {
    const server = await startAnsweringServer(() => ({ status: 401 }));
    const token = (old = '') => Promise.resolve(`${old}+`);
    const client = createImageClient({ endpoint: server.url, token });
    await expect(client.uploadImageData('i', iterate(parts))).rejects.toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('in a browser', () => {
  const sent: unknown[] = [];
  /** What a browser does with a stream on HTTP/1: it takes a chunk and gives up. */
  const http1Fetch: FetchFunction = async (_url, { body }) => {
    sent.push(body);
    if (!(body instanceof ReadableStream)) return new Response(null, { status: 204 });
    await body.getReader().read();
    throw new TypeError('Failed to fetch');
  };

  function connection(streamSupport: StreamSupport, fetch: FetchFunction): Connection {
    sent.length = 0;
    return { endpoint: 'https://images.example', token: () => Promise.resolve('t'), fetch, streamSupport };
  }

  async function progressOf(link: Connection, data: ImageDataSource): Promise<readonly (number | null)[][]> {
    const steps: (number | null)[][] = [];
    const options = { onProgress: (...step: (number | null)[]) => void steps.push(step) };
    await sendImageData(link, { operation: 'uploadImageData', imageId: 'i', data, options });
    return steps;
  }

  test('that cannot send streams, a blob is sent as it is, with progress at both ends', async () => {
    const blob = new Blob([bytes]);
    expect(await progressOf(connection('never', http1Fetch), blob)).toEqual([
      [0, 25],
      [25, 25],
    ]);
    expect(sent).toEqual([blob]);
  });

  test('that cannot send streams, a stream is collected first', async () => {
    expect(await progressOf(connection('never', http1Fetch), iterate(parts))).toEqual([
      [0, null],
      [25, 25],
    ]);
    expect(await (sent[0] as Blob).text()).toBe(text);
  });

  test('that cannot send streams, a collected stream of another size than announced is not sent', async () => {
    const upload = {
      operation: 'uploadImageData',
      imageId: 'i',
      data: iterate(parts),
      options: { sizeBytes: 24 },
    } as const;
    await expect(sendImageData(connection('never', http1Fetch), upload)).rejects.toThrow(DataSizeError);
    expect(sent).toEqual([]);
  });

  test('that finds itself on HTTP/1, a blob is sent again as it is', async () => {
    const blob = new Blob([bytes]);
    const steps = await progressOf(connection('maybe', http1Fetch), blob);
    expect(steps.at(-1)).toEqual([25, 25]);
    expect(sent).toEqual([expect.any(ReadableStream), blob]);
  });

  test('that is well under way when the network fails, nothing is sent again', async () => {
    const failing: FetchFunction = async (_url, { body }) => {
      sent.push(body);
      const reader = body instanceof ReadableStream ? body.getReader() : null;
      await reader?.read();
      await reader?.read();
      throw new TypeError('Failed to fetch');
    };
    const link = connection('maybe', failing);
    await expect(progressOf(link, new Uint8Array(1024 * 1024))).rejects.toThrow('Failed to fetch');
    expect(sent).toHaveLength(1);
  });

  test('with HTTP/2, the service is told the size of a stream by its own header', async () => {
    const headers: unknown[] = [];
    const http2Fetch: FetchFunction = async (_url, init) => {
      headers.push(init.headers);
      await new Response(init.body ?? null).arrayBuffer();
      return new Response(null, { status: 204 });
    };
    await progressOf(connection('maybe', http2Fetch), new Blob([bytes]));
    expect(headers).toEqual([expect.objectContaining({ 'x-openstack-image-size': '25' })]);
  });
});
