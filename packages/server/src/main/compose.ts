/**
 * The composition root: the only place that constructs things and hands them on. What it gives can be started and
 * closed; a test replaces any part through `overrides`.
 */
import type { SchemaDocument } from '@lucarne/contract/schemas/json-schema.ts';
import { taskRequestSchema } from '@lucarne/contract/schemas/task.ts';
import { schemaDocuments } from '@lucarne/contract/schemas/schema-documents.ts';
import { acceptedVersionTokens, versionDocument } from '@lucarne/contract/versions.ts';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { startThreadedHasher } from '../adapters/hashing/threaded-hasher.ts';
import { trustedHeadersIdentity } from '../adapters/identity/trusted-headers.ts';
import { unauthenticatedIdentity } from '../adapters/identity/unauthenticated.ts';
import { httpPeerNodes } from '../adapters/peers/http-peer-nodes.ts';
import { documentValidator } from '../adapters/schemas/document-validator.ts';
import { imageSchemaValidator } from '../adapters/schemas/image-schema-validator.ts';
import { metadefSchemaValidator } from '../adapters/schemas/metadef-schema-validator.ts';
import { sqlDatabaseSchema } from '../adapters/sql/database-schema.ts';
import type { SqlDatabase } from '../adapters/sql/dialect.ts';
import { sqlEventOutbox } from '../adapters/sql/event-outbox.ts';
import { sqlImageRepository } from '../adapters/sql/image-repository.ts';
import { sqlImageWorkRepository } from '../adapters/sql/image-work-repository.ts';
import { sqlMemberRepository } from '../adapters/sql/member-repository.ts';
import { sqlScrubRepository } from '../adapters/sql/scrub-repository.ts';
import { sqlMetadefRepository } from '../adapters/sql/metadef-repository.ts';
import { sqlProjectUsage } from '../adapters/sql/project-usage.ts';
import { sqlTaskRepository } from '../adapters/sql/task-repository.ts';
import { openFilesystemStaging } from '../adapters/stores/filesystem/filesystem-staging.ts';
import { openBackgroundJobs } from '../adapters/system/background-jobs.ts';
import type { RunningJobs } from '../adapters/system/background-jobs.ts';
import { randomUuids } from '../adapters/system/random-uuids.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { Settings } from '../config/settings.ts';
import { passedOnHeader } from '../http/peer-calls.ts';
import type { ImageViewOptions } from '../http/views/image-view.ts';
import type { CorsOptions } from '../http/middleware/cors.ts';
import { createHttpServer } from '../http/server.ts';
import type { DataHasher } from '../ports/data-hasher.ts';
import type { IdentitySource } from '../ports/identity-source.ts';
import { startCacheUpkeep } from '../usecases/cache/upkeep.ts';
import { placeLocations, shownLocation, shownStoreId } from '../usecases/image-locations.ts';
import { cleanStaging } from '../usecases/imports/clean-staging.ts';
import { recoverExpiredWork } from '../usecases/recover-work.ts';
import { scrubDueData } from '../usecases/scrub/scrub.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import { apiSurface } from './api-surface.ts';
import type { ApiSurface } from './api-surface.ts';
import { openAudit } from './audit.ts';
import { openConfiguredCache } from './image-cache.ts';
import { startDeliveries } from './notifications.ts';
import { openDatabase } from './open-database.ts';
import { connectUnifiedLimits } from './project-limits.ts';
import { importPlugins } from './import-plugins.ts';
import { openStores } from './open-stores.ts';
import { openPolicyParts } from './policy-parts.ts';
import { connectKeystone } from './keystone.ts';
import { openImportSource } from './web-access.ts';
import { mountPocketIdentity } from './pocket-identity.ts';
import type { MountedPocketIdentity } from './pocket-identity.ts';

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

const peerTimeoutSeconds = 60;

const maintenancePauseMilliseconds = 10 * 60 * 1000;

/** Data that nobody will import are looked for at the start, and then that often. */
const cleaningPauseMilliseconds = 3_600_000;

export interface Service {
  readonly http: FastifyInstance;
  readonly parts: ServiceParts;
  /** Null unless the pocket identity is in use. */
  readonly pocket: MountedPocketIdentity | null;
  /** Opens files anew that records go to, for whoever has moved them away. */
  reopen(): void;
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
  const audit = openAudit(settings, log);
  releases.push(audit.close);
  const hasher = startThreadedHasher();
  releases.push(() => hasher.close());
  const jobs = openBackgroundJobs(settings.tasks.parallelTasks, (error) => log.error({ err: error }, 'background job'));
  releases.push(() => jobs.close());
  const surface = apiSurface(settings);
  const { cache, close: closeCache } = await openConfiguredCache(settings, database);
  releases.push(closeCache);
  const unified = settings.unifiedLimits === null ? null : connectUnifiedLimits(settings.unifiedLimits);
  releases.push(() => unified?.close());
  const parts: ServiceParts = {
    cache,
    projectLimits: unified?.limits ?? null,
    auditTask: audit.recordTask,
    ...(await createParts({ settings, log, database, hasher, jobs, imageSchema: surface.imageSchema })),
    ...overrides,
  };
  releases.push(startCacheUpkeep(parts));
  const pocket =
    settings.identity.flavor === 'pocket'
      ? await mountPocketIdentity(settings.dataDir, configuredUrl(settings), (problem) => log.warn(problem))
      : null;
  releases.push(startDeliveries({ settings, database, log }, parts));
  const http = createHttpServer({
    ...httpSettings(settings, surface),
    parts,
    identity: pocket?.source ?? configuredIdentity({ settings, log }, releases),
    log,
    schemas: surface.schemas,
    view: {
      showDirectUrl: settings.images.showDirectUrl,
      showLocations: settings.images.showMultipleLocations,
      placesOf: shownPlaces(parts, settings),
      offerHeaders: offerHeaders(parts),
      declaredProperties: surface.declaredProperties,
      profile: surface.profile,
    },
    audit: audit.options,
    mounts: pocket === null ? [] : [pocket.mount],
  });
  releases.push(() => http.close());
  const recoveryPause = (settings.lucarne.uploadLeaseSeconds * 1000) / recoveriesPerLease;
  releases.push(
    parts.clock.every(recoveryPause, async () => {
      await recoverExpiredWork(parts);
    }),
  );
  releases.push(
    parts.clock.every(settings.images.delayedDelete.wakeupSeconds * 1000, async () => {
      await scrubDueData(parts);
    }),
  );
  releases.push(parts.clock.every(maintenancePauseMilliseconds, () => database.maintain()));
  const clean = (): void => parts.jobs.start(async () => void (await cleanStaging(parts)));
  clean();
  releases.push(parts.clock.every(cleaningPauseMilliseconds, async () => clean()));
  return { http, parts, pocket, reopen: audit.reopen, close: () => releaseAll(releases) };
}

