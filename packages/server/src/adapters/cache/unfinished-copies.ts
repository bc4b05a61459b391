/**
 * Copies that are being made, in `incomplete/`. Source: contract 08 §3, §5.
 *
 * The data go to `<id>.<process>.<attempt>`; a second name of the same file, `<id>` as Glance calls it, is the claim
 * that keeps everybody else from making the same copy. Invariant: a process renames only its own file, so that
 * whatever became of its claim, nothing that it did not write and check itself appears as a copy.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { CacheFileWriter } from '../../ports/cache-files.ts';
import { errorCodeOf, listFiles, removeFile, unlessAbsent } from './cache-file-system.ts';
import type { CacheFileStatus, CacheFileSystem, OpenCacheFile } from './cache-file-system.ts';

/** Which process this is, and which others there are: copies of processes that are gone are not waited for. */
export interface ProcessTable {
  readonly ownId: number;
  isRunning(processId: number): boolean;
}

export interface CacheFolders {
  readonly complete: string;
  readonly incomplete: string;
  readonly invalid: string;
  readonly queue: string;
}

interface UnfinishedOptions {
  readonly files: CacheFileSystem;
  readonly folders: CacheFolders;
  readonly processes: ProcessTable;
  readonly now: () => Date;
}

export interface UnfinishedCopies {
  /** Null when a copy of the image is being made already. */
  begin(imageId: string, attemptId: string): Promise<CacheFileWriter | null>;
  sweep(): Promise<void>;
}

/** A copy that has not grown for so long is given up for whoever wants to make it now. */
const stuckMilliseconds = 5 * 60 * 1000;
const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const dataName = /^([0-9a-fA-F-]{36})\.(\d+)\.[0-9a-fA-F-]{36}$/;

export function unfinishedCopies(options: UnfinishedOptions): UnfinishedCopies {
  /** Names of what this process is writing. */
  const own = new Set<string>();
  const place: UnfinishedPlace = {
    ...options,
    folder: options.folders.incomplete,
    isAbandoned(name) {
      const processId = Number(dataName.exec(name)?.[2]);
      return processId === options.processes.ownId ? !own.has(name) : !options.processes.isRunning(processId);
    },
  };

  return {
    async begin(imageId, attemptId) {
      if (await isClaimed(place, imageId)) return null;
      const name = `${imageId}.${options.processes.ownId}.${attemptId}`;
      own.add(name);
      const writer = await claim(place, { name, imageId, ended: () => own.delete(name) }).catch((error: unknown) => {
        own.delete(name);
        throw error;
      });
      if (writer === null) own.delete(name);
      return writer;
    },
    sweep: () => sweep(place),
  };
}

interface UnfinishedPlace extends UnfinishedOptions {
  readonly folder: string;
  /** Whether nobody will go on with data of that name. */
  isAbandoned(name: string): boolean;
}

/** Whether somebody is making a copy of the image; what nobody goes on with is removed. */
async function isClaimed({ files, folder, now, isAbandoned }: UnfinishedPlace, imageId: string): Promise<boolean> {
  const found = await unlessAbsent(files.lstat(join(folder, imageId)));
  if (found === null) return false;
  const data = (await listFiles(files, folder)).find(
    ({ name, status }) => name.startsWith(`${imageId}.`) && status.ino === found.ino,
  );
  const isStuck = found.mtimeMs < now().getTime() - stuckMilliseconds;
  if (!isStuck && (data === undefined || !isAbandoned(data.name))) return true;
  if (data !== undefined) await removeFile(files, join(folder, data.name));
  await removeFile(files, join(folder, imageId));
  return false;
}

/** Makes the file for the data and claims the image with it; null when somebody else was faster. */
async function claim(
  { files, folder, folders }: UnfinishedPlace,
  wanted: Pick<CopyUnderWay, 'imageId' | 'ended'> & { readonly name: string },
): Promise<CacheFileWriter | null> {
  const path = join(folder, wanted.name);
  const file = await files.open(path, newFileFlags, 0o640);
  try {
    const { ino } = await file.stat();
    if (await isLinked(files, path, join(folder, wanted.imageId))) {
      return copyWriter(files, { file, path, ino, folders, imageId: wanted.imageId, ended: wanted.ended });
    }
  } catch (error) {
    await giveUp();
    throw error;
  }
  await giveUp();
  return null;

  async function giveUp(): Promise<void> {
    await file.close().catch(() => undefined);
    await removeFile(files, path).catch(() => undefined);
  }
}

/** Gives a file a second name; false when there is something of that name. */
async function isLinked(files: CacheFileSystem, path: string, name: string): Promise<boolean> {
  try {
    await files.link(path, name);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function sweep({ files, folder, isAbandoned }: UnfinishedPlace): Promise<void> {
  const found = await listFiles(files, folder);
  const data = found.filter(({ name }) => dataName.test(name));
  const abandoned = data.filter(({ name }) => isAbandoned(name));
  for (const { name } of abandoned) await removeFile(files, join(folder, name));
  const kept = inodesOf(data.filter((each) => !abandoned.includes(each)));
  const gone = inodesOf(abandoned);
  for (const { name, status } of found) {
    if (dataName.test(name) || kept.has(status.ino)) continue;
    if (gone.has(status.ino) || wasFinished(status)) await removeFile(files, join(folder, name));
  }
}

function inodesOf(found: readonly { readonly status: CacheFileStatus }[]): ReadonlySet<number> {
  return new Set(found.map(({ status }) => status.ino));
}

/** A claim of which the other name is not in this folder any more: the copy has its final name. */
function wasFinished(claim: CacheFileStatus): boolean {
  return claim.nlink > 1;
}

interface CopyUnderWay {
  readonly file: OpenCacheFile;
  readonly path: string;
  readonly ino: number;
  readonly imageId: string;
  readonly folders: CacheFolders;
  readonly ended: () => void;
}

function copyWriter(files: CacheFileSystem, copy: CopyUnderWay): CacheFileWriter {
  const { file, path, imageId, folders } = copy;
  let position = 0;
  let isOpen = true;
  let hasEnded = false;

  function checkRunning(): void {
    if (!isOpen) throw new Error('The copy has ended.');
  }

  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  }

  async function end(): Promise<void> {
    hasEnded = true;
    copy.ended();
    await releaseClaim(files, copy).catch(() => undefined);
  }

  return {
    async write(chunk) {
      checkRunning();
      let written = 0;
      while (written < chunk.byteLength) {
        const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position);
        if (bytesWritten === 0) throw new Error('The operating system takes no more bytes and does not say why.');
        written += bytesWritten;
        position += bytesWritten;
      }
    },

    async commit() {
      checkRunning();
      // A name that leads to data which are not on disk could lead to nothing after a loss of power.
      await file.sync();
      await close();
      await files.rename(path, join(folders.complete, imageId));
      await end();
    },

    async discard() {
      if (hasEnded) return;
      await close().catch(() => undefined);
      await removeFile(files, path).catch(() => undefined);
      await end();
    },

    async reject() {
      if (hasEnded) return;
      await close().catch(() => undefined);
      await files
        .rename(path, join(folders.invalid, imageId))
        .catch(() => removeFile(files, path))
        .catch(() => undefined);
      await end();
    },
  };
}

/** The claim may be somebody else's by now. */
async function releaseClaim(files: CacheFileSystem, { folders, imageId, ino }: CopyUnderWay): Promise<void> {
  const path = join(folders.incomplete, imageId);
  const claim = await unlessAbsent(files.lstat(path));
  if (claim?.ino === ino) await removeFile(files, path);
}
