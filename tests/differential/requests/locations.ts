/** `locations` in PATCH, where clients may see them. Source: contract 05 §1, §2. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import type { SetupName } from '../setups.ts';
import {
  createActiveImage,
  createImage,
  downloadFrom,
  patchImage,
  patchImageV20,
  showImage,
  stageTo,
  tenBytes,
  uploadTo,
} from './steps.ts';

const setup = 'multi-store';
const ready = { disk_format: 'raw', container_format: 'bare' };

interface Location {
  readonly url: unknown;
  readonly metadata?: unknown;
  readonly validation_data?: unknown;
}

function at(page: string, metadata: unknown = {}): Location {
  return { url: `{web}/${page}`, metadata };
}

function add(image: string, what: string, value: unknown, position = '-', as: Caller = 'alice'): Step {
  return patchImage(image, what, [{ op: 'add', path: `/locations/${position}`, value }], as);
}

function replace(image: string, what: string, value: unknown, as: Caller = 'alice'): Step {
  return patchImage(image, what, [{ op: 'replace', path: '/locations', value }], as);
}

function remove(image: string, what: string, position: string, as: Caller = 'admin'): Step {
  return patchImage(image, what, [{ op: 'remove', path: `/locations/${position}` }], as);
}

/** A queued image for each value: the outcome of adding it, and what the image shows then. */
function addToNew(prefix: string, values: ReadonlyArray<readonly [what: string, value: unknown]>): Step[] {
  return values.flatMap(([what, value], index): Step[] => {
    const name = `${prefix}${index}`;
    return [createImage(name, ready), add(name, what, value), showImage(name, `show after ${what}`)];
  });
}

const malformed: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ['null', null],
  ['a text', '{web}/ten-bytes'],
  ['a number', 5],
  ['an array', [at('ten-bytes')]],
  ['nothing', {}],
  ['no metadata', { url: '{web}/ten-bytes' }],
  ['no url', { metadata: {} }],
  ['url null', { url: null, metadata: {} }],
  ['url number', { url: 5, metadata: {} }],
  ['url empty', { url: '', metadata: {} }],
  ['url of 256 characters', { url: `{web}/${'x'.repeat(256)}`, metadata: {} }],
  ['metadata null', { url: '{web}/ten-bytes', metadata: null }],
  ['metadata text', { url: '{web}/ten-bytes', metadata: 'x' }],
  ['metadata array', { url: '{web}/ten-bytes', metadata: [] }],
];

const refused: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ['a word', { url: 'nonsense', metadata: {} }],
  ['a file', { url: 'file:///etc/hostname', metadata: {} }],
  ['filesystem', { url: 'filesystem:///etc/hostname', metadata: {} }],
  ['swift+config', { url: 'swift+config://ref/container/object', metadata: {} }],
  ['ftp', { url: 'ftp://127.0.0.1/x', metadata: {} }],
  ['rbd without such a store', { url: 'rbd://a/b/c/d', metadata: {} }],
  ['what is missing', at('missing')],
  ['what is forbidden', at('forbidden')],
  ['what is broken', at('broken')],
  ['nothing but headers', at('empty')],
  ['no length', at('no-length')],
  ['endless redirects', at('round-and-round')],
  ['another port', { url: 'http://127.0.0.1:1/x', metadata: {} }],
  ['a port that is no number', { url: 'http://127.0.0.1:x/x', metadata: {} }],
];

const accepted: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ['ten bytes', at('ten-bytes')],
  ['a redirect', at('moved')],
  ['two redirects', at('moved-twice')],
  ['a permanent redirect', at('moved-for-good')],
  ['a redirect of another kind', at('see-other')],
  ['a redirect to another port', at('moved-to-another-port')],
  ['an unknown member', { ...at('ten-bytes'), unknown: 'x' }],
  ['metadata', at('ten-bytes', { a: 'b', c: { d: 'e' }, f: ['g'] })],
  ['a metadata number', at('ten-bytes', { a: 1 })],
  ['metadata null inside', at('ten-bytes', { a: null })],
  ['its store', at('ten-bytes', { store: 'mirror' })],
  ['another store', at('ten-bytes', { store: 'fast' })],
  ['an unknown store', at('ten-bytes', { store: 'unknown' })],
  ['more than the size cap', at('above-the-size-cap')],
];

const sha512OfTenBytes =
  'bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32cf6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90';
