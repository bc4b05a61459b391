/**
 * Where Lucarne answers otherwise than Glance 25.1 on purpose: stores with ids, imports, tasks, locations, the cache and
 * deletion with delay.
 */
import { inScenario } from './known-difference.ts';
import type { KnownDifference } from './known-difference.ts';

/** Which of the minor versions both services refuse under a setup. */
const refusedTokens: Readonly<Record<string, readonly string[]>> = {
  'single-store-import': ['v2.8', 'v2.10', 'v2.11', 'v2.12', 'v2.13', 'v2.14', 'v2.16', 'v2.18'],
  'multi-store': ['v2.14', 'v2.16', 'v2.18'],
  cache: ['v2.8', 'v2.10', 'v2.11', 'v2.12', 'v2.13'],
  'delayed-delete': [],
};

const newerVersions: readonly KnownDifference[] = [
  ...Object.entries(refusedTokens).map(([setup, tokens]): KnownDifference => ({
    requests: inScenario(`versions (${setup})`, ['GET /', 'GET /versions', ...tokens]),
    at: 'body /versions*',
    reason: 'the API has grown to v2.18 (01 §2)',
  })),
  {
    requests: [
      ...Object.keys(refusedTokens).map((setup) => `versions (${setup}): v2.17`),
      'versions (cache): v2.18',
      'versions (delayed-delete): v2.18',
    ],
    at: 'status',
    glance: 300,
    lucarne: 200,
    reason: 'these versions are newer (01 §3)',
  },
];

const storeDifferences: readonly KnownDifference[] = [
  {
    requests: ['discovery: methods: GET usage with a body'],
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'a body that says nothing is ignored (01 §4)',
  },
  ...[0, 1, 2].map((index): KnownDifference => ({
    requests: [
      ...['multi-store', 'delayed-delete'].flatMap((setup) =>
        inScenario(`discovery (${setup})`, [
          'stores/detail as service',
          'stores/detail as admin',
          'stores/detail as bareAdmin',
        ]),
      ),
      'discovery: methods: GET stores/detail with a query',
    ],
    at: `body /stores/${index}/weight`,
    lucarne: 0,
    reason: 'weights are newer (01 §10)',
  })),
  {
    requests: ['stores: uploads: to "os_glance_tasks_store"'],
    at: 'status',
    glance: 204,
    lucarne: 400,
    reason: 'reserved stores take no images (03 §1.1)',
  },
  {
    requests: ['stores: uploads: show "os_glance_tasks_store"', 'stores: uploads: alice lists ?'],
    at: 'body *',
    reason: 'the refused upload left the image queued (03 §1.3)',
  },
  {
    requests: ['stores: uploads: download "os_glance_tasks_store"'],
    at: 'status',
    glance: 200,
    lucarne: 204,
    reason: 'the refused upload left the image queued (03 §1.3)',
  },
  {
    requests: ['stores: representations: replace stores'],
    at: 'status',
    glance: 409,
    lucarne: 403,
    reason: '`stores` is read-only (02 §1)',
  },
  {
    requests: ['stores: deletions: a reserved store'],
    at: 'status',
    glance: 404,
    lucarne: 409,
    reason: 'reserved stores are not among those enabled (05 §4)',
  },
];

