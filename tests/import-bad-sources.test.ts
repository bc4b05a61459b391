/**
 * Web servers as they are: what can be imported from them is, and of the rest the task says what was wrong. Nothing
 * half-made remains. The same for a server that nobody runs any more.
 */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBadWebServer } from './support/bad-web-server.ts';
import type { BadWebServer } from './support/bad-web-server.ts';
import { startImportingService } from './support/importing-service.ts';
import type { ImportingService, ShownImage } from './support/importing-service.ts';

const bytes = Buffer.alloc(1_000_000, 'The data of an image that is nothing in particular. ');
const sizeCapBytes = 4_000_000;
const settledWithinMilliseconds = 10_000;

let service: ImportingService;
let web: BadWebServer;
beforeAll(async () => {
  service = await startImportingService({ idleTimeoutSeconds: 1, sizeCapBytes });
  web = await startBadWebServer(bytes);
});
afterAll(async () => {
  await service.stop();
  await web.close();
});

async function importFrom(uri: string): Promise<ShownImage> {
  const id = await service.create();
  const body = { method: { name: 'web-download', uri }, stores: ['fast', 'slow'] };
  await service.request(`POST /v2/images/${id}/import`, 202, body);
  return service.settled(id, settledWithinMilliseconds);
}

/** What the task says of an import that failed, once it is sure that nothing else is left of it. */
async function failureOf(uri: string): Promise<string | undefined> {
  const image = await importFrom(uri);
  expect(image).toMatchObject({ status: 'queued', size: null, checksum: null });
  expect(image).toMatchObject({ os_glance_importing_to_stores: '', os_glance_failed_import: 'fast,slow' });
  expect(await service.files()).toEqual([]);
  const task = await service.lastTask(image.id);
  expect(task?.status).toBe('failure');
  await service.request(`DELETE /v2/images/${image.id}`, 204);
  return task?.message;
}

describe.concurrent('An image can be imported from a server that', () => {
  test.each([
    ['knows no HEAD', '/no-head'],
    ['does not say the length', '/no-length'],
    ['sends it in chunks', '/chunked'],
    ['calls it a web page', '/wrong-type'],
    ['is slow but alive', '/slow'],
    ['points elsewhere', '/moved'],
    ['points elsewhere ten times', '/moved/9'],
  ])('%s', async (_, path) => {
    const image = await importFrom(`${web.origin}${path}`);
    expect(image).toMatchObject({ status: 'active', size: bytes.byteLength });
    expect(String(image['stores']).split(',').toSorted()).toEqual(['fast', 'slow']);
    expect((await service.download(image.id)).equals(bytes)).toBe(true);
    expect(await service.lastTask(image.id)).toMatchObject({ status: 'success', message: '' });
    await service.request(`DELETE /v2/images/${image.id}`, 204);
  });
});

describe('An import fails, says why and leaves nothing when the server', () => {
  const size = bytes.byteLength;
  test.each<readonly [string, string, string | RegExp]>([
    [
      'announces more than it sends',
      '/announces-more',
      `broke off after ${size} of ${size + 1} bytes: the server closed the connection.`,
    ],
    ['announces less than it sends', '/announces-less', `goes on after the ${size - 1} bytes that were announced.`],
    ['announces two lengths', '/two-lengths', /sends something that is not HTTP|announced/],
    ['is cut off', '/cut', /broke off after \d+ of 1000000 bytes: the server closed the connection\.$/],
    [
      'is cut off between two chunks',
      '/chunked-cut',
      `broke off after ${size} bytes: the server closed the connection.`,
    ],
    [
      'stalls at 99 %',
      '/stalls-at-99-percent',
      `broke off after ${size * 0.99} of ${size} bytes: the server sent nothing for 1 second`,
    ],
    ['never answers', '/silent', 'sent nothing for 1 second'],
    ['hangs up', '/hangs-up', 'closed the connection'],
    ['redirects in a circle', '/loop', 'redirects in a circle.'],
    ['redirects for ever', '/moved/30', 'redirects more than 10 times.'],
    ['points at a place nobody may be sent to', '/moved-to-metadata', 'refused'],
    ['points at a file', '/moved-to-a-file', 'only http and https can be fetched'],
    ['does not have it', '/missing', 'answered 404 Not Found.'],
    ['does not give it away', '/forbidden', 'answered 403 Forbidden.'],
    ['is out of order', '/broken', 'answered 500 Internal Server Error.'],
    ['is overloaded', '/busy', 'answered 503 Service Unavailable.'],
    ['has no content', '/no-content', 'answered 204 No Content.'],
    ['packs what nobody asked to be packed', '/gzip', 'content encoding, though none was asked for.'],
    ['packs it on the way', '/gzip-transfer', 'transfer encoding that is not supported.'],
    ['sends without end', '/endless', `The incoming image is too large: one image may have ${sizeCapBytes} bytes.`],
    ['sends headers without end', '/endless-headers', 'headers that are too long'],
    ['is no web server', '/not-http', 'not HTTP'],
  ])('%s', async (_, path, reason) => {
    const message = await failureOf(`${web.origin}${path}`);
    expect(message).toMatch(reason);
    expect(message).not.toContain('internal error');
  });

  test('is not there', async () => {
    expect(await failureOf(`http://127.0.0.1:${await deadPort()}/disk.raw`)).toMatch(/refuses connections\.$/);
  });
});

test('No connection to any of them is left open', async () => {
  await expect.poll(() => web.openConnections()).toBe(0);
});

/** A port nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
