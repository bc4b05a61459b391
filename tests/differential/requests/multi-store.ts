/** Stores with ids: uploads, images and deletions that name one. Source: contract 05 §4, §5; 02 §2, §3; 03 §1.1, §4.4. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import {
  createActiveImage,
  createImage,
  downloadFrom,
  importTo,
  listImages,
  patchImage,
  showImage,
  showSettled,
  tenBytes,
  uploadTo,
  withHeaders,
} from './steps.ts';

const setup = 'multi-store';
const ready = { disk_format: 'raw', container_format: 'bare' };

function uploadToStore(name: string, what: string, store: string, as: Caller = 'alice'): Step {
  return withHeaders(uploadTo(name, what, tenBytes, as), { 'X-Image-Meta-Store': store });
}

function deleteFrom(store: string, image: string, what: string, as: Caller = 'admin'): Step {
  return { what, as, send: `DELETE /v2/stores/${store}/${image}` };
}

/** An image with its data in `fast` and in `slow`. */
function createInTwoStores(name: string, attributes: Readonly<Record<string, unknown>> = {}): Step[] {
  return [
    ...createActiveImage(name, attributes),
    importTo(name, `copy ${name} to slow`, { method: { name: 'copy-image' }, stores: ['slow'] }, 'admin'),
    showSettled(name, `show ${name} in two stores`),
  ];
}

const storeNames = ['fast', 'slow', 'mirror', 'unknown', '', 'FAST', ' fast', 'fast,slow', 'os_glance_tasks_store'];

const uploads: Scenario = {
  name: 'stores: uploads',
  setup,
  steps: [
    createImage('plain', ready),
    uploadTo('plain', 'no store', tenBytes),
    showImage('plain', 'show no store'),
    ...storeNames.flatMap((store, index): Step[] => [
      createImage(`img${index}`, ready),
      uploadToStore(`img${index}`, `to "${store}"`, store),
      showImage(`img${index}`, `show "${store}"`),
      downloadFrom(`img${index}`, `download "${store}"`),
    ]),
    { ...uploadToStore('uuid1', 'unknown store before unknown image', 'unknown') },
    { ...uploadToStore('uuid1', 'known store, unknown image', 'slow') },
    uploadToStore('plain', 'unknown store before status', 'unknown'),
    uploadToStore('plain', 'status', 'slow'),
    uploadToStore('plain', 'unknown store, somebody else', 'unknown', 'bob'),
    {
      ...uploadToStore('plain', 'wrong type before unknown store', 'unknown'),
      headers: { 'Content-Type': 'text/plain', 'X-Image-Meta-Store': 'unknown' },
    },
    ...listImages('alice', ['']),
  ],
};

/** Not text of ours: what a create, a show and a list say of the stores there are. */
const representations: Scenario = {
  name: 'stores: representations',
  setup,
  steps: [
    createImage('queued', ready),
    createImage('queuedByAdmin', ready, 'admin'),
    createImage('queuedByReader', ready, 'rita'),
    withHeaders(createImage('named', ready), { 'X-Image-Meta-Store': 'slow' }),
    withHeaders(createImage('misnamed', ready), { 'X-Image-Meta-Store': 'unknown' }),
    ...createActiveImage('img', { visibility: 'community' }),
    showImage('img', 'show as the owner'),
    showImage('img', 'show as a reader', 'rita'),
    showImage('img', 'show as a member without reader', 'anna'),
    showImage('img', 'show as somebody else', 'bob'),
    showImage('img', 'show as an admin', 'admin'),
    showImage('img', 'show as a service', 'service'),
    ...listImages('alice', ['status=active', 'stores=fast', 'stores=slow', 'stores=']),
    ...listImages('bob', ['visibility=community']),
    { what: 'create with stores', as: 'alice', send: 'POST /v2/images', json: { stores: 'fast' } },
    { what: 'create with locations', as: 'alice', send: 'POST /v2/images', json: { locations: [] } },
    { what: 'create with direct_url', as: 'alice', send: 'POST /v2/images', json: { direct_url: 'x' } },
    patchImage('img', 'replace stores', [{ op: 'replace', path: '/stores', value: 'slow' }]),
    patchImage('img', 'replace direct_url', [{ op: 'replace', path: '/direct_url', value: 'x' }]),
    patchImage('img', 'rename', [{ op: 'replace', path: '/name', value: 'x' }]),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{img}/actions/deactivate' },
    showImage('img', 'show deactivated'),
    showImage('img', 'show deactivated as somebody else', 'bob'),
    showImage('img', 'show deactivated as an admin', 'admin'),
    downloadFrom('img', 'download deactivated'),
    downloadFrom('img', 'download deactivated as an admin', 'admin'),
    { what: 'reactivate', as: 'alice', send: 'POST /v2/images/{img}/actions/reactivate' },
    showImage('img', 'show reactivated'),
  ],
};

