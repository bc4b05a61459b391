/**
 * Writing one image file. Invariant: nothing appears under the final name before it is complete and on disk:
 * temporary name → fsync → rename → fsync of the folder.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { ObjectWriter, StoredObject } from '../../../ports/image-store.ts';
import { syncFolder } from './file-system.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { writeError } from './filesystem-errors.ts';
import type { FileKeeper } from './filesystem-errors.ts';
import { splitRuns } from './holes.ts';

export interface FileWriting {
  readonly keeper: FileKeeper;
  /** Mode of the file; null follows the umask. */
  readonly permissions: number | null;
  /** Blocks of so many bytes that are all zeroes become holes; null writes them. */
  readonly holeBytes: number | null;
  /** Where the file goes; asked when the writer is opened. */
  choosePlace(): Promise<FilePlace>;
}

/** Both paths are in the same folder. */
export interface FilePlace {
  readonly temporaryPath: string;
  readonly finalPath: string;
  /** What is known of the file under its final name, beside its size. */
  readonly location: Omit<StoredObject, 'sizeBytes'>;
}

interface FileUnderWay {
  readonly place: FilePlace;
  readonly file: OpenFile;
}

const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function fileWriter(files: FileSystem, writing: FileWriting): ObjectWriter {
  let underWay: FileUnderWay | undefined;
  let sizeBytes = 0;
  /** Where what was written ends; a hole may follow. */
  let writtenBytes = 0;

  async function openTemporary(): Promise<void> {
    const place = await writing.choosePlace();
    underWay = { place, file: await files.open(place.temporaryPath, newFileFlags, 0o640) };
    if (writing.permissions !== null) await underWay.file.chmod(writing.permissions);
  }

  function opened(): FileUnderWay {
    if (underWay === undefined) throw new Error('The file is closed.');
    return underWay;
  }

  async function close(): Promise<void> {
    const closing = underWay;
    underWay = undefined;
    await closing?.file.close();
  }

  async function writeRuns(chunk: Uint8Array): Promise<void> {
    opened();
    const all = [{ bytes: chunk, isZero: false }];
    for (const run of writing.holeBytes === null ? all : splitRuns(chunk, sizeBytes, writing.holeBytes)) {
      if (run.isZero) sizeBytes += run.bytes.byteLength;
      else await writeAll(run.bytes);
    }
  }

  async function writeAll(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.byteLength) {
      const { bytesWritten } = await opened().file.write(bytes, written, bytes.byteLength - written, sizeBytes);
      if (bytesWritten === 0) throw new Error('The operating system takes no more bytes and does not say why.');
      written += bytesWritten;
      sizeBytes += bytesWritten;
      writtenBytes = sizeBytes;
    }
  }

  async function publish(): Promise<StoredObject> {
    const { place, file } = opened();
    if (writtenBytes < sizeBytes) await file.truncate(sizeBytes);
    await file.sync();
    await close();
    await files.rename(place.temporaryPath, place.finalPath);
    await syncFolder(files, dirname(place.finalPath));
    return { ...place.location, sizeBytes };
  }

  function raiseWriteError(error: unknown): never {
    throw writeError(error, writing.keeper);
  }

  return {
    open: () => openTemporary().catch(raiseWriteError),
    write: (chunk) => writeRuns(chunk).catch(raiseWriteError),
    commit: () => publish().catch(raiseWriteError),
    abort: () => close().catch(() => undefined),
  };
}
