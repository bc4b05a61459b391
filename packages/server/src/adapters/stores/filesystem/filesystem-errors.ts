/** What the operating system says, in the terms of the image store port. Source: contract 05 §7. */
import { ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const writeFailures: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['limitExceeded', 'The image store is full.'],
  EDQUOT: ['limitExceeded', 'The image store has used up its disk quota.'],
  EFBIG: ['limitExceeded', 'The data are larger than the image store can keep in one file.'],
  EACCES: ['unavailable', 'The image store refuses to be written to.'],
  EPERM: ['unavailable', 'The image store refuses to be written to.'],
  EROFS: ['unavailable', 'The image store is mounted read-only.'],
};

export function writeError(error: unknown, action: 'write' | 'delete'): ImageServiceError {
  if (error instanceof ImageServiceError) return error;
  const code = codeOf(error);
  if (code === 'ENOENT') {
    if (action === 'delete') return notFound('The image data are not in the store.');
    return new ImageServiceError('unavailable', 'The folder of the image store is not there.', { cause: error });
  }
  if (action === 'delete' && (code === 'EACCES' || code === 'EPERM')) {
    return new ImageServiceError('forbidden', 'The image store refuses to delete the data.', { cause: error });
  }
  const known = writeFailures[code];
  if (known !== undefined) return new ImageServiceError(known[0], known[1], { cause: error });
  return new ImageServiceError('internal', 'The image store failed.', { cause: error });
}

export function readError(error: unknown): ImageServiceError {
  if (error instanceof ImageServiceError) return error;
  const code = codeOf(error);
  // ELOOP: a symbolic link. Nothing is opened outside the store's folder.
  if (code === 'ENOENT' || code === 'ELOOP') return notFound('The image data are not in the store.');
  if (code === 'EACCES' || code === 'EPERM') {
    return new ImageServiceError('badRequest', 'The image data cannot be read from the store.', { cause: error });
  }
  return new ImageServiceError('internal', 'The image store failed.', { cause: error });
}
