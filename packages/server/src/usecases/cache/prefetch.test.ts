import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../domain/images/image.ts';
import type { MemoryCacheFiles } from '../../ports/memory-cache.testing.ts';
import { addActiveImage, addImage, administrator } from '../service.testing.ts';
import { beginDownload, download, openCachedService, turn } from './cached-service.testing.ts';
import type { CachedService } from './cached-service.testing.ts';
import { queueCachedImage } from './cached-images.ts';
import { startPrefetching } from './prefetch.ts';
import { startCacheUpkeep } from './upkeep.ts';

const data = randomBytes(1_500_000);

async function queue(service: CachedService, { id }: Pick<Image, 'id'>): Promise<void> {
  await queueCachedImage(service.parts, administrator, id);
}

/** Waits until nothing is being fetched. */
async function fetched({ cache }: CachedService): Promise<void> {
  await cache.prefetching;
}

describe('An image that is queued', () => {
  test('is fetched at once, and leaves the queue', async () => {
    const service = openCachedService({ cache: { servesDownloads: false } });
    const image = await addActiveImage(service, data);
    await queue(service, image);
    expect([...service.copies.queue]).toEqual([image.id]);
    await fetched(service);
    expect([service.copies.queue.size, service.books.entries.size, service.reports]).toEqual([0, 1, []]);
    expect(service.copies.copies.get(image.id)?.bytes).toEqual(data);
  });

  test('of no bytes is fetched too', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, Buffer.alloc(0));
    await queue(service, image);
    await fetched(service);
    expect(service.copies.copies.get(image.id)?.bytes.byteLength).toBe(0);
  });

  test('is fetched from the store its location names', async () => {
    const service = openCachedService({ stores: ['one', 'two'] });
    const image = await addActiveImage(service, data);
    const other = service.stores.get('two');
    const writer = other?.write(image.id, image.id);
    await writer?.open();
    await writer?.write(data);
    const stored = await writer?.commit();
    const record = service.database.records.get(image.id);
    if (record === undefined || stored === undefined) throw new Error('The image is not there.');
    const locations = [{ url: stored.url, metadata: { store: 'two' } }];
    service.database.records.set(image.id, { ...record, image: { ...record.image, locations } });
    service.store.objects.clear();
    await queue(service, image);
    await fetched(service);
    expect(service.copies.copies.get(image.id)?.bytes).toEqual(data);
  });

  test('twice, or when it is cached, is fetched once', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, data);
    await Promise.all([queue(service, image), queue(service, image), queue(service, image)]);
    await fetched(service);
    await queue(service, image);
    expect(service.copies.queue.size).toBe(0);
    await service.copies.enqueue(image.id);
    await queue(service, await addActiveImage(service, data));
    await fetched(service);
    expect([service.copies.queue.size, service.copies.copies.size, service.reports]).toEqual([0, 2, []]);
  });

  test('while somebody reads it is not fetched a second time', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, data);
    const reading = await beginDownload(service, image.id);
    await queue(service, image);
    expect([service.copies.queue.size, service.cache.fills.size]).toEqual([0, 1]);
    await reading.goOn();
    expect(service.copies.copies.size).toBe(1);
  });

  test('by others while somebody reads it stays queued until there is a copy', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, data);
    const stopUpkeep = startCacheUpkeep(service.parts);
    await turn();
    const reading = await beginDownload(service, image.id);
    await service.copies.enqueue(image.id);
    await turn();
    await service.clock.advance(59);
    startPrefetching(service.parts, service.cache);
    await fetched(service);
    expect(service.copies.queue.size).toBe(1);
    await reading.goAway();
    await service.clock.advance(2);
    await fetched(service);
    expect([service.copies.queue.size, service.copies.copies.size, service.reports]).toEqual([0, 1, []]);
    await stopUpkeep();
  });

  test('leaves the queue when it is read by somebody meanwhile', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, data);
    await service.copies.enqueue(image.id);
    await download(service, image.id);
    expect(service.copies.queue.size).toBe(0);
  });
});

describe('Images that are queued one by one', () => {
  test('are all fetched, however each meets the end of the one before', async () => {
    const service = openCachedService();
    const images = [];
    for (let turns = 0; turns < 40; turns += 1) images.push(await addActiveImage(service, Buffer.from(`${turns}`)));
    for (const [index, image] of images.entries()) {
      await queue(service, image);
      // A different number of steps each time.
      for (let steps = 0; steps < index; steps += 1) await Promise.resolve();
    }
    await fetched(service);
    expect([service.copies.copies.size, service.copies.queue.size]).toEqual([40, 0]);
  });
});

