import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { deleteImage } from '../images/delete.ts';
import { updateImage } from '../images/update.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  bodyOf,
  callsOf,
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
import { uploadImageData } from './upload.ts';

const bytes = randomBytes(1000);

function upload(
  parts: ServiceParts,
  imageId: string,
  options: { readonly as?: RequestContext; readonly body?: AsyncIterable<Uint8Array>; readonly size?: number } = {},
): Promise<void> {
  const body = options.body ?? bodyOf(bytes.subarray(0, 300), bytes.subarray(300));
  return uploadImageData(parts, options.as ?? owner, {
    imageId,
    storeId: null,
    expectedBytes: options.size ?? null,
    body: () => body,
  });
}

/** Makes something happen once, before the first call of that name. */
function meanwhile(service: TestService, call: string, act: () => Promise<unknown>): ServiceParts {
  let done = false;
  return interfereWith(service.parts, {
    async before(name) {
      if (name !== call || done) return;
      done = true;
      await act();
    },
    after: () => undefined,
  });
}

describe('An upload', () => {
  test('makes the image active with its size, digests, virtual size and location', async () => {
    const service = openTestService();
    const image = await addImage(service, { properties: new Map([['p', '1']]), tags: ['t'] });
    await service.clock.advance(5);
    await upload(service.parts, image.id, { size: bytes.byteLength });
    expect(await findImage(service, image.id)).toEqual({
      ...image,
      status: 'active',
      sizeBytes: 1000,
      virtualSizeBytes: 1000n,
      checksum: createHash('md5').update(bytes).digest('hex'),
      hashAlgorithm: 'sha512',
      hashValue: createHash('sha512').update(bytes).digest('hex'),
      locations: [{ url: `memory:///${image.id}`, metadata: {} }],
      updatedAt: service.clock.now(),
    });
    expectOrder(service);
    expect(service.hasher.hashesOut()).toBe(0);
    expect(service.clock.running()).toBe(0);
  });

  test('of nothing is an upload', async () => {
    const service = openTestService();
    const image = await addImage(service, { containerFormat: 'ovf' });
    await upload(service.parts, image.id, { body: bodyOf() });
    expect(await findImage(service, image.id)).toMatchObject({
      status: 'active',
      sizeBytes: 0,
      virtualSizeBytes: null,
      checksum: 'd41d8cd98f00b204e9800998ecf8427e',
    });
  });

  test('replaces whatever data attributes a queued image still had', async () => {
    const service = openTestService();
    const image = await addImage(service, {
      sizeBytes: 3,
      checksum: 'old',
      hashAlgorithm: 'sha256',
      hashValue: 'old',
      locations: [{ url: 'memory:///stale', metadata: {} }],
    });
    await upload(service.parts, image.id);
    expect((await findImage(service, image.id))?.hashAlgorithm).toBe('sha512');
    expectOrder(service);
  });

  describe('is refused without asking for the body and with the image as it was', () => {
    const otherStatuses = imageStatuses.filter((status) => !['queued', 'deleted', 'pending_delete'].includes(status));
    const rows: readonly (readonly [string, Partial<Image>, { as?: RequestContext; size?: number }, string])[] = [
      ['that the caller cannot see', { visibility: 'private' }, { as: stranger }, 'notFound'],
      ['that is deleted', { status: 'deleted' }, {}, 'notFound'],
      ['of another project', { visibility: 'public' }, { as: stranger }, 'forbidden'],
      ['without the role', {}, { as: reader }, 'forbidden'],
      ['without the role, before its status is looked at', { status: 'active' }, { as: reader }, 'forbidden'],
      ...otherStatuses.map((status) => [`in status ${status}`, { status }, {}, 'conflict'] as const),
      ['in status active, before its formats are looked at', { status: 'active', diskFormat: null }, {}, 'conflict'],
      ['without a disk format', { diskFormat: null }, {}, 'badRequest'],
      ['without a container format', { containerFormat: null }, {}, 'badRequest'],
      ['without formats, before the size is looked at', { diskFormat: null }, { size: 2_000_000 }, 'badRequest'],
      ['announced larger than the cap', {}, { size: 1_000_001 }, 'limitExceeded'],
    ];

    test.each(rows)('for an image %s', async (_, overrides, options, outcome) => {
      const service = openTestService();
      const image = await addImage(service, overrides);
      let asked = false;
      async function* body() {
        asked = true;
        yield bytes;
      }
      expect(await outcomeOf(upload(service.parts, image.id, { ...options, body: body() }))).toBe(outcome);
      expect(asked).toBe(false);
      expect(service.database.records.get(image.id)?.image).toEqual(image);
      expect(service.database.works.size).toBe(0);
    });

    test('for an image nobody has: notFound', async () => {
      const service = openTestService();
      expect(await outcomeOf(upload(service.parts, service.parts.ids.next()))).toBe('notFound');
    });
  });

  test('that loses the race for the image is refused before it sends anything: gone', async () => {
    const service = openTestService();
    const image = await addImage(service);
    const parts = meanwhile(service, 'work.beginUpload', () => upload(service.parts, image.id));
    expect(await outcomeOf(upload(parts, image.id))).toBe('gone');
    expectOrder(service);
  });

  test('of fifty at once wins alone, and the others are refused before they send anything', async () => {
    const service = openTestService();
    const image = await addImage(service);
    let bodies = 0;
    async function* body() {
      bodies += 1;
      yield bytes;
    }
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf(upload(service.parts, image.id, { body: body() }))),
    );
    expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'gone' || outcome === 'conflict')).toHaveLength(49);
    expect(bodies).toBe(1);
    expectOrder(service);
  });

  describe('that fails leaves the image queued with nothing behind it, and the next one succeeds', () => {
    async function* breakingOff() {
      yield bytes.subarray(0, 500);
      throw new ImageServiceError('badRequest', 'The data broke off.');
    }
    const qcow2 = Buffer.concat([Buffer.from('514649fb00000003', 'hex'), Buffer.alloc(600)]);
    const rows: readonly (readonly [string, { body?: AsyncIterable<Uint8Array>; size?: number }, string])[] = [
      ['shorter than announced', { size: 1001 }, 'badRequest'],
      ['longer than announced', { size: 999 }, 'badRequest'],
      ['broken off', { body: breakingOff() }, 'badRequest'],
      ['larger than the cap', { body: bodyOf(Buffer.alloc(1_000_000), 'x') }, 'limitExceeded'],
    ];

    test.each(rows)('%s', async (_, options, outcome) => {
      const service = openTestService();
      const image = await addImage(service);
      expect(await outcomeOf(upload(service.parts, image.id, options))).toBe(outcome);
      expect((await findImage(service, image.id))?.status).toBe('queued');
      expectOrder(service);
      expect(service.hasher.hashesOut()).toBe(0);
      expect(service.clock.running()).toBe(0);
      await upload(service.parts, image.id);
      expectOrder(service);
    });

    test('not of the format the image says: unsupportedMediaType', async () => {
      const service = openTestService();
      const image = await addImage(service, { diskFormat: 'qcow2' });
      expect(await outcomeOf(upload(service.parts, image.id))).toBe('unsupportedMediaType');
      expect((await findImage(service, image.id))?.status).toBe('queued');
      expectOrder(service);
      await upload(service.parts, image.id, { body: bodyOf(qcow2) });
      expectOrder(service);
    });

    test('with a hash algorithm the host does not know: internal', async () => {
      const service = openTestService({ hashAlgorithm: 'sha-none' });
      const image = await addImage(service);
      expect(await outcomeOf(upload(service.parts, image.id))).toBe('internal');
      expectOrder(service);
      expect((await findImage(service, image.id))?.status).toBe('queued');
    });
  });

  test('is not looked into when the container format hides the disk image', async () => {
    const service = openTestService();
    const image = await addImage(service, { containerFormat: 'ovf', diskFormat: 'qcow2' });
    await upload(service.parts, image.id);
    expect((await findImage(service, image.id))?.virtualSizeBytes).toBeNull();
  });

  describe('with a storage quota', () => {
    const limits = { userStorageQuotaBytes: 1500 };

    test.each([
      ['known and fits', 500, 500, 'none'],
      ['known and does not fit', 501, 501, 'limitExceeded'],
      ['unknown and fits', 500, null, 'none'],
      ['unknown and does not fit', 501, null, 'limitExceeded'],
    ])('counts what the project stores already: size %s', async (_, length, size, outcome) => {
      const service = openTestService({ limits });
      await addActiveImage(service, bytes);
      const image = await addImage(service);
      const options = size === null ? {} : { size };
      const body = bodyOf(randomBytes(length));
      expect(await outcomeOf(upload(service.parts, image.id, { ...options, body }))).toBe(outcome);
      expect((await findImage(service, image.id))?.status).toBe(outcome === 'none' ? 'active' : 'queued');
      expectOrder(service);
    });

    test('refuses data of unknown size only when nothing remains', async () => {
      const service = openTestService({ limits: { userStorageQuotaBytes: 1000 } });
      await addActiveImage(service, bytes);
      const image = await addImage(service);
      expect(await outcomeOf(upload(service.parts, image.id, { body: bodyOf() }))).toBe('limitExceeded');
    });

    test('measures the project of the caller, not that of the image', async () => {
      const service = openTestService({ limits });
      await addActiveImage(service, bytes, { owner: 'own' });
      const image = await addImage(service, { owner: 'own' });
      await upload(service.parts, image.id, { as: administrator });
      expectOrder(service);
    });

    test('is never exceeded, however many uploads run at once', async () => {
      const service = openTestService({ limits: { userStorageQuotaBytes: 3500 } });
      const images = await Promise.all(Array.from({ length: 10 }, () => addImage(service)));
      const outcomes = await Promise.all(images.map(({ id }) => outcomeOf(upload(service.parts, id))));
      expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(3);
      expect(outcomes.filter((outcome) => outcome === 'limitExceeded')).toHaveLength(7);
      expectOrder(service);
      expect((await service.parts.usage.show('own')).image_size_total).toBe(3000);
    });
  });

  describe('and a change of the formats at the same time', () => {
    function setFormats(service: TestService, imageId: string, formats: Readonly<Record<string, string | null>>) {
      const document = Object.entries(formats).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value }));
      return updateImage(service.parts, owner, { imageId, dialect: 'v2.1', document, precondition: null });
    }

    test('judges the data by the formats the image has when it begins', async () => {
      const service = openTestService();
      const image = await addImage(service, { containerFormat: 'ovf', diskFormat: 'qcow2' });
      const parts = meanwhile(service, 'work.beginUpload', () =>
        setFormats(service, image.id, { container_format: 'bare' }),
      );
      expect(await outcomeOf(upload(parts, image.id))).toBe('unsupportedMediaType');
      expectOrder(service);
    });

    test('refuses an image that lost its formats meanwhile: badRequest', async () => {
      const service = openTestService();
      const image = await addImage(service);
      const parts = meanwhile(service, 'work.beginUpload', () => setFormats(service, image.id, { disk_format: null }));
      expect(await outcomeOf(upload(parts, image.id))).toBe('badRequest');
      expectOrder(service);
    });

    test('does not let the formats change once it began, even for who looked before: conflict', async () => {
      const service = openTestService();
      const image = await addImage(service, { containerFormat: 'ovf', diskFormat: 'qcow2' });
      const parts = meanwhile(service, 'images.update', () => upload(service.parts, image.id));
      const document = [{ op: 'replace', path: '/container_format', value: 'bare' }];
      const update = updateImage(parts, owner, { imageId: image.id, dialect: 'v2.1', document, precondition: null });
      expect(await outcomeOf(update)).toBe('conflict');
      expect((await findImage(service, image.id))?.containerFormat).toBe('ovf');
    });
  });

  describe('whose image is deleted meanwhile', () => {
    async function deletedAt(call: string) {
      const service = openTestService();
      const image = await addImage(service);
      const parts = meanwhile(service, call, () =>
        deleteImage(service.parts, owner, { imageId: image.id, precondition: null, call: null }),
      );
      return { service, outcome: await outcomeOf(upload(parts, image.id)) };
    }

    test.each(['writer.open', 'writer.write', 'hash.digest', 'work.renew', 'writer.commit', 'work.finishUpload'])(
      'before %s removes its data: gone',
      async (call) => {
        const { service, outcome } = await deletedAt(call);
        expect(outcome).toBe('gone');
        expectOrder(service);
      },
    );

    test('stops before the sender has sent everything', async () => {
      const service = openTestService();
      const image = await addImage(service);
      let sent = 0;
      async function* body() {
        for (; sent < 100; sent += 1) {
          if (sent === 3)
            await deleteImage(service.parts, owner, { imageId: image.id, precondition: null, call: null });
          await service.clock.advance(leaseSeconds / 3);
          yield bytes;
        }
      }
      expect(await outcomeOf(upload(service.parts, image.id, { body: body() }))).toBe('gone');
      expect(sent).toBeLessThan(6);
      expectOrder(service);
    });
  });

  describe('holds its lease', () => {
    test('for as long as it takes', async () => {
      const service = openTestService();
      const image = await addImage(service);
      async function* body() {
        for (let minute = 0; minute < 10; minute += 1) {
          await service.clock.advance(60);
          expect(await recoverExpiredWork(service.parts)).toBe(0);
          yield bytes;
        }
      }
      await upload(service.parts, image.id, { body: body() });
      expectOrder(service);
    });

    test('through failures to renew it, as long as nobody takes it over', async () => {
      const service = openTestService();
      const image = await addImage(service);
      let renewals = 0;
      const parts = interfereWith(service.parts, {
        before(call) {
          if (call !== 'work.renew') return;
          renewals += 1;
          if (renewals < 3) throw new ImageServiceError('unavailable', 'The database is away.');
        },
        after: () => undefined,
      });
      async function* body() {
        await service.clock.advance(leaseSeconds * 2);
        yield bytes;
      }
      await upload(parts, image.id, { body: body() });
      expectOrder(service);
    });

    test('or gives up when another one took it over: gone', async () => {
      const service = openTestService();
      const image = await addImage(service);
      const process = stoppingAt(service, { call: 6, when: 'before' });
      const uploading = outcomeOf(upload(process.parts, image.id));
      await process.stopped;
      await recoverEverything(service);
      expect((await findImage(service, image.id))?.status).toBe('queued');
      process.resume();
      expect(await uploading).not.toBe('none');
      expectOrder(service);
    });
  });

  test('to an image whose last upload died begins at once when that one’s lease is over', async () => {
    const service = openTestService();
    const image = await addImage(service);
    const process = stoppingAt(service, { call: 8, when: 'before' });
    void upload(process.parts, image.id);
    await process.stopped;
    expect(await outcomeOf(upload(service.parts, image.id))).toBe('conflict');
    await service.clock.advance(leaseSeconds + 1);
    await upload(service.parts, image.id);
    expect((await findImage(service, image.id))?.status).toBe('active');
    // The buffers of the dead process went with it.
    expect(service.store.temporaries.size).toBe(0);
    expect(service.database.works.size).toBe(0);
  });

  describe('interrupted at any call', () => {
    /** Two pieces in flight, so that there is something to settle. */
    const options = { bufferBytes: 600 };

    async function allMoments() {
      const service = openTestService(options);
      const image = await addImage(service);
      const calls = await callsOf(service, (parts) => upload(parts, image.id));
      expect(calls).toEqual(expect.arrayContaining(['work.beginUpload', 'writer.write', 'work.finishUpload']));
      return momentsOf(calls);
    }

    test('by a failure of it: the image is queued or active, never in between, and nothing is left', async () => {
      for (const error of [new ImageServiceError('unavailable', 'away'), new Error('broken')]) {
        for (const moment of await allMoments()) {
          const service = openTestService(options);
          const image = await addImage(service);
          const outcome = await outcomeOf(upload(failingAt(service, moment, error), image.id));
          expect({ moment, outcome }).toEqual({
            moment,
            outcome: error instanceof ImageServiceError ? 'unavailable' : 'Error: broken',
          });
          await recoverEverything(service);
          expectOrder(service);
          expect(service.hasher.hashesOut()).toBe(0);
          expect(service.clock.running()).toBe(0);
          const { status } = (await findImage(service, image.id)) ?? {};
          if (status === 'queued') await upload(service.parts, image.id);
          expectOrder(service);
        }
      }
    });

    test('by a database that answers no more: what was stored is not undone, recovery decides', async () => {
      const service = openTestService(options);
      const image = await addImage(service);
      const moments = (await allMoments()).toReversed();
      // The very last call: its effect happened, its answer was lost.
      const lost = failingAt(service, moments[0] ?? { call: 0, when: 'after' }, new Error('connection lost'));
      expect(await outcomeOf(upload(lost, image.id))).toBe('Error: connection lost');
      expect((await findImage(service, image.id))?.status).toBe('active');
      expectOrder(service);
    });

    test('by the death of the process: recovery makes the image queued or finds it active', async () => {
      for (const moment of await allMoments()) {
        const service = openTestService(options);
        const image = await addImage(service);
        const process = stoppingAt(service, moment);
        void upload(process.parts, image.id);
        await process.stopped;
        await recoverEverything(service);
        const { status } = (await findImage(service, image.id)) ?? {};
        expect(['queued', 'active']).toContain(status);
        if (status === 'queued') await upload(service.parts, image.id);
        expect(service.store.temporaries.size).toBe(0);
        expect([...service.store.objects.keys()]).toEqual([`memory:///${image.id}`]);
        expect(service.database.works.size).toBe(0);
      }
    });

    test.each([false, true])(
      'by a pause longer than the lease: whoever comes back does no harm (a new upload meanwhile: %s)',
      async (uploadsAgain) => {
        const other = randomBytes(700);
        for (const moment of await allMoments()) {
          const service = openTestService(options);
          const image = await addImage(service);
          const process = stoppingAt(service, moment);
          const uploading = outcomeOf(upload(process.parts, image.id));
          await process.stopped;
          await recoverEverything(service);
          const acknowledged = uploadsAgain
            ? (await outcomeOf(upload(service.parts, image.id, { body: bodyOf(other) }))) === 'none'
            : false;
          process.resume();
          const outcome = await uploading;
          await recoverEverything(service);
          expectOrder(service);
          const after = await findImage(service, image.id);
          if (acknowledged) expect({ moment, size: after?.sizeBytes }).toEqual({ moment, size: 700 });
          else if (outcome === 'none') expect(after?.sizeBytes).toBe(1000);
        }
      },
    );
  });
});
