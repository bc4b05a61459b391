import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheFiles } from '../../ports/cache-files.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import type { MemoryCacheFiles } from '../../ports/memory-cache.testing.ts';
import { downloadImageData } from '../image-data/download.ts';
import { deleteImage } from '../images/delete.ts';
import {
  addActiveImage,
  administrator,
  findImage,
  outcomeOf,
  owner,
  reader as readerOnly,
  stranger,
} from '../service.testing.ts';
import { beginDownload, download, openCachedService, receive, turn } from './cached-service.testing.ts';
import type { CachedService } from './cached-service.testing.ts';
import { removeCopy } from './remove.ts';

/** More than one piece, whoever reads it. */
const data = randomBytes(1_500_000);

/** How many copies were begun and not left to somebody else. */
function countBegun(copies: MemoryCacheFiles): { readonly files: CacheFiles; readonly begun: () => number } {
  let begun = 0;
  return {
    begun: () => begun,
    files: {
      ...copies,
      async begin(...input) {
        const writer = await copies.begin(...input);
        if (writer !== null) begun += 1;
        return writer;
      },
    },
  };
}

/** Files of which some calls do otherwise. */
function changed(changes: (copies: MemoryCacheFiles) => Partial<CacheFiles>) {
  return (copies: MemoryCacheFiles): CacheFiles => ({ ...copies, ...changes(copies) });
}

/** Makes the stored data unreadable: what is still read comes from the cache. */
function emptyStore(service: CachedService): void {
  service.store.objects.clear();
}

/** Changes one bit of a copy. */
function rot({ copies }: CachedService, imageId: string): void {
  const copy = copies.copies.get(imageId);
  if (copy === undefined) throw new Error('There is no copy.');
  const bytes = Uint8Array.from(copy.bytes);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  copies.copies.set(imageId, { ...copy, bytes });
}

/** A copy that breaks off after its first piece. */
function breaking(reader: ObjectReader): ObjectReader {
  return {
    ...reader,
    async *chunks(start, end) {
      for await (const chunk of reader.chunks(start, end)) {
        yield chunk;
        throw Object.assign(new Error('EIO: read'), { code: 'EIO' });
      }
    },
  };
}

/** Files whose copies all break off. */
const breakingCopies = changed((copies) => ({
  async open(imageId) {
    const copy = await copies.open(imageId);
    return copy === null ? null : breaking(copy);
  },
}));

/** Reads a whole image that breaks off, and gives what came before. */
async function receivedUntilFailure({ parts }: CachedService, imageId: string): Promise<Buffer> {
  const { data: reading } = await downloadImageData(parts, owner, { imageId, preferredStores: [] });
  const pieces: Uint8Array[] = [];
  const whole = (async () => {
    for await (const chunk of reading?.chunks(0, reading.sizeBytes - 1) ?? []) pieces.push(Uint8Array.from(chunk));
  })();
  expect(await outcomeOf(whole)).toBe('internal');
  return Buffer.concat(pieces);
}

function deletionOf(imageId: string) {
  return { imageId, precondition: null, call: null };
}

describe('A download through the cache', () => {
  test('fills it, and the next one needs no store', async () => {
    const service = openCachedService();
    const { id, checksum } = await addActiveImage(service, data);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect(await service.books.find(id)).toMatchObject({ sizeBytes: data.byteLength, hits: 0, checksum });
    emptyStore(service);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect(service.cache.hits.get(id)?.count).toBe(1);
    expect([service.reports, service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([[], 0, 0]);
  });

  test('of a range fills nothing, and is served once there is a copy', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const range = [3, 1_000_000] as const;
    expect((await download(service, id, { range }))?.equals(data.subarray(3, 1_000_001))).toBe(true);
    expect([service.copies.copies.size, service.copies.unfinished.size]).toEqual([0, 0]);
    await download(service, id);
    emptyStore(service);
    expect((await download(service, id, { range }))?.equals(data.subarray(3, 1_000_001))).toBe(true);
  });

  test('does nothing with a cache that does not serve downloads', async () => {
    const service = openCachedService({ cache: { servesDownloads: false } });
    const { id } = await addActiveImage(service, data);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect(service.copies.copies.size).toBe(0);
  });

  test('that nobody reads a byte of begins no copy', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await (await beginDownload(service, id)).goAway();
    await turn();
    expect([service.cache.fills.size, service.copies.unfinished.size, service.hasher.hashesOut()]).toEqual([0, 0, 0]);
    await download(service, id, { range: [0, 0] });
    expect(service.cache.fills.size).toBe(0);
  });
});

