/** Staged data. Source: contract 03 §2. */
import type { Scenario, Step } from '../scenario.ts';
import { limits } from '../support/service-options.ts';
import {
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
} from './steps.ts';

const setup = 'multi-store';
const ready = { disk_format: 'raw', container_format: 'bare' };

const contentTypes: ReadonlyArray<readonly [what: string, headers: Readonly<Record<string, string>>]> = [
  ['no content type', {}],
  ['empty content type', { 'Content-Type': '' }],
  ['application/json', { 'Content-Type': 'application/json' }],
  ['upper case', { 'Content-Type': 'Application/Octet-Stream' }],
  ['a parameter', { 'Content-Type': 'application/octet-stream; charset=utf-8' }],
];

function action(image: string, verb: 'deactivate' | 'reactivate'): Step {
  return { what: `${verb} ${image}`, as: 'alice', send: `POST /v2/images/{${image}}/actions/${verb}` };
}

const bodies: Scenario = {
  name: 'stage: bodies',
  setup,
  steps: [
    createImage('typed', ready),
    ...contentTypes.map(([what, headers]): Step => ({ ...stageTo('typed', what), headers })),
    showImage('typed', 'show typed'),
    createImage('sized', ready),
    stageTo('sized', 'with Content-Length'),
    showImage('sized', 'show a sized one'),
    createImage('chunked', ready),
    stageTo('chunked', 'chunked', { chunked: 'abcdef' }),
    showImage('chunked', 'show a chunked one'),
    createImage('empty', ready),
    {
      ...stageTo('empty', 'empty', ''),
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': '0' },
    },
    showImage('empty', 'show an empty one'),
    createImage('large', ready),
    stageTo('large', 'at the size cap', 'x'.repeat(limits.imageSizeCapBytes)),
    showImage('large', 'show the largest'),
    createImage('tooLarge', ready),
    stageTo('tooLarge', 'above the size cap', 'x'.repeat(limits.imageSizeCapBytes + 1)),
    showImage('tooLarge', 'show after a refusal'),
    stageTo('tooLarge', 'above the size cap, chunked', { chunked: 'x'.repeat(limits.imageSizeCapBytes + 1) }),
    showImage('tooLarge', 'show after a chunked refusal'),
    stageTo('tooLarge', 'after refusals'),
    showImage('tooLarge', 'show at last'),
    createImage('formless'),
    stageTo('formless', 'without formats'),
    showImage('formless', 'show without formats'),
  ],
};

const states: Scenario = {
  name: 'stage: states',
  setup,
  steps: [
    ...createStagedImage('img'),
    showImage('img', 'show'),
    stageTo('img', 'twice'),
    uploadTo('img', 'upload instead', tenBytes),
    downloadFrom('img', 'download'),
    action('img', 'deactivate'),
    action('img', 'reactivate'),
    patchImage('img', 'rename', [{ op: 'replace', path: '/name', value: 'x' }]),
    patchImage('img', 'change the format', [{ op: 'replace', path: '/disk_format', value: 'qcow2' }]),
    patchImage('img', 'add a location', [
      { op: 'add', path: '/locations/-', value: { url: '{web}/ten-bytes', metadata: {} } },
    ]),
    { what: 'list uploading', as: 'alice', send: 'GET /v2/images?status=uploading' },
    { what: 'tasks', as: 'alice', send: 'GET /v2/images/{img}/tasks' },
    importTo('img', 'import', { method: { name: 'glance-direct' } }),
    showSettled('img', 'show imported'),
    stageTo('img', 'active'),
    downloadFrom('img', 'download imported'),
    { what: 'unknown image', as: 'alice', send: 'PUT /v2/images/{uuid1}/stage', body: tenBytes },
    { ...stageTo('uuid1', 'unknown image, right type') },
    { ...stageTo('img', 'malformed id'), send: 'PUT /v2/images/not-an-id/stage' },
    ...createStagedImage('gone'),
    { what: 'delete staged', as: 'alice', send: 'DELETE /v2/images/{gone}' },
    showImage('gone', 'show deleted'),
    stageTo('gone', 'deleted'),
    ...createStagedImage('kept', { protected: true }),
    { what: 'delete protected', as: 'alice', send: 'DELETE /v2/images/{kept}' },
    showImage('kept', 'show protected'),
  ],
};

const callers: Scenario = {
  name: 'stage: callers',
  setup,
  steps: [
    createImage('img', { ...ready, visibility: 'community' }),
    stageTo('img', 'another project', tenBytes, 'bob'),
    stageTo('img', 'a reader', tenBytes, 'rita'),
    stageTo('img', 'nobody', tenBytes, 'nobody'),
    stageTo('img', 'a service', tenBytes, 'service'),
    stageTo('img', 'system scope', tenBytes, 'systemAdmin'),
    stageTo('img', 'no token', tenBytes, 'stranger'),
    showImage('img', 'show after refusals'),
    stageTo('img', 'a member without reader', tenBytes, 'anna'),
    showImage('img', 'show staged'),
    createImage('private', { ...ready, visibility: 'private' }),
    stageTo('private', 'invisible', tenBytes, 'bob'),
    stageTo('private', 'an admin', tenBytes, 'admin'),
    showImage('private', 'show private'),
  ],
};

const methods: Scenario = {
  name: 'stage: methods',
  setup,
  steps: [
    createImage('img', ready),
    ...['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: method,
      as: 'alice',
      send: `${method} /v2/images/{img}/stage`,
    })),
    { what: 'a final slash', as: 'alice', send: 'PUT /v2/images/{img}/stage/' },
    { what: 'a query', as: 'alice', send: 'PUT /v2/images/{img}/stage?x=y' },
  ],
};

const singleStore: Scenario = {
  name: 'stage: a single store',
  setup: 'single-store-import',
  steps: [
    ...createStagedImage('img'),
    showImage('img', 'show'),
    stageTo('img', 'twice'),
    importTo('img', 'import', { method: { name: 'glance-direct' } }),
    showSettled('img', 'show imported'),
    downloadFrom('img', 'download'),
    ...createStagedImage('gone'),
    { what: 'delete staged', as: 'alice', send: 'DELETE /v2/images/{gone}' },
    showImage('gone', 'show deleted'),
  ],
};

const switchedOff: Scenario = {
  name: 'stage: switched off',
  steps: [
    createImage('img', ready),
    stageTo('img', 'an image'),
    stageTo('uuid1', 'an unknown image'),
    { what: 'the wrong type', as: 'alice', send: 'PUT /v2/images/{img}/stage', body: tenBytes },
    stageTo('img', 'another project', tenBytes, 'bob'),
    showImage('img', 'show'),
  ],
};

export const stagingScenarios: readonly Scenario[] = [bodies, states, callers, methods, singleStore, switchedOff];
