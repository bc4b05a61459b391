/**
 * Makes the settings out of checked option values: decides the defaults that depend on other options, and checks what
 * an option's type cannot say.
 *
 * Source: contract 11 §1–§5, 01 §9, 10 §4
 */
import { join, resolve } from 'node:path';
import type { ConfigurationPlace } from './configuration-files.ts';
import { findFile } from './configuration-files.ts';
import { parseDatabaseUrl } from './database-url.ts';
import type { SqliteUrl } from './database-url.ts';
import type { OptionValues } from './option-lookup.ts';
import type { Option } from './option.ts';
import { apiOptions } from './options/api.ts';
import { databaseOptions } from './options/database.ts';
import { identityOptions } from './options/identity.ts';
import { imageFormatOptions } from './options/image-formats.ts';
import { loggingOptions } from './options/logging.ts';
import { lucarneOptions } from './options/lucarne.ts';
import { corsOptions, healthcheckOptions, proxyOptions } from './options/middleware.ts';
import { policyOptions } from './options/policy.ts';
import { serverOptions } from './options/server.ts';
import { storeOptions } from './options/stores.ts';
import type {
  CorsSettings,
  DatabaseSettings,
  IdentityFlavor,
  ImageSettings,
  LoggingSettings,
  PolicySettings,
  ServerSettings,
  Settings,
  StoreSettings,
} from './settings.ts';

/** Everything around the values that a default may depend on. */
export interface SettingsBasis {
  readonly values: OptionValues;
  readonly place: ConfigurationPlace;
  /** Whether any configuration file was read. */
  readonly isConfigured: boolean;
  readonly searchDirectories: readonly string[];
  readonly homeDirectory: string | null;
  /** Whether the log goes to a person's terminal. */
  readonly isTerminal: boolean;
  /** Takes a problem with an option's value; the settings are then not to be used. */
  readonly report: (option: Option, message: string) => void;
}

const glanceImageDirectory = '/var/lib/glance/images';
/** What clients with large tokens need. */
const leastHeaderBytes = 65_536;
const quotaPattern = /^(\d+)(B|KB|MB|GB|TB)?$/;
const quotaUnits = ['B', 'KB', 'MB', 'GB', 'TB'];
const ownerMayRead = 0o400;

/** Builds all settings, and reports every problem through the basis. */
export function buildSettings(basis: SettingsBasis): Settings {
  const { values, place } = basis;
  const dataDirectory = resolve(place.cwd, readName(basis, lucarneOptions.dataDirectory));
  return {
    server: buildServerSettings(basis),
    dataDir: dataDirectory,
    database: buildDatabaseSettings(basis, dataDirectory),
    identity: {
      flavor: readFlavor(values) ?? 'pocket',
      anonymousAccess: values.get(apiOptions.allowAnonymousAccess),
    },
    policy: buildPolicySettings(basis),
    images: buildImageSettings(basis),
    store: buildStoreSettings(basis, dataDirectory),
    schemaImageFile: findFile('schema-image.json', basis.searchDirectories, place.fileSystem),
    cors: buildCorsSettings(values),
    healthcheck: { disableByFile: decideDisableFile(basis) },
    logging: buildLoggingSettings(basis),
    lucarne: {
      uploadIdleTimeoutSeconds: values.get(lucarneOptions.uploadIdleTimeoutSeconds),
      uploadLeaseSeconds: values.get(lucarneOptions.uploadLeaseSeconds),
    },
  };
}

/** The flavor that is configured; null for one this release does not have. */
export function readFlavor(values: OptionValues): IdentityFlavor | null {
  const flavor = values.get(identityOptions.flavor)?.trim();
  if (flavor === undefined || flavor === 'pocket') return 'pocket';
  if (flavor === '' || flavor === 'none') return 'none';
  return flavor === 'trusted-auth' ? flavor : null;
}

/** The text of an option for which empty text would not mean what it looks like. */
function readName({ values, report }: SettingsBasis, option: Option<string>): string {
  const text = values.get(option).trim();
  if (text === '') report(option, 'the value is empty; leave the line out to have the default');
  return text;
}

