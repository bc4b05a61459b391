/** Protected properties, by roles and by policies. Source: contract 10 §7. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import type { SetupName } from '../setups.ts';
import {
  createActiveImage,
  createImage,
  downloadFrom,
  listImages,
  patchImage,
  patchImageV20,
  showImage,
} from './steps.ts';

const styles: readonly SetupName[] = ['protected-by-roles', 'protected-by-policies'];

/** One property of every kind, and one that no pattern is found in. */
const names = [
  'x_admin_a',
  'x_owner_a',
  'x_owner_d',
  'x_reader_a',
  'x_once_a',
  'x_all_a',
  'y_all',
  'x_none_a',
  'uppercase',
  'x_keep_a',
  'unmatched',
  'X_ADMIN_A',
];

const readers: readonly Caller[] = ['alice', 'rita', 'anna', 'shouting', 'admin', 'bareAdmin', 'service', 'nobody'];

function create(what: string, as: Caller, attributes: Readonly<Record<string, unknown>>): Step {
  return { what, as, send: 'POST /v2/images', json: attributes };
}

function add(name: string, value = 'new'): object {
  return { op: 'add', path: `/${name}`, value };
}

function replace(name: string, value = 'changed'): object {
  return { op: 'replace', path: `/${name}`, value };
}

function remove(name: string): object {
  return { op: 'remove', path: `/${name}` };
}

/** What an administrator may give an image of project 1. */
const given = { x_admin_a: '1', x_owner_a: '2', x_reader_a: '3', x_keep_a: '4', y_all: '5', uppercase: '6' };
const image = { owner: '{p1}', visibility: 'public', ...given };

function creation(setup: SetupName): Scenario {
  return {
    name: `${setup}: create`,
    setup,
    steps: [
      ...names.flatMap((name) =>
        (['alice', 'admin'] as const).map((as) => create(`${name} by ${as}`, as, { [name]: 'v' })),
      ),
      create('several, one of them refused', 'alice', { x_all_a: 'v', x_admin_a: 'v' }),
      create('as a reader', 'rita', { x_all_a: 'v' }),
      create('without any', 'alice', { name: 'plain' }),
      create('attributes are not protected', 'alice', { min_disk: 1, tags: ['t'], visibility: 'private' }),
      create('malformed and refused', 'alice', { x_admin_a: 1 }),
    ],
  };
}

function reading(setup: SetupName): Scenario {
  return {
    name: `${setup}: read`,
    setup,
    steps: [
      createImage('img', { ...image, name: 'read' }, 'admin'),
      ...readers.map((as) => showImage('img', `show as ${as}`, as)),
      ...readers.flatMap((as) => listImages(as, ['name=read'])),
      ...listImages('alice', ['name=read&x_owner_a=2', 'name=read&y_all=5', 'name=read&y_all=6']),
      ...listImages('admin', ['name=read&x_admin_a=1', 'name=read&x_admin_a=2']),
    ],
  };
}

/** In Glance, whoever changes an image without seeing a property removes it: each of these has its own image. */
function changes(setup: SetupName): Scenario {
  const attempts: readonly (readonly [what: string, as: Caller, operations: readonly object[]])[] = [
    ['add one that is protected', 'bareAdmin', [add('x_admin_b')]],
    ['add one that nobody may have', 'bareAdmin', [add('x_none_a')]],
    ['add one that no pattern is found in', 'bareAdmin', [add('unmatched')]],
    ['replace', 'admin', [replace('x_admin_a'), replace('x_owner_a')]],
    ['add over one that is there', 'admin', [add('x_admin_a', 'over')]],
    ['remove', 'admin', [remove('x_admin_a'), remove('x_reader_a')]],
    ['remove one that is not there', 'admin', [remove('x_admin_z')]],
    ['replace one that is not there', 'admin', [replace('x_admin_z')]],
    ['one refused among several', 'admin', [replace('y_all'), replace('x_keep_a')]],
    ['replace one whose case differs', 'admin', [replace('uppercase')]],
  ];
  return {
    name: `${setup}: change`,
    setup,
    steps: attempts.flatMap(([what, as, operations], index) => [
      createImage(`img${index}`, image, 'admin'),
      patchImage(`img${index}`, what, operations, as),
      showImage(`img${index}`, `after: ${what}`, 'admin'),
    ]),
  };
}

/** By callers who see all that their images have. */
function ownChanges(setup: SetupName): Scenario {
  const own = { x_owner_a: '1', x_reader_a: '2', x_once_a: '3', y_all: '4' };
  const attempts: readonly (readonly [what: string, operations: readonly object[]])[] = [
    ['add', [add('x_owner_b'), add('x_all_b')]],
    ['add one of others', [add('x_admin_a')]],
    ['replace', [replace('x_owner_a'), replace('x_reader_a'), replace('y_all')]],
    ['replace one that may only be made', [replace('x_once_a')]],
    ['remove', [remove('x_owner_a'), remove('y_all')]],
    ['remove one that may not be removed', [remove('x_reader_a')]],
    ['remove one that may only be made', [remove('x_once_a')]],
    ['replace one that is not there', [replace('x_owner_c')]],
    ['remove one that is not there', [remove('x_owner_c')]],
    ['add and remove it again', [add('x_owner_b'), remove('x_owner_b')]],
    ['attributes only', [replace('name', 'renamed')]],
    ['nothing', []],
  ];
  return {
    name: `${setup}: own images`,
    setup,
    steps: [
      ...attempts.flatMap(([what, operations], index) => [
        createImage(`img${index}`, own),
        patchImage(`img${index}`, what, operations),
        showImage(`img${index}`, `after: ${what}`),
      ]),
      createImage('old', own),
      patchImageV20('old', 'in the former dialect: add', [{ add: '/x_owner_b', value: 'v' }]),
      patchImageV20('old', 'in the former dialect: add one of others', [{ add: '/x_admin_a', value: 'v' }]),
      patchImageV20('old', 'in the former dialect: remove', [{ remove: '/x_owner_a' }]),
      { what: 'a tag', as: 'alice', send: 'PUT /v2/images/{old}/tags/t' },
      showImage('old', 'after the tag'),
    ],
  };
}

/** What somebody sees and does who may not read all that is there. */
function unseen(setup: SetupName): Scenario {
  return {
    name: `${setup}: unseen`,
    setup,
    steps: [
      createImage('replaced', image, 'admin'),
      patchImage('replaced', 'replace what is not seen', [replace('x_admin_a')]),
      createImage('removed', image, 'admin'),
      patchImage('removed', 'remove what is not seen', [remove('x_admin_a')]),
      createImage('added', image, 'admin'),
      patchImage('added', 'add what is there and not seen', [add('x_admin_a')]),
      createImage('renamed', image, 'admin'),
      patchImage('renamed', 'change something else', [replace('name', 'renamed')]),
      showImage('renamed', 'what is left'),
      showImage('renamed', 'what is left for an administrator', 'admin'),
      createImage('dropped', { x_drop_a: 'v' }),
      showImage('dropped', 'what was made without the right to read it', 'admin'),
      ...listImages('alice', ['name=unseen', 'x_admin_a=1']),
      ...createActiveImage('data', { x_owner_a: 'v', x_all_a: 'v' }),
      downloadFrom('data', 'download as somebody who may not read the properties', 'nobody'),
      { what: 'delete', as: 'alice', send: 'DELETE /v2/images/{data}' },
    ],
  };
}

export const protectionScenarios: readonly Scenario[] = styles.flatMap((setup) => [
  creation(setup),
  reading(setup),
  changes(setup),
  ownChanges(setup),
  unseen(setup),
]);
