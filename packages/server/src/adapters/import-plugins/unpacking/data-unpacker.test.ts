import { mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from '../../../../../../tests/support/debian-packages.ts';
import { describeDataUnpackerConformance } from '../../../ports/data-unpacker.conformance.ts';
import { openDataUnpacker } from './data-unpacker.ts';
import { lhaSamples } from './lha-samples.testing.ts';
import {
  generous,
  openTarget,
  packed,
  refusal,
  sampleText,
  searchPath,
  sourceOf,
  tooLarge,
  unpack,
} from './unpack.testing.ts';
import { makeZips } from './zip-samples.testing.ts';
import type { ZipSamples } from './zip-samples.testing.ts';

const hasPrograms = await requirePackages(packageGroups.archives);

const mebibyte = 1024 * 1024;

/** Bytes that no program makes smaller, the same in each run. */
function noise(lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  let state = 1;
  for (let at = 0; at < lengthBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

describeDataUnpackerConformance('the unpacker of the service', async () => openDataUnpacker({ searchPath }));

describe.runIf(hasPrograms)('data packed by real programs', () => {
  let zips: ZipSamples;
  let samples: readonly (readonly [name: string, format: string, data: Buffer])[];

  beforeAll(async () => {
    zips = await makeZips(sampleText);
    samples = [
      ['gzip', 'gzip', packed('gzip', ['-c'], sampleText)],
      ['xz', 'xz', packed('xz', ['-c'], sampleText)],
      ['bzip2', 'bzip2', packed('bzip2', ['-c'], sampleText)],
      // As the program zstd does, and Node does not by itself.
      ['zstd', 'zstd', zstdCompressSync(sampleText, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
      ['zip', 'zip', zips.deflated],
      ['lha', 'lha', lhaSamples['-lh5-']],
    ];
  });

  test('are unpacked whatever the size of the chunks they come in', async () => {
    for (const [, format, data] of samples) {
      for (const chunkBytes of [1, 2, 3, 7, 64, data.byteLength - 1, data.byteLength, data.byteLength + 1]) {
        const { result, format: found } = await unpack(data, { chunkBytes });
        expect([found, result]).toEqual([format, sampleText]);
      }
    }
  });

  test('that are large come out as they went in', async () => {
    const data = noise(mebibyte + 17);
    const large: readonly (readonly [string, Buffer])[] = [
      ['gzip', gzipSync(data)],
      ['zstd', zstdCompressSync(data)],
      ['xz', packed('xz', ['-c', '-1'], data)],
      ['bzip2', packed('bzip2', ['-c'], data)],
    ];
    for (const [format, archive] of large) {
      const { format: found, target } = await unpack(archive, { chunkBytes: 65_536 });
      expect([found, target.written().equals(data)]).toEqual([format, true]);
    }
  });

  test('that are cut off anywhere are a 400 that names the format, or too short to be recognised', async () => {
    for (const [name, format, data] of samples) {
      // A process for each cut costs time, so those formats are cut at fewer places.
      const step = ['gzip', 'zstd', 'zip'].includes(name) ? 1 : 13;
      for (let length = 0; length < data.byteLength; length += step) {
        const { result } = await unpack(data.subarray(0, length));
        // LHa ends its archives with a zero that may be missing.
        if (name === 'lha' && length === data.byteLength - 1) continue;
        if (result === 'not packed') expect(length).toBeLessThan(10);
        else expect([name, length, result]).toEqual([name, length, `badRequest: ${damagedText(format)}`]);
      }
    }
  });

  test('that are damaged anywhere never pass for something else', async () => {
    for (const [name, , data] of samples) {
      const step = ['gzip', 'zstd', 'zip'].includes(name) ? 1 : 7;
      for (let at = 0; at < data.byteLength; at += step) {
        const damagedData = Buffer.from(data);
        damagedData[at] = (damagedData[at] ?? 0) ^ 0x41;
        const { result } = await unpack(damagedData);
        const isHarmless =
          result === sampleText || result === 'not packed' || /^(badRequest|limitExceeded): /.test(result);
        expect([name, at, isHarmless]).toEqual([name, at, true]);
      }
    }
  });

  test('that hold nothing give an image of no bytes', async () => {
    const empties = [gzipSync(''), zstdCompressSync(''), packed('xz', ['-c'], ''), packed('bzip2', ['-c'], '')];
    for (const data of [...empties, (await makeZips('')).deflated]) {
      const { result, format, target } = await unpack(data);
      expect([format === null, result, target.isOpen()]).toEqual([false, '', true]);
    }
  });

  test('inside other packed data stay packed', async () => {
    const inner = gzipSync(sampleText);
    for (const outer of [gzipSync(inner), packed('xz', ['-c'], inner), zstdCompressSync(inner)]) {
      expect((await unpack(outer)).result).toBe(inner.toString('latin1'));
    }
  });

  test('may consist of several parts that are read as one', async () => {
    const halves = [sampleText.slice(0, 500), sampleText.slice(500)];
    const skippable = Buffer.from('5e2a4d1803000000616263', 'hex');
    const several = [
      Buffer.concat(halves.map((half) => gzipSync(half))),
      Buffer.concat(halves.map((half) => zstdCompressSync(half))),
      Buffer.concat(halves.flatMap((half) => [zstdCompressSync(half), skippable])),
      Buffer.concat(halves.map((half) => packed('xz', ['-c'], half))),
      Buffer.concat(halves.map((half) => packed('bzip2', ['-c'], half))),
      // As a tape adds them.
      Buffer.concat(halves.flatMap((half) => [gzipSync(half), Buffer.alloc(3000)])),
    ];
    for (const data of several) {
      for (const chunkBytes of [1, 50, 1000, 100_000]) {
        expect((await unpack(data, { chunkBytes })).result).toBe(sampleText);
      }
    }
  });

  test('that are followed by something else are a 400, for it would be lost', async () => {
    const followed: readonly (readonly [string, Buffer])[] = [
      ['gzip', gzipSync(sampleText)],
      ['zstd', zstdCompressSync(sampleText)],
      ['xz', packed('xz', ['-c'], sampleText)],
      ['bzip2', packed('bzip2', ['-c'], sampleText)],
    ];
    for (const [format, data] of followed) {
      for (const rest of ['g', 'garbage', '\0\0garbage']) {
        for (const chunkBytes of [1, data.byteLength, 100_000]) {
          const { result } = await unpack(Buffer.concat([data, Buffer.from(rest)]), { chunkBytes });
          expect(result).toBe(`badRequest: ${damagedText(format)}`);
        }
      }
    }
  });

  test('that need much memory are a 400 that says so', async () => {
    const needy: readonly (readonly [string, Buffer])[] = [
      ['xz', packed('xz', ['-c', '--lzma2=dict=256MiB,mode=fast,mf=hc3'], sampleText)],
      ['zstd', zstdOfLargeWindow()],
    ];
    for (const [format, data] of needy) {
      const { result } = await unpack(data);
      expect(result).toContain(`badRequest: The ${format} data need more than 128 MiB`);
    }
  });
});

/** Magic number, a window of 2^31 bytes, one empty last block. */
function zstdOfLargeWindow(): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00]);
}

function damagedText(format: string): string {
  return `The ${format} data are damaged or end too early. Pack the image again.`;
}

describe('data that are not packed', () => {
  const brotli = brotliCompressSync(sampleText);
  test.each([
    ['none at all', Buffer.alloc(0)],
    ['one byte', Buffer.from([0x1f])],
    ['text', Buffer.from(sampleText)],
    ['text that begins like bzip2', Buffer.from('BZh9 is the name of a format')],
    ['a format without a signature', brotli],
    ['an empty zip', Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)])],
  ])('are left alone: %s', async (_, data) => {
    const { result, target } = await unpack(data);
    expect([result, target.isOpen()]).toEqual(['not packed', false]);
  });
});

