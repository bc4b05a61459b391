/**
 * Where policy files are, and whether any of them changed. Source: contract 10 §4.
 */
import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** The first directory that has it; an absolute path stands for itself. null when it is nowhere. */
export function findPath(path: string, searchDirectories: readonly string[]): string | null {
  const candidates = isAbsolute(path) ? [path] : searchDirectories.map((directory) => join(directory, path));
  return candidates.find((candidate) => exists(candidate)) ?? null;
}

/** A path that may exist but cannot be looked at counts as existing: reading it will say why it cannot be read. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** The files of a folder, sorted by name, without hidden ones and without going into folders. Throws when unreadable. */
export function listPolicyFiles(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true);
}

/**
 * Changes whenever the content of one of the files may have changed. A file replaced by an older one, or whose
 * permissions were changed, counts as changed too.
 */
export function fingerprintOf(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0${stampOf(path)}`).join('\0');
}

function stampOf(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? 'absent' : [stat.mtimeMs, stat.ctimeMs, stat.size, stat.ino].join(' ');
  } catch {
    return 'unknown';
  }
}
