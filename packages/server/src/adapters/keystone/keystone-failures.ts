/**
 * What is told when Keystone cannot be asked. The client learns that and when to come back; the log learns why, in
 * words that hold neither tokens nor passwords.
 */
import { ImageServiceError } from '../../domain/errors.ts';

/** Long enough to lighten the load, and short enough for a client to wait. */
const retryAfterSeconds = 5;

/** Raised by what is decided here; its message is for the log. */
export class KeystoneTrouble extends Error {}

export function keystoneUnavailable(cause: Error): ImageServiceError {
  return new ImageServiceError('unavailable', 'Keystone, which vouches for callers, cannot be asked now.', {
    cause,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
