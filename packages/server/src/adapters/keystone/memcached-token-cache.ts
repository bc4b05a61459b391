/**
 * Validated tokens in memcached, shared by all processes and machines that use it. Each token has one server; one that
 * cannot be asked is left alone for a while, and the next one in line takes its tokens.
 *
 * Invariant: whatever happens to a server, a token is validated by Keystone then, and no request fails.
 * Source: contract 10 §2
 */
import { hash } from 'node:crypto';
import type { NetConnectOpts } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import { MemcachedTrouble, openMemcachedConnection } from './memcached-connection.ts';
import type { MemcachedConnection, MemcachedTls } from './memcached-connection.ts';
import type { EntryProtection } from './memcached-protection.ts';
import type { TokenCache } from './token-cache.ts';
import { readToken } from './validated-token.ts';

export interface MemcachedServer {
  /** As configured, for the log. */
  readonly name: string;
  readonly address: NetConnectOpts;
}

export interface MemcachedOptions {
  readonly servers: readonly MemcachedServer[];
  readonly tls: MemcachedTls | null;
  readonly patienceSeconds: number;
  /** How long a server is left alone after it failed. */
  readonly deadRetrySeconds: number;
  readonly keptSeconds: number;
  readonly protection: EntryProtection;
  readonly clock: Clock;
  /** Told when a server is given up for a while. */
  readonly report: (server: string, reason: Error) => void;
}

interface Server {
  readonly name: string;
  connection: MemcachedConnection | null;
  deadUntilMilliseconds: number;
  readonly address: NetConnectOpts;
}

/** As memcached takes them unless it is told otherwise, key and all. */
const mostValueBytes = 1024 * 1024 - 512;

export function openMemcachedTokenCache(options: MemcachedOptions): TokenCache {
  const { clock, protection } = options;
  const servers = options.servers.map((server): Server => ({ ...server, connection: null, deadUntilMilliseconds: 0 }));
  let isClosed = false;

  function connect(server: Server): MemcachedConnection {
    const connection = openMemcachedConnection({
      address: server.address,
      tls: options.tls,
      patienceSeconds: options.patienceSeconds,
      onEnd: () => {
        if (server.connection === connection) server.connection = null;
      },
    });
    return connection;
  }

  /** Over a connection that is kept, once more over a new one: the server may have been started again meanwhile. */
  async function ask<T>(key: string, request: (connection: MemcachedConnection) => Promise<T>): Promise<T | null> {
    const server = serverOf(key);
    if (server === null || isClosed) return null;
    try {
      const kept = server.connection;
      if (kept !== null) {
        try {
          return await request(kept);
        } catch (reason) {
          if (reason instanceof MemcachedTrouble) throw reason;
        }
      }
      return await request((server.connection ??= connect(server)));
    } catch (reason) {
      if (!isClosed) giveUp(server, reason);
      return null;
    }
  }

  function giveUp(server: Server, reason: unknown): void {
    const now = clock.now().getTime();
    if (now < server.deadUntilMilliseconds) return;
    server.deadUntilMilliseconds = now + options.deadRetrySeconds * 1000;
    options.report(server.name, reason instanceof Error ? reason : new Error(String(reason)));
  }

  /** The server that a key belongs to, among those that live: losing one moves no key of another. */
  function serverOf(key: string): Server | null {
    const now = clock.now().getTime();
    const living = servers.filter((server) => now >= server.deadUntilMilliseconds);
    if (living.length < 2) return living[0] ?? null;
    const ranked = living.map((server) => ({ server, rank: hash('sha256', `${server.name} ${key}`) }));
    return ranked.reduce((best, next) => (next.rank > best.rank ? next : best)).server;
  }

  return {
    async find(token) {
      const key = protection.key(token);
      const entry = await ask(key, (connection) => connection.get(key));
      const text = entry === null ? null : protection.unprotect(token, entry);
      return text === null ? null : readToken(parsed(text), text);
    },
    async keep(token, { document }) {
      const value = protection.protect(token, document);
      if (value.length > mostValueBytes) return;
      const key = protection.key(token);
      await ask(key, (connection) => connection.set(key, value, options.keptSeconds));
    },
    close() {
      isClosed = true;
      for (const server of servers) server.connection?.close();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
