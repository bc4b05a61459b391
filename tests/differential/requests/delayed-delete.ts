/**
 * Deletion whose data stay for a while: for clients the image is gone at once. Source: contract 02 §6, §11.
 *
 * The setup has a storage quota of forty bytes, which shows whether a deleted image still counts.
 */
import type { Scenario, Step } from '../scenario.ts';
import { createActiveImage, createImage, downloadFrom, listImages, showImage, tenBytes, uploadTo } from './steps.ts';

const setup = 'delayed-delete';
const ready = { disk_format: 'raw', container_format: 'bare' };

function deleteImage(name: string, what: string, as: Step['as'] = 'alice'): Step {
  return { what, as, send: `DELETE /v2/images/{${name}}` };
}

const deletion: Scenario = {
  name: 'delayed delete',
  setup,
  steps: [
    ...createActiveImage('img', { id: '{uuid1}', visibility: 'community', tags: ['x'], os_distro: 'y' }),
    { what: 'share', as: 'alice', send: 'POST /v2/images/{img}/members', json: { member: '{p2}' } },
    deleteImage('img', 'as somebody else', 'bob'),
    deleteImage('img', 'as a reader', 'rita'),
    { ...deleteImage('img', 'with a body'), body: '{}' },
    deleteImage('img', 'delete'),
    deleteImage('img', 'delete again'),
    deleteImage('img', 'delete again as an admin', 'admin'),
    showImage('img', 'show'),
    showImage('img', 'show as an admin', 'admin'),
    downloadFrom('img', 'download'),
    downloadFrom('img', 'download as an admin', 'admin'),
    uploadTo('img', 'upload', tenBytes),
    {
      what: 'rename',
      as: 'alice',
      send: 'PATCH /v2/images/{img}',
      headers: { 'Content-Type': 'application/openstack-images-v2.1-json-patch' },
      json: [],
    },
    { what: 'members', as: 'alice', send: 'GET /v2/images/{img}/members' },
    { what: 'tag', as: 'alice', send: 'PUT /v2/images/{img}/tags/z' },
    { what: 'deactivate', as: 'admin', send: 'POST /v2/images/{img}/actions/deactivate' },
    { what: 'reactivate', as: 'admin', send: 'POST /v2/images/{img}/actions/reactivate' },
    { what: 'delete from a store', as: 'admin', send: 'DELETE /v2/stores/fast/{img}' },
    { what: 'queue for the cache', as: 'admin', send: 'PUT /v2/cache/{img}' },
    { what: 'use the id again', as: 'alice', send: 'POST /v2/images', json: { id: '{uuid1}' } },
    ...listImages('alice', ['', 'status=pending_delete', 'status=deleted', 'id={uuid1}', 'tag=x', 'os_distro=y']),
    ...listImages('admin', ['visibility=all', 'status=pending_delete', 'marker={uuid1}']),
    ...createActiveImage('kept', { protected: true }),
    deleteImage('kept', 'delete a protected image'),
    showImage('kept', 'show a protected image'),
    createImage('empty', ready),
    deleteImage('empty', 'delete an image without data'),
    showImage('empty', 'show an image without data'),
    ...createActiveImage('off'),
    { what: 'deactivate it', as: 'alice', send: 'POST /v2/images/{off}/actions/deactivate' },
    deleteImage('off', 'delete a deactivated image'),
    showImage('off', 'show a deactivated image'),
  ],
};

const quota: Scenario = {
  name: 'delayed delete: storage quota',
  setup,
  steps: [
    createImage('first', ready),
    uploadTo('first', 'more than there is', 'x'.repeat(41)),
    showImage('first', 'show after a refusal'),
    uploadTo('first', 'all there is', 'x'.repeat(40)),
    showImage('first', 'show all there is'),
    createImage('second', ready),
    uploadTo('second', 'one more byte', 'x'),
    showImage('second', 'show after another refusal'),
    createImage('foreign', ready, 'bob'),
    uploadTo('foreign', 'of another project', tenBytes, 'bob'),
    deleteImage('first', 'delete what fills it'),
    createImage('third', ready),
    uploadTo('third', 'after deletion', tenBytes),
    showImage('third', 'show after deletion'),
    createImage('fourth', ready),
    uploadTo('fourth', 'what is left, exactly', 'x'.repeat(30)),
    createImage('fifth', ready),
    uploadTo('fifth', 'one more byte again', 'x'),
    showImage('fifth', 'show at last'),
  ],
};

/** Data of unknown length, which nothing can refuse in advance. */
const quotaOfChunks: Scenario = {
  name: 'delayed delete: storage quota and chunks',
  setup,
  steps: [
    createImage('greedy', ready),
    uploadTo('greedy', 'more than there is', { chunked: 'x'.repeat(41) }),
    showImage('greedy', 'show after a refusal'),
    createImage('exact', ready),
    uploadTo('exact', 'all there is', { chunked: 'x'.repeat(40) }),
    showImage('exact', 'show all there is'),
    createImage('late', ready),
    uploadTo('late', 'one more byte', { chunked: 'x' }),
    showImage('late', 'show after one more byte'),
    createImage('empty', ready),
    {
      ...uploadTo('empty', 'nothing', ''),
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': '0' },
    },
    showImage('empty', 'show nothing'),
  ],
};

const cached: Scenario = {
  name: 'delayed delete: cached images',
  setup,
  steps: [
    ...createActiveImage('img', { id: '{uuid1}' }),
    downloadFrom('img', 'download'),
    {
      what: 'list the cache',
      as: 'admin',
      send: 'GET /v2/cache',
      until: { '/cached_images/0/image_id': ['{img}'] },
    },
    deleteImage('img', 'delete'),
    { what: 'list the cache after deletion', as: 'admin', send: 'GET /v2/cache' },
    downloadFrom('img', 'download after deletion'),
  ],
};

export const delayedDeleteScenarios: readonly Scenario[] = [deletion, quota, quotaOfChunks, cached];
