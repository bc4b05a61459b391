/**
 * Other nodes of the same service, for calls that only one of them can answer: the one that has the staged data.
 * Source: contract 03 §2, 04 §2 (row 15).
 *
 * Errors: `gatewayTimeout` when the node cannot be reached, `badGateway` when it does not answer properly, and what the
 * node itself answered, with its status and its message.
 */
export interface PeerCall {
  readonly method: 'POST' | 'DELETE';
  /** Path of the call, `/v2/…`. */
  readonly path: string;
  /** Who calls, and what else the call says in headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null for no body. */
  readonly body: string | null;
  /** Another node passed this call on already: it must not be passed on again. */
  readonly wasPassedOn: boolean;
}

export interface PeerNodes {
  /** Resolves when the node has done what was asked. */
  passOn(nodeUrl: string, call: PeerCall): Promise<void>;
}