const downloads: Scenario = {
  name: 'stores: downloads',
  setup,
  steps: [
    ...createInTwoStores('img'),
    downloadFrom('img', 'whole'),
    downloadFrom('img', 'a range', 'alice', { Range: 'bytes=2-4' }),
    downloadFrom('img', 'as a reader', 'rita'),
    deleteFrom('fast', '{img}', 'delete from fast'),
    showImage('img', 'show what is left'),
    downloadFrom('img', 'whole from slow'),
    downloadFrom('img', 'a range from slow', 'alice', { Range: 'bytes=2-4' }),
    { what: 'delete the image', as: 'alice', send: 'DELETE /v2/images/{img}' },
    downloadFrom('img', 'after deletion'),
  ],
};

const deletions: Scenario = {
  name: 'stores: deletions',
  setup,
  steps: [
    ...createInTwoStores('img'),
    deleteFrom('unknown', '{img}', 'unknown store'),
    deleteFrom('unknown', '{uuid1}', 'unknown store before unknown image'),
    deleteFrom('unknown', '{img}', 'unknown store as a member', 'alice'),
    deleteFrom('fast', '{uuid1}', 'unknown image'),
    deleteFrom('fast', 'not-an-id', 'malformed id'),
    deleteFrom('fast', '{img}', 'somebody else', 'bob'),
    deleteFrom('fast', '{img}', 'the owner', 'alice'),
    deleteFrom('fast', '{img}', 'a reader', 'rita'),
    deleteFrom('fast', '{img}', 'a service', 'service'),
    deleteFrom('fast', '{img}', 'no token', 'stranger'),
    deleteFrom('mirror', '{img}', 'a store without the image'),
    deleteFrom('os_glance_staging_store', '{img}', 'a reserved store'),
    deleteFrom('FAST', '{img}', 'another case'),
    { ...deleteFrom('slow', '{img}', 'with a body'), body: '{}' },
    showImage('img', 'show after refusals'),
    deleteFrom('slow', '{img}', 'from slow'),
    showImage('img', 'show after slow'),
    deleteFrom('slow', '{img}', 'from slow again'),
    deleteFrom('fast', '{img}', 'the last'),
    showImage('img', 'show after all'),
    createImage('queued', ready),
    deleteFrom('fast', '{queued}', 'queued'),
    ...createInTwoStores('kept', { protected: true }),
    deleteFrom('slow', '{kept}', 'protected'),
    showImage('kept', 'show protected'),
    ...createInTwoStores('off'),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{off}/actions/deactivate' },
    deleteFrom('slow', '{off}', 'deactivated'),
    ...['GET', 'POST', 'PUT', 'PATCH', 'OPTIONS'].map((method): Step => ({
      what: `${method} of a store and an image`,
      as: 'admin',
      send: `${method} /v2/stores/fast/{img}`,
    })),
    { what: 'all stores', as: 'admin', send: 'GET /v2/stores' },
    { what: 'one store', as: 'admin', send: 'GET /v2/stores/fast' },
    deleteFrom('fast', '{img}/', 'a final slash'),
  ],
};

const withoutStores: Scenario = {
  name: 'stores: a single store',
  setup: 'single-store-import',
  steps: [
    ...createActiveImage('img'),
    showImage('img', 'show'),
    deleteFrom('file', '{img}', 'delete from its kind'),
    deleteFrom('fast', '{img}', 'delete from an unknown one'),
    deleteFrom('fast', '{uuid1}', 'an unknown image'),
    deleteFrom('fast', '{img}', 'as a member', 'alice'),
    { ...deleteFrom('fast', '{img}', 'with a body'), body: '{}' },
    { what: 'GET of a store and an image', as: 'admin', send: 'GET /v2/stores/fast/{img}' },
    createImage('other', ready),
    uploadToStore('other', 'upload with a store', 'unknown'),
    showImage('other', 'show after the upload'),
  ],
};

export const multiStoreScenarios: readonly Scenario[] = [uploads, representations, downloads, deletions, withoutStores];
