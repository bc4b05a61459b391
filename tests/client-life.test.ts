/**
 * The service as a program sees it through the client package: a login like any cloud's, the whole life of an image, and
 * refusals that can be told apart.
 *
 * Invariant: but for a look into the folder of the store, everything here is asked of a real Glance with a Keystone too.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { DownloadMismatchError } from '@lucarne/client/download-verification.ts';
import { ImageApiError } from '@lucarne/client/image-api-error.ts';
import { createImageClient } from '@lucarne/client/image-client.ts';
import type { ImageClient } from '@lucarne/client/image-client.ts';
import type { DownloadOptions, RequestedRange } from '@lucarne/client/image-data-download.ts';
import type { UploadOptions } from '@lucarne/client/image-data-upload.ts';
import { AuthenticationError, createTokenProvider } from '@lucarne/client/password-auth.ts';
import type { TokenProvider } from '@lucarne/client/password-auth.ts';
import { DataSizeError } from '@lucarne/client/upload-body.ts';
import type { ImageDataSource } from '@lucarne/client/upload-body.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import type { ImageVisibility } from '@lucarne/contract/image-attributes.ts';
import type { ImageListQuery, ImageView, PatchDocument } from '@lucarne/contract/wire.ts';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginOfCloud } from './support/cloud-credentials.ts';
import type { CloudLogin } from './support/cloud-credentials.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

interface Project {
  readonly login: CloudLogin;
  readonly tokens: TokenProvider;
  readonly client: ImageClient;
  readonly projectId: string;
  readonly userId: string;
}

const mebibyte = 2 ** 20;
const settledWithinMilliseconds = 10_000;
const rawImage = { disk_format: 'raw', container_format: 'bare' } as const;
const unknownId = '00000000-0000-4000-8000-000000000000';

let service: RunningLucarne;
let demo: Project;
let admin: Project;
/** A project that owns nothing and may administer nothing. */
let guest: Project;

beforeAll(async () => {
  service = await startLucarne();
  [demo, admin] = (await Promise.all(
    ['lucarne-demo', 'lucarne'].map(async (cloud) => enter(await loginOfCloud(service.cloudsYaml, cloud))),
  )) as [Project, Project];
  guest = await enter(await createGuest());
});

afterAll(async () => {
  await service?.stop();
});

async function enter(login: CloudLogin): Promise<Project> {
  const tokens = createTokenProvider(login);
  const client = createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
  const { token } = await identity<TokenDocument>(login, { tokens, path: '/auth/tokens', subject: true });
  return { login, tokens, client, projectId: token.project.id, userId: token.user.id };
}

interface TokenDocument {
  readonly token: { readonly project: { readonly id: string }; readonly user: { readonly id: string } };
}

interface IdentityCall {
  readonly tokens: TokenProvider;
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  /** Whether the call is about the token it is made with. */
  readonly subject?: boolean;
}

