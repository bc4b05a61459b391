import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError, conflict, forbidden } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { deleteImage } from '../images/delete.ts';
import { restoreImage } from '../images/restore.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  callsOf,
  failingAt,
  findImage,
  interfereWith,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  stoppingAt,
} from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { scrubDueData } from './scrub.ts';

const bytes = randomBytes(40);
const delaySeconds = 600;

function open(scrubPoolSize = 2): TestService {
  return openTestService({ deletion: { delaySeconds, scrubPoolSize } });
}

function remove(parts: ServiceParts, imageId: string): Promise<void> {
  return deleteImage(parts, owner, { imageId, precondition: null, call: null });
}

async function deleted(service: TestService, overrides: Partial<Image> = {}): Promise<Image> {
  const image = await addActiveImage(service, bytes, overrides);
  await remove(service.parts, image.id);
  return image;
}

function statusOf(service: TestService, { id }: Image): string | undefined {
  return service.database.records.get(id)?.image.status;
}

/** A store that answers every deletion with that error. */
function raising(service: TestService, error: Error): ServiceParts {
  return interfereWith(service.parts, {
    before(call) {
      if (call === 'store.delete') throw error;
    },
    after: () => undefined,
  });
}

describe('A deletion that is put off', () => {
  test.each(['active', 'deactivated'] as const)(
    'ends an image in status %s for everybody, and keeps its data',
    async (status) => {
      const service = open();
      const image = await deleted(service, { status });
      expect(await findImage(service, image.id)).toBeUndefined();
      expect(await outcomeOf(remove(service.parts, image.id))).toBe('notFound');
      expect(await outcomeOf(addImage(service, { id: image.id }))).toBe('conflict');
      expect(statusOf(service, image)).toBe('pending_delete');
      expect(service.store.objects.size).toBe(1);
      expect(await scrubDueData(service.parts)).toBe(0);
      expect([...service.database.works.values()]).toEqual([]);
    },
  );

  test.each(['queued', 'saving', 'uploading', 'importing', 'killed'] as const)(
    'is not put off for an image in status %s, whose data are not whole',
    async (status) => {
      const service = open();
      const image = await deleted(service, { status });
      expect(statusOf(service, image)).toBe('deleted');
      expect(service.store.objects.size).toBe(0);
    },
  );

  test('is not put off for an image without data', async () => {
    const service = open();
    const image = await addImage(service, { status: 'active' });
    await remove(service.parts, image.id);
    expect(statusOf(service, image)).toBe('deleted');
  });

  test('interrupted at any call leaves the image as it was, or deleted with its data', async () => {
    const rehearsal = open();
    const rehearsed = await addActiveImage(rehearsal, bytes);
    const calls = await callsOf(rehearsal, (parts) => remove(parts, rehearsed.id));
    expect(calls).toEqual(['images.show', 'work.beginDelete', 'staging.removeAll', 'work.finishDelete']);
    for (const moment of momentsOf(calls)) {
      for (const way of ['failure', 'death', 'pause']) {
        const service = open();
        const image = await addActiveImage(service, bytes);
        const process = stoppingAt(service, moment);
        const parts = way === 'failure' ? failingAt(service, moment, new Error('broken')) : process.parts;
        const removed = outcomeOf(remove(parts, image.id));
        await (way === 'failure' ? removed : process.stopped);
        await service.clock.advance(leaseSeconds + 1);
        await recoverExpiredWork(service.parts);
        if (way === 'pause') {
          process.resume();
          await removed;
        }
        expect(['active', 'pending_delete']).toContain(statusOf(service, image));
        expect(service.store.objects.size).toBe(1);
        expect([...service.database.works.values()]).toEqual([]);
        if (statusOf(service, image) === 'pending_delete') {
          expect(await restoreImage(service.parts, image.id)).toBe('restored');
        }
        expect(await findImage(service, image.id)).toMatchObject({ status: 'active', locations: image.locations });
      }
    }
  });
});

