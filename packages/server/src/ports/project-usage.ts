/**
 * What the images of projects take, and what is reserved for those that are on their way.
 *
 * A reservation belongs to a piece of leased work and ends with it, whoever ends it: what has arrived by then is usage,
 * and the rest is given back, in one transaction. So usage and reservations together never exceed a limit, and nothing
 * stays reserved for work that died. Whoever counts takes the lock of the project first.
 * Source: architecture, invariant 3; contract 13 B, C.
 */
import type { Claim, LimitedResource } from '../domain/images/project-limits.ts';
import type { ImageWork } from './image-work-repository.ts';

/** Bytes or images of each resource. */
export type ResourceAmounts = Readonly<Record<LimitedResource, number>>;

export interface ProjectUsage {
  /** What there is in the images of a project; reservations are not counted. */
  show(projectId: string | null): Promise<ResourceAmounts>;

  /** What work under way has reserved of a project's limits, in use already or not. */
  showReserved(projectId: string | null): Promise<ResourceAmounts>;

  /** Raises `limitExceeded` when a claim does not fit at this moment. Nothing is written. */
  check(claims: readonly Claim[]): Promise<void>;

  /**
   * Makes work hold what it claims of sizes, all claims or none; what it holds of a resource already is part of the claim
   * and is never made less. Gives the amounts it holds now, in the order of the claims, or undefined when the work was
   * taken over or has ended. Raises `limitExceeded`. The resource `image_stage_total` counts an image by what is
   * reserved for it, if anything is.
   */
  reserve(work: ImageWork, claims: readonly Claim[]): Promise<readonly number[] | undefined>;
}
