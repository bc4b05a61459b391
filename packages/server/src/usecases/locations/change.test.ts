import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError, conflict, forbidden } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { deleteImage } from '../images/delete.ts';
import { restoreImage } from '../images/restore.ts';
import { updateImage } from '../images/update.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  callsOf,
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
} from '../service.testing.ts';
import type { ServiceOptions, TestService } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import { deleteFromStore } from '../stores/delete-from-store.ts';

const bytes = randomBytes(50);
const far = 'memory://slow/elsewhere';

function open(options: ServiceOptions = {}): TestService {
  const service = openTestService({ stores: ['fast', 'slow'], ...options });
  service.stores.get('slow')?.objects.set(far, bytes);
  return service;
}

function patch(parts: ServiceParts, imageId: string, ...document: readonly object[]): Promise<Image> {
  return updateImage(parts, administrator, { imageId, dialect: 'v2.1', document, precondition: null });
}

const add = (url: string, position = '-') => ({
  op: 'add',
  path: `/locations/${position}`,
  value: { url, metadata: {} },
});
const remove = (position: string) => ({ op: 'remove', path: `/locations/${position}` });
const rename = { op: 'replace', path: '/name', value: 'renamed' };

/** An active image with data in two stores. */
async function addTwofold(service: TestService): Promise<Image> {
  const { id, locations } = await addActiveImage(service, bytes);
  const url = `memory://slow/${id}`;
  service.stores.get('slow')?.objects.set(url, bytes);
  service.stores.get('slow')?.objects.delete(far);
  const [first] = locations.map((location) => ({ ...location, metadata: { store: 'fast' } }));
  await service.parts.images.changeStatus(
    id,
    { from: ['active'], locations: [...(first === undefined ? [] : [first]), { url, metadata: { store: 'slow' } }] },
    service.clock.now(),
  );
  const image = await findImage(service, id);
  if (image === undefined) throw new Error('It was just made.');
  return image;
}

/** Every object has exactly one location, every location its object, and nobody is at work. */
function expectNothingLoose({ database, stores }: TestService): void {
  const owned = [...database.records.values()].flatMap(({ image }) => image.locations.map(({ url }) => url));
  const objects = [...stores.values()].flatMap((store) => [...store.objects.keys()]);
  expect(objects.toSorted()).toEqual(owned.toSorted());
  expect([...database.records.values()].flatMap(({ waiting }) => waiting)).toEqual([]);
  expect([...database.works.values()]).toEqual([]);
}

