import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ObjectReader } from '../../ports/image-store.ts';
import { memoryCacheBooks } from '../../ports/memory-cache.testing.ts';
import { addActiveImage } from '../service.testing.ts';
import { download, openCachedService, turn } from './cached-service.testing.ts';
import type { CachedService } from './cached-service.testing.ts';
import { recordHits } from './hits.ts';
import { pruneCopies } from './prune.ts';
import { adoptCopies, reconcileCache, takeOverBooks } from './reconcile.ts';
import { startCacheUpkeep } from './upkeep.ts';

const data = randomBytes(1000);
const unreadable: ObjectReader = {
  sizeBytes: data.byteLength,
  // eslint-disable-next-line require-yield
  async *chunks() {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  },
  close: () => Promise.resolve(),
};

async function putCopy(service: CachedService, imageId: string, bytes: Uint8Array = data): Promise<void> {
  service.copies.copies.set(imageId, { bytes, modifiedAt: service.clock.now() });
}

async function bringTogether({ parts, cache }: CachedService): Promise<void> {
  await adoptCopies(parts, cache, await reconcileCache(parts, cache));
}

function entryFor(service: CachedService, imageId: string) {
  const at = service.clock.now();
  return { imageId, sizeBytes: data.byteLength, hits: 3, lastAccessed: at, lastModified: at, checksum: null };
}

describe('Files and books of a cache', () => {
  test('agree again after a crash in between: a copy without an entry is entered', async () => {
    const service = openCachedService();
    const { id, checksum } = await addActiveImage(service, data);
    await putCopy(service, id);
    await bringTogether(service);
    const at = service.clock.now();
    expect(await service.books.find(id)).toMatchObject({ hits: 0, sizeBytes: 1000, lastAccessed: at, checksum });
    service.store.objects.clear();
    expect((await download(service, id))?.equals(data)).toBe(true);
  });

  test('agree again without a copy that has other bytes than its image, which is put aside', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const unknown = await addActiveImage(service, data, { checksum: null });
    for (const imageId of [id, unknown.id]) await putCopy(service, imageId, randomBytes(data.byteLength));
    await bringTogether(service);
    expect([[...service.copies.rejected.keys()], [...service.books.entries.keys()]]).toEqual([[id], [unknown.id]]);
    expect(service.reports).toEqual(['cached copy is not the image']);
    expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  });

  test('agree again but for a copy that cannot be read, which holds up nobody behind it', async () => {
    const broken = '00000000-0000-4000-8000-00000000aaaa';
    const service = openCachedService({
      files: (copies) => ({
        ...copies,
        open: (imageId) => (imageId === broken ? Promise.resolve(unreadable) : copies.open(imageId)),
      }),
    });
    await addActiveImage(service, data, { id: broken });
    const { id } = await addActiveImage(service, data);
    for (const imageId of [broken, id]) await putCopy(service, imageId);
    await bringTogether(service);
    expect([[...service.books.entries.keys()], service.reports]).toEqual([[id], ['cache unreadable']]);
  });

  test('are left as they are when the service stops while a copy is compared', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, randomBytes(2_000_000));
    await putCopy(service, id, randomBytes(2_000_000));
    const adopting = adoptCopies(service.parts, service.cache, await reconcileCache(service.parts, service.cache));
    service.cache.stop.abort();
    await adopting;
    expect([service.copies.copies.size, service.books.entries.size, service.hasher.hashesOut()]).toEqual([1, 0, 0]);
  });

  test('are compared with few questions to the database, also where images are hidden or gone', async () => {
    const service = openCachedService();
    const ids: string[] = [];
    for (let turns = 0; turns < 250; turns += 1) {
      ids.push((await addActiveImage(service, Buffer.from('x'), { hidden: turns % 2 === 0 })).id);
    }
    for (const id of [...ids, '00000000-0000-4000-8000-00000000dead']) await putCopy(service, id, Buffer.from('x'));
    let questions = 0;
    const { images } = service.parts;
    const counted = {
      ...images,
      show: (...input: Parameters<typeof images.show>) => ((questions += 1), images.show(...input)),
      list: (...input: Parameters<typeof images.list>) => ((questions += 1), images.list(...input)),
    };
    const unentered = await reconcileCache({ ...service.parts, images: counted }, service.cache);
    expect(unentered.map(({ imageId }) => imageId)).toEqual(ids);
    expect([service.copies.copies.size, questions]).toEqual([250, 7]);
  });

  test('agree again after somebody removed a file: its entry is struck', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    service.copies.copies.clear();
    await reconcileCache(service.parts, service.cache);
    expect(service.books.entries.size).toBe(0);
  });

  test('agree also when nobody looked: a download strikes the entry, and fills the cache again', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    service.copies.copies.clear();
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect([service.copies.copies.size, service.books.entries.size, service.reports]).toEqual([1, 1, []]);
  });

  test('lose images that are gone', async () => {
    const service = openCachedService();
    const gone = '00000000-0000-4000-8000-00000000dead';
    await putCopy(service, gone);
    await service.books.enter(entryFor(service, gone));
    await reconcileCache(service.parts, service.cache);
    expect([service.copies.copies.size, service.books.entries.size]).toEqual([0, 0]);
  });

  test('keep what former books say of copies that are there, and those are empty then', async () => {
    const service = openCachedService();
    const former = memoryCacheBooks();
    const there = entryFor(service, '00000000-0000-4000-8000-00000000aaaa');
    const known = entryFor(service, '00000000-0000-4000-8000-00000000bbbb');
    const gone = entryFor(service, '00000000-0000-4000-8000-00000000cccc');
    for (const entry of [there, known, gone]) await former.enter(entry);
    for (const { imageId } of [there, known]) await putCopy(service, imageId);
    await service.books.enter({ ...known, hits: 9 });
    await takeOverBooks(service.cache, former);
    expect(await service.books.find(there.imageId)).toMatchObject(there);
    expect(await service.books.find(known.imageId)).toMatchObject({ hits: 9 });
    expect([await service.books.find(gone.imageId), former.entries.size]).toEqual([undefined, 0]);
  });
});