/** A call of the Keystone API, which is none of the client's business. */
async function identity<Answer>({ authUrl }: CloudLogin, call: IdentityCall): Promise<Answer> {
  const token = await call.tokens.token();
  const answer = await fetch(`${authUrl}${call.path}`, {
    method: call.method ?? 'GET',
    headers: {
      'x-auth-token': token,
      'content-type': 'application/json',
      ...(call.subject === true ? { 'x-subject-token': token } : {}),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await answer.text();
  expect(answer.ok, `${call.path}: ${text}`).toBe(true);
  return JSON.parse(text === '' ? 'null' : text) as Answer;
}

async function createGuest(): Promise<CloudLogin> {
  const { login, tokens } = admin;
  const password = randomBytes(16).toString('hex');
  const ask = <Answer>(path: string, call: Partial<IdentityCall> = {}) =>
    identity<Answer>(login, { tokens, path, ...call });
  const domain = { domain_id: 'default' };
  const [{ project }, { user }, { roles }] = await Promise.all([
    ask<{ project: { id: string } }>('/projects', { method: 'POST', body: { project: { name: 'guest', ...domain } } }),
    ask<{ user: { id: string } }>('/users', { method: 'POST', body: { user: { name: 'guest', password, ...domain } } }),
    ask<{ roles: readonly { id: string }[] }>('/roles?name=member'),
  ]);
  await ask(`/projects/${project.id}/users/${user.id}/roles/${roles[0]?.id ?? ''}`, { method: 'PUT' });
  return { authUrl: login.authUrl, userId: user.id, password, projectId: project.id };
}

function sha512(data: Uint8Array): string {
  return createHash('sha512').update(data).digest('hex');
}

function md5(data: Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}

async function createWithData(client: ImageClient, data: Uint8Array, more: object = {}): Promise<ImageView> {
  const { id } = await client.createImage({ ...rawImage, ...more });
  await client.uploadImageData(id, data);
  return client.showImage(id);
}

async function download(client: ImageClient, id: string, options: DownloadOptions = {}): Promise<Buffer> {
  const { stream } = await client.downloadImageData(id, options);
  return buffer(stream);
}

async function idsFoundBy(client: ImageClient, query: ImageListQuery): Promise<string[]> {
  const images = await Array.fromAsync(client.eachImage(query));
  return images.map((image) => image.id);
}

async function namesFoundBy(client: ImageClient, query: ImageListQuery): Promise<(string | null)[]> {
  const images = await Array.fromAsync(client.eachImage(query));
  return images.map((image) => image.name);
}

/** The refusal a call ends in; a call that succeeds fails the test. */
async function refusal(call: Promise<unknown>): Promise<ImageApiError> {
  const outcome = await call.then(
    () => 'success',
    (error: unknown) => error,
  );
  if (!(outcome instanceof ImageApiError)) throw new Error('The call did not end in a refusal.', { cause: outcome });
  return outcome;
}

async function storedFiles(id: string): Promise<string[]> {
  const names = await readdir(join(service.dataDirectory, 'images'));
  return names.filter((name) => name.includes(id));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + settledWithinMilliseconds;
  while (!(await condition())) {
    expect(Date.now(), 'the condition does not come about').toBeLessThan(deadline);
    await pause(25);
  }
}

/** Data in chunks of a size that no buffer on the way has. */
async function* chunksOf(data: Uint8Array): AsyncGenerator<Uint8Array, void> {
  const chunkBytes = 70_001;
  for (let start = 0; start < data.byteLength; start += chunkBytes) yield data.subarray(start, start + chunkBytes);
}

function streamOf(chunks: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await chunks.return()),
  });
}

describe('logging in', () => {
  test('takes the credentials of clouds.yaml and finds the image service in the catalogue', async () => {
    for (const { tokens } of [demo, admin, guest]) {
      expect(await tokens.imageEndpoint()).toMatch(service.url);
      expect(await tokens.token()).not.toBe('');
    }
    expect(new Set([demo, admin, guest].map(({ projectId }) => projectId)).size).toBe(3);
  });

  test('takes an application credential, by its id or by its name and user', async () => {
    const { application_credential: credential } = await identity<{
      application_credential: { id: string; name: string; secret: string };
    }>(demo.login, {
      tokens: demo.tokens,
      path: `/users/${demo.userId}/application_credentials`,
      method: 'POST',
      body: { application_credential: { name: 'pipeline' } },
    });
    const secret = { authUrl: demo.login.authUrl, applicationCredentialSecret: credential.secret };
    const logins = [
      { ...secret, applicationCredentialId: credential.id },
      { ...secret, applicationCredentialName: credential.name, userId: demo.userId },
    ];
    for (const login of logins) {
      const tokens = createTokenProvider(login);
      const client = createImageClient({ endpoint: await tokens.imageEndpoint(), token: tokens.token });
      const image = await client.createImage({ name: 'by a pipeline' });
      expect(image.owner).toBe(demo.projectId);
      await client.deleteImage(image.id);
    }
  });

  test('refuses a wrong password: 401', async () => {
    const tokens = createTokenProvider({ ...demo.login, password: 'wrong' });
    const outcome = await tokens.token().catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(AuthenticationError);
    expect(outcome).toMatchObject({ status: 401 });
  });

  test('gets another token once the service refuses the one it has', async () => {
    const asked: (string | undefined)[] = [];
    const token = (refused?: string) => {
      asked.push(refused);
      return refused === undefined ? Promise.resolve('not-a-token') : demo.tokens.token();
    };
    const client = createImageClient({ endpoint: service.url, token });
    await client.listImages({ limit: 1 });
    expect(asked).toEqual([undefined, 'not-a-token']);
  });
});

