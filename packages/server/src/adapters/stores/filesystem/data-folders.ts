/**
 * The folders of a file store: which of them are of use since the start, and which one takes new data.
 * Source: contract 05 §5, §8.1.
 */
import { constants } from 'node:fs';
import { resolve } from 'node:path';
import { ImageServiceError, limitExceeded } from '../../../domain/errors.ts';
import { makeFolder } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { codeOf } from './filesystem-errors.ts';
import { mountpointOf } from './mountpoints.ts';
import type { Mountpoint } from './mountpoints.ts';

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly priority: number;
  /** What is said of the file system it is on; null for nothing. */
  readonly mountpoint: Mountpoint | null;
  /** What could be done with it at the start; new data go to writable ones alone. */
  readonly access: FolderAccess;
}

/** `none`: it was not there and could not be made. */
type FolderAccess = 'writable' | 'read-only' | 'none';

export interface ConfiguredFolder {
  /** Absolute or relative to the working directory; made when it is missing. */
  readonly path: string;
  /** The folder with the highest one is taken first. */
  readonly priority: number;
}

export interface StoreOpening {
  /**
   * What becomes of a store none of whose folders is there and none can be made: the start is refused, or it is kept
   * and nothing can be added to it. Folders that are there are kept in either case.
   */
  readonly withoutFolders: 'refuse' | 'keep';
  /** Told of each folder that takes no new data. */
  readonly report: (problem: ImageServiceError) => void;
}

interface FolderFinding {
  readonly folder: DataFolder;
  readonly problem: ImageServiceError | null;
}

/** Makes the folders where they are missing. Gives them by priority, equal ones as they are configured. */
export async function openDataFolders(
  files: FileSystem,
  configured: { readonly folders: readonly ConfiguredFolder[]; readonly mountpoints: readonly Mountpoint[] },
  opening: StoreOpening,
): Promise<readonly DataFolder[]> {
  const byPath = new Map<string, ConfiguredFolder>();
  for (const folder of configured.folders.toSorted((one, other) => other.priority - one.priority)) {
    const path = resolve(folder.path);
    if (!byPath.has(path)) byPath.set(path, folder);
  }
  const findings: FolderFinding[] = [];
  for (const [path, { priority }] of byPath) {
    const { access, problem } = await tryFolder(files, path);
    findings.push({
      folder: { path, priority, mountpoint: mountpointOf(path, configured.mountpoints), access },
      problem,
    });
  }
  const folders = findings.map(({ folder }) => folder);
  const problems = findings.flatMap(({ problem }) => problem ?? []);
  const [first] = problems;
  if (first !== undefined && opening.withoutFolders === 'refuse' && folders.every(({ access }) => access === 'none')) {
    throw first;
  }
  problems.forEach(opening.report);
  return folders;
}

interface FolderTrial {
  readonly access: FolderAccess;
  readonly problem: ImageServiceError | null;
}

async function tryFolder(files: FileSystem, path: string): Promise<FolderTrial> {
  try {
    await makeFolder(files, path);
  } catch (error) {
    return { access: 'none', problem: folderProblem(path, 'made', error) };
  }
  try {
    await files.access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { access: 'read-only', problem: folderProblem(path, 'written to', error) };
  }
  return { access: 'writable', problem: null };
}

function folderProblem(path: string, action: string, cause: unknown): ImageServiceError {
  const message = `The image folder ${path} cannot be ${action} (${codeOf(cause)}); check filesystem_store_datadir.`;
  return new ImageServiceError('unavailable', message, { cause });
}

/**
 * The folder for an object of so many bytes: of those with enough space one of the highest priority, of these the one
 * with the most space. Any space is enough for data of a size that is not known. Raises `gone` when no folder takes
 * data and `limitExceeded` when none has the space. Of a single folder it is not asked how much space it has.
 */
export async function chooseFolder(
  files: FileSystem,
  folders: readonly DataFolder[],
  expectedBytes: number | null,
): Promise<DataFolder> {
  const writable = folders.filter(({ access }) => access === 'writable');
  const [only, ...others] = writable;
  if (only === undefined) {
    throw new ImageServiceError('gone', 'Nothing can be added to the image store: it has no folder to write to.');
  }
  if (others.length === 0) return only;
  const measured = await Promise.allSettled(writable.map((folder) => measureFolder(files, folder)));
  const known = measured.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const roomy = known.filter(({ freeBytes }) => freeBytes > 0 && freeBytes >= (expectedBytes ?? 0));
  const [best] = roomy.toSorted(
    (one, other) => other.folder.priority - one.folder.priority || other.freeBytes - one.freeBytes,
  );
  if (best !== undefined) return best.folder;
  const failed = measured.find((outcome) => outcome.status === 'rejected');
  if (known.length === 0 && failed !== undefined) throw failed.reason;
  throw limitExceeded('No folder of the image store has space for the data.');
}

interface MeasuredFolder {
  readonly folder: DataFolder;
  readonly freeBytes: number;
}

async function measureFolder(files: FileSystem, folder: DataFolder): Promise<MeasuredFolder> {
  const { bavail, bsize } = await files.statfs(folder.path);
  return { folder, freeBytes: bavail * bsize };
}
