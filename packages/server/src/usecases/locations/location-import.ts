/**
 * The task by which data at a location become those of an image: what its record says to clients, and how far it is, as
 * the row of its work keeps it for whoever goes on with it. Source: contract 05 §3.
 */
import type { ExpectedHash, LocationRequest } from '../../domain/images/location-request.ts';
import { withoutCredentials } from '../../domain/images/locations.ts';
import type { JsonObject } from '../../domain/tasks/task.ts';
import type { LocationOptions } from '../service-parts.ts';

/** URL of the node that hashes the data. */
export const hashHostProperty = 'os_glance_hash_op_host';

/**
 * What becomes of the hash. `check`: the data are read, and the image is active when they have the hash they should
 * have. `compute`: the image is active at once, and gets its hash later. `believe`: what the client says is stored as it
 * is. `none`: the image has no hash.
 */
export type HashMode = 'check' | 'compute' | 'believe' | 'none';

export interface LocationProgress {
  readonly url: string;
  readonly mode: HashMode;
  readonly expected: ExpectedHash | null;
  /** The image has the location. */
  readonly isAdded: boolean;
  /** Set when the task has failed and what it did is being undone; for people. */
  readonly failure: string | null;
}

/** As the options are when the task begins; it keeps to that. */
export function newLocationProgress({ url, expected }: LocationRequest, options: LocationOptions): LocationProgress {
  const mode = options.doSecureHash
    ? expected === null
      ? 'compute'
      : 'check'
    : expected === null
      ? 'none'
      : 'believe';
  return { url, mode, expected, isAdded: false, failure: null };
}

export function formatLocationProgress(progress: LocationProgress): string {
  return JSON.stringify(progress);
}

/** Undefined when there is none: another service began the task. */
export function parseLocationProgress(text: string | null): LocationProgress | undefined {
  // Only this service writes the column, and for such a task only by `formatLocationProgress`.
  return text === null ? undefined : (JSON.parse(text) as LocationProgress);
}

/** The input of the task, in the shape Glance gives it, without the credentials a URL may have. */
export function locationTaskInput(imageId: string, { url, expected }: LocationRequest): JsonObject {
  const validation = expected && { os_hash_algo: expected.hashAlgorithm, os_hash_value: expected.hashValue };
  return {
    image_id: imageId,
    loc_url: withoutCredentials(url),
    validation_data: validation ?? {},
  };
}
