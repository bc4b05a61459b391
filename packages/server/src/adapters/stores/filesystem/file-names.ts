/**
 * Names of files in a folder of images: `<image id>`, while it is being written `.<image id>.<attempt id>.part`.
 * Invariant: no name is made of anything but ids, so none leads out of the folder.
 */
import { notFound } from '../../../domain/errors.ts';

/** Image ids are UUIDs everywhere; anything else must not become a file name. */
const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** Raises `notFound` for what is no id. */
export function checkedId(id: string): string {
  if (!isId(id)) throw notFound('Not an id of an image.');
  return id;
}

/**
 * Begins with a dot and carries the attempt's id, so that what a dead attempt left can be told from everything else.
 * `finalName` must have been checked.
 */
export function temporaryName(finalName: string, attemptId: string): string {
  return `.${finalName}.${checkedId(attemptId)}.part`;
}
