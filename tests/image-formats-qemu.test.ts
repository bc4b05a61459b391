/**
 * Images made by real tools against the inspection of the service: a unit-level test that needs programs, which is why it
 * stands here. `qemu-img info` is the judge of format and virtual size; the ISOs are those Debian ships.
 */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startInspection } from '@lucarne/server/domain/image-formats/stream-inspection.ts';
import type { StreamInspection } from '@lucarne/server/domain/image-formats/stream-inspection.ts';
import { requirePackages } from './support/debian-packages.ts';

const run = promisify(execFile);
const hasTools = await requirePackages(['qemu-utils', 'grub-rescue-pc', 'memtest86+']);
const strict = { requireFormatMatch: true, gptSafetyChecksNonfatal: [] };
/** Not a multiple of any grain or cluster size. */
const sizeBytes = 10 * 2 ** 20 + 512;
/** What qemu-img calls a format, where that is another name. */
const qemuNames: Readonly<Record<string, string>> = { vhd: 'vpc' };

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-image-formats-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function create(name: string, format: string, options: readonly string[] = []): Promise<string> {
  const path = join(folder, name);
  await run('qemu-img', ['create', '-q', '-f', format, ...options, path, String(sizeBytes)], { cwd: folder });
  return path;
}

/** How costly a passphrase is to try qemu-img finds by measuring CPU time, and gives up when it measures none. */
async function createLuks(): Promise<string> {
  const options = ['--object', 'secret,id=key,data=open', '-o', 'key-secret=key,iter-time=10'];
  for (let triesLeft = 20; ; triesLeft -= 1) {
    try {
      return await create('v1.luks', 'luks', options);
    } catch (error) {
      if (triesLeft === 0 || !String(error).includes('accurate CPU usage')) throw error;
    }
  }
}

/** Some data at the start and the end of a disk, so that images made from it have more than headers. */
async function createSource(): Promise<string> {
  const path = join(folder, 'source.img');
  await writeFile(path, Buffer.alloc(3 * 2 ** 20, 'a disk with words on it, '));
  await truncate(path, sizeBytes);
  return path;
}

async function convert(name: string, format: string, options: readonly string[] = []): Promise<string> {
  const path = join(folder, name);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, await createSource(), path]);
  return path;
}

async function inspectFile(path: string): Promise<StreamInspection> {
  const inspection = startInspection();
  for await (const chunk of createReadStream(path)) inspection.observe(chunk as Uint8Array);
  return inspection;
}

/** What qemu-img finds by itself. The numbers of these tests are far below 2^53. */
async function qemuInfo(path: string): Promise<{ format: string; virtualSizeBytes: bigint }> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', path]);
  const info = JSON.parse(stdout) as { format: string; 'virtual-size': number };
  return { format: info.format, virtualSizeBytes: BigInt(info['virtual-size']) };
}

interface ToolImage {
  readonly name: string;
  readonly format: string;
  readonly make: () => Promise<string>;
}

const soundImages: readonly ToolImage[] = [
  { name: 'qcow2 version 2', format: 'qcow2', make: () => convert('v2.qcow2', 'qcow2', ['-o', 'compat=0.10']) },
  { name: 'qcow2 version 3', format: 'qcow2', make: () => convert('v3.qcow2', 'qcow2') },
  {
    name: 'qcow2 with zstd clusters',
    format: 'qcow2',
    make: () => convert('zstd.qcow2', 'qcow2', ['-c', '-o', 'compression_type=zstd']),
  },
  {
    name: 'qcow2 with lazy reference counts',
    format: 'qcow2',
    make: () => create('lazy.qcow2', 'qcow2', ['-o', 'lazy_refcounts=on']),
  },
  { name: 'vmdk monolithicSparse', format: 'vmdk', make: () => convert('sparse.vmdk', 'vmdk') },
  { name: 'empty vmdk monolithicSparse', format: 'vmdk', make: () => create('empty.vmdk', 'vmdk') },
  {
    name: 'vmdk streamOptimized',
    format: 'vmdk',
    make: () => convert('stream.vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']),
  },
  {
    name: 'dynamic vhd',
    format: 'vhd',
    make: () => convert('dynamic.vhd', 'vpc', ['-o', 'subformat=dynamic,force_size=on']),
  },
  { name: 'dynamic vhdx', format: 'vhdx', make: () => convert('dynamic.vhdx', 'vhdx') },
  { name: 'fixed vhdx', format: 'vhdx', make: () => convert('fixed.vhdx', 'vhdx', ['-o', 'subformat=fixed']) },
  { name: 'vdi', format: 'vdi', make: () => convert('dynamic.vdi', 'vdi') },
  { name: 'static vdi', format: 'vdi', make: () => convert('static.vdi', 'vdi', ['-o', 'static=on']) },
  {
    name: 'luks version 1',
    format: 'luks',
    make: createLuks,
  },
];

