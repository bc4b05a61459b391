import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { memoryCacheBooks } from '../../ports/memory-cache.testing.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { addActiveImage, addImage, administrator, outcomeOf, owner, stranger } from '../service.testing.ts';
import type { ServiceParts } from '../service-parts.ts';
import {
  cleanImageCache,
  clearImageCache,
  deleteCachedImage,
  listCachedImageNodes,
  listCachedImages,
  pruneImageCache,
  queueCachedImage,
} from './cached-images.ts';
import { beginDownload, download, openCachedService } from './cached-service.testing.ts';
import {
  clearManagedCache,
  clearManagedQueue,
  deleteManagedCopy,
  dequeueManagedImage,
  listManagedCache,
  queueManagedImage,
} from './managed-cache.ts';

const data = randomBytes(1000);
const absent = '00000000-0000-4000-8000-00000000dead';

type Call = (parts: ServiceParts, context: RequestContext, imageId: string) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  list: listCachedImages,
  clear: (parts, context) => clearImageCache(parts, context, ''),
  queue: queueCachedImage,
  delete: deleteCachedImage,
  nodes: listCachedImageNodes,
  clean: cleanImageCache,
  prune: pruneImageCache,
  'managed list': listManagedCache,
  'managed clear': clearManagedCache,
  'managed delete': deleteManagedCopy,
  'managed queue': queueManagedImage,
  'managed clearing of the queue': clearManagedQueue,
  'managed dequeue': dequeueManagedImage,
};

