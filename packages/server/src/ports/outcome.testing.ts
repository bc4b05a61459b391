/** What a call came to, in a word that tests compare. */
import { isImageServiceError } from '../domain/errors.ts';

/** Code of the error, `none` without one; raises an error that is not the service's. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (isImageServiceError(error)) return error.code;
    throw error;
  }
}
