import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { ImageServiceError, conflict, forbidden } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { downloadImageData } from '../image-data/download.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  callsOf,
  contextOf,
  expectOrder,
  failingAt,
  findImage,
  interfereWith,
  leaseSeconds,
  momentsOf,
  openTestService,
  outcomeOf,
  owner,
  reader,
  recoverEverything,
  stoppingAt,
  stranger,
} from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { deleteImage } from './delete.ts';
import { updateImage } from './update.ts';

const bytes = randomBytes(100);

function remove(parts: ServiceParts, imageId: string, context: RequestContext = owner): Promise<void> {
  return deleteImage(parts, context, { imageId, precondition: null, call: null });
}

/** A store that refuses every deletion. */
function refusing(service: TestService, error: Error): ServiceParts {
  return interfereWith(service.parts, {
    before(call) {
      if (call === 'store.delete') throw error;
    },
    after: () => undefined,
  });
}

describe('Deleting an image', () => {
  test('removes the record and the data', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes, { tags: ['t'], properties: new Map([['p', '1']]) });
    await remove(service.parts, image.id);
    expect(await findImage(service, image.id)).toBeUndefined();
    expect(service.store.objects.size).toBe(0);
    expectOrder(service);
    expect(await outcomeOf(remove(service.parts, image.id))).toBe('notFound');
  });

  test.each(imageStatuses.filter((status) => status !== 'deleted' && status !== 'pending_delete'))(
    'works in status %s',
    async (status) => {
      const service = openTestService();
      const image = await addImage(service, { status });
      await remove(service.parts, image.id);
      expect(await findImage(service, image.id)).toBeUndefined();
      expectOrder(service);
    },
  );

  const refusals: readonly (readonly [string, Partial<Image>, RequestContext, string])[] = [
    ['that the caller cannot see: 404', { visibility: 'private' }, stranger, 'notFound'],
    ['that is deleted: 404', { status: 'deleted' }, owner, 'notFound'],
    ['of another project: 403', { visibility: 'public' }, stranger, 'forbidden'],
    [
      'that is shared with the caller: 403',
      { visibility: 'shared' },
      contextOf('member', 'member', 'reader'),
      'forbidden',
    ],
    ['without the role: 403', {}, reader, 'forbidden'],
    ['that is protected: 403', { protected: true }, owner, 'forbidden'],
    ['that is protected, by an administrator: 403', { protected: true }, administrator, 'forbidden'],
  ];

  test.each(refusals)('refuses one %s', async (_, overrides, context, outcome) => {
    const service = openTestService();
    const image = await addImage(service, overrides);
    await service.parts.members
      .create(image.id, 'member', { at: service.clock.now(), quota: -1 })
      .catch(() => undefined);
    expect(await outcomeOf(remove(service.parts, image.id, context))).toBe(outcome);
    expect(service.database.records.get(image.id)?.image).toEqual(image);
    expect(service.database.works.size).toBe(0);
  });

  test.each(['the precondition', 'the protection'])('looks at %s once more when it begins', async (what) => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call !== 'work.beginDelete') return;
        const document = [{ op: 'replace', path: what === 'the protection' ? '/protected' : '/name', value: true }];
        if (what !== 'the protection') Object.assign(document[0] ?? {}, { value: 'meanwhile' });
        await updateImage(service.parts, owner, { imageId: image.id, dialect: 'v2.1', document, precondition: null });
      },
      after: () => undefined,
    });
    function precondition(found: Image): void {
      if (found.name !== 'sample') throw new ImageServiceError('preconditionFailed', 'It has changed.');
    }
    const outcome = await outcomeOf(deleteImage(parts, owner, { imageId: image.id, precondition, call: null }));
    expect(outcome).toBe(what === 'the protection' ? 'forbidden' : 'preconditionFailed');
    expect((await findImage(service, image.id))?.status).toBe('active');
    expectOrder(service);
  });

  test.each(['active', 'deactivated'] as const)(
    'leaves an image in status %s as it was when its store refuses: 409, 403',
    async (status) => {
      for (const error of [conflict('in use'), forbidden('no right')]) {
        const service = openTestService();
        const image = await addActiveImage(service, bytes, { status, tags: ['t'] });
        expect(await outcomeOf(remove(refusing(service, error), image.id))).toBe(error.code);
        expect(await findImage(service, image.id)).toEqual(image);
        expectOrder(service);
        await remove(service.parts, image.id);
        expectOrder(service);
      }
    },
  );

  test('goes on by itself when the store is out of order, and nobody sees an image without data meanwhile', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    const away = new ImageServiceError('unavailable', 'The store is away.');
    expect(await outcomeOf(remove(refusing(service, away), image.id))).toBe('unavailable');
    expect(await findImage(service, image.id)).toBeUndefined();
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(refusing(service, away))).toBe(0);
    expect(service.reports).toContain('work not recovered yet');
    await recoverEverything(service);
    expectOrder(service);
    expect(service.store.objects.size).toBe(0);
  });

  test('is finished although the data were gone already', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    service.store.objects.clear();
    await remove(service.parts, image.id);
    expectOrder(service);
  });

  test('by many at once is done by one: 404 for the others', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(remove(service.parts, image.id))));
    expect(outcomes.toSorted()).toEqual(['none', ...Array.from({ length: 9 }, () => 'notFound')]);
    expectOrder(service);
  });

  test('lets a download that has begun go on or fail, and refuses later ones: 404', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    const { data } = await downloadImageData(service.parts, owner, { imageId: image.id, preferredStores: [] });
    await remove(service.parts, image.id);
    const pieces: Uint8Array[] = [];
    for await (const piece of data?.chunks(0, bytes.byteLength - 1) ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(await outcomeOf(downloadImageData(service.parts, owner, { imageId: image.id, preferredStores: [] }))).toBe(
      'notFound',
    );
  });

  describe('interrupted at any call', () => {
    async function allMoments() {
      const service = openTestService();
      const image = await addActiveImage(service, bytes);
      const calls = await callsOf(service, (parts) => remove(parts, image.id));
      expect(calls).toEqual([
        'images.show',
        'work.beginDelete',
        'store.delete',
        'staging.removeAll',
        'work.finishDelete',
      ]);
      return momentsOf(calls);
    }

    test('by a failure, by death, or by a long pause: the image is whole or gone', async () => {
      for (const moment of await allMoments()) {
        for (const way of ['failure', 'death', 'pause']) {
          const service = openTestService();
          const image = await addActiveImage(service, bytes);
          const process = stoppingAt(service, moment);
          const parts = way === 'failure' ? failingAt(service, moment, new Error('broken')) : process.parts;
          const deleted = outcomeOf(remove(parts, image.id));
          await (way === 'failure' ? deleted : process.stopped);
          const between = await findImage(service, image.id);
          if (between !== undefined) expectOrder(service);
          await recoverEverything(service);
          expectOrder(service);
          if (way === 'pause') {
            process.resume();
            await deleted;
            expectOrder(service);
          }
          if (await findImage(service, image.id)) await remove(service.parts, image.id);
          expect(service.store.objects.size).toBe(0);
          expectOrder(service);
        }
      }
    });
  });
});
