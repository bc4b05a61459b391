/**
 * What of the operating system the store uses. A parameter of the store, so that a test can count, break and forget
 * what happens on the disk.
 */
import { constants } from 'node:fs';
import { access, lstat, mkdir, open, readdir, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface OpenFile {
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<FileState>;
  chmod(mode: number): Promise<void>;
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileState {
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly mtimeMs: number;
  isFile(): boolean;
}

export interface FileSystem {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Gives the first folder it had to make. */
  mkdir(path: string, options: { readonly recursive: true; readonly mode: number }): Promise<string | undefined>;
  access(path: string, mode: number): Promise<void>;
  lstat(path: string): Promise<FileState>;
  /** `bavail` blocks of `bsize` bytes may still be written. */
  statfs(path: string): Promise<{ readonly bavail: number; readonly bsize: number }>;
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<readonly FolderEntry[]>;
}

export interface FolderEntry {
  readonly name: string;
  isDirectory(): boolean;
}

export const hostFileSystem: FileSystem = { open, rename, unlink, mkdir, access, lstat, statfs, readdir };

/** Not following links, and not blocking: opening a pipe somebody put there would wait for a writer for ever. */
export const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Makes appearing, vanishing and new names in a folder durable. */
export async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  const open = await files.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await open.sync();
  } finally {
    await open.close();
  }
}

/** Makes a folder and those above it, durably. Without effect when it is there. */
export async function makeFolder(files: FileSystem, folder: string): Promise<void> {
  const first = await files.mkdir(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  const top = dirname(first);
  let parent = folder;
  do {
    parent = dirname(parent);
    await syncFolder(files, parent);
  } while (parent.length > top.length);
}