describe('The call', () => {
  // The outcomes for: an administrator, the same without a cache, a member, a member without a cache.
  test.each<[string, string, string, string, string]>([
    ['list', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['clear', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['queue', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['delete', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['nodes', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['clean', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['prune', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed list', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed clear', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed delete', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed queue', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed clearing of the queue', 'none', 'notFound', 'forbidden', 'forbidden'],
    ['managed dequeue', 'none', 'notFound', 'forbidden', 'forbidden'],
  ])('%s: %s, %s without a cache; for a member %s, %s', async (name, ...expected) => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { owner: 'own' });
    const call = calls[name];
    const outcomes = [];
    for (const context of [administrator, owner]) {
      for (const cache of [service.cache, null]) {
        outcomes.push(await outcomeOf(call?.({ ...service.parts, cache }, context, id) ?? Promise.resolve()));
      }
    }
    expect(outcomes).toEqual(expected);
  });

  test.each<[string, RequestContext, string]>([
    ['queue', administrator, 'notFound'],
    ['queue', owner, 'notFound'],
    ['delete', administrator, 'notFound'],
    ['delete', owner, 'notFound'],
    ['nodes', administrator, 'notFound'],
    ['nodes', owner, 'forbidden'],
  ])('%s of an image that is not there, as %o: %s', async (name, context, expected) => {
    const { parts } = openCachedService();
    const call = calls[name];
    for (const cache of [parts.cache, null]) {
      expect(await outcomeOf(call?.({ ...parts, cache }, context, absent) ?? Promise.resolve())).toBe(expected);
    }
  });

  test('to queue a stranger’s image finds nothing: notFound', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data, { owner: 'own', visibility: 'private' });
    expect(await outcomeOf(queueCachedImage(service.parts, stranger, id))).toBe('notFound');
    expect(await outcomeOf(deleteCachedImage(service.parts, stranger, id))).toBe('notFound');
  });

  test.each(['queued', 'saving', 'deactivated', 'importing'] as const)(
    'to queue an image that is %s: badRequest',
    async (status) => {
      const service = openCachedService();
      const { id } = await addImage(service, { status });
      expect(await outcomeOf(queueCachedImage(service.parts, administrator, id))).toBe('badRequest');
      expect(service.copies.queue.size).toBe(0);
    },
  );
});

describe('The list', () => {
  test('has what a download has just put there, and its uses', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    const reading = await beginDownload(service, id);
    // The reader has its last byte, but has not said so.
    const { cached } = await listCachedImages(service.parts, administrator);
    expect(cached.map(({ imageId, hits }) => [imageId, hits])).toEqual([[id, 0]]);
    await reading.goOn();
    await download(service, id);
    expect((await listCachedImages(service.parts, administrator)).cached[0]?.hits).toBe(1);
  });
});

describe('Deleting', () => {
  test('takes an image from cache and queue, and one that is not there is as good', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    await download(service, id);
    await service.copies.enqueue(id);
    for (let turns = 0; turns < 2; turns += 1) await deleteCachedImage(service.parts, administrator, id);
    expect([service.copies.copies.size, service.books.entries.size, service.copies.queue.size]).toEqual([0, 0, 0]);
  });

  test.each(['cached', 'queued'] as const)('takes an image that was deleted and is still %s', async (where) => {
    const service = openCachedService();
    const at = service.clock.now();
    const times = { lastAccessed: at, lastModified: at };
    if (where === 'queued') await service.copies.enqueue(absent);
    else await service.books.enter({ imageId: absent, sizeBytes: 1, hits: 0, ...times, checksum: null });
    expect(await outcomeOf(deleteCachedImage(service.parts, owner, absent))).toBe('notFound');
    await deleteCachedImage(service.parts, administrator, absent);
    expect(await outcomeOf(deleteCachedImage(service.parts, administrator, absent))).toBe('notFound');
  });
});

describe('A stranger', () => {
  test.each(['neither', 'cached', 'queued'] as const)(
    'is not told that there is an image, when it is %s: notFound',
    async (where) => {
      const service = openCachedService();
      const { id } = await addActiveImage(service, data, { owner: 'own', visibility: 'private' });
      if (where === 'cached') await download(service, id);
      if (where === 'queued') await service.copies.enqueue(id);
      expect(await outcomeOf(deleteCachedImage(service.parts, stranger, id))).toBe('notFound');
      expect([service.copies.copies.size, service.copies.queue.size]).toEqual([
        where === 'cached' ? 1 : 0,
        where === 'queued' ? 1 : 0,
      ]);
    },
  );
});

describe('Clearing', () => {
  test.each<[string, number, number]>([
    ['', 0, 0],
    ['cache', 0, 1],
    ['QUEUE', 2, 0],
    ['Cache', 0, 1],
  ])('%j leaves %i copies and %i queued images', async (target, copies, queued) => {
    const service = openCachedService();
    for (let turns = 0; turns < 2; turns += 1) await download(service, (await addActiveImage(service, data)).id);
    await service.copies.enqueue(absent);
    await clearImageCache(service.parts, administrator, target);
    expect([service.copies.copies.size, service.books.entries.size, service.copies.queue.size]).toEqual([
      copies,
      copies,
      queued,
    ]);
  });

  test.each(['both', 'cache,queue', ' '])('%j is no target: badRequest, and for a member forbidden', async (target) => {
    const { parts } = openCachedService();
    expect(await outcomeOf(clearImageCache(parts, administrator, target))).toBe('badRequest');
    expect(await outcomeOf(clearImageCache(parts, owner, target))).toBe('forbidden');
  });
});

describe('The nodes', () => {
  test('of an image are those that have a copy', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    expect(await listCachedImageNodes(service.parts, administrator, id)).toEqual([]);
    await download(service, id);
    expect(await listCachedImageNodes(service.parts, administrator, id)).toEqual(['http://this']);
  });

  test('are not known to books of one node: conflict', async () => {
    const service = openCachedService();
    const cache = { ...service.cache, books: memoryCacheBooks() };
    const { id } = await addActiveImage(service, data);
    const parts = { ...service.parts, cache };
    expect(await outcomeOf(listCachedImageNodes(parts, administrator, id))).toBe('conflict');
    expect(await outcomeOf(listCachedImageNodes(parts, owner, id))).toBe('forbidden');
  });
});

describe('The older calls', () => {
  test('queue what they are told, without looking at the image or fetching it', async () => {
    const service = openCachedService();
    const { id } = await addActiveImage(service, data);
    for (const imageId of [absent, id, id]) await queueManagedImage(service.parts, administrator, imageId);
    expect((await listManagedCache(service.parts, administrator)).queued).toEqual([absent, id]);
    await dequeueManagedImage(service.parts, administrator, absent);
    await download(service, id);
    await queueManagedImage(service.parts, administrator, id);
    expect((await listManagedCache(service.parts, administrator)).queued).toEqual([]);
  });

  test('tell how much they removed', async () => {
    const service = openCachedService();
    const images = [await addActiveImage(service, data), await addActiveImage(service, data)];
    for (const { id } of images) await download(service, id);
    await queueManagedImage(service.parts, administrator, absent);
    expect(await clearManagedQueue(service.parts, administrator)).toBe(1);
    await deleteManagedCopy(service.parts, administrator, images[0]?.id ?? '');
    expect(await clearManagedCache(service.parts, administrator)).toBe(1);
    expect([service.copies.copies.size, service.books.entries.size]).toEqual([0, 0]);
  });
});
