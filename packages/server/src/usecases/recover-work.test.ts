import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deleteImage } from './images/delete.ts';
import { uploadImageData } from './image-data/upload.ts';
import { recoverExpiredWork } from './recover-work.ts';
import {
  addActiveImage,
  addImage,
  bodyOf,
  callsOf,
  expectOrder,
  failingAt,
  findImage,
  leaseSeconds,
  momentsOf,
  openTestService,
  owner,
  stoppingAt,
} from './service.testing.ts';
import type { TestService } from './service.testing.ts';
import type { ServiceParts } from './service-parts.ts';

const bytes = randomBytes(100);

function upload(parts: ServiceParts, imageId: string): Promise<void> {
  return uploadImageData(parts, owner, { imageId, storeId: null, expectedBytes: null, body: () => bodyOf(bytes) });
}

/** An image whose upload died with everything written but its record. */
async function deadUpload(service: TestService): Promise<string> {
  const { id } = await addImage(service);
  const rehearsal = openTestService();
  const rehearsed = await addImage(rehearsal);
  const calls = await callsOf(rehearsal, (parts) => upload(parts, rehearsed.id));
  const process = stoppingAt(service, { call: calls.indexOf('work.finishUpload'), when: 'before' });
  void upload(process.parts, id);
  await process.stopped;
  return id;
}

/** A deletion that died after the data were removed. */
async function deadDeletion(service: TestService): Promise<string> {
  const { id } = await addActiveImage(service, bytes);
  const process = stoppingAt(service, { call: 2, when: 'after' });
  void deleteImage(process.parts, owner, { imageId: id, precondition: null, call: null });
  await process.stopped;
  return id;
}

describe('Recovery of work', () => {
  test('leaves alone what holds its lease', async () => {
    const service = openTestService();
    const imageId = await deadUpload(service);
    await service.clock.advance(leaseSeconds - 1);
    expect(await recoverExpiredWork(service.parts)).toBe(0);
    expect((await findImage(service, imageId))?.status).toBe('saving');
  });

  test('undoes an upload: the image is queued, its object gone', async () => {
    const service = openTestService();
    const imageId = await deadUpload(service);
    expect(service.store.objects.size).toBe(1);
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(service.parts)).toBe(1);
    expect((await findImage(service, imageId))?.status).toBe('queued');
    expectOrder(service);
    expect(service.reports).toContain('work recovered');
    expect(await recoverExpiredWork(service.parts)).toBe(0);
  });

  test('finishes a deletion', async () => {
    const service = openTestService();
    const imageId = await deadDeletion(service);
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(service.parts)).toBe(1);
    expect(await findImage(service, imageId)).toBeUndefined();
    expectOrder(service);
  });

  test('does what was left of an upload whose image was deleted meanwhile', async () => {
    const service = openTestService();
    const imageId = await deadUpload(service);
    await deleteImage(service.parts, owner, { imageId, precondition: null, call: null });
    await service.clock.advance(leaseSeconds + 1);
    await recoverExpiredWork(service.parts);
    expectOrder(service);
    expect(service.store.objects.size).toBe(0);
  });

  test('ends the lease of a deletion whose image was brought back by other hands', async () => {
    const service = openTestService();
    const imageId = await deadDeletion(service);
    const record = service.database.records.get(imageId);
    if (record !== undefined) record.image = { ...record.image, status: 'killed' };
    await service.clock.advance(leaseSeconds + 1);
    await recoverExpiredWork(service.parts);
    expect(service.database.works.size).toBe(0);
    expect((await findImage(service, imageId))?.status).toBe('killed');
  });

  test('can be limited to one image', async () => {
    const service = openTestService();
    const [one] = [await deadUpload(service), await deadUpload(service)];
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(service.parts, one)).toBe(1);
    expect(service.database.works.size).toBe(1);
  });

  test('by many at once is done once', async () => {
    const service = openTestService();
    await deadUpload(service);
    await deadDeletion(service);
    await service.clock.advance(leaseSeconds + 1);
    const recovered = await Promise.all(Array.from({ length: 5 }, () => recoverExpiredWork(service.parts)));
    expect(recovered.reduce((sum, count) => sum + count)).toBe(2);
    expectOrder(service);
  });

  test('that fails for one piece of work does the others, and that one later', async () => {
    const service = openTestService();
    await deadUpload(service);
    await service.clock.advance(1);
    await deadUpload(service);
    await service.clock.advance(leaseSeconds + 1);
    // Both are worked on at the same time: everything happens twice until the first of them is undone.
    const before = [
      'work.listExpired',
      ...['work.takeOver', 'images.show', 'store.discard'].flatMap((call) => [call, call]),
    ];
    const broken = failingAt(service, { call: before.length, when: 'before' }, new Error('broken'));
    expect(await recoverExpiredWork(broken)).toBe(1);
    expect(service.reports).toContain('work not recovered yet');
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(service.parts)).toBe(1);
    expectOrder(service);
  });

  test.each([
    ['an upload', deadUpload],
    ['a deletion', deadDeletion],
  ])('of %s that dies at any call itself is recovered by the next one', async (_, die) => {
    const rehearsal = openTestService();
    await die(rehearsal);
    await rehearsal.clock.advance(leaseSeconds + 1);
    const moments = momentsOf(await callsOf(rehearsal, (parts) => recoverExpiredWork(parts)));
    for (const moment of moments) {
      const service = openTestService();
      const imageId = await die(service);
      await service.clock.advance(leaseSeconds + 1);
      const process = stoppingAt(service, moment);
      const recovering = recoverExpiredWork(process.parts).catch(() => 0);
      await process.stopped;
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(service.parts);
      expectOrder(service);
      if (await findImage(service, imageId)) await upload(service.parts, imageId);
      // The first one comes back, and must not touch what others did since.
      process.resume();
      await recovering;
      expectOrder(service);
    }
  });
});
