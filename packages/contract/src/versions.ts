/**
 * Which minor versions of the Image API a configuration offers, in the order Glance lists them, and which it accepts.
 *
 * A minor version is advertised and accepted, and changes nothing: everything behaves as the newest.
 * Source: contract 01 §2, §3.
 */
import type { VersionList } from './wire.ts';

export interface VersionOptions {
  /** Whether `enabled_backends` is set. */
  readonly multiStore: boolean;
  /** Whether `image_cache_dir` is set. */
  readonly imageCache: boolean;
  /** The newest version that is offered; all of them when left out. */
  readonly newest?: ApiVersion['version'];
}

type VersionCondition = 'always' | 'multiStore' | 'imageCache';

export interface ApiVersion {
  readonly version: `2.${number}`;
  /** What a configuration must have for the version to exist in it. */
  readonly condition: VersionCondition;
  readonly brought: string;
}

/** All versions, newest first. */
export const versionHistory: readonly ApiVersion[] = [
  { version: '2.18', condition: 'imageCache', brought: 'cleaning and pruning the cache' },
  { version: '2.17', condition: 'always', brought: 'the locations API, import from another image service' },
  { version: '2.16', condition: 'imageCache', brought: 'queueing for the cache is answered 202' },
  { version: '2.15', condition: 'always', brought: 'details of stores' },
  { version: '2.14', condition: 'imageCache', brought: 'the cache API' },
  { version: '2.13', condition: 'multiStore', brought: 'usage and unified limits' },
  { version: '2.12', condition: 'multiStore', brought: 'tasks of an image, import locking' },
  { version: '2.11', condition: 'multiStore', brought: 'import to all stores, copying to further stores' },
  { version: '2.10', condition: 'multiStore', brought: 'deleting an image from one store' },
  { version: '2.9', condition: 'always', brought: 'what 2.8 is to sites with one store' },
  { version: '2.8', condition: 'multiStore', brought: 'several stores' },
  { version: '2.7', condition: 'always', brought: 'hidden images, a hash of configurable algorithm' },
  { version: '2.6', condition: 'always', brought: 'import and staging' },
  { version: '2.5', condition: 'always', brought: 'the visibilities shared and community' },
  { version: '2.4', condition: 'always', brought: 'stricter rules for locations' },
  { version: '2.3', condition: 'always', brought: 'deactivation, attributes that may be null' },
  { version: '2.2', condition: 'always', brought: 'metadata definitions, tasks, property protections' },
  { version: '2.1', condition: 'always', brought: 'members, the second patch dialect' },
  { version: '2.0', condition: 'always', brought: 'images, data, tags' },
];

export interface AdvertisedVersion {
  readonly id: `v2.${number}`;
  readonly status: 'CURRENT' | 'SUPPORTED';
}

/** Versions up to this one are always the end of the list. */
const lastOldVersion = 7;

/**
 * The versions of a configuration in emitted order: newest first, except that without the image cache the current one
 * stands between 2.8 or 2.9 and 2.7.
 */
export function advertisedVersions(options: VersionOptions): readonly AdvertisedVersion[] {
  const offered = versionHistory.filter((row) => isOffered(row, options));
  const [current] = offered;
  if (current === undefined || options.imageCache) return offered.map((row) => advertised(row, current));
  const older = offered.slice(1);
  const firstOld = older.findIndex((row) => minorOf(row) <= lastOldVersion);
  return [...older.slice(0, firstOld), current, ...older.slice(firstOld)].map((row) => advertised(row, current));
}

function isOffered(row: ApiVersion, { newest, ...options }: VersionOptions): boolean {
  if (newest !== undefined && minorOf(row) > minorOf({ version: newest })) return false;
  return row.condition === 'always' || options[row.condition];
}

function advertised({ version }: ApiVersion, current: ApiVersion | undefined): AdvertisedVersion {
  return { id: `v${version}`, status: version === current?.version ? 'CURRENT' : 'SUPPORTED' };
}

function minorOf({ version }: Pick<ApiVersion, 'version'>): number {
  return Number(version.slice(2));
}

/**
 * The body of the version list. All versions link to the same URL.
 *
 * @param baseUrl scheme, host and prefix as clients see them, without a slash at the end
 */
export function versionDocument(options: VersionOptions, baseUrl: string): VersionList {
  const href = `${baseUrl}/v2/`;
  return {
    versions: advertisedVersions(options).map(({ id, status }) => ({ id, status, links: [{ rel: 'self', href }] })),
  };
}

/** First path segments, or ends of the vendor media type in `Accept`, that lead to the API. Case matters. */
export function acceptedVersionTokens(options: VersionOptions): ReadonlySet<string> {
  return new Set(['v2', ...advertisedVersions(options).map(({ id }) => id)]);
}
