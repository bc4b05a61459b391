/**
 * The static limits of one image and of one project. A negative quota of a count means no limit, 0 forbids.
 * Every refusal is a 413 that names what was attempted and what is allowed. Source: contract 02 §11, 13 B.
 */
import { limitExceeded } from '../errors.ts';
import { isServiceProperty } from './attribute-rules.ts';
import type { Image } from './image.ts';

/** The quotas a change of an image record is held to. */
export interface RecordQuotas {
  readonly propertyQuota: number;
  readonly tagQuota: number;
}

export function checkMemberQuota(memberCount: number, quota: number): void {
  checkCount('members', memberCount, quota);
}

export function checkTagQuota(tagCount: number, quota: number): void {
  checkCount('tags', tagCount, quota);
}

export function checkLocationQuota(locationCount: number, quota: number): void {
  checkCount('locations', locationCount, quota);
}

/** The service's own properties do not count. */
export function checkPropertyQuota(properties: Image['properties'], quota: number): void {
  let counted = 0;
  for (const name of properties.keys()) if (!isServiceProperty(name)) counted++;
  checkCount('properties', counted, quota);
}

function checkCount(noun: string, attempted: number, maximum: number): void {
  if (maximum < 0 || attempted <= maximum) return;
  throw limitExceeded(`One image cannot have that many ${noun}. Attempted: ${attempted}, Maximum: ${maximum}`);
}

export interface StorageDemand {
  /** `user_storage_quota` in bytes; 0 turns the quota off. */
  readonly quotaBytes: number;
  /** What the project stores already, without the image in question. */
  readonly usedBytes: number;
  /** Size of the data to come; null when it is not known beforehand. */
  readonly expectedBytes: number | null;
}

/**
 * Bytes a project may still store, or null without a quota. Data larger than that are refused with 413; data of unknown
 * size only when nothing remains, so the writer must stop at the bytes given here and check again with the true size.
 */
export function checkStorageQuota(demand: StorageDemand): number | null {
  const { quotaBytes, usedBytes, expectedBytes } = demand;
  if (quotaBytes <= 0) return null;
  const remainingBytes = quotaBytes - usedBytes;
  const fits = expectedBytes === null ? remainingBytes > 0 : expectedBytes <= remainingBytes;
  if (fits) return remainingBytes;
  const attempted = expectedBytes === null ? 'data of unknown size' : `${expectedBytes} bytes`;
  throw limitExceeded(
    `The image exceeds the storage quota of the project. ` +
      `Attempted: ${attempted}, Maximum: ${Math.max(0, remainingBytes)} bytes remaining of ${quotaBytes}`,
  );
}
