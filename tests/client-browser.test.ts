/**
 * The service as a web page sees it: the bundle of the client in a real browser, on a page of another origin that the
 * operator has allowed.
 */
import type { PatchDocument } from '@lucarne/contract/wire.ts';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildClientBundle, startBrowser, startClientSite } from './support/browser.ts';
import type { ClientSite, RunningBrowser } from './support/browser.ts';
import { loginOfCloud } from './support/cloud-credentials.ts';
import type { CloudLogin } from './support/cloud-credentials.ts';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasBrowser = await requirePackages(packageGroups.browser);
const mebibyte = 2 ** 20;

describe.runIf(hasBrowser)('the client in a browser', () => {
  let chromium: RunningBrowser;
  let bundle: string;
  let site: ClientSite;
  let service: RunningLucarne;
  let login: CloudLogin;
  let context: BrowserContext;
  /** What the page complains about, and every URL it asks for. */
  let complaints: string[];
  let requested: string[];

  beforeAll(async () => {
    [chromium, bundle] = await Promise.all([startBrowser(), buildClientBundle()]);
    site = await startClientSite(bundle);
    service = await startLucarne({ config: `[cors]\nallowed_origin = ${site.origin}\n` });
    login = await loginOfCloud(service.cloudsYaml, 'lucarne-demo');
  });

  afterAll(async () => {
    await Promise.all([chromium?.stop(), site?.stop(), service?.stop()]);
  });

  beforeEach(async () => {
    context = await chromium.browser.newContext();
    complaints = [];
    requested = [];
    context.on('request', (request) => requested.push(request.url()));
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(error.error().message));
  });

  afterEach(async () => {
    await context.close();
  });

  async function openPage(origin: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForFunction(() => 'lucarne' in globalThis);
    return page;
  }

  test('lives the whole life of an image on a page of another origin', async () => {
    const page = await openPage(site.origin);
    const seen = await page.evaluate(
      async ({ login, sizeBytes }) => {
        const tokens = lucarne.createTokenProvider(login);
        const client = lucarne.createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
        const data = new Uint8Array(sizeBytes);
        const randomAtOnce = 65_536;
        for (let start = 0; start < sizeBytes; start += randomAtOnce) {
          crypto.getRandomValues(data.subarray(start, start + randomAtOnce));
        }
        const sha512 = async (bytes: ArrayBuffer) => {
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', bytes));
          return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
        };

        const { versions } = await client.listVersions();
        const image = { name: 'from a page', disk_format: 'raw', container_format: 'bare', tags: ['web'] };
        const created = await client.createImage(image);
        const progress: (readonly [number, number | null])[] = [];
        await client.uploadImageData(created.id, new Blob([data]), { onProgress: (...step) => progress.push(step) });
        const shown = await client.showImage(created.id);

        const expectedHash = { algorithm: shown.os_hash_algo ?? '', value: shown.os_hash_value ?? '' };
        const download = await client.downloadImageData(created.id, { expectedHash });
        const downloaded = await sha512(await new Response(download.stream).arrayBuffer());
        const part = await client.downloadImageData(created.id, { range: { firstByte: 100, lastByte: 109 } });
        const partBytes = new Uint8Array(await new Response(part.stream).arrayBuffer());

        const patch: PatchDocument = [{ op: 'replace', path: '/name', value: 'renamed in a page' }];
        const renamed = await client.updateImage(created.id, patch);
        await client.addImageTag(created.id, 'kept');
        await client.deactivateImage(created.id);
        await client.reactivateImage(created.id);
        const listed = await Array.fromAsync(client.eachImage({ tag: ['web', 'kept'], limit: 1 }));
        await client.deleteImage(created.id);
        const left = await client.listImages({ tag: 'web' });

        return {
          versions: versions.length,
          progress,
          shown,
          uploaded: await sha512(data.buffer),
          downloaded,
          download: { status: download.status, sizeBytes: download.sizeBytes, verifiesHash: download.verifiesHash },
          part: { status: part.status, sizeBytes: part.sizeBytes },
          partIsRight: partBytes.length === 10 && partBytes.every((byte, index) => byte === data[100 + index]),
          renamed: renamed.name,
          listed: listed.map(({ id, name }) => ({ id, name })),
          left: left.images.length,
          id: created.id,
        };
      },
      { login, sizeBytes: 8 * mebibyte },
    );

    const sizeBytes = 8 * mebibyte;
    expect(seen.versions).toBeGreaterThan(0);
    expect(seen.progress).toEqual([
      [0, sizeBytes],
      [sizeBytes, sizeBytes],
    ]);
    expect(seen.shown).toMatchObject({ status: 'active', size: sizeBytes, os_hash_value: seen.uploaded });
    expect(seen.downloaded).toBe(seen.uploaded);
    expect(seen.download).toEqual({ status: 200, sizeBytes, verifiesHash: false });
    expect(seen.part).toEqual({ status: 206, sizeBytes: 10 });
    expect(seen.partIsRight).toBe(true);
    expect(seen.renamed).toBe('renamed in a page');
    expect(seen.listed).toEqual([{ id: seen.id, name: 'renamed in a page' }]);
    expect(seen.left).toBe(0);
    expect(complaints).toEqual([]);
    const origins = new Set(requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin));
    expect(origins).toEqual(new Set([site.origin, service.url]));
  });

  test('sends a stream, although HTTP/1 takes none from a browser', async () => {
    const page = await openPage(site.origin);
    const seen = await page.evaluate(async (login) => {
      const tokens = lucarne.createTokenProvider(login);
      const client = lucarne.createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
      const { id } = await client.createImage({ disk_format: 'raw', container_format: 'bare' });
      const progress: (readonly [number, number | null])[] = [];
      const stream = new Blob(['streamed ', 'data']).stream();
      await client.uploadImageData(id, stream, { onProgress: (...step) => progress.push(step) });
      const { stream: received } = await client.downloadImageData(id);
      const text = await new Response(received).text();
      await client.deleteImage(id);
      return { progress, text };
    }, login);
    expect(seen).toEqual({
      text: 'streamed data',
      progress: [
        [0, null],
        [13, 13],
      ],
    });
    expect(complaints).toEqual([]);
  });

  test('lets a page abort an upload in the middle: the image is queued again', async () => {
    const page = await openPage(site.origin);
    const session = await context.newCDPSession(page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: mebibyte,
    });
    const seen = await page.evaluate(
      async ({ login, sizeBytes, withinMilliseconds }) => {
        const tokens = lucarne.createTokenProvider(login);
        const client = lucarne.createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
        const { id } = await client.createImage({ disk_format: 'raw', container_format: 'bare' });
        const until = async (status: string) => {
          const deadline = Date.now() + withinMilliseconds;
          while ((await client.showImage(id)).status !== status) {
            if (Date.now() > deadline) throw new Error(`The image does not become ${status}.`);
            await new Promise((resume) => setTimeout(resume, 50));
          }
        };
        const abort = new AbortController();
        const data = new Blob([new Uint8Array(sizeBytes)]);
        const uploading = client
          .uploadImageData(id, data, { signal: abort.signal })
          .catch((error: Error) => error.name);
        await until('saving');
        abort.abort();
        const outcome = await uploading;
        await until('queued');
        await client.uploadImageData(id, new Blob(['complete']));
        const { status, size } = await client.showImage(id);
        await client.deleteImage(id);
        return { outcome, status, size };
      },
      { login, sizeBytes: 16 * mebibyte, withinMilliseconds: 15_000 },
    );
    expect(seen).toEqual({ outcome: 'AbortError', status: 'active', size: 8 });
  });

  test('tells a page why it was refused, with the id of the request: 401, 403, 404', async () => {
    const page = await openPage(site.origin);
    const seen = await page.evaluate(async (login) => {
      const tokens = lucarne.createTokenProvider(login);
      const client = lucarne.createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
      const refusal = async (call: Promise<unknown>) => {
        const error = await call.catch((reason: unknown) => reason);
        if (error instanceof lucarne.AuthenticationError) return { status: error.status };
        if (!(error instanceof lucarne.ImageApiError)) return String(error);
        return { status: error.status, code: error.code, requestId: error.requestId };
      };
      return [
        await refusal(lucarne.createTokenProvider({ ...login, password: 'wrong' }).token()),
        await refusal(client.createImage({ visibility: 'public' })),
        await refusal(client.showImage('00000000-0000-4000-8000-000000000000')),
      ];
    }, login);
    const requestId = expect.stringMatching(/^req-/) as unknown;
    expect(seen).toEqual([
      { status: 401 },
      { status: 403, code: 'forbidden', requestId },
      { status: 404, code: 'notFound', requestId },
    ]);
  });

  test('gets nothing on a page of an origin that is not allowed', async () => {
    const stranger = await startClientSite(bundle);
    try {
      const page = await openPage(stranger.origin);
      const outcome = await page.evaluate(
        async ({ login, endpoint }) => {
          const nameOf = (error: Error) => error.name;
          const client = lucarne.createImageClient({ endpoint, token: 'not-a-token' });
          return [
            await lucarne.createTokenProvider(login).token().catch(nameOf),
            await client.listImages().catch(nameOf),
          ];
        },
        { login, endpoint: service.url },
      );
      expect(outcome).toEqual(['TypeError', 'TypeError']);
      expect(complaints.join('\n')).toContain('CORS policy');
    } finally {
      await stranger.stop();
    }
  });
});