describe('creating and changing', () => {
  test('lists the versions without a token, one of them current', async () => {
    const stranger = createImageClient({ endpoint: service.url, token: 'not-a-token' });
    const { versions } = await stranger.listVersions();
    expect(versions.filter(({ status }) => status === 'CURRENT')).toHaveLength(1);
    expect(versions.map(({ id }) => id)).toContain('v2.0');
  });

  test.each<[string, 'demo' | 'admin', ImageVisibility | undefined, ImageVisibility]>([
    ['without a word about visibility an image that can be shared', 'demo', undefined, 'shared'],
    ['a private image', 'demo', 'private', 'private'],
    ['a shared image', 'demo', 'shared', 'shared'],
    ['a community image', 'demo', 'community', 'community'],
    ['a public image as administrator', 'admin', 'public', 'public'],
  ])('creates %s: 201', async (_, as, asked, visibility) => {
    const { client, projectId } = as === 'admin' ? admin : demo;
    const request = { name: 'seen', ...rawImage, tags: ['b', 'a', 'b'], os_distro: 'debian', min_ram: 512 };
    const created = await client.createImage({ ...request, ...(asked === undefined ? {} : { visibility: asked }) });
    const { id } = created;
    expect(created).toMatchObject({
      status: 'queued',
      name: 'seen',
      visibility,
      owner: projectId,
      size: null,
      checksum: null,
      os_hash_value: null,
      min_ram: 512,
      min_disk: 0,
      protected: false,
      os_hidden: false,
      os_distro: 'debian',
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
    });
    expect(created.tags.toSorted()).toEqual(['a', 'b']);
    expect(await client.showImage(id)).toEqual({ ...created, tags: expect.arrayContaining(['a', 'b']) as unknown });
    const forEverybody = visibility === 'public' || visibility === 'community';
    if (forEverybody) expect((await guest.client.showImage(id)).id).toBe(id);
    else expect((await refusal(guest.client.showImage(id))).status).toBe(404);
    expect((await idsFoundBy(guest.client, {})).includes(id)).toBe(visibility === 'public');
    await client.deleteImage(id);
  });

  test('applies a patch as a whole or not at all: 200, 403, 409', async () => {
    const { client } = demo;
    const { id } = await client.createImage({ name: 'old', os_distro: 'debian' });
    const changed = await client.updateImage(id, [
      { op: 'replace', path: '/name', value: 'new' },
      { op: 'add', path: '/min_disk', value: 3 },
      { op: 'add', path: '/a~1slash', value: 'kept' },
      { op: 'remove', path: '/os_distro' },
      { op: 'replace', path: '/tags', value: ['lts'] },
    ]);
    expect(changed).toMatchObject({ name: 'new', min_disk: 3, 'a/slash': 'kept', tags: ['lts'] });
    expect(changed).not.toHaveProperty('os_distro');
    const rename = { op: 'replace', path: '/name', value: 'never' } as const;
    const refused: readonly [PatchDocument, ErrorCode][] = [
      [[rename, { op: 'remove', path: '/os_distro' }], 'conflict'],
      [[rename, { op: 'replace', path: '/status', value: 'active' }], 'forbidden'],
      [[rename, { op: 'replace', path: '/visibility', value: 'public' }], 'forbidden'],
      [[rename, { op: 'add', path: '/min_ram', value: 'much' }], 'badRequest'],
    ];
    for (const [patch, code] of refused) expect((await refusal(client.updateImage(id, patch))).code).toBe(code);
    expect(await client.showImage(id)).toEqual(changed);
    await client.deleteImage(id);
  });

  test('adds a tag once, removes it once: 204, 404', async () => {
    const { client } = demo;
    const { id } = await client.createImage({});
    await client.addImageTag(id, 'with blank & ümlaut');
    await client.addImageTag(id, 'with blank & ümlaut');
    await client.addImageTag(id, 'lts');
    expect((await client.showImage(id)).tags.toSorted()).toEqual(['lts', 'with blank & ümlaut']);
    await client.removeImageTag(id, 'with blank & ümlaut');
    expect((await client.showImage(id)).tags).toEqual(['lts']);
    expect((await refusal(client.removeImageTag(id, 'with blank & ümlaut'))).status).toBe(404);
    await client.deleteImage(id);
  });
});

