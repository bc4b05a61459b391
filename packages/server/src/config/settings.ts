/**
 * The settings of the service, in the service's own words and units: the second step after the options, and all that
 * the composition root gets to see. Everything is checked, and every path is absolute.
 */
import type { SqliteUrl } from './database-url.ts';

export interface Settings {
  readonly server: ServerSettings;
  /** Folder of what the service keeps itself. */
  readonly dataDir: string;
  readonly database: DatabaseSettings;
  readonly identity: IdentitySettings;
  readonly policy: PolicySettings;
  readonly images: ImageSettings;
  readonly store: StoreSettings;
  /** The site's own image schema, `schema-image.json` in a configuration folder; null when there is none. */
  readonly schemaImageFile: string | null;
  /** Null when no origin is allowed: then no CORS headers are sent. */
  readonly cors: CorsSettings | null;
  readonly healthcheck: {
    /** While this file exists the healthcheck answers 503; null looks for none. */
    readonly disableByFile: string | null;
  };
  readonly logging: LoggingSettings;
  readonly lucarne: {
    readonly uploadIdleTimeoutSeconds: number;
    readonly uploadLeaseSeconds: number;
  };
}

export interface ServerSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Connections that may wait to be accepted. */
  readonly backlog: number;
  /** A connection on which nothing moves for so long is closed; 0 never closes one. */
  readonly socketTimeoutSeconds: number;
  /** All headers of a request together. */
  readonly maxHeaderBytes: number;
  /** Idle time after which TCP probes a connection. */
  readonly keepAliveIdleSeconds: number;
  /** Base URL for version documents; null takes the address of the request. */
  readonly publicEndpoint: string | null;
  /** Longest request id taken from a client, in characters; 0 is no limit. */
  readonly maxRequestIdLength: number;
  /** Whether `Forwarded` and `X-Forwarded-*` of a proxy are believed. */
  readonly proxyHeaders: boolean;
}

export interface DatabaseSettings {
  readonly connection: SqliteUrl;
  readonly maxPoolSize: number;
  /** Further tries to open the database at start; -1 is for ever. */
  readonly maxRetries: number;
  readonly retryIntervalSeconds: number;
  readonly sqliteSynchronous: boolean;
}

/**
 * `pocket`: the built-in Keystone. `trusted-auth`: identity headers of a proxy in front. `none`: an administrator
 * without roles.
 */
export type IdentityFlavor = 'pocket' | 'trusted-auth' | 'none';

export interface IdentitySettings {
  readonly flavor: IdentityFlavor;
  /** Requests without a token may read, as a caller without roles. */
  readonly anonymousAccess: boolean;
}

export interface PolicySettings {
  /** As configured; a relative path is looked for in `searchDirs`, in their order. */
  readonly file: string;
  /** Folders of further files, looked for in the same way. */
  readonly dirs: readonly string[];
  /** Absolute. */
  readonly searchDirs: readonly string[];
  readonly defaultRule: string;
  readonly enforceNewDefaults: boolean;
  /** How rules that ask a web service do so. */
  readonly remote: {
    readonly contentType: string;
    readonly verifyServerCertificate: boolean;
    readonly caFile: string | null;
    readonly clientCertificateFile: string | null;
    readonly clientKeyFile: string | null;
    readonly timeoutSeconds: number;
  };
}

export interface ImageSettings {
  readonly sizeCapBytes: number;
  /** Negative is unlimited, as in the three below. */
  readonly memberQuota: number;
  readonly propertyQuota: number;
  readonly tagQuota: number;
  readonly locationQuota: number;
  /** For each project; null is unlimited. */
  readonly userStorageQuotaBytes: number | null;
  readonly limitDefault: number;
  readonly limitMax: number;
  /** In the names of Python's hashlib: `sha512`, `sha3_256`, `blake2b`. */
  readonly hashingAlgorithm: string;
  readonly showDirectUrl: boolean;
  readonly showMultipleLocations: boolean;
  readonly diskFormats: readonly string[];
  readonly containerFormats: readonly string[];
  readonly requireFormatMatch: boolean;
  /** Of `mbr`, `gptmbr`. */
  readonly gptSafetyChecksNonfatal: readonly string[];
  readonly enabledImportMethods: readonly string[];
}

export interface StoreSettings {
  readonly dataDirectory: string;
  /** Permission bits such as 0o640; null leaves them to the umask. */
  readonly filePermissions: number | null;
  readonly chunkBytes: number;
}

export interface CorsSettings {
  /** Origins as configured; `*` is any. */
  readonly allowedOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number;
  readonly exposeHeaders: readonly string[];
  readonly allowMethods: readonly string[];
  /** Beside those that are always allowed. */
  readonly allowHeaders: readonly string[];
}

export interface LoggingSettings {
  readonly debug: boolean;
  /** File to append to; null is standard error. */
  readonly file: string | null;
  readonly format: 'json' | 'pretty';
}
