/**
 * Data that are fetched from the web. Every connection goes to an address that was checked, redirects included.
 * Source: contract 04 §3.
 *
 * Errors carry a message a person can act on: which URL, which status or which byte. `badRequest`: the URL, a redirect
 * or an address is refused, or the server answers that there is nothing; `unavailable`: it cannot be reached, broke
 * off or stalled. Credentials in a URL never appear in a message.
 */
export interface WebData {
  /** Announced length of the data; null when the server says none. */
  readonly sizeBytes: number | null;
  /**
   * The data in order; may be asked for once. A chunk is valid until the next one is asked for. Data that are shorter
   * or longer than announced raise `unavailable`; so does a server that sends nothing for too long.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** Frees the connection; may be called at any time, also twice. */
  close(): Promise<void>;
}

export interface WebRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts what is under way. */
  readonly signal?: AbortSignal;
}

export interface WebSource {
  /** Sends a GET and gives its data once the answer is 200. */
  open(request: WebRequest): Promise<WebData>;
}
