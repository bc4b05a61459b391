/**
 * The tasks API. Source: contract 04 §8.
 *
 * Tasks outlive their scenario and cannot be deleted, so lists are narrowed to the projects of this one.
 */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import { createImage, createStagedImage, importTo, showSettled } from './steps.ts';

const setup = 'multi-store';
const ready = { disk_format: 'raw', container_format: 'bare' };

const mine = 'owner={p9}';

/** A legacy import that fails at once: what it is told to create is not allowed. */
const importInput = {
  import_from: '{web}/ten-bytes',
  import_from_format: 'raw',
  image_properties: { disk_format: 'raw', container_format: 'bare' },
};

function post(what: string, json: unknown, as: Caller = 'admin'): Step {
  return { what, as, send: 'POST /v2/tasks', json };
}

function createTask(name: string, json: unknown, as: Caller = 'admin'): Step {
  return { ...post(`create ${name}`, json, as), save: { [name]: 'id' } };
}

function showFinished(name: string, what: string): Step {
  return { what, as: 'admin', send: `GET /v2/tasks/{${name}}`, until: { status: ['success', 'failure', null] } };
}

function list(queries: readonly string[], as: Caller = 'admin'): Step[] {
  return queries.map((query) => ({ what: `list ?${query}`, as, send: `GET /v2/tasks?${query}` }));
}

const everybody: readonly Caller[] = [
  'alice',
  'anna',
  'rita',
  'nobody',
  'bob',
  'service',
  'bareAdmin',
  'systemAdmin',
  'domainAdmin',
  'stranger',
];

/** Imports of images, which the interoperable import makes: they show up as tasks of their project. */
const ofImports: Scenario = {
  name: 'tasks: of imports',
  setup,
  steps: [
    ...createStagedImage('img', {}, 'admin'),
    importTo('img', 'import', { method: { name: 'glance-direct' } }, 'admin'),
    showSettled('img', 'show', 'admin'),
    {
      what: 'tasks of the image',
      as: 'admin',
      send: 'GET /v2/images/{img}/tasks',
      until: { '/tasks/0/status': ['success', 'failure'] },
      save: { done: '/tasks/0/id' },
    },
    { what: 'show the task', as: 'admin', send: 'GET /v2/tasks/{done}' },
    createImage('failing', ready, 'admin'),
    importTo('failing', 'import what is missing', { method: { name: 'web-download', uri: '{web}/missing' } }, 'admin'),
    showSettled('failing', 'show the failure', 'admin'),
    {
      what: 'tasks of the failure',
      as: 'admin',
      send: 'GET /v2/images/{failing}/tasks',
      until: { '/tasks/0/status': ['success', 'failure'] },
      save: { failed: '/tasks/0/id' },
    },
    { what: 'show the failed task', as: 'admin', send: 'GET /v2/tasks/{failed}' },
    createImage('second', ready, 'admin'),
    importTo('second', 'import a page', { method: { name: 'web-download', uri: '{web}/ten-bytes' } }, 'admin'),
    showSettled('second', 'show the second', 'admin'),
    {
      what: 'tasks of the second',
      as: 'admin',
      send: 'GET /v2/images/{second}/tasks',
      until: { '/tasks/0/status': ['success', 'failure'] },
      save: { other: '/tasks/0/id' },
    },
    ...list([
      mine,
      `${mine}&status=success`,
      `${mine}&status=failure`,
      `${mine}&status=pending`,
      `${mine}&status=processing`,
      `${mine}&status=`,
      `${mine}&status=done`,
      `${mine}&status=SUCCESS`,
      `${mine}&type=import`,
      `${mine}&type=api_image_import`,
      `${mine}&type=`,
      `${mine}&type=nonsense`,
      `${mine}&image_id={img}`,
      `${mine}&image_id={uuid1}`,
      `${mine}&user_id=admin`,
      `${mine}&user_id=alice`,
      `${mine}&id={done}`,
      `${mine}&id={uuid1}`,
      `${mine}&request_id=x`,
      `${mine}&unknown=x`,
      `${mine}&deleted=true`,
      `${mine}&limit=0`,
      `${mine}&limit=1`,
      `${mine}&limit=2`,
      `${mine}&limit=100`,
      `${mine}&limit=-1`,
      `${mine}&limit=x`,
      `${mine}&limit=`,
      `${mine}&marker={done}`,
      `${mine}&marker={other}`,
      `${mine}&limit=1&marker={other}`,
      `${mine}&marker={uuid1}`,
      `${mine}&marker=nonsense`,
      `${mine}&marker=`,
      `${mine}&sort_dir=asc`,
      `${mine}&sort_dir=desc`,
      `${mine}&sort_dir=up`,
      `${mine}&sort_dir=`,
      `${mine}&sort_key=created_at&sort_dir=asc`,
      `${mine}&sort_key=updated_at&sort_dir=asc`,
      `${mine}&sort_key=status&sort_dir=asc`,
      `${mine}&sort_key=nonsense`,
      `${mine}&sort_key=`,
      `${mine}&sort_key=created_at&sort_key=status`,
      `${mine}&sort=created_at:asc`,
      'owner=nobody-of-this-name',
      'owner=',
    ]),
  ],
};

