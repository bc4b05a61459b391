import { describeCacheBooksConformance } from './cache-books.conformance.ts';
import { describeCacheFilesConformance } from './cache-files.conformance.ts';
import { startFakeClock } from './fake-clock.testing.ts';
import { memoryCacheBooks, memoryCacheFiles } from './memory-cache.testing.ts';
import type { MemoryCacheBooks } from './memory-cache.testing.ts';

describeCacheFilesConformance('Memory', async () => {
  const clock = startFakeClock();
  const files = memoryCacheFiles(clock);
  return {
    files,
    advance: (seconds) => clock.advance(seconds),
    now: () => clock.now(),
    leftovers: async () => ({ unfinished: files.unfinished.size, rejected: files.rejected.size }),
    close: () => Promise.resolve(),
  };
});

describeCacheBooksConformance('Memory of several nodes', async () => {
  const all = new Map<string, MemoryCacheBooks>();
  const books = memoryCacheBooks({ own: 'http://one', all });
  const otherNode = memoryCacheBooks({ own: 'http://two', all });
  return {
    books,
    elsewhere: books,
    otherNode,
    nodes: ['http://one', 'http://two'],
    async clear() {
      for (const { entries } of all.values()) entries.clear();
    },
    close: () => Promise.resolve(),
  };
});

describeCacheBooksConformance('Memory of one node', async () => {
  const books = memoryCacheBooks();
  return {
    books,
    elsewhere: books,
    otherNode: null,
    nodes: ['http://one', 'http://two'],
    clear: async () => books.entries.clear(),
    close: () => Promise.resolve(),
  };
});
