/** File systems for tests: one that records and breaks calls on the real one, one that forgets what was not synced. */
import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { hostFileSystem } from './file-system.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

export interface WatchedFileSystem extends FileSystem {
  /** Every call in the order it was made, with the last part of the path: `open .x.part`, `sync .x.part`. */
  readonly calls: readonly string[];
  readonly filesOpen: () => number;
}

/** What goes wrong: the calls of these numbers, counted from 0, raise an error with the code. */
export interface Breakage {
  readonly code: string;
  readonly breaks: (call: number) => boolean;
}

export function watchFileSystem(breakage?: Breakage): WatchedFileSystem {
  const calls: string[] = [];
  let filesOpen = 0;

  async function watched<T>(what: string, call: () => Promise<T>): Promise<T> {
    const number = calls.length;
    calls.push(what);
    if (breakage?.breaks(number) === true) {
      throw Object.assign(new Error(`${breakage.code}: ${what}`), { code: breakage.code });
    }
    return call();
  }

  function watchFile(name: string, file: OpenFile): OpenFile {
    filesOpen += 1;
    return {
      write: (buffer, offset, length, position) =>
        watched(`write ${name}`, () => file.write(buffer, offset, length, position)),
      read: (buffer, offset, length, position) =>
        watched(`read ${name}`, () => file.read(buffer, offset, length, position)),
      stat: () => watched(`stat ${name}`, () => file.stat()),
      chmod: (mode) => watched(`chmod ${name} ${mode.toString(8)}`, () => file.chmod(mode)),
      truncate: (length) => watched(`truncate ${name} ${length}`, () => file.truncate(length)),
      sync: () => watched(`sync ${name}`, () => file.sync()),
      async close() {
        // As the operating system does it: also a close that fails lets go of the file.
        filesOpen -= 1;
        await file.close();
        await watched(`close ${name}`, () => Promise.resolve());
      },
    };
  }

  return {
    calls,
    filesOpen: () => filesOpen,
    open: (path, flags, mode) =>
      watched(`open ${basename(path)}`, async () =>
        watchFile(basename(path), await hostFileSystem.open(path, flags, mode)),
      ),
    rename: (from, to) => watched(`rename ${basename(from)} ${basename(to)}`, () => hostFileSystem.rename(from, to)),
    unlink: (path) => watched(`unlink ${basename(path)}`, () => hostFileSystem.unlink(path)),
    lstat: (path) => watched(`lstat ${basename(path)}`, () => hostFileSystem.lstat(path)),
    statfs: (path) => watched(`statfs ${basename(path)}`, () => hostFileSystem.statfs(path)),
    readdir: (path, options) => watched(`readdir ${basename(path)}`, () => hostFileSystem.readdir(path, options)),
    // What is done to get ready is not counted.
    mkdir: (path, options) => hostFileSystem.mkdir(path, options),
    access: (path, mode) => hostFileSystem.access(path, mode),
  };
}

interface Inode {
  bytes: Buffer;
  synced: Buffer;
}

export interface ForgetfulDisk extends FileSystem {
  /** Called before every call. */
  beforeEach: (() => void) | null;
  /** Bytes that may still be written, by folder; any number where there is none. */
  readonly freeBytes: Map<string, number>;
  /**
   * What a power loss now would leave under each path: the bytes that were synced, found through the names that were
   * synced, or through the names as they are, for a file system may also keep more than it must.
   */
  afterPowerLoss(names: 'synced' | 'current'): ReadonlyMap<string, Buffer>;
}

/** A disk in memory, with every folder one may think of. */
export function forgetfulDisk(): ForgetfulDisk {
  const names = new Map<string, Inode>();
  const syncedNames = new Map<string, Inode>();

  function inodeAt(path: string): Inode {
    const inode = names.get(path);
    if (inode === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    return inode;
  }

  function resize(inode: Inode, length: number): void {
    const resized = Buffer.alloc(length);
    inode.bytes.copy(resized);
    inode.bytes = resized;
  }

  function openInode(inode: Inode): OpenFile {
    return {
      async write(buffer, offset, length, position) {
        disk.beforeEach?.();
        // Short writes are legal.
        const count = Math.max(1, Math.floor(length / 2));
        resize(inode, Math.max(inode.bytes.byteLength, position + count));
        inode.bytes.set(buffer.subarray(offset, offset + count), position);
        return { bytesWritten: count };
      },
      async read(buffer, offset, length, position) {
        const part = inode.bytes.subarray(position, position + length);
        buffer.set(part, offset);
        return { bytesRead: part.byteLength };
      },
      stat: async () => ({ size: inode.bytes.byteLength, mtimeMs: 0, isFile: () => true }),
      async chmod() {
        disk.beforeEach?.();
      },
      async truncate(length) {
        disk.beforeEach?.();
        resize(inode, length);
      },
      async sync() {
        disk.beforeEach?.();
        inode.synced = Buffer.from(inode.bytes);
      },
      async close() {
        disk.beforeEach?.();
      },
    };
  }

  function openFolder(folder: string): OpenFile {
    return {
      ...openInode({ bytes: Buffer.alloc(0), synced: Buffer.alloc(0) }),
      async sync() {
        disk.beforeEach?.();
        for (const path of syncedNames.keys()) if (dirname(path) === folder) syncedNames.delete(path);
        for (const [path, inode] of names) if (dirname(path) === folder) syncedNames.set(path, inode);
      },
    };
  }

  const disk: ForgetfulDisk = {
    beforeEach: null,
    freeBytes: new Map(),
    afterPowerLoss: (kept) =>
      new Map([...(kept === 'synced' ? syncedNames : names)].map(([path, inode]) => [path, inode.synced])),
    async open(path, flags) {
      disk.beforeEach?.();
      if ((flags & constants.O_DIRECTORY) !== 0) return openFolder(path);
      if ((flags & constants.O_CREAT) === 0) return openInode(inodeAt(path));
      const inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      names.set(path, inode);
      return openInode(inode);
    },
    async rename(from, to) {
      disk.beforeEach?.();
      const inode = inodeAt(from);
      names.delete(from);
      names.set(to, inode);
    },
    async unlink(path) {
      disk.beforeEach?.();
      inodeAt(path);
      names.delete(path);
    },
    lstat: async (path) => ({ size: inodeAt(path).bytes.byteLength, mtimeMs: 0, isFile: () => true }),
    statfs: async (path) => ({ bavail: disk.freeBytes.get(path) ?? Number.MAX_SAFE_INTEGER, bsize: 1 }),
    readdir: async (folder) =>
      [...names.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => ({ name: basename(path), isDirectory: () => false })),
    mkdir: () => Promise.resolve(undefined),
    access: () => Promise.resolve(),
  };
  return disk;
}
