/** What every keeper of image records must do, as `image-repository.ts` promises it. */
import { randomUUID } from 'node:crypto';
import { imageStatuses, imageVisibilities } from '@lucarne/contract/image-attributes.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arbitraryListQuery, arbitraryStoredImages, sampleImage } from '../domain/images/image-samples.testing.ts';
import type { Image } from '../domain/images/image.ts';
import { listStoredImages } from '../domain/images/list-model.testing.ts';
import type { StoredImage } from '../domain/images/list-model.testing.ts';
import { isVisible } from '../domain/images/visibility.ts';
import type { Task } from '../domain/tasks/task.ts';
import type { ImageRepository, UpdateOptions } from './image-repository.ts';
import type { ImageWork, ImageWorkRepository } from './image-work-repository.ts';
import type { MemberRepository } from './member-repository.ts';
import type { ProjectUsage } from './project-usage.ts';
import type { ScrubRepository } from './scrub-repository.ts';
import type { TaskRepository } from './task-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface Records {
  readonly images: ImageRepository;
  readonly members: MemberRepository;
  readonly work: ImageWorkRepository;
  readonly scrub: ScrubRepository;
  readonly usage: ProjectUsage;
  readonly tasks: TaskRepository;
}

export interface OpenedRecords extends Records {
  /** The same records as another process works on them; the same object where there can be only one. */
  readonly elsewhere: Records;
  /** Removes all records. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const admin = { isAdmin: true, projectId: null } as const;
export const later = new Date('2026-03-01T10:00:00.123Z');

/** A sample image nobody used yet. */
export function newSample(overrides: Partial<Image> = {}): Image {
  return sampleImage({ id: randomUUID(), ...overrides });
}

export function deletionOf(imageId: string, overrides: Partial<ImageWork> = {}): ImageWork {
  const attempt = { attemptId: randomUUID(), storeId: null, progress: null };
  return { kind: 'delete', imageId, ...attempt, leaseId: randomUUID(), expiresAt: later, ...overrides };
}

/** Work of a task on an image. */
export function taskOn(imageId: string, type: Task['type']): [work: ImageWork, task: Task, at: Date] {
  const id = randomUUID();
  const times = { createdAt: later, updatedAt: later, expiresAt: null };
  const caller = { owner: 'own', requestId: null, userId: null };
  const task: Task = {
    id,
    type,
    imageId,
    status: 'pending',
    ...times,
    ...caller,
    input: null,
    result: null,
    message: '',
  };
  return [deletionOf(imageId, { kind: 'task', attemptId: id }), task, later];
}

export async function deleteRecord({ work }: Records, imageId: string): Promise<void> {
  const deletion = deletionOf(imageId);
  await work.beginDelete(deletion, () => undefined);
  await work.finishDelete(deletion, later);
}

export function describeImageRepositoryConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as an image repository`, () => {
    let opened: OpenedRecords;
    let images: ImageRepository;

    beforeAll(async () => {
      opened = await open();
      images = opened.images;
    });

    afterAll(() => opened.close());

    async function stored(overrides: Partial<Image> = {}): Promise<Image> {
      const image = newSample(overrides);
      await images.create(image);
      return image;
    }

    describe('create and show', () => {
      test('give back every attribute as it was given', async () => {
        const image = await stored({
          name: 'ä "quoted" \\ \u0000 %_',
          status: 'active',
          visibility: 'community',
          protected: true,
          hidden: true,
          owner: 'somebody',
          minDiskGib: 2_147_483_647,
          minRamMib: 1,
          sizeBytes: Number.MAX_SAFE_INTEGER,
          virtualSizeBytes: 2n ** 63n - 1n,
          checksum: 'c'.repeat(32),
          hashAlgorithm: 'sha512',
          hashValue: 'f'.repeat(128),
          createdAt: new Date('2026-03-01T09:00:00.001Z'),
          updatedAt: new Date('2026-03-01T09:00:00.999Z'),
          properties: new Map([
            ['__proto__', 'a'],
            ['constructor', ''],
            ['', 'empty name'],
            ['é', 'x'.repeat(65_535)],
          ]),
          tags: ['z', '', 'a'],
          locations: [
            { url: 'file:///b', metadata: { store: 'fast', nested: { number: 1 } } },
            { url: 'file:///a', metadata: {} },
          ],
        });
        expect(await images.show(admin, image.id)).toEqual(image);
        expect(await opened.elsewhere.images.show(admin, image.id)).toEqual(image);
      });

      test('keep what is not set as not set', async () => {
        const image = await stored({ name: null, owner: null, diskFormat: null, containerFormat: null });
        expect(await images.show(admin, image.id)).toEqual(image);
      });

      test('hold hundreds of properties and tags', async () => {
        const many = Array.from({ length: 300 }, (_, index) => `n${String(index).padStart(3, '0')}`);
        const image = await stored({ properties: new Map(many.map((text) => [text, text])), tags: many });
        expect(await images.show(admin, image.id)).toEqual(image);
      });

      test('know an id only in the case it was given in', async () => {
        const image = await stored({ id: randomUUID().toUpperCase() });
        expect(await images.show(admin, image.id.toLowerCase())).toBeUndefined();
        expect(await images.show(admin, image.id)).toBeDefined();
      });

      test('refuse an id that is in use, and leave the image that has it alone: conflict', async () => {
        const image = await stored({ tags: ['first'] });
        expect(await outcomeOf(images.create({ ...image, name: 'second', tags: ['second'] }))).toBe('conflict');
        expect(await images.show(admin, image.id)).toEqual(image);
      });

      test('refuse the id of a deleted image for ever: conflict', async () => {
        const image = await stored();
        await deleteRecord(opened, image.id);
        expect(await outcomeOf(images.create(image))).toBe('conflict');
      });

      test('let one of many who choose the same id win', async () => {
        const image = newSample();
        const outcomes = await Promise.all(
          [images, opened.elsewhere.images, images, opened.elsewhere.images].map((repository) =>
            outcomeOf(repository.create(image)),
          ),
        );
        expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'none']);
      });

      test('give nothing for an id nobody used', async () => {
        expect(await images.show(admin, randomUUID())).toBeUndefined();
        expect(await images.show(admin, '')).toBeUndefined();
      });
    });

    describe('show', () => {
      const viewers = [
        admin,
        { isAdmin: true, projectId: 'own' },
        { isAdmin: false, projectId: 'own' },
        { isAdmin: false, projectId: 'member' },
        { isAdmin: false, projectId: 'former-member' },
        { isAdmin: false, projectId: 'stranger' },
        { isAdmin: false, projectId: null },
      ];

      test.each(imageVisibilities.flatMap((visibility) => [null, 'own'].map((owner) => ({ visibility, owner }))))(
        'shows an image of owner $owner and visibility $visibility to those who may see it',
        async ({ visibility, owner }) => {
          const image = await stored({ visibility, owner });
          await opened.members.create(image.id, 'member', { at: later, quota: -1 });
          await opened.members.update(image.id, 'member', { status: 'rejected', at: later });
          await opened.members.create(image.id, 'former-member', { at: later, quota: -1 });
          await opened.members.delete(image.id, 'former-member', later);
          for (const viewer of viewers) {
            const expected = isVisible(image, [{ memberId: 'member', status: 'rejected' }], viewer);
            const seen = (await images.show(viewer, image.id)) !== undefined;
            expect({ viewer, seen }).toEqual({ viewer, seen: expected });
          }
        },
      );

      test.each(imageStatuses)('shows an image in status %s unless that means it is gone', async (status) => {
        const image = await stored({ status });
        const expected = isVisible(image, [], admin) ? image : undefined;
        expect(await images.show(admin, image.id)).toEqual(expected);
      });
    });

    describe('list', () => {
      async function refill(records: readonly StoredImage[]): Promise<void> {
        await opened.clear();
        for (const { image, members } of records) {
          await images.create(image);
          // Nobody can be made a member of an image that is gone.
          if (image.status === 'deleted' || image.status === 'pending_delete') continue;
          for (const { memberId, status } of members) {
            await opened.members.create(image.id, memberId, { at: later, quota: -1 });
            await opened.members.update(image.id, memberId, { status, at: later });
          }
        }
      }

      test('gives the same page as filtering, sorting and cutting an array, and continues behind any marker', async () => {
        await fc.assert(
          fc.asyncProperty(
            arbitraryStoredImages,
            fc.array(arbitraryListQuery, { minLength: 1, maxLength: 12 }),
            async (records, queries) => {
              await refill(records);
              for (const [index, query] of queries.entries()) {
                const marker = records[index % (records.length + 1)]?.image.id ?? null;
                const page = await images.list({ ...query, marker });
                expect(page).toEqual(listStoredImages(records, { ...query, marker }));
              }
            },
          ),
          { numRuns: 40 },
        );
      });
    });

    describe('findMarker', () => {
      test('finds what the viewer sees, and for an admin also what is deleted', async () => {
        const image = await stored({ visibility: 'private', owner: 'own' });
        const owner = { isAdmin: false, projectId: 'own' };
        const stranger = { isAdmin: false, projectId: 'stranger' };
        expect(await images.findMarker(owner, image.id)).toBe('found');
        expect(await images.findMarker(stranger, image.id)).toBe('unknown');
        expect(await images.findMarker(admin, randomUUID())).toBe('unknown');
        await opened.work.beginDelete(deletionOf(image.id), () => undefined);
        expect(await images.findMarker(owner, image.id)).toBe('unknown');
        expect(await images.findMarker(admin, image.id)).toBe('found');
      });
    });

    describe('update', () => {
      test('writes attributes, properties and tags, and gives what is stored then', async () => {
        const before = await stored({
          properties: new Map([
            ['a', '1'],
            ['b', '2'],
          ]),
          tags: ['x', 'y'],
        });
        const after: Image = {
          ...before,
          name: 'new',
          visibility: 'public',
          protected: true,
          hidden: true,
          owner: 'other',
          minDiskGib: 3,
          minRamMib: 4,
          diskFormat: 'qcow2',
          containerFormat: 'ovf',
          properties: new Map([
            ['b', '3'],
            ['c', ''],
          ]),
          tags: ['y', 'z'],
          updatedAt: later,
        };
        expect(await images.update(before, after)).toEqual(after);
        expect(await images.show(admin, before.id)).toEqual(after);
      });

      test('brings a removed property and a removed tag back', async () => {
        const first = await stored({ properties: new Map([['p', '1']]), tags: ['t'] });
        const bare = await images.update(first, { ...first, properties: new Map(), tags: [] });
        const again = await images.update(bare, { ...bare, properties: new Map([['p', '2']]), tags: ['t'] });
        expect(again.properties).toEqual(new Map([['p', '2']]));
        expect(again.tags).toEqual(['t']);
      });

      test('leaves alone what before and after agree on, so that changes of different attributes both last', async () => {
        const before = await stored({ properties: new Map([['kept', '1']]), tags: ['kept'] });
        await Promise.all([
          images.update(before, {
            ...before,
            name: 'new',
            properties: new Map([
              ['kept', '1'],
              ['one', '1'],
            ]),
          }),
          opened.elsewhere.images.update(before, { ...before, minRamMib: 7, tags: ['kept', 'two'] }),
        ]);
        const after = await images.show(admin, before.id);
        expect(after).toMatchObject({ name: 'new', minRamMib: 7, tags: ['kept', 'two'] });
        expect(after?.properties).toEqual(
          new Map([
            ['kept', '1'],
            ['one', '1'],
          ]),
        );
      });

      test('never moves the status or the attributes of the data', async () => {
        const before = await stored();
        await images.changeStatus(before.id, { from: ['queued'], to: 'active', sizeBytes: 5, checksum: 'c' }, later);
        expect(await images.update(before, { ...before, name: 'new' })).toMatchObject({
          name: 'new',
          status: 'active',
          sizeBytes: 5,
          checksum: 'c',
        });
      });

      test('with onlyIfUnchanged refuses what was changed meanwhile: preconditionFailed, nothing written', async () => {
        const before = await stored();
        await images.addTag(before.id, 'meanwhile', { at: later, quota: -1 });
        const changed = images.update(before, { ...before, name: 'new' }, { onlyIfUnchanged: true });
        expect(await outcomeOf(changed)).toBe('preconditionFailed');
        expect((await images.show(admin, before.id))?.name).toBe('sample');
      });

      test('with onlyIfUnchanged lets one of many win', async () => {
        const before = await stored();
        const outcomes = await Promise.all(
          [1, 2, 3, 4, 5, 6].map((number) => {
            const repository = number % 2 === 0 ? images : opened.elsewhere.images;
            const after = { ...before, minRamMib: number, updatedAt: later };
            return outcomeOf(repository.update(before, after, { onlyIfUnchanged: true }));
          }),
        );
        expect(outcomes.filter((code) => code === 'none')).toHaveLength(1);
        expect(outcomes.filter((code) => code === 'preconditionFailed')).toHaveLength(5);
      });

      test('does not change the formats once data began to arrive: conflict, nothing written', async () => {
        const before = await stored();
        await images.changeStatus(before.id, { from: ['queued'], to: 'saving' }, later);
        const changed = images.update(before, { ...before, name: 'new', diskFormat: 'iso', tags: ['new'] });
        expect(await outcomeOf(changed)).toBe('conflict');
        expect(await images.show(admin, before.id)).toMatchObject({ name: 'sample', diskFormat: 'raw', tags: [] });
      });

      describe('of locations', () => {
        const [one, two, named] = [
          { url: 'http://one', metadata: {} },
          { url: 'http://two', metadata: { store: 's' } },
          { url: 'http://one', metadata: { store: 't' } },
        ] as const;

        function relocated(before: Image, locations: Image['locations'], options: UpdateOptions = {}): Promise<Image> {
          const scrub = { ...deletionOf(before.id), kind: 'scrub' as const };
          return images.update(before, { ...before, locations, updatedAt: later }, { scrub, ...options });
        }

        test('adds them behind those that are there, with the status and the size', async () => {
          const before = await stored();
          const data = { status: 'active', sizeBytes: 5, hashAlgorithm: 'sha512', hashValue: 'h' } as const;
          const first = await images.update(before, { ...before, ...data, locations: [two] });
          expect(first).toMatchObject({ ...data, locations: [two] });
          expect((await relocated(first, [one, two])).locations).toEqual([two, one]);
        });

        test('changes metadata in place', async () => {
          const before = await stored({ status: 'active', locations: [one, two] });
          expect((await relocated(before, [two, named])).locations).toEqual([named, two]);
        });

        test('drops them, and their data wait only if no other location refers to them', async () => {
          const before = await stored({ status: 'active', locations: [one, two, named] });
          const scrub = { ...deletionOf(before.id), kind: 'scrub' as const };
          const after = await relocated(before, [named], { scrub });
          expect(after).toEqual({ ...before, locations: [named], updatedAt: later });
          expect(await images.show(admin, before.id)).toEqual(after);
          expect(await opened.scrub.listWaiting(scrub)).toEqual({
            locations: [two],
            keptUrls: [named.url],
            isRestorable: false,
          });
          expect(await opened.work.listExpired(later, before.id)).toEqual([scrub]);
        });

        test('needs work that removes the data of those that are dropped', async () => {
          const before = await stored({ status: 'active', locations: [one, two] });
          const dropped = images.update(before, { ...before, locations: [one] });
          await expect(dropped).rejects.toThrow('work');
          expect(await images.show(admin, before.id)).toEqual(before);
        });

        test('is refused when they are not what they were: conflict, nothing written', async () => {
          const before = await stored({ status: 'active', locations: [one, two] });
          const renamed = { ...before, name: 'new' };
          await relocated(before, [one]);
          for (const change of [relocated(renamed, [two]), relocated(renamed, [one, two, named])]) {
            expect(await outcomeOf(change)).toBe('conflict');
          }
          expect(await images.show(admin, before.id)).toMatchObject({ name: 'sample', locations: [one] });
        });

        test('lets one of many drop the last but one', async () => {
          const before = await stored({ status: 'active', locations: [one, two] });
          const outcomes = await Promise.all(
            [[one], [two], [one], [two]].map((locations, index) => {
              const repository = index % 2 === 0 ? images : opened.elsewhere.images;
              const scrub = { ...deletionOf(before.id), kind: 'scrub' as const };
              return outcomeOf(repository.update(before, { ...before, locations }, { scrub }));
            }),
          );
          expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'none']);
          expect((await images.show(admin, before.id))?.locations).toHaveLength(1);
        });

        test('is refused when the status is another one by now: conflict', async () => {
          const before = await stored();
          await images.changeStatus(before.id, { from: ['queued'], to: 'saving' }, later);
          expect(await outcomeOf(relocated({ ...before }, [one]))).toBe('conflict');
          expect((await images.show(admin, before.id))?.locations).toEqual([]);
        });

        test('is held to the quota of a project: limitExceeded, nothing written', async () => {
          const owner = randomUUID();
          const before = await stored({ owner, status: 'active', sizeBytes: 5, locations: [one] });
          const limits = [{ resource: 'image_size_total', projectId: owner, maximum: 14, unit: 'bytes' }] as const;
          expect(await outcomeOf(relocated(before, [one, two, named], { limits }))).toBe('limitExceeded');
          expect((await images.show(admin, before.id))?.locations).toEqual([one]);
          expect(await outcomeOf(relocated(before, [one, two], { limits }))).toBe('none');
        });

        test('drops none while an import is at work, which may bring the same data: conflict', async () => {
          const before = await stored({ status: 'active', locations: [one, two] });
          await opened.work.recordTask(...taskOn(before.id, 'api_image_import'));
          expect(await outcomeOf(relocated(before, [one]))).toBe('conflict');
          expect(await outcomeOf(relocated(before, [one, two, named]))).toBe('none');
          const other = await stored({ status: 'active', locations: [one, two] });
          await opened.work.recordTask(...taskOn(other.id, 'location_import'));
          expect(await outcomeOf(relocated(other, [one]))).toBe('none');
        });
      });

      test('refuses an image that is gone or being deleted: notFound', async () => {
        const image = await stored();
        await opened.work.beginDelete(deletionOf(image.id), () => undefined);
        expect(await outcomeOf(images.update(image, { ...image, name: 'new' }))).toBe('notFound');
        expect(await outcomeOf(images.update(image, { ...image, diskFormat: 'iso' }))).toBe('notFound');
        const never = newSample();
        expect(await outcomeOf(images.update(never, never, { onlyIfUnchanged: true }))).toBe('notFound');
      });
    });

    describe('changeStatus', () => {
      const data = {
        sizeBytes: 9,
        virtualSizeBytes: 2n ** 62n,
        checksum: 'c',
        hashAlgorithm: 'sha256',
        hashValue: 'h',
        locations: [{ url: 'file:///x', metadata: { store: 's' } }],
      };

      test('writes what the step brings and leaves the rest', async () => {
        const image = await stored({ tags: ['t'], properties: new Map([['p', '1']]) });
        expect(await images.changeStatus(image.id, { from: ['queued'], to: 'active', ...data }, later)).toBe(true);
        expect(await images.show(admin, image.id)).toEqual({ ...image, ...data, status: 'active', updatedAt: later });
        await images.changeStatus(image.id, { from: ['active'], to: 'deactivated' }, later);
        expect(await images.show(admin, image.id)).toMatchObject({ ...data, status: 'deactivated' });
      });

      test('clears what is null and replaces the locations', async () => {
        const image = await stored({ status: 'active', ...data });
        const change = { to: 'queued', sizeBytes: null, checksum: null, locations: [] } as const;
        await images.changeStatus(image.id, { from: ['active'], ...change }, later);
        expect(await images.show(admin, image.id)).toMatchObject({
          sizeBytes: null,
          checksum: null,
          hashValue: 'h',
          locations: [],
        });
      });

      test('is false, and writes nothing, when the status is another one or the image is gone', async () => {
        const image = await stored({ status: 'active' });
        expect(await images.changeStatus(image.id, { from: ['queued'], to: 'saving', ...data }, later)).toBe(false);
        expect(await images.show(admin, image.id)).toEqual(image);
        await deleteRecord(opened, image.id);
        expect(await images.changeStatus(image.id, { from: imageStatuses, to: 'active' }, later)).toBe(false);
        expect(await images.changeStatus(randomUUID(), { from: ['queued'], to: 'active' }, later)).toBe(false);
      });

      test('lets one of many win', async () => {
        const image = await stored();
        const outcomes = await Promise.all(
          [images, opened.elsewhere.images, images, opened.elsewhere.images].map((repository) =>
            repository.changeStatus(image.id, { from: ['queued'], to: 'saving' }, later),
          ),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
      });
    });

    describe('addTag and removeTag', () => {
      test('keep tags a set and move updatedAt', async () => {
        const image = await stored({ tags: ['a'] });
        await Promise.all([
          images.addTag(image.id, 'b', { at: later, quota: -1 }),
          opened.elsewhere.images.addTag(image.id, 'b', { at: later, quota: -1 }),
          images.addTag(image.id, 'a', { at: later, quota: -1 }),
        ]);
        expect(await images.show(admin, image.id)).toMatchObject({ tags: ['a', 'b'], updatedAt: later });
        const outcomes = await Promise.all([
          images.removeTag(image.id, 'b', later),
          opened.elsewhere.images.removeTag(image.id, 'b', later),
        ]);
        expect(outcomes.toSorted()).toEqual([false, true]);
        expect((await images.show(admin, image.id))?.tags).toEqual(['a']);
      });

      test('compare tags exactly, the empty one included', async () => {
        const image = await stored({ tags: ['a'] });
        expect(await images.removeTag(image.id, 'a ', later)).toBe(false);
        await images.addTag(image.id, '', { at: later, quota: -1 });
        expect(await images.removeTag(image.id, '', later)).toBe(true);
      });

      test('refuse an image that is gone: notFound, false', async () => {
        const image = await stored({ tags: ['a'] });
        await deleteRecord(opened, image.id);
        expect(await outcomeOf(images.addTag(image.id, 'b', { at: later, quota: -1 }))).toBe('notFound');
        expect(await images.removeTag(image.id, 'a', later)).toBe(false);
      });
    });
  });
}