describe('image data', () => {
  const data = randomBytes(3 * mebibyte + 17);

  const sources: readonly {
    source: string;
    make: () => ImageDataSource;
    options?: UploadOptions;
    announced: number | null;
  }[] = [
    { source: 'a blob', make: () => new Blob([data]), announced: data.length },
    { source: 'an array of bytes', make: () => data, announced: data.length },
    { source: 'a stream of unknown length', make: () => streamOf(chunksOf(data)), announced: null },
    { source: 'an iterable of unknown length', make: () => chunksOf(data), announced: null },
    {
      source: 'an iterable of known length',
      make: () => chunksOf(data),
      options: { sizeBytes: data.length },
      announced: data.length,
    },
  ];

  test.each(sources)('uploads $source and tells how it gets on', async ({ make, options, announced }) => {
    const { client } = demo;
    const { id } = await client.createImage({ name: 'uploaded', ...rawImage });
    const told: [number, number | null][] = [];
    await client.uploadImageData(id, make(), { ...options, onProgress: (...progress) => told.push(progress) });

    const bytes = told.map(([done]) => done);
    expect(told.every(([, total]) => total === announced)).toBe(true);
    expect(bytes.length).toBeGreaterThan(3);
    expect(bytes[0]).toBe(0);
    expect(bytes.at(-1)).toBe(data.length);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));

    const image = await client.showImage(id);
    expect(image).toMatchObject({
      status: 'active',
      size: data.length,
      virtual_size: data.length,
      checksum: md5(data),
      os_hash_algo: 'sha512',
      os_hash_value: sha512(data),
    });
    expect((await download(client, id)).equals(data)).toBe(true);
    await client.deleteImage(id);
    await until(async () => (await storedFiles(id)).length === 0);
  });

  test('lets an upload be aborted in the middle, keeps nothing of it, and takes the next one', async () => {
    const { client } = demo;
    const { id } = await client.createImage({ ...rawImage });
    const abort = new AbortController();
    let released = false;
    async function* endless(): AsyncGenerator<Uint8Array, void> {
      try {
        for (;;) yield data;
      } finally {
        released = true;
      }
    }
    const uploading = client.uploadImageData(id, endless(), {
      signal: abort.signal,
      onProgress: (bytes) => {
        if (bytes > 5 * data.length) abort.abort();
      },
    });
    await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
    await until(async () => (await client.showImage(id)).status === 'queued');
    expect(await client.showImage(id)).toMatchObject({ size: null, checksum: null, os_hash_value: null });
    expect(await storedFiles(id)).toEqual([]);
    await until(() => Promise.resolve(released));

    await client.uploadImageData(id, data);
    expect((await client.showImage(id)).os_hash_value).toBe(sha512(data));
    await client.deleteImage(id);
  });

  test.each([
    ['shorter', data.length + 1],
    ['longer', data.length - 1],
  ])('makes no image of data that turns out %s than announced', async (_, sizeBytes) => {
    const { client } = demo;
    const { id } = await client.createImage({ ...rawImage });
    await expect(client.uploadImageData(id, chunksOf(data), { sizeBytes })).rejects.toBeInstanceOf(DataSizeError);
    await until(async () => (await client.showImage(id)).status === 'queued');
    await until(async () => (await storedFiles(id)).length === 0);
    await client.deleteImage(id);
  });

  test('shows that data is on its way while it is: saving', async () => {
    const { client } = demo;
    const { id } = await client.createImage({ ...rawImage });
    const gate = new EventTarget();
    async function* halting(): AsyncGenerator<Uint8Array, void> {
      yield data.subarray(0, mebibyte);
      await once(gate, 'open');
      yield data.subarray(mebibyte);
    }
    const uploading = client.uploadImageData(id, halting());
    await until(async () => (await client.showImage(id)).status === 'saving');
    const waiting = await client.downloadImageData(id);
    expect(waiting).toMatchObject({ status: 204, sizeBytes: 0 });
    expect(await buffer(waiting.stream)).toHaveLength(0);
    gate.dispatchEvent(new Event('open'));
    await uploading;
    expect(await client.showImage(id)).toMatchObject({ status: 'active', os_hash_value: sha512(data) });
    await client.deleteImage(id);
  });

  describe('of an active image', () => {
    let image: ImageView;
    beforeAll(async () => {
      image = await createWithData(demo.client, data);
    });
    afterAll(async () => {
      await demo.client.deleteImage(image.id);
    });

    test('are downloaded and verified against the hash the image shows: 200', async () => {
      const expectedHash = { algorithm: image.os_hash_algo ?? '', value: image.os_hash_value ?? '' };
      const told: number[] = [];
      const downloading = await demo.client.downloadImageData(image.id, {
        expectedHash,
        onProgress: (bytes, total) => {
          told.push(bytes);
          expect(total).toBe(data.length);
        },
      });
      expect(downloading).toMatchObject({
        status: 200,
        sizeBytes: data.length,
        checksum: image.checksum,
        contentRange: null,
        verifiesHash: true,
      });
      expect((await buffer(downloading.stream)).equals(data)).toBe(true);
      expect(told.at(-1)).toBe(data.length);
      const other = { ...expectedHash, value: sha512(Buffer.from('other data')) };
      await expect(download(demo.client, image.id, { expectedHash: other })).rejects.toBeInstanceOf(
        DownloadMismatchError,
      );
    });

    const last = data.length - 1;
    test.each<{ title: string; range: RequestedRange; from: number; to: number }>([
      { title: 'the first bytes', range: { firstByte: 0, lastByte: 4 }, from: 0, to: 4 },
      { title: 'one byte', range: { firstByte: 70_000, lastByte: 70_000 }, from: 70_000, to: 70_000 },
      { title: 'from a byte to the end', range: { firstByte: 3 * mebibyte }, from: 3 * mebibyte, to: last },
      { title: 'the last bytes', range: { lastBytes: 5 }, from: last - 4, to: last },
      { title: 'no more than there is', range: { firstByte: last, lastByte: last + 99 }, from: last, to: last },
    ])('are downloaded in parts, $title: 206', async ({ range, from, to }) => {
      const part = await demo.client.downloadImageData(image.id, { range });
      expect(part).toMatchObject({
        status: 206,
        sizeBytes: to - from + 1,
        contentRange: `bytes ${from}-${to}/${data.length}`,
        checksum: image.checksum,
      });
      expect((await buffer(part.stream)).equals(data.subarray(from, to + 1))).toBe(true);
    });

    test('are not there behind their end: 416', async () => {
      const range = { firstByte: data.length };
      expect(await refusal(demo.client.downloadImageData(image.id, { range }))).toMatchObject({
        status: 416,
        code: 'rangeNotSatisfiable',
      });
    });

    test('can be left in the middle', async () => {
      const { stream } = await demo.client.downloadImageData(image.id);
      const reader = stream.getReader();
      expect((await reader.read()).done).toBe(false);
      await reader.cancel();
      expect(await download(demo.client, image.id, { range: { firstByte: 0, lastByte: 9 } })).toHaveLength(10);
    });

    test('are not replaced by a second upload: 409', async () => {
      expect(await refusal(demo.client.uploadImageData(image.id, data))).toMatchObject({
        status: 409,
        code: 'conflict',
      });
      expect(await demo.client.showImage(image.id)).toEqual(image);
    });

    test('are out of reach of all but administrators while the image is deactivated: 403', async () => {
      const { client } = demo;
      await client.deactivateImage(image.id);
      await client.deactivateImage(image.id);
      expect((await client.showImage(image.id)).status).toBe('deactivated');
      expect(await refusal(client.downloadImageData(image.id))).toMatchObject({ status: 403, code: 'forbidden' });
      expect((await download(admin.client, image.id)).equals(data)).toBe(true);
      await client.reactivateImage(image.id);
      await client.reactivateImage(image.id);
      expect((await client.showImage(image.id)).status).toBe('active');
      expect((await download(client, image.id)).equals(data)).toBe(true);
    });
  });
});

