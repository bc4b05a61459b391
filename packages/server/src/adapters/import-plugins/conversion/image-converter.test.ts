import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../../../../../../tests/support/debian-packages.ts';
import { isImageServiceError } from '../../../domain/errors.ts';
import { startInspection } from '../../../domain/image-formats/stream-inspection.ts';
import { checkConversionInput, checkDescription } from '../../../domain/imports/conversion-rules.ts';
import type { ConvertibleFormat } from '../../../domain/imports/conversion-rules.ts';
import { openImageConverter } from './image-converter.ts';
import { qemuNameOf } from './image-description.ts';

const hasPrograms = await requirePackages(['qemu-utils']);
const run = promisify(execFile);
const searchPath = process.env['PATH'] ?? '';
const converter = openImageConverter({ searchPath });
const mebibyte = 1024 * 1024;
const maximum = { bytes: 2 ** 40, exceeded: 'The image would be too large.' };
const vmdkAllowedTypes = ['streamOptimized', 'monolithicSparse'];
const strict = { requireFormatMatch: true, gptSafetyChecksNonfatal: [] };

let folder = '';
/** Data between zeros, of which every other image here is made. */
let disk: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-conversion-'));
  disk = Buffer.alloc(5 * mebibyte);
  randomBytes(mebibyte).copy(disk, mebibyte);
  await writeFile(pathOf('disk'), disk);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function pathOf(name: string): string {
  return join(folder, name);
}

/** Makes an image of the disk with qemu-img itself. */
async function make(name: string, format: ConvertibleFormat, options: readonly string[] = []): Promise<string> {
  const path = pathOf(name);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', qemuNameOf(format), ...options, pathOf('disk'), path]);
  return path;
}

async function create(name: string, args: readonly string[]): Promise<string> {
  await run('qemu-img', ['create', '-q', ...args], { cwd: folder });
  return pathOf(name);
}

/** Code and message of an error of the service; any other is passed on. */
function refusal(error: unknown): string {
  if (isImageServiceError(error)) return `${error.code}: ${error.message}`;
  throw error;
}

/** Everything that happens to a staged file before it is converted; gives what refused it, or that nothing did. */
async function check(path: string, diskFormat: ConvertibleFormat): Promise<string> {
  try {
    const inspection = startInspection();
    inspection.observe(await readFile(path));
    checkConversionInput({ diskFormat, verdict: inspection.conclude(diskFormat, strict) });
  } catch (error) {
    return `inspection, ${refusal(error)}`;
  }
  return checkAfterInspection(path, diskFormat);
}

async function checkAfterInspection(path: string, diskFormat: ConvertibleFormat): Promise<string> {
  try {
    const description = await converter.inspect({ path, diskFormat });
    checkDescription({ diskFormat, description, vmdkAllowedTypes });
    return 'accepted';
  } catch (error) {
    return `qemu-img, ${refusal(error)}`;
  }
}

const formats: readonly (readonly [ConvertibleFormat, readonly string[]])[] = [
  ['raw', []],
  ['qcow2', []],
  ['qcow2', ['-c', '-o', 'compression_type=zstd']],
  ['vhd', ['-o', 'subformat=dynamic,force_size=on']],
  ['vhdx', []],
  ['vmdk', []],
  ['vmdk', ['-o', 'subformat=streamOptimized']],
  ['vdi', []],
];