describe('A patch of locations', () => {
  test('makes a queued image active with the data at its first location', async () => {
    const service = open();
    const { id } = await addImage(service);
    const image = await patch(service.parts, id, rename, add(far));
    const locations = [{ url: far, metadata: { store: 'slow' } }];
    expect(image).toMatchObject({ name: 'renamed', status: 'active', sizeBytes: bytes.byteLength, locations });
    expect(image).toMatchObject({ checksum: null, hashAlgorithm: null, hashValue: null, virtualSizeBytes: null });
    expect(await findImage(service, id)).toEqual(image);
  });

  test('gives the list in the order that was asked for, although it is read by weight and age', async () => {
    const service = open();
    const { id, locations } = await addActiveImage(service, bytes);
    const own = locations[0]?.url;
    expect((await patch(service.parts, id, add(far, '0'))).locations.map(({ url }) => url)).toEqual([far, own]);
    expect((await findImage(service, id))?.locations.map(({ url }) => url)).toEqual([own, far]);
  });

  test.each<readonly [string, object, string]>([
    ['a store of the service does not have', add('memory://slow/absent'), 'badRequest'],
    ['no store of the service reads', add('memory://other/x'), 'badRequest'],
    ['is none', add('nonsense'), 'badRequest'],
    ['leads into the files of the service', add('file:///etc/passwd'), 'badRequest'],
    ['is of empty data', add('memory://slow/empty'), 'badRequest'],
  ])('with a URL that %s is refused: 400', async (_, operation, code) => {
    const service = open();
    service.stores.get('slow')?.objects.set('memory://slow/empty', new Uint8Array());
    const image = await addImage(service);
    expect(await outcomeOf(patch(service.parts, image.id, rename, operation))).toBe(code);
    expect(await findImage(service, image.id)).toEqual(image);
  });

  test('with a URL of files is refused even where a store would read it: 400', async () => {
    const service = open();
    const attached = service.parts.stores.attached.map((each) => ({
      ...each,
      store: { ...each.store, owns: () => true, sizeOf: async () => 5 },
    }));
    const parts = { ...service.parts, stores: { ...service.parts.stores, attached } };
    const { id } = await addImage(service);
    for (const scheme of ['file', 'filesystem', 'FILE', 'swift+config']) {
      expect(await outcomeOf(patch(parts, id, add(`${scheme}:///etc/passwd`)))).toBe('badRequest');
    }
    expect(await outcomeOf(patch(parts, id, add('rbd://x')))).toBe('none');
  });

  test('asks a store that is out of order, and refuses what it cannot tell: 400', async () => {
    const service = open();
    const away = new ImageServiceError('unavailable', 'The store is away.');
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.sizeOf') throw away;
      },
      after: () => undefined,
    });
    const { id } = await addImage(service);
    expect(await outcomeOf(patch(parts, id, add(far)))).toBe('badRequest');
  });

  test('names the store a URL belongs to, whatever the client says; one store has no name', async () => {
    const service = open();
    const { id } = await addImage(service);
    const value = { url: far, metadata: { store: 'fast', x: 'y' } };
    const named = await patch(service.parts, id, { op: 'add', path: '/locations/-', value });
    expect(named.locations).toEqual([{ url: far, metadata: { store: 'slow', x: 'y' } }]);
    const single = openTestService();
    single.store.objects.set('memory:///x', bytes);
    const other = await addImage(single);
    const unnamed = { url: 'memory:///x', metadata: { store: 'fast' } };
    const image = await patch(single.parts, other.id, { op: 'add', path: '/locations/-', value: unnamed });
    expect(image.locations).toEqual([unnamed]);
  });

  test('needs the rights to it: 403', async () => {
    const service = open();
    const image = await addTwofold(service);
    const as = (context: typeof owner, operation: object) =>
      outcomeOf(
        updateImage(service.parts, context, {
          imageId: image.id,
          dialect: 'v2.1',
          document: [operation],
          precondition: null,
        }),
      );
    const metadata = image.locations.map(({ url }) => ({ url, metadata: { x: 'y' } }));
    const replace = { op: 'replace', path: '/locations', value: metadata };
    expect(await as(owner, remove('0'))).toBe('forbidden');
    expect(await as(reader, replace)).toBe('forbidden');
    expect(await as(owner, replace)).toBe('none');
  });

  test('is held to the quota of bytes: 413', async () => {
    const service = open({ limits: { userStorageQuotaBytes: 99 } });
    const context = { ...owner, roles: ['member', 'reader', 'admin'] };
    const first = await addActiveImage(service, bytes);
    const { id } = await addImage(service);
    const adding = updateImage(service.parts, context, {
      imageId: id,
      dialect: 'v2.1',
      document: [add(far)],
      precondition: null,
    });
    expect(await outcomeOf(adding)).toBe('limitExceeded');
    expect((await findImage(service, id))?.status).toBe('queued');
    await deleteImage(service.parts, owner, { imageId: first.id, precondition: null, call: null });
    const again = { imageId: id, dialect: 'v2.1' as const, document: [add(far)], precondition: null };
    expect((await updateImage(service.parts, context, again)).status).toBe('active');
  });

  test('that removes one deletes its data at once', async () => {
    const service = open();
    const image = await addTwofold(service);
    const patched = await patch(service.parts, image.id, rename, remove('0'));
    expect(patched).toMatchObject({ name: 'renamed', locations: image.locations.slice(1) });
    expectNothingLoose(service);
    expect(service.store.objects.size).toBe(0);
  });

  test('that removes one whose data are gone already succeeds', async () => {
    const service = open();
    const image = await addTwofold(service);
    service.store.objects.clear();
    await patch(service.parts, image.id, remove('0'));
    expectNothingLoose(service);
  });

  test('that removes one of two with the same URL leaves the data', async () => {
    const service = open();
    const image = await addTwofold(service);
    const [first] = image.locations;
    await patch(service.parts, image.id, {
      op: 'add',
      path: '/locations/-',
      value: { url: first?.url, metadata: { x: 'y' } },
    });
    await patch(service.parts, image.id, remove('0'));
    expect(service.store.objects.size).toBe(1);
  });

  test.each([conflict('in use'), forbidden('no right')])(
    'that removes one whose store refuses leaves the image as it was: $code',
    async (error) => {
      const service = open();
      const image = await addTwofold(service);
      const refusing = interfereWith(service.parts, {
        before(call) {
          if (call === 'store.delete') throw error;
        },
        after: () => undefined,
      });
      expect(await outcomeOf(patch(refusing, image.id, rename, remove('1')))).toBe(error.code);
      expect(await findImage(service, image.id)).toEqual(image);
      expectNothingLoose(service);
    },
  );

  test('that removes one whose store is away is done all the same, and the data go later', async () => {
    const service = open();
    const image = await addTwofold(service);
    const away = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.delete') throw new ImageServiceError('unavailable', 'The store is away.');
      },
      after: () => undefined,
    });
    expect(await outcomeOf(patch(away, image.id, rename, remove('1')))).toBe('unavailable');
    expect(await findImage(service, image.id)).toMatchObject({
      name: 'renamed',
      locations: image.locations.slice(0, 1),
    });
    await service.clock.advance(leaseSeconds + 1);
    expect(await recoverExpiredWork(away)).toBe(0);
    expect(service.reports).toContain('work not recovered yet');
    await recoverEverything(service);
    expectNothingLoose(service);
  });

  /** A store that refuses to delete what is at one of those URLs. */
  function keeping(
    parts: ServiceParts,
    urls: readonly (string | undefined)[],
    meanwhile = async () => {},
  ): ServiceParts {
    const attached = parts.stores.attached.map((each) => ({
      ...each,
      store: {
        ...each.store,
        async delete(url: string) {
          if (!urls.includes(url)) return each.store.delete(url);
          await meanwhile();
          throw conflict('in use');
        },
      },
    }));
    return { ...parts, stores: { ...parts.stores, attached } };
  }

  /** With a third location. */
  async function addThreefold(service: TestService): Promise<Image> {
    const { id } = await addTwofold(service);
    service.stores.get('slow')?.objects.set(far, bytes);
    return patch(service.parts, id, add(far));
  }

  test('that removes several is undone whole when all of them are refused: 409', async () => {
    const service = open();
    const image = await addThreefold(service);
    const other = 'memory://slow/other';
    service.stores.get('slow')?.objects.set(other, bytes);
    const [, two, three] = image.locations.map(({ url }) => url);
    const tagged = { op: 'replace', path: '/tags', value: ['t'] };
    const refusing = keeping(service.parts, [two, three]);
    const document = [rename, tagged, { op: 'add', path: '/p', value: '1' }, remove('1'), remove('1'), add(other)];
    expect(await outcomeOf(patch(refusing, image.id, ...document))).toBe('conflict');
    expect(await findImage(service, image.id)).toEqual(image);
    service.stores.get('slow')?.objects.delete(other);
    expectNothingLoose(service);
  });

  test.each([1, 2])('that removes several stays when only number %d is refused: 409', async (refused) => {
    const service = open();
    const image = await addThreefold(service);
    const refusing = keeping(service.parts, [image.locations[refused]?.url]);
    expect(await outcomeOf(patch(refusing, image.id, rename, remove('1'), remove('1')))).toBe('conflict');
    const locations = [image.locations[0], image.locations[refused]];
    expect(await findImage(service, image.id)).toMatchObject({ name: 'renamed', locations });
    expectNothingLoose(service);
  });

  test('that is refused leaves what others changed meanwhile', async () => {
    const service = open();
    const image = await addTwofold(service);
    const refusing = keeping(service.parts, [image.locations[1]?.url], async () => {
      await patch(
        service.parts,
        image.id,
        { op: 'replace', path: '/name', value: 'theirs' },
        { op: 'replace', path: '/tags', value: ['ours', 'theirs'] },
        { op: 'replace', path: '/p', value: 'theirs' },
      );
    });
    const ours = [
      { op: 'replace', path: '/min_ram', value: image.minRamMib + 1 },
      { op: 'replace', path: '/tags', value: ['ours'] },
      { op: 'add', path: '/p', value: 'ours' },
      { op: 'add', path: '/q', value: 'ours' },
    ];
    expect(await outcomeOf(patch(refusing, image.id, rename, ...ours, remove('1')))).toBe('conflict');
    const found = await findImage(service, image.id);
    expect(found).toMatchObject({ name: 'theirs', minRamMib: image.minRamMib, locations: image.locations });
    expect(found?.properties.get('p')).toBe('theirs');
    expect(found?.properties.has('q')).toBe(false);
    expect(found?.tags).toEqual(['theirs', ...image.tags]);
  });

  test('whose work another removal took over has succeeded', async () => {
    const service = open();
    const image = await addThreefold(service);
    // Before it makes sure that it still holds the work.
    const process = stoppingAt(service, { call: 3, when: 'before' });
    const first = outcomeOf(patch(process.parts, image.id, remove('2')));
    await process.stopped;
    await patch(service.parts, image.id, remove('1'));
    process.resume();
    expect(await first).toBe('none');
    expect((await findImage(service, image.id))?.locations).toEqual(image.locations.slice(0, 1));
    expectNothingLoose(service);
  });

  test('gives a refused location back also when who removed it is dead', async () => {
    const service = open();
    const image = await addTwofold(service);
    const process = stoppingAt(service, { call: 3, when: 'before' });
    void patch(process.parts, image.id, remove('1')).catch(() => undefined);
    await process.stopped;
    await service.clock.advance(leaseSeconds + 1);
    const refusing = interfereWith(service.parts, {
      before(call) {
        if (call === 'store.delete') throw conflict('in use');
      },
      after: () => undefined,
    });
    expect(await recoverExpiredWork(refusing)).toBe(1);
    expect((await findImage(service, image.id))?.locations).toEqual(image.locations);
    expectNothingLoose(service);
  });

  test('by many at once never takes the last location', async () => {
    const service = open();
    const image = await addTwofold(service);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => outcomeOf(patch(service.parts, image.id, remove(String(index % 2))))),
    );
    expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(1);
    expect((await findImage(service, image.id))?.locations).toHaveLength(1);
    expectNothingLoose(service);
  });
});

