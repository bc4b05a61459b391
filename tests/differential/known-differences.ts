/**
 * Where Lucarne answers otherwise than Glance 25.1 on purpose, request by request.
 *
 * The list is kept true from both sides: a difference that is not here fails the run, and so does an entry whose
 * difference no longer occurs. `docs/compat.md` tells the same story to operators.
 */
import { inScenario } from './known-difference.ts';
import type { KnownDifference } from './known-difference.ts';
import { knownHeaderDifferences } from './known-header-differences.ts';
import { knownProtectionDifferences } from './known-protection-differences.ts';
import { knownStoreDifferences } from './known-store-differences.ts';
import type { KnownDifferences } from './verdict.ts';

/** What came into the Image API after 25.1. */
const newerThanTheOracle: readonly KnownDifference[] = [
  {
    requests: [
      ...inScenario('version lists', [
        'GET /',
        'POST /',
        'DELETE /',
        'GET /versions',
        'GET /versions/',
        'GET /versions/anything',
        'PUT /versions',
        'GET /v1/images',
        'GET /v3',
        'GET /V2/images',
        'GET /foo',
        'GET /v2.99/images',
      ]),
      ...inScenario('version tokens', [
        'v2.8',
        'v2.10',
        'v2.11',
        'v2.12',
        'v2.13',
        'v2.14',
        'v2.16',
        'v2.18',
        'v2.',
        'v02',
      ]),
      ...inScenario('version in Accept', [
        'GET /images with application/vnd.openstack.images-v2, */*',
        'GET /images with application/vnd.openstack.images-v9',
        'GET /versions with application/vnd.openstack.images-v2',
      ]),
      'OPTIONS: OPTIONS /versions',
      'request ids: on a version list',
    ],
    at: 'body /versions*',
    reason: 'the API has grown to v2.17 (01 §2)',
  },
  { requests: ['version tokens: v2.17'], at: 'status', glance: 300, lucarne: 200, reason: 'v2.17 is newer (01 §3)' },
  {
    requests: inScenario('upload: headers', [
      'X-Openstack-Image-Size "5" for ten bytes',
      'X-Openstack-Image-Size "20" for ten bytes',
      'X-Openstack-Image-Size "ten" for ten bytes',
      'X-Openstack-Image-Size "" for ten bytes',
      'X-Openstack-Image-Size "-1" for ten bytes',
    ]),
    at: 'status',
    glance: 204,
    lucarne: 400,
    reason: 'the announced size is checked since 2026 (03 §1.1)',
  },
  {
    requests: inScenario('upload: headers', [
      'show after X-Openstack-Image-Size "5"',
      'show after X-Openstack-Image-Size "20"',
      'show after X-Openstack-Image-Size "ten"',
      'show after X-Openstack-Image-Size ""',
      'show after X-Openstack-Image-Size "-1"',
    ]),
    at: 'body *',
    reason: 'the refused upload left the image queued (03 §1.3)',
  },
  {
    requests: ['upload: formats: raw bytes as qcow2'],
    at: 'status',
    glance: 204,
    lucarne: 415,
    reason: 'the content must be what disk_format says (03 §3)',
  },
  {
    requests: ['upload: formats: show raw bytes as qcow2'],
    at: 'body *',
    reason: 'the refused upload left the image queued (03 §1.3)',
  },
  {
    requests: ['download: prefer'],
    at: 'status',
    glance: 200,
    lucarne: 400,
    reason: 'stores cannot be preferred in single-store mode (03 §4.4)',
  },
];