const md5OfTenBytes = '781e5e245d69b566979b86e28d23f2c7';

function validated(validation: unknown): Location {
  return { ...at('ten-bytes'), validation_data: validation };
}

const validations: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ['right hashes', validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes, checksum: md5OfTenBytes })],
  ['no checksum', validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes })],
  ['wrong hash', validated({ os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(128) })],
  ['upper case', validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes.toUpperCase() })],
  ['too short a hash', validated({ os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(64) })],
  ['too long a hash', validated({ os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(130) })],
  ['not hexadecimal', validated({ os_hash_algo: 'sha512', os_hash_value: 'x'.repeat(128) })],
  ['another algorithm', validated({ os_hash_algo: 'sha256', os_hash_value: 'a'.repeat(64) })],
  ['an unknown algorithm', validated({ os_hash_algo: 'sha7', os_hash_value: 'a'.repeat(64) })],
  ['no algorithm', validated({ os_hash_value: sha512OfTenBytes })],
  ['no hash', validated({ os_hash_algo: 'sha512' })],
  ['a short checksum', validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes, checksum: 'a' })],
  [
    'a checksum not hexadecimal',
    validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes, checksum: 'x'.repeat(32) }),
  ],
  ['only a checksum', validated({ checksum: md5OfTenBytes })],
  ['nothing in it', validated({})],
  ['validation null', validated(null)],
  ['validation text', validated('x')],
  ['an unknown member of validation', validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes, x: 'y' })],
];

const additions: Scenario = {
  name: 'locations: add',
  setup,
  steps: [
    createImage('empty', ready),
    ...malformed.map(([what, value]) => add('empty', what, value)),
    ...refused.map(([what, value]) => add('empty', what, value)),
    showImage('empty', 'show after refusals'),
    ...addToNew('img', accepted),
    createImage('formless'),
    add('formless', 'without formats', at('ten-bytes')),
    showImage('formless', 'show without formats'),
    downloadFrom('img0', 'download ten bytes'),
    downloadFrom('img0', 'download a range', 'alice', { Range: 'bytes=2-4' }),
    downloadFrom('img1', 'download through a redirect'),
    downloadFrom('img0', 'download as a reader', 'rita'),
    uploadTo('img0', 'upload afterwards', tenBytes),
    { what: 'delete', as: 'alice', send: 'DELETE /v2/images/{img0}' },
  ],
};

const paths: Scenario = {
  name: 'locations: paths',
  setup,
  steps: [
    createImage('img', ready),
    ...['', '/', '/x', '/-1', '/0', '/1', '/00', '/ 0', '/1.0', '/0/url', '/-/url', '/0/metadata'].map((path) =>
      patchImage('img', `add to /locations${path}`, [
        { op: 'add', path: `/locations${path}`, value: at('ten-bytes', { path }) },
      ]),
    ),
    showImage('img', 'show after additions'),
    ...['/0', '/-', '/0/url', '/0/metadata', '/x'].map((path) =>
      patchImage('img', `replace /locations${path}`, [
        { op: 'replace', path: `/locations${path}`, value: at('ten-bytes') },
      ]),
    ),
    ...['', '/', '/x', '/-1', '/9', '/0/url'].map((path) =>
      patchImage('img', `remove /locations${path}`, [{ op: 'remove', path: `/locations${path}` }], 'admin'),
    ),
    patchImageV20('img', 'draft 4: add', [{ add: '/locations/-', value: at('ten-bytes', { draft: '4' }) }]),
    patchImageV20('img', 'draft 4: remove', [{ remove: '/locations/0' }], 'admin'),
    showImage('img', 'show at last'),
  ],
};

