/**
 * The limits that Keystone keeps for projects. Source: contract 13 C.
 *
 * Errors: `unavailable`, Keystone cannot be reached; `internal`, it keeps limits in a way that cannot be used, or does
 * not let the service see them. Neither ever means that there are no limits.
 */
import type { LimitedResource } from '../domain/images/project-limits.ts';

/** MiB or images; negative is unlimited. A resource nobody registered has the limit 0. */
export type LimitsOfResources = Readonly<Record<LimitedResource, number>>;

export interface ProjectLimits {
  /** As they are now or were a moment ago. Null asks for what holds where nothing is said about a project. */
  show(projectId: string | null): Promise<LimitsOfResources>;
}
