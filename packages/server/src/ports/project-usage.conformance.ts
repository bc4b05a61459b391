/** What everybody who counts what projects use must do, as `project-usage.ts` promises it. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../domain/errors.ts';
import { claimOf } from '../domain/images/project-limits.ts';
import type { LimitedResource, ProjectLimit } from '../domain/images/project-limits.ts';
import type { Image } from '../domain/images/image.ts';
import { deletionOf, later, newSample, taskOn } from './image-repository.conformance.ts';
import type { OpenedRecords, Records } from './image-repository.conformance.ts';
import type { ImageWork } from './image-work-repository.ts';
import type { ResourceAmounts } from './project-usage.ts';
import { outcomeOf } from './outcome.testing.ts';

const at = new Date('2026-03-01T09:30:00.250Z');
const expiresAt = new Date('2026-03-01T09:31:00.500Z');
const one = { url: 'file:///1', metadata: {} };
const two = { url: 'file:///2', metadata: {} };
const nothing: ResourceAmounts = {
  image_size_total: 0,
  image_stage_total: 0,
  image_count_total: 0,
  image_count_uploading: 0,
};

export function describeProjectUsageConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as usage of projects`, () => {
    let opened: OpenedRecords;
    let owner: string;

    beforeAll(async () => {
      opened = await open();
    });

    beforeEach(async () => {
      await opened.clear();
      owner = randomUUID();
    });
    afterAll(() => opened.close());

    async function newImage(overrides: Partial<Image> = {}): Promise<Image> {
      const image = newSample({ owner, visibility: 'private', ...overrides });
      await opened.images.create(image);
      return image;
    }

    function workOn(imageId: string): ImageWork {
      return { ...deletionOf(imageId), kind: 'upload', expiresAt };
    }

    function limitOf(maximum: number, resource: LimitedResource = 'image_size_total'): ProjectLimit {
      const isSize = resource === 'image_size_total' || resource === 'image_stage_total';
      return { resource, projectId: owner, maximum, unit: isSize ? 'bytes' : 'images' };
    }

    async function begin(claimed: number, maximum = 100) {
      const image = await newImage();
      const work = workOn(image.id);
      const claims = [claimOf(limitOf(maximum), claimed)];
      const outcome = await outcomeOf(opened.work.beginUpload(work, at, claims));
      return { image, work, outcome };
    }

    async function reserved(resource: LimitedResource = 'image_size_total'): Promise<number> {
      return (await opened.usage.showReserved(owner))[resource];
    }

    describe('what is in use', () => {
      test('sums size × locations of live images', async () => {
        await newImage({ status: 'active', sizeBytes: 2 ** 40, locations: [one, two] });
        await newImage({ status: 'active', sizeBytes: 5, locations: [one] });
        await newImage({ status: 'deactivated', sizeBytes: 7, locations: [one] });
        await newImage({ status: 'killed', sizeBytes: 11, locations: [one] });
        await newImage({ status: 'queued', sizeBytes: 13 });
        await newImage({ owner: randomUUID(), status: 'active', sizeBytes: 17, locations: [one] });
        const deleted = await newImage({ status: 'active', sizeBytes: 19, locations: [one] });
        await opened.work.beginDelete(deletionOf(deleted.id), () => undefined);
        expect(await opened.usage.show(owner)).toEqual({
          ...nothing,
          image_size_total: 2 ** 41 + 12,
          image_count_total: 4,
        });
        expect(await opened.usage.show(randomUUID())).toEqual(nothing);
      });

      test('of staging and uploading is told by the status, or by stores that are being copied to', async () => {
        const importing = (value: string) => ({ properties: new Map([['os_glance_importing_to_stores', value]]) });
        await newImage({ status: 'saving' });
        await newImage({ status: 'uploading', sizeBytes: 3 });
        await newImage({ status: 'importing', sizeBytes: 4 });
        await newImage({ status: 'importing' });
        await newImage({ status: 'active', sizeBytes: 5, ...importing('fast,slow') });
        await newImage({ status: 'active', sizeBytes: 6, ...importing('') });
        await newImage({ status: 'active', sizeBytes: 7 });
        expect(await opened.usage.show(owner)).toEqual({
          image_size_total: 0,
          image_stage_total: 12,
          image_count_total: 7,
          image_count_uploading: 5,
        });
      });

      test('does not count a copy that was called off', async () => {
        const image = await newImage({ properties: new Map([['os_glance_importing_to_stores', 'slow']]) });
        await opened.images.update(image, { ...image, properties: new Map() });
        expect((await opened.usage.show(owner)).image_count_uploading).toBe(0);
      });

      test('is told of images without a project as well', async () => {
        await newImage({ owner: null, status: 'active', sizeBytes: 5, locations: [one] });
        expect((await opened.usage.show(null)).image_size_total).toBe(5);
      });
    });

    describe('a reservation', () => {
      test('is there from the beginning of an upload to its end, when it is usage', async () => {
        const { image, work } = await begin(60);
        expect(await reserved()).toBe(60);
        expect((await begin(41)).outcome).toBe('limitExceeded');
        const end = { to: 'active', sizeBytes: 60, locations: [one] } as const;
        expect(await opened.work.finishUpload(work, end, later)).toBe('finished');
        expect(await reserved()).toBe(0);
        expect((await opened.usage.show(owner)).image_size_total).toBe(60);
        expect((await begin(41)).outcome).toBe('limitExceeded');
        expect((await begin(40)).outcome).toBe('none');
        expect((await opened.images.show({ isAdmin: true, projectId: null }, image.id))?.status).toBe('active');
      });

      test('that does not fit leaves nothing of the upload behind', async () => {
        const { image, outcome } = await begin(101);
        expect(outcome).toBe('limitExceeded');
        expect((await opened.images.show({ isAdmin: true, projectId: null }, image.id))?.status).toBe('queued');
        expect(await opened.work.listExpired(later)).toEqual([]);
        expect(await reserved()).toBe(0);
      });

      test('is given back with what is undone', async () => {
        const { work } = await begin(60);
        expect(await opened.work.undoUpload(work, later)).toBe(true);
        expect(await reserved()).toBe(0);
      });

      test('stays with work that is taken over, and goes with who undoes it', async () => {
        const { work } = await begin(60);
        const taken = { ...work, leaseId: randomUUID(), expiresAt: later };
        expect(await opened.work.takeOver(work, taken)).toBe(true);
        expect(await reserved()).toBe(60);
        expect(await opened.usage.reserve(work, [claimOf(limitOf(100), 70)])).toBeUndefined();
        expect(await opened.work.undoUpload(work, later)).toBe(false);
        expect(await reserved()).toBe(60);
        expect(await opened.work.undoUpload(taken, later)).toBe(true);
        expect(await reserved()).toBe(0);
      });

      test('grows while there is room, all claims or none', async () => {
        const { work } = await begin(10);
        expect(await opened.usage.reserve(work, [claimOf(limitOf(100), 70)])).toEqual([70]);
        expect(await opened.usage.reserve(work, [claimOf(limitOf(100), 50)])).toEqual([70]);
        const both = [claimOf(limitOf(100), 90), claimOf(limitOf(5, 'image_stage_total'), 6)];
        expect(await outcomeOf(opened.usage.reserve(work, both))).toBe('limitExceeded');
        expect(await outcomeOf(opened.usage.reserve(work, [claimOf(limitOf(100), 101)]))).toBe('limitExceeded');
        expect(await reserved()).toBe(70);
        expect(await reserved('image_stage_total')).toBe(0);
      });

      test('stays when the limit is lowered, but does not grow then', async () => {
        const { work } = await begin(60);
        expect(await opened.usage.reserve(work, [claimOf(limitOf(10), 60)])).toEqual([60]);
        expect(await outcomeOf(opened.usage.reserve(work, [claimOf(limitOf(10), 61)]))).toBe('limitExceeded');
      });

      test("of another project is in nobody's way", async () => {
        await begin(60);
        owner = randomUUID();
        expect((await begin(60)).outcome).toBe('none');
      });

      test('of staging stands for the staged image as long as it is held, whoever counts', async () => {
        const image = await newImage({ status: 'uploading', sizeBytes: 30 });
        const [task, record] = taskOn(image.id, 'import');
        await opened.work.recordTask(task, record, at);
        const limit = limitOf(100, 'image_stage_total');
        // It counts once: by what it holds for whoever else asks, and not at all for itself.
        expect(await opened.usage.reserve(task, [claimOf(limit, 80)])).toEqual([80]);
        expect(await outcomeOf(opened.usage.check([claimOf(limit, 20)]))).toBe('none');
        expect(await outcomeOf(opened.usage.check([claimOf(limit, 21)]))).toBe('limitExceeded');
        expect((await opened.usage.show(owner)).image_stage_total).toBe(30);
      });

      test('is lowered by the step that makes usage of it, and ends with the task', async () => {
        const image = await newImage({ status: 'importing' });
        const [task, record] = taskOn(image.id, 'import');
        await opened.work.recordTask(task, record, at);
        await opened.usage.reserve(task, [claimOf(limitOf(100), 40)]);
        const step = {
          image: { from: ['importing'], sizeBytes: 20, addedLocations: [one] },
          leavesReserved: [{ resource: 'image_size_total', amount: 20 }],
          limits: [limitOf(40)],
        } as const;
        expect(await opened.work.advanceTask(task, step, later)).toBe('finished');
        expect(await reserved()).toBe(20);
        expect(
          await opened.work.advanceTask(
            task,
            { leavesReserved: [{ resource: 'image_size_total', amount: 30 }] },
            later,
          ),
        ).toBe('finished');
        expect(await reserved()).toBe(20);
        await opened.work.advanceTask(task, { ends: true }, later);
        expect(await reserved()).toBe(0);
      });

      test('does not outlive a step that the limits refuse', async () => {
        const image = await newImage({ status: 'importing' });
        const [task, record] = taskOn(image.id, 'import');
        await opened.work.recordTask(task, record, at);
        await opened.usage.reserve(task, [claimOf(limitOf(100), 40)]);
        const step = {
          image: { from: ['importing'], sizeBytes: 20, addedLocations: [one, two] },
          leavesReserved: [{ resource: 'image_size_total', amount: 0 }],
          limits: [limitOf(39)],
        } as const;
        expect(await outcomeOf(opened.work.advanceTask(task, step, later))).toBe('limitExceeded');
        expect(await reserved()).toBe(40);
        expect((await opened.usage.show(owner)).image_size_total).toBe(0);
      });

      test('is not there for what a deletion may still take back, which counts all the same', async () => {
        const image = await newImage({ status: 'active', sizeBytes: 60, locations: [one] });
        const deletion = deletionOf(image.id);
        await opened.work.beginDelete(deletion, () => undefined);
        expect((await begin(41)).outcome).toBe('limitExceeded');
        await opened.work.finishDelete(deletion, later);
        expect((await begin(41)).outcome).toBe('none');
      });
    });

    describe('a count', () => {
      test('is looked at in the transaction that adds the image', async () => {
        const limit = limitOf(2, 'image_count_total');
        const creations = Array.from({ length: 6 }, (_, index) =>
          outcomeOf(
            (index % 2 === 0 ? opened : opened.elsewhere).images.create(newSample({ owner, visibility: 'private' }), [
              claimOf(limit, 1),
            ]),
          ),
        );
        expect((await Promise.all(creations)).toSorted()).toEqual([...Array(4).fill('limitExceeded'), 'none', 'none']);
        expect((await opened.usage.show(owner)).image_count_total).toBe(2);
      });

      test('of uploads has the image in it that begins one', async () => {
        const limit = limitOf(1, 'image_count_uploading');
        const start = async () => {
          const image = await newImage();
          return outcomeOf(opened.work.beginUpload(workOn(image.id), at, [claimOf(limit, 0)]));
        };
        expect([await start(), await start()]).toEqual(['none', 'limitExceeded']);
        expect((await opened.usage.show(owner)).image_count_uploading).toBe(1);
      });

      test('of tags and properties holds for those added at the same time as well', async () => {
        const quotas = { tagQuota: 2, propertyQuota: 2 };
        const image = await newImage({ tags: ['a'], properties: new Map([['a', '1']]) });
        const tagged = (tag: string) => ({ ...image, tags: ['a', tag] });
        const described = (property: string) => ({
          ...image,
          properties: new Map([...image.properties, [property, '2']]),
        });
        expect(await outcomeOf(opened.images.update(image, tagged('b'), { quotas }))).toBe('none');
        expect(await outcomeOf(opened.images.update(image, tagged('c'), { quotas }))).toBe('limitExceeded');
        expect(await outcomeOf(opened.images.update(image, described('b'), { quotas }))).toBe('none');
        expect(await outcomeOf(opened.images.update(image, described('c'), { quotas }))).toBe('limitExceeded');
        expect(await outcomeOf(opened.images.addTag(image.id, 'b', { at, quota: 2 }))).toBe('none');
        expect(await outcomeOf(opened.images.addTag(image.id, 'c', { at, quota: 2 }))).toBe('limitExceeded');
        const stored = await opened.images.show({ isAdmin: true, projectId: null }, image.id);
        expect([stored?.tags, [...(stored?.properties.keys() ?? [])]]).toEqual([
          ['a', 'b'],
          ['a', 'b'],
        ]);
      });

      test('of members is looked at in the transaction that adds one', async () => {
        const { id } = await newImage();
        const additions = ['a', 'b', 'c', 'd'].map((member, index) =>
          outcomeOf((index % 2 === 0 ? opened : opened.elsewhere).members.create(id, member, { at, quota: 2 })),
        );
        expect((await Promise.all(additions)).toSorted()).toEqual(['limitExceeded', 'limitExceeded', 'none', 'none']);
        expect(await opened.members.list(id)).toHaveLength(2);
      });
    });

    test('many uploads at the limit begin only as far as they fit', async () => {
      const images = await Promise.all(Array.from({ length: 12 }, () => newImage()));
      const outcomes = await Promise.all(
        images.map(({ id }, index) =>
          outcomeOf(
            (index % 2 === 0 ? opened : opened.elsewhere).work.beginUpload(workOn(id), at, [claimOf(limitOf(50), 10)]),
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(5);
      expect(await reserved()).toBe(50);
    });

    test('whatever uploads do, a limit is never exceeded, and nothing stays reserved', async () => {
      const steps = fc.array(
        fc.record({
          actor: fc.nat(3),
          act: fc.constantFrom('begin', 'beginUnknown', 'extend', 'finish', 'undo', 'crash', 'takeOver', 'delete'),
          bytes: fc.integer({ min: 1, max: 60 }),
          isElsewhere: fc.boolean(),
        }),
        { minLength: 5, maxLength: 40 },
      );
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          await opened.clear();
          await playUploads(sequence);
        }),
        { numRuns: 25 },
      );
    });

    interface Actor {
      image: Image;
      work: ImageWork;
      held: number;
      isDead: boolean;
    }

    async function playUploads(
      sequence: readonly { actor: number; act: string; bytes: number; isElsewhere: boolean }[],
    ): Promise<void> {
      const limit = limitOf(100);
      const actors = new Map<number, Actor>();
      for (const { actor: number, act, bytes, isElsewhere } of sequence) {
        const records = isElsewhere ? opened.elsewhere : opened;
        const actor = actors.get(number);
        if (actor === undefined) {
          const begun = act.startsWith('begin')
            ? await beginAs(records, limit, act === 'begin' ? bytes : 0)
            : undefined;
          if (begun !== undefined) actors.set(number, begun);
        } else if (await step(records, { actor, act, bytes, limit })) actors.delete(number);
        await expectWithin(limit);
      }
      for (const { work } of actors.values()) expect(await opened.work.undoUpload(work, later)).toBe(true);
      expect(await opened.usage.showReserved(owner)).toEqual(nothing);
      await expectWithin(limit);
    }

    async function beginAs(records: Records, limit: ProjectLimit, bytes: number): Promise<Actor | undefined> {
      const image = newSample({ owner, visibility: 'private' });
      await records.images.create(image);
      const work = workOn(image.id);
      try {
        await records.work.beginUpload(work, at, [claimOf(limit, bytes)]);
      } catch (error) {
        if (isImageServiceError(error, 'limitExceeded')) return undefined;
        throw error;
      }
      return { image, work, held: bytes, isDead: false };
    }

    /** Gives whether the work has ended. */
    async function step(
      records: Records,
      { actor, act, bytes, limit }: { actor: Actor; act: string; bytes: number; limit: ProjectLimit },
    ): Promise<boolean> {
      const { work, image } = actor;
      if (act === 'crash') actor.isDead = true;
      if (act === 'takeOver') {
        const taken = { ...work, leaseId: randomUUID(), expiresAt: later };
        if (!(await records.work.takeOver(work, taken))) throw new Error('Nobody else could have taken it.');
        expect(await records.usage.reserve(work, [claimOf(limit, 1)])).toBeUndefined();
        expect(await records.work.undoUpload(taken, later)).toBe(true);
        return true;
      }
      if (actor.isDead) return false;
      if (act === 'undo') return records.work.undoUpload(work, later);
      if (act === 'delete') {
        const deletion = deletionOf(image.id);
        await records.work.beginDelete(deletion, () => undefined);
        await records.work.finishDelete(deletion, later);
        actor.isDead = true;
      }
      if (act === 'finish') {
        const end = { to: 'active', sizeBytes: Math.min(bytes, actor.held), locations: [one] } as const;
        return (await records.work.finishUpload(work, end, later)) === 'finished';
      }
      if (act === 'extend') {
        const [held] = (await records.usage.reserve(work, [claimOf(limit, bytes)]).catch((error: unknown) => {
          if (isImageServiceError(error, 'limitExceeded')) return [actor.held];
          throw error;
        })) ?? [0];
        actor.held = held ?? 0;
      }
      return false;
    }

    async function expectWithin({ maximum }: ProjectLimit): Promise<void> {
      const used = (await opened.usage.show(owner)).image_size_total;
      expect(used + (await reserved())).toBeLessThanOrEqual(maximum);
    }
  });
}
