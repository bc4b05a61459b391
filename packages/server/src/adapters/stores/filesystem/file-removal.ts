/** Removing files whose absence is as good as their removal. */
import { codeOf, deleteError, writeError } from './filesystem-errors.ts';
import type { FileKeeper } from './filesystem-errors.ts';
import type { FileSystem } from './file-system.ts';

/** Removes a file; one that is gone already is as good. */
export async function removeIfThere(files: FileSystem, path: string, keeper: FileKeeper): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return;
    // A file system that is mounted read-only refuses before it looks whether there is anything to refuse.
    if (code === 'EROFS' && !(await isThere(files, path, keeper))) return;
    throw deleteError(error, keeper);
  }
}

export async function isThere(files: FileSystem, path: string, keeper: FileKeeper): Promise<boolean> {
  try {
    await files.lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw writeError(error, keeper);
  }
}
