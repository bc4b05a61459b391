/**
 * Real images of every format a cloud meets: made by `qemu-img` from one disk with a partition table, and an ISO as Debian
 * ships it.
 */
import { execFile } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RealImage {
  /** Also the name it gets in the service. */
  readonly name: string;
  readonly diskFormat: string;
  readonly path: string;
  /** Bytes a guest sees, as `qemu-img info` says, or the size of the file where the format has no header. */
  readonly virtualSize: number;
  readonly sha512: string;
}

const diskBytes = 12 * 2 ** 20;
const sectorBytes = 512;

/** How each image is made of the disk, as arguments of `qemu-img convert -O`. */
const conversions: readonly { name: string; diskFormat: string; arguments: readonly string[] }[] = [
  { name: 'qcow2', diskFormat: 'qcow2', arguments: ['qcow2'] },
  { name: 'vmdk-sparse', diskFormat: 'vmdk', arguments: ['vmdk', '-o', 'subformat=monolithicSparse'] },
  { name: 'vmdk-stream', diskFormat: 'vmdk', arguments: ['vmdk', '-o', 'subformat=streamOptimized'] },
  { name: 'vhd', diskFormat: 'vhd', arguments: ['vpc', '-o', 'subformat=dynamic,force_size=on'] },
  { name: 'vhdx', diskFormat: 'vhdx', arguments: ['vhdx'] },
  { name: 'vdi', diskFormat: 'vdi', arguments: ['vdi'] },
];

export async function makeRealImages(folder: string): Promise<readonly RealImage[]> {
  const disk = join(folder, 'disk.raw');
  await writePartitionedDisk(disk);
  const images: RealImage[] = [await describe({ name: 'disk', diskFormat: 'raw', path: disk })];
  for (const { name, diskFormat, arguments: options } of conversions) {
    const path = join(folder, name);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', ...options, disk, path]);
    images.push(await describe({ name, diskFormat, path }));
  }
  images.push(await describe({ name: 'iso', diskFormat: 'iso', path: await debianIso() }));
  return images;
}

/** A disk with an MBR of one partition and some data behind it. */
async function writePartitionedDisk(path: string): Promise<void> {
  const mbr = Buffer.alloc(sectorBytes);
  const entry = 446;
  mbr.writeUInt8(0x80, entry);
  mbr.writeUInt8(0x83, entry + 4);
  mbr.writeUInt32LE(2048, entry + 8);
  mbr.writeUInt32LE(diskBytes / sectorBytes - 2048, entry + 12);
  mbr.writeUInt16BE(0x55aa, 510);
  const file = await open(path, 'w');
  try {
    await file.write(mbr, 0, sectorBytes, 0);
    await file.write(Buffer.alloc(2 ** 20, 'what a file system would hold. '), 0, 2 ** 20, 2 ** 21);
    await file.truncate(diskBytes);
  } finally {
    await file.close();
  }
}

async function debianIso(): Promise<string> {
  const { stdout } = await run('dpkg', ['-L', 'grub-rescue-pc']);
  const path = stdout.split('\n').find((line) => line.endsWith('.iso'));
  if (path === undefined) throw new Error('The package grub-rescue-pc has no ISO image.');
  return path;
}

async function describe(image: Pick<RealImage, 'name' | 'diskFormat' | 'path'>): Promise<RealImage> {
  return { ...image, virtualSize: await virtualSizeOf(image), sha512: await sha512Of(image.path) };
}

async function virtualSizeOf({ path, diskFormat }: Pick<RealImage, 'diskFormat' | 'path'>): Promise<number> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', path]);
  const info = JSON.parse(stdout) as { 'virtual-size': number };
  if (diskFormat !== 'iso') return info['virtual-size'];
  // The header of an ISO counts blocks of 2 KiB; to qemu-img it is a raw disk.
  const volume = (await readFile(path)).subarray(32_768);
  return volume.readUInt32LE(80) * volume.readUInt16LE(128);
}

export async function sha512Of(path: string): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
