/**
 * The settings of the service, in the service's own words and units: the second step after the options, and all that
 * the composition root gets to see. Everything is checked, and every path is absolute.
 */
import type { SqliteUrl } from './database-url.ts';
import type { NotificationSettings } from './notification-settings.ts';

export interface Settings {
  readonly server: ServerSettings;
  /** Folder of what the service keeps itself. */
  readonly dataDir: string;
  readonly database: DatabaseSettings;
  readonly identity: IdentitySettings;
  /** Null where the static limits count. */
  readonly unifiedLimits: UnifiedLimitSettings | null;
  readonly policy: PolicySettings;
  readonly images: ImageSettings;
  readonly stores: StoresSettings;
  readonly imports: ImportSettings;
  readonly tasks: TaskSettings;
  readonly notifications: NotificationSettings;
  readonly cache: CacheSettings;
  readonly metadefs: {
    /** Folder that `metadefs load` reads when none is named. */
    readonly sourcePath: string;
  };
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
    readonly apiProfile: ApiProfileName;
    /** Administrators are told which rule refused them, and why. */
    readonly explainDenials: boolean;
    /** Null leaves no records of who did what. */
    readonly audit: AuditSettings | null;
  };
}

/** Which deployment the API looks like. */
export type ApiProfileName = 'current' | 'mitaka' | 'huawei' | 'conoha' | 'ustack';

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
  /** URL at which other nodes reach this one; null when they cannot. `worker_self_reference_url`, else `public_endpoint`. */
  readonly selfUrl: string | null;
  /** Longest request id taken from a client, in characters; 0 is no limit. */
  readonly maxRequestIdLength: number;
  /** Whether `Forwarded` and `X-Forwarded-*` of a proxy are believed. */
  readonly proxyHeaders: boolean;
}

export interface DatabaseSettings {
  readonly connection: SqliteUrl;
}

/**
 * `keystone`: tokens that Keystone validates. `pocket`: the built-in Keystone. `trusted-auth`: identity headers of a proxy in front. `none`: an administrator
 * without roles.
 */
export type IdentityFlavor = 'keystone' | 'pocket' | 'trusted-auth' | 'none';

export interface IdentitySettings {
  readonly flavor: IdentityFlavor;
  /** Requests without a token may read, as a caller without roles. */
  readonly anonymousAccess: boolean;
  /** Null unless the flavor is `keystone`. */
  readonly keystone: KeystoneSettings | null;
}

/** How tokens are validated. */
export interface KeystoneSettings {
  readonly login: KeystoneLoginSettings;
  readonly connection: KeystoneConnectionSettings;
  readonly endpoint: {
    /** Of `public`, `internal`, `admin`; the first that the catalog has. */
    readonly interfaces: readonly string[];
    readonly region: string | null;
    /** In place of what the catalog says; null asks it. */
    readonly override: string | null;
  };
  /** Where clients find Keystone. */
  readonly authenticateUri: string;
  readonly delaysDecision: boolean;
  readonly includesCatalog: boolean;
  /** Name of this service in access rules; null refuses credentials that have some. */
  readonly serviceType: string | null;
  readonly bindEnforcement: 'disabled' | 'permissive' | 'strict';
  readonly serviceTokens: { readonly roles: readonly string[]; readonly required: boolean };
  readonly cache: {
    /** Null keeps no token. */
    readonly seconds: number | null;
    /** Null keeps them in the memory of the process. */
    readonly memcached: MemcachedSettings | null;
  };
}

/** How the limits of projects are read that Keystone keeps. */
export interface UnifiedLimitSettings {
  readonly login: KeystoneLoginSettings;
  readonly connection: KeystoneConnectionSettings;
  readonly identityEndpoint: KeystoneSettings['endpoint'];
  /** The endpoint whose limits hold: its id, or what it is found by. */
  readonly endpoint:
    | { readonly id: string }
    | {
        readonly serviceName: string | null;
        readonly serviceType: string | null;
        readonly region: string | null;
        readonly interface: string;
      };
}

