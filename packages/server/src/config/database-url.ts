/**
 * Reads database URLs as SQLAlchemy writes them, and says nothing of their secrets.
 *
 * Source: contract 11 §5
 */
import { resolve } from 'node:path';

export interface SqliteUrl {
  readonly dialect: 'sqlite';
  /** Absolute path, or `:memory:`. */
  readonly path: string;
}

export interface ServerUrl {
  readonly dialect: 'postgresql' | 'mysql';
  readonly host: string;
  /** Null for the server's own. */
  readonly port: number | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export type DatabaseUrl = SqliteUrl | ServerUrl;

const dialects: ReadonlyMap<string, DatabaseUrl['dialect']> = new Map([
  ['sqlite', 'sqlite'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['postgresql', 'postgresql'],
  ['postgres', 'postgresql'],
]);

/** Group 1 is the dialect (a `+driver` may follow it), 2 all behind `//`. */
const schemePattern = /^([a-z]+)(?:\+\w+)?:\/\/(.*)$/is;
/** user, password, host (brackets for IPv6), port, database. A password may hold `@`: the last one separates. */
const serverPattern = /^(?:([^:]*)(?::(.*))?@)?(\[[^\]]*\]|[^:/@]*)(?::(\d+))?(?:\/([^/]*))?$/s;

/**
 * Parses a URL like `sqlite:///relative.db`, `sqlite:////absolute.db` or `mysql+pymysql://user:pass@host/db?charset=utf8`.
 * A relative path counts from `workingDirectory`. User and password come out decoded. The sentence about a wrong URL
 * holds no part of it but its scheme.
 */
export function parseDatabaseUrl(text: string, workingDirectory: string): { url: DatabaseUrl } | { wrong: string } {
  const [, scheme, rest] = schemePattern.exec(text.trim()) ?? [];
  if (scheme === undefined || rest === undefined) {
    return { wrong: 'the value is not a database URL; it looks like sqlite:////var/lib/lucarne/lucarne.sqlite' };
  }
  const dialect = dialects.get(scheme.toLowerCase());
  if (dialect === undefined) {
    return { wrong: `"${scheme}" is not a known kind of database; known are sqlite, postgresql, mysql` };
  }
  const [address, query] = splitOnce(rest, '?');
  if (dialect !== 'sqlite') return parseServerAddress(dialect, address, query);
  return parseSqliteAddress(address, workingDirectory);
}

function parseSqliteAddress(address: string, workingDirectory: string): { url: SqliteUrl } | { wrong: string } {
  if (address === '' || address === '/' || address === '/:memory:') {
    return { url: { dialect: 'sqlite', path: ':memory:' } };
  }
  if (!address.startsWith('/')) {
    return {
      wrong: 'a SQLite URL has no host: three slashes before a relative path, four before an absolute one',
    };
  }
  return { url: { dialect: 'sqlite', path: resolve(workingDirectory, address.slice(1)) } };
}

function parseServerAddress(
  dialect: ServerUrl['dialect'],
  address: string,
  query: string,
): { url: ServerUrl } | { wrong: string } {
  const match = serverPattern.exec(address);
  if (match === null) return { wrong: `the value is not of the form ${dialect}://user:password@host:port/database` };
  const [, user, password, host = '', port, database = ''] = match;
  const decodedUser = decode(user);
  const decodedPassword = decode(password);
  if (decodedUser === undefined || decodedPassword === undefined) {
    return { wrong: 'user or password hold a "%" that is not followed by two hexadecimal digits; write %25 for it' };
  }
  return {
    url: {
      dialect,
      host: host.replace(/^\[(.*)\]$/, '$1'),
      port: port === undefined ? null : Number(port),
      user: decodedUser,
      password: decodedPassword,
      database,
      parameters: new Map(new URLSearchParams(query)),
    },
  };
}

/** Decoded text, null for none, undefined when it cannot be decoded. */
function decode(text: string | undefined): string | null | undefined {
  if (text === undefined) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