describe('A long queue', () => {
  async function queued(count: number, onBegin: (copies: MemoryCacheFiles) => Promise<unknown>) {
    let lists = 0;
    const service = openCachedService({
      files: (copies) => ({
        ...copies,
        listQueue: () => ((lists += 1), copies.listQueue()),
        begin: (...input) => onBegin(copies).then(() => copies.begin(...input)),
      }),
    });
    const ids: string[] = [];
    for (let turns = 0; turns < count; turns += 1) ids.push((await addActiveImage(service, Buffer.from('x'))).id);
    for (const id of ids) await service.copies.enqueue(id);
    startPrefetching(service.parts, service.cache);
    await fetched(service);
    return { service, ids, lists: () => lists };
  }

  test('is listed once a round, not once an image', async () => {
    const { service, lists } = await queued(50, () => Promise.resolve());
    expect([service.copies.copies.size, service.copies.queue.size, lists()]).toEqual([50, 0, 2]);
  });

  test('is left alone where an image was taken from it meanwhile', async () => {
    const { service, ids } = await queued(3, async ({ queue: waiting }) => {
      const last = [...waiting].at(2);
      if (last !== undefined) waiting.delete(last);
    });
    expect([[...service.copies.copies.keys()], service.reports]).toEqual([ids.slice(0, 2), []]);
  });
});

describe('An image that cannot be fetched', () => {
  test.each<[string, (service: CachedService) => Promise<string>]>([
    ['is gone', async () => '00000000-0000-4000-8000-00000000dead'],
    ['is not active', async (service) => (await addImage(service, { status: 'queued' })).id],
    [
      'has no data any more',
      async (service) => {
        const { id, locations } = await addActiveImage(service, data);
        service.store.objects.delete(locations[0]?.url ?? '');
        return id;
      },
    ],
    ['has other data than it should', async (service) => (await addActiveImage(service, data, { checksum: 'x' })).id],
    ['is larger than the cache', async (service) => (await addActiveImage(service, randomBytes(2_000_000))).id],
  ])('because it %s leaves the queue, is reported, and holds up nobody behind it', async (_, prepare) => {
    const service = openCachedService({ cache: { maxBytes: 1_600_000 } });
    await service.copies.enqueue(await prepare(service));
    const next = await addActiveImage(service, data);
    await queue(service, next);
    await fetched(service);
    expect([service.copies.queue.size, [...service.copies.copies.keys()]]).toEqual([0, [next.id]]);
    expect(service.reports).toContain('image not prefetched');
    expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  });

  test('and cannot leave the queue either is not tried again and again', async () => {
    let tries = 0;
    const service = openCachedService({
      files: (copies) => ({
        ...copies,
        begin() {
          tries += 1;
          return Promise.reject(new Error('EROFS'));
        },
        dequeue: () => Promise.reject(new Error('EROFS')),
      }),
    });
    await queue(service, await addActiveImage(service, data));
    await fetched(service);
    expect([tries, service.reports.length > 0]).toEqual([1, true]);
  });
});

describe('A service that starts', () => {
  test('fetches what was queued while it was down', async () => {
    const service = openCachedService();
    const image = await addActiveImage(service, data);
    await service.copies.enqueue(image.id);
    const stopUpkeep = startCacheUpkeep(service.parts);
    await turn();
    await fetched(service);
    await stopUpkeep();
    expect([service.copies.queue.size, service.copies.copies.size, service.reports]).toEqual([0, 1, []]);
  });

  test('fetches what others queue while it runs, within a minute', async () => {
    const service = openCachedService();
    const stopUpkeep = startCacheUpkeep(service.parts);
    await turn();
    const image = await addActiveImage(service, data);
    await service.copies.enqueue(image.id);
    await service.clock.advance(61);
    await fetched(service);
    await stopUpkeep();
    expect([service.copies.queue.size, service.copies.copies.size, service.reports]).toEqual([0, 1, []]);
  });
});

describe('A service that stops', () => {
  test('in the middle of an image leaves it in the queue, and nothing else', async () => {
    const service = openCachedService({
      files: (copies) => ({
        ...copies,
        async begin(...input) {
          const writer = await copies.begin(...input);
          return writer === null ? null : { ...writer, write: (chunk) => turn().then(() => writer.write(chunk)) };
        },
      }),
    });
    const stopUpkeep = startCacheUpkeep(service.parts);
    const image = await addActiveImage(service, randomBytes(5_000_000));
    await queue(service, image);
    while (service.copies.unfinished.size === 0) await turn();
    await stopUpkeep();
    expect([[...service.copies.queue], service.copies.copies.size, service.copies.unfinished.size]).toEqual([
      [image.id],
      0,
      0,
    ]);
    expect([service.reports, service.clock.running(), service.hasher.buffersOut()]).toEqual([[], 0, 0]);
  });

  test('writes down how the cache was used', async () => {
    const service = openCachedService();
    const stopUpkeep = startCacheUpkeep(service.parts);
    const { id } = await addActiveImage(service, data);
    for (let turns = 0; turns < 3; turns += 1) await download(service, id);
    expect((await service.books.find(id))?.hits).toBe(0);
    await stopUpkeep();
    expect((await service.books.find(id))?.hits).toBe(2);
  });
});
