/** How data that cannot be unpacked are refused. */
import { badRequest } from '../../../domain/errors.ts';
import type { ImageServiceError } from '../../../domain/errors.ts';
import type { PackingFormat } from '../../../domain/imports/archive-formats.ts';

export function damaged(format: PackingFormat, cause?: unknown): ImageServiceError {
  return badRequest(`The ${format} data are damaged or end too early. Pack the image again.`, cause);
}

export function needsTooMuchMemory(format: PackingFormat, cause?: unknown): ImageServiceError {
  return badRequest(
    `The ${format} data need more than 128 MiB of memory to be unpacked. Pack the image with a smaller dictionary.`,
    cause,
  );
}

/** Archives must hold one plain file. `what` is what it holds instead, as in "holds …". */
export function notOneFile(format: PackingFormat, what: string): ImageServiceError {
  return badRequest(`The ${format} archive holds ${what}. Pack the image alone, as a plain file.`);
}
