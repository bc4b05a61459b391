/**
 * Interoperable import: the order of its checks, its methods, and what it leaves behind. Source: contract 04 §1 – §6.
 *
 * The outcome is looked at when the import lock is gone: as the image shows it, as its task tells it, and as data.
 */
import type { Scenario, Step } from '../scenario.ts';
import { remoteImageId } from '../support/web-server.ts';
import {
  createActiveImage,
  createImage,
  createStagedImage,
  downloadFrom,
  importTo,
  patchImage,
  showImage,
  showSettled,
  stageTo,
  tenBytes,
  uploadTo,
  withHeaders,
} from './steps.ts';

const setup = 'multi-store';
const ready = { disk_format: 'raw', container_format: 'bare' };
const direct = { name: 'glance-direct' };
const copy = { name: 'copy-image' };

function web(page: string): { name: string; uri: string } {
  return { name: 'web-download', uri: `{web}/${page}` };
}

/** Everything a client sees once an import is over. */
function outcome(name: string, what = name): Step[] {
  return [showSettled(name, `show ${what}`), finishedTasks(name, what), downloadFrom(name, `download ${what}`)];
}

/** The same of an import whose lock Glance never gives back: it is over when its task says so. */
function outcomeByTask(name: string): Step[] {
  return [finishedTasks(name, name), showImage(name, `show ${name}`), downloadFrom(name, `download ${name}`)];
}

function finishedTasks(name: string, what: string): Step {
  return {
    what: `tasks of ${what}`,
    as: 'alice',
    send: `GET /v2/images/{${name}}/tasks`,
    until: { '/tasks/0/status': ['success', 'failure', null] },
  };
}

/** Creates an image, has a page fetched into it, and looks at the outcome. */
function fetchPage(name: string, page: string, more: Readonly<Record<string, unknown>> = {}): Step[] {
  return [
    createImage(name, ready),
    importTo(name, `fetch ${page} to ${name}`, { method: web(page), ...more }),
    ...outcome(name),
  ];
}

/** Stages ten bytes, imports them, and looks at the outcome. */
function importStaged(name: string, more: Readonly<Record<string, unknown>> = {}): Step[] {
  return [...createStagedImage(name), importTo(name, `import ${name}`, { method: direct, ...more }), ...outcome(name)];
}

const requestBodies: ReadonlyArray<readonly [what: string, body: string]> = [
  ['an empty body', ''],
  ['not JSON', '{'],
  ['null', 'null'],
  ['a text', '"x"'],
  ['a number', '5'],
  ['an array', '[]'],
  ['an array of objects', '[{"method": {"name": "glance-direct"}}]'],
  ['no method', '{}'],
  ['method null', '{"method": null}'],
  ['method text', '{"method": "glance-direct"}'],
  ['method array', '{"method": ["glance-direct"]}'],
  ['method without name', '{"method": {}}'],
  ['method name null', '{"method": {"name": null}}'],
  ['method name number', '{"method": {"name": 5}}'],
  ['method name empty', '{"method": {"name": ""}}'],
  ['an unknown method', '{"method": {"name": "carrier-pigeon"}}'],
  ['a method in another case', '{"method": {"name": "Glance-Direct"}}'],
  ['all_stores text', '{"method": {"name": "glance-direct"}, "all_stores": "true"}'],
  ['all_stores number', '{"method": {"name": "glance-direct"}, "all_stores": 1}'],
  ['all_stores null', '{"method": {"name": "glance-direct"}, "all_stores": null}'],
  ['all_stores_must_succeed text', '{"method": {"name": "glance-direct"}, "all_stores_must_succeed": "false"}'],
  ['all_stores_must_succeed null', '{"method": {"name": "glance-direct"}, "all_stores_must_succeed": null}'],
];

const bodies: Scenario = {
  name: 'import: bodies',
  setup,
  steps: [
    ...createStagedImage('img'),
    ...requestBodies.map(([what, body]): Step => ({ what, as: 'alice', send: 'POST /v2/images/{img}/import', body })),
    showImage('img', 'show after refusals'),
    {
      what: 'BOM',
      as: 'alice',
      send: 'POST /v2/images/{img}/import',
      body: new Uint8Array([0xef, 0xbb, 0xbf, ...Buffer.from('{"method": {"name": "glance-direct"}}')]),
    },
    {
      what: 'any content type',
      as: 'alice',
      send: 'POST /v2/images/{img}/import',
      headers: { 'Content-Type': 'text/plain' },
      json: { method: direct, unknown: 'member' },
    },
    ...outcome('img'),
  ],
};

