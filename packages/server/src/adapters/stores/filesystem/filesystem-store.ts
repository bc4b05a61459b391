/**
 * Images as files `<folder>/<image id>` in one folder or several, the layout of Glance's file driver.
 * Source: contract 05 §8.1.
 *
 * Invariant: a file appears under its final name only when all its bytes are on disk. An object is in the folder its
 * location names, whatever the priorities of the folders are now; only new ones go by them.
 */
import { dirname, join } from 'node:path';
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ImageStore, ObjectOwnership } from '../../../ports/image-store.ts';
import { chooseFolder, openDataFolders } from './data-folders.ts';
import type { ConfiguredFolder, DataFolder, StoreOpening } from './data-folders.ts';
import { fileUrl, parseFileUrl } from './file-locations.ts';
import { checkedId, temporaryName } from './file-names.ts';
import { openFileReader } from './file-reader.ts';
import { isThere, removeIfThere } from './file-removal.ts';
import { hostFileSystem, syncFolder } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { fileWriter } from './file-writer.ts';
import type { FilePlace } from './file-writer.ts';
import { deleteError, writeError } from './filesystem-errors.ts';
import { readMountpoints } from './mountpoints.ts';

export interface FilesystemStoreOptions {
  readonly dataDirectories: readonly ConfiguredFolder[];
  /** Mode of image files, or null to follow the umask. */
  readonly filePermissions: number | null;
  /**
   * The blocks in which thin provisioning looks for zeroes, at least 4096 bytes. Reading has pieces of its own, one
   * MiB, whatever this says.
   */
  readonly chunkBytes: number;
  /** Says where folders are mounted; null for none. */
  readonly metadataFile: string | null;
  /** Whether zeroes become holes. */
  readonly thinProvisioning: boolean;
}

const keeper = 'image store';
const strictOpening: StoreOpening = { withoutFolders: 'refuse', report: () => undefined };

/** Raises `unavailable`, with a message for the operator, for a metadata file of no use, and as `opening` says. */
export async function openFilesystemStore(
  options: FilesystemStoreOptions,
  files: FileSystem = hostFileSystem,
  opening: StoreOpening = strictOpening,
): Promise<ImageStore> {
  const mountpoints = options.metadataFile === null ? [] : await readMountpoints(options.metadataFile);
  const folders = await openDataFolders(files, { folders: options.dataDirectories, mountpoints }, opening);
  const paths = folders.map(({ path }) => path);

  function fileAt(url: string): string {
    const path = parseFileUrl(paths, url);
    if (path === undefined) throw notFound('The image data are not in this store.');
    return path;
  }

  const store: ImageStore = {
    write(imageId, uploadId, expectedBytes = null) {
      const attempt = attemptNames(imageId, uploadId);
      return fileWriter(files, {
        keeper,
        permissions: options.filePermissions,
        holeBytes: options.thinProvisioning ? options.chunkBytes : null,
        choosePlace: async () => placeIn(await chooseFolder(files, folders, expectedBytes), attempt),
      });
    },

    read: async (url) => openFileReader(files, fileAt(url), keeper),

    async sizeOf(url) {
      const reader = await store.read(url);
      await reader.close();
      return reader.sizeBytes;
    },

    async delete(url) {
      const path = fileAt(url);
      await files.unlink(path).catch((error: unknown) => {
        throw deleteError(error, keeper);
      });
      // With the file gone, no failure may sound like a refusal to delete it.
      await syncFolder(files, dirname(path)).catch(raiseWriteError);
    },

    async discard(imageId, uploadId, ownership) {
      const attempt = attemptNames(imageId, uploadId);
      const kept = ownership.keptUrls.map((url) => parseFileUrl(paths, url));
      const failures: unknown[] = [];
      for (const folder of folders) {
        const { temporaryPath, finalPath } = placeIn(folder, attempt);
        const isKept = kept.includes(finalPath);
        const discarded = discardFile(files, { temporaryPath, finalPath, isKept, isHeld: ownership.isHeld });
        await discarded.catch((error: unknown) => {
          // A folder that was not there at the start can hold nothing of this process, and shall not stop its work.
          if (folder.access !== 'none') failures.push(error);
        });
      }
      if (failures.length > 0) throw failures[0];
    },

    owns: (url) => parseFileUrl(paths, url) !== undefined,
  };
  return store;
}

/** What `/v2/info/stores/detail` tells of a file store; of several folders a list. Source: contract 01 §10. */
export function fileStoreProperties(
  options: Pick<FilesystemStoreOptions, 'dataDirectories' | 'chunkBytes' | 'thinProvisioning'>,
): Readonly<Record<string, unknown>> {
  const [first, ...others] = options.dataDirectories.map(({ path }) => path);
  return {
    data_dir: others.length === 0 ? first : [first, ...others],
    chunk_size: options.chunkBytes,
    thin_provisioning: options.thinProvisioning,
  };
}

interface AttemptNames {
  readonly temporaryName: string;
  readonly finalName: string;
}

/** Raises `notFound` for ids that are none. */
function attemptNames(imageId: string, uploadId: string): AttemptNames {
  const finalName = checkedId(imageId);
  return { temporaryName: temporaryName(finalName, uploadId), finalName };
}

function placeIn({ path, mountpoint }: DataFolder, attempt: AttemptNames): FilePlace {
  const finalPath = join(path, attempt.finalName);
  const metadata = mountpoint === null ? {} : { metadata: mountpoint };
  return {
    temporaryPath: join(path, attempt.temporaryName),
    finalPath,
    location: { url: fileUrl(finalPath), ...metadata },
  };
}

interface DiscardedFile extends Pick<FilePlace, 'temporaryPath' | 'finalPath'>, Pick<ObjectOwnership, 'isHeld'> {
  readonly isKept: boolean;
}

async function discardFile(files: FileSystem, file: DiscardedFile): Promise<void> {
  // The temporary file first: without it an attempt that is alive after all cannot get the final name any more.
  await removeIfThere(files, file.temporaryPath, keeper);
  if (!file.isKept && (await isThere(files, file.finalPath, keeper))) {
    if (!file.isHeld()) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
    await removeIfThere(files, file.finalPath, keeper);
  }
  await syncFolder(files, dirname(file.finalPath)).catch(raiseWriteError);
}

function raiseWriteError(error: unknown): never {
  throw writeError(error, keeper);
}
