/** What every staging area must do, as `staging-area.ts` promises it. */
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorCodeOf } from '../domain/errors.testing.ts';
import { readBytes } from './image-store.conformance.ts';
import type { ObjectWriter } from './image-store.ts';
import type { StagedFile, StagingArea } from './staging-area.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface OpenedStaging {
  readonly staging: StagingArea;
  /** Names of everything that is kept, finished or not. */
  names(): Promise<readonly string[]>;
  /** Puts a file there under any name, as a program does that knows nothing of the area. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The name of a staged file. */
function stagedName({ imageId, stage }: StagedFile): string {
  return stage === null ? imageId : `${imageId}.${stage}`;
}

export async function stageFile(staging: StagingArea, file: StagedFile, bytes: Uint8Array): Promise<void> {
  const writer = await openWriter(staging, file);
  await writer.write(bytes);
  await writer.commit();
}

async function openWriter(staging: StagingArea, file: StagedFile): Promise<ObjectWriter> {
  const writer = staging.write(file, randomUUID());
  await writer.open();
  return writer;
}

async function readText(staging: StagingArea, file: StagedFile): Promise<string> {
  return Buffer.from(await readBytes(await staging.read(file))).toString();
}

export function describeStagingAreaConformance(name: string, open: () => Promise<OpenedStaging>): void {
  describe(`${name} as a staging area`, () => {
    let opened: OpenedStaging;
    let staging: StagingArea;
    let staged: StagedFile;
    let converted: StagedFile;

    beforeEach(async () => {
      opened = await open();
      staging = opened.staging;
      staged = { imageId: randomUUID(), stage: null };
      converted = { ...staged, stage: 'converted' };
    });

    afterEach(() => opened.close());

    describe('before anything was staged', () => {
      test('there is nothing, which can be removed', async () => {
        expect(await staging.listImages()).toEqual([]);
        expect(await staging.sizeOf(staged)).toBeNull();
        expect(await outcomeOf(staging.read(staged))).toBe('notFound');
        expect(await outcomeOf(staging.promote(staged.imageId, 'converted'))).toBe('notFound');
        await staging.remove(staged);
        await staging.removeAll(staged.imageId);
      });
    });

    describe('a file', () => {
      test('reads back as it was written, however it was cut', async () => {
        const arbitraryPieces = fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 });
        await fc.assert(
          fc.asyncProperty(arbitraryPieces, async (pieces) => {
            const writer = await openWriter(staging, staged);
            for (const piece of pieces) {
              const buffer = piece.slice();
              await writer.write(buffer);
              // The buffer is the caller's again.
              buffer.fill(0);
            }
            const bytes = Buffer.concat(pieces);
            expect((await writer.commit()).sizeBytes).toBe(bytes.byteLength);
            expect(await staging.sizeOf(staged)).toBe(bytes.byteLength);
            expect(Buffer.compare(await readBytes(await staging.read(staged)), bytes)).toBe(0);
          }),
          { numRuns: 25 },
        );
      });

      test('gives exactly the range asked for', async () => {
        const bytes = randomBytes(2_500_000);
        await stageFile(staging, staged, bytes);
        const read = await readBytes(await staging.read(staged), { start: 1_000_000, end: 2_400_000 });
        expect(Buffer.compare(read, bytes.subarray(1_000_000, 2_400_001))).toBe(0);
      });

      test('has the name of its image, and its stage after a dot', async () => {
        await stageFile(staging, staged, randomBytes(1));
        await stageFile(staging, converted, randomBytes(2));
        expect(new Set(await opened.names())).toEqual(new Set([staged, converted].map(stagedName)));
        expect(staging.pathOf(converted)).toBe(`${staging.pathOf(staged)}.converted`);
        expect(staging.pathOf(staged).endsWith(`/${staged.imageId}`)).toBe(true);
      });

      test('is not there before it was committed', async () => {
        const writer = await openWriter(staging, staged);
        await writer.write(randomBytes(10));
        expect(await staging.sizeOf(staged)).toBeNull();
        expect(await outcomeOf(staging.read(staged))).toBe('notFound');
        await writer.commit();
        expect(await staging.sizeOf(staged)).toBe(10);
      });

      test('stays as it is until another one is committed, which takes its place', async () => {
        await stageFile(staging, staged, Buffer.from('first, and longer'));
        const writer = await openWriter(staging, staged);
        await writer.write(Buffer.from('second'));
        expect(await readText(staging, staged)).toBe('first, and longer');
        await writer.commit();
        expect(await readText(staging, staged)).toBe('second');
      });

      test('may be what a program wrote', async () => {
        await opened.put(stagedName(converted), Buffer.from('program'));
        expect(await staging.sizeOf(converted)).toBe(7);
        expect(await readText(staging, converted)).toBe('program');
      });
    });

    describe('the outcome of a stage', () => {
      test.each(['written here', 'written by a program'])('%s is promoted to the staged file', async (where) => {
        await stageFile(staging, staged, Buffer.from('before, and longer'));
        if (where === 'written here') await stageFile(staging, converted, Buffer.from(where));
        else await opened.put(stagedName(converted), Buffer.from(where));
        await staging.promote(staged.imageId, 'converted');
        expect(await readText(staging, staged)).toBe(where);
        expect(await opened.names()).toEqual([staged.imageId]);
      });

      test('is promoted once; then it is notFound, and the staged file stays', async () => {
        await stageFile(staging, converted, Buffer.from('outcome'));
        await staging.promote(staged.imageId, 'converted');
        expect(await outcomeOf(staging.promote(staged.imageId, 'converted'))).toBe('notFound');
        expect(await readText(staging, staged)).toBe('outcome');
      });
    });

    describe('removing', () => {
      test('one file leaves the others, and may be repeated', async () => {
        await stageFile(staging, staged, Buffer.from('staged'));
        await stageFile(staging, converted, Buffer.from('converted'));
        await staging.remove(converted);
        await staging.remove(converted);
        expect(await staging.sizeOf(converted)).toBeNull();
        expect(await readText(staging, staged)).toBe('staged');
      });

      test('all files of an image takes those of every stage and of dead attempts, and of no other image', async () => {
        const other = { imageId: randomUUID(), stage: null };
        for (const file of [staged, converted, other]) await stageFile(staging, file, randomBytes(5));
        for (const file of [staged, converted]) await (await openWriter(staging, file)).abort();
        await opened.put(`${staged.imageId}.tar.gz`, randomBytes(1));
        expect(await opened.names()).toHaveLength(6);
        await staging.removeAll(staged.imageId);
        await staging.removeAll(staged.imageId);
        expect(await opened.names()).toEqual([other.imageId]);
      });

      test('all files of an image keeps an attempt that is alive after all from finishing', async () => {
        const writer = await openWriter(staging, staged);
        await writer.write(randomBytes(10));
        await staging.removeAll(staged.imageId);
        await expect(writer.commit()).rejects.toThrow();
        await writer.abort();
        expect(await opened.names()).toEqual([]);
      });
    });

    test('an attempt that is given up lets go of what it holds, also twice, and does not keep the next one from its work', async () => {
      const dead = await openWriter(staging, staged);
      await dead.write(Buffer.from('dead'));
      await stageFile(staging, staged, Buffer.from('alive'));
      await dead.abort();
      await dead.abort();
      await staging.write(staged, randomUUID()).abort();
      expect(await readText(staging, staged)).toBe('alive');
    });

    test('an image was last written when any of its files was, a dead attempt included; never without a file', async () => {
      const other = { imageId: randomUUID(), stage: null };
      await stageFile(staging, other, randomBytes(1));
      expect(await staging.lastWritten(staged.imageId)).toBeNull();
      await (await openWriter(staging, converted)).abort();
      const begun = await staging.lastWritten(staged.imageId);
      expect(begun).toBeInstanceOf(Date);
      await stageFile(staging, staged, randomBytes(1));
      const written = await staging.lastWritten(staged.imageId);
      expect(Number(written)).toBeGreaterThanOrEqual(Number(begun));
      await staging.removeAll(staged.imageId);
      expect(await staging.lastWritten(staged.imageId)).toBeNull();
      expect(await staging.lastWritten(other.imageId)).not.toBeNull();
    });

    test('images with any file are listed, each once; files of others are not looked at', async () => {
      const [complete, outcome, begun, foreign] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const;
      await stageFile(staging, { imageId: complete, stage: null }, randomBytes(1));
      await stageFile(staging, { imageId: complete, stage: 'one' }, randomBytes(1));
      await stageFile(staging, { imageId: outcome, stage: 'one' }, randomBytes(1));
      await (await openWriter(staging, { imageId: begun, stage: null })).abort();
      const foreigners = ['lost+found', 'README.md', `x${foreign}`, `${foreign}-x`, foreign.slice(1), '-'.repeat(36)];
      for (const name of foreigners) await opened.put(name, randomBytes(1));
      expect((await staging.listImages()).toSorted()).toEqual([complete, outcome, begun].toSorted());
      for (const id of await staging.listImages()) await staging.removeAll(id);
      expect(new Set(await opened.names())).toEqual(new Set(foreigners));
    });

    test.each(['', '..', '../../etc/passwd', 'a/b', '11111111-2222-3333-4444-55555555555/', `${'a'.repeat(36)}\u0000`])(
      'an image id of %j becomes no name: notFound',
      async (imageId) => {
        const file = { imageId, stage: null };
        expect(errorCodeOf(() => staging.pathOf(file))).toBe('notFound');
        expect(errorCodeOf(() => staging.write(file, randomUUID()))).toBe('notFound');
        expect(errorCodeOf(() => staging.write(staged, imageId))).toBe('notFound');
        for (const call of [
          staging.read(file),
          staging.sizeOf(file),
          staging.promote(imageId, 'converted'),
          staging.remove(file),
          staging.removeAll(imageId),
          staging.lastWritten(imageId),
        ]) {
          expect(await outcomeOf(call)).toBe('notFound');
        }
        expect(await opened.names()).toEqual([]);
      },
    );

    test.each(['', '.', '..', '../x', 'a/b', 'a.b', 'a b', 'é', '\u0000', 'a\n', 'x'.repeat(300)])(
      'a stage of %j becomes no name: notFound',
      async (stage) => {
        const file = { ...staged, stage };
        expect(errorCodeOf(() => staging.pathOf(file))).toBe('notFound');
        expect(errorCodeOf(() => staging.write(file, randomUUID()))).toBe('notFound');
        for (const call of [staging.read(file), staging.promote(staged.imageId, stage), staging.remove(file)]) {
          expect(await outcomeOf(call)).toBe('notFound');
        }
      },
    );
  });
}