describe.runIf(hasPrograms)('bombs', () => {
  const bombBytes = 80 * mebibyte;
  let bombs: readonly (readonly [format: string, data: Buffer])[];

  beforeAll(async () => {
    const zeros = Buffer.alloc(bombBytes);
    const zip = await makeZips('', bombBytes);
    bombs = [
      ['gzip', gzipSync(zeros)],
      ['zstd', zstdCompressSync(zeros)],
      ['xz', packed('xz', ['-c', '-0'], zeros)],
      ['bzip2', packed('bzip2', ['-c'], zeros)],
      ['zip', zip.zeros],
    ];
  });

  test('are a 413 as soon as they pass the limit on the size, and no more than that is written', async () => {
    for (const [format, data] of bombs) {
      const maximum = { bytes: 5 * mebibyte, exceeded: tooLarge };
      const { result, target } = await unpack(data, { maximum });
      expect([format, result]).toEqual([format, `limitExceeded: ${tooLarge}`]);
      expect(target.writtenBytes()).toBeLessThanOrEqual(maximum.bytes);
    }
  });

  test('are a 413 as soon as they pass the limit on the ratio', async () => {
    for (const [format, data] of bombs) {
      const { result, target } = await unpack(data, { maxRatio: 50 });
      expect([format, result]).toEqual([
        format,
        expect.stringMatching(/^limitExceeded: .* over 50 times their packed/),
      ]);
      expect(target.writtenBytes()).toBeLessThanOrEqual(Math.max(64 * mebibyte, 50 * data.byteLength));
    }
  });

  test('of a ratio of 10^5 do not get past 64 MiB', async () => {
    const [, data] = bombs.find(([format]) => format === 'bzip2') ?? ['', Buffer.alloc(0)];
    expect(bombBytes / data.byteLength).toBeGreaterThan(10 ** 5);
    const { result, target } = await unpack(data);
    expect([result.startsWith('limitExceeded'), target.writtenBytes() <= 64 * mebibyte]).toEqual([true, true]);
  });

  test('inside bombs stay packed', async () => {
    const [, inner] = bombs[0] ?? ['', Buffer.alloc(0)];
    const { result } = await unpack(gzipSync(inner));
    expect(Buffer.from(result, 'latin1').equals(inner)).toBe(true);
  });

  test('of a lie about their size are a 400 once the lie is told', async () => {
    const lying = Buffer.from((await makeZips(sampleText)).deflated);
    lying.writeUInt32LE(10, lying.lastIndexOf('PK\x01\x02') + 24);
    const { result, target } = await unpack(lying);
    expect([result, target.writtenBytes()]).toEqual([`badRequest: ${damagedText('zip')}`, 0]);
  });
});

