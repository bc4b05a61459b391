/**
 * What the use cases work with, all of it ports or plain values. Each use case asks for the parts it needs.
 */
import type { ListLimits } from '../domain/images/list-parameters.ts';
import type { RecordQuotas } from '../domain/images/quotas.ts';
import type { InspectionPolicy } from '../domain/image-formats/stream-inspection.ts';
import type { PolicyEngine } from '../domain/policy/policy-engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataHasher } from '../ports/data-hasher.ts';
import type { ImageSchemaValidator } from '../ports/image-schema-validator.ts';
import type { ImageRepository } from '../ports/image-repository.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { ImageWorkRepository } from '../ports/image-work-repository.ts';
import type { MemberRepository } from '../ports/member-repository.ts';
import type { RandomIds } from '../ports/random-ids.ts';

export interface ServiceParts {
  readonly images: ImageRepository;
  readonly members: MemberRepository;
  readonly work: ImageWorkRepository;
  readonly store: ImageStore;
  readonly hasher: DataHasher;
  readonly clock: Clock;
  readonly ids: RandomIds;
  /** The rules in force now; they may be replaced while the service runs. */
  readonly policy: { current(): PolicyEngine };
  readonly limits: ImageLimits;
  readonly data: ImageDataSettings;
  readonly imageSchema: ImageSchemaValidator;
  /** Told about failures nobody waits for. */
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Limits of one image and of one project; a negative count means no limit. */
export interface ImageLimits extends RecordQuotas, ListLimits {
  readonly memberQuota: number;
  readonly sizeCapBytes: number;
  /** Bytes all images of a project may take together; 0 turns the quota off. */
  readonly userStorageQuotaBytes: number;
}

export interface ImageDataSettings {
  readonly hashAlgorithm: string;
  readonly leaseSeconds: number;
  readonly inspection: InspectionPolicy;
}