describe('Many readers', () => {
  test('of the same image make one copy, and all have their data', async () => {
    let begun = () => 0;
    const service = openCachedService({
      files: (copies) => {
        const counted = countBegun(copies);
        begun = counted.begun;
        return counted.files;
      },
    });
    const { id } = await addActiveImage(service, data);
    const received = await Promise.all(Array.from({ length: 100 }, () => download(service, id)));
    expect(received.every((bytes) => bytes?.equals(data))).toBe(true);
    expect([begun(), service.copies.copies.size]).toEqual([1, 1]);
    expect([service.reports, service.hasher.buffersOut()]).toEqual([[], 0]);
  });

  test('go on when the first one goes away, and one of them makes the copy', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const first = await beginDownload(service, id);
    const second = await beginDownload(service, id);
    await first.goAway();
    expect((await second.goOn()).equals(data)).toBe(true);
    expect(service.copies.copies.size).toBe(0);
    await download(service, id);
    expect(service.copies.copies.size).toBe(1);
    expect([service.reports, service.hasher.hashesOut()]).toEqual([[], 0]);
  });

  test('do not wait for one that stands still: the next one makes the copy after a minute', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const first = await beginDownload(service, id);
    await service.clock.advance(59);
    await download(service, id);
    expect(service.copies.copies.size).toBe(0);
    await service.clock.advance(2);
    await download(service, id);
    expect(service.copies.copies.size).toBe(1);
    expect((await first.goOn()).equals(data)).toBe(true);
    expect(service.cache.fills.size).toBe(0);
  });

  test('have all their data while their image is deleted, and leave no copy of it', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const first = await beginDownload(service, id);
    const second = await beginDownload(service, id);
    await deleteImage(service.parts, owner, deletionOf(id));
    for (const reading of [first, second]) expect((await reading.goOn()).equals(data)).toBe(true);
    expect([service.copies.copies.size, service.copies.unfinished.size, service.cache.fills.size]).toEqual([0, 0, 0]);
    expect(service.books.entries.size).toBe(0);
  });

  test('have all their data while the copy they read is removed', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    emptyStore(service);
    const reading = await beginDownload(service, id);
    await removeCopy(service.parts, service.cache, id);
    expect((await reading.goOn()).equals(data)).toBe(true);
  });
});

