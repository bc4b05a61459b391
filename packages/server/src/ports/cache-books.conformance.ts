/** What every keeper of the cache's books must do, as `cache-books.ts` promises it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CacheBooks, CachedImage } from './cache-books.ts';

export interface OpenedCacheBooks {
  readonly books: CacheBooks;
  /** The same books on another connection of the same node. */
  readonly elsewhere: CacheBooks;
  /** The books of another node, where books are of several; else null. */
  readonly otherNode: CacheBooks | null;
  /** URLs of the two nodes. */
  readonly nodes: readonly [string, string];
  clear(): Promise<void>;
  close(): Promise<void>;
}

const at = new Date('2026-03-01T09:00:00.250Z');
const later = new Date('2026-03-01T10:00:00.500Z');

export function describeCacheBooksConformance(name: string, open: () => Promise<OpenedCacheBooks>): void {
  describe(`${name} as the books of a cache`, () => {
    let opened: OpenedCacheBooks;
    let books: CacheBooks;

    beforeAll(async () => {
      opened = await open();
      books = opened.books;
    });
    beforeEach(() => opened.clear());
    afterAll(() => opened.close());

    function image(overrides: Partial<CachedImage> = {}): CachedImage {
      return {
        imageId: randomUUID(),
        sizeBytes: 5_000_000_000,
        hits: 0,
        lastAccessed: at,
        lastModified: at,
        checksum: '0123456789abcdef0123456789abcdef',
        ...overrides,
      };
    }

    test('give back what was entered, from everywhere', async () => {
      const entered = image({ hits: 3, lastAccessed: later, checksum: null });
      await books.enter(entered);
      expect(await books.find(entered.imageId)).toMatchObject(entered);
      expect(await books.list()).toEqual([await books.find(entered.imageId)]);
      expect(await opened.elsewhere.find(entered.imageId)).toEqual(await books.find(entered.imageId));
    });

    test('know nothing of an image that was not entered or was struck', async () => {
      const entered = image();
      await books.enter(entered);
      expect([await books.strike(entered.imageId), await books.strike(entered.imageId)]).toEqual([true, false]);
      expect([await books.find(entered.imageId), await books.find(randomUUID()), await books.list()]).toEqual([
        undefined,
        undefined,
        [],
      ]);
    });

    test('put a new entry in the place of an old one, unless asked not to', async () => {
      const old = image({ hits: 7 });
      const next = { ...old, hits: 0, sizeBytes: 1, lastAccessed: later, lastModified: later, checksum: null };
      await books.enter(old);
      await books.enterIfAbsent(next);
      expect(await books.find(old.imageId)).toMatchObject(old);
      await books.enter(next);
      expect(await books.find(old.imageId)).toMatchObject(next);
      expect(await books.list()).toHaveLength(1);
      await books.strike(old.imageId);
      await books.enterIfAbsent(next);
      expect(await books.find(old.imageId)).toMatchObject(next);
    });

    test('hold one entry of an image however many enter it at once', async () => {
      const entered = image();
      await Promise.all(
        Array.from({ length: 6 }, (_, turn) => (turn % 2 === 0 ? books : opened.elsewhere).enter(entered)),
      );
      await Promise.all([books.enterIfAbsent(entered), opened.elsewhere.enterIfAbsent(entered)]);
      expect(await books.list()).toHaveLength(1);
    });

    test('list in row order where rows are numbered, else by image id', async () => {
      const images = Array.from({ length: 5 }, () => image());
      for (const each of images) await books.enter(each);
      const listed = await books.list();
      const isNumbered = listed.every(({ row }) => row !== null);
      expect(isNumbered || listed.every(({ row }) => row === null)).toBe(true);
      const ids = images.map(({ imageId }) => imageId);
      expect(listed.map(({ imageId }) => imageId)).toEqual(isNumbered ? ids : ids.toSorted());
    });

    test('add hits, and move the time of the last use on, never back', async () => {
      const [used, unused] = [image({ hits: 1 }), image()];
      for (const each of [used, unused]) await books.enter(each);
      await books.addHits(
        new Map([
          [used.imageId, { count: 2, lastAt: later }],
          [randomUUID(), { count: 9, lastAt: later }],
        ]),
      );
      await opened.elsewhere.addHits(new Map([[used.imageId, { count: 1, lastAt: at }]]));
      await books.addHits(new Map());
      expect(await books.find(used.imageId)).toMatchObject({ ...used, hits: 4, lastAccessed: later });
      expect(await books.find(unused.imageId)).toMatchObject(unused);
      expect(await books.list()).toHaveLength(2);
    });

    test('tell which nodes have an image where books are of several, and leave their entries alone', async () => {
      const shared = image();
      await books.enter(shared);
      const { otherNode, nodes } = opened;
      if (otherNode === null) {
        expect(await books.nodesOf(shared.imageId)).toBeNull();
        return;
      }
      expect(await books.nodesOf(shared.imageId)).toEqual([nodes[0]]);
      await otherNode.enter({ ...shared, hits: 5 });
      expect(await books.nodesOf(shared.imageId)).toEqual(nodes);
      expect(await otherNode.nodesOf(randomUUID())).toEqual([]);
      await books.addHits(new Map([[shared.imageId, { count: 1, lastAt: later }]]));
      await books.strike(shared.imageId);
      expect(await books.list()).toEqual([]);
      expect(await otherNode.find(shared.imageId)).toMatchObject({ ...shared, hits: 5 });
      expect(await books.nodesOf(shared.imageId)).toEqual([nodes[1]]);
    });
  });
}
