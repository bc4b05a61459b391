/**
 * How bodies of metadata definitions are read and written: numbers keep the form they were sent in, and answers are
 * ASCII. Source: contract 01 §5, §7, 09 §3, §5.
 */
import { badRequest, isImageServiceError } from '../../../domain/errors.ts';
import { isRecord } from '../../../domain/metadefs/property-definition.ts';
import type { RequestBody } from '../../../domain/metadefs/request-documents.ts';
import { parseExactJson, writePythonJson } from '../../../lib/python-json.ts';
import type { ApiAnswer, ApiCall } from '../../api-call.ts';
import { readBody, requireShallowJson } from '../../request-data.ts';

/**
 * Room for thousands of objects. Reading exact numbers keeps everybody else waiting: 1.5 s for such a body of numbers
 * alone, measured.
 */
const bodyLimitBytes = 4 * 1024 * 1024;

export async function readMetadefBody(call: ApiCall): Promise<RequestBody> {
  const bytes = await readBody(call.body(), bodyLimitBytes);
  if (bytes.byteLength === 0) throw badRequest('This request needs a JSON body.');
  const [plain, exact] = parseTwice(bytes);
  if (!isRecord(plain) || !isRecord(exact)) throw badRequest('The body must be a JSON object.');
  return { plain, exact };
}

function parseTwice(bytes: Uint8Array): readonly [plain: unknown, exact: unknown] {
  try {
    // A byte order mark is kept, and is then not JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    requireShallowJson(bytes);
    return [JSON.parse(text), parseExactJson(text)];
  } catch (error) {
    if (isImageServiceError(error)) throw error;
    throw badRequest('The body is not well-formed JSON in UTF-8.', error);
  }
}

export function metadefAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer {
  return { status, headers, body: { kind: 'json', text: writePythonJson(value) } };
}

/** The last value of a query parameter; null when it is missing or empty. */
export function queryValue(call: ApiCall, name: string): string | null {
  const value = call.query.findLast(([key]) => key === name)?.[1] ?? '';
  return value === '' ? null : value;
}