describe.runIf(hasPrograms)('an image in a file', () => {
  test.each(formats)('is described and converted: %s %j', async (inputFormat, options) => {
    const inputPath = await make(`${inputFormat}.input`, inputFormat, options);
    expect(await check(inputPath, inputFormat)).toBe('accepted');
    const { virtualSizeBytes } = await converter.inspect({ path: inputPath, diskFormat: inputFormat });
    expect(virtualSizeBytes).toBe(BigInt(disk.byteLength));
    for (const outputFormat of ['raw', 'qcow2', 'vmdk'] as const) {
      const outputPath = pathOf(`${inputFormat}.output`);
      await converter.convert({ inputPath, inputFormat, virtualSizeBytes, outputPath, outputFormat, maximum });
      expect(await check(outputPath, outputFormat)).toBe('accepted');
      const back = pathOf('back');
      await run('qemu-img', ['convert', '-f', outputFormat, '-O', 'raw', outputPath, back]);
      expect((await readFile(back)).equals(disk)).toBe(true);
    }
  });

  test('is never taken for another format than it is said to be', async () => {
    const path = await make('guest.qcow2', 'qcow2');
    const { size } = await stat(path);
    const description = await converter.inspect({ path, diskFormat: 'raw' });
    expect([description.format, description.virtualSizeBytes]).toEqual(['raw', BigInt(size)]);
    await expect(converter.inspect({ path: pathOf('disk'), diskFormat: 'qcow2' })).rejects.toThrow(
      'qemu-img cannot read the image; it is damaged.',
    );
  });

  test('keeps its holes', async () => {
    const inputPath = await create('holes.qcow2', ['-f', 'qcow2', 'holes.qcow2', '1G']);
    const outputPath = pathOf('holes.raw');
    const virtualSizeBytes = 2n ** 30n;
    const request = { inputPath, inputFormat: 'qcow2', virtualSizeBytes, outputPath, outputFormat: 'raw' } as const;
    await converter.convert({ ...request, maximum });
    const { size, blocks } = await stat(outputPath);
    expect([size, blocks * 512 < mebibyte]).toEqual([2 ** 30, true]);
  });
});

describe.runIf(hasPrograms)('an image that leads to other files', () => {
  test('is refused by the inspection, and by what qemu-img says if the inspection is left out', async () => {
    await make('base.qcow2', 'qcow2');
    await make('base.vmdk', 'vmdk');
    await writeFile(pathOf('secret'), 'x'.repeat(mebibyte));
    const backed = await create('backed', ['-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', 'backed']);
    const split = await create('split', ['-f', 'qcow2', '-o', 'data_file=split.data', 'split', '1M']);
    const parent = await create('parent', ['-f', 'vmdk', '-b', 'base.vmdk', '-F', 'vmdk', 'parent']);
    const flat = pathOf('flat');
    const extents = `RW 2048 FLAT "secret" 0`;
    await writeFile(
      flat,
      `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n${extents}\n`,
    );
    const flatTypes = ['monolithicFlat'];

    expect(await check(backed, 'qcow2')).toMatch(/^inspection, badRequest: .*backing file/);
    expect(await checkAfterInspection(backed, 'qcow2')).toMatch(/^qemu-img, badRequest: .*backing file/);
    expect(await check(split, 'qcow2')).toMatch(/^inspection, badRequest: .*another file/);
    expect(await checkAfterInspection(split, 'qcow2')).toMatch(/^qemu-img, badRequest: .*other files/);
    // The inspection lets a parent pass, as Glance does.
    expect(await check(parent, 'vmdk')).toMatch(/^qemu-img, badRequest: .*backing file/);
    expect(await check(flat, 'vmdk')).toMatch(/^inspection, badRequest: /);
    const description = await converter.inspect({ path: flat, diskFormat: 'vmdk' });
    expect(description.otherFiles).toEqual([pathOf('secret')]);
    expect(() => checkDescription({ diskFormat: 'vmdk', description, vmdkAllowedTypes: flatTypes })).toThrow(
      'keeps its data in other files',
    );
  });

  test.each(['twoGbMaxExtentSparse', 'twoGbMaxExtentFlat', 'monolithicFlat'])(
    'is refused as vmdk of type %s',
    async (type) => {
      const path = await create(`${type}.vmdk`, ['-f', 'vmdk', '-o', `subformat=${type}`, `${type}.vmdk`, '3M']);
      expect(await check(path, 'vmdk')).toMatch(/^inspection, badRequest: /);
      expect(await checkAfterInspection(path, 'vmdk')).toMatch(/^qemu-img, badRequest: /);
    },
  );

  test.each([
    ['streamOptimized', ['streamOptimized'], 'none'],
    ['streamOptimized', ['monolithicSparse'], 'badRequest'],
    ['monolithicSparse', [], 'badRequest'],
  ] as const)('is no vmdk of type %s where %j are allowed: %s', async (type, allowed, code) => {
    const path = await make('typed.vmdk', 'vmdk', ['-o', `subformat=${type}`]);
    const description = await converter.inspect({ path, diskFormat: 'vmdk' });
    const outcome = ((): string => {
      try {
        checkDescription({ diskFormat: 'vmdk', description, vmdkAllowedTypes: allowed });
        return 'none';
      } catch (error) {
        return refusal(error).split(':')[0] ?? '';
      }
    })();
    expect(outcome).toBe(code);
  });
});

