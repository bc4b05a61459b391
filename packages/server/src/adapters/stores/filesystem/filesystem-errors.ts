/** What the operating system says, in the terms of the image store port. Source: contract 05 §7. */
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';

/** What the files are kept in, as the messages call it. */
export type FileKeeper = 'image store' | 'staging area';

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Code, and what the keeper is or does. */
const writeFailures: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['limitExceeded', 'is full'],
  EDQUOT: ['limitExceeded', 'has used up its disk quota'],
  EFBIG: ['limitExceeded', 'cannot keep as much data in one file'],
  EACCES: ['unavailable', 'refuses to be written to'],
  EPERM: ['unavailable', 'refuses to be written to'],
  EROFS: ['unavailable', 'is mounted read-only'],
};

export function writeError(error: unknown, keeper: FileKeeper): ImageServiceError {
  if (error instanceof ImageServiceError) return error;
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return new ImageServiceError('unavailable', `The folder of the ${keeper} is not there.`, { cause: error });
  }
  const [known, is] = writeFailures[code] ?? ['internal', 'failed'];
  return new ImageServiceError(known, `The ${keeper} ${is}.`, { cause: error });
}

export function deleteError(error: unknown, keeper: FileKeeper): ImageServiceError {
  if (error instanceof ImageServiceError) return error;
  const code = codeOf(error);
  if (code === 'ENOENT') return missing(keeper);
  if (code === 'EACCES' || code === 'EPERM') {
    return new ImageServiceError('forbidden', `The ${keeper} refuses to delete the data.`, { cause: error });
  }
  return writeError(error, keeper);
}

export function readError(error: unknown, keeper: FileKeeper): ImageServiceError {
  if (error instanceof ImageServiceError) return error;
  const code = codeOf(error);
  // ELOOP: a symbolic link. Nothing is opened outside the folder.
  if (code === 'ENOENT' || code === 'ELOOP') return missing(keeper);
  if (code === 'EACCES' || code === 'EPERM') {
    return new ImageServiceError('badRequest', `The image data cannot be read from the ${keeper}.`, { cause: error });
  }
  return new ImageServiceError('internal', `The ${keeper} failed.`, { cause: error });
}

export function missing(keeper: FileKeeper): ImageServiceError {
  return notFound(`The image data are not in the ${keeper}.`);
}