describe('Scrubbing', () => {
  test('removes the data when their time has come, and then the image', async () => {
    const service = open();
    const image = await deleted(service);
    await service.clock.advance(delaySeconds - 1);
    expect(await scrubDueData(service.parts)).toBe(0);
    await service.clock.advance(1);
    expect(await scrubDueData(service.parts)).toBe(1);
    expect(service.store.objects.size).toBe(0);
    expect(statusOf(service, image)).toBe('deleted');
    expect([...service.database.works.values()]).toEqual([]);
    expect(await scrubDueData(service.parts)).toBe(0);
  });

  test('does nothing where deletions are not put off', async () => {
    const service = open();
    await deleted(service);
    await service.clock.advance(delaySeconds);
    const parts = { ...service.parts, deletion: { delaySeconds: null, scrubPoolSize: 1 } };
    expect(await scrubDueData(parts)).toBe(0);
    expect(service.store.objects.size).toBe(1);
  });

  test.each([1, 3])('works on %d images at a time', async (poolSize) => {
    const service = open(poolSize);
    for (let count = 0; count < 7; count += 1) await deleted(service);
    await service.clock.advance(delaySeconds);
    let atOnce = 0;
    let most = 0;
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call !== 'store.delete') return;
        atOnce += 1;
        most = Math.max(most, atOnce);
        await Promise.resolve();
      },
      after: (call) => void (call === 'store.delete' && (atOnce -= 1)),
    });
    expect(await scrubDueData(parts)).toBe(7);
    expect(most).toBe(poolSize);
    expect(service.store.objects.size).toBe(0);
  });

  test('by many processes is done once for each image', async () => {
    const service = open();
    for (let count = 0; count < 5; count += 1) await deleted(service);
    await service.clock.advance(delaySeconds);
    let deletions = 0;
    const parts = interfereWith(service.parts, {
      before: (call) => void (call === 'store.delete' && (deletions += 1)),
      after: () => undefined,
    });
    const scrubbed = await Promise.all(Array.from({ length: 4 }, () => scrubDueData(parts)));
    expect(scrubbed.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(deletions).toBe(5);
  });

  test('goes on with the others when a store keeps the data of one, which can still be restored', async () => {
    const service = open();
    const [kept, other] = [await deleted(service), await deleted(service)];
    await service.clock.advance(delaySeconds);
    let refusals = 0;
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call !== 'store.delete' || refusals > 0) return;
        refusals += 1;
        throw conflict('in use');
      },
      after: () => undefined,
    });
    expect(await scrubDueData(parts)).toBe(1);
    expect([statusOf(service, kept), statusOf(service, other)]).toEqual(['pending_delete', 'deleted']);
    expect(service.reports).toContain('data not removed yet');
    expect([...service.database.works.values()]).toEqual([]);
    expect(await restoreImage(service.parts, kept.id)).toBe('restored');
  });

  test('reaches the images behind more than a page of those whose data a store keeps', async () => {
    const service = open();
    const kept = new Set<string>();
    for (let count = 0; count < 101; count += 1) kept.add((await deleted(service)).locations[0]?.url ?? '');
    const behind = await deleted(service);
    await service.clock.advance(delaySeconds);
    const attached = service.parts.stores.attached.map((each) => ({
      ...each,
      store: {
        ...each.store,
        delete: (url: string) => (kept.has(url) ? Promise.reject(forbidden('no right')) : each.store.delete(url)),
      },
    }));
    expect(await scrubDueData({ ...service.parts, stores: { ...service.parts.stores, attached } })).toBe(1);
    expect(statusOf(service, behind)).toBe('deleted');
    expect(service.store.objects.size).toBe(101);
  });

  test('is finished by others when the store was away', async () => {
    const service = open();
    const image = await deleted(service);
    await service.clock.advance(delaySeconds);
    expect(await scrubDueData(raising(service, new ImageServiceError('unavailable', 'Away.')))).toBe(0);
    expect(await restoreImage(service.parts, image.id)).toBe('too-late');
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(service.parts)).toBe(1);
    expect(statusOf(service, image)).toBe('deleted');
  });

  test('beside another scrubber that was faster has nothing left to do', async () => {
    const service = open();
    const image = await deleted(service);
    await service.clock.advance(delaySeconds);
    service.store.objects.clear();
    expect(await scrubDueData(service.parts)).toBe(1);
    expect(statusOf(service, image)).toBe('deleted');
  });

  test('keeps data that a location in use refers to', async () => {
    const service = open();
    const image = await addActiveImage(service, bytes);
    const record = service.database.records.get(image.id);
    record?.waiting.push(...image.locations);
    expect(await scrubDueData(service.parts)).toBe(1);
    expect(record?.waiting).toEqual([]);
    expect(service.store.objects.size).toBe(1);
  });

  test('interrupted at any call is finished by others, and does no harm when it comes back', async () => {
    const rehearsal = open();
    await deleted(rehearsal);
    await rehearsal.clock.advance(delaySeconds);
    const calls = await callsOf(rehearsal, (parts) => scrubDueData(parts));
    expect(calls).toEqual([
      'scrub.listDue',
      'scrub.begin',
      'scrub.listWaiting',
      'work.renew',
      'store.delete',
      'scrub.markRemoved',
      'scrub.end',
      'scrub.listDue',
    ]);
    for (const moment of momentsOf(calls)) {
      for (const way of ['failure', 'death', 'pause']) {
        const service = open();
        const image = await deleted(service);
        await service.clock.advance(delaySeconds);
        const process = stoppingAt(service, moment);
        const parts = way === 'failure' ? failingAt(service, moment, new Error('broken')) : process.parts;
        const scrubbed = outcomeOf(scrubDueData(parts));
        await (way === 'failure' ? scrubbed : process.stopped);
        await service.clock.advance(leaseSeconds + 1);
        await recoverExpiredWork(service.parts);
        await scrubDueData(service.parts);
        if (way === 'pause') {
          process.resume();
          await scrubbed;
        }
        expect({ moment, way, status: statusOf(service, image) }).toEqual({ moment, way, status: 'deleted' });
        expect(service.store.objects.size).toBe(0);
        expect([...service.database.works.values()]).toEqual([]);
      }
    }
  });

  test('that was paused never removes the data of an image that was restored meanwhile', async () => {
    // Up to the call at which it makes sure that it still holds the work.
    for (let call = 0; call <= 3; call += 1) {
      const service = open();
      const image = await deleted(service);
      await service.clock.advance(delaySeconds);
      const process = stoppingAt(service, { call, when: 'before' });
      const scrubbed = outcomeOf(scrubDueData(process.parts));
      await process.stopped;
      await service.clock.advance(leaseSeconds + 1);
      // Somebody takes the work over, cannot do it and lets go of it; an operator is faster than the next round.
      await recoverExpiredWork(raising(service, conflict('in use')));
      expect(await restoreImage(service.parts, image.id)).toBe('restored');
      process.resume();
      await scrubbed;
      expect(await findImage(service, image.id)).toMatchObject({ status: 'active', locations: image.locations });
      expect(service.store.objects.size).toBe(1);
    }
  });
});

