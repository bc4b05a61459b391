/**
 * Which tokens were taken back before their time; kept in `revoked-tokens.json`, so a restart forgets none.
 *
 * Invariant: bounded. When there are more than `maxEntries`, the older half is given up and everything issued up to
 * the newest of that half counts as revoked: a few people log in again, but no revoked token comes back to life.
 */
import { existsSync } from 'node:fs';
import { writeFileDurably } from './durable-file.ts';
import { WatchedFile } from './watched-file.ts';

export interface Revocation {
  readonly auditId: string;
  readonly issuedAtMs: number;
  /** From when on the token cannot be used anyway. */
  readonly keepUntilMs: number;
}

const defaultMaxEntries = 10_000;

export class Revocations {
  readonly #path: string;
  readonly #maxEntries: number;
  readonly #entries = new Map<string, Revocation>();
  #issuedUpToMs = 0;
  #saving: Promise<void> = Promise.resolve();

  /** Reads what an earlier run left. Errors: a file that is damaged. */
  constructor(path: string, maxEntries = defaultMaxEntries) {
    this.#path = path;
    this.#maxEntries = maxEntries;
    if (existsSync(path)) this.#load(new WatchedFile(path).readIfChanged() ?? '');
  }

  isRevoked(token: { auditId: string; issuedAtMs: number }): boolean {
    return token.issuedAtMs <= this.#issuedUpToMs || this.#entries.has(token.auditId);
  }

  /** Counts at once; resolves when it is on disk. */
  async revoke(revocation: Revocation, nowMs: number): Promise<void> {
    this.#entries.set(revocation.auditId, revocation);
    for (const [auditId, entry] of this.#entries) if (entry.keepUntilMs <= nowMs) this.#entries.delete(auditId);
    if (this.#entries.size > this.#maxEntries) this.#giveUpOlderHalf();
    const saved = this.#saving.then(() => writeFileDurably(this.#path, this.#render()));
    this.#saving = saved.catch(() => undefined);
    await saved;
  }

  #giveUpOlderHalf(): void {
    const byAge = [...this.#entries.values()].toSorted((left, right) => left.issuedAtMs - right.issuedAtMs);
    for (const entry of byAge.slice(0, Math.ceil(byAge.length / 2))) {
      this.#issuedUpToMs = entry.issuedAtMs;
      this.#entries.delete(entry.auditId);
    }
  }

  #render(): string {
    const tokens = this.#entries.values().map((entry) => [entry.auditId, entry.issuedAtMs, entry.keepUntilMs]);
    return `${JSON.stringify({ issued_up_to: this.#issuedUpToMs, tokens: [...tokens] })}\n`;
  }

  #load(text: string): void {
    const content = parseJson(text);
    if (!isRevocationFile(content)) throw new Error(`${this.#path} is damaged; remove it and change signing_key`);
    this.#issuedUpToMs = content.issued_up_to;
    for (const [auditId, issuedAtMs, keepUntilMs] of content.tokens) {
      this.#entries.set(auditId, { auditId, issuedAtMs, keepUntilMs });
    }
  }
}

interface RevocationFile {
  readonly issued_up_to: number;
  readonly tokens: readonly [string, number, number][];
}

function isRevocationFile(content: unknown): content is RevocationFile {
  if (typeof content !== 'object' || content === null || !('issued_up_to' in content) || !('tokens' in content)) {
    return false;
  }
  return (
    typeof content.issued_up_to === 'number' &&
    Array.isArray(content.tokens) &&
    content.tokens.every((token: unknown) => Array.isArray(token) && token.length === 3 && typeof token[0] === 'string')
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