/** Where data are, for those to whom anything of it is shown. */
function shownPlaces({ stores }: ServiceParts, { images }: Settings): ImageViewOptions['placesOf'] {
  if (!stores.multiStore && !images.showDirectUrl && !images.showMultipleLocations) return () => [];
  return (image) =>
    placeLocations(stores, image.locations).map((placed) => ({
      location: shownLocation(stores, placed),
      storeId: shownStoreId(stores, placed),
    }));
}

/** Headers that tell who creates an image by which methods and into which stores its data may come. */
function offerHeaders({ imports, stores }: ServiceParts): Readonly<Record<string, string>> {
  const methods = imports.methods.join(',');
  const ids = stores.attached.map(({ id }) => id).join(',');
  return {
    ...(methods === '' ? {} : { 'openstack-image-import-methods': methods }),
    ...(stores.multiStore ? { 'openstack-image-store-ids': ids } : {}),
  };
}

function configuredUrl({ server }: Settings): string {
  return `http://${reachableHost(server.host)}:${server.port}`;
}

/** An address a client on this machine can use: one that means all addresses is none. */
function reachableHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

/** What the HTTP server needs to know of the settings, in its own words. */
function httpSettings({ server, cors, healthcheck, lucarne, stores, cache }: Settings, surface: ApiSurface) {
  const { disableByFile } = healthcheck;
  const offeredVersions = { multiStore: stores.multiStore, imageCache: cache.directory !== null, ...surface.versions };
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
    cacheManagement: cache.managementRoutes,
  };
}

interface PartsInput {
  readonly settings: Settings;
  readonly log: Logger;
  readonly database: SqlDatabase;
  readonly hasher: DataHasher;
  readonly jobs: RunningJobs;
  readonly imageSchema: SchemaDocument;
}

async function createParts(input: PartsInput): Promise<Omit<ServiceParts, 'cache' | 'projectLimits' | 'auditTask'>> {
  const { settings, log, database, hasher } = input;
  const { images, lucarne } = settings;
  return {
    images: sqlImageRepository(database),
    members: sqlMemberRepository(database),
    work: sqlImageWorkRepository(database),
    scrub: sqlScrubRepository(database),
    usage: sqlProjectUsage(database),
    stores: await openStores(settings, log),
    staging: openFilesystemStaging({ directory: settings.stores.stagingDirectory }),
    tasks: sqlTaskRepository(database),
    jobs: input.jobs,
    web: openImportSource(settings),
    peers: httpPeerNodes({ passedOnHeader, timeoutSeconds: peerTimeoutSeconds }),
    selfUrl: settings.server.selfUrl,
    imports: {
      methods: settings.imports.methods,
      plugins: importPlugins(settings.imports, process.env['PATH'] ?? ''),
      maxParallelStores: settings.imports.maxParallelStores,
      filter: settings.imports.filter,
      taskTimeToLiveHours: settings.tasks.timeToLiveHours,
      downloadedProperties: settings.imports.downloadedProperties,
    },
    locations: {
      areShown: images.showMultipleLocations,
      quota: images.locationQuota,
      doSecureHash: images.doSecureHash,
      hashRetries: images.hashRetries,
    },
    deletion: {
      delaySeconds: images.delayedDelete.scrubSeconds,
      scrubPoolSize: images.delayedDelete.scrubPoolSize,
    },
    hasher,
    clock: systemClock,
    ids: randomUuids,
    ...openPolicyParts(settings, log),
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
    taskSchema: documentValidator(taskRequestSchema()),
    imageSchema: imageSchemaValidator(input.imageSchema),
    events: sqlEventOutbox(database),
    metadefs: sqlMetadefRepository(database),
    metadefSchemas: metadefSchemaValidator(schemaDocuments()),
    inform: (event, details) => log.info(details, event),
    report: (event, { error, ...details }) =>
      log.warn({ ...details, ...(error === undefined ? {} : { err: error }) }, event),
  };
}

function configuredIdentity(
  { settings, log }: Pick<Composition, 'settings' | 'log'>,
  releases: Release[],
): IdentitySource {
  const { identity } = settings;
  if (identity.keystone !== null) {
    const keystone = connectKeystone(identity.keystone, identity.anonymousAccess, log);
    releases.push(() => keystone.close());
    return keystone.source;
  }
  return identity.flavor === 'none'
    ? unauthenticatedIdentity()
    : trustedHeadersIdentity({ anonymousAccess: identity.anonymousAccess });
}
