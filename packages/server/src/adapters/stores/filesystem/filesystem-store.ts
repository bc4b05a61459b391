/**
 * Images as files `<datadir>/<image id>`, the layout of Glance's file driver. Source: contract 05 §8.1.
 *
 * Invariant: a file appears under its final name only when all its bytes are on disk: temporary name → fsync →
 * rename → fsync of the folder. The temporary name begins with a dot and carries the attempt's id, so that what a
 * dead attempt left can be told from everything else.
 */
import { constants } from 'node:fs';
import { mkdir, open, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ImageStore } from '../../../ports/image-store.ts';
import { fileReader } from './file-reader.ts';
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

export async function openFilesystemStore(options: FilesystemStoreOptions): Promise<ImageStore> {
  const directory = resolve(options.dataDirectory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw new ImageServiceError(
      'unavailable',
      `The image folder ${directory} cannot be made (${codeOf(error)}); check filesystem_store_datadir.`,
      { cause: error },
    );
  }
  return {
    async write(imageId, uploadId) {
      const temporaryPath = join(directory, temporaryName(imageId, uploadId));
      const finalPath = join(directory, checkedName(imageId));
      return fileWriter({ directory, temporaryPath, finalPath, permissions: options.filePermissions });
    },

    async read(url) {
      const path = pathOf(directory, url);
      try {
        return await fileReader(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
      } catch (error) {
        throw readError(error);
      }
    },

    async delete(url) {
      try {
        await unlink(pathOf(directory, url));
        await syncDirectory(directory);
      } catch (error) {
        throw writeError(error, 'delete');
      }
    },

    async discard(imageId, uploadId, keptUrls) {
      const finalName = checkedName(imageId);
      await removeIfThere(join(directory, temporaryName(imageId, uploadId)));
      if (!keptUrls.includes(fileUrl(directory, finalName))) await removeIfThere(join(directory, finalName));
      await syncDirectory(directory);
    },

    owns: (url) => parsePath(directory, url) !== undefined,
  };
}

/** The location Glance writes for the same file. */
export function fileUrl(directory: string, name: string): string {
  return pathToFileURL(join(directory, name)).href;
}

export async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function checkedName(imageId: string): string {
  if (!imageIdPattern.test(imageId)) throw notFound('Not an image id.');
  return imageId;
}

function temporaryName(imageId: string, uploadId: string): string {
  return `.${checkedName(imageId)}.${checkedName(uploadId)}.part`;
}

/** The file a location names, or undefined when it lies elsewhere than directly in the store's folder. */
function parsePath(directory: string, url: string): string | undefined {
  const match = /^(?:file|filesystem):\/\/(?:localhost)?(\/.*)$/.exec(url);
  if (match?.[1] === undefined) return undefined;
  try {
    const path = resolve(decodeURIComponent(match[1]));
    const name = path.slice(directory.length + 1);
    return path === join(directory, name) && imageIdPattern.test(name) ? path : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(directory: string, url: string): string {
  const path = parsePath(directory, url);
  if (path === undefined) throw notFound('The image data are not in this store.');
  return path;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw writeError(error, 'delete');
  }
}
