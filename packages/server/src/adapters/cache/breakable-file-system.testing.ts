/** The file system of this host, whose calls a test counts and breaks. */
import { hostCacheFileSystem } from './cache-file-system.ts';
import type { CacheFileSystem, OpenCacheFile } from './cache-file-system.ts';

export interface BreakableFileSystem extends CacheFileSystem {
  /** Names of the calls in the order they were made. */
  readonly calls: readonly string[];
  readonly filesOpen: () => number;
}

/** `breakage` gives the code of the error that a call raises, by its number, counted from 0, and its name. */
export function breakableFileSystem(
  breakage: (call: number, name: string) => string | null = () => null,
): BreakableFileSystem {
  const calls: string[] = [];
  let filesOpen = 0;

  async function breakable<T>(name: string, work: () => Promise<T>): Promise<T> {
    const call = calls.length;
    calls.push(name);
    const code = breakage(call, name);
    if (code !== null) throw Object.assign(new Error(`${code}: ${name}`), { code });
    return work();
  }

  function breakableFile(file: OpenCacheFile): OpenCacheFile {
    filesOpen += 1;
    return {
      write: (...input) => breakable('write', () => file.write(...input)),
      read: (...input) => breakable('read', () => file.read(...input)),
      stat: () => breakable('stat', () => file.stat()),
      sync: () => breakable('sync', () => file.sync()),
      async close() {
        // As the operating system does it: also a close that fails lets go of the file.
        filesOpen -= 1;
        await file.close();
        await breakable('close', () => Promise.resolve());
      },
    };
  }

  const host = hostCacheFileSystem;
  return {
    calls,
    filesOpen: () => filesOpen,
    open: async (...input) => breakableFile(await breakable('open', () => host.open(...input))),
    link: (...input) => breakable('link', () => host.link(...input)),
    lstat: (...input) => breakable('lstat', () => host.lstat(...input)),
    mkdir: (...input) => breakable('mkdir', () => host.mkdir(...input)),
    readdir: (...input) => breakable('readdir', () => host.readdir(...input)),
    rename: (...input) => breakable('rename', () => host.rename(...input)),
    unlink: (...input) => breakable('unlink', () => host.unlink(...input)),
  };
}
