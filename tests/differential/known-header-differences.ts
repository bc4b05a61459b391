/** Headers that differ on purpose in every answer of a kind. Kept true like the list of single requests. */
import type { KnownHeaderDifference } from './known-difference.ts';

export const knownHeaderDifferences: readonly KnownHeaderDifference[] = [
  {
    send: /^POST \/v2\/images$/,
    status: 201,
    header: 'openstack-image-store-ids',
    glance: 'fast,slow,mirror,os_glance_staging_store,os_glance_tasks_store',
    lucarne: 'fast,slow,mirror',
    reason: 'reserved stores are not named (02 §3)',
  },
  {
    // Only what goes through the cache for the first time lacks it.
    send: /^GET \/v2\/images\/[^/]+\/file$/,
    status: 200,
    header: 'content-length',
    glance: null,
    lucarne: '10',
    reason: 'data have a length, also while they fill the cache (08 §3)',
  },
];
