/** What every keeper of data that wait to be removed must do, as `scrub-repository.ts` promises it. */
import { randomUUID } from 'node:crypto';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import { admin, deletionOf, later, newSample } from './image-repository.conformance.ts';
import type { OpenedRecords } from './image-repository.conformance.ts';
import type { ImageWork } from './image-work-repository.ts';
import type { ScrubRepository } from './scrub-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

const at = new Date('2026-03-01T11:00:00.500Z');
const [one, two] = [
  { url: 'file:///one', metadata: { store: 's' } },
  { url: 'http://two', metadata: {} },
] as const;

export function describeScrubRepositoryConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as a scrub repository`, () => {
    let opened: OpenedRecords;
    let scrub: ScrubRepository;

    beforeAll(async () => {
      opened = await open();
      scrub = opened.scrub;
    });

    beforeEach(() => opened.clear());
    afterAll(() => opened.close());

    function workOn(imageId: string): ImageWork {
      return deletionOf(imageId, { kind: 'scrub' });
    }

    function show(imageId: string): Promise<Image | undefined> {
      return opened.images.show(admin, imageId);
    }

    /** An image whose deletion was put off at that time. */
    async function deleted(overrides: Partial<Image> = {}, deletedAt = later): Promise<Image> {
      const image = newSample({ status: 'active', locations: [one, two], ...overrides });
      await opened.images.create(image);
      const deletion = deletionOf(image.id);
      await opened.work.beginDelete(deletion, () => undefined);
      await opened.work.finishDelete(deletion, deletedAt, 'pending_delete');
      return image;
    }

    /** An image that dropped the second of its locations, and the work that is to remove its data. */
    async function dropping(): Promise<{ image: Image; work: ImageWork }> {
      const before = newSample({ status: 'active', locations: [one, two] });
      await opened.images.create(before);
      const work = workOn(before.id);
      const image = await opened.images.update(before, { ...before, locations: [one] }, { scrub: work });
      return { image, work };
    }

    async function begun(image: Image): Promise<ImageWork> {
      const work = workOn(image.id);
      expect(await scrub.begin(work, later)).toBe(true);
      return work;
    }

    describe('data of deleted images', () => {
      test('are due from the moment they have waited long enough, those that wait longest first', async () => {
        const young = await deleted();
        const old = await deleted({}, new Date('2026-03-01T09:59:00Z'));
        expect(await scrub.listDue(new Date('2026-03-01T09:58:59Z'))).toEqual([]);
        expect(await scrub.listDue(new Date(later.getTime() - 1))).toEqual([old.id]);
        expect(await opened.elsewhere.scrub.listDue(later)).toEqual([old.id, young.id]);
        expect(await scrub.begin(workOn(young.id), new Date(later.getTime() - 1))).toBe(false);
      });

      test('are listed page by page, each image once', async () => {
        const images = await Promise.all(Array.from({ length: 5 }, () => deleted()));
        const all = await scrub.listDue(later);
        expect(all.toSorted()).toEqual(images.map(({ id }) => id).toSorted());
        for (const [index, id] of all.entries()) expect(await scrub.listDue(later, id)).toEqual(all.slice(index + 1));
      });

      test('are one process’s at a time', async () => {
        const image = await deleted();
        const outcomes = await Promise.all(
          [scrub, opened.elsewhere.scrub, scrub, opened.elsewhere.scrub].map((repository) =>
            repository.begin(workOn(image.id), later),
          ),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        expect(await scrub.listDue(later)).toEqual([]);
      });

      test('are gone one after the other, and with the last of them the image is deleted', async () => {
        const image = await deleted();
        const work = await begun(image);
        const waiting = { locations: [one, two], keptUrls: [], isRestorable: true };
        expect(await scrub.listWaiting(work)).toEqual(waiting);
        expect(await scrub.markRemoved(work, two.url, at)).toBe(true);
        expect(await scrub.listWaiting(work)).toEqual({ ...waiting, locations: [one] });
        expect(await scrub.markRemoved(work, one.url, at)).toBe(true);
        expect(await scrub.listWaiting(work)).toEqual({ locations: [], keptUrls: [], isRestorable: false });
        await scrub.end(work, at);
        expect(await scrub.listDue(at)).toEqual([]);
        expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'gone' });
        expect(await opened.work.listExpired(at)).toEqual([]);
      });

      test('that wait still when the work ends are due again', async () => {
        const image = await deleted();
        const work = await begun(image);
        await scrub.markRemoved(work, two.url, at);
        await scrub.end(work, at);
        expect(await scrub.listDue(later)).toEqual([image.id]);
        expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'restorable', locations: [one] });
      });

      test('cannot be touched by who lost the lease', async () => {
        const image = await deleted();
        const work = await begun(image);
        const lease = { leaseId: randomUUID(), expiresAt: at };
        expect(await opened.elsewhere.work.takeOver(work, lease)).toBe(true);
        expect(await scrub.listWaiting(work)).toBeUndefined();
        expect(await scrub.markRemoved(work, one.url, at)).toBe(false);
        expect(await scrub.giveBack(work, one.url, at)).toBe(false);
        await scrub.end(work, at);
        const other = { ...work, ...lease };
        expect((await scrub.listWaiting(other))?.locations).toEqual([one, two]);
        await scrub.end(other, at);
        expect(await scrub.begin(workOn(image.id), later)).toBe(true);
      });

      test('are not those of images that are not deleted, or were deleted at once', async () => {
        const live = newSample({ status: 'active', locations: [one] });
        await opened.images.create(live);
        const gone = newSample({ status: 'active', locations: [one] });
        await opened.images.create(gone);
        const deletion = deletionOf(gone.id);
        await opened.work.beginDelete(deletion, () => undefined);
        await opened.work.finishDelete(deletion, later);
        expect(await scrub.listDue(at)).toEqual([]);
        for (const { id } of [live, gone, newSample()]) expect(await scrub.begin(workOn(id), at)).toBe(false);
      });
    });

    describe('data that an image dropped', () => {
      test('wait under the work that was begun with it, and are no location any more', async () => {
        const { image, work } = await dropping();
        expect((await show(image.id))?.locations).toEqual([one]);
        expect(await scrub.listWaiting(work)).toEqual({ locations: [two], keptUrls: [one.url], isRestorable: false });
        expect(await scrub.listDue(at)).toEqual([]);
        expect(await scrub.begin(workOn(image.id), at)).toBe(false);
      });

      test('are due at once when nobody is at work on them', async () => {
        const { image, work } = await dropping();
        await scrub.end(work, at);
        expect(await scrub.listDue(new Date(0))).toEqual([image.id]);
        expect(await scrub.begin(workOn(image.id), new Date(0))).toBe(true);
      });

      test('are gone without the image', async () => {
        const { image, work } = await dropping();
        expect(await scrub.markRemoved(work, two.url, at)).toBe(true);
        await scrub.end(work, at);
        expect(await scrub.listDue(at)).toEqual([]);
        expect((await show(image.id))?.locations).toEqual([one]);
      });

      test('are given back to the image', async () => {
        const { image, work } = await dropping();
        expect(await scrub.giveBack(work, two.url, at)).toBe(true);
        expect(await show(image.id)).toEqual({ ...image, locations: [one, two], updatedAt: at });
        expect((await scrub.listWaiting(work))?.locations).toEqual([]);
      });

      test('are not given back to an image that was deleted meanwhile', async () => {
        const { image, work } = await dropping();
        const deletion = deletionOf(image.id);
        await opened.work.beginDelete(deletion, () => undefined);
        expect(await scrub.giveBack(work, two.url, at)).toBe(false);
        await opened.work.finishDelete(deletion, later);
        expect(await scrub.giveBack(work, two.url, at)).toBe(false);
        expect((await scrub.listWaiting(work))?.locations).toEqual([two]);
        await scrub.end(work, at);
        expect(await scrub.listDue(new Date(0))).toEqual([image.id]);
      });

      describe('and that was deleted afterwards, to be removed later', () => {
        /** The first location went with the image, the second was dropped before. */
        async function droppedAndDeleted(): Promise<{ image: Image; work: ImageWork }> {
          const { image, work } = await dropping();
          const deletion = deletionOf(image.id);
          await opened.work.beginDelete(deletion, () => undefined);
          await opened.work.finishDelete(deletion, later, 'pending_delete');
          return { image, work };
        }

        test('are all that the work is about, whoever holds it; the image can be restored', async () => {
          const { image, work } = await droppedAndDeleted();
          const lease = { leaseId: randomUUID(), expiresAt: at };
          expect(await opened.elsewhere.work.takeOver(work, lease)).toBe(true);
          const [resumed] = await scrubWorkOf(image);
          if (resumed === undefined) throw new Error('It was taken over.');
          const waiting = { locations: [two], keptUrls: [one.url], isRestorable: true };
          expect(await scrub.listWaiting(resumed)).toEqual(waiting);
          expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'restorable', locations: [one] });
          expect(await scrub.markRemoved(resumed, one.url, at)).toBe(true);
          expect(await scrub.markRemoved(resumed, two.url, at)).toBe(true);
          expect(await scrub.listWaiting(resumed)).toEqual({ ...waiting, locations: [] });
          await scrub.end(resumed, at);
          expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'restorable', locations: [one] });
          expect(await scrub.restore(image.id, [one.url], at)).toBe(true);
        });

        function scrubWorkOf(image: Image): Promise<readonly ImageWork[]> {
          return opened.work.listExpired(at, image.id);
        }

        test('are all that work begun before the deletion is about', async () => {
          const { image, work } = await dropping();
          await scrub.end(work, at);
          const begunBefore = await begun(image);
          const deletion = deletionOf(image.id);
          await opened.work.beginDelete(deletion, () => undefined);
          await opened.work.finishDelete(deletion, later, 'pending_delete');
          expect((await scrub.listWaiting(begunBefore))?.locations).toEqual([two]);
        });

        test('wait on when the image is restored, and are no location of it', async () => {
          const { image, work } = await droppedAndDeleted();
          expect(await scrub.restore(image.id, [two.url], at)).toBe(false);
          expect(await scrub.restore(image.id, [one.url, two.url], at)).toBe(true);
          expect((await show(image.id))?.locations).toEqual([one]);
          expect(await scrub.listWaiting(work)).toEqual({
            locations: [two],
            keptUrls: [one.url],
            isRestorable: false,
          });
          await scrub.end(work, at);
          expect(await scrub.listDue(new Date(0))).toEqual([image.id]);
        });

        test('are due with the others, whose work takes the place of theirs', async () => {
          const { image, work } = await droppedAndDeleted();
          expect(await scrub.listDue(new Date(later.getTime() - 1))).toEqual([]);
          expect(await scrub.begin(workOn(image.id), new Date(later.getTime() - 1))).toBe(false);
          expect(await scrub.listDue(later)).toEqual([image.id]);
          const whole = await begun(image);
          expect(await scrub.listWaiting(work)).toBeUndefined();
          expect((await scrub.listWaiting(whole))?.locations).toHaveLength(2);
          expect(await scrub.restore(image.id, [one.url], at)).toBe(false);
          expect(await scrub.begin(workOn(image.id), later)).toBe(false);
          expect(await opened.work.renew(whole)).toBe(true);
          await scrub.markRemoved(whole, one.url, at);
          await scrub.end(whole, at);
          expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'gone' });
          expect(await scrub.listDue(later)).toEqual([image.id]);
        });

        test('of a URL that the image had again are the data of the image', async () => {
          const { image, work } = await dropping();
          await opened.images.update(image, { ...image, locations: [one, two] });
          const deletion = deletionOf(image.id);
          await opened.work.beginDelete(deletion, () => undefined);
          await opened.work.finishDelete(deletion, later, 'pending_delete');
          expect((await scrub.listWaiting(work))?.keptUrls.toSorted()).toEqual([one.url, two.url].toSorted());
          await scrub.markRemoved(work, two.url, at);
          await scrub.end(work, at);
          expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'restorable', locations: [one, two] });
        });
      });

      test('count as stored until they are gone', async () => {
        const owner = randomUUID();
        const before = newSample({ owner, status: 'active', sizeBytes: 5, locations: [one, two] });
        await opened.images.create(before);
        const work = workOn(before.id);
        await opened.images.update(before, { ...before, locations: [one] }, { scrub: work });
        expect((await opened.usage.show(owner)).image_size_total).toBe(10);
        await scrub.markRemoved(work, two.url, at);
        expect((await opened.usage.show(owner)).image_size_total).toBe(5);
      });
    });

    describe('an image whose deletion was put off', () => {
      const full: Partial<Image> = {
        status: 'deactivated',
        sizeBytes: 5,
        checksum: 'c',
        hashAlgorithm: 'sha512',
        hashValue: 'h',
        protected: true,
        tags: ['a', 'b'],
        properties: new Map([
          ['p', '1'],
          ['os_glance_failed_import', ''],
        ]),
      };

      test('is restored as active with all that went with it', async () => {
        const image = await deleted(full);
        expect(await scrub.restore(image.id, [one.url, two.url], at)).toBe(true);
        expect(await show(image.id)).toEqual({ ...image, status: 'active', updatedAt: at });
        expect(await scrub.listDue(at)).toEqual([]);
        expect(await outcomeOf(opened.images.addTag(image.id, 'c', { at, quota: -1 }))).toBe('none');
      });

      test('is restored with its members, and without those it had lost before', async () => {
        const image = newSample({ status: 'active', locations: [one], tags: ['t'], properties: new Map([['p', '1']]) });
        await opened.images.create(image);
        for (const member of ['kept', 'lost']) await opened.members.create(image.id, member, { at, quota: -1 });
        const earlier = new Date('2026-03-01T09:10:00Z');
        await opened.members.delete(image.id, 'lost', earlier);
        await opened.images.removeTag(image.id, 't', earlier);
        const found = await show(image.id);
        if (found === undefined) throw new Error('It is there.');
        await opened.images.update(found, { ...found, properties: new Map(), updatedAt: earlier });
        const deletion = deletionOf(image.id);
        await opened.work.beginDelete(deletion, () => undefined);
        await opened.work.finishDelete(deletion, later, 'pending_delete');
        await scrub.restore(image.id, [one.url], at);
        expect((await opened.members.list(image.id)).map(({ memberId }) => memberId)).toEqual(['kept']);
        expect(await show(image.id)).toMatchObject({ tags: [], properties: new Map() });
      });

      test('is restored without what was noted about work under way', async () => {
        const notes = ['os_glance_import_task', 'os_glance_hash_op_host', 'os_glance_importing_to_stores'];
        const properties = new Map([...notes, 'os_glance_stage_host', 'p'].map((note) => [note, 'x'] as const));
        const image = await deleted({ properties });
        await scrub.restore(image.id, [one.url], at);
        expect((await show(image.id))?.properties).toEqual(new Map([['p', 'x']]));
      });

      test('is restored with some of its locations; the others are gone for good', async () => {
        const image = await deleted();
        expect(await scrub.restore(image.id, [two.url], at)).toBe(true);
        expect((await show(image.id))?.locations).toEqual([two]);
        expect(await scrub.listDue(at)).toEqual([]);
      });

      test('is not restored while somebody removes its data, without data, twice or after they are gone', async () => {
        const image = await deleted();
        expect(await scrub.restore(image.id, [], at)).toBe(false);
        const work = await begun(image);
        expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'gone' });
        expect(await scrub.restore(image.id, [one.url], at)).toBe(false);
        for (const { url } of [one, two]) await scrub.markRemoved(work, url, at);
        await scrub.end(work, at);
        expect(await scrub.restore(image.id, [one.url], at)).toBe(false);
        const other = await deleted();
        expect(await scrub.restore(other.id, [one.url], at)).toBe(true);
        expect(await scrub.restore(other.id, [one.url], at)).toBe(false);
      });

      test('is either restored or its data are removed, never both', async () => {
        for (let round = 0; round < 5; round += 1) {
          const image = await deleted();
          const [isRestored, isBegun] = await Promise.all([
            opened.elsewhere.scrub.restore(image.id, [one.url, two.url], at),
            scrub.begin(workOn(image.id), later),
          ]);
          expect([isRestored, isBegun].filter(Boolean)).toHaveLength(1);
        }
      });

      test('can be deleted again after it was restored', async () => {
        const image = await deleted();
        await scrub.restore(image.id, [one.url, two.url], at);
        const deletion = deletionOf(image.id);
        await opened.work.beginDelete(deletion, () => undefined);
        await opened.work.finishDelete(deletion, at, 'pending_delete');
        expect(await scrub.listDue(later)).toEqual([]);
        expect(await scrub.listDue(at)).toEqual([image.id]);
      });
    });

    test.each(imageStatuses.filter((status) => status !== 'deleted' && status !== 'pending_delete'))(
      'an image in status %s was not deleted',
      async (status) => {
        const image = newSample({ status });
        await opened.images.create(image);
        expect(await scrub.findDeleted(image.id)).toEqual({ kind: 'live' });
      },
    );

    test('an id nobody used is not known', async () => {
      expect(await scrub.findDeleted(randomUUID())).toEqual({ kind: 'unknown' });
      expect(await scrub.restore(randomUUID(), [one.url], at)).toBe(false);
    });
  });
}
