/** The URLs of image files, `file://<folder>/<image id>`. Source: contract 05 §8.1. */
import { join, resolve } from 'node:path';
import { isId } from './file-names.ts';

/** The location Glance writes for the same file and can read: the path as it is, without percent-encoding. */
export function fileUrl(path: string): string {
  return `file://${path}`;
}

/**
 * The file a location names, or undefined when it lies elsewhere than directly in one of the folders. Also a
 * percent-encoded path is understood.
 */
export function parseFileUrl(folders: readonly string[], url: string): string | undefined {
  const written = /^(?:file|filesystem):\/\/(?:localhost)?(\/.*)$/.exec(url)?.[1];
  if (written === undefined) return undefined;
  return [written, decoded(written)].map((path) => resolve(path)).find((path) => isImageFile(folders, path));
}

function isImageFile(folders: readonly string[], path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return isId(name) && folders.some((folder) => path === join(folder, name));
}

/** The path itself when it is not percent-encoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
