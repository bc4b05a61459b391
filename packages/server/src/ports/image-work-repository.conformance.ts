/** What every keeper of leased work must do, as `image-work-repository.ts` promises it. */
import { randomUUID } from 'node:crypto';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forbidden } from '../domain/errors.ts';
import type { Image } from '../domain/images/image.ts';
import { admin, deletionOf, later, newSample, taskOn } from './image-repository.conformance.ts';
import type { OpenedRecords } from './image-repository.conformance.ts';
import type { ImageWork, ImageWorkRepository } from './image-work-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

const at = new Date('2026-03-01T09:30:00.250Z');
const expiresAt = new Date('2026-03-01T09:31:00.500Z');

const data = {
  to: 'active',
  sizeBytes: 10,
  virtualSizeBytes: 20n,
  checksum: 'c',
  hashAlgorithm: 'sha512',
  hashValue: 'h',
  locations: [{ url: 'file:///data', metadata: {} }],
} as const;

const withoutData = {
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
};

export function describeImageWorkRepositoryConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as an image work repository`, () => {
    let opened: OpenedRecords;
    let work: ImageWorkRepository;

    beforeAll(async () => {
      opened = await open();
      work = opened.work;
    });

    beforeEach(() => opened.clear());
    afterAll(() => opened.close());

    async function newImage(overrides: Partial<Image> = {}): Promise<Image> {
      const image = newSample(overrides);
      await opened.images.create(image);
      return image;
    }

    function uploadOf(imageId: string, overrides: Partial<ImageWork> = {}): ImageWork {
      return { ...deletionOf(imageId), kind: 'upload', expiresAt, ...overrides };
    }

    async function uploading(overrides: Partial<Image> = {}): Promise<{ image: Image; upload: ImageWork }> {
      const image = await newImage(overrides);
      const upload = uploadOf(image.id);
      await work.beginUpload(upload, at);
      return { image, upload };
    }

    function show(imageId: string): Promise<Image | undefined> {
      return opened.images.show(admin, imageId);
    }

    /** The work after somebody else took it over. */
    async function takenOver(expired: ImageWork): Promise<ImageWork> {
      const lease = { leaseId: randomUUID(), expiresAt: later };
      expect(await opened.elsewhere.work.takeOver(expired, lease)).toBe(true);
      return { ...expired, ...lease };
    }

    function noCheck(): void {}

    describe('an upload', () => {
      test('begins on a queued image, which is saving then', async () => {
        const image = await newImage({ tags: ['t'] });
        const begun = { ...image, status: 'saving', updatedAt: at };
        expect(await work.beginUpload(uploadOf(image.id), at)).toEqual(begun);
        expect(await show(image.id)).toEqual(begun);
      });

      test.each(imageStatuses.filter((status) => status !== 'queued'))(
        'does not begin on an image in status %s',
        async (status) => {
          const image = await newImage({ status });
          expect(await work.beginUpload(uploadOf(image.id), at)).toBeUndefined();
          expect(await work.listExpired(later)).toEqual([]);
        },
      );

      test('does not begin on an image nobody has', async () => {
        expect(await work.beginUpload(uploadOf(randomUUID()), at)).toBeUndefined();
        expect(await work.listExpired(later)).toEqual([]);
      });

      test('is begun by one of many', async () => {
        const image = await newImage();
        const begun = await Promise.all(
          [work, opened.elsewhere.work, work, opened.elsewhere.work].map((repository) =>
            repository.beginUpload(uploadOf(image.id), at),
          ),
        );
        expect(begun.filter((found) => found !== undefined)).toHaveLength(1);
      });

      test('finishes with the data, once', async () => {
        const { image, upload } = await uploading();
        expect(await work.finishUpload(upload, data, later)).toBe('finished');
        const { to: status, ...attributes } = data;
        expect(await show(image.id)).toEqual({ ...image, ...attributes, status, updatedAt: later });
        expect(await work.finishUpload(upload, data, later)).toBe('lease-lost');
        expect(await work.listExpired(later)).toEqual([]);
      });

      test('is undone to queued without anything of data, once', async () => {
        const { image, upload } = await uploading({ checksum: 'old', sizeBytes: 3, locations: data.locations });
        expect(await work.undoUpload(upload, later)).toBe(true);
        expect(await show(image.id)).toEqual({ ...image, ...withoutData, status: 'queued', updatedAt: later });
        expect(await work.undoUpload(upload, later)).toBe(false);
      });

      test('that was taken over can be neither renewed, finished nor undone by who had it', async () => {
        const { image, upload } = await uploading();
        const recovered = await takenOver(upload);
        expect(await work.renew(upload)).toBe(false);
        expect(await work.finishUpload(upload, data, later)).toBe('lease-lost');
        expect(await work.undoUpload(upload, later)).toBe(false);
        expect((await show(image.id))?.status).toBe('saving');
        expect(await work.undoUpload(recovered, later)).toBe(true);
        expect((await show(image.id))?.status).toBe('queued');
      });

      test('that was taken over and begun anew does not end the new one', async () => {
        const { image, upload } = await uploading();
        await work.undoUpload(await takenOver(upload), later);
        const second = uploadOf(image.id);
        await work.beginUpload(second, later);
        expect(await work.finishUpload(upload, data, later)).toBe('lease-lost');
        expect(await work.undoUpload(upload, later)).toBe(false);
        expect(await work.finishUpload(second, data, later)).toBe('finished');
      });

      test('whose image is deleted meanwhile writes nothing and keeps its lease until it is undone', async () => {
        const { image, upload } = await uploading();
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        expect(await work.finishUpload(upload, data, later)).toBe('image-gone');
        await work.finishDelete(deletion, later);
        expect(await work.finishUpload(upload, data, later)).toBe('image-gone');
        expect(await work.listExpired(expiresAt)).toEqual([upload]);
        expect(await work.undoUpload(upload, later)).toBe(true);
        expect(await work.listExpired(later)).toEqual([]);
        expect(await show(image.id)).toBeUndefined();
      });

      test('whose image became another status meanwhile leaves it', async () => {
        const { image, upload } = await uploading();
        await opened.images.changeStatus(image.id, { from: ['saving'], to: 'killed' }, later);
        expect(await work.finishUpload(upload, data, later)).toBe('image-gone');
        expect(await work.undoUpload(upload, later)).toBe(true);
        expect((await show(image.id))?.status).toBe('killed');
      });
    });

    describe('a deletion', () => {
      test.each(imageStatuses.filter((status) => status !== 'deleted' && status !== 'pending_delete'))(
        'ends an image in status %s for everybody as soon as it begins, and gives it as it was',
        async (status) => {
          const image = await newImage({ status, locations: data.locations });
          expect(await work.beginDelete(deletionOf(image.id), noCheck)).toEqual(image);
          expect(await show(image.id)).toBeUndefined();
          const others = opened.elsewhere.work;
          expect(await others.beginDelete(deletionOf(image.id), noCheck)).toBeUndefined();
          expect(await others.beginUpload(uploadOf(image.id), at)).toBeUndefined();
        },
      );

      test('is begun by one of many', async () => {
        const image = await newImage();
        const begun = await Promise.all(
          [work, opened.elsewhere.work, work, opened.elsewhere.work].map((repository) =>
            repository.beginDelete(deletionOf(image.id), noCheck),
          ),
        );
        expect(begun.filter((found) => found !== undefined)).toHaveLength(1);
      });

      test('that the check refuses leaves everything as it was: what the check raised', async () => {
        const image = await newImage({ protected: true });
        const refused = work.beginDelete(deletionOf(image.id), (found) => {
          if (found.protected) throw forbidden('It is protected.');
        });
        expect(await outcomeOf(refused)).toBe('forbidden');
        expect(await show(image.id)).toEqual(image);
        expect(await work.listExpired(later)).toEqual([]);
      });

      test('begun again by who holds it gives the locations again', async () => {
        const image = await newImage({ status: 'active', locations: data.locations });
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        expect((await work.beginDelete(deletion, noCheck))?.locations).toEqual(data.locations);
        const recovered = await takenOver(deletion);
        expect((await work.beginDelete(recovered, noCheck))?.locations).toEqual(data.locations);
        expect(await work.beginDelete(deletion, noCheck)).toBeUndefined();
      });

      test('gives the image as it was, whoever begins it again, and its data may wait to be removed', async () => {
        const image = await newImage({ status: 'deactivated', locations: data.locations, tags: ['t'] });
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        expect(await work.beginDelete(await takenOver(deletion), noCheck)).toEqual(image);
        expect(await work.finishDelete(deletion, later, 'pending_delete')).toBe(true);
        expect(await show(image.id)).toBeUndefined();
        expect(await outcomeOf(opened.images.create(image))).toBe('conflict');
        expect(await opened.scrub.findDeleted(image.id)).toEqual({ kind: 'restorable', locations: data.locations });
      });

      test('finishes once, whoever holds it, and then there is no work left', async () => {
        const image = await newImage();
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        const recovered = await takenOver(deletion);
        expect(await work.finishDelete(deletion, later)).toBe(true);
        expect(await work.finishDelete(recovered, later)).toBe(false);
        expect(await work.listExpired(later)).toEqual([]);
        expect(await work.beginDelete(recovered, noCheck)).toBeUndefined();
      });

      test('that never began cannot be finished', async () => {
        const image = await newImage();
        expect(await work.finishDelete(deletionOf(image.id), later)).toBe(false);
        expect(await show(image.id)).toEqual(image);
      });

      test.each([
        ['active', 'active'],
        ['deactivated', 'deactivated'],
        ['queued', 'queued'],
        ['killed', 'killed'],
        // Its upload may have found the image gone and given up; nobody would end the saving.
        ['saving', 'queued'],
      ] as const)('of an image in status %s is reverted to status %s', async (status, reverted) => {
        const image = await newImage({ status, locations: data.locations, tags: ['t'] });
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        expect(await work.revertDelete(deletion)).toBe(true);
        expect(await show(image.id)).toEqual({ ...image, status: reverted });
        expect(await work.revertDelete(deletion)).toBe(false);
        expect(await work.listExpired(later)).toEqual([]);
      });

      test('that was taken over cannot be reverted by who had it', async () => {
        const image = await newImage({ status: 'active' });
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        const recovered = await takenOver(deletion);
        expect(await work.revertDelete(deletion)).toBe(false);
        expect(await work.renew(deletion)).toBe(false);
        expect(await show(image.id)).toBeUndefined();
        expect(await work.revertDelete(recovered)).toBe(true);
      });
    });

    describe('a task', () => {
      test('does not begin while data that the image dropped are being removed: locked', async () => {
        const locations = [...data.locations, { url: 'file:///other', metadata: {} }];
        const image = await newImage({ status: 'active', locations });
        const scrub = deletionOf(image.id, { kind: 'scrub' });
        await opened.images.update(image, { ...image, locations: data.locations }, { scrub });
        const [task, record] = taskOn(image.id, 'api_image_import');
        const start = { task: record, from: ['active'], isStale: () => true } as const;
        expect((await work.beginTask(task, start, at)).kind).toBe('locked');
        await opened.scrub.markRemoved(scrub, 'file:///other', at);
        expect((await work.beginTask(task, start, at)).kind).toBe('begun');
      });
    });

    describe('a lease', () => {
      test('is listed from the moment it expires, the longest expired first, also for one image', async () => {
        const first = await newImage();
        const second = await newImage();
        const early = uploadOf(first.id, { expiresAt: new Date('2026-03-01T09:30:00.999Z') });
        const late = uploadOf(second.id, { expiresAt: new Date('2026-03-01T09:31:00.000Z') });
        await work.beginUpload(late, at);
        await work.beginUpload(early, at);
        expect(await work.listExpired(new Date('2026-03-01T09:30:00.998Z'))).toEqual([]);
        expect(await work.listExpired(new Date('2026-03-01T09:30:00.999Z'))).toEqual([early]);
        expect(await opened.elsewhere.work.listExpired(later)).toEqual([early, late]);
        expect(await work.listExpired(later, second.id)).toEqual([late]);
        expect(await work.listExpired(later, randomUUID())).toEqual([]);
      });

      test('is listed with at most 99 others', async () => {
        for (let count = 0; count < 101; count += 1) await uploading();
        expect(await work.listExpired(later)).toHaveLength(100);
      });

      test('is moved by renewing it', async () => {
        const { upload } = await uploading();
        const renewed = { ...upload, expiresAt: later };
        expect(await work.renew(renewed)).toBe(true);
        expect(await work.listExpired(expiresAt)).toEqual([]);
        expect(await work.listExpired(later)).toEqual([renewed]);
        expect(await work.finishUpload(upload, data, at)).toBe('finished');
        expect(await work.renew(renewed)).toBe(false);
      });

      test('of an upload is not renewed once the image is being deleted, and can still be taken over', async () => {
        const { image, upload } = await uploading();
        await work.beginDelete(deletionOf(image.id), noCheck);
        expect(await work.renew(upload)).toBe(false);
        await takenOver(upload);
      });

      test('is taken over by one of many', async () => {
        const { upload } = await uploading();
        const taken = await Promise.all(
          [work, opened.elsewhere.work, work, opened.elsewhere.work].map((repository) =>
            repository.takeOver(upload, { leaseId: randomUUID(), expiresAt: later }),
          ),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
      });

      test('is not taken over when it was renewed or ended meanwhile', async () => {
        const { upload } = await uploading();
        const lease = { leaseId: randomUUID(), expiresAt: later };
        await work.renew({ ...upload, expiresAt: later });
        expect(await work.takeOver(upload, lease)).toBe(false);
        await work.undoUpload(upload, at);
        expect(await work.takeOver({ ...upload, expiresAt: later }, lease)).toBe(false);
      });

      test('of an upload and of a deletion of one image stand side by side', async () => {
        const { image, upload } = await uploading();
        const deletion = deletionOf(image.id);
        await work.beginDelete(deletion, noCheck);
        expect(await work.listExpired(later)).toEqual([upload, deletion]);
        await work.finishDelete(deletion, later);
        expect(await work.listExpired(later)).toEqual([upload]);
      });

      test('of an earlier attempt is superseded when the image was queued by other hands', async () => {
        const { image, upload } = await uploading();
        await opened.images.changeStatus(image.id, { from: ['saving'], to: 'queued' }, at);
        const second = uploadOf(image.id);
        await work.beginUpload(second, at);
        expect(await work.listExpired(later)).toEqual([second]);
        expect(await work.finishUpload(upload, data, at)).toBe('lease-lost');
      });
    });
  });
}
