/**
 * Limits of what the images of a project may take together, whoever set them: `user_storage_quota`, or Keystone.
 *
 * What is refused is refused in Glance's words. Sizes are counted in bytes. Those of Keystone are in MiB and usage is rounded down, so that a limit of one MiB is
 * kept by anything short of two. Source: contract 13 B, C.
 */
import { limitExceeded } from '../errors.ts';

export const limitedResources = [
  'image_size_total',
  'image_stage_total',
  'image_count_total',
  'image_count_uploading',
] as const;
export type LimitedResource = (typeof limitedResources)[number];

/** In what Keystone counts a resource. */
export function unitOf(resource: LimitedResource): 'MiB' | 'images' {
  return resource === 'image_size_total' || resource === 'image_stage_total' ? 'MiB' : 'images';
}

export interface ProjectLimit {
  readonly resource: LimitedResource;
  readonly projectId: string | null;
  /** In `unit`. */
  readonly maximum: number;
  readonly unit: 'bytes' | 'MiB' | 'images';
}

/** What somebody wants of a limit: so many bytes or images. */
export interface Claim {
  readonly limit: ProjectLimit;
  /** What must fit; 0 asks that the limit is not exceeded already. */
  readonly least: number;
  /** What is of use; no less than `least`. */
  readonly most: number;
  /** Of the room there is behind `least`, the part that may be taken; 1 is all of it. */
  readonly share: number;
}

/** A claim on exactly so much. */
export function claimOf(limit: ProjectLimit, amount: number): Claim {
  return { limit, least: amount, most: amount, share: 1 };
}

const mebibyte = 1024 * 1024;
const smallestBlock = 16 * mebibyte;
const largestBlock = 1024 * mebibyte;

/**
 * A claim for data of unknown size of which so many bytes have come: as many more, so that it need not be made for each
 * piece, but little of what is left for others.
 */
export function growingClaim(limit: ProjectLimit, bytes: number): Claim {
  const block = Math.min(largestBlock, Math.max(smallestBlock, bytes));
  return { limit, least: bytes, most: bytes + block, share: 1 / 64 };
}

/** Bytes or images there may be at most. */
export function greatestAmount({ maximum, unit }: ProjectLimit): number {
  return unit === 'MiB' ? (maximum + 1) * mebibyte - 1 : maximum;
}

/** What stands against a claim. */
export interface Taken {
  /** Used, or reserved by others. */
  readonly byOthers: number;
  /** Held by who makes the claim; it stays, whatever became of the limit since. */
  readonly held: number;
}

/** How much is granted, what is held included. What does not fit is `limitExceeded`. */
export function grantClaim({ limit, least, most, share }: Claim, { byOthers, held }: Taken): number {
  const room = greatestAmount(limit) - byOthers;
  if (least > room && (held === 0 || least > held)) throw overLimit(limit, { taken: byOthers, attempted: least });
  return Math.max(held, Math.min(most, least + Math.floor((room - least) * share)));
}

/** What clients are told, with the numbers of the refusal: in the unit of the limit, and so that they add up. */
function overLimit(
  limit: ProjectLimit,
  { taken, attempted }: { readonly taken: number; readonly attempted: number },
): Error {
  const { resource, projectId, maximum, unit } = limit;
  if (unit === 'bytes') {
    const remaining = Math.max(0, maximum - taken);
    return limitExceeded(
      `Image exceeds the storage quota: The size of the data ${attempted} will exceed the limit. ` +
        `${remaining} bytes remaining.`,
    );
  }
  const usage = inUnit(taken, unit);
  const delta = inUnit(taken + attempted, unit) - usage;
  return limitExceeded(
    'The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota ' +
      `threshold was breached.\n\nThe response body:\nProject ${projectId ?? 'None'} is over a limit for ` +
      `[Resource ${resource} is over limit of ${maximum} due to current usage ${usage} and delta ${delta}]`,
  );
}

/** Rounded down, as usage is shown. */
export function inUnit(amount: number, unit: ProjectLimit['unit']): number {
  return unit === 'MiB' ? Math.floor(amount / mebibyte) : amount;
}
