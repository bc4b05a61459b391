import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeImageStoreConformance, readObject, unowned } from '../../../ports/image-store.conformance.ts';
import type { ImageStore } from '../../../ports/image-store.ts';
import { hostFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { openFilesystemStore } from './filesystem-store.ts';
import { splitRuns } from './holes.ts';
import { forgetfulDisk, watchFileSystem } from './watched-file-system.testing.ts';
import { outcomeOf } from '../../../ports/outcome.testing.ts';

const kibibyte = 1024;
const mebibyte = 1024 * 1024;

function openThinStore(path: string, files: FileSystem = hostFileSystem): Promise<ImageStore> {
  return openFilesystemStore(
    {
      dataDirectories: [{ path, priority: 0 }],
      filePermissions: null,
      chunkBytes: 64 * kibibyte,
      metadataFile: null,
      thinProvisioning: true,
    },
    files,
  );
}

describeImageStoreConformance('A folder of thin files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-thin-'));
  return {
    store: await openThinStore(folder),
    names: () => readdir(folder),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('Runs of zeroes', () => {
  const zeroes = (length: number) => Buffer.alloc(length);
  const ones = (length: number) => Buffer.alloc(length, 1);

  function shapeOf(chunk: Uint8Array, position: number): string {
    const runs = splitRuns(chunk, position, 8 * kibibyte);
    return runs.map(({ bytes, isZero }) => `${isZero ? 'zero' : 'data'} ${bytes.byteLength / kibibyte}`).join(', ');
  }

  test.each([
    { name: 'nothing', chunk: zeroes(0), position: 0, shape: '' },
    { name: 'zeroes', chunk: zeroes(32 * kibibyte), position: 0, shape: 'zero 32' },
    { name: 'data', chunk: ones(32 * kibibyte), position: 0, shape: 'data 32' },
    {
      name: 'both in turn',
      chunk: Buffer.concat([ones(8 * kibibyte), zeroes(16 * kibibyte), ones(8 * kibibyte)]),
      position: 0,
      shape: 'data 8, zero 16, data 8',
    },
    {
      name: 'zeroes that share a block with data',
      chunk: Buffer.concat([ones(kibibyte), zeroes(15 * kibibyte), ones(8 * kibibyte)]),
      position: 0,
      shape: 'data 8, zero 8, data 8',
    },
    {
      name: 'a chunk in the middle of blocks',
      chunk: Buffer.concat([zeroes(2 * kibibyte), ones(8 * kibibyte), zeroes(10 * kibibyte)]),
      position: 14 * kibibyte,
      shape: 'zero 2, data 8, zero 10',
    },
  ])('are found in $name', ({ chunk, position, shape }) => {
    expect(shapeOf(chunk, position)).toBe(shape);
  });

  test('are found in memory that threads share', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(16 * kibibyte));
    shared[9 * kibibyte] = 1;
    expect(shapeOf(shared, 0)).toBe('zero 8, data 8');
  });

  test('together are the chunk, in turn, and no block that is all zeroes is called data', () => {
    const part = fc.record({ length: fc.integer({ min: 1, max: 20_000 }), value: fc.constantFrom(0, 0, 1) });
    const arbitraryChunk = fc
      .array(part, { maxLength: 8 })
      .map((parts) => Buffer.concat(parts.map(({ length, value }) => Buffer.alloc(length, value))));
    fc.assert(
      fc.property(arbitraryChunk, fc.nat(20_000), fc.constantFrom(1, 4096, 10_000), (chunk, position, blockBytes) => {
        const runs = splitRuns(chunk, position, blockBytes);
        expect(Buffer.compare(Buffer.concat(runs.map(({ bytes }) => bytes)), chunk)).toBe(0);
        expect(runs.every(({ isZero }, at) => isZero !== runs[at - 1]?.isZero)).toBe(true);
        for (const { bytes, isZero } of runs) if (isZero) expect(bytes.every((byte) => byte === 0)).toBe(true);
        const step = Math.max(4096, blockBytes);
        let start = position;
        for (const { bytes, isZero } of runs) {
          for (let block = Math.ceil(start / step); (block + 1) * step <= start + bytes.byteLength; block += 1) {
            const inBlock = bytes.subarray(block * step - start, (block + 1) * step - start);
            if (!isZero) expect(inBlock.some((byte) => byte !== 0)).toBe(true);
          }
          start += bytes.byteLength;
        }
      }),
    );
  });
});