describe('Restoring', () => {
  test('brings an image back with all it had', async () => {
    const service = open();
    const image = await deleted(service, { tags: ['t'], properties: new Map([['p', '1']]) });
    expect(await restoreImage(service.parts, image.id)).toBe('restored');
    const { updatedAt: _, ...before } = image;
    expect(await findImage(service, image.id)).toMatchObject(before);
    expect(await restoreImage(service.parts, image.id)).toBe('not-deleted');
    await service.clock.advance(delaySeconds);
    expect(await scrubDueData(service.parts)).toBe(0);
  });

  test('is too late once the data are gone, whoever removed them', async () => {
    const service = open();
    const [first, second] = [await deleted(service), await deleted(service)];
    service.store.objects.delete(first.locations[0]?.url ?? '');
    expect(await restoreImage(service.parts, first.id)).toBe('too-late');
    await service.clock.advance(delaySeconds);
    await scrubDueData(service.parts);
    expect(await restoreImage(service.parts, second.id)).toBe('too-late');
  });

  test('brings an image back although its store is away, or not attached any more', async () => {
    const service = open();
    const away = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.sizeOf') throw new ImageServiceError('unavailable', 'Away.');
      },
      after: () => undefined,
    });
    const detached = { ...service.parts, stores: { ...service.parts.stores, attached: [] } };
    for (const parts of [away, detached]) {
      const image = await deleted(service);
      expect(await restoreImage(parts, image.id)).toBe('restored');
    }
  });

  test('knows nothing of an id nobody used', async () => {
    expect(await restoreImage(open().parts, 'nobody')).toBe('unknown');
  });
});