function buildServerSettings(basis: SettingsBasis): ServerSettings {
  const { values, isConfigured } = basis;
  const isHostSet = values.whereSet(serverOptions.bindHost) !== null;
  const publicEndpoint = values.get(apiOptions.publicEndpoint);
  return {
    host: isHostSet || isConfigured ? readName(basis, serverOptions.bindHost) : '127.0.0.1',
    port: values.get(serverOptions.bindPort),
    backlog: values.get(serverOptions.backlog),
    socketTimeoutSeconds: values.get(serverOptions.clientSocketTimeoutSeconds),
    maxHeaderBytes: Math.max(leastHeaderBytes, values.get(serverOptions.maxHeaderLine)),
    keepAliveIdleSeconds: values.get(serverOptions.tcpKeepIdleSeconds),
    publicEndpoint: publicEndpoint === '' ? null : publicEndpoint,
    maxRequestIdLength: values.get(apiOptions.maxRequestIdLength),
    proxyHeaders: values.get(proxyOptions.enableProxyHeadersParsing),
  };
}

function buildDatabaseSettings(basis: SettingsBasis, dataDirectory: string): DatabaseSettings {
  const { values } = basis;
  return {
    connection: readConnection(basis) ?? { dialect: 'sqlite', path: join(dataDirectory, 'lucarne.sqlite') },
    maxPoolSize: values.get(databaseOptions.maxPoolSize),
    maxRetries: values.get(databaseOptions.maxRetries),
    retryIntervalSeconds: values.get(databaseOptions.retryIntervalSeconds),
    sqliteSynchronous: values.get(databaseOptions.sqliteSynchronous),
  };
}

/** The configured database; null when none is, or a wrong one. */
function readConnection({ values, place, report }: SettingsBasis): SqliteUrl | null {
  const connection = values.get(databaseOptions.connection);
  if (connection === null || connection.trim() === '') return null;
  const parsed = parseDatabaseUrl(connection, place.cwd);
  if ('wrong' in parsed) {
    report(databaseOptions.connection, parsed.wrong);
    return null;
  }
  if (parsed.url.dialect === 'sqlite') return parsed.url;
  report(
    databaseOptions.connection,
    `${parsed.url.dialect} is not part of this release; it works with SQLite alone, as in sqlite:////absolute/file.db`,
  );
  return null;
}

function buildPolicySettings({ values, place, searchDirectories }: SettingsBasis): PolicySettings {
  const isSet =
    values.whereSet(policyOptions.policyFile) !== null || values.whereSet(policyOptions.policyDirectories) !== null;
  // Set by the environment alone there is no configuration file to look beside.
  const directories = searchDirectories.length === 0 && isSet ? [place.cwd] : searchDirectories;
  return {
    file: values.get(policyOptions.policyFile),
    dirs: values.get(policyOptions.policyDirectories),
    searchDirs: directories,
    defaultRule: values.get(policyOptions.defaultRule),
    enforceNewDefaults: values.get(policyOptions.enforceNewDefaults),
    remote: {
      contentType: values.get(policyOptions.remoteContentType),
      verifyServerCertificate: values.get(policyOptions.remoteVerify),
      caFile: values.get(policyOptions.remoteCaFile),
      clientCertificateFile: values.get(policyOptions.remoteCertificateFile),
      clientKeyFile: values.get(policyOptions.remoteKeyFile),
      timeoutSeconds: values.get(policyOptions.remoteTimeoutSeconds),
    },
  };
}

function buildImageSettings({ values, report }: SettingsBasis): ImageSettings {
  return {
    sizeCapBytes: values.get(apiOptions.imageSizeCapBytes),
    memberQuota: values.get(apiOptions.imageMemberQuota),
    propertyQuota: values.get(apiOptions.imagePropertyQuota),
    tagQuota: values.get(apiOptions.imageTagQuota),
    locationQuota: values.get(apiOptions.imageLocationQuota),
    userStorageQuotaBytes: readStorageQuota(values, report),
    limitDefault: values.get(apiOptions.limitDefault),
    limitMax: values.get(apiOptions.limitMax),
    hashingAlgorithm: values.get(apiOptions.hashingAlgorithm),
    showDirectUrl: values.get(apiOptions.showImageDirectUrl),
    // Start is refused when it is switched on: the option is among those of features that are not built.
    showMultipleLocations: false,
    diskFormats: values.get(imageFormatOptions.diskFormats),
    containerFormats: values.get(imageFormatOptions.containerFormats),
    requireFormatMatch: values.get(imageFormatOptions.requireFormatMatch),
    gptSafetyChecksNonfatal: values.get(imageFormatOptions.gptSafetyChecksNonfatal),
    enabledImportMethods: values.get(apiOptions.enabledImportMethods),
  };
}