const importDifferences: readonly KnownDifference[] = [
  {
    requests: [
      ...inScenario('import: bodies', [
        'an array',
        'an array of objects',
        'method null',
        'method text',
        'method array',
      ]),
      'import: refused addresses: a number',
      ...inScenario('import: glance-download', ['image null', 'image number']),
    ],
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'malformed input is refused (01 §5)',
  },
  {
    requests: ['import: order of checks: stores text'],
    at: 'status',
    glance: 409,
    lucarne: 400,
    reason: 'a text is no list of stores; Glance takes each letter for one (04 §2)',
  },
  {
    requests: ['import: order of checks: stores and header that agree'],
    at: 'status',
    glance: 400,
    lucarne: 409,
    reason: 'both may name the same store, as openstacksdk does; here one that is unknown (15 §6)',
  },
  {
    requests: ['tasks: of imports: list ?owner={p9}&sort_key=created_at&sort_key=status'],
    at: 'body *',
    reason: 'of a repeated parameter the last value counts, as in lists of images, and links keep them all (02 §9)',
  },
  {
    requests: ['import: web-download: show unsized', 'import: web-download: tasks of unsized'],
    at: 'body *',
    reason: 'a server need not announce the length of what it sends (04 §5)',
  },
  {
    requests: ['import: web-download: download unsized'],
    at: 'status',
    glance: 204,
    lucarne: 200,
    reason: 'a server need not announce the length of what it sends (04 §5)',
  },
  {
    requests: inScenario('import: impossible stores', ['fetch ten-bytes to readOnly', 'copy to an http store']),
    at: 'status',
    glance: 202,
    lucarne: 409,
    reason: 'nothing can be imported to a store that is only read (04 §2)',
  },
  {
    requests: ['import: impossible stores: fetch to no store'],
    at: 'status',
    glance: 202,
    lucarne: 400,
    reason: 'an import needs a store (04 §2)',
  },
  {
    requests: inScenario('import: impossible stores', [
      'show readOnly',
      'tasks of readOnly',
      'show nowhere',
      'tasks of nowhere',
      'show copied',
    ]),
    at: 'body *',
    reason: 'the import was refused, so nothing has begun (04 §2)',
  },
  {
    requests: inScenario('import: impossible stores', ['show twice', 'tasks of twice']),
    at: 'body *',
    reason: 'a store that is named twice counts once; Glance fails and keeps its lock',
  },
  {
    requests: ['import: impossible stores: download twice'],
    at: 'status',
    glance: 204,
    lucarne: 200,
    reason: 'a store that is named twice counts once',
  },
  {
    requests: ['import: refused content: show img', 'import: refused content: tasks of img'],
    at: 'body *',
    reason: 'the content must be what disk_format says, imported or uploaded (03 §3)',
  },
  {
    requests: ['import: refused content: download img'],
    at: 'status',
    glance: 200,
    lucarne: 204,
    reason: 'the content must be what disk_format says, imported or uploaded (03 §3)',
  },
];

const failingStoreDifferences: readonly KnownDifference[] = [
  {
    requests: inScenario('import: failing stores', ['show last', 'show first']),
    at: 'body /os_glance_failed_import',
    glance: 'fast,slow',
    lucarne: 'slow',
    reason: 'only the store that failed is named (04 §6)',
  },
  {
    requests: ['import: failing stores: show none'],
    at: 'body /os_glance_import_task',
    reason: 'an import that failed gives its lock back (04 §4)',
  },
  {
    requests: ['import: failing stores: show stuck'],
    at: 'body /status',
    glance: 'importing',
    lucarne: 'uploading',
    reason: 'staged data can be imported again after a failure (04 §6)',
  },
  {
    requests: ['import: failing stores: show stuck'],
    at: 'body /os_glance_importing_to_stores',
    glance: 'fast',
    lucarne: '',
    reason: 'nothing is being imported after a failure (04 §6)',
  },
  {
    requests: ['import: failing stores: import stuck again'],
    at: 'status',
    glance: 409,
    lucarne: 202,
    reason: 'staged data can be imported again after a failure (04 §6)',
  },
  {
    requests: ['import: failing stores: upload to a failing store'],
    at: 'status',
    glance: 500,
    lucarne: 503,
    reason: 'a store that cannot be written to is unavailable (05 §7)',
  },
];

const remoteImageDifferences: readonly KnownDifference[] = [
  {
    requests: inScenario('import: glance-download', ['show queuedThere', 'show missing']),
    at: 'body /os_glance_failed_import',
    glance: '',
    lucarne: 'fast',
    reason: 'stores that got nothing have failed (04 §6)',
  },
  {
    requests: inScenario('import: glance-download', ['show queuedThere', 'show missing']),
    at: 'body /os_glance_importing_to_stores',
    glance: 'fast',
    lucarne: '',
    reason: 'stores that got nothing have failed (04 §6)',
  },
  {
    requests: ['import: glance-download: show longer'],
    at: 'body /os_glance_import_task',
    reason: 'an import that failed gives its lock back (04 §4)',
  },
  {
    requests: inScenario('import: glance-download', [
      'fetch to noRegion',
      'fetch to noInterface',
      'fetch to refused',
      'without a catalog',
    ]),
    at: 'status',
    glance: 202,
    lucarne: 400,
    reason: 'an address that is not to be had, or not allowed, is refused at once (04 §3)',
  },
  {
    requests: inScenario('import: glance-download', [
      'show noRegion',
      'tasks of noRegion',
      'show noInterface',
      'tasks of noInterface',
      'show refused',
      'tasks of refused',
      'show uncatalogued',
      'tasks of uncatalogued',
    ]),
    at: 'body *',
    reason: 'the import was refused, so nothing has begun (04 §2)',
  },
];

