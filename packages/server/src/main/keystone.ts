/** Keystone as the service uses it: a session of its own, and a source of callers whose tokens it has validated. */
import { accessRulesAllow } from '@lucarne/identity-lite/access-rules.ts';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import type { Logger } from 'pino';
import { anonymous } from '../adapters/identity/trusted-headers.ts';
import { keystoneIdentity } from '../adapters/keystone/keystone-identity.ts';
import type { MemcachedTls } from '../adapters/keystone/memcached-connection.ts';
import { protectedEntries, readableEntries } from '../adapters/keystone/memcached-protection.ts';
import { openMemcachedTokenCache } from '../adapters/keystone/memcached-token-cache.ts';
import { openKeystoneSession } from '../adapters/keystone/service-session.ts';
import { noTokenCache, openMemoryTokenCache } from '../adapters/keystone/token-cache.ts';
import type { TokenCache } from '../adapters/keystone/token-cache.ts';
import { openTokenValidator } from '../adapters/keystone/token-validator.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { KeystoneSettings, MemcachedSettings } from '../config/settings.ts';
import type { IdentitySource } from '../ports/identity-source.ts';

export interface ConnectedKeystone {
  readonly source: IdentitySource;
  close(): Promise<void>;
}

/** What tokens may take of the memory of a process: some thousand of them, with the catalog of a large cloud. */
const memoryBounds = { mostEntries: 20_000, mostBytes: 64 * 1024 * 1024 };

/** Asks nothing yet. */
export function connectKeystone(settings: KeystoneSettings, anonymousAccess: boolean, log: Logger): ConnectedKeystone {
  const clock = systemClock;
  const session = openKeystoneSession({ ...settings, clock });
  const cache = openTokenCache(settings.cache, log);
  const validator = openTokenValidator({
    session,
    cache,
    includesCatalog: settings.includesCatalog,
    patienceSeconds: settings.connection.timeoutSeconds,
  });
  return {
    source: keystoneIdentity({
      ...settings,
      validator,
      clock,
      anonymous: anonymousAccess && settings.delaysDecision ? anonymous : null,
      accessRulesAllow,
    }),
    async close() {
      cache.close();
      await session.close();
    },
  };
}

function openTokenCache({ seconds, memcached }: KeystoneSettings['cache'], log: Logger): TokenCache {
  const clock = systemClock;
  if (seconds === null) return noTokenCache;
  if (memcached === null) return openMemoryTokenCache({ ...memoryBounds, clock, keptSeconds: seconds });
  const { protection, tls } = memcached;
  return openMemcachedTokenCache({
    servers: memcached.servers,
    tls: tls === null ? null : readTls(tls),
    patienceSeconds: memcached.timeoutSeconds,
    deadRetrySeconds: memcached.deadRetrySeconds,
    keptSeconds: seconds,
    protection: protection === null ? readableEntries : protectedEntries(protection.strategy, protection.secret),
    clock,
    report: (server, error) =>
      log.warn(
        { err: error, server },
        `keystone: the token cache is left alone for ${memcached.deadRetrySeconds} seconds`,
      ),
  });
}

function readTls({ caFile, certificateFile, keyFile, ciphers }: NonNullable<MemcachedSettings['tls']>): MemcachedTls {
  const read = (path: string): string => readFileSync(path, 'utf8');
  const ownAuthorities = caFile === null ? [] : [read(caFile)];
  return {
    ca: [...getCACertificates('default'), ...getCACertificates('system'), ...ownAuthorities],
    // As elsewhere, one file may hold both.
    ...(certificateFile === null ? {} : { cert: read(certificateFile), key: read(keyFile ?? certificateFile) }),
    ...(ciphers === null ? {} : { ciphers }),
  };
}
