/**
 * Writes small secret files so that a crash leaves the old content or the new one, never a part of either.
 *
 * The text goes to a temporary file beside the target (mode 0600), is flushed, and takes the final name in one step.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces or makes the file. */
export async function writeFileDurably(path: string, text: string): Promise<void> {
  const temporary = await writeBeside(path, text);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushDirectory(dirname(path));
}

/** Makes the file unless there is one; false when there was. Of several processes at once exactly one gets true. */
export async function createFileDurably(path: string, text: string): Promise<boolean> {
  const temporary = await writeBeside(path, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (!isErrno(error, 'EPERM') && !isErrno(error, 'ENOTSUP')) throw error;
    // Some file systems have no hard links; there a second process may win between the two steps.
    if (existsSync(path)) return false;
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await flushDirectory(dirname(path));
  return true;
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function writeBeside(path: string, text: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

async function flushDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its file systems keep renames in their own journal.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