describe('The filesystem store with thin provisioning', () => {
  let folder: string;
  const imageId = '11111111-2222-3333-4444-555555555555';
  const uploadId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-thin-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function upload(store: ImageStore, bytes: Uint8Array, cut = 300_000): Promise<string> {
    const writer = store.write(imageId, uploadId);
    try {
      await writer.open();
      for (let at = 0; at < bytes.byteLength; at += cut) await writer.write(bytes.subarray(at, at + cut));
      const { url, sizeBytes } = await writer.commit();
      expect(sizeBytes).toBe(bytes.byteLength);
      return url;
    } catch (error) {
      await writer.abort();
      await store.discard(imageId, uploadId, unowned);
      throw error;
    }
  }

  /** Whether files in the folder can have holes at all; a file of nothing else shows it. */
  async function hasHoles(path: string): Promise<boolean> {
    const probe = await open(join(path, 'probe'), 'w');
    try {
      await probe.truncate(mebibyte);
      return (await probe.stat()).blocks === 0;
    } finally {
      await probe.close();
    }
  }

  /** Data in the middle and nothing but zeroes around it. */
  const sparse = Buffer.concat([Buffer.alloc(2 * mebibyte), randomBytes(100_000), Buffer.alloc(3 * mebibyte + 7)]);

  test.each([
    ['zeroes before and after data', sparse, 192 * kibibyte],
    ['nothing but zeroes', Buffer.alloc(5 * mebibyte), 0],
  ])('uses no space on the disk for %s', async (_, bytes, mostBytes) => {
    const url = await upload(await openThinStore(folder), bytes);
    const { size, blocks } = await stat(join(folder, imageId));
    expect(size).toBe(bytes.byteLength);
    expect(Buffer.compare(await readFile(join(folder, imageId)), bytes)).toBe(0);
    expect(Buffer.compare(await readObject(await openThinStore(folder), url), bytes)).toBe(0);
    if (await hasHoles(folder)) expect(blocks * 512).toBeLessThanOrEqual(mostBytes);
  });

  test('uses all the space when it is off', async () => {
    const store = await openFilesystemStore({
      dataDirectories: [{ path: folder, priority: 0 }],
      filePermissions: null,
      chunkBytes: 64 * kibibyte,
      metadataFile: null,
      thinProvisioning: false,
    });
    await upload(store, Buffer.alloc(mebibyte));
    expect((await stat(join(folder, imageId))).blocks * 512).toBeGreaterThanOrEqual(mebibyte);
  });

  test('keeps any data, however they are cut', async () => {
    const part = fc.record({ length: fc.integer({ min: 1, max: 100_000 }), value: fc.constantFrom(0, 0, 1) });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.integer({ min: 1000, max: 90_000 }), async (parts, cut) => {
        const bytes = Buffer.concat(parts.map(({ length, value }) => Buffer.alloc(length, value)));
        await upload(await openThinStore(folder), bytes, cut);
        expect(Buffer.compare(await readFile(join(folder, imageId)), bytes)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test('gives the file its length before it syncs it', async () => {
    const files = watchFileSystem();
    await upload(await openThinStore(folder, files), sparse, sparse.byteLength);
    const temporary = `.${imageId}.${uploadId}.part`;
    expect(files.calls.slice(0, 5)).toEqual([
      `open ${temporary}`,
      `write ${temporary}`,
      `truncate ${temporary} ${sparse.byteLength}`,
      `sync ${temporary}`,
      `close ${temporary}`,
    ]);
  });

  test.each(['synced', 'current'] as const)(
    'keeps every acknowledged object when the power fails, and never shows a part of one (%s names)',
    async (kept) => {
      const disk = forgetfulDisk();
      const store = await openThinStore('/images', disk);
      let moments = 0;
      disk.beforeEach = () => {
        moments += 1;
        const left = disk.afterPowerLoss(kept).get(`/images/${imageId}`);
        if (left !== undefined) expect(Buffer.compare(left, sparse)).toBe(0);
      };
      await upload(store, sparse);
      expect(moments).toBeGreaterThan(10);
      expect(disk.afterPowerLoss('synced').get(`/images/${imageId}`)?.byteLength).toBe(sparse.byteLength);
    },
  );

  test.each([
    ['EIO', 'internal'],
    ['ENOSPC', 'limitExceeded'],
    ['EFBIG', 'limitExceeded'],
  ])('leaves nothing of an upload that meets %s at any call: %s', async (code, expected) => {
    const counted = watchFileSystem();
    await upload(await openThinStore(folder, counted), sparse, mebibyte);
    await rm(join(folder, imageId));
    for (let failing = 0; failing < counted.calls.length; failing += 1) {
      const files = watchFileSystem({ code, breaks: (call) => call === failing });
      const outcome = await outcomeOf(upload(await openThinStore(folder, files), sparse, mebibyte));
      expect(`${failing} ${outcome}`).toBe(`${failing} ${expected}`);
      expect(await readdir(folder)).toEqual([]);
      expect(files.filesOpen()).toBe(0);
    }
  });

  test('takes nothing more when it was given up, zeroes neither', async () => {
    const writer = (await openThinStore(folder)).write(imageId, uploadId);
    await writer.open();
    await writer.abort();
    await expect(writer.write(Buffer.alloc(mebibyte))).rejects.toThrow();
    await expect(writer.commit()).rejects.toThrow();
  });
});
