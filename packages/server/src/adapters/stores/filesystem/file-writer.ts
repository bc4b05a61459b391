/**
 * Writing one image file. Invariant: nothing appears under the final name before it is complete and on disk.
 */
import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ObjectWriter } from '../../../ports/image-store.ts';
import { fileUrl, syncDirectory } from './filesystem-store.ts';
import { writeError } from './filesystem-errors.ts';

interface FilePlace {
  readonly directory: string;
  readonly temporaryPath: string;
  readonly finalPath: string;
  readonly permissions: number | null;
}

export async function fileWriter(place: FilePlace): Promise<ObjectWriter> {
  let file: FileHandle | undefined = await openTemporary(place);
  let sizeBytes = 0;
  let renamed = false;

  async function close(): Promise<void> {
    const open = file;
    file = undefined;
    await open?.close();
  }

  return {
    async write(chunk) {
      let written = 0;
      try {
        while (written < chunk.byteLength) {
          if (file === undefined) throw new Error('The file is closed.');
          const result = await file.write(chunk, written, chunk.byteLength - written, sizeBytes);
          written += result.bytesWritten;
          sizeBytes += result.bytesWritten;
        }
      } catch (error) {
        throw writeError(error, 'write');
      }
    },

    async commit() {
      try {
        await file?.sync();
        await close();
        await rename(place.temporaryPath, place.finalPath);
        renamed = true;
        await syncDirectory(place.directory);
      } catch (error) {
        throw writeError(error, 'write');
      }
      return { url: fileUrl(place.directory, basename(place.finalPath)), sizeBytes };
    },

    async abort() {
      // Also after a commit that failed half-way: what stands under the final name is then this attempt's.
      await Promise.allSettled([close(), unlink(place.temporaryPath), ...(renamed ? [unlink(place.finalPath)] : [])]);
    },
  };
}

async function openTemporary(place: FilePlace): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const file = await open(place.temporaryPath, flags, 0o640);
    if (place.permissions !== null) await file.chmod(place.permissions);
    return file;
  } catch (error) {
    throw writeError(error, 'write');
  }
}
