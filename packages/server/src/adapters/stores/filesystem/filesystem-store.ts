/**
 * Images as files `<datadir>/<image id>`, the layout of Glance's file driver. Source: contract 05 §8.1.
 *
 * Invariant: a file appears under its final name only when all its bytes are on disk: temporary name → fsync →
 * rename → fsync of the folder. The temporary name begins with a dot and carries the attempt's id, so that what a
 * dead attempt left can be told from everything else.
 */
import { constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ImageStore } from '../../../ports/image-store.ts';
import { fileReader } from './file-reader.ts';
import { hostFileSystem, syncDirectory } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { fileWriter } from './file-writer.ts';
import { codeOf, readError, writeError } from './filesystem-errors.ts';

export interface FilesystemStoreOptions {
  /** Absolute or relative to the working directory; created when missing. */
  readonly dataDirectory: string;
  /** Mode of image files, or null to follow the umask. */
  readonly filePermissions: number | null;
}

/** Image ids are UUIDs everywhere; anything else must not become a file name. */
const imageIdPattern = /^[0-9a-fA-F-]{36}$/;

export async function openFilesystemStore(
  options: FilesystemStoreOptions,
  files: FileSystem = hostFileSystem,
): Promise<ImageStore> {
  const directory = resolve(options.dataDirectory);
  await createDirectory(files, directory);
  return {
    write(imageId, uploadId) {
      const finalPath = join(directory, checkedName(imageId));
      const temporaryPath = join(directory, temporaryName(imageId, uploadId));
      const url = fileUrl(finalPath);
      return fileWriter(files, { directory, temporaryPath, finalPath, url, permissions: options.filePermissions });
    },

    async read(url) {
      const path = pathOf(directory, url);
      try {
        return await fileReader(await files.open(path, readFlags));
      } catch (error) {
        throw readError(error);
      }
    },

    async delete(url) {
      await files.unlink(pathOf(directory, url)).catch((error: unknown) => {
        throw writeError(error, 'delete');
      });
      // With the file gone, no failure may sound like a refusal to delete it.
      await syncDirectory(files, directory).catch((error: unknown) => {
        throw writeError(error, 'write');
      });
    },

    async discard(imageId, uploadId, { keptUrls, isHeld }) {
      const finalPath = join(directory, checkedName(imageId));
      const isKept = keptUrls.some((url) => parsePath(directory, url) === finalPath);
      // The temporary file first: without it an attempt that is alive after all cannot get the final name any more.
      await removeIfThere(files, join(directory, temporaryName(imageId, uploadId)));
      if (!isKept) {
        if (!isHeld()) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
        await removeIfThere(files, finalPath);
      }
      await syncDirectory(files, directory).catch((error: unknown) => {
        throw writeError(error, 'write');
      });
    },

    owns: (url) => parsePath(directory, url) !== undefined,
  };
}

/** Not blocking: opening a pipe somebody put there would wait for a writer for ever. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function createDirectory(files: FileSystem, directory: string): Promise<void> {
  try {
    await files.mkdir(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw new ImageServiceError(
      'unavailable',
      `The image folder ${directory} cannot be made (${codeOf(error)}); check filesystem_store_datadir.`,
      { cause: error },
    );
  }
}

/** The location Glance writes for the same file and can read: the path as it is, without percent-encoding. */
function fileUrl(path: string): string {
  return `file://${path}`;
}

function checkedName(imageId: string): string {
  if (!imageIdPattern.test(imageId)) throw notFound('Not an image id.');
  return imageId;
}

function temporaryName(imageId: string, uploadId: string): string {
  return `.${checkedName(imageId)}.${checkedName(uploadId)}.part`;
}

/**
 * The file a location names, or undefined when it lies elsewhere than directly in the store's folder. Also a
 * percent-encoded path is understood.
 */
function parsePath(directory: string, url: string): string | undefined {
  const written = /^(?:file|filesystem):\/\/(?:localhost)?(\/.*)$/.exec(url)?.[1];
  if (written === undefined) return undefined;
  return [written, decoded(written)].map((path) => resolve(path)).find((path) => isImageFile(directory, path));
}

function isImageFile(directory: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return imageIdPattern.test(name) && path === join(directory, name);
}

/** The path itself when it is not percent-encoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function pathOf(directory: string, url: string): string {
  const path = parsePath(directory, url);
  if (path === undefined) throw notFound('The image data are not in this store.');
  return path;
}

/** Removes a file; one that is gone already is as good. */
async function removeIfThere(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw writeError(error, 'delete');
  }
}
