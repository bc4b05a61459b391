/**
 * The composition root: the only place that constructs things and hands them on. What it gives can be started and
 * closed; a test replaces any part through `overrides`.
 */
import type { SchemaDocument } from '@lucarne/contract/schemas/json-schema.ts';
import { schemaDocuments } from '@lucarne/contract/schemas/schema-documents.ts';
import { acceptedVersionTokens, versionDocument } from '@lucarne/contract/versions.ts';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { startThreadedHasher } from '../adapters/hashing/threaded-hasher.ts';
import { trustedHeadersIdentity } from '../adapters/identity/trusted-headers.ts';
import { unauthenticatedIdentity } from '../adapters/identity/unauthenticated.ts';
import { openPolicy } from '../adapters/policy-files/policy-files.ts';
import type { PolicyEvent } from '../adapters/policy-files/policy-files.ts';
import { openHttpPolicyCheck } from '../adapters/policy-http/http-policy-check.ts';
import { imageSchemaValidator } from '../adapters/schemas/image-schema-validator.ts';
import { sqlDatabaseSchema } from '../adapters/sql/database-schema.ts';
import type { SqlDatabase } from '../adapters/sql/dialect.ts';
import { sqlImageRepository } from '../adapters/sql/image-repository.ts';
import { sqlImageWorkRepository } from '../adapters/sql/image-work-repository.ts';
import { sqlMemberRepository } from '../adapters/sql/member-repository.ts';
import { openFilesystemStore } from '../adapters/stores/filesystem/filesystem-store.ts';
import { randomUuids } from '../adapters/system/random-uuids.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { Settings } from '../config/settings.ts';
import type { CorsOptions } from '../http/middleware/cors.ts';
import { createHttpServer } from '../http/server.ts';
import type { DataHasher } from '../ports/data-hasher.ts';
import type { IdentitySource } from '../ports/identity-source.ts';
import { recoverExpiredWork } from '../usecases/recover-work.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import { openDatabase } from './open-database.ts';
import { imageSchemaOptions } from './image-schema-options.ts';
import { mountPocketIdentity } from './pocket-identity.ts';
import type { MountedPocketIdentity } from './pocket-identity.ts';

/** Neither several stores nor the cache are part of this release. */
const offeredVersions = { multiStore: false, imageCache: false };

/** Without configured origins the layer still answers OPTIONS, as it does in every pipeline of Glance. */
const noOrigins: CorsOptions = {
  allowedOrigins: [],
  allowCredentials: false,
  exposeHeaders: [],
  maxAgeSeconds: 0,
  allowMethods: [],
  allowHeaders: [],
};

/** Dead uploads and deletions are looked for that often while a lease lasts. */
const recoveriesPerLease = 3;

const maintenancePauseMilliseconds = 10 * 60 * 1000;

export interface Service {
  readonly http: FastifyInstance;
  readonly parts: ServiceParts;
  /** Null unless the pocket identity is in use. */
  readonly pocket: MountedPocketIdentity | null;
  /** Lets requests under way end, then lets go of everything. */
  close(): Promise<void>;
}

/** A start that fails lets go of all it had taken, so that the process can end. */
export async function compose(
  settings: Settings,
  log: Logger,
  overrides: Partial<ServiceParts> = {},
): Promise<Service> {
  const releases: Release[] = [];
  try {
    return await open({ settings, log, overrides }, releases);
  } catch (error) {
    await releaseAll(releases);
    throw error;
  }
}

type Release = () => unknown;

/** Lets go of things in the reverse order of their being taken. */
async function releaseAll(releases: readonly Release[]): Promise<void> {
  for (const release of releases.toReversed()) await release();
}

interface Composition {
  readonly settings: Settings;
  readonly log: Logger;
  readonly overrides: Partial<ServiceParts>;
}