export interface KeystoneConnectionSettings {
  /** Authorities trusted beside those of Node and of the system; null for none. */
  readonly caFile: string | null;
  /** Certificate of the service and its private key; null for none. */
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  /** Certificates are not checked. */
  readonly insecure: boolean;
  readonly connectTimeoutSeconds: number;
  /** For a whole call. */
  readonly timeoutSeconds: number;
  readonly connectRetries: number;
}

export interface MemcachedSettings {
  readonly servers: readonly MemcachedServerSettings[];
  /** Null talks in clear. */
  readonly tls: {
    readonly caFile: string | null;
    readonly certificateFile: string | null;
    readonly keyFile: string | null;
    readonly ciphers: string | null;
  } | null;
  readonly timeoutSeconds: number;
  readonly deadRetrySeconds: number;
  /** Null keeps tokens readable. */
  readonly protection: { readonly strategy: 'MAC' | 'ENCRYPT'; readonly secret: string } | null;
}

export interface MemcachedServerSettings {
  /** As configured. */
  readonly name: string;
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number };
}

export type DomainSetting = { readonly id: string } | { readonly name: string };
export type NamedInDomainSetting = { readonly id: string } | { readonly name: string; readonly domain: DomainSetting };

/** How the service signs in to Keystone. */
export interface KeystoneLoginSettings {
  readonly authUrl: string;
  readonly proof:
    | { readonly kind: 'password'; readonly user: NamedInDomainSetting; readonly password: string }
    | {
        readonly kind: 'applicationCredential';
        readonly credential: { readonly id: string } | { readonly name: string; readonly user: NamedInDomainSetting };
        readonly secret: string;
      }
    | { readonly kind: 'token'; readonly token: string };
  readonly scope:
    | { readonly kind: 'none' }
    | { readonly kind: 'system' }
    | { readonly kind: 'domain'; readonly domain: DomainSetting }
    | { readonly kind: 'project'; readonly project: NamedInDomainSetting }
    | { readonly kind: 'trust'; readonly trustId: string };
}

export interface AuditSettings {
  /** Absolute; null writes the records to the log. */
  readonly file: string | null;
  /** In capitals. */
  readonly ignoredMethods: readonly string[];
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
  /** Who may do what with custom properties; null protects none. */
  readonly protections: {
    /** As configured; a relative path is looked for in `searchDirs`. */
    readonly file: string;
    readonly format: 'roles' | 'policies';
  } | null;
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
  /** Data of locations that are added are hashed in the background. */
  readonly doSecureHash: boolean;
  /** How often that is tried again when the data cannot be read. */
  readonly hashRetries: number;
  /** Deleted images can be restored until their data are removed. */
  readonly delayedDelete: {
    /** Null deletes at once; else how long data stay, in seconds. */
    readonly scrubSeconds: number | null;
    /** Images whose data are removed at the same time. */
    readonly scrubPoolSize: number;
    /** Pause between looks for data to remove. */
    readonly wakeupSeconds: number;
  };
}

export interface StoresSettings {
  /** `enabled_backends` is set: stores have ids. Else there are the stores of `[glance_store] stores`, by kind. */
  readonly multiStore: boolean;
  /** In configured order, without the reserved ones. */
  readonly configured: readonly ConfiguredStore[];
  /** Id of the store that takes data when the client names none; one of `configured`. */
  readonly defaultId: string;
  /** Folder of staged data. */
  readonly stagingDirectory: string;
  /** Folder in which tasks work. */
  readonly tasksDirectory: string;
  /** Encrypts location URLs in the database; 16, 24 or 32 bytes. Null leaves them readable. */
  readonly metadataEncryptionKey: string | null;
}

export type ConfiguredStore = ConfiguredFileStore | ConfiguredHttpStore;