describe('Uses', () => {
  test('that cannot be written down now are written with the next ones', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    await download(service, id);
    const broken = {
      ...service.cache,
      books: { ...service.books, addHits: () => Promise.reject(new Error('locked')) },
    };
    await recordHits(service.parts, broken);
    expect(service.reports).toHaveLength(1);
    await service.clock.advance(5);
    await download(service, id);
    await recordHits(service.parts, service.cache);
    expect(await service.books.find(id)).toMatchObject({ hits: 2, lastAccessed: service.clock.now() });
    expect(service.cache.hits.size).toBe(0);
  });

  test('count for pruning although they are not written down yet', async () => {
    const service = openCachedService();
    const [old, newer] = [await addActiveImage(service, data), await addActiveImage(service, data)];
    await download(service, old.id);
    await service.clock.advance(1);
    await download(service, newer.id);
    await service.clock.advance(1);
    await download(service, old.id);
    expect(await pruneCopies(service.parts, { ...service.cache, maxBytes: 1500 })).toEqual({ files: 1, bytes: 1000 });
    expect([...service.copies.copies.keys()]).toEqual([old.id]);
  });
});

describe('A cache that is left to itself', () => {
  test('writes down its uses within seconds', async () => {
    const service = openCachedService();
    const stop = startCacheUpkeep(service.parts);
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    await download(service, id);
    await service.clock.advance(6);
    expect((await service.books.find(id))?.hits).toBe(1);
    await stop();
  });

  test('removes stalled copies and what was put aside long ago, and stays within its limit', async () => {
    const service = openCachedService({ cache: { maxBytes: 1500, stallSeconds: 3600 } });
    const [one, other] = [await addActiveImage(service, data), await addActiveImage(service, data)];
    await service.copies.begin(other.id, other.id);
    await putCopy(service, one.id);
    await service.copies.reject(one.id);
    const stop = startCacheUpkeep(service.parts);
    await turn();
    expect([service.copies.unfinished.size, service.copies.rejected.size]).toEqual([1, 1]);
    await service.clock.advance(2 * 3600);
    expect([service.copies.unfinished.size, service.copies.rejected.size]).toEqual([0, 0]);
    for (const { id } of [one, other]) await putCopy(service, id);
    await service.clock.advance(700);
    expect(service.copies.copies.size).toBe(1);
    await stop();
    expect(service.clock.running()).toBe(0);
  });

  test('goes on after a failure', async () => {
    let failing = true;
    const service = openCachedService({
      files: (copies) => ({
        ...copies,
        sweep: () => (failing ? Promise.reject(new Error('EIO')) : copies.sweep()),
      }),
    });
    const stop = startCacheUpkeep(service.parts);
    await turn();
    expect(service.reports).toEqual(['cache not in order']);
    failing = false;
    const { id } = await addActiveImage(service, data);
    await putCopy(service, id);
    await service.clock.advance(700);
    expect(service.books.entries.size).toBe(1);
    await stop();
  });

  test('is nothing to keep up where there is none', async () => {
    const service = openCachedService();
    await startCacheUpkeep({ ...service.parts, cache: null })();
    expect(service.clock.running()).toBe(0);
  });
});