const several: Scenario = {
  name: 'locations: several',
  setup,
  steps: [
    createImage('img', ready),
    add('img', 'the first', at('ten-bytes')),
    add('img', 'the same again', at('ten-bytes')),
    add('img', 'the same with other metadata', at('ten-bytes', { a: 'b' })),
    showImage('img', 'show two'),
    add('img', 'one of another size', at('five-bytes')),
    showImage('img', 'show three'),
    add('img', 'one too many', at('ten-other-bytes')),
    add('img', 'a duplicate too many', at('ten-bytes')),
    remove('img', 'the first as its owner', '0', 'alice'),
    remove('img', 'the first as somebody else', '0', 'bob'),
    remove('img', 'the first of three', '0'),
    showImage('img', 'show without the first'),
    remove('img', 'the last', '-'),
    showImage('img', 'show without the last'),
    remove('img', 'the only one', '0'),
    remove('img', 'one that is not there', '1'),
    showImage('img', 'show what is left'),
    downloadFrom('img', 'download'),
    createImage('ordered', ready),
    add('ordered', 'first', at('ten-bytes', { n: '1' })),
    add('ordered', 'second, before it', at('ten-bytes', { n: '2' }), '0'),
    add('ordered', 'third, in between', at('ten-bytes', { n: '3' }), '1'),
    showImage('ordered', 'show the order'),
    patchImage(
      'ordered',
      'remove one and rename',
      [
        { op: 'replace', path: '/name', value: 'x' },
        { op: 'remove', path: '/locations/0' },
      ],
      'admin',
    ),
    patchImage(
      'ordered',
      'remove two',
      [
        { op: 'remove', path: '/locations/1' },
        { op: 'remove', path: '/locations/0' },
      ],
      'admin',
    ),
    showImage('ordered', 'show after two removals'),
    createImage('missing', ready),
    patchImage('missing', 'one good and one bad', [
      { op: 'add', path: '/locations/-', value: at('ten-bytes') },
      { op: 'add', path: '/locations/-', value: at('missing') },
    ]),
    showImage('missing', 'show after one bad'),
    createImage('patched', ready),
    patchImage('patched', 'two and a name', [
      { op: 'add', path: '/locations/-', value: at('ten-bytes') },
      { op: 'add', path: '/locations/-', value: at('ten-bytes', { a: 'b' }) },
      { op: 'replace', path: '/name', value: 'two' },
    ]),
    showImage('patched', 'show two and a name'),
  ],
};

const replacements: Scenario = {
  name: 'locations: replace',
  setup,
  steps: [
    createImage('img', ready),
    replace('img', 'with nothing', []),
    replace('img', 'with null', null),
    replace('img', 'with an object', at('ten-bytes')),
    replace('img', 'with a text', 'x'),
    replace('img', 'with texts', ['x']),
    replace('img', 'with one that is missing', [at('missing')]),
    replace('img', 'with one of each', [at('ten-bytes'), at('missing')]),
    replace('img', 'with duplicates', [at('ten-bytes'), at('ten-bytes')]),
    replace(
      'img',
      'with too many',
      ['1', '2', '3', '4'].map((n) => at('ten-bytes', { n })),
    ),
    showImage('img', 'show after refusals'),
    replace('img', 'with two', [at('ten-bytes', { n: '1' }), at('ten-bytes', { n: '2' })]),
    showImage('img', 'show two'),
    replace('img', 'the same urls', [at('ten-bytes', { n: '3' })]),
    showImage('img', 'show other metadata'),
    replace('img', 'the same urls as often', [at('ten-bytes', { n: '5' }), at('ten-bytes', { n: '6' })]),
    showImage('img', 'show metadata of both'),
    replace('img', 'the same urls, one as it is', [at('ten-bytes', { n: '1' }), at('ten-bytes', { n: '6' })]),
    replace('img', 'other urls', [at('five-bytes')]),
    replace('img', 'more urls', [at('ten-bytes'), at('five-bytes')]),
    replace('img', 'nothing, with two there', []),
    replace('img', 'as an admin', [at('ten-bytes', { n: '4' })], 'admin'),
    replace('img', 'as a reader', [at('ten-bytes', { n: '5' })], 'rita'),
    showImage('img', 'show at last'),
    createImage('one', ready),
    replace('one', 'with one', [at('ten-bytes', { n: '1' })]),
    replace('one', 'its url', [at('ten-bytes', { n: '2' })]),
    showImage('one', 'show the url with other metadata'),
    replace('one', 'its url twice', [at('ten-bytes', { n: '1' }), at('ten-bytes', { n: '2' })]),
    replace('one', 'its url as it is', [at('ten-bytes', { n: '2' })]),
    replace('one', 'its url and another', [at('ten-bytes', { n: '2' }), at('five-bytes')]),
    showImage('one', 'show one at last'),
    createImage('validated', ready),
    replace('validated', 'contradicting hashes', [
      { ...at('ten-bytes', { n: '1' }), validation_data: { os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(128) } },
      { ...at('ten-bytes', { n: '2' }), validation_data: { os_hash_algo: 'sha512', os_hash_value: 'b'.repeat(128) } },
    ]),
    replace('validated', 'agreeing hashes', [
      { ...at('ten-bytes', { n: '1' }), validation_data: { os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(128) } },
      at('ten-bytes', { n: '2' }),
    ]),
    showImage('validated', 'show agreeing hashes'),
  ],
};

