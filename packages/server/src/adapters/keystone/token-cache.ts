/**
 * Tokens that were validated, for as long as that is believed. What is kept may have expired meanwhile, or been revoked:
 * whoever finds it looks at the former, and the latter goes unnoticed until the entry is too old.
 * Source: contract 10 §2
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { ValidatedToken } from './validated-token.ts';

export interface TokenCache {
  /** Null when it is not there, or cannot be read. Never raises. */
  find(token: string): Promise<ValidatedToken | null>;
  /** Never raises; what cannot be kept is not. */
  keep(token: string, validated: ValidatedToken): Promise<void>;
  close(): void;
}

export interface MemoryTokenCacheOptions {
  readonly clock: Clock;
  readonly keptSeconds: number;
  readonly mostEntries: number;
  readonly mostBytes: number;
}

interface Entry {
  readonly validated: ValidatedToken;
  readonly bytes: number;
  readonly untilMilliseconds: number;
}

/** What an entry takes beside its document, which two bytes a character make at worst. */
const entryBytes = 2048;

/** In the memory of this process, without the tokens themselves; what was not asked for longest goes first. */
export function openMemoryTokenCache(options: MemoryTokenCacheOptions): TokenCache {
  const { clock, keptSeconds, mostEntries, mostBytes } = options;
  // A map gives its entries in the order in which they were set.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function remove(key: string): void {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }

  return {
    async find(token) {
      const key = hash('sha256', token);
      const entry = entries.get(key);
      if (entry === undefined) return null;
      if (clock.now().getTime() >= entry.untilMilliseconds) {
        remove(key);
        return null;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.validated;
    },
    async keep(token, validated) {
      const key = hash('sha256', token);
      remove(key);
      const added = entryBytes + 2 * validated.document.length;
      if (added > mostBytes) return;
      entries.set(key, { validated, bytes: added, untilMilliseconds: clock.now().getTime() + keptSeconds * 1000 });
      bytes += added;
      for (const oldest of entries.keys()) {
        if (bytes <= mostBytes && entries.size <= mostEntries) break;
        remove(oldest);
      }
    },
    close() {
      entries.clear();
      bytes = 0;
    },
  };
}

/** Keeps nothing. */
export const noTokenCache: TokenCache = {
  find: () => Promise.resolve(null),
  keep: () => Promise.resolve(),
  close: () => undefined,
};