/** Requests on which Glance fails, or forgets what it was given, and the contract says what to do instead. */
const defectsOfGlance: readonly KnownDifference[] = [
  {
    requests: ['request ids: 65 characters'],
    at: 'status',
    glance: 500,
    lucarne: 431,
    reason: 'a request id that is too long is the mistake of the client (01 §8)',
  },
  {
    requests: ['identity: malformed service catalog'],
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'nothing is read from the catalog, so nothing can be wrong with it',
  },
  {
    requests: [
      'undecodable queries: bad UTF-8 in a path',
      ...inScenario('create: bodies', ['an array', 'an array of objects']),
      ...inScenario('patch: documents', ['path number', 'path null']),
      'patch v2.0: path number',
      'members: bodies of POST: member list',
      ...inScenario('list: filters by column', [
        'alice lists ?unknown_min=1',
        'alice lists ?size_min=99999999999999999999',
      ]),
    ],
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'malformed input is refused (01 §5, 02 §9.2, 06 §3)',
  },
  {
    requests: inScenario('list: filters by column', [
      'alice lists ?locations=x',
      'alice lists ?properties=x',
      'alice lists ?members=x',
    ]),
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'names of the implementation are ordinary custom properties (02 §9.2)',
  },
  {
    requests: ['list: filters by column: alice lists ?tags=x'],
    at: 'body *',
    reason: '`tags` is not `tag`: a custom property no image has (02 §9.2)',
  },
  {
    requests: inScenario('create: attributes', ['os_hash_algo', 'os_hash_value']),
    at: 'status',
    glance: 201,
    lucarne: 403,
    reason: 'hashes are refused like the other read-only attributes (02 §1)',
  },
  {
    requests: inScenario('patch: read-only targets', ['add stores', 'remove stores']),
    at: 'status',
    glance: 200,
    lucarne: 403,
    reason: '`stores` is read-only (02 §1)',
  },
  {
    requests: ['patch: operations: a property name of 256 characters'],
    at: 'status',
    glance: 200,
    lucarne: 400,
    reason: 'the limit of POST holds for PATCH too (02 §1)',
  },
  {
    requests: ['patch: callers: owner gives it away'],
    at: 'status',
    glance: 200,
    lucarne: 403,
    reason: 'only an administrator changes the owner, with every verb (02 §4.4)',
  },
  {
    requests: inScenario('patch: names that Python objects have', [
      'add extra_properties',
      'add base',
      'add __class__',
    ]),
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'names of the implementation are ordinary custom properties (02 §4.4)',
  },
  {
    requests: ['patch: names that Python objects have: add image_id'],
    at: 'status',
    glance: 404,
    lucarne: 200,
    reason: 'names of the implementation are ordinary custom properties (02 §4.4)',
  },
  ...['context', 'member', 'delete', 'get_data'].map((name): KnownDifference => ({
    requests: [`patch: names that Python objects have: add ${name}`],
    at: `body /${name}`,
    lucarne: 'x',
    reason: 'names of the implementation are ordinary custom properties (02 §4.4)',
  })),
  {
    requests: inScenario('members: bodies of POST', ['member number', 'member of 256 characters']),
    at: 'status',
    glance: 200,
    lucarne: 400,
    reason: 'a member is a text of up to 255 characters (06 §3)',
  },
  {
    requests: ['tags: show a tag beyond ASCII'],
    at: 'body /tags*',
    glance: 'sch\u00c3\u00b6n',
    lucarne: 'schön',
    reason: 'tags in paths are UTF-8 (06 §4)',
  },
  {
    requests: ['tags: an emoji'],
    at: 'status',
    glance: 204,
    lucarne: 400,
    reason: 'tags in paths are UTF-8, and outside the basic plane refused as everywhere (06 §4)',
  },
  {
    requests: inScenario('create', [
      'callers: an admin with empty owner',
      'values kept otherwise than sent: create nobodys',
    ]),
    at: 'body /owner',
    glance: '',
    lucarne: null,
    reason: 'the empty owner is stored as none; the first answer says so already (02 §1)',
  },
  {
    requests: ['list: markers: alice lists ?sort=size:asc,name:asc&limit=3&marker={c}'],
    at: 'body *',
    reason: 'a page sorted by a size that is null goes on after its marker; 25.1 ends there (02 §9.4)',
  },
  {
    requests: ['list: markers: alice lists ?marker={foreign}'],
    at: 'status',
    glance: 403,
    lucarne: 400,
    reason: 'an invisible marker is like an unknown one (02 §9.4)',
  },
  {
    requests: ['upload: bodies: suffix range of an empty image', 'download: ranges: Range "bytes=-0"'],
    at: 'status',
    glance: 206,
    lucarne: 416,
    reason: 'there are no such bytes (03 §4.3)',
  },
  {
    requests: inScenario('download: ranges', ['Range "bytes=-"', 'Content-Range "bytes */10"']),
    at: 'status',
    glance: 500,
    lucarne: 416,
    reason: 'a range that cannot be understood (03 §4.3)',
  },
  {
    requests: ['download: queued with a range'],
    at: 'status',
    glance: 500,
    lucarne: 204,
    reason: 'no data, with a range or without (03 §4.1)',
  },
];