interface ConfiguredStoreBasis {
  /** The kind itself where `multiStore` is false. */
  readonly id: string;
  readonly description: string;
  readonly weight: number;
}

export interface ConfiguredFileStore extends ConfiguredStoreBasis {
  readonly kind: 'file';
  /** At least one; highest priority first, equal ones in configured order. */
  readonly dataDirectories: readonly { readonly path: string; readonly priority: number }[];
  /** Permission bits such as 0o640; null leaves them to the umask. */
  readonly filePermissions: number | null;
  readonly chunkBytes: number;
  /** JSON that says where folders are mounted; null for none. */
  readonly metadataFile: string | null;
  readonly thinProvisioning: boolean;
}

export interface ConfiguredHttpStore extends ConfiguredStoreBasis {
  readonly kind: 'http';
  /** Authorities trusted beside the system's; null for none. */
  readonly caFile: string | null;
  /** Certificates are not checked. */
  readonly insecure: boolean;
  /** Proxy by scheme of the URL, `host:port`. */
  readonly proxies: ReadonlyMap<string, string>;
}

export type ImportMethodSetting = 'glance-direct' | 'web-download' | 'copy-image' | 'glance-download';

export type ImportPluginSetting = 'no_op' | 'inject_image_metadata' | 'image_conversion' | 'image_decompression';

export interface ImportSettings {
  /** In configured order, each once. */
  readonly methods: readonly ImportMethodSetting[];
  /** In the order in which they run, each once. */
  readonly plugins: readonly ImportPluginSetting[];
  readonly maxParallelStores: number;
  readonly filter: ImportFilterSettings;
  /** Address ranges in CIDR form that may be connected to although they are not public. */
  readonly allowedAddressRanges: readonly string[];
  readonly downloads: {
    /** Authorities trusted beside the system's; null for none. */
    readonly caFile: string | null;
    /** URL of an HTTP proxy; null for none. */
    readonly proxy: string | null;
    /** Server that sends nothing for so long is given up. */
    readonly idleTimeoutSeconds: number;
  };
  /** Prefixes of the properties that glance-download takes over. */
  readonly downloadedProperties: readonly string[];
  readonly injection: {
    readonly ignoreUserRoles: readonly string[];
    readonly properties: ReadonlyMap<string, string>;
  };
  readonly conversion: {
    readonly outputFormat: 'raw' | 'qcow2' | 'vmdk';
    readonly vmdkAllowedTypes: readonly string[];
  };
  /** Unpacked data may be so many times as large as the packed data, and no larger than the size cap of images. */
  readonly maxUnpackRatio: number;
}

/** Lists as in `[import_filtering_opts]`; an allow list that is not empty makes its deny list irrelevant. */
export interface ImportFilterSettings {
  readonly allowedSchemes: readonly string[];
  readonly disallowedSchemes: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly disallowedHosts: readonly string[];
  readonly allowedPorts: readonly number[];
  readonly disallowedPorts: readonly number[];
}

export interface TaskSettings {
  /** How long a finished task is shown. */
  readonly timeToLiveHours: number;
  /** Tasks that run at the same time in this process; more wait. */
  readonly parallelTasks: number;
  /** What legacy import tasks convert data to; null for nothing. */
  readonly conversionFormat: 'raw' | 'qcow2' | 'vmdk' | null;
}

export interface CacheSettings {
  /** Folder of cached images; null when the cache API is off. */
  readonly directory: string | null;
  /** Downloads are served from the cache and fill it (`caching` in the flavor). */
  readonly servesDownloads: boolean;
  /** The older management routes are there (`cachemanagement` in the flavor). */
  readonly managementRoutes: boolean;
  /** Where the books are kept; xattr is taken for sqlite. */
  readonly driver: 'centralized_db' | 'sqlite';
  /** File of the books of driver sqlite; absolute. Null when `directory` is. */
  readonly sqliteFile: string | null;
  readonly maxBytes: number;
  readonly stallSeconds: number;
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