const callers: Scenario = {
  name: 'tasks: callers',
  setup,
  steps: [
    ...everybody.flatMap((as): Step[] => [
      { what: `${as} lists`, as, send: 'GET /v2/tasks?owner={p1}' },
      { what: `${as} shows`, as, send: 'GET /v2/tasks/{uuid1}' },
      { what: `${as} deletes`, as, send: 'DELETE /v2/tasks/{uuid1}' },
    ]),
    ...(['alice', 'rita', 'nobody', 'service', 'stranger'] as const).map((as) => post(`${as} creates`, {}, as)),
  ],
};

const routing: Scenario = {
  name: 'tasks: methods',
  setup,
  steps: [
    { what: 'show an unknown one', as: 'admin', send: 'GET /v2/tasks/{uuid1}' },
    { what: 'show a malformed id', as: 'admin', send: 'GET /v2/tasks/nonsense' },
    { what: 'delete an unknown one', as: 'admin', send: 'DELETE /v2/tasks/{uuid1}' },
    { what: 'delete a malformed id', as: 'admin', send: 'DELETE /v2/tasks/nonsense' },
    { what: 'a final slash', as: 'admin', send: 'GET /v2/tasks/' },
    ...['PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: `${method} of all`,
      as: 'admin',
      send: `${method} /v2/tasks`,
    })),
    ...['PUT', 'POST', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: `${method} of one`,
      as: 'admin',
      send: `${method} /v2/tasks/{uuid1}`,
    })),
    { what: 'list with a body', as: 'admin', send: `GET /v2/tasks?${mine}`, body: '{}' },
    { what: 'show with a body', as: 'admin', send: 'GET /v2/tasks/{uuid1}', body: '{}' },
  ],
};

const invalid: ReadonlyArray<readonly [what: string, json: unknown]> = [
  ['nothing', {}],
  ['null', null],
  ['an array', []],
  ['a text', 'x'],
  ['no input', { type: 'import' }],
  ['no type', { input: importInput }],
  ['an unknown type', { type: 'export', input: importInput }],
  ['type null', { type: null, input: importInput }],
  ['type number', { type: 5, input: importInput }],
  ['input null', { type: 'import', input: null }],
  ['input text', { type: 'import', input: 'x' }],
  ['input array', { type: 'import', input: [] }],
  ['input empty', { type: 'import', input: {} }],
  ['an unknown member', { type: 'import', input: importInput, unknown: 'x' }],
  ['status unknown', { type: 'import', input: importInput, status: 'done' }],
  ['id malformed', { type: 'import', input: importInput, id: 'nonsense' }],
  ['owner number', { type: 'import', input: importInput, owner: 5 }],
  ['from a file', { type: 'import', input: { ...importInput, import_from: 'file:///etc/hostname' } }],
  ['from ftp', { type: 'import', input: { ...importInput, import_from: 'ftp://127.0.0.1/x' } }],
  ['from a word', { type: 'import', input: { ...importInput, import_from: 'nonsense' } }],
  ['from another port', { type: 'import', input: { ...importInput, import_from: 'http://127.0.0.1:1/x' } }],
  ['from nothing', { type: 'import', input: { ...importInput, import_from: '' } }],
  ['from null', { type: 'import', input: { ...importInput, import_from: null } }],
];

const requests: Scenario = {
  name: 'tasks: requests',
  setup,
  steps: [
    ...invalid.map(([what, json]) => post(what, json)),
    { what: 'no body', as: 'admin', send: 'POST /v2/tasks' },
    { what: 'not JSON', as: 'admin', send: 'POST /v2/tasks', body: '{' },
    ...list([mine]),
  ],
};

const legacyImport: Scenario = {
  name: 'tasks: legacy import',
  setup,
  steps: [
    createTask('plain', { type: 'import', input: importInput }),
    showFinished('plain', 'show the import'),
    createTask('missing', { type: 'import', input: { ...importInput, import_from: '{web}/missing' } }),
    showFinished('missing', 'show what is missing'),
    createTask('formless', { type: 'import', input: { import_from: '{web}/ten-bytes' } }),
    showFinished('formless', 'show what lacks input'),
    createTask('given', { type: 'import', input: importInput, status: 'success', owner: 'x', message: 'x' }),
    showFinished('given', 'show what was given a status'),
    ...list([mine, `${mine}&type=import`, `${mine}&status=success&type=import`]),
    { what: 'delete it', as: 'admin', send: 'DELETE /v2/tasks/{plain}' },
    { what: 'show it to its own project', as: 'admin', send: 'GET /v2/tasks/{plain}' },
  ],
};

export const taskScenarios: readonly Scenario[] = [ofImports, callers, routing, requests, legacyImport];
