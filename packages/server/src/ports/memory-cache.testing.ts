/** The files and the books of a cache in memory. */
import { notFound } from '../domain/errors.ts';
import type { CacheBooks, CacheEntry, CachedImage } from './cache-books.ts';
import type { CacheFileWriter, CacheFiles } from './cache-files.ts';
import type { Clock } from './clock.ts';

interface MemoryCopy {
  readonly bytes: Uint8Array;
  readonly modifiedAt: Date;
}

interface UnfinishedCopy {
  readonly pieces: Uint8Array[];
  modifiedAt: Date;
}

export interface MemoryCacheFiles extends CacheFiles {
  readonly copies: Map<string, MemoryCopy>;
  readonly unfinished: Map<string, UnfinishedCopy>;
  readonly rejected: Map<string, MemoryCopy>;
  readonly queue: Set<string>;
}

const imageIdPattern = /^[0-9a-fA-F-]{36}$/;
const pieceBytes = 700_000;
const stuckMilliseconds = 5 * 60 * 1000;

export function memoryCacheFiles(clock: Pick<Clock, 'now'>): MemoryCacheFiles {
  const copies = new Map<string, MemoryCopy>();
  const unfinished = new Map<string, UnfinishedCopy>();
  const rejected = new Map<string, MemoryCopy>();
  const queue = new Set<string>();

  function checkId(imageId: string): void {
    if (!imageIdPattern.test(imageId)) throw notFound('Not an id.');
  }

  function writerOf(imageId: string, copy: UnfinishedCopy): CacheFileWriter {
    function take(): MemoryCopy {
      if (unfinished.get(imageId) !== copy) throw new Error('The copy has ended.');
      unfinished.delete(imageId);
      return { bytes: Buffer.concat(copy.pieces), modifiedAt: clock.now() };
    }
    return {
      async write(chunk) {
        if (unfinished.get(imageId) !== copy) throw new Error('The copy has ended.');
        copy.pieces.push(Uint8Array.from(chunk));
        copy.modifiedAt = clock.now();
      },
      async commit() {
        copies.set(imageId, take());
      },
      async discard() {
        if (unfinished.get(imageId) === copy) take();
      },
      async reject() {
        if (unfinished.get(imageId) === copy) rejected.set(imageId, take());
      },
    };
  }

  function removeOlder(from: Map<string, { readonly modifiedAt: Date }>, before: Date): void {
    for (const [id, { modifiedAt }] of from) if (modifiedAt <= before) from.delete(id);
  }

  return {
    copies,
    unfinished,
    rejected,
    queue,

    async open(imageId) {
      const bytes = copies.get(imageId)?.bytes;
      if (bytes === undefined) return null;
      return {
        sizeBytes: bytes.byteLength,
        async *chunks(start, end) {
          for (let at = start; at <= end; at += pieceBytes) yield bytes.slice(at, Math.min(at + pieceBytes, end + 1));
        },
        close: () => Promise.resolve(),
      };
    },
    list: async () =>
      [...copies].map(([imageId, { bytes, modifiedAt }]) => ({ imageId, sizeBytes: bytes.byteLength, modifiedAt })),
    remove: async (imageId) => copies.delete(imageId),
    async reject(imageId) {
      const copy = copies.get(imageId);
      if (copy === undefined) return;
      copies.delete(imageId);
      rejected.set(imageId, copy);
    },

    async begin(imageId, attemptId) {
      for (const id of [imageId, attemptId]) checkId(id);
      const other = unfinished.get(imageId);
      const isStuck = other !== undefined && other.modifiedAt.getTime() < clock.now().getTime() - stuckMilliseconds;
      if (copies.has(imageId) || (other !== undefined && !isStuck)) return null;
      const copy: UnfinishedCopy = { pieces: [], modifiedAt: clock.now() };
      unfinished.set(imageId, copy);
      return writerOf(imageId, copy);
    },
    sweep: () => Promise.resolve(),
    async clean(before) {
      removeOlder(unfinished, before.unfinished);
      removeOlder(rejected, before.rejected);
    },

    async enqueue(imageId) {
      checkId(imageId);
      const isNew = !queue.has(imageId);
      queue.add(imageId);
      return isNew;
    },
    dequeue: async (imageId) => queue.delete(imageId),
    isQueued: async (imageId) => queue.has(imageId),
    listQueue: async () => [...queue],
  };
}

export interface MemoryCacheBooks extends CacheBooks {
  readonly entries: Map<string, CacheEntry>;
}

/** `nodes` have the same books; without them the books are of one node alone. */
export function memoryCacheBooks(nodes?: {
  readonly own: string;
  readonly all: Map<string, MemoryCacheBooks>;
}): MemoryCacheBooks {
  const entries = new Map<string, CacheEntry>();
  let lastRow = 0;

  async function enter(image: CachedImage): Promise<void> {
    lastRow += 1;
    entries.delete(image.imageId);
    entries.set(image.imageId, { ...image, row: nodes === undefined ? null : lastRow });
  }

  const books: MemoryCacheBooks = {
    entries,
    async list() {
      const all = [...entries.values()];
      return nodes === undefined ? all.toSorted((one, other) => (one.imageId < other.imageId ? -1 : 1)) : all;
    },
    find: async (imageId) => entries.get(imageId),
    enter,
    async enterIfAbsent(image) {
      if (!entries.has(image.imageId)) await enter(image);
    },
    strike: async (imageId) => entries.delete(imageId),
    async addHits(hits) {
      for (const [imageId, { count, lastAt }] of hits) {
        const entry = entries.get(imageId);
        if (entry === undefined) continue;
        const lastAccessed = lastAt > entry.lastAccessed ? lastAt : entry.lastAccessed;
        entries.set(imageId, { ...entry, hits: entry.hits + count, lastAccessed });
      }
    },
    async nodesOf(imageId) {
      if (nodes === undefined) return null;
      return [...nodes.all].filter(([, { entries: others }]) => others.has(imageId)).map(([url]) => url);
    },
  };
  nodes?.all.set(nodes.own, books);
  return books;
}
