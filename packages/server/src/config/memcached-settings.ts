/** Which memcached keep validated tokens, and how they are spoken to. Source: contract 10 §2; 11 §5 */
import { keystoneTokenOptions as options } from './options/identity.ts';
import { readExistingFile, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { MemcachedServerSettings, MemcachedSettings } from './settings.ts';

const standardPort = 11211;

/** Null when no server is named. */
export function buildMemcachedSettings(basis: SettingsBasis): MemcachedSettings | null {
  const names = basis.values
    .get(options.memcachedServers)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return null;
  return {
    servers: names.flatMap((name) => readServer(basis, name) ?? []),
    tls: basis.values.get(options.memcacheTls) ? readTls(basis) : null,
    timeoutSeconds: basis.values.get(options.memcacheTimeoutSeconds),
    deadRetrySeconds: basis.values.get(options.memcacheDeadRetrySeconds),
    protection: readProtection(basis),
  };
}

/** `host`, `host:port`, `[address]:port`, with `inet:` or `inet6:` before it, or `unix:/path`. */
function readServer({ report }: SettingsBasis, name: string): MemcachedServerSettings | null {
  if (/^unix:./.test(name)) return { name, address: { path: name.slice('unix:'.length) } };
  const plain = name.replace(/^inet6?:/, '');
  const [, bracketed, bare, digits] = /^(?:\[([\da-f:.%]+)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?$/i.exec(plain) ?? [];
  const host = bracketed ?? bare;
  const port = digits === undefined ? standardPort : Number(digits);
  if (host !== undefined && port > 0 && port < 65_536) return { name, address: { host, port } };
  report(options.memcachedServers, `"${name}" is not the address of a memcached; allowed is host:port or unix:/path`);
  return null;
}

function readTls(basis: SettingsBasis): MemcachedSettings['tls'] {
  return {
    caFile: readExistingFile(basis, options.memcacheCaFile),
    certificateFile: readExistingFile(basis, options.memcacheCertificateFile),
    keyFile: readExistingFile(basis, options.memcacheKeyFile),
    ciphers: readText(basis, options.memcacheCiphers),
  };
}

function readProtection(basis: SettingsBasis): MemcachedSettings['protection'] {
  const strategy = basis.values.get(options.memcacheSecurityStrategy);
  if (strategy !== 'MAC' && strategy !== 'ENCRYPT') return null;
  const secret = basis.values.get(options.memcacheSecretKey) ?? '';
  if (secret === '') basis.report(options.memcacheSecurityStrategy, `${strategy} also needs memcache_secret_key`);
  return { strategy, secret };
}