describe('A copy', () => {
  test('is not made of data that do not have the checksum of the image, which nobody is given whole', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { checksum: '0'.repeat(32) });
    for (let turns = 0; turns < 2; turns += 1) {
      expect(await outcomeOf(download(service, id))).toBe('internal');
      for (const { outcome } of service.cache.fills.values()) expect(await outcome).toBe('failed');
    }
    expect([service.copies.copies.size, service.copies.unfinished.size, service.books.entries.size]).toEqual([0, 0, 0]);
    expect(service.reports).toEqual(Array(2).fill('the stored data of an image are not those that were uploaded'));
    expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  });

  test('of data that do not have the hash of the image is put aside and never served', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { hashValue: '0'.repeat(128) });
    for (let turns = 0; turns < 2; turns += 1) expect((await download(service, id))?.equals(data)).toBe(true);
    expect([service.copies.copies.size, service.copies.rejected.size, service.books.entries.size]).toEqual([0, 1, 0]);
    expect(service.reports).toHaveLength(2);
  });

  test('of an image whose hash this host cannot compute is checked by its MD5', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { hashAlgorithm: 'whirlpool' });
    await download(service, id);
    expect(service.copies.copies.size).toBe(1);
  });

  test('of an image without digests is one of its size', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { checksum: null, hashAlgorithm: null, hashValue: null });
    await download(service, id);
    emptyStore(service);
    expect((await download(service, id))?.equals(data)).toBe(true);
  });

  test('is not made of an image that is larger than the cache', async () => {
    const service = openCachedService({ cache: { maxBytes: data.byteLength - 1 } });
    const { id } = await addActiveImage(service, data);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect([service.copies.copies.size, service.copies.unfinished.size]).toEqual([0, 0]);
  });

  test('whose bytes rotted breaks off before its end and is put aside; the next download is whole', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    rot(service, id);
    const received = await receivedUntilFailure(service, id);
    expect(received.byteLength).toBeLessThan(data.byteLength);
    expect([service.copies.copies.size, service.copies.rejected.size, service.books.entries.size]).toEqual([0, 1, 0]);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect([service.copies.copies.size, service.reports]).toEqual([1, ['cached copy is not the image']]);
    expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  });

  test('of one piece whose bytes rotted is put aside before anybody has one, and made again', async () => {
    const service = openCachedService();
    const small = data.subarray(0, 1000);
    const { id } = await addActiveImage(service, small);
    await download(service, id);
    rot(service, id);
    expect((await download(service, id))?.equals(small)).toBe(true);
    expect(Buffer.compare(service.copies.copies.get(id)?.bytes ?? data, small)).toBe(0);
    expect([service.copies.rejected.size, service.reports]).toEqual([1, ['cached copy is not the image']]);
  });

  test('whose bytes rotted and which then breaks off does not end in good ones from the store', async () => {
    const service = openCachedService({ files: breakingCopies });
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    rot(service, id);
    expect(await outcomeOf(download(service, id))).toBe('internal');
  });

  test('of an image without a checksum is held to the one it had when it was made', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { checksum: null, hashAlgorithm: null, hashValue: null });
    await download(service, id);
    rot(service, id);
    expect(await outcomeOf(download(service, id))).toBe('internal');
    expect(service.copies.rejected.size).toBe(1);
  });

  test('of another size than the image is put aside, and made again', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    service.copies.copies.set(id, { bytes: data.subarray(1), modifiedAt: service.clock.now() });
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect(service.copies.rejected.size).toBe(1);
    expect(service.copies.copies.get(id)?.bytes.byteLength).toBe(data.byteLength);
  });

  test('of former data of the image is not served', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    const other = await addActiveImage(service, randomBytes(data.byteLength));
    const record = service.database.records.get(id);
    if (record === undefined) throw new Error('The image is not there.');
    const { checksum, hashValue, locations } = other;
    service.database.records.set(id, { ...record, image: { ...record.image, checksum, hashValue, locations } });
    const expected = await download(service, other.id);
    expect((await download(service, id))?.equals(expected ?? data)).toBe(true);
    expect((await service.books.find(id))?.checksum).toBe(checksum);
  });

  test('that Glance made, of which the books have no checksum, is served', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const at = service.clock.now();
    service.copies.copies.set(id, { bytes: data, modifiedAt: at });
    const times = { lastAccessed: at, lastModified: at };
    await service.books.enter({ imageId: id, sizeBytes: data.byteLength, hits: 0, ...times, checksum: null });
    emptyStore(service);
    expect((await download(service, id))?.equals(data)).toBe(true);
  });

  test('is not there for an image that was deleted elsewhere', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    await deleteImage({ ...service.parts, cache: null }, owner, deletionOf(id));
    expect(service.copies.copies.size).toBe(1);
    expect(await outcomeOf(download(service, id))).toBe('notFound');
    expect(await outcomeOf(download(service, id, { as: administrator }))).toBe('notFound');
  });
});

