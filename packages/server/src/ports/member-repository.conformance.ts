/** What every keeper of members must do, as `member-repository.ts` promises it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deletionOf, deleteRecord, later, newSample } from './image-repository.conformance.ts';
import type { OpenedRecords } from './image-repository.conformance.ts';
import type { MemberRepository } from './member-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

const at = new Date('2026-03-01T09:00:00.001Z');

export function describeMemberRepositoryConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as a member repository`, () => {
    let opened: OpenedRecords;
    let members: MemberRepository;

    beforeAll(async () => {
      opened = await open();
      members = opened.members;
    });

    afterAll(() => opened.close());

    async function newImage(): Promise<string> {
      const image = newSample();
      await opened.images.create(image);
      return image.id;
    }

    test('creates a pending member and gives it back from everywhere', async () => {
      const imageId = await newImage();
      const member = { imageId, memberId: 'p', status: 'pending', createdAt: at, updatedAt: at };
      expect(await members.create(imageId, 'p', { at, quota: -1 })).toEqual(member);
      expect(await members.show(imageId, 'p')).toEqual(member);
      expect(await members.list(imageId)).toEqual([member]);
      expect(await opened.elsewhere.members.show(imageId, 'p')).toEqual(member);
    });

    test('lists live members in row order, or the row of one project', async () => {
      const imageId = await newImage();
      for (const memberId of ['z', 'a', 'm']) await members.create(imageId, memberId, { at, quota: -1 });
      await members.delete(imageId, 'a', later);
      expect((await members.list(imageId)).map(({ memberId }) => memberId)).toEqual(['z', 'm']);
      expect((await members.list(imageId, 'm')).map(({ memberId }) => memberId)).toEqual(['m']);
      expect(await members.list(imageId, 'a')).toEqual([]);
      expect(await members.list(randomUUID())).toEqual([]);
    });

    test('refuses a member that is there: conflict, its status stays', async () => {
      const imageId = await newImage();
      await members.create(imageId, 'p', { at, quota: -1 });
      await members.update(imageId, 'p', { status: 'accepted', at });
      expect(await outcomeOf(members.create(imageId, 'p', { at: later, quota: -1 }))).toBe('conflict');
      expect((await members.show(imageId, 'p'))?.status).toBe('accepted');
    });

    test('lets one of many who add the same member win', async () => {
      const imageId = await newImage();
      const outcomes = await Promise.all(
        [members, opened.elsewhere.members, members, opened.elsewhere.members].map((repository) =>
          outcomeOf(repository.create(imageId, 'p', { at, quota: -1 })),
        ),
      );
      expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'none']);
      expect(await members.list(imageId)).toHaveLength(1);
    });

    test('revives a removed member as pending with its time of creation', async () => {
      const imageId = await newImage();
      await members.create(imageId, 'p', { at, quota: -1 });
      await members.update(imageId, 'p', { status: 'rejected', at });
      expect(await members.delete(imageId, 'p', at)).toBe(true);
      const revived = { imageId, memberId: 'p', status: 'pending', createdAt: at, updatedAt: later };
      expect(await members.create(imageId, 'p', { at: later, quota: -1 })).toEqual(revived);
      expect(await members.list(imageId)).toEqual([revived]);
    });

    test('removes and revives again and again', async () => {
      const imageId = await newImage();
      for (let round = 0; round < 3; round += 1) {
        await members.create(imageId, 'p', { at, quota: -1 });
        expect(await members.delete(imageId, 'p', at)).toBe(true);
        expect(await members.delete(imageId, 'p', at)).toBe(false);
      }
    });

    test('updates the status and the time of it', async () => {
      const imageId = await newImage();
      await members.create(imageId, 'p', { at, quota: -1 });
      const updated = { imageId, memberId: 'p', status: 'accepted', createdAt: at, updatedAt: later };
      expect(await members.update(imageId, 'p', { status: 'accepted', at: later })).toEqual(updated);
      expect(await members.show(imageId, 'p')).toEqual(updated);
    });

    test('knows nothing of a member that was never there or was removed', async () => {
      const imageId = await newImage();
      await members.create(imageId, 'gone', { at, quota: -1 });
      await members.delete(imageId, 'gone', at);
      for (const memberId of ['never', 'gone', 'GONE']) {
        expect(await members.show(imageId, memberId)).toBeUndefined();
        expect(await members.update(imageId, memberId, { status: 'accepted', at })).toBeUndefined();
        expect(await members.delete(imageId, memberId, at)).toBe(false);
      }
    });

    test('adds nobody to an image that is gone or being deleted: notFound', async () => {
      const gone = await newImage();
      await deleteRecord(opened, gone);
      const leaving = await newImage();
      await opened.work.beginDelete(deletionOf(leaving), () => undefined);
      for (const imageId of [gone, leaving, randomUUID()]) {
        expect(await outcomeOf(members.create(imageId, 'p', { at, quota: -1 }))).toBe('notFound');
      }
    });

    test('forgets the members of a deleted image', async () => {
      const imageId = await newImage();
      await members.create(imageId, 'p', { at, quota: -1 });
      await deleteRecord(opened, imageId);
      expect(await members.list(imageId)).toEqual([]);
      expect(await members.show(imageId, 'p')).toBeUndefined();
    });
  });
}
