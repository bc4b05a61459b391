/**
 * The one error class of the service.
 *
 * `message` is public: it is sent to the client. What must stay inside (a driver's own error) goes into `cause`,
 * which is logged and never sent. Adapters translate at their own edge, so nothing else ever reaches `http/`.
 */
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';

export class ImageServiceError extends Error {
  readonly code: ErrorCode;
  /** Extra response headers, for example `Accept-Patch` on a 415. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; headers?: Record<string, string> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ImageServiceError';
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

export function badRequest(message: string, cause?: unknown): ImageServiceError {
  return new ImageServiceError('badRequest', message, { cause });
}

export function forbidden(message: string): ImageServiceError {
  return new ImageServiceError('forbidden', message);
}

export function notFound(message: string): ImageServiceError {
  return new ImageServiceError('notFound', message);
}

export function conflict(message: string, cause?: unknown): ImageServiceError {
  return new ImageServiceError('conflict', message, { cause });
}

export function limitExceeded(message: string): ImageServiceError {
  return new ImageServiceError('limitExceeded', message);
}

export function isImageServiceError(error: unknown, code?: ErrorCode): error is ImageServiceError {
  return error instanceof ImageServiceError && (code === undefined || error.code === code);
}
