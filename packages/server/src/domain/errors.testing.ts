/** For tests of rules that refuse. */
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import { isImageServiceError } from './errors.ts';

/** The code of the error a rule raises, or `none`. Any other error is not the rule's and is passed on. */
export function errorCodeOf(rule: () => unknown): ErrorCode | 'none' {
  try {
    rule();
    return 'none';
  } catch (error) {
    if (isImageServiceError(error)) return error.code;
    throw error;
  }
}
