import { randomBytes, randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeCacheFilesConformance, readCopy, storeCopy } from '../../ports/cache-files.conformance.ts';
import type { CacheFiles } from '../../ports/cache-files.ts';
import { openCacheDirectory } from './cache-directory.ts';
import { breakableFileSystem } from './breakable-file-system.testing.ts';

async function leftovers(folder: string): Promise<{ unfinished: number; rejected: number }> {
  const unfinished = await readdir(join(folder, 'incomplete'));
  // The claim and the data are two names of one file.
  return {
    unfinished: unfinished.filter((name) => !name.includes('.')).length,
    rejected: (await readdir(join(folder, 'invalid'))).length,
  };
}

describeCacheFilesConformance('A folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-cache-'));
  let aheadMilliseconds = 0;
  const now = () => new Date(Date.now() + aheadMilliseconds);
  return {
    files: await openCacheDirectory({ directory: folder, now }),
    async advance(seconds) {
      aheadMilliseconds += seconds * 1000;
      // Markers are told apart by the clock of the file system, which moves in steps of a few milliseconds.
      if (seconds < 1) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    },
    now,
    leftovers: () => leftovers(folder),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('The cache folder', () => {
  let folder: string;
  const imageId = '11111111-2222-3333-4444-555555555555';
  const bytes = randomBytes(200_000);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-cache-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function open(options: Partial<Parameters<typeof openCacheDirectory>[0]> = {}): Promise<CacheFiles> {
    return openCacheDirectory({ directory: folder, ...options });
  }

  /** Another process of the node; it is running until told otherwise. */
  function processTable(ownId: number, running: ReadonlySet<number>) {
    return { ownId, isRunning: (id: number) => running.has(id) };
  }

  test('has the layout of Glance', async () => {
    const files = await open();
    expect((await readdir(folder)).toSorted()).toEqual(['incomplete', 'invalid', 'queue']);
    const writer = await files.begin(imageId, randomUUID());
    await writer?.write(bytes);
    expect((await readFile(join(folder, 'incomplete', imageId))).equals(bytes)).toBe(true);
    await writer?.commit();
    await files.enqueue(imageId);
    expect((await readFile(join(folder, imageId))).equals(bytes)).toBe(true);
    expect((await stat(join(folder, imageId))).mode & 0o777).toBe(0o640);
    expect((await stat(join(folder, 'queue', imageId))).size).toBe(0);
    expect(await readdir(join(folder, 'incomplete'))).toEqual([]);
  });

  test('gives a copy its name when its data are on disk, not before', async () => {
    const files = breakableFileSystem();
    const opened = await open({ files });
    const writer = await opened.begin(imageId, randomUUID());
    await writer?.write(bytes);
    const before = files.calls.length;
    await writer?.commit();
    expect(files.calls.slice(before)).toEqual(['sync', 'close', 'rename', 'lstat', 'unlink']);
  });

  test('takes over the copies and the queue of a Glance, and nothing else that lies there', async () => {
    await open();
    for (const name of [imageId, 'cache.db', `${imageId}.txt`]) await writeFile(join(folder, name), bytes);
    await mkdir(join(folder, randomUUID()));
    await writeFile(join(folder, 'queue', imageId), '');
    const files = await open();
    expect((await files.list()).map((file) => file.imageId)).toEqual([imageId]);
    expect(await files.listQueue()).toEqual([imageId]);
    expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
  });

  test('is made again when somebody removed it', async () => {
    const files = await open();
    await rm(folder, { recursive: true });
    expect([await files.list(), await files.listQueue(), await files.open(imageId)]).toEqual([[], [], null]);
    await files.sweep();
    await storeCopy(files, imageId, bytes);
    await rm(folder, { recursive: true });
    await files.enqueue(imageId);
    expect(await files.listQueue()).toEqual([imageId]);
  });

  test('puts a bad copy aside also when the folder for those is gone, and removes it when that fails', async () => {
    const opened = await open();
    await storeCopy(opened, imageId, bytes);
    await rm(join(folder, 'invalid'), { recursive: true });
    await opened.reject(imageId);
    expect((await leftovers(folder)).rejected).toBe(1);
    for (const broken of ['mkdir', 'rename']) {
      await storeCopy(await open(), imageId, bytes);
      let isOpen = false;
      const files = await open({
        files: breakableFileSystem((_, name) => (isOpen && name === broken ? 'EXDEV' : null)),
      });
      isOpen = true;
      await files.reject(imageId);
      expect([broken, await files.list()]).toEqual([broken, []]);
    }
  });

  test('that cannot be made tells the operator what to look at: unavailable', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(open({ directory: join(folder, 'file', 'cache') })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('image_cache_dir') as string,
    });
  });

  test('opens no symbolic link, folder or pipe in the place of a copy, and does not wait', async () => {
    const files = await open();
    await writeFile(join(folder, 'secret'), 'secret');
    await symlink(join(folder, 'secret'), join(folder, imageId));
    await expect(files.open(imageId)).rejects.toThrow('ELOOP');
    await rm(join(folder, imageId));
    await mkdir(join(folder, imageId));
    expect(await files.open(imageId)).toBeNull();
    await rm(join(folder, imageId), { recursive: true });
    await promisify(execFile)('mkfifo', [join(folder, imageId)]);
    expect(await files.open(imageId)).toBeNull();
    expect(await files.list()).toEqual([]);
  });

  test('raises when a copy becomes shorter while it is read', async () => {
    const files = await open();
    const large = randomBytes(3 * 1024 * 1024);
    await storeCopy(files, imageId, large);
    const reader = await files.open(imageId);
    await truncate(join(folder, imageId), 2 * 1024 * 1024 + 5);
    let received = 0;
    const whole = (async () => {
      for await (const piece of reader?.chunks(0, large.byteLength - 1) ?? []) received += piece.byteLength;
    })();
    await expect(whole).rejects.toThrow('shorter');
    expect(received).toBe(2 * 1024 * 1024);
  });

  describe('with several processes', () => {
    test('lets one make a copy, and the other when that one is gone', async () => {
      const running = new Set([7, 8]);
      const one = await open({ processes: processTable(7, running) });
      const other = await open({ processes: processTable(8, running) });
      const writer = await one.begin(imageId, randomUUID());
      await writer?.write(bytes);
      expect(await other.begin(imageId, randomUUID())).toBeNull();
      await other.sweep();
      expect(await leftovers(folder)).toEqual({ unfinished: 1, rejected: 0 });
      running.delete(7);
      await storeCopy(other, imageId, bytes);
      await writer?.discard();
      expect((await readCopy(other, imageId))?.equals(bytes)).toBe(true);
      expect(await readdir(join(folder, 'incomplete'))).toEqual([]);
    });

    test.each([
      ['of another number', 9],
      ['of the same number, as in a container', 7],
    ])('sweeps at its start what a process left that died, into one %s', async (_, nextId) => {
      const dead = await open({ processes: processTable(7, new Set([7])) });
      const writer = await dead.begin(imageId, randomUUID());
      await writer?.write(bytes);
      const next = await open({ processes: processTable(nextId, new Set([nextId])) });
      await next.sweep();
      expect(await readdir(join(folder, 'incomplete'))).toEqual([]);
      const again = await next.begin(imageId, randomUUID());
      // Should it be alive after all, it does no harm.
      await writer?.discard();
      expect(await readdir(join(folder, 'incomplete'))).toHaveLength(2);
      await again?.write(bytes);
      await again?.commit();
      expect((await readCopy(next, imageId))?.equals(bytes)).toBe(true);
    });

    test('sweeps the claim of a process that died between the two steps of a commit, and keeps the copy', async () => {
      const files = await open();
      await storeCopy(files, imageId, bytes);
      await link(join(folder, imageId), join(folder, 'incomplete', imageId));
      await files.sweep();
      expect(await readdir(join(folder, 'incomplete'))).toEqual([]);
      expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
    });

    test('leaves an unfinished file of a Glance to cleaning by age', async () => {
      const files = await open();
      await writeFile(join(folder, 'incomplete', imageId), bytes);
      await files.sweep();
      expect(await files.begin(imageId, randomUUID())).toBeNull();
      await files.clean({ unfinished: new Date(), rejected: new Date() });
      await storeCopy(files, imageId, bytes);
    });
  });

  describe('when a call fails', () => {
    async function copyOnce(files: CacheFiles): Promise<void> {
      const writer = await files.begin(imageId, randomUUID());
      try {
        await writer?.write(bytes);
        await writer?.commit();
      } catch (error) {
        await writer?.discard();
        throw error;
      }
    }

    test.each(['ENOSPC', 'EIO', 'EROFS'])('a copy that meets %s at any call is whole or not there', async (code) => {
      const counted = breakableFileSystem();
      await copyOnce(await open({ files: counted }));
      const { calls } = counted;
      expect(calls.length).toBeGreaterThan(10);
      await rm(join(folder, imageId));
      for (let failing = 0; failing < calls.length; failing += 1) {
        const broken = breakableFileSystem((call) => (call === failing ? code : null));
        const outcome = await open({ files: broken })
          .then(copyOnce)
          .then(
            () => 'made',
            () => 'failed',
          );
        const copy = await readCopy(await open(), imageId);
        expect(copy === null || copy.equals(bytes)).toBe(true);
        if (outcome === 'made') expect(copy).not.toBeNull();
        expect(broken.filesOpen()).toBe(0);
        await rm(folder, { recursive: true });
      }
    });

    test('reading frees the file', async () => {
      await storeCopy(await open(), imageId, bytes);
      for (let failing = 4; failing < 7; failing += 1) {
        const broken = breakableFileSystem((call) => (call === failing ? 'EIO' : null));
        await expect(readCopy(await open({ files: broken }), imageId)).rejects.toThrow('EIO');
        expect(broken.filesOpen()).toBe(0);
      }
    });
  });
});