const checks: Scenario = {
  name: 'import: order of checks',
  setup,
  steps: [
    // An unknown method is told before anything about the image; a wrong flag before that it is not there.
    importTo('uuid1', 'method before image', { method: { name: 'x' } }),
    importTo('uuid1', 'flag before image', { method: direct, all_stores: 'x' }),
    importTo('uuid1', 'unknown image', { method: direct, stores: ['unknown'] }),
    { ...importTo('uuid1', 'malformed id', { method: direct }), send: 'POST /v2/images/not-an-id/import' },
    createImage('queued', ready),
    importTo('queued', 'glance-direct of queued', { method: direct }),
    importTo('queued', 'copy-image of queued', { method: copy, stores: ['slow'] }, 'admin'),
    importTo('queued', 'state before store', { method: direct, stores: ['unknown'] }),
    importTo('queued', 'state before caller', { method: direct }, 'bob'),
    ...createStagedImage('staged'),
    importTo('staged', 'web-download of staged', { method: web('ten-bytes') }),
    importTo('staged', 'copy-image of staged', { method: copy, stores: ['slow'] }, 'admin'),
    ...createActiveImage('active'),
    importTo('active', 'glance-direct of active', { method: direct }),
    importTo('active', 'web-download of active', { method: web('ten-bytes') }),
    createImage('formless'),
    importTo('formless', 'no formats', { method: web('ten-bytes') }),
    importTo('formless', 'formats before caller', { method: web('ten-bytes') }, 'bob'),
    importTo('formless', 'formats before uri', { method: { name: 'web-download' } }),
    createImage('noDisk', { container_format: 'bare' }),
    importTo('noDisk', 'no disk format', { method: web('ten-bytes') }),
    createImage('noContainer', { disk_format: 'raw' }),
    importTo('noContainer', 'no container format', { method: web('ten-bytes') }),
    createImage('bare', {}),
    stageTo('bare', 'stage without formats'),
    importTo('bare', 'staged without formats', { method: direct }),
    importTo('staged', 'all stores and stores', { method: direct, all_stores: true, stores: ['fast'] }),
    importTo('staged', 'all stores and unknown stores', { method: direct, all_stores: true, stores: ['unknown'] }),
    withHeaders(importTo('staged', 'all stores and header', { method: direct, all_stores: true }), {
      'X-Image-Meta-Store': 'fast',
    }),
    withHeaders(importTo('staged', 'stores and header', { method: direct, stores: ['fast'] }), {
      'X-Image-Meta-Store': 'slow',
    }),
    withHeaders(importTo('staged', 'stores and header that agree', { method: direct, stores: ['unknown'] }), {
      'X-Image-Meta-Store': 'unknown',
    }),
    importTo('staged', 'an unknown store', { method: direct, stores: ['unknown'] }),
    importTo('staged', 'a known and an unknown store', { method: direct, stores: ['fast', 'unknown'] }),
    importTo('staged', 'stores text', { method: direct, stores: 'fast' }),
    withHeaders(importTo('staged', 'an unknown store in the header', { method: direct }), {
      'X-Image-Meta-Store': 'unknown',
    }),
    importTo('queued', 'web-download without uri', { method: { name: 'web-download' } }),
    importTo('queued', 'unknown store before uri', { method: { name: 'web-download' }, stores: ['unknown'] }),
    importTo('active', 'copy-image as the owner', { method: copy, stores: ['slow'] }),
    importTo('active', 'copy-image to where it is', { method: copy, stores: ['fast'] }, 'admin'),
    importTo('active', 'copy-image to an unknown store', { method: copy, stores: ['unknown'] }, 'admin'),
    importTo('active', 'copy-image without a store', { method: copy }, 'admin'),
    showImage('queued', 'show queued'),
    showImage('staged', 'show staged'),
    showImage('active', 'show active'),
  ],
};