describe('Taking a location away, interrupted at any call', () => {
  const ways = {
    'by a patch': (parts: ServiceParts, { id }: Image) => patch(parts, id, rename, remove('1')),
    'by taking it out of its store': (parts: ServiceParts, { id }: Image) =>
      deleteFromStore(parts, administrator, { storeId: 'slow', imageId: id }),
  } as const;

  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    '%s: it is there with its data, or gone with them',
    async (way) => {
      const rehearsal = open();
      const rehearsed = await addTwofold(rehearsal);
      const calls = await callsOf(rehearsal, (parts) => ways[way](parts, rehearsed));
      expect(calls).toEqual([
        'images.show',
        'images.update',
        'scrub.listWaiting',
        'work.renew',
        'store.delete',
        'scrub.markRemoved',
        'scrub.end',
      ]);
      for (const moment of momentsOf(calls)) {
        for (const interruption of ['failure', 'death', 'pause']) {
          const service = open();
          const image = await addTwofold(service);
          const process = stoppingAt(service, moment);
          const parts = interruption === 'failure' ? failingAt(service, moment, new Error('broken')) : process.parts;
          const taken = outcomeOf(ways[way](parts, image));
          await (interruption === 'failure' ? taken : process.stopped);
          await recoverEverything(service);
          expectNothingLoose(service);
          if (interruption === 'pause') {
            process.resume();
            await taken;
            expectNothingLoose(service);
          }
          const found = await findImage(service, image.id);
          const isBefore = moment.call === 0 || (moment.call === 1 && moment.when === 'before');
          const isDone = !isBefore || (interruption === 'pause' && moment.call <= 1);
          expect({ moment, interruption, count: found?.locations.length }).toEqual({
            moment,
            interruption,
            count: isDone ? 1 : 2,
          });
        }
      }
    },
  );

  test.each(['when its store was away', 'when it was paused', 'when others took it over'])(
    '%s, leaves the data of an image whose deletion was put off meanwhile',
    async (way) => {
      const service = open({ deletion: { delaySeconds: 86_400 } });
      const image = await addTwofold(service);
      const [kept, dropped] = image.locations.map(({ url }) => url);
      const away = interfereWith(service.parts, {
        before(call) {
          if (call === 'store.delete') throw new ImageServiceError('unavailable', 'The store is away.');
        },
        after: () => undefined,
      });
      // Before it asks what waits.
      const process = stoppingAt(service, { call: 2, when: 'before' });
      const parts = way === 'when its store was away' ? away : process.parts;
      const taken = outcomeOf(patch(parts, image.id, remove('1')));
      await (parts === away ? taken : process.stopped);
      await deleteImage(service.parts, owner, { imageId: image.id, precondition: null, call: null });
      if (way === 'when it was paused') process.resume();
      else await recoverEverything(service);
      if (parts === away || way === 'when it was paused') await taken;
      const objects = [...service.stores.values()].flatMap((store) => [...store.objects.keys()]);
      expect(objects).toEqual([kept]);
      expect(objects).not.toContain(dropped);
      expect(await restoreImage(service.parts, image.id)).toBe('restored');
      expect((await findImage(service, image.id))?.locations).toEqual(image.locations.slice(0, 1));
      expectNothingLoose(service);
    },
  );

  test('goes on after its image was deleted meanwhile', async () => {
    const service = open();
    const image = await addTwofold(service);
    const process = stoppingAt(service, { call: 4, when: 'before' });
    const taken = outcomeOf(patch(process.parts, image.id, remove('1')));
    await process.stopped;
    await deleteImage(service.parts, owner, { imageId: image.id, precondition: null, call: null });
    process.resume();
    await taken;
    expectNothingLoose(service);
  });
});
