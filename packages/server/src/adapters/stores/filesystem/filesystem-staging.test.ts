import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeStagingAreaConformance, stageFile } from '../../../ports/staging-area.conformance.ts';
import type { StagingArea } from '../../../ports/staging-area.ts';
import { hostFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { openFilesystemStaging } from './filesystem-staging.ts';
import { forgetfulDisk, watchFileSystem } from './watched-file-system.testing.ts';
import { outcomeOf } from '../../../ports/outcome.testing.ts';

function openStaging(directory: string, files?: FileSystem): StagingArea {
  return openFilesystemStaging({ directory }, files);
}

describeStagingAreaConformance('A folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-staging-'));
  const staging = join(folder, 'staging');
  return {
    staging: openStaging(staging),
    names: () => readdir(staging).catch(() => []),
    async put(name, bytes) {
      await mkdir(staging, { recursive: true });
      await writeFile(join(staging, name), bytes);
    },
    close: () => rm(folder, { recursive: true }),
  };
});

describe('The staging folder', () => {
  let folder: string;
  const imageId = '11111111-2222-3333-4444-555555555555';
  const attemptId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
  const staged = { imageId, stage: null };
  const converted = { imageId, stage: 'converted' };
  const bytes = randomBytes(100_000);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-staging-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Stages as the use case does it; the area decides how it ends. */
  async function stage(staging: StagingArea): Promise<void> {
    const writer = staging.write(staged, attemptId);
    try {
      await writer.open();
      await writer.write(bytes);
      await writer.commit();
    } catch (error) {
      await writer.abort();
      await staging.removeAll(imageId);
      throw error;
    }
  }

  describe('is made', () => {
    test('at the first use, for the service and its group alone', async () => {
      const path = join(folder, 'new', 'staging');
      const staging = openStaging(path);
      expect(await readdir(folder)).toEqual([]);
      await stage(staging);
      expect((await stat(path)).mode & 0o7777).toBe(0o750);
      expect((await stat(join(path, imageId))).mode & 0o007).toBe(0);
    });

    test('again when somebody removed it', async () => {
      const path = join(folder, 'staging');
      const staging = openStaging(path);
      await stage(staging);
      await rm(path, { recursive: true });
      expect(await staging.listImages()).toEqual([]);
      await stage(staging);
      expect(await staging.listImages()).toEqual([imageId]);
    });

    test('on disk, with those above it', async () => {
      const files = watchFileSystem();
      await stage(openStaging(join(folder, 'new', 'staging'), files));
      const temporary = `.${imageId}.${attemptId}.part`;
      expect(files.calls.filter((call) => call.startsWith('sync'))).toEqual([
        'sync new',
        `sync ${basename(folder)}`,
        `sync ${temporary}`,
        'sync staging',
      ]);
    });

    test.each([
      ['ENOSPC', 'limitExceeded'],
      ['EROFS', 'unavailable'],
      ['EACCES', 'unavailable'],
      ['ENOTDIR', 'internal'],
    ])('or not: %s is %s', async (code, expected) => {
      const mkdirFailing = () => Promise.reject(Object.assign(new Error(code), { code }));
      const staging = openStaging(join(folder, 'staging'), { ...hostFileSystem, mkdir: mkdirFailing });
      await expect(outcomeOf(stage(staging))).resolves.toBe(expected);
    });
  });

  describe('when the power fails', () => {
    const stagedPath = `/staging/${imageId}`;

    test.each(['synced', 'current'] as const)(
      'keeps what was acknowledged, and never shows a part of it (%s names)',
      async (kept) => {
        const disk = forgetfulDisk();
        let moments = 0;
        disk.beforeEach = () => {
          moments += 1;
          const left = disk.afterPowerLoss(kept).get(stagedPath);
          if (left !== undefined) expect(Buffer.compare(left, bytes)).toBe(0);
        };
        await stage(openStaging('/staging', disk));
        expect(moments).toBeGreaterThan(5);
        expect([...disk.afterPowerLoss(kept)].map(([path, left]) => [path, left.byteLength])).toEqual([
          [stagedPath, bytes.byteLength],
        ]);
      },
    );

    test.each(['synced', 'current'] as const)(
      'has the file of before or the whole outcome of a stage in its place (%s names)',
      async (kept) => {
        const disk = forgetfulDisk();
        const staging = openStaging('/staging', disk);
        await stage(staging);
        // As a program writes: nothing of it is on disk.
        const program = await disk.open(staging.pathOf(converted), 0o101);
        await program.write(Buffer.from('pp'), 0, 2, 0);
        const seen = new Set<string>();
        disk.beforeEach = () => {
          const left = disk.afterPowerLoss(kept).get(stagedPath) ?? Buffer.from('nothing');
          seen.add(Buffer.compare(left, bytes) === 0 ? 'before' : left.toString());
        };
        await staging.promote(imageId, 'converted');
        disk.beforeEach();
        expect([...seen]).toEqual(['before', 'p']);
        expect(disk.afterPowerLoss('synced').size).toBe(1);
      },
    );

    test('keeps a removal that was acknowledged', async () => {
      const disk = forgetfulDisk();
      const staging = openStaging('/staging', disk);
      await stage(staging);
      await staging.removeAll(imageId);
      expect(disk.afterPowerLoss('synced').size).toBe(0);
      await stage(staging);
      await staging.remove(staged);
      expect(disk.afterPowerLoss('synced').size).toBe(0);
    });
  });

  describe('when a call fails', () => {
    test.each([
      ['EIO', 'internal'],
      ['ENOSPC', 'limitExceeded'],
      ['EROFS', 'unavailable'],
    ])('staging that meets %s at any call leaves nothing: %s', async (code, expected) => {
      const counted = watchFileSystem();
      await stage(openStaging(folder, counted));
      await rm(join(folder, imageId));
      expect(counted.calls.length).toBe(8);
      for (let failing = 0; failing < counted.calls.length; failing += 1) {
        const files = watchFileSystem({ code, breaks: (call) => call === failing });
        expect(`${failing} ${await outcomeOf(stage(openStaging(folder, files)))}`).toBe(`${failing} ${expected}`);
        expect(await readdir(folder)).toEqual([]);
        expect(files.filesOpen()).toBe(0);
      }
    });

    test('promoting leaves the file of before or the outcome, and can be repeated', async () => {
      for (let failing = 0; failing < 8; failing += 1) {
        await stage(openStaging(folder));
        await stageFile(openStaging(folder), converted, Buffer.from('outcome'));
        const files = watchFileSystem({ code: 'EIO', breaks: (call) => call === failing });
        expect(await outcomeOf(openStaging(folder, files).promote(imageId, 'converted'))).toBe('internal');
        expect(files.filesOpen()).toBe(0);
        const left = await readFile(join(folder, imageId));
        expect(left.byteLength).toBe((await readdir(folder)).length === 2 ? bytes.byteLength : 7);
      }
    });

    test('removing fails loudly, so that it is tried again', async () => {
      for (let failing = 0; failing < 5; failing += 1) {
        await stage(openStaging(folder));
        const files = watchFileSystem({ code: 'EIO', breaks: (call) => call === failing });
        expect(`${failing} ${await outcomeOf(openStaging(folder, files).removeAll(imageId))}`).toBe(
          `${failing} internal`,
        );
        expect(files.filesOpen()).toBe(0);
        await openStaging(folder).removeAll(imageId);
        expect(await readdir(folder)).toEqual([]);
      }
    });

    test.each([
      ['EIO', 'internal'],
      ['EACCES', 'badRequest'],
    ])('looking meets %s: %s', async (code, expected) => {
      const staging = openStaging(folder, watchFileSystem({ code, breaks: () => true }));
      for (const call of [staging.read(staged), staging.sizeOf(staged), staging.listImages()]) {
        expect(await outcomeOf(call)).toBe(expected);
      }
    });
  });

  describe('is left by nothing', () => {
    test('that is a symbolic link, which is no staged file and is removed as itself', async () => {
      await writeFile(join(folder, 'secret'), 'secret');
      const path = join(folder, 'staging');
      const staging = openStaging(path);
      await stage(staging);
      await symlink(join(folder, 'secret'), staging.pathOf(converted));
      expect(await outcomeOf(staging.read(converted))).toBe('notFound');
      expect(await outcomeOf(staging.promote(imageId, 'converted'))).toBe('notFound');
      expect(await staging.sizeOf(converted)).toBeNull();
      await stageFile(staging, converted, Buffer.from('own'));
      expect(await readFile(join(folder, 'secret'), 'utf8')).toBe('secret');
      await symlink(join(folder, 'secret'), staging.pathOf({ imageId, stage: 'other' }));
      await staging.removeAll(imageId);
      expect(await readdir(path)).toEqual([]);
      expect(await readFile(join(folder, 'secret'), 'utf8')).toBe('secret');
    });

    test('that is a folder, which is neither listed nor removed', async () => {
      const staging = openStaging(folder);
      await mkdir(join(folder, imageId));
      expect(await staging.listImages()).toEqual([]);
      expect(await staging.sizeOf(staged)).toBeNull();
      await staging.removeAll(imageId);
      expect(await readdir(folder)).toEqual([imageId]);
    });
  });
});