const uris: ReadonlyArray<readonly [what: string, uri: unknown]> = [
  ['empty', ''],
  ['null', null],
  ['a number', 5],
  ['a word', 'nonsense'],
  ['no scheme', '//127.0.0.1/x'],
  ['ftp', 'ftp://127.0.0.1/x'],
  ['file', 'file:///etc/hostname'],
  ['no host', 'http:///x'],
  ['a port that is not allowed', 'http://127.0.0.1:1/x'],
  ['a port that is no number', 'http://127.0.0.1:x/x'],
  ['an integer for a host', 'http://2130706433/x'],
  ['a short address', 'http://127.1/x'],
  ['a hexadecimal address', 'http://0x7f000001/x'],
  ['an octal address', 'http://0177.0.0.1/x'],
  ['a host that does not exist', 'http://nowhere.invalid/x'],
];

const filter: Scenario = {
  name: 'import: refused addresses',
  setup,
  steps: [
    createImage('img', ready),
    ...uris.map(([what, uri]) => importTo('img', what, { method: { name: 'web-download', uri } })),
    showImage('img', 'show'),
    { what: 'tasks', as: 'alice', send: 'GET /v2/images/{img}/tasks' },
  ],
};

const callers: Scenario = {
  name: 'import: callers',
  setup,
  steps: [
    createImage('img', { ...ready, visibility: 'community' }),
    ...(['bob', 'rita', 'nobody', 'service', 'systemAdmin', 'stranger', 'refused'] as const).map((as) =>
      importTo('img', `as ${as}`, { method: web('ten-bytes') }, as),
    ),
    showImage('img', 'show after refusals'),
    importTo('img', 'a member without reader', { method: web('ten-bytes') }, 'anna'),
    ...outcome('img'),
    { what: 'tasks for somebody else', as: 'bob', send: 'GET /v2/images/{img}/tasks' },
    { what: 'tasks for an admin', as: 'admin', send: 'GET /v2/images/{img}/tasks' },
    { what: 'tasks for a reader', as: 'rita', send: 'GET /v2/images/{img}/tasks' },
    { what: 'tasks for a service', as: 'service', send: 'GET /v2/images/{img}/tasks' },
    createImage('private', { ...ready, visibility: 'private' }),
    importTo('private', 'invisible', { method: web('ten-bytes') }, 'bob'),
    { what: 'tasks of an invisible image', as: 'bob', send: 'GET /v2/images/{private}/tasks' },
    importTo('private', 'an admin', { method: web('ten-bytes') }, 'admin'),
    ...outcome('private'),
    { what: 'tasks an admin started, for the admin', as: 'admin', send: 'GET /v2/images/{private}/tasks' },
    { what: 'tasks of an unknown image', as: 'alice', send: 'GET /v2/images/{uuid1}/tasks' },
    { what: 'tasks with a body', as: 'alice', send: 'GET /v2/images/{img}/tasks', body: '{}' },
    ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: `${method} of tasks`,
      as: 'alice',
      send: `${method} /v2/images/{img}/tasks`,
    })),
    ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: `${method} of import`,
      as: 'alice',
      send: `${method} /v2/images/{img}/import`,
    })),
  ],
};

const fromStaging: Scenario = {
  name: 'import: glance-direct',
  setup,
  steps: [
    ...importStaged('plain'),
    ...importStaged('one', { stores: ['slow'] }),
    ...importStaged('two', { stores: ['slow', 'fast'] }),
    ...importStaged('all', { all_stores: true }),
    ...importStaged('lenient', { stores: ['fast', 'slow'], all_stores_must_succeed: false }),
    ...createStagedImage('header'),
    withHeaders(importTo('header', 'import with the header', { method: direct }), { 'X-Image-Meta-Store': 'slow' }),
    ...outcome('header'),
    importTo('plain', 'import again', { method: direct }),
    uploadTo('plain', 'upload again', tenBytes),
    { what: 'list imported', as: 'alice', send: 'GET /v2/images?status=active&sort=created_at:asc' },
    {
      what: 'list by a property of imports',
      as: 'alice',
      send: 'GET /v2/images?os_glance_failed_import=&sort=created_at:asc',
    },
  ],
};

