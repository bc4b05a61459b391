/**
 * What the use cases work with, all of it ports or plain values. Each use case asks for the parts it needs.
 */
import type { AuditedTask } from '../domain/audit/audit-record.ts';
import type { ImportMethodName } from '@lucarne/contract/import-methods.ts';
import type { ListLimits } from '../domain/images/list-parameters.ts';
import type { RecordQuotas } from '../domain/images/quotas.ts';
import type { ImportUriFilter } from '../domain/imports/uri-filter.ts';
import type { InspectionPolicy } from '../domain/image-formats/stream-inspection.ts';
import type { PolicyEngine } from '../domain/policy/policy-engine.ts';
import type { PropertyProtections } from '../domain/property-protections/property-protections.ts';
import type { BackgroundJobs } from '../ports/background-jobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataHasher } from '../ports/data-hasher.ts';
import type { EventOutbox } from '../ports/event-outbox.ts';
import type { ImageSchemaValidator } from '../ports/image-schema-validator.ts';
import type { ImageRepository } from '../ports/image-repository.ts';
import type { ImageStores } from '../ports/image-stores.ts';
import type { ImageWorkRepository } from '../ports/image-work-repository.ts';
import type { MemberRepository } from '../ports/member-repository.ts';
import type { MetadefRepository } from '../ports/metadef-repository.ts';
import type { MetadefSchemaValidator } from '../ports/metadef-schema-validator.ts';
import type { RandomIds } from '../ports/random-ids.ts';
import type { ScrubRepository } from '../ports/scrub-repository.ts';
import type { PeerNodes } from '../ports/peer-nodes.ts';
import type { ProjectLimits } from '../ports/project-limits.ts';
import type { ProjectUsage } from '../ports/project-usage.ts';
import type { StagingArea } from '../ports/staging-area.ts';
import type { TaskRepository } from '../ports/task-repository.ts';
import type { WebSource } from '../ports/web-source.ts';
import type { ImageCache } from './cache/image-cache.ts';
import type { ImportPlugin } from './imports/import-plugin.ts';

export interface ServiceParts {
  readonly images: ImageRepository;
  readonly members: MemberRepository;
  readonly work: ImageWorkRepository;
  readonly scrub: ScrubRepository;
  readonly stores: ImageStores;
  readonly staging: StagingArea;
  readonly tasks: TaskRepository;
  readonly jobs: BackgroundJobs;
  /** Where imports download from. */
  readonly web: WebSource;
  readonly peers: PeerNodes;
  /** Null when the service has no image cache. */
  readonly cache: ImageCache | null;
  /** Takes what is told beside the saves of records. */
  readonly events: EventOutbox;
  readonly hasher: DataHasher;
  readonly clock: Clock;
  readonly ids: RandomIds;
  /** The rules in force now; they may be replaced while the service runs. */
  readonly policy: { current(): PolicyEngine };
  /** Who may do what with which custom property; null protects none. */
  readonly protections: PropertyProtections | null;
  readonly limits: ImageLimits;
  readonly usage: ProjectUsage;
  /** Limits that Keystone keeps; null where the static ones count. */
  readonly projectLimits: ProjectLimits | null;
  readonly data: ImageDataSettings;
  readonly imports: ImportOptions;
  readonly locations: LocationOptions;
  readonly deletion: DeletionOptions;
  /** URL at which other nodes reach this one; null when they cannot. */
  readonly selfUrl: string | null;
  readonly imageSchema: ImageSchemaValidator;
  /** What is wrong with the body of a new task; null when nothing is. */
  readonly taskSchema: (document: unknown) => string | null;
  readonly metadefs: MetadefRepository;
  readonly metadefSchemas: MetadefSchemaValidator;
  /** Told what became of the work that a call took on. */
  readonly auditTask: (task: AuditedTask) => void;
  /** Told about what goes on in the background. */
  readonly inform: (event: string, details: Readonly<Record<string, unknown>>) => void;
  /** Told about failures nobody waits for. */
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Limits of one image and of one project; a negative count means no limit. */
export interface ImageLimits extends RecordQuotas, ListLimits {
  readonly memberQuota: number;
  readonly sizeCapBytes: number;
  /** Bytes all images of a project may take together; 0 turns the quota off. Keystone's limits take its place. */
  readonly userStorageQuotaBytes: number;
}

export interface ImageDataSettings {
  readonly hashAlgorithm: string;
  readonly leaseSeconds: number;
  readonly inspection: InspectionPolicy;
}

export interface ImportOptions {
  /** Import methods that are offered, in the order in which clients are told of them. */
  readonly methods: readonly ImportMethodName[];
  /** In the order in which they run. */
  readonly plugins: readonly ImportPlugin[];
  /** Stores that are written at the same time. */
  readonly maxParallelStores: number;
  /** Which URLs may be imported from. */
  readonly filter: ImportUriFilter;
  readonly taskTimeToLiveHours: number;
  /** What the names of properties begin with that an image imported from another image service brings along. */
  readonly downloadedProperties: readonly string[];
}

export interface LocationOptions {
  /** Clients see the locations of images, and change them by patches. */
  readonly areShown: boolean;
  /** Of one image; negative is no limit. */
  readonly quota: number;
  /** Data that are registered by their location are read and hashed. */
  readonly doSecureHash: boolean;
  /** How often reading them is tried again. */
  readonly hashRetries: number;
}

export interface DeletionOptions {
  /** How long the data of deleted images stay, so that they can be restored; null removes them at once. */
  readonly delaySeconds: number | null;
  /** Images whose data are removed at the same time after that. */
  readonly scrubPoolSize: number;
}
