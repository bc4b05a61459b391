/**
 * Writing one image file. Invariant: nothing appears under the final name before it is complete and on disk.
 */
import { constants } from 'node:fs';
import type { ObjectWriter } from '../../../ports/image-store.ts';
import { syncDirectory } from './file-system.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { writeError } from './filesystem-errors.ts';

interface FilePlace {
  readonly directory: string;
  readonly temporaryPath: string;
  readonly finalPath: string;
  /** The location of the file under its final name. */
  readonly url: string;
  readonly permissions: number | null;
}

const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function fileWriter(files: FileSystem, place: FilePlace): ObjectWriter {
  let file: OpenFile | undefined;
  let sizeBytes = 0;

  async function openTemporary(): Promise<void> {
    file = await files.open(place.temporaryPath, newFileFlags, 0o640);
    if (place.permissions !== null) await file.chmod(place.permissions);
  }

  async function close(): Promise<void> {
    const open = file;
    file = undefined;
    await open?.close();
  }

  async function writeAll(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.byteLength) {
      if (file === undefined) throw new Error('The file is closed.');
      const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, sizeBytes);
      if (bytesWritten === 0) throw new Error('The operating system takes no more bytes and does not say why.');
      written += bytesWritten;
      sizeBytes += bytesWritten;
    }
  }

  async function publish(): Promise<void> {
    if (file === undefined) throw new Error('The file is closed.');
    await file.sync();
    await close();
    await files.rename(place.temporaryPath, place.finalPath);
    await syncDirectory(files, place.directory);
  }

  return {
    async open() {
      await openTemporary().catch(raiseWriteError);
    },

    async write(chunk) {
      await writeAll(chunk).catch(raiseWriteError);
    },

    async commit() {
      await publish().catch(raiseWriteError);
      return { url: place.url, sizeBytes };
    },

    async abort() {
      await close().catch(() => undefined);
    },
  };
}

function raiseWriteError(error: unknown): never {
  throw writeError(error, 'write');
}