function readStorageQuota(values: OptionValues, report: SettingsBasis['report']): number | null {
  const text = values.get(apiOptions.userStorageQuota);
  const [, digits, unit = 'B'] = quotaPattern.exec(text) ?? [];
  if (digits === undefined) {
    report(
      apiOptions.userStorageQuota,
      `"${text}" is not a size; allowed are digits, and B, KB, MB, GB or TB directly behind them, as in 500GB`,
    );
    return null;
  }
  const bytes = Number(digits) * 1024 ** quotaUnits.indexOf(unit);
  return bytes === 0 ? null : bytes;
}

function buildStoreSettings({ values, place, report }: SettingsBasis, dataDirectory: string): StoreSettings {
  const configured = values.get(storeOptions.dataDirectory);
  const isDatabaseSet = (values.get(databaseOptions.connection) ?? '').trim() !== '';
  const standard = isDatabaseSet ? glanceImageDirectory : join(dataDirectory, 'images');
  return {
    dataDirectory: configured === null || configured === '' ? standard : resolve(place.cwd, configured),
    filePermissions: readFilePermissions(values, report),
    chunkBytes: values.get(storeOptions.chunkSizeBytes),
  };
}

function readFilePermissions(values: OptionValues, report: SettingsBasis['report']): number | null {
  const digits = String(values.get(storeOptions.filePermissions));
  if (digits === '0') return null;
  const permissions = Number.parseInt(digits, 8);
  if (!/^[0-7]+$/.test(digits)) {
    report(storeOptions.filePermissions, `"${digits}" is not octal; allowed are the digits 0 to 7, as in 640`);
  } else if ((permissions & ownerMayRead) === 0) {
    report(
      storeOptions.filePermissions,
      `"${digits}" keeps the owner from reading; allowed is 400 and what adds to it`,
    );
  }
  return permissions;
}

function buildCorsSettings(values: OptionValues): CorsSettings | null {
  const allowedOrigins = values.get(corsOptions.allowedOrigins);
  if (allowedOrigins.length === 0) return null;
  return {
    allowedOrigins,
    allowCredentials: values.get(corsOptions.allowCredentials),
    maxAgeSeconds: values.get(corsOptions.maxAgeSeconds),
    exposeHeaders: values.get(corsOptions.exposeHeaders),
    allowMethods: values.get(corsOptions.allowMethods),
    allowHeaders: values.get(corsOptions.allowHeaders),
  };
}

function decideDisableFile({ values, place, homeDirectory }: SettingsBasis): string | null {
  const configured = values.get(healthcheckOptions.disableByFilePath);
  if (configured !== null && configured !== '') return resolve(place.cwd, configured);
  return homeDirectory === null ? null : join(homeDirectory, 'healthcheck_disable');
}

function buildLoggingSettings({ values, place, isTerminal }: SettingsBasis): LoggingSettings {
  const directory = values.get(loggingOptions.logDirectory) ?? '';
  const configuredFile = values.get(loggingOptions.logFile) ?? '';
  const fileName = configuredFile === '' && directory !== '' ? 'glance-api.log' : configuredFile;
  const file = fileName === '' ? null : resolve(place.cwd, directory, fileName);
  const isForPeople = isTerminal && file === null && !values.get(loggingOptions.useJson);
  const format = values.get(lucarneOptions.logFormat);
  return {
    debug: values.get(loggingOptions.debug),
    file,
    format: format === 'json' || format === 'pretty' ? format : isForPeople ? 'pretty' : 'json',
  };
}
