/**
 * Requests to servers that others named. Every connection, those of redirects included, goes to an address that was
 * checked before. Answers of any status are answers; what follows is the caller's to judge.
 *
 * Errors as in `web-source.ts`: `badRequest` for what is refused, `unavailable` for a server that cannot be reached,
 * broke off or stalled; an abort raises the reason of its signal.
 */

export interface WebCall {
  readonly method: 'GET' | 'HEAD';
  /** `user:password@` in it is sent as basic authentication. */
  readonly url: string;
  /** Names in lower case. They are for that server alone: a redirect to another one leaves them out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes asked for, both ends inclusive; the server may answer with all of them. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Aborts what is under way, the body too. */
  readonly signal?: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  /** Where the answer came from, for messages: without credentials and without the query. */
  readonly shownUrl: string;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Announced length of the body, or of the body a GET would have; null when none is announced. */
  readonly sizeBytes: number | null;
  /** The body, as `WebData.chunks` gives it. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Frees the connection; may be called at any time, also twice. */
  close(): Promise<void>;
}

export interface WebClient {
  /** Sends a request and follows redirects; resolves when the headers of the last answer are there. */
  send(call: WebCall): Promise<WebAnswer>;
}
