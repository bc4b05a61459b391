import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  describeImageStoreConformance,
  readObject,
  storeObject,
  unowned,
} from '../../../ports/image-store.conformance.ts';
import type { ImageStore } from '../../../ports/image-store.ts';
import type { FileSystem } from './file-system.ts';
import { fileStoreProperties, openFilesystemStore } from './filesystem-store.ts';
import type { FilesystemStoreOptions } from './filesystem-store.ts';
import { forgetfulDisk, watchFileSystem } from './watched-file-system.testing.ts';
import type { Breakage } from './watched-file-system.testing.ts';
import { outcomeOf } from '../../../ports/outcome.testing.ts';

function optionsOf(path: string, options: Partial<FilesystemStoreOptions> = {}): FilesystemStoreOptions {
  return {
    dataDirectories: [{ path, priority: 0 }],
    filePermissions: null,
    chunkBytes: 65_536,
    metadataFile: null,
    thinProvisioning: false,
    ...options,
  };
}

function openStore(path: string, files?: FileSystem): Promise<ImageStore> {
  return openFilesystemStore(optionsOf(path), files);
}

describeImageStoreConformance('A folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-store-'));
  return {
    store: await openStore(folder),
    names: () => readdir(folder),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('The filesystem store', () => {
  let folder: string;
  const imageId = '11111111-2222-3333-4444-555555555555';
  const uploadId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
  const bytes = randomBytes(200_000);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-store-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** One upload as the use case does it; the store decides how it ends. */
  async function upload(store: ImageStore): Promise<string> {
    const writer = store.write(imageId, uploadId);
    try {
      await writer.open();
      await writer.write(bytes.subarray(0, 150_000));
      await writer.write(bytes.subarray(150_000));
      return (await writer.commit()).url;
    } catch (error) {
      await writer.abort();
      await store.discard(imageId, uploadId, unowned);
      throw error;
    }
  }

  describe('writes', () => {
    test('the data, then syncs them, then gives them their name, then syncs the folder', async () => {
      const files = watchFileSystem();
      await upload(await openStore(folder, files));
      const temporary = `.${imageId}.${uploadId}.part`;
      expect(files.calls).toEqual([
        `open ${temporary}`,
        `write ${temporary}`,
        `write ${temporary}`,
        `sync ${temporary}`,
        `close ${temporary}`,
        `rename ${temporary} ${imageId}`,
        `open ${basename(folder)}`,
        `sync ${basename(folder)}`,
        `close ${basename(folder)}`,
      ]);
      expect(files.filesOpen()).toBe(0);
    });

    test('a location and a file as Glance does', async () => {
      expect(await upload(await openStore(folder))).toBe(`file://${folder}/${imageId}`);
      expect(await readdir(folder)).toEqual([imageId]);
      expect(Buffer.compare(await readFile(join(folder, imageId)), bytes)).toBe(0);
    });

    test('files with the mode that was asked for', async () => {
      const store = await openFilesystemStore(optionsOf(folder, { filePermissions: 0o604 }));
      await upload(store);
      expect((await stat(join(folder, imageId))).mode & 0o777).toBe(0o604);
    });

    test('into a folder it makes, also one named relative to where the service runs', async () => {
      const store = await openStore(join(relative(process.cwd(), folder), 'new', 'images'));
      expect(await upload(store)).toBe(`file://${folder}/new/images/${imageId}`);
    });

    test('into a folder that is on disk itself, with those above it', async () => {
      const files = watchFileSystem();
      await openStore(join(folder, 'new', 'images'), files);
      expect(files.calls.filter((call) => call.startsWith('sync'))).toEqual(['sync new', `sync ${basename(folder)}`]);
      expect(files.filesOpen()).toBe(0);
    });

    test('nothing when the folder went away: unavailable', async () => {
      const store = await openStore(join(folder, 'images'));
      await rm(join(folder, 'images'), { recursive: true });
      expect(await outcomeOf(upload(store))).toBe('unavailable');
    });
  });

  describe('when the power fails', () => {
    test.each(['synced', 'current'] as const)(
      'keeps every acknowledged object, and never shows a part of one (%s names)',
      async (kept) => {
        const disk = forgetfulDisk();
        const store = await openStore('/images', disk);
        let moments = 0;
        disk.beforeEach = () => {
          moments += 1;
          const left = disk.afterPowerLoss(kept).get(`/images/${imageId}`);
          if (left !== undefined) expect(Buffer.compare(left, bytes)).toBe(0);
        };
        await upload(store);
        expect(moments).toBeGreaterThan(10);
        expect(disk.afterPowerLoss(kept).get(`/images/${imageId}`)?.byteLength).toBe(bytes.byteLength);
        expect(disk.afterPowerLoss(kept).size).toBe(1);
      },
    );

    test('keeps a deletion that was acknowledged', async () => {
      const disk = forgetfulDisk();
      const store = await openStore('/images', disk);
      await store.delete(await upload(store));
      expect(disk.afterPowerLoss('synced').size).toBe(0);
    });
  });

  const codes = [
    { code: 'EIO', write: 'internal' },
    { code: 'ENOSPC', write: 'limitExceeded' },
    { code: 'EDQUOT', write: 'limitExceeded' },
    { code: 'EFBIG', write: 'limitExceeded' },
    { code: 'EACCES', write: 'unavailable' },
    { code: 'EROFS', write: 'unavailable' },
  ] as const;

  describe('when a call fails', () => {
    async function callsOf(action: (store: ImageStore) => Promise<unknown>): Promise<number> {
      const files = watchFileSystem();
      await action(await openFilesystemStore(optionsOf(folder, { filePermissions: 0o640 }), files));
      return files.calls.length;
    }

    async function broken(breakage: Breakage) {
      const files = watchFileSystem(breakage);
      return { files, store: await openFilesystemStore(optionsOf(folder, { filePermissions: 0o640 }), files) };
    }

    test.each(codes)('an upload that meets $code at any call leaves nothing: $write', async ({ code, write }) => {
      const calls = await callsOf(upload);
      await rm(join(folder, imageId));
      expect(calls).toBe(10);
      for (let failing = 0; failing < calls; failing += 1) {
        const { files, store } = await broken({ code, breaks: (call) => call === failing });
        expect(`${failing} ${await outcomeOf(upload(store))}`).toBe(`${failing} ${write}`);
        expect(await readdir(folder)).toEqual([]);
        expect(files.filesOpen()).toBe(0);
        await upload(await openStore(folder));
        await rm(join(folder, imageId));
      }
    });

    test('an upload whose disk stays broken is freed of its file, and discarded later', async () => {
      const calls = await callsOf(upload);
      await rm(join(folder, imageId));
      for (let failing = 0; failing < calls; failing += 1) {
        const { files, store } = await broken({ code: 'EIO', breaks: (call) => call >= failing });
        await expect(upload(store)).rejects.toThrow();
        expect(files.filesOpen()).toBe(0);
        await (await openStore(folder)).discard(imageId, uploadId, unowned);
        expect(await readdir(folder)).toEqual([]);
      }
    });

    test.each([
      ['EACCES', ['forbidden', 'unavailable']],
      ['EPERM', ['forbidden', 'unavailable']],
      ['EIO', ['internal', 'internal']],
      ['EROFS', ['unavailable', 'unavailable']],
    ])('a deletion that meets %s says whether the object is certainly whole', async (code, [refused, unsure]) => {
      const calls = await callsOf(async (store) =>
        store.delete(await upload(await openStore(folder)).then((url) => url)),
      );
      for (let failing = 0; failing < calls; failing += 1) {
        const url = await upload(await openStore(folder));
        const { files, store } = await broken({ code, breaks: (call) => call === failing });
        expect(await outcomeOf(store.delete(url))).toBe(failing === 0 ? refused : unsure);
        expect(await readdir(folder)).toEqual(failing === 0 ? [imageId] : []);
        expect(files.filesOpen()).toBe(0);
        await rm(join(folder, imageId), { force: true });
      }
    });

    test.each([
      ['EACCES', 'badRequest'],
      ['EIO', 'internal'],
      ['EMFILE', 'internal'],
    ])('a download that meets %s at any call raises and frees the file: %s', async (code, expected) => {
      const url = await upload(await openStore(folder));
      const calls = await callsOf((store) => readObject(store, url));
      for (let failing = 0; failing < calls - 1; failing += 1) {
        const { files, store } = await broken({ code, breaks: (call) => call === failing });
        expect(await outcomeOf(readObject(store, url))).toBe(expected);
        expect(files.filesOpen()).toBe(0);
      }
    });

    test('discarding fails loudly, so that it is tried again', async () => {
      await upload(await openStore(folder));
      for (let failing = 0; failing < 5; failing += 1) {
        const { store } = await broken({ code: 'EIO', breaks: (call) => call === failing });
        expect(await outcomeOf(store.discard(imageId, uploadId, unowned))).toBe('internal');
      }
    });

    test('opening the store tells the operator what to look at: unavailable', async () => {
      await writeFile(join(folder, 'file'), '');
      await expect(openStore(join(folder, 'file', 'images'))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('filesystem_store_datadir') as string,
      });
    });
  });

  describe('tells of itself', () => {
    test.each([
      { folders: ['/one'], dataDir: '/one' },
      { folders: ['/one', '/two'], dataDir: ['/one', '/two'] },
    ])('the folders $folders as $dataDir', ({ folders, dataDir }) => {
      const dataDirectories = folders.map((path) => ({ path, priority: 0 }));
      expect(fileStoreProperties({ dataDirectories, chunkBytes: 4096, thinProvisioning: true })).toEqual({
        data_dir: dataDir,
        chunk_size: 4096,
        thin_provisioning: true,
      });
    });
  });

  describe('knows a location', () => {
    test.each([
      ['as it writes it', (path: string) => `file://${path}`],
      ['of the other scheme', (path: string) => `filesystem://${path}`],
      ['of this host', (path: string) => `file://localhost${path}`],
      ['percent-encoded', (path: string) => `file://${path.split('/').map(encodeURIComponent).join('/')}`],
      ['with doubled slashes', (path: string) => `file://${path.replaceAll('/', '//')}`],
    ])('%s', async (_, urlOf) => {
      const directory = join(folder, 'with space, +, é and 100%25');
      const store = await openStore(directory);
      await upload(store);
      const url = urlOf(join(directory, imageId));
      expect(store.owns(url)).toBe(true);
      expect(Buffer.compare(await readObject(store, url), bytes)).toBe(0);
      await store.discard(imageId, uploadId, { ...unowned, keptUrls: [url] });
      await store.delete(url);
      expect(await readdir(directory)).toEqual([]);
    });
  });

  describe('opens nothing outside its folder', () => {
    const secret = '99999999-9999-9999-9999-999999999999';
    let store: ImageStore;
    let files: ReturnType<typeof watchFileSystem>;
    let data: string;

    beforeEach(async () => {
      data = join(folder, 'images');
      await mkdir(data);
      files = watchFileSystem();
      store = await openStore(data, files);
      await writeFile(join(folder, secret), 'secret');
      await mkdir(join(data, 'sub'));
      await writeFile(join(data, 'sub', secret), 'secret');
    });

    test.each([
      ['beside it', () => `file://${folder}/${secret}`],
      ['above it', () => `file://${data}/../${secret}`],
      ['above it, encoded', () => `file://${data}/%2e%2e/${secret}`],
      ['above it, encoded slash', () => `file://${data}/..%2f${secret}`],
      ['above it, encoded twice', () => `file://${data}/%252e%252e/${secret}`],
      ['below it', () => `file://${data}/sub/${secret}`],
      ['with its name as a beginning', () => `file://${data}-other/${secret}`],
      ['itself', () => `file://${data}`],
      ['itself as a folder', () => `file://${data}/`],
      ['not named like an image', () => `file://${data}/sub`],
      ['a temporary file', () => `file://${data}/.${imageId}.${uploadId}.part`],
      ['on another host', () => `file://example.org${data}/${secret}`],
      ['with a user', () => `file://user@localhost${data}/${secret}`],
      ['of another scheme', () => `http://localhost${data}/${secret}`],
      ['with a byte of zero', () => `file://${data}/${secret}%00`],
      ['with a query', () => `file://${data}/${secret}?x`],
      ['with a fragment', () => `file://${data}/${secret}#x`],
      ['with a line break', () => `file://${data}/${secret}\n`],
      ['relative', () => `file:images/${secret}`],
      ['badly encoded', () => `file://${data}/%zz/${secret}`],
    ])('%s: notFound', async (_, urlOf) => {
      const url = urlOf();
      expect(store.owns(url)).toBe(false);
      expect(await outcomeOf(store.read(url))).toBe('notFound');
      expect(await outcomeOf(store.sizeOf(url))).toBe('notFound');
      expect(await outcomeOf(store.delete(url))).toBe('notFound');
      expect(files.calls).toEqual([]);
    });

    test('a symbolic link: notFound', async () => {
      await symlink(join(folder, secret), join(data, secret));
      expect(await outcomeOf(store.read(`file://${data}/${secret}`))).toBe('notFound');
      expect(await outcomeOf(store.sizeOf(`file://${data}/${secret}`))).toBe('notFound');
      await store.delete(`file://${data}/${secret}`);
      expect(await readFile(join(folder, secret), 'utf8')).toBe('secret');
    });

    test('does not write through a symbolic link either', async () => {
      await symlink(join(folder, secret), join(data, imageId));
      await upload(store);
      expect(await readFile(join(folder, secret), 'utf8')).toBe('secret');
      expect(Buffer.compare(await readObject(store, `file://${data}/${imageId}`), bytes)).toBe(0);
    });

    test('a folder or a pipe in the place of an image: notFound, at once', async () => {
      await mkdir(join(data, imageId));
      expect(await outcomeOf(store.read(`file://${data}/${imageId}`))).toBe('notFound');
      await promisify(execFile)('mkfifo', [join(data, secret)]);
      expect(await outcomeOf(store.read(`file://${data}/${secret}`))).toBe('notFound');
      expect(files.filesOpen()).toBe(0);
    });
  });

  describe('reads', () => {
    test('no truncated file to its end in silence: internal', async () => {
      const store = await openStore(folder);
      const { url } = await storeObject(store, imageId, randomBytes(3 * 1024 * 1024));
      const reader = await store.read(url);
      await truncate(join(folder, imageId), 2 * 1024 * 1024 + 5);
      let received = 0;
      const whole = (async () => {
        for await (const piece of reader.chunks(0, reader.sizeBytes - 1)) received += piece.byteLength;
      })();
      expect(await outcomeOf(whole)).toBe('internal');
      expect(received).toBe(2 * 1024 * 1024);
    });

    test('the next piece while the last one is being sent, and keeps that one untouched', async () => {
      const files = watchFileSystem();
      const large = randomBytes(3 * 1024 * 1024);
      const { url } = await storeObject(await openStore(folder), imageId, large);
      const reader = await (await openStore(folder, files)).read(url);
      let at = 0;
      for await (const piece of reader.chunks(0, large.byteLength - 1)) {
        await new Promise((resolve) => setImmediate(resolve));
        const readsSoFar = files.calls.filter((call) => call.startsWith('read')).length;
        expect(readsSoFar).toBe(Math.min(3, at / piece.byteLength + 2));
        expect(Buffer.compare(piece, large.subarray(at, at + piece.byteLength))).toBe(0);
        at += piece.byteLength;
      }
      expect(files.filesOpen()).toBe(0);
    });

    test('frees the file when the reading ends early', async () => {
      const files = watchFileSystem();
      const store = await openStore(folder, files);
      const { url } = await storeObject(store, imageId, randomBytes(3 * 1024 * 1024));
      const reader = await store.read(url);
      for await (const piece of reader.chunks(0, reader.sizeBytes - 1)) if (piece.byteLength > 0) break;
      expect(files.filesOpen()).toBe(0);
    });
  });
});
