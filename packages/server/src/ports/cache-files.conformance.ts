/** What every keeper of copies must do, as `cache-files.ts` promises it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CacheFileWriter, CacheFiles } from './cache-files.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface OpenedCacheFiles {
  readonly files: CacheFiles;
  /** Moves the time by which the age of files is told. */
  advance(seconds: number): Promise<void>;
  now(): Date;
  /** How many unfinished copies and how many that were put aside take space. */
  leftovers(): Promise<{ readonly unfinished: number; readonly rejected: number }>;
  close(): Promise<void>;
}

const bytes = randomBytes(2_500_000);

export async function readCopy(
  files: CacheFiles,
  imageId: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Buffer | null> {
  const reader = await files.open(imageId);
  if (reader === null) return null;
  const { start, end } = range ?? { start: 0, end: reader.sizeBytes - 1 };
  const pieces: Uint8Array[] = [];
  for await (const piece of reader.chunks(start, end)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

async function beginCopy(files: CacheFiles, imageId: string): Promise<CacheFileWriter> {
  const writer = await files.begin(imageId, randomUUID());
  if (writer === null) throw new Error('Somebody else makes the copy.');
  return writer;
}

export async function storeCopy(files: CacheFiles, imageId: string, data: Uint8Array): Promise<void> {
  const writer = await beginCopy(files, imageId);
  await writer.write(data);
  await writer.commit();
}

function raises(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  );
}

/** The longest ago that anything can have been made. */
const never = new Date(0);

export function describeCacheFilesConformance(name: string, open: () => Promise<OpenedCacheFiles>): void {
  describe(`${name} as the files of a cache`, () => {
    let opened: OpenedCacheFiles;
    let files: CacheFiles;
    let imageId: string;

    beforeEach(async () => {
      opened = await open();
      files = opened.files;
      imageId = randomUUID();
    });

    afterEach(() => opened.close());

    describe('a copy', () => {
      test('reads back as it was written, whole and in part', async () => {
        const writer = await beginCopy(files, imageId);
        for (const [start, end] of [
          [0, 7],
          [7, 1_200_000],
          [1_200_000, bytes.byteLength],
        ] as const) {
          const chunk = Uint8Array.from(bytes.subarray(start, end));
          await writer.write(chunk);
          // The buffer is the caller's again.
          chunk.fill(0);
        }
        await writer.commit();
        expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
        for (const [start, end] of [
          [0, 0],
          [1_048_575, 1_048_576],
          [3, 2_499_998],
          [2_499_999, 2_499_999],
        ] as const) {
          expect((await readCopy(files, imageId, { start, end }))?.equals(bytes.subarray(start, end + 1))).toBe(true);
        }
      });

      test('of no bytes is a copy', async () => {
        await (await beginCopy(files, imageId)).commit();
        expect((await readCopy(files, imageId))?.byteLength).toBe(0);
      });

      test('is not there before it is complete', async () => {
        const writer = await beginCopy(files, imageId);
        await writer.write(bytes);
        expect([await files.open(imageId), await files.list()]).toEqual([null, []]);
        await writer.commit();
        expect(await files.list()).toEqual([
          { imageId, sizeBytes: bytes.byteLength, modifiedAt: expect.any(Date) as Date },
        ]);
      });

      test('is removed once, and can be made again', async () => {
        await storeCopy(files, imageId, bytes);
        expect([await files.remove(imageId), await files.remove(imageId)]).toEqual([true, false]);
        expect(await files.open(imageId)).toBeNull();
        await storeCopy(files, imageId, bytes);
        expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
      });

      test('is read to its end although it is removed meanwhile', async () => {
        await storeCopy(files, imageId, bytes);
        const reader = await files.open(imageId);
        const pieces: Uint8Array[] = [];
        for await (const piece of reader?.chunks(0, bytes.byteLength - 1) ?? []) {
          await files.remove(imageId);
          pieces.push(Uint8Array.from(piece));
        }
        expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      });

      test('that turns out to be bad is there no more, but is kept for people', async () => {
        await storeCopy(files, imageId, bytes);
        await files.reject(imageId);
        await files.reject(imageId);
        expect([await files.open(imageId), await files.list()]).toEqual([null, []]);
        expect(await opened.leftovers()).toEqual({ unfinished: 0, rejected: 1 });
      });
    });

    describe('of many who make the same copy', () => {
      test('one does', async () => {
        const begun = await Promise.all(Array.from({ length: 20 }, () => files.begin(imageId, randomUUID())));
        const writers = begun.filter((writer) => writer !== null);
        expect(writers).toHaveLength(1);
        await writers[0]?.commit();
        expect(await files.begin(imageId, randomUUID())).toBeNull();
      });

      test.each(['discard', 'reject'] as const)('the next one does after a %s', async (end) => {
        const writer = await beginCopy(files, imageId);
        await writer.write(bytes);
        await writer[end]();
        expect(await files.open(imageId)).toBeNull();
        expect(await opened.leftovers()).toEqual({ unfinished: 0, rejected: end === 'reject' ? 1 : 0 });
        await storeCopy(files, imageId, bytes);
        expect(await files.list()).toHaveLength(1);
      });

      test('one that has not grown for five minutes gives way, and does no harm when it goes on', async () => {
        const stuck = await beginCopy(files, imageId);
        await stuck.write(Buffer.from('stuck'));
        await opened.advance(4 * 60);
        expect(await files.begin(imageId, randomUUID())).toBeNull();
        await opened.advance(2 * 60);
        const next = await beginCopy(files, imageId);
        await next.write(bytes);
        expect(await raises(stuck.commit())).toBe(true);
        await stuck.discard();
        expect(await files.open(imageId)).toBeNull();
        await next.commit();
        expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
      });
    });

    describe('a writer that ended', () => {
      test.each(['commit', 'discard', 'reject'] as const)('by %s does nothing any more', async (end) => {
        const writer = await beginCopy(files, imageId);
        await writer.write(bytes);
        await writer[end]();
        expect(await raises(writer.write(bytes))).toBe(true);
        expect(await raises(writer.commit())).toBe(true);
        await writer.discard();
        await writer.reject();
        expect((await files.list()).length).toBe(end === 'commit' ? 1 : 0);
      });
    });

    describe('cleaning', () => {
      test('removes what was put aside, and unfinished copies that have not grown since then', async () => {
        await storeCopy(files, imageId, bytes);
        await storeCopy(files, randomUUID(), bytes);
        await files.reject(imageId);
        const writer = await beginCopy(files, randomUUID());
        await writer.write(bytes);
        await files.clean({ unfinished: never, rejected: never });
        expect(await opened.leftovers()).toEqual({ unfinished: 1, rejected: 1 });
        await opened.advance(10);
        const now = opened.now();
        await files.clean({ unfinished: never, rejected: now });
        expect(await opened.leftovers()).toEqual({ unfinished: 1, rejected: 0 });
        await files.clean({ unfinished: now, rejected: now });
        expect(await opened.leftovers()).toEqual({ unfinished: 0, rejected: 0 });
        expect(await raises(writer.commit())).toBe(true);
        expect(await files.list()).toHaveLength(1);
      });

      test('sweeping leaves what is being made alone', async () => {
        const writer = await beginCopy(files, imageId);
        await writer.write(bytes);
        await files.sweep();
        await writer.commit();
        await files.sweep();
        expect((await readCopy(files, imageId))?.equals(bytes)).toBe(true);
      });
    });

    describe('the queue', () => {
      test('has each image once, in the order in which they came', async () => {
        const ids = Array.from({ length: 4 }, () => randomUUID());
        for (const id of ids) {
          expect(await files.enqueue(id)).toBe(true);
          await opened.advance(0.01);
        }
        expect(await files.enqueue(String(ids[0]))).toBe(false);
        expect(await files.listQueue()).toEqual(ids);
        expect([await files.dequeue(String(ids[1])), await files.dequeue(String(ids[1]))]).toEqual([true, false]);
        expect(await files.listQueue()).toEqual([ids[0], ids[2], ids[3]]);
        expect([await files.isQueued(String(ids[1])), await files.isQueued(String(ids[2]))]).toEqual([false, true]);
      });
    });

    test.each(['', '..', '../../etc/passwd', 'cache.db', 'queue', 'x'.repeat(36), `${randomUUID()}/`])(
      'knows nothing of %j, and makes nothing of it: notFound',
      async (id) => {
        expect(await files.open(id)).toBeNull();
        expect([await files.remove(id), await files.dequeue(id), await files.isQueued(id)]).toEqual([
          false,
          false,
          false,
        ]);
        await files.reject(id);
        expect(await outcomeOf(files.begin(id, randomUUID()))).toBe('notFound');
        expect(await outcomeOf(files.begin(imageId, id))).toBe('notFound');
        expect(await outcomeOf(files.enqueue(id))).toBe('notFound');
        expect([await files.list(), await files.listQueue()]).toEqual([[], []]);
      },
    );
  });
}