const fromTheWeb: Scenario = {
  name: 'import: web-download',
  setup,
  steps: [
    ...fetchPage('plain', 'ten-bytes'),
    ...fetchPage('one', 'ten-bytes', { stores: ['slow'] }),
    ...fetchPage('all', 'ten-bytes', { all_stores: true }),
    ...fetchPage('unsized', 'no-length'),
    ...fetchPage('query', 'ten-bytes?x=y'),
    ...fetchPage('moved', 'moved'),
    ...fetchPage('movedForGood', 'moved-for-good'),
    ...fetchPage('seeOther', 'see-other'),
    ...fetchPage('temporarily', 'temporarily-moved'),
    ...fetchPage('movedTwice', 'moved-twice'),
    ...fetchPage('capped', 'at-the-size-cap').slice(0, -1),
    createImage('disk', { ...ready, disk_format: 'qcow2' }),
    importTo('disk', 'fetch a qcow2 image', { method: web('qcow2') }),
    ...outcome('disk'),
  ],
};

const failedDownloads: Scenario = {
  name: 'import: failed downloads',
  setup,
  steps: [
    ...[
      'missing',
      'bad-request',
      'unauthorized',
      'forbidden',
      'gone',
      'broken',
      'unavailable',
      'cut-short',
      'hangs-up',
      'round-and-round',
      'moved-nowhere',
      'moved-to-a-file',
      'moved-to-another-port',
      'above-the-size-cap',
      'empty',
    ].flatMap((page, index) => fetchPage(`img${index}`, page)),
    ...fetchPage('several', 'missing', { stores: ['fast', 'slow'] }),
    ...fetchPage('lenient', 'missing', { stores: ['fast', 'slow'], all_stores_must_succeed: false }),
    importTo('several', 'try again', { method: web('ten-bytes'), stores: ['fast', 'slow'] }),
    ...outcome('several', 'several after another try'),
    uploadTo('lenient', 'upload after a failure', tenBytes),
    showImage('lenient', 'show after the upload'),
  ],
};

/** Nothing can be imported to an http store; Glance finds that out when it tries. */
const impossibleStores: Scenario = {
  name: 'import: impossible stores',
  setup,
  steps: [
    ...fetchPage('readOnly', 'ten-bytes', { stores: ['mirror'] }),
    createImage('nowhere', ready),
    importTo('nowhere', 'fetch to no store', { method: web('ten-bytes'), stores: [] }),
    ...outcomeByTask('nowhere'),
    ...createStagedImage('twice'),
    importTo('twice', 'to the same store twice', { method: direct, stores: ['fast', 'fast'] }),
    ...outcomeByTask('twice'),
    ...createActiveImage('copied'),
    importTo('copied', 'copy to an http store', { method: copy, stores: ['mirror'] }, 'admin'),
    showSettled('copied', 'show copied'),
  ],
};

/** The disk of the store `slow` is gone. */
const failingStores: Scenario = {
  name: 'import: failing stores',
  setup: 'lost-store',
  steps: [
    ...fetchPage('only', 'ten-bytes', { stores: ['slow'] }),
    importTo('only', 'fetch to another', { method: web('ten-bytes'), stores: ['fast'] }),
    ...outcome('only', 'only after another'),
    ...fetchPage('last', 'ten-bytes', { stores: ['fast', 'slow'] }),
    ...fetchPage('first', 'ten-bytes', { stores: ['slow', 'fast'] }),
    ...fetchPage('lenient', 'ten-bytes', { stores: ['slow', 'fast'], all_stores_must_succeed: false }),
    importTo('lenient', 'copy to where it failed', { method: copy, stores: ['slow'] }, 'admin'),
    ...outcome('lenient', 'lenient after a copy'),
    importTo(
      'lenient',
      'copy to all, some may fail',
      { method: copy, all_stores: true, all_stores_must_succeed: false },
      'admin',
    ),
    ...outcome('lenient', 'lenient after a lenient copy'),
    createImage('none', ready),
    importTo('none', 'fetch, all may fail', {
      method: web('ten-bytes'),
      stores: ['slow'],
      all_stores_must_succeed: false,
    }),
    ...outcomeByTask('none'),
    ...importStaged('staged', { all_stores: true, all_stores_must_succeed: false }),
    ...importStaged('stuck', { stores: ['slow', 'fast'] }),
    importTo('stuck', 'import stuck again', { method: direct, stores: ['fast'] }),
    { what: 'delete stuck', as: 'alice', send: 'DELETE /v2/images/{stuck}' },
    createImage('uploaded', ready),
    withHeaders(uploadTo('uploaded', 'upload to a failing store', tenBytes), { 'X-Image-Meta-Store': 'slow' }),
    showImage('uploaded', 'show uploaded'),
    uploadTo('uploaded', 'upload to another store', tenBytes),
    showImage('uploaded', 'show uploaded at last'),
  ],
};

