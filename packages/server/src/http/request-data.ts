/**
 * The body of a request: as one JSON document, or as a stream of image data. Source: contract 01 §5, 03 §1.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, limitExceeded } from '../domain/errors.ts';

/** Documents larger than this are refused; location lists stay below. Source: contract 13 E. */
const jsonLimitBytes = 16 * 1024 * 1024;

/** Arrays and objects within each other; no document of the API comes near it. */
const jsonLimitDepth = 200;

/** Whether the request says that a body follows, in the way Glance tells. */
export function announcesBody(request: IncomingMessage): boolean {
  if (Number(request.headers['content-length'] ?? 0) > 0) return true;
  const mayStream = ['POST', 'PUT', 'PATCH'].includes(request.method ?? '');
  return mayStream && request.headers['transfer-encoding'] !== undefined;
}

/** Reads a whole body into memory; a larger one raises `limitExceeded`. */
export async function readBody(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limitBytes) throw limitExceeded(`The body is larger than ${limitBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a JSON object or array whatever the content type says. Of duplicate keys the last wins. */
export async function readJsonDocument(body: AsyncIterable<Uint8Array>, limitBytes = jsonLimitBytes): Promise<object> {
  const bytes = await readBody(body, limitBytes);
  if (bytes.byteLength === 0) throw badRequest('This request needs a JSON body.');
  requireShallowJson(bytes);
  const document = parseJson(bytes);
  if (typeof document !== 'object' || document === null) {
    throw badRequest('The body must be a JSON object or array.');
  }
  return document;
}

const [quote, backslash, openArray, openObject, closeArray, closeObject] = Buffer.from('"\\[{]}');

/**
 * Raises `badRequest` for arrays and objects within each other beyond what any document has. Looked at before anything is
 * made of the bytes, because what is deep costs time and stack in whoever works on it.
 */
export function requireShallowJson(bytes: Uint8Array): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.byteLength; at += 1) {
    const byte = bytes[at];
    if (isText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === openArray || byte === openObject) depth += 1;
    else if (byte === closeArray || byte === closeObject) depth -= 1;
    if (depth > jsonLimitDepth) {
      throw badRequest(`The body has more than ${jsonLimitDepth} levels of arrays and objects.`);
    }
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    // A byte order mark is kept, and is then not JSON.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw badRequest('The body is not well-formed JSON in UTF-8.', error);
  }
}

export interface BodyOptions {
  /** A sender that is silent for so long is cut off. */
  readonly idleSeconds: number;
  /** Told of each piece, in bytes. */
  readonly onReceived: (bytes: number) => void;
}

/** The raw body, which a client that asked whether it is wanted is told to send. */
export function wantedBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: BodyOptions,
): AsyncGenerator<Uint8Array> {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  return requestData(request, options);
}

/**
 * A sender that breaks off, or sends nothing for `idleSeconds` while we wait for it, raises `badRequest`. Time in
 * which we do not ask for more does not count.
 */
async function* requestData(
  request: IncomingMessage,
  { idleSeconds, onReceived }: BodyOptions,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await withinIdleTime(request, idleSeconds, chunks.next());
      if (next.done === true) return;
      onReceived(next.value.byteLength);
      yield next.value;
    }
  } catch (error) {
    throw badRequest('The data broke off before their end.', error);
  } finally {
    // Lets go of the request: what nobody wanted of it can then be thrown away.
    await chunks.return?.();
  }
}

async function withinIdleTime<T>(request: IncomingMessage, idleSeconds: number, waited: Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    request.destroy(new Error(`No data came for ${idleSeconds} seconds.`));
  }, idleSeconds * 1000);
  try {
    return await waited;
  } finally {
    clearTimeout(timer);
  }
}