const unsafeImages: readonly (ToolImage & { readonly failedChecks: readonly string[] })[] = [
  {
    name: 'qcow2 with a backing file',
    format: 'qcow2',
    failedChecks: ['backing_file'],
    make: async () => create('overlay.qcow2', 'qcow2', ['-b', await createSource(), '-F', 'raw']),
  },
  {
    name: 'qcow2 version 2 with a backing file',
    format: 'qcow2',
    failedChecks: ['backing_file'],
    make: async () => create('overlay2.qcow2', 'qcow2', ['-b', await createSource(), '-F', 'raw', '-o', 'compat=0.10']),
  },
  {
    name: 'qcow2 with an external data file',
    format: 'qcow2',
    failedChecks: ['data_file'],
    make: () => create('split.qcow2', 'qcow2', ['-o', 'data_file=split.data']),
  },
  {
    name: 'qcow2 with extended L2 entries',
    format: 'qcow2',
    failedChecks: ['unknown_features'],
    make: () => create('extended.qcow2', 'qcow2', ['-o', 'extended_l2=on']),
  },
  {
    name: 'qcow version 1',
    format: 'qcow2',
    failedChecks: ['unknown_features'],
    make: () => create('v1.qcow', 'qcow'),
  },
  {
    name: 'vmdk monolithicFlat',
    format: 'vmdk',
    failedChecks: ['descriptor'],
    make: () => create('flat.vmdk', 'vmdk', ['-o', 'subformat=monolithicFlat']),
  },
  {
    name: 'vmdk twoGbMaxExtentSparse',
    format: 'vmdk',
    failedChecks: ['descriptor'],
    make: () => create('two.vmdk', 'vmdk', ['-o', 'subformat=twoGbMaxExtentSparse']),
  },
  {
    name: 'an extent of vmdk twoGbMaxExtentSparse',
    format: 'vmdk',
    failedChecks: ['descriptor'],
    make: async () => {
      const path = await create('parts.vmdk', 'vmdk', ['-o', 'subformat=twoGbMaxExtentSparse']);
      return path.replace('.vmdk', '-s001.vmdk');
    },
  },
  { name: 'qed', format: 'qed', failedChecks: ['banned'], make: () => create('disk.qed', 'qed') },
];

describe.skipIf(!hasTools)('images made by qemu-img', () => {
  test.each(soundImages)('$name is accepted with the virtual size qemu-img tells', async ({ format, make }) => {
    const path = await make();
    const inspection = await inspectFile(path);
    const { virtualSizeBytes, ...told } = await qemuInfo(path);
    expect(told.format).toBe(qemuNames[format] ?? format);
    expect(virtualSizeBytes).toBe(BigInt(sizeBytes));
    expect(inspection.detect()).toEqual({ format, virtualSizeBytes, failedChecks: [] });
    expect(inspection.conclude(format, strict)).toEqual({
      accepted: true,
      detected: format,
      virtualSizeBytes,
      warning: null,
    });
    expect(inspection.conclude('raw', strict)).toMatchObject({
      accepted: true,
      virtualSizeBytes: BigInt((await stat(path)).size),
    });
  });

  test.each(unsafeImages)('$name is refused, also as raw', async ({ format, make, failedChecks }) => {
    const inspection = await inspectFile(await make());
    expect(inspection.detect()).toMatchObject({ format, failedChecks });
    for (const diskFormat of [format, 'raw']) {
      expect(inspection.conclude(diskFormat, strict)).toMatchObject({ accepted: false, detected: format });
    }
  });

  test('a fixed vhd looks raw: accepted as raw, refused as vhd', async () => {
    const path = await convert('fixed.vhd', 'vpc', ['-o', 'subformat=fixed,force_size=on']);
    const inspection = await inspectFile(path);
    expect((await readFile(path)).subarray(-512, -504).toString('latin1')).toBe('conectix');
    expect(inspection.conclude('raw', strict)).toMatchObject({ accepted: true, detected: 'raw', warning: null });
    expect(inspection.conclude('vhd', strict)).toMatchObject({ accepted: false, detected: 'raw' });
  });

  test('a raw disk is raw', async () => {
    const path = await createSource();
    const { format, virtualSizeBytes } = await qemuInfo(path);
    expect((await inspectFile(path)).detect()).toEqual({ format, virtualSizeBytes, failedChecks: [] });
  });
});

describe.skipIf(!hasTools)('hybrid ISOs that Debian ships', () => {
  test.each([
    '/usr/lib/grub-rescue/grub-rescue-cdrom.iso',
    '/usr/lib/memtest86+/memtest86+x64.iso',
    '/usr/lib/memtest86+/memtest86+ia32.iso',
  ])('%s is accepted as iso with the size of its volume, refused as raw', async (path) => {
    const file = await readFile(path);
    const inspection = await inspectFile(path);
    const blocks = file.readUInt32BE(32_768 + 84);
    const verdict = inspection.conclude('iso', strict);
    expect(verdict).toEqual({
      accepted: true,
      detected: 'iso',
      virtualSizeBytes: BigInt(blocks) * 2048n,
      warning: null,
    });
    expect(inspection.conclude('raw', strict)).toMatchObject({ accepted: false, detected: 'gpt,iso' });
  });
});