describe.runIf(hasPrograms)('a hostile image', () => {
  /** A qcow2 with a field of its header changed. */
  async function hostile(name: string, change: (header: Buffer) => void): Promise<string> {
    const path = pathOf(name);
    await copyFile(await make('sound.qcow2', 'qcow2'), path);
    const file = await open(path, 'r+');
    const header = Buffer.alloc(104);
    await file.read(header, 0, header.byteLength, 0);
    change(header);
    await file.write(header, 0, header.byteLength, 0);
    await file.close();
    return path;
  }

  test.each<[string, (header: Buffer) => void]>([
    ['a table of 2^32 entries', (header) => header.writeUInt32BE(0xffff_ffff, 36)],
    ['a table inside itself', (header) => header.writeBigUInt64BE(0n, 40)],
    ['a table beyond everything', (header) => header.writeBigUInt64BE(2n ** 63n - 512n, 40)],
    ['2^32 snapshots', (header) => header.writeUInt32BE(0xffff_ffff, 60)],
    ['a huge table of reference counts', (header) => header.writeUInt32BE(0x00ff_ffff, 56)],
    ['clusters of 2^63 bytes', (header) => header.writeUInt32BE(63, 20)],
    ['a disk of 2^63 bytes', (header) => header.writeBigUInt64BE(2n ** 63n - 1n, 24)],
    ['a header of 2^31 bytes', (header) => header.writeUInt32BE(0x7fff_fff8, 100)],
  ])('is described or refused within two seconds: %s', async (name, change) => {
    const path = await hostile(`${name}.qcow2`, change);
    const startedAt = performance.now();
    const outcome = await checkAfterInspection(path, 'qcow2');
    expect(outcome).toMatch(/^(accepted|qemu-img, badRequest: .*)$/);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('whose data lie in a circle is converted to something finite or refused: 400', async () => {
    const path = await make('circle.qcow2', 'qcow2');
    const file = await open(path, 'r+');
    const header = Buffer.alloc(104);
    await file.read(header, 0, header.byteLength, 0);
    // The table of tables names itself as the table of clusters.
    const tables = header.readBigUInt64BE(40);
    const entry = Buffer.alloc(8);
    entry.writeBigUInt64BE(tables | (1n << 63n));
    await file.write(entry, 0, 8, Number(tables));
    await file.close();
    const outputPath = pathOf('circle.raw');
    const request = { inputPath: path, inputFormat: 'qcow2', outputPath, outputFormat: 'raw', maximum } as const;
    const outcome = await converter
      .convert({ ...request, virtualSizeBytes: BigInt(disk.byteLength) })
      .then(async () => `${(await stat(outputPath)).size} bytes`, refusal);
    expect(outcome).toMatch(/^(5242880 bytes|badRequest: qemu-img cannot convert the qcow2 image; it is damaged\.)$/);
  });

  test('of random damage is described or refused, and never more', async () => {
    const sound = await Promise.all(
      (['qcow2', 'vmdk', 'vhdx', 'vhd', 'vdi'] as const).map(async (format) => {
        const options = format === 'vhd' ? ['-o', 'subformat=dynamic,force_size=on'] : [];
        return { format, data: await readFile(await make(`mutated.${format}`, format, options)) };
      }),
    );
    const mutations = 10;
    let state = 7;
    function random(below: number): number {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    }
    for (const { format, data } of sound) {
      for (let count = 0; count < mutations; count++) {
        const path = pathOf('mutation');
        const damaged = Buffer.from(data.subarray(0, mebibyte));
        for (let flips = 0; flips < 4; flips++) damaged[random(count % 2 === 0 ? 112 : 1024)] = random(256);
        await writeFile(path, damaged);
        expect(await check(path, format)).toMatch(/^(accepted|(inspection|qemu-img), badRequest: .*)$/);
      }
    }
  });
});

describe.runIf(hasPrograms)('a conversion', () => {
  const outputFormat = 'raw';
  const inputFormat = 'qcow2';

  test('to more bytes than allowed is a 413, before and while it is written', async () => {
    const inputPath = await make('limited.qcow2', 'qcow2');
    const outputPath = pathOf('limited');
    const small = { ...maximum, bytes: 500_000 };
    const request = { inputPath, inputFormat, outputPath, maximum: small } as const;
    for (const [outputFormat, virtualSizeBytes] of [
      ['raw', BigInt(disk.byteLength)],
      // As if the description had been another one.
      ['raw', 1n],
      ['qcow2', BigInt(disk.byteLength)],
      ['vmdk', BigInt(disk.byteLength)],
    ] as const) {
      const outcome = await converter.convert({ ...request, outputFormat, virtualSizeBytes }).catch(refusal);
      expect(outcome).toBe(`limitExceeded: ${maximum.exceeded}`);
      await expect(access(outputPath)).rejects.toThrow('ENOENT');
    }
  });

  test('without a limit on its size works', async () => {
    const inputPath = await make('unlimited.qcow2', 'qcow2');
    const outputPath = pathOf('unlimited');
    const endless = { ...maximum, bytes: Number.MAX_SAFE_INTEGER + 1 };
    const virtualSizeBytes = BigInt(disk.byteLength);
    await converter.convert({ inputPath, inputFormat, outputPath, outputFormat, virtualSizeBytes, maximum: endless });
    expect((await readFile(outputPath)).equals(disk)).toBe(true);
  });

  test('that takes too long is a 400, and nothing is left of it', async () => {
    const hasty = openImageConverter({ searchPath: await slowQemuImg(), time: { baseSeconds: 1, secondsPerGib: 0 } });
    const outputPath = pathOf('hasty');
    const request = { inputPath: pathOf('disk'), inputFormat: 'raw', outputPath, outputFormat, maximum } as const;
    const outcome = await hasty.convert({ ...request, virtualSizeBytes: 2n ** 37n }).catch(refusal);
    expect(outcome).toBe('badRequest: The conversion of the image took too long and was given up.');
    await expect(access(outputPath)).rejects.toThrow('ENOENT');
  });

  test('that is aborted raises the reason, and nothing is left of it', async () => {
    const abort = new AbortController();
    const reason = new Error('The lease is lost.');
    const aborted = openImageConverter({ searchPath: await slowQemuImg() });
    const outputPath = pathOf('aborted');
    const converting = aborted.convert({
      inputPath: pathOf('disk'),
      inputFormat: 'raw',
      virtualSizeBytes: 1n,
      outputPath,
      outputFormat: 'qcow2',
      maximum,
      signal: abort.signal,
    });
    await expect.poll(() => access(outputPath).then(() => 'begun')).toBe('begun');
    abort.abort(reason);
    await expect(converting).rejects.toBe(reason);
    await expect(access(outputPath)).rejects.toThrow('ENOENT');
    await expect(
      aborted.inspect({ path: pathOf('disk'), diskFormat: 'raw', signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });

  test('of damaged data is a 400 that names no path', async () => {
    const path = await make('damaged.vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']);
    const data = await readFile(path);
    randomBytes(100_000).copy(data, 200_000);
    await writeFile(path, data);
    const request = { inputPath: path, inputFormat: 'vmdk', outputPath: pathOf('x'), outputFormat } as const;
    const outcome = await converter.convert({ ...request, virtualSizeBytes: 5n, maximum }).catch(refusal);
    expect(outcome).toBe('badRequest: qemu-img cannot convert the vmdk image; it is damaged.');
  });

  test('without qemu-img is a 503 that names the package', async () => {
    const bare = openImageConverter({ searchPath: folder });
    expect(await bare.inspect({ path: pathOf('disk'), diskFormat: 'raw' }).catch(refusal)).toBe(
      'unavailable: The program qemu-img is missing on this node. On Debian it is in the package qemu-utils.',
    );
  });

  /** A search path on which qemu-img is a program that only sleeps. */
  async function slowQemuImg(): Promise<string> {
    const programs = await mkdtemp(pathOf('programs-'));
    // As unfinished output that must not stay.
    const script = '#!/bin/sh\nfor last; do :; done\necho begun > "$last"\nexec sleep 600\n';
    await writeFile(join(programs, 'qemu-img'), script, { mode: 0o755 });
    return `${programs}:${searchPath}`;
  }
});