describe('Cached data', () => {
  test.each([
    ['the owner', owner, 'none'],
    ['a reader of the project', readerOnly, 'forbidden'],
    ['a stranger', stranger, 'notFound'],
    ['an administrator', administrator, 'none'],
  ])('are as much %s’s as data that are not cached', async (_, as, expected) => {
    for (const isCached of [false, true]) {
      const service = openCachedService();
      const { id } = await addActiveImage(service, data, { owner: 'own', visibility: 'private' });
      if (isCached) await download(service, id);
      expect(service.copies.copies.size).toBe(isCached ? 1 : 0);
      for (const range of [undefined, [1, 2] as const]) {
        const reading = range === undefined ? { as } : { as, range };
        expect(await outcomeOf(download(service, id, reading))).toBe(expected);
      }
    }
  });

  test('of a deactivated image are nobody’s but an administrator’s, who reads them where they are', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    const at = service.clock.now();
    await service.parts.images.changeStatus(id, { from: ['active'], to: 'deactivated' }, at);
    expect(await outcomeOf(download(service, id))).toBe('forbidden');
    expect((await download(service, id, { as: administrator }))?.equals(data)).toBe(true);
    emptyStore(service);
    expect(await download(service, id, { as: administrator })).toBeNull();
  });

  test('ask for the right to prefer a store as others do', async () => {
    const service = openCachedService({ stores: ['one', 'two'], rules: { download_from_store: '!' } });
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    const preferring = downloadImageData(service.parts, owner, { imageId: id, preferredStores: ['one'] });
    expect(await outcomeOf(preferring)).toBe('forbidden');
  });
});

describe('A cache that is out of order', () => {
  test.each<[string, readonly [number, number]]>([
    ['whole', [0, data.byteLength - 1]],
    ['a range', [5, data.byteLength - 7]],
  ])('in the middle of a copy gives %s all the same, from the store', async (_, range) => {
    const service = openCachedService({ files: breakingCopies });
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    const received = await download(service, id, { range });
    expect(received?.equals(data.subarray(range[0], range[1] + 1))).toBe(true);
    expect([service.reports, service.copies.copies.size, service.copies.rejected.size]).toEqual([
      ['cached copy broke off'],
      0,
      1,
    ]);
  });

  test('and whose image is gone from the store breaks the download off, it does not end it', async () => {
    const service = openCachedService({ files: breakingCopies });
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    emptyStore(service);
    expect(await outcomeOf(download(service, id))).toBe('internal');
  });

  const failure = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));

  test.each<[string, Partial<CacheFiles>]>([
    ['open a copy', { open: failure }],
    ['begin a copy', { begin: failure }],
    ['list copies', { list: failure }],
    ['look at the queue', { dequeue: failure }],
  ])('and cannot %s does no harm', async (_, broken) => {
    const service = openCachedService({ files: changed(() => broken) });
    const { id } = await addActiveImage(service, data);
    for (let turns = 0; turns < 3; turns += 1) expect((await download(service, id))?.equals(data)).toBe(true);
    expect(service.reports.length).toBeGreaterThan(0);
    expect([service.hasher.buffersOut(), service.hasher.hashesOut(), service.cache.fills.size]).toEqual([0, 0, 0]);
  });

  test.each(['find', 'enter', 'list'] as const)('and whose books cannot %s does no harm', async (call) => {
    const service = openCachedService({ cache: { maxBytes: 2_000_000 } });
    const books = { ...service.books, [call]: failure };
    const parts = { ...service.parts, cache: { ...service.cache, books } };
    const images = [await addActiveImage(service, data), await addActiveImage(service, data)];
    for (const { id } of images) expect((await download({ parts }, id))?.equals(data)).toBe(true);
    expect(service.reports.length).toBeGreaterThan(0);
  });

  test.each(['write', 'commit'] as const)('and whose disk is full at a %s does no harm', async (call) => {
    const service = openCachedService({
      files: changed((copies) => ({
        async begin(...input) {
          const writer = await copies.begin(...input);
          return writer === null ? null : { ...writer, [call]: failure };
        },
      })),
    });
    const { id } = await addActiveImage(service, data);
    expect((await download(service, id))?.equals(data)).toBe(true);
    expect([service.reports, service.copies.copies.size, service.copies.unfinished.size]).toEqual([
      ['image not cached'],
      0,
      0,
    ]);
    expect([service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0]);
  });

  test.each<[string, (copies: MemoryCacheFiles) => Partial<CacheFiles>]>([
    ['the beginning', () => ({ begin: () => Promise.withResolvers<never>().promise })],
    [
      'a write',
      (copies) => ({
        async begin(...input) {
          const writer = await copies.begin(...input);
          return writer === null ? null : { ...writer, write: () => Promise.withResolvers<never>().promise };
        },
      }),
    ],
  ])('and whose disk does not answer at %s holds a reader up for seconds, once', async (_, changes) => {
    // Few buffers make the copy wait for its disk at once.
    const service = openCachedService({ files: changed(changes), bufferBytes: 65_536 });
    const { id } = await addActiveImage(service, data);
    let received: Buffer | null = null;
    const reading = receive(service, id).then((bytes) => {
      received = bytes;
    });
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(received).toBeNull();
    await service.clock.advance(11);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    await service.clock.advance(11);
    await reading;
    expect(received).toEqual(data);
    // The copy that stands still keeps nobody else waiting, and no other one is begun at once.
    const again = receive(service, id);
    await turn();
    await service.clock.advance(1);
    expect((await again)?.equals(data)).toBe(true);
  });
});

