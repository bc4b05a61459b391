/**
 * The file that says where folders are mounted, for clients that see the same file systems and take the data from
 * there: one JSON object or a list of them, `{"id": …, "mountpoint": …}`. Source: contract 05 §8.1.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ImageServiceError } from '../../../domain/errors.ts';

/** As it stands in the file: what else an entry says is kept, as Glance does. */
export interface Mountpoint extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly mountpoint: string;
}

/** Raises an error that tells the operator what is wrong with the file. */
export async function readMountpoints(path: string): Promise<readonly Mountpoint[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw wrongFile(path, error instanceof Error ? error.message : 'it cannot be read', error);
  });
  const document = parsed(path, text);
  const entries: readonly unknown[] = Array.isArray(document) ? document : [document];
  return entries.map((entry) => {
    if (!isMountpoint(entry)) throw wrongFile(path, `${JSON.stringify(entry)} is not {"id": text, "mountpoint": path}`);
    return entry;
  });
}

/** The entry whose mountpoint is the folder or one above it; of several the nearest. Null when there is none. */
export function mountpointOf(folder: string, mountpoints: readonly Mountpoint[]): Mountpoint | null {
  return mountpoints
    .filter(({ mountpoint }) => isWithin(folder, resolve(mountpoint)))
    .reduce<Mountpoint | null>((nearest, one) => (isNearer(one, nearest) ? one : nearest), null);
}

function isNearer(one: Mountpoint, nearest: Mountpoint | null): boolean {
  return nearest === null || resolve(one.mountpoint).length > resolve(nearest.mountpoint).length;
}

function isWithin(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(above.endsWith('/') ? above : `${above}/`);
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrongFile(path, 'it is not JSON', error);
  }
}

function isMountpoint(entry: unknown): entry is Mountpoint {
  if (!isObject(entry) || !isLocationMetadata(entry)) return false;
  const { id, mountpoint } = entry;
  return typeof id === 'string' && typeof mountpoint === 'string' && mountpoint.startsWith('/');
}

/** Metadata of a location are texts, and lists and objects of them. */
function isLocationMetadata(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLocationMetadata);
  return isObject(value) ? Object.values(value).every(isLocationMetadata) : typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongFile(path: string, reason: string, cause?: unknown): ImageServiceError {
  const message = `The file ${path} of filesystem_store_metadata_file is of no use: ${reason}.`;
  return new ImageServiceError('unavailable', message, { cause });
}
