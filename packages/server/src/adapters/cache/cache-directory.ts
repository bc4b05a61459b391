/**
 * The cache of this node as a folder in the layout of Glance, which may have had it before and may have it again:
 * `<id>` complete copies, `incomplete/`, `invalid/`, and `queue/` with an empty file for each image to fetch.
 * Source: contract 08 §5.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import { ImageServiceError, notFound } from '../../domain/errors.ts';
import type { CacheFiles } from '../../ports/cache-files.ts';
import { errorCodeOf, hostCacheFileSystem, listFiles, removeFile, unlessAbsent } from './cache-file-system.ts';
import type { CacheFileSystem } from './cache-file-system.ts';
import { cachedFileReader } from './cached-file-reader.ts';
import { unfinishedCopies } from './unfinished-copies.ts';
import type { CacheFolders, ProcessTable } from './unfinished-copies.ts';

export interface CacheDirectoryOptions {
  readonly directory: string;
  readonly files?: CacheFileSystem;
  readonly processes?: ProcessTable;
  /** By which the age of files is told; the clock of the file system's own machine. */
  readonly now?: () => Date;
}

/** Image ids are UUIDs everywhere; nothing else is taken for a copy or becomes a file name. */
const imageIdPattern = /^[0-9a-fA-F-]{36}$/;
/** Not blocking: opening a pipe somebody put there would wait for a writer for ever. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const markerFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Raises `unavailable` when the folder cannot be made. */
export async function openCacheDirectory(options: CacheDirectoryOptions): Promise<CacheFiles> {
  const { directory, files = hostCacheFileSystem, processes = hostProcesses, now = () => new Date() } = options;
  const folders = foldersIn(directory);
  try {
    await makeFolders(files, folders);
  } catch (error) {
    const message = `The cache folder ${directory} cannot be made (${errorCodeOf(error)}); check image_cache_dir.`;
    throw new ImageServiceError('unavailable', message, { cause: error });
  }
  const unfinished = unfinishedCopies({ files, folders, processes, now });

  async function removeOlder(folder: string, before: Date): Promise<void> {
    for (const { name, status } of await listFiles(files, folder)) {
      if (Math.floor(status.mtimeMs) <= before.getTime()) await removeFile(files, join(folder, name));
    }
  }

  return {
    async open(imageId) {
      if (!imageIdPattern.test(imageId)) return null;
      return openCopy(files, join(folders.complete, imageId));
    },
    async list() {
      const found = await listFiles(files, folders.complete);
      return found
        .filter(({ name }) => imageIdPattern.test(name))
        .map(({ name, status }) => ({
          imageId: name,
          sizeBytes: status.size,
          modifiedAt: new Date(Math.floor(status.mtimeMs)),
        }));
    },
    remove: async (imageId) =>
      imageIdPattern.test(imageId) ? removeFile(files, join(folders.complete, imageId)) : false,
    async reject(imageId) {
      if (!imageIdPattern.test(imageId)) return;
      const path = join(folders.complete, imageId);
      try {
        await makeFolders(files, folders);
        await files.rename(path, join(folders.invalid, imageId));
      } catch {
        // Whatever keeps it from being put aside, nobody may be given it again.
        await removeFile(files, path);
      }
    },
    async begin(imageId, attemptId) {
      checkNames(imageId, attemptId);
      // Somebody may have emptied the cache with `rm -r`.
      await makeFolders(files, folders);
      if ((await unlessAbsent(files.lstat(join(folders.complete, imageId)))) !== null) return null;
      return unfinished.begin(imageId, attemptId);
    },
    sweep: () => unfinished.sweep(),
    async clean(before) {
      await removeOlder(folders.incomplete, before.unfinished);
      await removeOlder(folders.invalid, before.rejected);
    },
    async enqueue(imageId) {
      checkNames(imageId);
      await makeFolders(files, folders);
      return createMarker(files, join(folders.queue, imageId));
    },
    dequeue: async (imageId) =>
      imageIdPattern.test(imageId) ? removeFile(files, join(folders.queue, imageId)) : false,
    isQueued: async (imageId) =>
      imageIdPattern.test(imageId) &&
      (await unlessAbsent(files.lstat(join(folders.queue, imageId))))?.isFile() === true,
    async listQueue() {
      const markers = (await listFiles(files, folders.queue)).filter(({ name }) => imageIdPattern.test(name));
      return markers.toSorted((one, other) => one.status.mtimeMs - other.status.mtimeMs).map(({ name }) => name);
    },
  };
}

function foldersIn(directory: string): CacheFolders {
  return {
    complete: directory,
    incomplete: join(directory, 'incomplete'),
    invalid: join(directory, 'invalid'),
    queue: join(directory, 'queue'),
  };
}

async function makeFolders(files: CacheFileSystem, folders: CacheFolders): Promise<void> {
  for (const folder of Object.values(folders)) await files.mkdir(folder, { recursive: true, mode: 0o750 });
}

function checkNames(...ids: readonly string[]): void {
  for (const id of ids) if (!imageIdPattern.test(id)) throw notFound('That is not the ID of an image.');
}

async function openCopy(files: CacheFileSystem, path: string) {
  const file = await unlessAbsent(files.open(path, readFlags));
  if (file === null) return null;
  try {
    const status = await file.stat();
    if (status.isFile()) return cachedFileReader(file, status.size);
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return null;
}

/** False when it is there already. */
async function createMarker(files: CacheFileSystem, path: string): Promise<boolean> {
  try {
    await (await files.open(path, markerFlags, 0o640)).close();
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const hostProcesses: ProcessTable = {
  ownId: process.pid,
  isRunning(processId) {
    try {
      process.kill(processId, 0);
      return true;
    } catch (error) {
      // It is there, and somebody else's.
      return errorCodeOf(error) === 'EPERM';
    }
  },
};
