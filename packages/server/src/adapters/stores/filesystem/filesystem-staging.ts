/**
 * Staged data as files of one folder: `<folder>/<image id>`, what a plugin made of it `<folder>/<image id>.<stage>`.
 * It stands beside the file store because it writes and reads files as that one does. Source: contract 11 §3, 04 §5.
 *
 * Invariant: the staged file is under its name only when all its bytes are on disk. A stage that a program writes to
 * the path itself is not, until it is promoted.
 */
import { join, resolve } from 'node:path';
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { StagedFile, StagingArea } from '../../../ports/staging-area.ts';
import { fileUrl } from './file-locations.ts';
import { checkedId, isId, temporaryName } from './file-names.ts';
import { openFileReader } from './file-reader.ts';
import { removeIfThere } from './file-removal.ts';
import { hostFileSystem, makeFolder, readFlags, syncFolder } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { fileWriter } from './file-writer.ts';
import { codeOf, missing, readError, writeError } from './filesystem-errors.ts';

export interface FilesystemStagingOptions {
  /** Absolute or relative to the working directory; made when something is written and it is missing. */
  readonly directory: string;
}

const keeper = 'staging area';
const stagePattern = /^[0-9A-Za-z-]{1,64}$/;

/** Touches nothing before the first use, and makes the folder again should somebody remove it. */
export function openFilesystemStaging(
  options: FilesystemStagingOptions,
  files: FileSystem = hostFileSystem,
): StagingArea {
  const folder = resolve(options.directory);

  function pathOf(file: StagedFile): string {
    return join(folder, nameOf(file));
  }

  /** All files of an image. */
  async function namesOf(imageId: string): Promise<readonly string[]> {
    checkedId(imageId);
    return (await listNames(files, folder)).filter((name) => imageIdOf(name) === imageId);
  }

  return {
    pathOf,

    write(file, attemptId) {
      const finalPath = pathOf(file);
      const temporaryPath = join(folder, temporaryName(nameOf(file), attemptId));
      return fileWriter(files, {
        keeper,
        permissions: null,
        holeBytes: null,
        async choosePlace() {
          await makeFolder(files, folder);
          return { temporaryPath, finalPath, location: { url: fileUrl(finalPath) } };
        },
      });
    },

    read: async (file) => openFileReader(files, pathOf(file), keeper),

    async sizeOf(file) {
      try {
        const state = await files.lstat(pathOf(file));
        return state.isFile() ? state.size : null;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw readError(error, keeper);
      }
    },

    async promote(imageId, stage) {
      const outcome = pathOf({ imageId, stage });
      try {
        await syncFile(files, outcome);
        await files.rename(outcome, pathOf({ imageId, stage: null }));
        await syncFolder(files, folder);
      } catch (error) {
        throw writeError(error, keeper);
      }
    },

    removeAll: async (imageId, isHeld) => removeFiles(files, folder, { names: await namesOf(imageId), isHeld }),

    remove: async (file) => removeFiles(files, folder, { names: [nameOf(file)] }),

    async lastWritten(imageId) {
      const times = await Promise.all((await namesOf(imageId)).map((name) => timeOf(files, join(folder, name))));
      const latest = Math.max(...times.filter((time) => time !== null));
      return Number.isFinite(latest) ? new Date(latest) : null;
    },

    async listImages() {
      const names = await listNames(files, folder);
      return [...new Set(names.flatMap((name) => imageIdOf(name) ?? []))];
    },
  };
}

function nameOf({ imageId, stage }: StagedFile): string {
  if (stage === null) return checkedId(imageId);
  if (!stagePattern.test(stage)) throw notFound('Not a stage of staged data.');
  return `${checkedId(imageId)}.${stage}`;
}

/**
 * The image a file belongs to, by its name up to the first dot after the one that temporary names begin with.
 * Undefined for a file of somebody else.
 */
function imageIdOf(name: string): string | undefined {
  const [id = ''] = name.replace(/^\./, '').split('.', 1);
  return isId(id) ? id : undefined;
}

/** Names of the files in the folder; none when it was not made yet. */
async function listNames(files: FileSystem, folder: string): Promise<readonly string[]> {
  const entries = await files.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw readError(error, keeper);
  });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

/** Null when the file has gone meanwhile. */
async function timeOf(files: FileSystem, path: string): Promise<number | null> {
  try {
    return (await files.lstat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw readError(error, keeper);
  }
}

interface Removal {
  readonly names: readonly string[];
  /** Whether nobody else can be at work on the image; always, when it is left out. */
  readonly isHeld?: (() => boolean) | undefined;
}

async function removeFiles(files: FileSystem, folder: string, { names, isHeld }: Removal): Promise<void> {
  for (const name of names) {
    if (isHeld?.() === false) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
    await removeIfThere(files, join(folder, name), keeper);
  }
  // Also when there was nothing to remove: the removal before may have failed just here.
  await syncFolder(files, folder).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw writeError(error, keeper);
  });
}

async function syncFile(files: FileSystem, path: string): Promise<void> {
  const file = await files.open(path, readFlags).catch((error: unknown) => {
    throw readError(error, keeper);
  });
  try {
    if (!(await file.stat()).isFile()) throw missing(keeper);
    await file.sync();
  } finally {
    await file.close();
  }
}
