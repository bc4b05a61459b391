/** How a refused call looks to a program. Source: contract 01 §6, §8. */
import { errorStatus, reasonPhrases } from '@lucarne/contract/error-codes.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import { headerNames } from '@lucarne/contract/header-names.ts';

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly requestId: string | null;
}

/** The service answered, and the answer is no. Network failures are the errors of `fetch` instead. */
export class ImageApiError extends Error {
  override readonly name = 'ImageApiError';
  readonly status: number;
  /** The contract's name of the status; null for one the Image API does not use, such as 300 or a proxy's 429. */
  readonly code: ErrorCode | null;
  /** What an operator finds the call by in the log; null if the answer did not come from the service itself. */
  readonly requestId: string | null;

  constructor({ status, message, requestId }: Refusal) {
    super(message);
    this.status = status;
    this.code = codesByStatus.get(status) ?? null;
    this.requestId = requestId;
  }
}

const codesByStatus: ReadonlyMap<number, ErrorCode> = new Map(
  // The table's own keys.
  Object.entries(errorStatus).map(([code, status]) => [status, code as ErrorCode]),
);

/** Reads the body of a refusal to its end. The message is for people and may be any text. */
export async function imageApiError(response: Response): Promise<ImageApiError> {
  const { status } = response;
  const text = await response.text();
  return new ImageApiError({
    status,
    message: errorMessageOf(text) ?? reasonPhrases[status] ?? `HTTP status ${status}`,
    requestId: response.headers.get(headerNames.requestId),
  });
}

/** The message of an error body: of the Image API's own, or of Keystone's. Null if it is neither. */
export function errorMessageOf(text: string): string | null {
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null) return null;
  if ('message' in body && typeof body.message === 'string') {
    return body.message.replace(/<br\s*\/?>/g, '').trim() || null;
  }
  return 'error' in body ? errorMessageOf(JSON.stringify(body.error)) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
