import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageServiceError } from '../../../domain/errors.ts';
import {
  describeImageStoreConformance,
  readObject,
  storeObject,
  unowned,
} from '../../../ports/image-store.conformance.ts';
import type { ImageStore, StoredObject } from '../../../ports/image-store.ts';
import type { StoreOpening } from './data-folders.ts';
import { hostFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { openFilesystemStore } from './filesystem-store.ts';
import type { FilesystemStoreOptions } from './filesystem-store.ts';
import { forgetfulDisk, watchFileSystem } from './watched-file-system.testing.ts';
import { outcomeOf } from '../../../ports/outcome.testing.ts';

/** The priorities of folders by their paths. */
type Priorities = Readonly<Record<string, number>>;

function optionsOf(priorities: Priorities): FilesystemStoreOptions {
  return {
    dataDirectories: Object.entries(priorities).map(([path, priority]) => ({ path, priority })),
    filePermissions: null,
    chunkBytes: 65_536,
    metadataFile: null,
    thinProvisioning: false,
  };
}

const imageId = '11111111-2222-3333-4444-555555555555';
const uploadId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const bytes = randomBytes(100_000);

async function upload(store: ImageStore, expectedBytes: number | null = null): Promise<StoredObject> {
  const writer = store.write(imageId, uploadId, expectedBytes);
  try {
    await writer.open();
    await writer.write(bytes);
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    await store.discard(imageId, uploadId, unowned);
    throw error;
  }
}

/** The host's, with these answers about free space; any other folder cannot be asked. */
function withFreeBytes(freeBytes: ReadonlyMap<string, number>): FileSystem {
  return {
    ...hostFileSystem,
    async statfs(path) {
      const free = freeBytes.get(path);
      if (free === undefined) throw errorOf('EIO');
      return { bavail: free / 4, bsize: 4 };
    },
  };
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describeImageStoreConformance('Two folders', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-folders-'));
  const paths = [join(folder, 'one'), join(folder, 'two')] as const;
  return {
    store: await openFilesystemStore(optionsOf({ [paths[0]]: 1, [paths[1]]: 2 })),
    names: async () => (await Promise.all(paths.map((path) => readdir(path)))).flat(),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('A store of several folders', () => {
  let folder: string;
  let one: string;
  let two: string;
  let three: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-folders-'));
    one = join(folder, 'one');
    two = join(folder, 'two');
    three = join(folder, 'three');
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function namesIn(path: string): Promise<readonly string[]> {
    return readdir(path).catch(() => []);
  }

  describe('puts new data', () => {
    const mebibyte = 1024 * 1024;

    test.each([
      { priorities: [1, 2, 0], free: [9, 9, 9], size: 1, to: 1, because: 'it has the highest priority' },
      { priorities: [1, 2, 0], free: [9, 4, 9], size: 5, to: 0, because: 'the first one has not enough space' },
      { priorities: [1, 2, 0], free: [4, 4, 9], size: 5, to: 2, because: 'only the last one has enough space' },
      { priorities: [1, 2, 0], free: [9, 5, 9], size: 5, to: 1, because: 'just enough is enough' },
      { priorities: [1, 1, 1], free: [4, 9, 5], size: 1, to: 1, because: 'of equals it has the most space' },
      { priorities: [0, 1, 1], free: [9, 4, 5], size: 1, to: 2, because: 'of the highest it has the most space' },
      { priorities: [1, 1, 1], free: [5, 5, 5], size: 1, to: 0, because: 'of equals it is the first' },
      { priorities: [1, 2, 0], free: [9, 4, 9], size: null, to: 1, because: 'any space may do for an unknown size' },
      { priorities: [1, 1, 0], free: [4, 5, 9], size: null, to: 1, because: 'space decides for an unknown size' },
      { priorities: [1, 2, 0], free: [1, 0, 9], size: null, to: 0, because: 'the first one has no space at all' },
    ])('of $size MiB in folder $to of priorities $priorities with $free MiB: $because', async (given) => {
      const [onePriority = 0, twoPriority = 0, threePriority = 0] = given.priorities;
      const freeBytes = new Map([one, two, three].map((path, at) => [path, (given.free[at] ?? 0) * mebibyte]));
      const priorities = { [one]: onePriority, [two]: twoPriority, [three]: threePriority };
      const store = await openFilesystemStore(optionsOf(priorities), withFreeBytes(freeBytes));
      const { url } = await upload(store, given.size === null ? null : given.size * mebibyte);
      expect(url).toBe(`file://${[one, two, three][given.to]}/${imageId}`);
      expect(Buffer.compare(await readObject(store, url), bytes)).toBe(0);
    });

    test('nowhere when no folder has the space: limitExceeded, before any is sent', async () => {
      const freeBytes = new Map([one, two].map((path) => [path, mebibyte]));
      const store = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }), withFreeBytes(freeBytes));
      expect(await outcomeOf(store.write(imageId, uploadId, 2 * mebibyte).open())).toBe('limitExceeded');
      expect(await upload(store, mebibyte)).toMatchObject({ sizeBytes: bytes.byteLength });
    });

    test('not in a folder whose space cannot be told, unless it is the only one', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }), withFreeBytes(new Map([[one, 100]])));
      expect((await upload(store)).url).toBe(`file://${one}/${imageId}`);
      const alone = await openFilesystemStore(optionsOf({ [two]: 1 }), withFreeBytes(new Map()));
      expect((await upload(alone, 1_000_000)).url).toBe(`file://${two}/${imageId}`);
    });

    test('nowhere when no folder can tell its space: internal', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }), withFreeBytes(new Map()));
      expect(await outcomeOf(upload(store))).toBe('internal');
    });

    test('by the space the folders really have', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }));
      expect((await upload(store, bytes.byteLength)).url).toBe(`file://${two}/${imageId}`);
      expect(await outcomeOf(store.write(imageId, uploadId, Number.MAX_SAFE_INTEGER).open())).toBe('limitExceeded');
    });

    test('once into a folder that is named twice, by the higher priority', async () => {
      const options = optionsOf({ [one]: 1, [two]: 2, [`${one}/`]: 3 });
      const files = withFreeBytes(new Map([one, two].map((path) => [path, mebibyte])));
      expect((await upload(await openFilesystemStore(options, files))).url).toBe(`file://${one}/${imageId}`);
    });
  });

  describe('finds an object where it is', () => {
    test('when the priorities have changed, and in each folder', async () => {
      const before = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }));
      const { url } = await upload(before);
      const after = await openFilesystemStore(optionsOf({ [two]: 5, [three]: 3, [one]: 1 }));
      const other = await storeObject(after, '22222222-2222-3333-4444-555555555555', Buffer.from('other'));
      expect([url, other.url].map((each) => each.replace(folder, ''))).toEqual([
        `file:///one/${imageId}`,
        'file:///two/22222222-2222-3333-4444-555555555555',
      ]);
      expect([url, other.url].map((each) => after.owns(each))).toEqual([true, true]);
      expect(await after.sizeOf(url)).toBe(bytes.byteLength);
      expect(Buffer.compare(await readObject(after, url), bytes)).toBe(0);
      await after.delete(url);
      await after.delete(other.url);
      expect(await Promise.all([one, two].map(namesIn))).toEqual([[], []]);
    });

    test('and not in one that is not configured any more: notFound', async () => {
      const { url } = await upload(await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 })));
      const after = await openFilesystemStore(optionsOf({ [two]: 1 }));
      expect(after.owns(url)).toBe(false);
      expect(await outcomeOf(after.read(url))).toBe('notFound');
      expect(await outcomeOf(after.delete(url))).toBe('notFound');
      expect(await namesIn(one)).toEqual([imageId]);
    });

    test('and never takes the copy in one folder for that in another', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }));
      const { url } = await upload(store);
      await writeFile(join(two, imageId), 'copy');
      await store.delete(url);
      expect(await outcomeOf(store.read(url))).toBe('notFound');
      expect(await namesIn(two)).toEqual([imageId]);
    });
  });

  describe('discards an attempt', () => {
    test('that died in any folder, whatever the priorities are now', async () => {
      const writer = (await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }))).write(imageId, uploadId);
      await writer.open();
      await writer.write(bytes);
      await writer.abort();
      expect(await namesIn(one)).toHaveLength(1);
      const after = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }));
      await after.discard(imageId, uploadId, unowned);
      expect(await namesIn(one)).toEqual([]);
    });

    test('with its object in one folder, and leaves the one a location owns in another', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }));
      const { url } = await upload(store);
      await writeFile(join(two, imageId), 'left over');
      await store.discard(imageId, uploadId, { ...unowned, keptUrls: [url] });
      expect(await Promise.all([one, two].map(namesIn))).toEqual([[imageId], []]);
    });

    test('and takes no object away while somebody else may be at work: gone, unless all there is is owned', async () => {
      const store = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }));
      const { url } = await upload(store);
      const isHeld = () => false;
      await store.discard(imageId, uploadId, { keptUrls: [url], isHeld });
      await writeFile(join(two, imageId), 'later attempt');
      expect(await outcomeOf(store.discard(imageId, uploadId, { keptUrls: [url], isHeld }))).toBe('gone');
      expect(await Promise.all([one, two].map(namesIn))).toEqual([[imageId], [imageId]]);
    });

    test('in the other folders when one fails, and raises so that it is tried again', async () => {
      await mkdir(one);
      await mkdir(two);
      for (const path of [one, two]) await writeFile(join(path, imageId), 'left over');
      // unlink, lstat, unlink, open, sync, close for each of the folders.
      for (let failing = 0; failing < 12; failing += 1) {
        for (const path of [one, two]) await writeFile(join(path, imageId), 'left over');
        const files = watchFileSystem({ code: 'EIO', breaks: (call) => call === failing });
        const store = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }), files);
        expect(`${failing} ${await outcomeOf(store.discard(imageId, uploadId, unowned))}`).toBe(`${failing} internal`);
        expect(await namesIn(failing < 6 ? two : one)).toEqual([]);
        expect(files.filesOpen()).toBe(0);
      }
    });

    test('without harm by a folder that is mounted read-only, unless it holds something', async () => {
      await mkdir(one);
      const readOnly: FileSystem = {
        ...hostFileSystem,
        access: (path, mode) => (path === one ? Promise.reject(errorOf('EROFS')) : hostFileSystem.access(path, mode)),
        unlink: (path) => (path.startsWith(one) ? Promise.reject(errorOf('EROFS')) : hostFileSystem.unlink(path)),
      };
      const store = await openFilesystemStore(optionsOf({ [one]: 2, [two]: 1 }), readOnly);
      await upload(store);
      await store.discard(imageId, uploadId, unowned);
      expect(await namesIn(two)).toEqual([]);
      await writeFile(join(one, imageId), 'left over');
      expect(await outcomeOf(store.discard(imageId, uploadId, unowned))).toBe('unavailable');
    });
  });

  describe('when a call fails', () => {
    test.each([
      ['EIO', 'internal'],
      ['ENOSPC', 'limitExceeded'],
      ['EACCES', 'unavailable'],
      ['EROFS', 'unavailable'],
    ])('an upload that meets %s at any call in its folder leaves nothing in any: %s', async (code, expected) => {
      const counted = watchFileSystem();
      await mkdir(one);
      await mkdir(two);
      await upload(await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }), counted));
      await rm(join(two, imageId));
      expect(counted.calls.slice(0, 3)).toEqual(['statfs two', 'statfs one', `open .${imageId}.${uploadId}.part`]);
      for (let failing = 2; failing < counted.calls.length; failing += 1) {
        const files = watchFileSystem({ code, breaks: (call) => call === failing });
        const store = await openFilesystemStore(optionsOf({ [one]: 1, [two]: 2 }), files);
        expect(`${failing} ${await outcomeOf(upload(store))}`).toBe(`${failing} ${expected}`);
        expect(await Promise.all([one, two].map(namesIn))).toEqual([[], []]);
        expect(files.filesOpen()).toBe(0);
      }
    });
  });

  describe('when the power fails', () => {
    test.each(['synced', 'current'] as const)(
      'keeps every acknowledged object in its folder, and never shows a part of one (%s names)',
      async (kept) => {
        const disk = forgetfulDisk();
        disk.freeBytes.set('/two', 10);
        const store = await openFilesystemStore(optionsOf({ '/one': 1, '/two': 2 }), disk);
        let moments = 0;
        disk.beforeEach = () => {
          moments += 1;
          const left = disk.afterPowerLoss(kept).get(`/one/${imageId}`);
          if (left !== undefined) expect(Buffer.compare(left, bytes)).toBe(0);
        };
        const { url } = await upload(store, bytes.byteLength);
        expect(moments).toBeGreaterThan(5);
        expect([...disk.afterPowerLoss(kept).keys()]).toEqual([`/one/${imageId}`]);
        await store.delete(url);
        expect(disk.afterPowerLoss('synced').size).toBe(0);
      },
    );
  });

  describe('when a folder is of no use at the start', () => {
    let problems: ImageServiceError[];
    let keeping: StoreOpening;

    beforeEach(async () => {
      problems = [];
      keeping = { withoutFolders: 'keep', report: (problem) => problems.push(problem) };
      await writeFile(join(folder, 'file'), '');
    });

    /** Nothing can be made below a file. */
    function impossible(name: string): string {
      return join(folder, 'file', name);
    }

    function readOnlyAt(...paths: readonly string[]): FileSystem {
      return {
        ...hostFileSystem,
        access: (path, mode) =>
          paths.includes(path) ? Promise.reject(errorOf('EROFS')) : hostFileSystem.access(path, mode),
      };
    }

    test.each(['refuse', 'keep'] as const)(
      'takes data in the others, and tells the operator which one it is (%s)',
      async (withoutFolders) => {
        const options = optionsOf({ [impossible('images')]: 9, [one]: 5, [two]: 1 });
        const store = await openFilesystemStore(options, readOnlyAt(one), { ...keeping, withoutFolders });
        expect((await upload(store)).url).toBe(`file://${two}/${imageId}`);
        await store.discard(imageId, uploadId, unowned);
        expect(await namesIn(two)).toEqual([]);
        expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
          `unavailable The image folder ${impossible('images')} cannot be made (ENOTDIR); check filesystem_store_datadir.`,
          `unavailable The image folder ${one} cannot be written to (EROFS); check filesystem_store_datadir.`,
        ]);
      },
    );

    test.each(['refuse', 'keep'] as const)(
      'and the others too, is there for reading where a folder is: writing is gone (%s)',
      async (withoutFolders) => {
        const { url } = await upload(await openFilesystemStore(optionsOf({ [one]: 1 })));
        const options = optionsOf({ [impossible('images')]: 9, [one]: 5 });
        const store = await openFilesystemStore(options, readOnlyAt(one), { ...keeping, withoutFolders });
        expect(await outcomeOf(store.write(imageId, uploadId).open())).toBe('gone');
        expect(await outcomeOf(store.write(imageId, uploadId, 1).open())).toBe('gone');
        expect(Buffer.compare(await readObject(store, url), bytes)).toBe(0);
        expect(await store.sizeOf(url)).toBe(bytes.byteLength);
        expect(await namesIn(one)).toEqual([imageId]);
        expect(problems).toHaveLength(2);
      },
    );

    test('and there is no other, refuses to be opened or is kept without any: gone', async () => {
      const options = optionsOf({ [impossible('images')]: 9, [impossible('more')]: 5 });
      await expect(openFilesystemStore(options)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(impossible('images')) as string,
      });
      expect(problems).toEqual([]);
      const store = await openFilesystemStore(options, hostFileSystem, keeping);
      expect(problems).toHaveLength(2);
      expect(await outcomeOf(store.write(imageId, uploadId).open())).toBe('gone');
      await store.discard(imageId, uploadId, unowned);
      const url = `file://${impossible('images')}/${imageId}`;
      expect(store.owns(url)).toBe(true);
      await expect(store.read(url)).rejects.toThrow();
    });

    test('finds what is there once it is back', async () => {
      const late = impossible('images');
      const store = await openFilesystemStore(optionsOf({ [late]: 1 }), hostFileSystem, keeping);
      await upload(await openFilesystemStore(optionsOf({ [one]: 1 })));
      await rm(join(folder, 'file'));
      await mkdir(join(folder, 'file'));
      await rename(one, late);
      const url = `file://${late}/${imageId}`;
      expect(Buffer.compare(await readObject(store, url), bytes)).toBe(0);
      await store.delete(url);
      expect(await namesIn(late)).toEqual([]);
    });
  });

  describe('says where its file systems are mounted', () => {
    test('in the metadata of each location, from the file that was read at the start', async () => {
      const metadataFile = join(folder, 'metadata.json');
      await writeFile(
        metadataFile,
        JSON.stringify([
          { id: 'far', mountpoint: '/far' },
          { id: 'fast', mountpoint: one },
        ]),
      );
      const inOne = await openFilesystemStore({ ...optionsOf({ [join(one, 'images')]: 1 }), metadataFile });
      const inTwo = await openFilesystemStore({ ...optionsOf({ [two]: 1 }), metadataFile });
      await rm(metadataFile);
      expect((await upload(inOne)).metadata).toEqual({ id: 'fast', mountpoint: one });
      expect(await upload(inTwo)).not.toHaveProperty('metadata');
    });

    test('by a file that must be there and right: unavailable', async () => {
      const options = { ...optionsOf({ [one]: 1 }), metadataFile: join(folder, 'none.json') };
      await expect(openFilesystemStore(options)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('filesystem_store_metadata_file') as string,
      });
      await expect(stat(one)).rejects.toThrow('ENOENT');
    });
  });
});