describe('unpacking that is broken off', () => {
  const archive = gzipSync(noise(mebibyte));
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-own-programs-'));
    for (const name of ['xz', 'bzip2']) await symlink(join('/usr/bin', name), join(folder, name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.runIf(hasPrograms)('by its signal raises the reason, closes the source and leaves no process', async () => {
    const data = noise(mebibyte);
    const ownPath = `${folder}:${searchPath}`;
    const archives = [gzipSync(data), packed('xz', ['-c', '-0'], data), packed('bzip2', ['-c'], data)];
    for (const packedData of archives) {
      const source = sourceOf(packedData, 10_000);
      const target = openTarget();
      const reason = new Error('The lease is lost.');
      const abort = new AbortController();
      const write = target.write.bind(target);
      const breaking = {
        ...target,
        async write(chunk: Uint8Array) {
          await write(chunk);
          running = await processesNaming(folder);
          abort.abort(reason);
        },
      };
      let running: string[] = [];
      const unpacker = openDataUnpacker({ searchPath: ownPath });
      const unpacking = unpacker.unpack({ source: source.open, target: breaking, ...generous, signal: abort.signal });
      await expect(unpacking).rejects.toBe(reason);
      expect(source.openReaders()).toBe(0);
      expect(running).toHaveLength(packedData === archives[0] ? 0 : 1);
      expect(await processesNaming(folder)).toEqual([]);
    }
  });

  test('before it began does nothing', async () => {
    const source = sourceOf(archive);
    const reason = new Error('Too late.');
    const unpacker = openDataUnpacker({ searchPath });
    const request = { source: source.open, target: openTarget(), ...generous, signal: AbortSignal.abort(reason) };
    await expect(unpacker.unpack(request)).rejects.toBe(reason);
    expect(source.givenBytes()).toBe(0);
  });

  test('by the target passes its error on', async () => {
    const failure = new Error('The disk is full.');
    const target = { ...openTarget(), write: () => Promise.reject(failure) };
    const source = sourceOf(archive);
    const unpacker = openDataUnpacker({ searchPath });
    await expect(unpacker.unpack({ source: source.open, target, ...generous })).rejects.toBe(failure);
    expect(source.openReaders()).toBe(0);
  });

  test.runIf(hasPrograms)('by the source passes its error on', async () => {
    const failure = new Error('The disk is broken.');
    for (const data of [archive, packed('xz', ['-c', '-0'], noise(mebibyte))]) {
      const source = sourceOf(data, 10_000);
      async function open() {
        const reader = await source.open();
        async function* chunks(start: number, end: number) {
          let left = 3;
          for await (const chunk of reader.chunks(start, end)) {
            if (left-- === 0) throw failure;
            yield chunk;
          }
        }
        return { ...reader, chunks };
      }
      const unpacker = openDataUnpacker({ searchPath });
      await expect(unpacker.unpack({ source: open, target: openTarget(), ...generous })).rejects.toBe(failure);
      expect(source.openReaders()).toBe(0);
    }
  });
});

/** Command lines of all processes that name a folder. */
async function processesNaming(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

describe('a program that is missing', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-no-programs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is a 503 that names it and its package, and formats that need none work', async () => {
    const unpacker = openDataUnpacker({ searchPath: folder });
    const xz = Buffer.from('fd377a585a000004', 'hex');
    const request = { target: openTarget(), ...generous };
    expect(await unpacker.unpack({ ...request, source: sourceOf(xz).open }).catch(refusal)).toBe(
      'unavailable: The program xz is missing on this node. On Debian it is in the package xz-utils.',
    );
    const { sizeBytes } = (await unpacker.unpack({
      ...generous,
      target: openTarget(),
      source: sourceOf(gzipSync(sampleText)).open,
    })) ?? { sizeBytes: 0 };
    expect(sizeBytes).toBe(sampleText.length);
    expect(await readdir(folder)).toEqual([]);
  });
});
