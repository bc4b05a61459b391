/**
 * The static limits of one image and of one project. A negative quota of a count means no limit, 0 forbids.
 * Every refusal is a 413 that names what was attempted and what is allowed, in Glance's words. Source: contract 02 §11,
 * 13 B.
 */
import { limitExceeded } from '../errors.ts';
import { isServiceProperty } from './attribute-rules.ts';
import type { Image } from './image.ts';

/** The quotas a change of an image record is held to. */
export interface RecordQuotas {
  readonly propertyQuota: number;
  readonly tagQuota: number;
}

export function checkMemberQuota(imageId: string, memberCount: number, quota: number): void {
  const where = `Image member limit exceeded for image ${imageId}: `;
  checkCount({ noun: 'members for this image', where }, memberCount, quota);
}

export function checkTagQuota(tagCount: number, quota: number): void {
  checkCount({ noun: 'tags' }, tagCount, quota);
}

/** The same for one tag that is added by itself. */
export function checkAddedTagQuota(imageId: string, tagCount: number, quota: number): void {
  checkCount({ noun: 'tags', where: `Image tag limit exceeded for image ${imageId}: ` }, tagCount, quota);
}

export function checkLocationQuota(locationCount: number, quota: number): void {
  checkCount({ noun: 'locations' }, locationCount, quota);
}

/** The service's own properties do not count. */
export function checkPropertyQuota(properties: Image['properties'], quota: number): void {
  let counted = 0;
  for (const name of properties.keys()) if (!isServiceProperty(name)) counted++;
  checkCount({ noun: 'properties' }, counted, quota);
}

interface Counted {
  readonly noun: string;
  /** Begins the text. */
  readonly where?: string;
}

function checkCount({ noun, where = '' }: Counted, attempted: number, maximum: number): void {
  if (maximum < 0 || attempted <= maximum) return;
  throw limitExceeded(
    `${where}The limit has been exceeded on the number of allowed image ${noun}. ` +
      `Attempted: ${attempted}, Maximum: ${maximum}`,
  );
}

/**
 * What a change approved by itself has become together with those others made meanwhile: names that it adds must not
 * bring the image beyond a quota.
 */
export function checkTogether(
  { before, after }: { readonly before: Image; readonly after: Image },
  stored: Image,
  quotas: RecordQuotas,
): void {
  const addsTags = after.tags.some((tag) => !before.tags.includes(tag));
  if (addsTags && stored.tags.length > after.tags.length) checkTagQuota(stored.tags.length, quotas.tagQuota);
  const addsProperties = [...after.properties.keys()].some((name) => !before.properties.has(name));
  if (addsProperties && stored.properties.size > after.properties.size) {
    checkPropertyQuota(stored.properties, quotas.propertyQuota);
  }
}
