/** How a difference that is meant to be is written down. */
export interface KnownDifference {
  /** Names of requests: `scenario: request`. */
  readonly requests: readonly string[];
  /** `status`, `header <name>` or `body <JSON pointer>`; a final `*` stands for any rest. */
  readonly at: string;
  /** What each side answers there; left out where the values are long or many. */
  readonly glance?: unknown;
  readonly lucarne?: unknown;
  /** Why, with the section of the contract it follows. */
  readonly reason: string;
}

/** A header that differs in every answer of a kind, whatever the scenario. */
export interface KnownHeaderDifference {
  /** Method and path of the requests. */
  readonly send: RegExp;
  readonly status: number;
  /** Lower case. */
  readonly header: string;
  /** Null where the header is missing. */
  readonly glance: string | null;
  readonly lucarne: string | null;
  readonly reason: string;
}

/** Names of requests of one scenario. */
export function inScenario(scenario: string, requests: readonly string[]): string[] {
  return requests.map((request) => `${scenario}: ${request}`);
}