const hashes: Scenario = {
  name: 'locations: validation data',
  setup,
  steps: [
    ...addToNew('img', validations),
    ...createActiveImage('active'),
    add(
      'active',
      'equal hashes for an active image',
      validated({ os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes }),
    ),
    add('active', 'other hashes for an active image', {
      ...at('ten-bytes', { n: '2' }),
      validation_data: { os_hash_algo: 'sha512', os_hash_value: 'a'.repeat(128) },
    }),
    createImage('bare', ready),
    add('bare', 'no hashes', at('ten-bytes')),
    add('bare', 'hashes later', {
      ...at('ten-bytes', { n: '2' }),
      validation_data: { os_hash_algo: 'sha512', os_hash_value: sha512OfTenBytes },
    }),
    showImage('bare', 'show hashes later'),
  ],
};

const states: Scenario = {
  name: 'locations: states',
  setup,
  steps: [
    ...createActiveImage('img', { visibility: 'community' }),
    add('img', 'to an active image', at('ten-bytes')),
    showImage('img', 'show active'),
    remove('img', 'the uploaded data', '0'),
    showImage('img', 'show without the uploaded data'),
    downloadFrom('img', 'download'),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{img}/actions/deactivate' },
    add('img', 'to a deactivated image', at('ten-bytes', { a: 'b' })),
    add('img', 'to a deactivated image as an admin', at('ten-bytes', { a: 'b' }), '-', 'admin'),
    replace('img', 'of a deactivated image as an admin', [at('ten-bytes', { a: 'b' })], 'admin'),
    remove('img', 'from a deactivated image', '0'),
    { what: 'reactivate', as: 'alice', send: 'POST /v2/images/{img}/actions/reactivate' },
    showImage('img', 'show reactivated'),
    ...(['bob', 'rita', 'anna', 'nobody', 'service', 'systemAdmin', 'stranger'] as const).map((as) =>
      add('img', `add as ${as}`, at('ten-bytes', { by: as }), '-', as),
    ),
    showImage('img', 'show after all callers'),
    createImage('staged', ready),
    stageTo('staged', 'stage'),
    add('staged', 'to a staged image', at('ten-bytes')),
    replace('staged', 'of a staged image', [at('ten-bytes')]),
    remove('staged', 'from a staged image', '0'),
    createImage('queued', ready),
    remove('queued', 'from a queued image', '0'),
    add('uuid1', 'to an unknown image', at('ten-bytes')),
    createImage('private', { ...ready, visibility: 'private' }),
    add('private', 'to an invisible image', at('ten-bytes'), '-', 'bob'),
    createImage('kept', { ...ready, protected: true }),
    add('kept', 'to a protected image', at('ten-bytes')),
    add('kept', 'another to a protected image', at('ten-bytes', { a: 'b' })),
    remove('kept', 'from a protected image', '0'),
  ],
};

function basics(name: string, where: SetupName): Scenario {
  return {
    name,
    setup: where,
    steps: [
      createImage('img', ready),
      showImage('img', 'show queued'),
      add('img', 'add', at('ten-bytes')),
      showImage('img', 'show added'),
      add('img', 'add what is missing', at('missing', { a: 'b' })),
      add('img', 'add again', at('ten-bytes', { store: 'fast' })),
      showImage('img', 'show added again'),
      replace('img', 'replace', [at('ten-bytes', { n: '1' })]),
      replace('img', 'replace with nothing', []),
      remove('img', 'remove as the owner', '0', 'alice'),
      remove('img', 'remove', '0'),
      remove('img', 'remove again', '0'),
      showImage('img', 'show what is left'),
      downloadFrom('img', 'download'),
      ...createActiveImage('active'),
      showImage('active', 'show active'),
      add('active', 'add to active', at('ten-bytes')),
      showImage('active', 'show active with two'),
      { what: 'list', as: 'alice', send: 'GET /v2/images?sort=created_at:asc' },
    ],
  };
}

export const locationScenarios: readonly Scenario[] = [
  additions,
  paths,
  several,
  replacements,
  hashes,
  states,
  basics('locations: a single store', 'single-store-import'),
  basics('locations: hidden', 'single-store'),
];