const refusedContent: Scenario = {
  name: 'import: refused content',
  setup,
  steps: [
    createImage('img', { ...ready, disk_format: 'vmdk' }),
    importTo('img', 'fetch what is no vmdk', { method: web('qcow2') }),
    ...outcome('img'),
  ],
};

const copies: Scenario = {
  name: 'import: copy-image',
  setup,
  steps: [
    ...createActiveImage('img'),
    ...(['alice', 'rita', 'bob', 'service', 'systemAdmin'] as const).map((as) =>
      importTo('img', `as ${as}`, { method: copy, stores: ['slow'] }, as),
    ),
    importTo('img', 'as an admin', { method: copy, stores: ['slow'] }, 'admin'),
    ...outcome('img', 'the copy'),
    { what: 'tasks for the admin', as: 'admin', send: 'GET /v2/images/{img}/tasks' },
    importTo('img', 'again', { method: copy, stores: ['slow'] }, 'admin'),
    importTo('img', 'to all, where it is already', { method: copy, all_stores: true }, 'admin'),
    showSettled('img', 'show after all'),
    ...createActiveImage('all'),
    importTo('all', 'copy to all', { method: copy, all_stores: true }, 'admin'),
    ...outcome('all'),
    ...createActiveImage('lenient'),
    importTo(
      'lenient',
      'copy to all, some may fail',
      { method: copy, all_stores: true, all_stores_must_succeed: false },
      'admin',
    ),
    ...outcome('lenient'),
    ...createActiveImage('off'),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{off}/actions/deactivate' },
    importTo('off', 'copy a deactivated image', { method: copy, stores: ['slow'] }, 'admin'),
    { what: 'delete from slow', as: 'admin', send: 'DELETE /v2/stores/slow/{img}' },
    importTo('img', 'copy once more', { method: copy, stores: ['slow'] }, 'admin'),
    ...outcome('img', 'the second copy'),
  ],
};

/** What another region has, found through the service catalog of the caller. */
const catalog = [
  {
    type: 'image',
    name: 'glance',
    endpoints: [
      { region: 'elsewhere', publicURL: '{web}', internalURL: '{web}', adminURL: '{web}' },
      { region: 'nowhere', publicURL: 'http://127.0.0.1:1' },
    ],
  },
];

function fetchRemote(name: string, what: string, method: Readonly<Record<string, unknown>>): Step {
  return withHeaders(importTo(name, what, { method: { name: 'glance-download', ...method } }), {
    'X-Service-Catalog': JSON.stringify(catalog),
    'X-Auth-Token': 'a-token',
  });
}

function remote(digit: string): Readonly<Record<string, unknown>> {
  return { glance_region: 'elsewhere', glance_image_id: remoteImageId(digit) };
}

const fromAnotherRegion: Scenario = {
  name: 'import: glance-download',
  setup,
  steps: [
    createImage('checked', ready),
    ...(
      [
        ['no region', { glance_image_id: remoteImageId('1') }],
        ['no image', { glance_region: 'elsewhere' }],
        ['image malformed', { ...remote('1'), glance_image_id: 'nonsense' }],
        ['image null', { ...remote('1'), glance_image_id: null }],
        ['image number', { ...remote('1'), glance_image_id: 5 }],
      ] as const
    ).map(([what, method]) => fetchRemote('checked', what, method)),
    showImage('checked', 'show after refusals'),
    ...(
      [
        ['good', remote('1')],
        ['internal', { ...remote('1'), glance_service_interface: 'internal' }],
        ['queuedThere', remote('2')],
        ['otherFormat', remote('4')],
        ['missing', remote('9')],
        ['noRegion', { ...remote('1'), glance_region: 'unheard-of' }],
        ['noInterface', { ...remote('1'), glance_service_interface: 'secret' }],
        ['refused', { ...remote('1'), glance_region: 'nowhere' }],
      ] as const
    ).flatMap(([name, method]): Step[] => [
      createImage(name, ready),
      fetchRemote(name, `fetch to ${name}`, method),
      ...outcome(name),
    ]),
    createImage('longer', ready),
    fetchRemote('longer', 'fetch to longer', remote('3')),
    ...outcomeByTask('longer'),
    createImage('uncatalogued', ready),
    importTo('uncatalogued', 'without a catalog', { method: { name: 'glance-download', ...remote('1') } }),
    ...outcome('uncatalogued'),
    createImage('formless'),
    fetchRemote('formless', 'without formats', remote('1')),
    ...createStagedImage('staged'),
    fetchRemote('staged', 'into a staged image', remote('1')),
  ],
};

