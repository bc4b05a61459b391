/** The cache on a real disk that fails at any of the calls made to it: no download notices. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breakableFileSystem } from '../../adapters/cache/breakable-file-system.testing.ts';
import { openCacheDirectory } from '../../adapters/cache/cache-directory.ts';
import { memoryCacheBooks } from '../../ports/memory-cache.testing.ts';
import { addActiveImage, openTestService } from '../service.testing.ts';
import { download } from './cached-service.testing.ts';
import { openImageCache } from './image-cache.ts';

const data = randomBytes(800_000);
/** Calls by which a cache opens its folders. */
const openingCalls = 4;

describe('A disk of the cache that fails', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-cache-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Two downloads, the first of which fills the cache, and what became of them. */
  async function downloadTwice(breakage: (call: number, name: string) => string | null) {
    const files = breakableFileSystem(breakage);
    const service = openTestService();
    const cache = openImageCache({
      files: await openCacheDirectory({ directory: folder, files }),
      books: memoryCacheBooks(),
      servesDownloads: true,
      maxBytes: 100_000_000,
      stallSeconds: 86_400,
    });
    const parts = { ...service.parts, cache };
    const { id } = await addActiveImage(service, data);
    const received = [await download({ parts }, id), await download({ parts }, id)];
    return { id, received, files, service };
  }

  test.each(['ENOSPC', 'EIO'])('with %s at any one call harms no download, and leaves no bad copy', async (code) => {
    const { files: counted } = await downloadTwice(() => null);
    const total = counted.calls.length;
    expect(total).toBeGreaterThan(20);
    for (let failing = openingCalls; failing < total; failing += 1) {
      await rm(folder, { recursive: true });
      const { id, received, files, service } = await downloadTwice((call) => (call === failing ? code : null));
      expect([failing, received.map((bytes) => bytes?.equals(data))]).toEqual([failing, [true, true]]);
      if ((await readdir(folder)).includes(id)) {
        expect((await readFile(join(folder, id))).equals(data)).toBe(true);
      }
      expect([files.filesOpen(), service.hasher.buffersOut(), service.hasher.hashesOut()]).toEqual([0, 0, 0]);
    }
  });

  test.each(['write', 'sync', 'rename', 'read', 'open', 'lstat', 'link', 'unlink', 'readdir'])(
    'at every %s harms no download',
    async (broken) => {
      const { received } = await downloadTwice((call, name) =>
        call >= openingCalls && name === broken ? 'EIO' : null,
      );
      expect(received.map((bytes) => bytes?.equals(data))).toEqual([true, true]);
    },
  );
});
