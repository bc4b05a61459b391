/**
 * One call of the Image API over `fetch`: URL, token, headers, and what an answer that is no success becomes.
 *
 * A token the service refuses is renewed once, if there is a source of tokens and the body can be sent again.
 */
import { headerNames } from '@lucarne/contract/header-names.ts';
import { fillTemplate } from '@lucarne/contract/operation-paths.ts';
import type { PathParameterName } from '@lucarne/contract/operation-paths.ts';
import { operationById } from '@lucarne/contract/operations.ts';
import type { OperationId, OperationOf } from '@lucarne/contract/operations.ts';
import { imageApiError } from './image-api-error.ts';

/** Gives a token to use now. Told which token was refused, it gives another if it can. */
export type TokenSource = (refusedToken?: string) => Promise<string>;

/** The part of `fetch` that is used. `duplex` is missing in the types of browsers. */
export type FetchFunction = (url: string, init: RequestInit & { readonly duplex?: 'half' }) => Promise<Response>;

/**
 * Whether streams can be sent: always, as in Node; never; or in a browser that knows how, over a connection that may be
 * HTTP/2. Such a try fails before much is sent if the server speaks only HTTP/1.
 */
export type StreamSupport = 'always' | 'maybe' | 'never';

export interface Connection {
  /** The image endpoint without version and slash at the end. */
  readonly endpoint: string;
  readonly token: TokenSource;
  readonly fetch: FetchFunction;
  readonly streamSupport: StreamSupport;
}

/** What every method of the client takes last. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface Call extends CallOptions {
  readonly method: string;
  /** Percent-encoded, from `/v2`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string;
}

type PathParameters<Id extends OperationId> = Readonly<Record<PathParameterName<OperationOf<Id>['path']>, string>>;

/** Method and path of an operation. Raises `RangeError` for a value that cannot be part of a URL. */
export function callOf<Id extends OperationId>(
  id: Id,
  parameters: PathParameters<Id>,
): { readonly method: string; readonly path: string } {
  const { method, path } = operationById(id);
  return { method, path: fillTemplate(path, new Map<string, string>(Object.entries(parameters))) };
}

/** Sends a call and resolves with the answer if it is a success; raises `ImageApiError` if it is not. */
export async function send(connection: Connection, call: Call): Promise<Response> {
  const token = await connection.token();
  const response = await attempt(connection, call, token);
  if (response.status !== 401 || call.body instanceof ReadableStream) return successOf(response);
  const renewed = await connection.token(token);
  if (renewed === token) return successOf(response);
  await response.body?.cancel();
  return successOf(await attempt(connection, call, renewed));
}

/** Sends a call and reads the answer as JSON. */
export async function sendForJson<Answer>(connection: Connection, call: Call): Promise<Answer> {
  const response = await send(connection, call);
  // The service vouches for the shape: the contract's types describe what it answers.
  return (await response.json()) as Answer;
}

/** Sends a call whose answer has no body. */
export async function sendForNothing(connection: Connection, call: Call): Promise<void> {
  const response = await send(connection, call);
  // An answer left unread keeps its connection busy.
  await response.arrayBuffer();
}

/** Raises `ImageApiError` unless the answer is a success. */
export async function successOf(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await imageApiError(response);
}

/** Headers and body of a request that sends JSON. */
export function jsonBody(value: unknown, contentType = 'application/json'): Pick<Call, 'headers' | 'body'> {
  return { headers: { 'content-type': contentType }, body: JSON.stringify(value) };
}

function attempt(connection: Connection, call: Call, token: string): Promise<Response> {
  return connection.fetch(`${connection.endpoint}${call.path}${queryString(call.query)}`, {
    method: call.method,
    headers: { accept: 'application/json', [headerNames.authToken]: token, ...call.headers },
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.body instanceof ReadableStream ? { duplex: 'half' } : {}),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

function queryString(query: Call['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === 'object' ? value : [value]) parameters.append(name, String(item));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}