/** Query strings that repeat a parameter: Glance loses all but one in its links, and takes others for filters. */
const repeatedParameters: readonly KnownDifference[] = [
  {
    requests: [
      'list: filters by name: alice lists ?name=alpha&name=beta',
      ...inScenario('list: filters by tag and property', [
        'alice lists ?tag=x&tag=y',
        'alice lists ?tag=x&tag=nothing',
        'alice lists ?os_distro=debian&os_distro=fedora',
      ]),
      ...inScenario('list: sorting', [
        'alice lists ?sort_key=name&sort_key=size',
        'alice lists ?sort_key=size&sort_key=name&sort_dir=asc',
        'alice lists ?sort_key=size&sort_key=name&sort_dir=asc&sort_dir=desc',
        'alice lists ?sort=name:asc&sort=size:asc',
        'alice lists ?sort_key=name&sort_key=name&sort_dir=asc',
      ]),
      'list: page sizes: alice lists ?limit=2&limit=3',
      ...inScenario('list: markers', [
        'alice lists ?sort_key=status&sort_key=name&sort_dir=asc&limit=2&marker={b}',
        'alice lists ?tag=a&tag=b&limit=1',
        'alice lists ?status=queued&status=active&limit=1',
      ]),
    ],
    at: 'body /first',
    reason: 'links keep every value of a repeated parameter (02 §9.4)',
  },
  {
    requests: [
      ...inScenario('list: sorting', [
        'alice lists ?sort_key=name&sort_key=size',
        'alice lists ?sort_key=size&sort_key=name&sort_dir=asc',
        'alice lists ?sort_key=size&sort_key=name&sort_dir=asc&sort_dir=desc',
        'alice lists ?sort=name:asc&sort=size:asc',
        'alice lists ?sort_key=name&sort_key=name&sort_dir=asc',
      ]),
      'list: page sizes: alice lists ?limit=2&limit=3',
      'list: markers: alice lists ?sort_key=status&sort_key=name&sort_dir=asc&limit=2&marker={b}',
    ],
    at: 'body /next',
    reason: 'links keep every value of a repeated parameter (02 §9.4)',
  },
  {
    requests: [
      'list: sorting: alice lists ?sort=name:asc&sort=size:asc',
      'list: page sizes: alice lists ?limit=2&limit=3',
    ],
    at: 'body /images*',
    reason: 'the last value holds; Glance takes the other for a custom property that no image has (02 §9.5)',
  },
];

/** What the product does beyond Glance, or otherwise by decision. */
const productChoices: readonly KnownDifference[] = [
  {
    requests: [
      ...inScenario('wrong methods', ['HEAD /v2/images', 'HEAD /v2/images/{img}', 'HEAD /v2/schemas/member']),
      'error bodies: 405 of HEAD',
    ],
    at: 'status',
    glance: 405,
    lucarne: 200,
    reason: 'HEAD is answered wherever GET is (docs/compat.md, HEAD)',
  },
  {
    requests: ['wrong methods: HEAD /v2/images/{img}/file'],
    at: 'status',
    glance: 405,
    lucarne: 204,
    reason: 'HEAD is answered wherever GET is (docs/compat.md, HEAD)',
  },
  {
    requests: ['create: quotas: tags above the quota by repetition'],
    at: 'status',
    glance: 413,
    lucarne: 201,
    reason: 'tags are a set: one that is named twice counts once (docs/compat.md, Records)',
  },
  {
    requests: ['patch: quotas: tags above the quota by repetition'],
    at: 'status',
    glance: 413,
    lucarne: 200,
    reason: 'tags are a set: one that is named twice counts once (docs/compat.md, Records)',
  },
  {
    requests: inScenario('version tokens', ['a version alone', 'a version alone with POST']),
    at: 'header content-type',
    glance: 'text/plain; charset=utf8',
    lucarne: 'text/html; charset=UTF-8',
    reason: 'the media type of a redirect without a body says nothing',
  },
  {
    requests: ['error bodies: 404 for Accept nonsense'],
    at: '*',
    reason: 'an Accept that names neither HTML nor JSON gets plain text, malformed or not (01 §6)',
  },
];

