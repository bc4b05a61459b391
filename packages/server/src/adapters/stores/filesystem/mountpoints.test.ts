import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mountpointOf, readMountpoints } from './mountpoints.ts';

describe('The mountpoint of a folder', () => {
  const all = { id: 'all', mountpoint: '/' };
  const srv = { id: 'srv', mountpoint: '/srv' };
  const images = { id: 'images', mountpoint: '/srv/images/' };
  const again = { id: 'again', mountpoint: '/srv' };

  test.each([
    { folder: '/srv', among: [srv], found: srv, which: 'the folder itself' },
    { folder: '/srv/a/b', among: [srv], found: srv, which: 'one above it' },
    { folder: '/srvother', among: [srv], found: null, which: 'not one whose name begins alike' },
    { folder: '/', among: [srv], found: null, which: 'not one below it' },
    { folder: '/srv/images/a', among: [all, srv, images, again], found: images, which: 'the nearest' },
    { folder: '/srv/a', among: [all, srv, again], found: srv, which: 'the first of two that are the same' },
    { folder: '/other', among: [srv, all], found: all, which: 'the root' },
    { folder: '/srv', among: [], found: null, which: 'nothing without any' },
  ])('$folder is $which', ({ folder, among, found }) => {
    expect(mountpointOf(folder, among)).toBe(found);
  });
});

describe('A file of mountpoints', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-mountpoints-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function read(text: string) {
    await writeFile(join(folder, 'metadata.json'), text);
    return readMountpoints(join(folder, 'metadata.json'));
  }

  test.each([
    ['one object', '{"id": "a", "mountpoint": "/a"}', [{ id: 'a', mountpoint: '/a' }]],
    ['a list', '[{"id": "a", "mountpoint": "/a"}]', [{ id: 'a', mountpoint: '/a' }]],
    ['nothing', '[]', []],
    [
      'more than it must',
      '{"id": "a", "mountpoint": "/a", "share": {"nfs": ["x", "y"]}}',
      [{ id: 'a', mountpoint: '/a', share: { nfs: ['x', 'y'] } }],
    ],
  ])('may hold %s', async (_, text, entries) => {
    expect(await read(text)).toEqual(entries);
  });

  test.each([
    ['no JSON', '{"id": "a",'],
    ['nothing at all', ''],
    ['a text', '"a"'],
    ['null', 'null'],
    ['a list of lists', '[[]]'],
    ['no id', '{"mountpoint": "/a"}'],
    ['no mountpoint', '[{"id": "a", "mountpoint": "/a"}, {"id": "a"}]'],
    ['a number as id', '{"id": 1, "mountpoint": "/a"}'],
    ['a relative mountpoint', '{"id": "a", "mountpoint": "a"}'],
    ['what is no metadata of a location', '{"id": "a", "mountpoint": "/a", "more": {"x": 1}}'],
  ])('with %s is refused by its name: unavailable', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/metadata\.json of filesystem_store_metadata_file/) as string,
    });
  });

  test('that is not there is refused: unavailable', async () => {
    await expect(readMountpoints(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/none\.json of filesystem_store_metadata_file.*ENOENT/) as string,
    });
  });
});