async function open({ settings, log, overrides }: Composition, releases: Release[]): Promise<Service> {
  const database = openDatabase(settings);
  releases.push(() => database.close());
  await sqlDatabaseSchema(database).sync();
  const hasher = startThreadedHasher();
  releases.push(() => hasher.close());
  const schemaOptions = imageSchemaOptions(settings);
  const schemas = schemaDocuments(schemaOptions);
  const parts: ServiceParts = {
    ...(await createParts({ settings, log, database, hasher, imageSchema: schemas.image })),
    ...overrides,
  };
  const pocket =
    settings.identity.flavor === 'pocket'
      ? await mountPocketIdentity(settings.dataDir, configuredUrl(settings), (problem) => log.warn(problem))
      : null;
  const http = createHttpServer({
    ...httpSettings(settings),
    parts,
    identity: pocket?.source ?? configuredIdentity(settings),
    log,
    schemas,
    view: {
      showDirectUrl: settings.images.showDirectUrl,
      declaredProperties: new Set(Object.keys(schemaOptions.extraProperties)),
    },
    mounts: pocket === null ? [] : [pocket.mount],
  });
  releases.push(() => http.close());
  const recoveryPause = (settings.lucarne.uploadLeaseSeconds * 1000) / recoveriesPerLease;
  releases.push(
    parts.clock.every(recoveryPause, async () => {
      await recoverExpiredWork(parts);
    }),
  );
  releases.push(parts.clock.every(maintenancePauseMilliseconds, () => database.maintain()));
  return { http, parts, pocket, close: () => releaseAll(releases) };
}

function configuredUrl({ server }: Settings): string {
  return `http://${reachableHost(server.host)}:${server.port}`;
}

/** An address a client on this machine can use: one that means all addresses is none. */
function reachableHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

/** What the HTTP server needs to know of the settings, in its own words. */
function httpSettings({ server, cors, healthcheck, lucarne }: Settings) {
  const { disableByFile } = healthcheck;
  return {
    versions: {
      acceptedTokens: acceptedVersionTokens(offeredVersions),
      document: (baseUrl: string) => versionDocument(offeredVersions, baseUrl),
      publicEndpoint: server.publicEndpoint,
    },
    baseUrl: {
      proxyHeaders: server.proxyHeaders,
      encrypted: false,
      fallbackHost: `${reachableHost(server.host)}:${server.port}`,
    },
    cors: cors ?? noOrigins,
    isDisabled: () => disableByFile !== null && existsSync(disableByFile),
    maxRequestIdLength: server.maxRequestIdLength,
    maxHeaderBytes: server.maxHeaderBytes,
    keepAliveIdleSeconds: server.keepAliveIdleSeconds,
    socketTimeoutSeconds: server.socketTimeoutSeconds,
    uploadIdleTimeoutSeconds: lucarne.uploadIdleTimeoutSeconds,
  };
}

interface PartsInput {
  readonly settings: Settings;
  readonly log: Logger;
  readonly database: SqlDatabase;
  readonly hasher: DataHasher;
  readonly imageSchema: SchemaDocument;
}

async function createParts(input: PartsInput): Promise<ServiceParts> {
  const { settings, log, database, hasher } = input;
  const { images, lucarne, policy } = settings;
  return {
    images: sqlImageRepository(database),
    members: sqlMemberRepository(database),
    work: sqlImageWorkRepository(database),
    store: await openFilesystemStore(settings.store),
    hasher,
    clock: systemClock,
    ids: randomUuids,
    policy: openPolicy(
      { ...policy, directories: policy.dirs, searchDirectories: policy.searchDirs },
      {
        clock: systemClock,
        remoteCheck: openHttpPolicyCheck(policy.remote),
        report: (event) => reportPolicy(log, event),
      },
    ),
    limits: {
      memberQuota: images.memberQuota,
      propertyQuota: images.propertyQuota,
      tagQuota: images.tagQuota,
      sizeCapBytes: images.sizeCapBytes,
      userStorageQuotaBytes: images.userStorageQuotaBytes ?? 0,
      defaultLimit: images.limitDefault,
      maxLimit: images.limitMax,
    },
    data: {
      hashAlgorithm: images.hashingAlgorithm,
      leaseSeconds: lucarne.uploadLeaseSeconds,
      inspection: {
        requireFormatMatch: images.requireFormatMatch,
        gptSafetyChecksNonfatal: images.gptSafetyChecksNonfatal,
      },
    },
    imageSchema: imageSchemaValidator(input.imageSchema),
    report: (event, { error, ...details }) =>
      log.warn({ ...details, ...(error === undefined ? {} : { err: error }) }, event),
  };
}

function configuredIdentity({ identity }: Settings): IdentitySource {
  return identity.flavor === 'none'
    ? unauthenticatedIdentity()
    : trustedHeadersIdentity({ anonymousAccess: identity.anonymousAccess });
}

function reportPolicy(log: Logger, event: PolicyEvent): void {
  if (event.kind === 'problem') log.warn(`policy: ${event.message}`);
  else if (event.kind === 'reloaded') log.info({ files: event.files }, 'policy: rules read again');
  else log.error(`policy: the rules of before stay in force: ${event.error.message}`);
}
