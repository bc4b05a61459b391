/**
 * Makes the settings out of checked option values: decides the defaults that depend on other options, and checks what
 * an option's type cannot say.
 *
 * Source: contract 11 §1–§5, 01 §9, 10 §4
 */
import { join, resolve } from 'node:path';
import { buildCacheSettings } from './cache-settings.ts';
import { findFile } from './configuration-files.ts';
import { parseDatabaseUrl } from './database-url.ts';
import type { SqliteUrl } from './database-url.ts';
import { parseFlavor } from './identity-flavor.ts';
import type { PipelineFlavor } from './identity-flavor.ts';
import { buildKeystoneSettings } from './keystone-settings.ts';
import { buildImportSettings, buildTaskSettings } from './import-settings.ts';
import { buildNotificationSettings } from './notification-settings.ts';
import type { OptionValues } from './option-lookup.ts';
import { apiOptions } from './options/api.ts';
import { databaseOptions } from './options/database.ts';
import { identityOptions } from './options/identity.ts';
import { imageFormatOptions } from './options/image-formats.ts';
import { loggingOptions } from './options/logging.ts';
import { apiProfiles, lucarneOptions } from './options/lucarne.ts';
import { corsOptions, healthcheckOptions, proxyOptions } from './options/middleware.ts';
import { policyOptions } from './options/policy.ts';
import { serverOptions } from './options/server.ts';
import { readName, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type {
  ApiProfileName,
  AuditSettings,
  CorsSettings,
  DatabaseSettings,
  ImageSettings,
  LoggingSettings,
  PolicySettings,
  ServerSettings,
  Settings,
} from './settings.ts';
import { refuseSharedFolders } from './shared-folders.ts';
import { buildStoresSettings } from './store-settings.ts';
import { buildUnifiedLimitSettings } from './unified-limit-settings.ts';

/** Stands in for a flavor this release does not have, with which it does not start. */
const noFlavor: PipelineFlavor = { identity: 'none', caching: false, cacheManagement: false };
/** What clients with large tokens need. */
const leastHeaderBytes = 65_536;
const quotaPattern = /^(\d+)(B|KB|MB|GB|TB)?$/;
const quotaUnits = ['B', 'KB', 'MB', 'GB', 'TB'];
const longestNodeUrl = 255;

/** Builds all settings, and reports every problem through the basis. */
export function buildSettings(basis: SettingsBasis): Settings {
  const { values, place } = basis;
  const dataDirectory = resolve(place.cwd, readName(basis, lucarneOptions.dataDirectory));
  const flavor = parseFlavor(values.get(identityOptions.flavor)) ?? noFlavor;
  const server = buildServerSettings(basis);
  const stores = buildStoresSettings(basis, dataDirectory);
  const cache = buildCacheSettings(basis, { flavor, selfUrl: server.selfUrl });
  refuseSharedFolders(basis, stores, cache);
  return {
    server,
    dataDir: dataDirectory,
    database: buildDatabaseSettings(basis, dataDirectory),
    identity: {
      flavor: flavor.identity,
      anonymousAccess: values.get(apiOptions.allowAnonymousAccess),
      keystone: flavor.identity === 'keystone' ? buildKeystoneSettings(basis) : null,
    },
    unifiedLimits: buildUnifiedLimitSettings(basis),
    policy: buildPolicySettings(basis),
    images: buildImageSettings(basis),
    stores,
    imports: buildImportSettings(basis),
    notifications: buildNotificationSettings(basis),
    tasks: buildTaskSettings(basis),
    cache,
    metadefs: { sourcePath: resolve(place.cwd, readName(basis, apiOptions.metadataSourcePath)) },
    schemaImageFile: findFile('schema-image.json', basis.searchDirectories, place.fileSystem),
    cors: buildCorsSettings(values),
    healthcheck: { disableByFile: decideDisableFile(basis) },
    logging: buildLoggingSettings(basis),
    lucarne: {
      uploadIdleTimeoutSeconds: values.get(lucarneOptions.uploadIdleTimeoutSeconds),
      uploadLeaseSeconds: values.get(lucarneOptions.uploadLeaseSeconds),
      apiProfile: readApiProfile(values),
      explainDenials: values.get(lucarneOptions.explainDenials),
      audit: buildAuditSettings(basis),
    },
  };
}

function buildAuditSettings(basis: SettingsBasis): AuditSettings | null {
  const { values, place } = basis;
  const file = readText(basis, lucarneOptions.auditFile);
  const ignoredMethods = values.get(lucarneOptions.auditIgnoredMethods);
  if (!values.get(lucarneOptions.audit)) return null;
  return { file: file === null ? null : resolve(place.cwd, file), ignoredMethods };
}

/** The choices of the option allow nothing else. */
function readApiProfile(values: OptionValues): ApiProfileName {
  const name = values.get(lucarneOptions.apiProfile);
  return apiProfiles.find((profile) => profile === name) ?? 'current';
}

function buildServerSettings(basis: SettingsBasis): ServerSettings {
  const { values, isConfigured } = basis;
  const isHostSet = values.whereSet(serverOptions.bindHost) !== null;
  return {
    host: isHostSet || isConfigured ? readName(basis, serverOptions.bindHost) : '127.0.0.1',
    port: values.get(serverOptions.bindPort),
    backlog: values.get(serverOptions.backlog),
    socketTimeoutSeconds: values.get(serverOptions.clientSocketTimeoutSeconds),
    maxHeaderBytes: Math.max(leastHeaderBytes, values.get(serverOptions.maxHeaderLine)),
    keepAliveIdleSeconds: values.get(serverOptions.tcpKeepIdleSeconds),
    publicEndpoint: readText(basis, apiOptions.publicEndpoint),
    selfUrl: decideSelfUrl(basis),
    maxRequestIdLength: values.get(apiOptions.maxRequestIdLength),
    proxyHeaders: values.get(proxyOptions.enableProxyHeadersParsing),
  };
}

/** A public endpoint that is no URL is worth a warning only; nobody could reach the node by it. */
function decideSelfUrl(basis: SettingsBasis): string | null {
  const own = readText(basis, apiOptions.workerSelfReferenceUrl);
  if (own === null) {
    const endpoint = readText(basis, apiOptions.publicEndpoint);
    return endpoint !== null && isNodeUrl(endpoint) ? endpoint : null;
  }
  if (isNodeUrl(own)) return own;
  basis.report(
    apiOptions.workerSelfReferenceUrl,
    'the value is not the address of a node; allowed is an http or https URL without user, password, query and ' +
      `fragment, of at most ${longestNodeUrl} characters`,
  );
  return null;
}

function isNodeUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@\s\\]+(\/[^?#\s]*)?$/i.test(text) && URL.canParse(text) && text.length <= longestNodeUrl;
}

function buildDatabaseSettings(basis: SettingsBasis, dataDirectory: string): DatabaseSettings {
  return {
    connection: readConnection(basis) ?? { dialect: 'sqlite', path: join(dataDirectory, 'lucarne.sqlite') },
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

function buildPolicySettings(basis: SettingsBasis): PolicySettings {
  const { values, place, searchDirectories } = basis;
  const isSet = [policyOptions.policyFile, policyOptions.policyDirectories, apiOptions.propertyProtectionFile].some(
    (option) => values.whereSet(option) !== null,
  );
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
    protections: buildProtectionSettings(basis),
  };
}

function buildProtectionSettings(basis: SettingsBasis): PolicySettings['protections'] {
  const file = readText(basis, apiOptions.propertyProtectionFile);
  const format = basis.values.get(apiOptions.propertyProtectionRuleFormat) === 'policies' ? 'policies' : 'roles';
  return file === null ? null : { file, format };
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
    showMultipleLocations: values.get(apiOptions.showMultipleLocations),
    diskFormats: values.get(imageFormatOptions.diskFormats),
    containerFormats: values.get(imageFormatOptions.containerFormats),
    requireFormatMatch: values.get(imageFormatOptions.requireFormatMatch),
    gptSafetyChecksNonfatal: values.get(imageFormatOptions.gptSafetyChecksNonfatal),
    doSecureHash: values.get(apiOptions.doSecureHash),
    hashRetries: values.get(apiOptions.httpRetries),
    delayedDelete: {
      scrubSeconds: values.get(apiOptions.delayedDelete) ? values.get(apiOptions.scrubTime) : null,
      scrubPoolSize: values.get(apiOptions.scrubPoolSize),
      wakeupSeconds: Math.max(1, values.get(apiOptions.wakeupTime)),
    },
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