/** Attributes that stand beside an import: quotas, tags, what a client wrote before. */
const surroundings: Scenario = {
  name: 'import: surroundings',
  setup,
  steps: [
    createImage('full', { ...ready, a: '1', b: '2', c: '3', d: '4', e: '5', f: '6', tags: ['x', 'y'] }),
    importTo('full', 'with all properties there may be', { method: web('ten-bytes') }),
    ...outcome('full'),
    patchImage('full', 'add a property too many', [{ op: 'add', path: '/g', value: '7' }]),
    patchImage('full', 'remove a property', [{ op: 'remove', path: '/a' }]),
    patchImage('full', 'write a property of imports', [
      { op: 'replace', path: '/os_glance_failed_import', value: 'fast' },
    ]),
    patchImage('full', 'remove a property of imports', [{ op: 'remove', path: '/os_glance_failed_import' }]),
    { what: 'create with a property of imports', as: 'alice', send: 'POST /v2/images', json: { os_glance_x: 'y' } },
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{full}/actions/deactivate' },
    { what: 'reactivate', as: 'alice', send: 'POST /v2/images/{full}/actions/reactivate' },
    { what: 'delete', as: 'alice', send: 'DELETE /v2/images/{full}' },
    { what: 'tasks of a deleted image', as: 'alice', send: 'GET /v2/images/{full}/tasks' },
    importTo('full', 'a deleted image', { method: web('ten-bytes') }),
  ],
};

const singleStore: Scenario = {
  name: 'import: a single store',
  setup: 'single-store-import',
  steps: [
    ...importStaged('staged'),
    ...importStaged('stores', { stores: ['unknown'] }),
    ...importStaged('all', { all_stores: true }),
    ...importStaged('both', { all_stores: true, stores: ['fast'] }),
    ...createStagedImage('header'),
    withHeaders(importTo('header', 'a store in the header', { method: direct }), { 'X-Image-Meta-Store': 'unknown' }),
    ...outcome('header'),
    ...createStagedImage('lenient'),
    importTo('lenient', 'stores may fail', { method: direct, all_stores_must_succeed: false }),
    showImage('lenient', 'show after a refusal'),
    ...fetchPage('fetched', 'ten-bytes'),
    ...fetchPage('missing', 'missing'),
    importTo('missing', 'try again', { method: web('ten-bytes') }),
    ...outcome('missing', 'the second try'),
    createImage('queued', ready),
    importTo('queued', 'not enabled', { method: copy }, 'admin'),
    importTo('queued', 'not enabled either', { method: { name: 'glance-download' } }),
    importTo('queued', 'unknown', { method: { name: 'x' } }),
  ],
};

const switchedOff: Scenario = {
  name: 'import: switched off',
  steps: [
    createImage('img', ready),
    importTo('img', 'glance-direct', { method: direct }),
    importTo('img', 'web-download', { method: web('ten-bytes') }),
    importTo('img', 'copy-image', { method: copy }, 'admin'),
    importTo('uuid1', 'an unknown image', { method: direct }),
    { what: 'not JSON', as: 'alice', send: 'POST /v2/images/{img}/import', body: '{' },
    { what: 'tasks', as: 'alice', send: 'GET /v2/images/{img}/tasks' },
    showImage('img', 'show'),
  ],
};

export const importScenarios: readonly Scenario[] = [
  bodies,
  checks,
  filter,
  callers,
  fromStaging,
  fromTheWeb,
  failedDownloads,
  impossibleStores,
  failingStores,
  refusedContent,
  copies,
  fromAnotherRegion,
  surroundings,
  singleStore,
  switchedOff,
];
