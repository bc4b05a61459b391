/**
 * What of the operating system the cache uses. A parameter of the cache, so that a test can break what happens on the
 * disk.
 */
import { link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

export interface OpenCacheFile {
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<Pick<CacheFileStatus, 'size' | 'ino' | 'isFile'>>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface CacheFileStatus {
  readonly size: number;
  readonly mtimeMs: number;
  /** Number of the file itself, whatever its names are. */
  readonly ino: number;
  /** How many names it has. */
  readonly nlink: number;
  isFile(): boolean;
}

export interface CacheFileSystem {
  open(path: string, flags: number, mode?: number): Promise<OpenCacheFile>;
  /** Gives a file a second name; EEXIST when there is one of that name. */
  link(path: string, name: string): Promise<void>;
  /** Of a symbolic link itself. */
  lstat(path: string): Promise<CacheFileStatus>;
  mkdir(path: string, options: { readonly recursive: true; readonly mode: number }): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export const hostCacheFileSystem: CacheFileSystem = { open, link, lstat, mkdir, readdir, rename, unlink };

export function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Null where the file system says that there is nothing of that name. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** False when there was nothing of that name. */
export async function removeFile(files: CacheFileSystem, path: string): Promise<boolean> {
  return (await unlessAbsent(files.unlink(path).then(() => true))) ?? false;
}

/** Files looked at in one go: a folder of 100 000 should take no 100 000 turns. */
const filesAtOnce = 64;

/** The names in a folder of what is a plain file, with what is known of it; none when there is no folder. */
export async function listFiles(
  files: CacheFileSystem,
  folder: string,
): Promise<readonly { readonly name: string; readonly status: CacheFileStatus }[]> {
  const found: { name: string; status: CacheFileStatus }[] = [];
  const names = (await unlessAbsent(files.readdir(folder))) ?? [];
  for (let start = 0; start < names.length; start += filesAtOnce) {
    const group = names.slice(start, start + filesAtOnce);
    const statuses = await Promise.all(group.map((name) => unlessAbsent(files.lstat(`${folder}/${name}`))));
    for (const [index, name] of group.entries()) {
      const status = statuses[index];
      if (status?.isFile() === true) found.push({ name, status });
    }
  }
  return found;
}
