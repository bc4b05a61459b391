/**
 * What a handler gets and gives, free of the web framework: a handler parses its call, calls one use case and
 * describes the answer.
 */
import type { RequestContext } from '../domain/request-context.ts';
import type { QueryPair } from '../lib/query-string.ts';
import type { RequestHeaders } from '../ports/identity-source.ts';

export interface ApiCall {
  readonly context: RequestContext;
  /** Decoded path variables by their name in the operation table. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Query parameters in order, decoded. */
  readonly query: readonly QueryPair[];
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  /** `scheme://host` the client used. */
  readonly origin: string;
  /** Address of the client, as far as the service knows it. */
  readonly clientAddress: string;
  /** The request is HEAD: nobody will see the body of the answer. */
  readonly headersOnly: boolean;
  /** Bytes the body was announced with; null for a chunked body or none. */
  readonly contentLength: number | null;
  /** Value of a request header; of a repeated one the values joined by a comma. */
  header(name: string): string | undefined;
  /** All request headers by lower-case name. */
  readonly headers: RequestHeaders;
  /**
   * The body as JSON object or array; anything else raises `badRequest`, one of more than so many bytes
   * `limitExceeded`.
   */
  readJson(limitBytes?: number): Promise<object>;
  /** The raw body; asks a waiting client to send it. */
  body(): AsyncIterable<Uint8Array>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: AnswerBody;
  /** What was made under a name that the body of the request gave, by the variable its own path has for it. */
  readonly made?: Readonly<Record<string, string>>;
}

export type AnswerBody =
  /** Sent as `application/json`; already serialised. */
  | { readonly kind: 'json'; readonly text: string }
  /** Image data: chunks valid until the next one is asked for, `length` bytes in all. */
  | {
      readonly kind: 'data';
      readonly length: number;
      chunks(): AsyncIterable<Uint8Array>;
      close(): Promise<void>;
    }
  /** Neither body nor content headers; an answer without `body` says `Content-Length: 0` and a content type. */
  | { readonly kind: 'none' };

export type OperationHandler = (call: ApiCall) => Promise<ApiAnswer>;

/** A JSON answer. Large integers must have been made raw JSON by the view. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return { status, headers, body: { kind: 'json', text: JSON.stringify(value) } };
}

/** An answer without body, as 204 and 202 are. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return { status, headers };
}

/** The value of a path variable that the route is known to have. */
export function pathParameter(call: ApiCall, name: string): string {
  const value = call.parameters[name];
  if (value === undefined) throw new Error(`The route has no variable ${name}.`);
  return value;
}

/** Bodies that are kept with a task, and shown with it: databases keep 64 KiB of text. */
export const taskBodyLimitBytes = 32 * 1024;