describe('The cache as a whole', () => {
  test('stays within its limit whatever is downloaded, and keeps what was used last', async () => {
    const arbitraryReads = fc.array(fc.nat(7), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(arbitraryReads, fc.integer({ min: 500, max: 3000 }), async (reads, maxBytes) => {
        const service = openCachedService({ cache: { maxBytes } });
        const images = [];
        for (let size = 1; size <= 8; size += 1) images.push(await addActiveImage(service, randomBytes(size * 100)));
        const used: string[] = [];
        for (const turns of reads) {
          const image = images[turns];
          if (image === undefined) continue;
          await service.clock.advance(1);
          await download(service, image.id);
          if ((image.sizeBytes ?? 0) <= maxBytes) used.push(image.id);
          const copies = await service.copies.list();
          expect(copies.reduce((sum, copy) => sum + copy.sizeBytes, 0)).toBeLessThanOrEqual(maxBytes);
          const last = used.at(-1);
          if (last !== undefined) expect(copies.map(({ imageId }) => imageId)).toContain(last);
          expect([...service.books.entries.keys()].toSorted()).toEqual(copies.map((copy) => copy.imageId).toSorted());
        }
      }),
      { numRuns: 30 },
    );
  });

  test('counts its copies when they may have become too large, not after each one', async () => {
    let lists = 0;
    const service = openCachedService({
      cache: { maxBytes: 1000 },
      files: changed((copies) => ({ list: () => ((lists += 1), copies.list()) })),
    });
    for (let turns = 0; turns < 10; turns += 1) {
      await download(service, (await addActiveImage(service, randomBytes(100))).id);
    }
    expect([lists, service.copies.copies.size]).toEqual([1, 10]);
    await download(service, (await addActiveImage(service, randomBytes(100))).id);
    expect([lists, service.copies.copies.size]).toEqual([2, 10]);
  });

  test('is whole after any mix of downloads, deletions and removals at the same time', async () => {
    const service = openCachedService({ cache: { maxBytes: 3_500_000 } });
    const images = [];
    for (let turns = 0; turns < 6; turns += 1) images.push(await addActiveImage(service, data));
    await Promise.all(
      images.flatMap(({ id }, turns) => [
        ...Array.from({ length: 5 }, () => outcomeOf(download(service, id))),
        ...(turns % 3 === 0 ? [deleteImage(service.parts, owner, deletionOf(id))] : []),
        ...(turns % 3 === 1 ? [removeCopy(service.parts, service.cache, id)] : []),
      ]),
    );
    for (const [imageId, { bytes }] of service.copies.copies) {
      expect(Buffer.compare(bytes, data)).toBe(0);
      expect(await findImage(service, imageId)).toBeDefined();
    }
    expect([service.copies.unfinished.size, service.cache.fills.size, service.hasher.buffersOut()]).toEqual([0, 0, 0]);
  });
});