describe('lists', () => {
  const count = 60;
  const series = 'series';
  let created: readonly ImageView[];

  beforeAll(async () => {
    const { client } = demo;
    const images: ImageView[] = [];
    for (let index = 0; index < count; index += 1) {
      images.push(
        await client.createImage({
          // Names repeat, so that an order by name alone does not say where a page ends.
          name: `name-${index % 5}`,
          series,
          ...(index % 2 === 0 ? rawImage : { disk_format: 'qcow2', container_format: 'bare' }),
          tags: index % 3 === 0 ? ['third'] : [],
          os_hidden: index === 59,
          min_ram: index,
        }),
      );
    }
    const fifteenth = images[15]?.id ?? '';
    await client.addImageTag(fifteenth, 'fifteenth');
    await client.uploadImageData(images[0]?.id ?? '', Buffer.alloc(100));
    created = images;
  });

  const visibleIds = () => created.slice(0, -1).map((image) => image.id);

  test.each([undefined, 'name:asc', 'name:desc,created_at:asc', 'disk_format:asc', 'size:desc', 'id:asc'])(
    'give each image exactly once over many pages, ordered by %s',
    async (sort) => {
      const query = { series, limit: 7, ...(sort === undefined ? {} : { sort }) };
      const ids = await idsFoundBy(demo.client, query);
      expect(ids).toHaveLength(count - 1);
      expect(ids.toSorted()).toEqual(visibleIds().toSorted());
      const whole = await demo.client.listImages({ ...query, limit: count });
      expect(ids).toEqual(whole.images.map((image) => image.id));
    },
  );

  test('are in the order that was asked for, newest first if none was', async () => {
    const { client } = demo;
    const byName = await namesFoundBy(client, { series, sort: 'name:asc' });
    expect(byName).toEqual(byName.toSorted());
    const byId = await idsFoundBy(client, { series, sort: 'id:desc' });
    expect(byId).toEqual(byId.toSorted().toReversed());
    const times = (await Array.fromAsync(client.eachImage({ series }))).map((image) => image.created_at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test('have a link to the next page only while the page is full', async () => {
    const first = await demo.client.listImages({ series, limit: count - 2 });
    expect(first.images).toHaveLength(count - 2);
    expect(first.next).toMatch(/^\/v2\/images\?/);
    const marker = first.images.at(-1)?.id ?? '';
    const rest = await demo.client.listImages({ series, limit: count - 2, marker });
    expect(rest.images).toHaveLength(1);
    expect(rest).not.toHaveProperty('next');
  });

  test('stop being asked for when nobody reads on', async () => {
    let requests = 0;
    const counting: typeof fetch = (...call) => {
      requests += 1;
      return fetch(...call);
    };
    const client = createImageClient({ endpoint: service.url, token: demo.tokens.token, fetch: counting });
    let seen = 0;
    for await (const image of client.eachImage({ series, limit: 7 })) {
      expect(image['series']).toBe(series);
      seen += 1;
      if (seen === 8) break;
    }
    expect(requests).toBe(2);
  });

  const thirds = (index: number) => index % 3 === 0;
  test.each<{ by: string; query: ImageListQuery; has: (index: number) => boolean }>([
    { by: 'name', query: { name: 'name-2' }, has: (index) => index % 5 === 2 },
    { by: 'one of several names', query: { name: 'in:name-2,name-3' }, has: (index) => [2, 3].includes(index % 5) },
    { by: 'disk format', query: { disk_format: 'qcow2' }, has: (index) => index % 2 === 1 },
    { by: 'a tag', query: { tag: 'third', limit: 7 }, has: thirds },
    { by: 'all of several tags', query: { tag: ['third', 'fifteenth'] }, has: (index) => index === 15 },
    { by: 'status', query: { status: 'active' }, has: (index) => index === 0 },
    { by: 'size', query: { size_min: 99, size_max: 101 }, has: (index) => index === 0 },
    { by: 'a size none has', query: { size_min: 101 }, has: () => false },
    { by: 'min_ram', query: { min_ram: '17' }, has: (index) => index === 17 },
    { by: 'visibility', query: { visibility: 'shared' }, has: () => true },
    { by: 'another visibility', query: { visibility: 'private' }, has: () => false },
    { by: 'protection', query: { protected: true }, has: () => false },
    { by: 'a time in the past', query: { created_at: 'gt:2001-01-01T00:00:00Z' }, has: () => true },
    { by: 'a time before all', query: { created_at: 'lt:2001-01-01T00:00:00Z' }, has: () => false },
  ])('are filtered by $by', async ({ query, has }) => {
    const wanted = visibleIds().filter((_, index) => has(index));
    const found = await idsFoundBy(demo.client, { series, ...query });
    expect(found.toSorted()).toEqual(wanted.toSorted());
  });

  test('show hidden images only to those who ask for them', async () => {
    const hidden = await idsFoundBy(demo.client, { series, os_hidden: true });
    expect(hidden).toEqual([created.at(-1)?.id]);
  });

  test('show nothing of another project, but to an administrator', async () => {
    expect(await idsFoundBy(guest.client, { series })).toEqual([]);
    expect(await idsFoundBy(admin.client, { series, owner: demo.projectId, limit: 20 })).toHaveLength(count - 1);
  });

  test('are not given for a query that means nothing: 400', async () => {
    const senseless: readonly ImageListQuery[] = [
      { limit: -1 },
      { sort: 'colour:asc' },
      { sort: 'name:sideways' },
      { marker: unknownId },
      { size_min: 1.5 },
      { created_at: 'yesterday' },
    ];
    for (const query of senseless) {
      expect((await refusal(demo.client.listImages(query))).code, JSON.stringify(query)).toBe('badRequest');
    }
  });
});

describe('sharing', () => {
  test('lets a project use an image once it is a member, and list it once it accepted', async () => {
    const { client: owner } = demo;
    const { client: member, projectId: memberId } = guest;
    const data = randomBytes(1000);
    const { id } = await createWithData(owner, data, { name: 'shared with a guest' });
    expect((await refusal(member.showImage(id))).status).toBe(404);

    expect(await owner.createMember(id, memberId)).toMatchObject({
      image_id: id,
      member_id: memberId,
      status: 'pending',
    });
    expect(await refusal(owner.createMember(id, memberId))).toMatchObject({ status: 409, code: 'conflict' });
    expect((await download(member, id)).equals(data)).toBe(true);
    expect(await idsFoundBy(member, {})).toEqual([]);
    expect(await idsFoundBy(member, { visibility: 'shared', member_status: 'pending' })).toEqual([id]);

    expect((await refusal(owner.updateMember({ imageId: id, memberId }, 'accepted'))).status).toBe(403);
    expect(await member.updateMember({ imageId: id, memberId }, 'accepted')).toMatchObject({ status: 'accepted' });
    expect(await owner.showMember(id, memberId)).toMatchObject({ status: 'accepted' });
    expect((await owner.listMembers(id)).members).toHaveLength(1);
    expect(await idsFoundBy(member, {})).toEqual([id]);

    await member.updateMember({ imageId: id, memberId }, 'rejected');
    expect(await idsFoundBy(member, {})).toEqual([]);
    expect((await member.showImage(id)).id).toBe(id);

    expect((await refusal(member.deleteImage(id))).status).toBe(403);
    expect((await refusal(member.updateImage(id, [{ op: 'replace', path: '/name', value: 'mine' }]))).status).toBe(403);
    expect((await refusal(member.deleteMember(id, memberId))).status).toBe(403);
    await owner.deleteMember(id, memberId);
    expect((await refusal(member.showImage(id))).status).toBe(404);
    expect((await refusal(owner.deleteMember(id, memberId))).status).toBe(404);
    await owner.deleteImage(id);
  });

  test('is for shared images alone: 403', async () => {
    const { id } = await demo.client.createImage({ visibility: 'private' });
    expect((await refusal(demo.client.createMember(id, guest.projectId))).status).toBe(403);
    await demo.client.deleteImage(id);
  });
});

describe('deleting', () => {
  test('takes the image out of everything, and its data with it: 204, then 404', async () => {
    const { client } = demo;
    const { id } = await createWithData(client, randomBytes(1000), { name: 'to be deleted' });
    expect(await storedFiles(id)).toHaveLength(1);
    await client.deleteImage(id);
    expect(await storedFiles(id)).toEqual([]);
    expect((await refusal(client.showImage(id))).status).toBe(404);
    expect((await refusal(client.downloadImageData(id))).status).toBe(404);
    expect((await refusal(client.deleteImage(id))).status).toBe(404);
    expect(await idsFoundBy(client, { name: 'to be deleted' })).toEqual([]);
    expect((await refusal(client.createImage({ id }))).status).toBe(409);
  });

  test('spares a protected image, also from administrators: 403', async () => {
    const { client } = demo;
    const { id } = await client.createImage({ protected: true });
    expect((await refusal(client.deleteImage(id))).code).toBe('forbidden');
    expect((await refusal(admin.client.deleteImage(id))).code).toBe('forbidden');
    await client.updateImage(id, [{ op: 'replace', path: '/protected', value: false }]);
    await client.deleteImage(id);
  });
});

describe('refusals', () => {
  test.each<{ title: string; call: (client: ImageClient) => Promise<unknown>; status: number; code: ErrorCode }>([
    { title: 'an unknown image', call: (client) => client.showImage(unknownId), status: 404, code: 'notFound' },
    { title: 'an id that is none', call: (client) => client.showImage('no id'), status: 404, code: 'notFound' },
    {
      title: 'an unknown disk format',
      call: (client) => client.createImage({ disk_format: 'papyrus' }),
      status: 400,
      code: 'badRequest',
    },
    {
      title: 'a property that is no text',
      call: (client) => client.createImage({ cores: 4 }),
      status: 400,
      code: 'badRequest',
    },
    {
      title: 'a public image of somebody who may not publish',
      call: (client) => client.createImage({ visibility: 'public' }),
      status: 403,
      code: 'forbidden',
    },
    {
      title: 'a read-only attribute',
      call: (client) => client.createImage({ status: 'active' }),
      status: 403,
      code: 'forbidden',
    },
    {
      title: 'an image for another owner',
      call: (client) => client.createImage({ owner: 'somebody-else' }),
      status: 403,
      code: 'forbidden',
    },
    {
      title: 'members of an unknown image',
      call: (client) => client.listMembers(unknownId),
      status: 404,
      code: 'notFound',
    },
  ])('have status, code, message and the id of the request, $title: $status', async ({ call, status, code }) => {
    const refused = await refusal(call(demo.client));
    expect(refused).toMatchObject({ name: 'ImageApiError', status, code });
    expect(refused.requestId).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(refused.message).not.toMatch(/<|^$/);
  });

  test('know a token that is none: 401', async () => {
    const stranger = createImageClient({ endpoint: service.url, token: 'not-a-token' });
    expect(await refusal(stranger.listImages())).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});

describe('schemas', () => {
  // The documents carry members of their own, and formats are informative.
  const ajv = () => new Ajv({ strict: false, validateFormats: false, allErrors: true });

  test('describe what the service sends', async () => {
    const { client } = demo;
    const image = await createWithData(client, randomBytes(100), { name: 'described', os_distro: 'debian' });
    const member = await client.createMember(image.id, guest.projectId);
    const sent = [
      [await client.showImageSchema(), image],
      [await client.showImageSchema(), await client.createImage({ name: 'without data' })],
      [await client.showImagesSchema(), await client.listImages({ limit: 3 })],
      [await client.showMemberSchema(), member],
      [await client.showMembersSchema(), await client.listMembers(image.id)],
    ] as const;
    for (const [schema, answer] of sent) {
      const validate = ajv().compile(schema);
      expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
      expect(Object.keys(answer)).not.toEqual([]);
      const spoilt = { ...answer, status: 7, images: 7, members: 7 };
      expect(validate(spoilt), 'a schema that accepts anything').toBe(false);
    }
  });

  test('are published for everything else too, each a schema by its name', async () => {
    const { client } = demo;
    const documents = await Promise.all([
      client.showTaskSchema(),
      client.showTasksSchema(),
      client.showMetadefNamespaceSchema(),
      client.showMetadefNamespacesSchema(),
      client.showMetadefResourceTypeSchema(),
      client.showMetadefResourceTypesSchema(),
      client.showMetadefPropertySchema(),
      client.showMetadefPropertiesSchema(),
      client.showMetadefObjectSchema(),
      client.showMetadefObjectsSchema(),
      client.showMetadefTagSchema(),
      client.showMetadefTagsSchema(),
    ]);
    for (const document of documents) expect(() => ajv().compile(document), document.name).not.toThrow();
    expect(new Set(documents.map(({ name }) => name)).size).toBe(documents.length);
  });
});