const locationDifferences: readonly KnownDifference[] = [
  {
    requests: inScenario('locations: add', ['endless redirects', 'a metadata number', 'metadata null inside']),
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'a location that cannot be understood or reached is refused (05 §1, §2)',
  },
  {
    requests: ['locations: add: an unknown member'],
    at: 'body /locations/0/unknown',
    glance: 'x',
    reason: 'an answer shows what is stored, not what was sent (05 §2)',
  },
  {
    requests: [
      'locations: replace: agreeing hashes',
      ...inScenario('locations: validation data', ['right hashes', 'no checksum', 'wrong hash', 'upper case']),
    ],
    at: 'body /locations/0/validation_data',
    reason: 'an answer shows what is stored, not what was sent (05 §2)',
  },
  {
    requests: ['locations: validation data: equal hashes for an active image'],
    at: 'body /locations/1/validation_data',
    reason: 'an answer shows what is stored, not what was sent (05 §2)',
  },
  {
    requests: inScenario('locations: validation data', ['upper case', 'show after upper case']),
    at: 'body /os_hash_value',
    reason: 'hashes are kept in lower case, as those of uploads are',
  },
  {
    requests: ['locations: add: more than the size cap'],
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'the cap is for what is sent or imported, not for what is elsewhere (02 §11)',
  },
  {
    requests: ['locations: add: show after more than the size cap'],
    at: 'body *',
    reason: 'the cap is for what is sent or imported, not for what is elsewhere (02 §11)',
  },
  {
    requests: ['locations: add: download a range'],
    at: 'status',
    glance: 400,
    lucarne: 206,
    reason: 'ranges are given from every store (03 §4.3)',
  },
];

const taskDifferences: readonly KnownDifference[] = [
  {
    requests: ['tasks: methods: show with a body'],
    at: 'status',
    glance: 500,
    lucarne: 404,
    reason: 'the body is ignored, and there is no such task (01 §4)',
  },
];

const cacheDifferences: readonly KnownDifference[] = [
  {
    requests: ['cache: queueing: list after two hits'],
    at: 'body /cached_images/0/hits',
    glance: 2,
    lucarne: 3,
    reason: 'a range of a cached image comes from the copy (docs/compat.md, image cache)',
  },
  {
    requests: inScenario('cache: switched off', ['admin deletes an unknown image', 'alice deletes an unknown image']),
    at: 'status',
    glance: 500,
    lucarne: 404,
    reason: 'there is no such image, with a cache or without (08 §2)',
  },
  {
    requests: ['cache: queueing: queue with a body'],
    at: 'status',
    glance: 500,
    lucarne: 202,
    reason: 'a body that says nothing is ignored (01 §4)',
  },
  {
    requests: ['cache: clearing: clear with a body'],
    at: 'status',
    glance: 500,
    lucarne: 204,
    reason: 'a body that says nothing is ignored (01 §4)',
  },
  {
    requests: ['cache: filling by downloads: HEAD of a cached image'],
    at: 'status',
    glance: 405,
    lucarne: 200,
    reason: 'HEAD is answered wherever GET is (docs/compat.md, HEAD)',
  },
];

const deletionDifferences: readonly KnownDifference[] = [
  {
    requests: inScenario('delayed delete: storage quota', ['after deletion', 'what is left, exactly']),
    at: 'status',
    glance: 413,
    lucarne: 204,
    reason: 'what is deleted does not count, though its data are still there (02 §11)',
  },
  {
    requests: ['delayed delete: storage quota: show after deletion'],
    at: 'body *',
    reason: 'what is deleted does not count, so the upload succeeded (02 §11)',
  },
  {
    requests: ['delayed delete: storage quota and chunks: show after a refusal'],
    at: 'body /status',
    glance: 'saving',
    lucarne: 'queued',
    reason: 'a refused upload leaves the image queued (03 §1.3)',
  },
];

export const knownStoreDifferences: readonly KnownDifference[] = [
  ...newerVersions,
  ...storeDifferences,
  ...importDifferences,
  ...failingStoreDifferences,
  ...remoteImageDifferences,
  ...locationDifferences,
  ...taskDifferences,
  ...cacheDifferences,
  ...deletionDifferences,
];
