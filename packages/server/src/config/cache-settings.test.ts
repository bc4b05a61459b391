import { describe, expect, test } from 'vitest';
import { loadText, settingsOf } from './load-configuration.testing.ts';

const place = '/etc/lucarne/a.conf';
const directory = 'image_cache_dir = /cache\n';

function cacheOf(lines: string, flavor: string | null = null) {
  const paste = flavor === null ? '' : `[paste_deploy]\nflavor = ${flavor}\n`;
  return loadText(`[DEFAULT]\n${lines}${paste}`);
}

describe('the cache', () => {
  test('is off without a folder', () => {
    expect(settingsOf(cacheOf('')).cache).toEqual({
      directory: null,
      servesDownloads: false,
      managementRoutes: false,
      driver: 'centralized_db',
      sqliteFile: null,
      maxBytes: 10_737_418_240,
      stallSeconds: 86_400,
    });
  });

  test('has a folder with its books, and limits', () => {
    const lines =
      'image_cache_dir = c\nimage_cache_max_size = 5\nimage_cache_stall_time = 6\nimage_cache_driver = sqlite\n';
    expect(settingsOf(cacheOf(lines)).cache).toMatchObject({
      directory: '/home/site/c',
      driver: 'sqlite',
      sqliteFile: '/home/site/c/cache.db',
      maxBytes: 5,
      stallSeconds: 6,
    });
    expect(settingsOf(cacheOf(`${directory}image_cache_sqlite_db = /db\n`)).cache.sqliteFile).toBe('/db');
  });

  test('keeps the books of xattr in sqlite, and tells so', () => {
    const loaded = cacheOf('image_cache_dir = c\nimage_cache_driver = xattr\n');
    expect(settingsOf(loaded).cache.driver).toBe('sqlite');
    expect(loaded.warnings).toEqual([
      `${place}:3: [DEFAULT] image_cache_driver: xattr is taken for sqlite; the books of a cache with extended attributes are not read`,
    ]);
  });

  test.each([
    [null, false, false],
    ['pocket', false, false],
    ['pocket+caching', true, false],
    ['pocket+cachemanagement', true, true],
  ])('is used as the flavor %s says', (flavor, servesDownloads, managementRoutes) => {
    expect(settingsOf(cacheOf(directory, flavor)).cache).toMatchObject({ servesDownloads, managementRoutes });
  });

  test.each(['caching', 'trusted-auth+caching', 'none+cachemanagement'])(
    'in the database needs a name of the node with the flavor %s',
    (flavor) => {
      expect(cacheOf(directory, flavor).problems).toEqual([
        `${place}:4: [paste_deploy] flavor: with the cache in the database every node needs a name: set [DEFAULT] ` +
          'worker_self_reference_url, or image_cache_driver = sqlite',
      ]);
      for (const line of [
        'worker_self_reference_url = http://a',
        'public_endpoint = http://a',
        'image_cache_driver = sqlite',
      ]) {
        expect(cacheOf(`${directory}${line}\n`, flavor).problems).toEqual([]);
      }
    },
  );

  test('in the database needs none with the pocket identity, nor when it serves no downloads', () => {
    expect(settingsOf(cacheOf(directory, 'pocket+caching')).server.selfUrl).toBeNull();
    expect(cacheOf(directory, 'trusted-auth').problems).toEqual([]);
  });

  test.each(['pocket+caching', 'pocket+cachemanagement'])('needs a folder with the flavor %s', (flavor) => {
    expect(cacheOf('', flavor).problems).toEqual([
      `${place}:3: [paste_deploy] flavor: a flavor with the cache needs a folder for it: set [DEFAULT] image_cache_dir`,
    ]);
  });

  test.each([
    ['image_cache_driver = redis', '"redis" is not a known choice'],
    ['image_cache_max_size = -1', '"-1" is too small'],
    ['image_cache_stall_time = -1', '"-1" is too small'],
    ['image_cache_sqlite_db =', 'the value is empty'],
  ])('refuses the start with %s', (line, message) => {
    const [name] = line.split(' ');
    expect(cacheOf(`${line}\n`).problems).toEqual([
      expect.stringContaining(`${place}:2: [DEFAULT] ${name}: ${message}`),
    ]);
  });
});
