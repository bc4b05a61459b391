/** File systems for tests: one that records and breaks calls on the real one, one that forgets what was not synced. */
import { constants } from 'node:fs';
import { basename } from 'node:path';
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
    mkdir: (path, options) => hostFileSystem.mkdir(path, options),
  };
}

interface Inode {
  bytes: Buffer;
  synced: Buffer;
}

export interface ForgetfulDisk extends FileSystem {
  /** Called before every call. */
  beforeEach: (() => void) | null;
  /**
   * What a power loss now would leave under a name: the bytes that were synced, found through the names that were
   * synced, or through the names as they are, for a file system may also keep more than it must.
   */
  afterPowerLoss(names: 'synced' | 'current'): ReadonlyMap<string, Buffer>;
}

/** A disk of one folder, in memory. */
export function forgetfulDisk(): ForgetfulDisk {
  const names = new Map<string, Inode>();
  let syncedNames = new Map<string, Inode>();

  function missing(): Error {
    return Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
  }

  function openInode(inode: Inode): OpenFile {
    return {
      async write(buffer, offset, length, position) {
        disk.beforeEach?.();
        // Short writes are legal.
        const count = Math.max(1, Math.floor(length / 2));
        const grown = Buffer.alloc(Math.max(inode.bytes.byteLength, position + count));
        inode.bytes.copy(grown);
        grown.set(buffer.subarray(offset, offset + count), position);
        inode.bytes = grown;
        return { bytesWritten: count };
      },
      async read(buffer, offset, length, position) {
        const part = inode.bytes.subarray(position, position + length);
        buffer.set(part, offset);
        return { bytesRead: part.byteLength };
      },
      stat: async () => ({ size: inode.bytes.byteLength, isFile: () => true }),
      async chmod() {
        disk.beforeEach?.();
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

  const folder: OpenFile = {
    ...openInode({ bytes: Buffer.alloc(0), synced: Buffer.alloc(0) }),
    async sync() {
      disk.beforeEach?.();
      syncedNames = new Map(names);
    },
  };

  const disk: ForgetfulDisk = {
    beforeEach: null,
    afterPowerLoss: (kept) =>
      new Map([...(kept === 'synced' ? syncedNames : names)].map(([name, inode]) => [name, inode.synced])),
    async open(path, flags) {
      disk.beforeEach?.();
      if ((flags & constants.O_DIRECTORY) !== 0) return folder;
      const known = names.get(basename(path));
      if ((flags & constants.O_CREAT) === 0) {
        if (known === undefined) throw missing();
        return openInode(known);
      }
      const inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      names.set(basename(path), inode);
      return openInode(inode);
    },
    async rename(from, to) {
      disk.beforeEach?.();
      const inode = names.get(basename(from));
      if (inode === undefined) throw missing();
      names.delete(basename(from));
      names.set(basename(to), inode);
    },
    async unlink(path) {
      disk.beforeEach?.();
      if (!names.delete(basename(path))) throw missing();
    },
    mkdir: () => Promise.resolve(),
  };
  return disk;
}