/** Metadata definitions (09), where Glance fails on what it cannot take instead of saying so. */
const metadefDifferences: readonly KnownDifference[] = [
  {
    requests: [
      ...inScenario('metadefs: lists', [
        'admin GET ?limit=x',
        'admin GET ?limit=',
        'admin GET ?limit=2.0',
        'admin GET ?sort_key=nope',
        'admin GET ?sort_key=',
      ]),
      'metadefs: tags: admin GET /ns/tags?sort_key=display_name',
    ],
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'a parameter that cannot be understood is refused (09 §4.3, §7)',
  },
  {
    requests: [
      'metadefs: resource types: a list',
      'metadefs: bodies of namespaces: a list',
      'metadefs: properties: a list',
      'metadefs: objects: a list',
      'metadefs: tags: a list',
    ],
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'an array where an object is expected is refused (09 §3)',
  },
  {
    requests: [
      'metadefs: a namespace: update with a tag without name',
      ...inScenario('metadefs: bodies of namespaces', [
        'a tag without name',
        'a tag and more',
        'a tag with another time',
        'an object without name',
        'an object and more',
        'an object with self',
        'an object of wild properties',
        'an association without name',
        'an association and more',
        'a wild property',
        'a required property',
        'an enum of numbers',
        'items of no type',
      ]),
      ...inScenario('metadefs: properties', [
        'enum of numbers',
        'items of no type',
        'items of numbers',
        'items and more',
        'required names',
      ]),
      'metadefs: objects: required properties',
      'metadefs: objects: replace by wild properties',
      'metadefs: tags: no tags',
    ],
    at: 'status',
    glance: 500,
    lucarne: 400,
    reason: 'what the schema lets pass and the model cannot take is refused (09 §3, §7)',
  },
  {
    requests: [
      'metadefs: a namespace: an unknown parameter',
      'metadefs: properties: admin GET /ns/properties/p0?foo=1',
    ],
    at: 'status',
    glance: 500,
    lucarne: 200,
    reason: 'an unknown parameter is ignored (09 §4.4, §5)',
  },
  {
    requests: ['metadefs: properties: delete with a body', 'metadefs: objects: delete all with a body'],
    at: 'status',
    glance: 500,
    lucarne: 204,
    reason: 'the body is ignored (09 §2)',
  },
  {
    requests: [
      ...inScenario('metadefs: bodies of namespaces', ['a long property name', 'a long tag name']),
      'metadefs: tags: a long tag among many',
    ],
    at: 'status',
    glance: 201,
    lucarne: 400,
    reason: 'names have at most 80 characters, as their columns have (12 §9)',
  },
  {
    requests: ['metadefs: lists: admin GET ?limit=2&limit=3'],
    at: 'body *',
    reason: 'the last of repeated values holds, and links keep all of them, as in lists of images (02 §9.4)',
  },
  {
    requests: ['metadefs: objects in another order than their names: list'],
    at: 'body *',
    reason: 'objects are listed in the order of their creation; SQLite gives Glance that of an index (09 §6)',
  },
  {
    requests: ['metadefs: tags: a tag beyond ASCII'],
    at: 'body /name',
    glance: '\u00c3\u00a9',
    lucarne: 'é',
    reason: 'names in paths are UTF-8 (01 §4)',
  },
];

const ofRequests: readonly KnownDifference[] = [
  ...newerThanTheOracle,
  ...defectsOfGlance,
  ...repeatedParameters,
  ...productChoices,
  ...metadefDifferences,
  ...knownStoreDifferences,
  ...knownProtectionDifferences,
];

export const knownDifferences: KnownDifferences = { ofRequests, ofHeaders: knownHeaderDifferences };
