import { zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from '../../../../../../tests/support/debian-packages.ts';
import { packed, sampleText, tooLarge, unpack } from './unpack.testing.ts';
import { makeZips } from './zip-samples.testing.ts';
import type { ZipSamples } from './zip-samples.testing.ts';

const hasPrograms = await requirePackages(packageGroups.archives);

const damaged = 'badRequest: The zip data are damaged or end too early. Pack the image again.';

describe.runIf(hasPrograms)('a zip archive', () => {
  let zips: ZipSamples;
  beforeAll(async () => {
    zips = await makeZips(sampleText);
  });

  /** The archive with a field of its directory entry changed. */
  function withEntry(zip: Buffer, change: (entry: Buffer) => void): Buffer {
    const copy = Buffer.from(zip);
    change(copy.subarray(copy.lastIndexOf('PK\x01\x02')));
    return copy;
  }

  /** The stored archive with other packed data, said to be of another method. */
  function withData(method: number, data: Uint8Array): Buffer {
    const directoryAt = zips.stored.lastIndexOf('PK\x01\x02');
    const local = Buffer.from(zips.stored.subarray(0, directoryAt - sampleText.length));
    const rest = Buffer.from(zips.stored.subarray(directoryAt));
    local.writeUInt16LE(method, 8);
    rest.writeUInt16LE(method, 10);
    rest.writeUInt32LE(data.byteLength, 20);
    rest.writeUInt32LE(local.byteLength + data.byteLength, rest.byteLength - 6);
    return Buffer.concat([local, data, rest]);
  }

  const sound = ['stored', 'deflated', 'bzip2', 'lzma', 'streamed', 'large', 'force64', 'commented'] as const;
  test.each(sound)('of one file is unpacked: %s', async (name) => {
    for (const chunkBytes of [1, 100, 100_000]) {
      const { result, format } = await unpack(zips[name], { chunkBytes });
      expect([format, result]).toEqual(['zip', sampleText]);
    }
  });

  test('may be packed with zstd or xz', async () => {
    const xz = packed('xz', ['-c'], sampleText);
    expect((await unpack(withData(93, zstdCompressSync(sampleText)))).result).toBe(sampleText);
    expect((await unpack(withData(95, xz))).result).toBe(sampleText);
  });

  test.each([
    ['two', 'more than one file'],
    ['many', 'more than one file'],
    ['folder', 'a folder'],
    ['link', 'a link, a folder or a device'],
    ['device', 'a link, a folder or a device'],
    ['pipe', 'a link, a folder or a device'],
  ] as const)('that holds anything but one plain file is a 400: %s', async (name, what) => {
    const { result } = await unpack(zips[name]);
    expect(result).toBe(`badRequest: The zip archive holds ${what}. Pack the image alone, as a plain file.`);
  });

  test.each(['traversal', 'absolute'] as const)('has a name that leads nowhere: %s', async (name) => {
    const { result, target } = await unpack(zips[name]);
    expect([result, target.writtenBytes()]).toEqual([sampleText, sampleText.length]);
  });

  test('that is encrypted is a 400', async () => {
    const { result } = await unpack(withEntry(zips.deflated, (entry) => entry.writeUInt16LE(1, 8)));
    expect(result).toBe('badRequest: The zip archive is encrypted. Pack the image without a password.');
  });

  test('of another method is a 400 that names it', async () => {
    const { result } = await unpack(withData(9, Buffer.from('deflate64')));
    expect(result).toBe('badRequest: The zip archive uses method 9, which is not supported. Pack it with deflate.');
  });

  test('that says it is too large is a 413 before anything is written', async () => {
    const zip = withEntry(zips.deflated, (entry) => entry.writeUInt32LE(0xffff_fffe, 24));
    const { result, target } = await unpack(zip, { maximum: { bytes: 1000, exceeded: tooLarge } });
    expect([result, target.writtenBytes()]).toEqual([`limitExceeded: ${tooLarge}`, 0]);
  });

  test('whose parts contradict each other is a 400', async () => {
    const { deflated, stored } = zips;
    const end = deflated.lastIndexOf('PK\x05\x06');
    const contradictions: readonly (readonly [string, Buffer])[] = [
      ['another sum', withEntry(deflated, (entry) => entry.writeUInt32LE(1, 16))],
      ['another size', withEntry(deflated, (entry) => entry.writeUInt32LE(sampleText.length + 1, 24))],
      ['fewer packed bytes', withEntry(deflated, (entry) => entry.writeUInt32LE(entry.readUInt32LE(20) - 1, 20))],
      ['more packed bytes', withEntry(deflated, (entry) => entry.writeUInt32LE(entry.readUInt32LE(20) + 1, 20))],
      ['another method', withEntry(stored, (entry) => entry.writeUInt16LE(8, 10))],
      ['a file elsewhere', withEntry(deflated, (entry) => entry.writeUInt32LE(1, 42))],
      ['a longer name', withEntry(deflated, (entry) => entry.writeUInt16LE(9, 28))],
      ['64-bit sizes that are not there', withEntry(deflated, (entry) => entry.fill(0xff, 20, 28))],
      ['bytes in front', Buffer.concat([deflated.subarray(0, 4), Buffer.from('more'), deflated])],
      ['bytes behind', Buffer.concat([deflated, Buffer.from('more')])],
      ['bytes between', Buffer.concat([deflated.subarray(0, end), Buffer.from('more'), deflated.subarray(end)])],
      ['no directory', deflated.subarray(0, deflated.lastIndexOf('PK\x01\x02'))],
      ['more data behind the deflated ones', withData(8, Buffer.concat([deflatedData(deflated), Buffer.from('more')]))],
    ];
    for (const [name, zip] of contradictions) expect([name, (await unpack(zip)).result]).toEqual([name, damaged]);
  });

  function deflatedData(zip: Buffer): Buffer {
    const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
    return zip.subarray(start, start + zip.readUInt32LE(18));
  }
});
