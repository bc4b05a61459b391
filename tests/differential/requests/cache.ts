/**
 * The image cache: its API, its older routes, and how downloads fill it. Source: contract 08 §2 – §4.
 *
 * Images get ids that are the same on both services, because the cache lists them by id. What the cache does behind an answer
 * is waited for in the list that shows it.
 */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import { createActiveImage, createImage, downloadFrom, patchImage, showImage } from './steps.ts';

const setup = 'cache';
const ready = { disk_format: 'raw', container_format: 'bare' };

const everybody: readonly Caller[] = [
  'alice',
  'rita',
  'nobody',
  'bob',
  'service',
  'admin',
  'bareAdmin',
  'systemAdmin',
  'stranger',
];

function send(method: string, path: string, what = `${method} ${path}`, as: Caller = 'admin'): Step {
  return { what, as, send: `${method} /v2/${path}` };
}

function listCache(what: string, until: Step['until'] = {}): Step {
  return { ...send('GET', 'cache', what), until };
}

/** Lists the cache once it holds these images, and queues none. */
function listWhenCached(what: string, images: readonly string[]): Step {
  const present = images.map((image, index) => [`/cached_images/${index}/image_id`, [image]]);
  return listCache(what, {
    ...Object.fromEntries(present),
    [`/cached_images/${images.length}`]: [null],
    '/queued_images/0': [null],
  });
}

function clear(target: string): Step {
  return {
    ...send('DELETE', 'cache', `clear "${target}"`),
    headers: { 'x-image-cache-clear-target': target },
  };
}

const callers: Scenario = {
  name: 'cache: callers',
  setup,
  steps: [
    ...createActiveImage('img', { id: '{uuid1}', visibility: 'community' }),
    ...createActiveImage('private', { id: '{uuid2}', visibility: 'private' }),
    ...everybody.flatMap((as) => [
      send('GET', 'cache', `${as} lists`, as),
      send('PUT', 'cache/{uuid9}', `${as} queues an unknown image`, as),
      send('DELETE', 'cache/{uuid9}', `${as} deletes an unknown image`, as),
      send('DELETE', 'cache', `${as} clears`, as),
    ]),
    ...(['alice', 'rita', 'nobody', 'bob', 'service', 'systemAdmin', 'stranger'] as const).flatMap((as) => [
      send('PUT', 'cache/{img}', `${as} queues`, as),
      send('DELETE', 'cache/{img}', `${as} deletes`, as),
      send('PUT', 'cache/{private}', `${as} queues a private image`, as),
    ]),
  ],
};

const queueing: Scenario = {
  name: 'cache: queueing',
  setup,
  steps: [
    listCache('an empty cache'),
    ...createActiveImage('img', { id: '{uuid1}' }),
    send('PUT', 'cache/{img}', 'queue'),
    listWhenCached('list one', ['{img}']),
    send('PUT', 'cache/{img}', 'queue what is cached'),
    listWhenCached('list the same', ['{img}']),
    downloadFrom('img', 'download from the cache'),
    listCache('list after a hit', { '/cached_images/0/hits': [1] }),
    downloadFrom('img', 'download a range', 'alice', { Range: 'bytes=2-4' }),
    downloadFrom('img', 'download for another project', 'bob'),
    downloadFrom('img', 'download for a reader', 'rita'),
    downloadFrom('img', 'download for an admin', 'admin'),
    listCache('list after two hits', { '/cached_images/0/hits': [2, 3] }),
    createImage('queued', ready),
    send('PUT', 'cache/{queued}', 'queue an image without data'),
    send('PUT', 'cache/{uuid9}', 'queue an unknown image'),
    send('PUT', 'cache/not-an-id', 'queue a malformed id'),
    { ...send('PUT', 'cache/{img}', 'queue with a body'), body: '{}' },
    send('DELETE', 'cache/{queued}', 'delete an image that is not cached'),
    send('DELETE', 'cache/{img}', 'delete'),
    listCache('list after deletion'),
    send('DELETE', 'cache/{img}', 'delete again'),
    send('DELETE', 'cache/not-an-id', 'delete a malformed id'),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{img}/actions/deactivate' },
    send('PUT', 'cache/{img}', 'queue a deactivated image'),
  ],
};

const filling: Scenario = {
  name: 'cache: filling by downloads',
  setup,
  steps: [
    ...createActiveImage('one', { id: '{uuid1}', visibility: 'community' }),
    downloadFrom('one', 'a range first', 'alice', { Range: 'bytes=0-4' }),
    downloadFrom('one', 'a Content-Range first', 'alice', { 'Content-Range': 'bytes 0-4/10' }),
    listCache('list after ranges'),
    downloadFrom('one', 'whole'),
    listWhenCached('list after a download', ['{one}']),
    downloadFrom('one', 'from the cache', 'bob'),
    downloadFrom('one', 'from the cache for a reader', 'rita'),
    downloadFrom('one', 'from the cache for nobody', 'nobody'),
    downloadFrom('one', 'from the cache with If-None-Match', 'alice', { 'If-None-Match': '"x"' }),
    { what: 'from the cache with a query', as: 'alice', send: 'GET /v2/images/{one}/file?x=y' },
    { what: 'HEAD of a cached image', as: 'alice', send: 'HEAD /v2/images/{one}/file' },
    patchImage('one', 'make it private', [{ op: 'replace', path: '/visibility', value: 'private' }]),
    downloadFrom('one', 'from the cache when it is private', 'bob'),
    { what: 'deactivate', as: 'alice', send: 'POST /v2/images/{one}/actions/deactivate' },
    downloadFrom('one', 'deactivated'),
    { what: 'reactivate', as: 'alice', send: 'POST /v2/images/{one}/actions/reactivate' },
    downloadFrom('one', 'reactivated'),
    createImage('queued', ready),
    downloadFrom('queued', 'no data'),
    { what: 'delete the image', as: 'alice', send: 'DELETE /v2/images/{one}' },
    listCache('list after deletion of the image'),
    downloadFrom('one', 'after deletion'),
    send('PUT', 'cache/{one}', 'queue a deleted image'),
    send('DELETE', 'cache/{one}', 'delete a deleted image'),
  ],
};

const clearing: Scenario = {
  name: 'cache: clearing',
  setup,
  steps: [
    ...createActiveImage('img', { id: '{uuid1}' }),
    ...['cache', 'CACHE', 'queue', 'Queue', '', 'both', 'cache,queue', ' cache'].flatMap((target, index): Step[] => [
      downloadFrom('img', `download ${index}`),
      listWhenCached(`list before ${index}`, ['{img}']),
      clear(target),
      listCache(`list after "${target}"`),
    ]),
    send('DELETE', 'cache', 'clear all'),
    listCache('list after all'),
    { ...send('DELETE', 'cache', 'clear with a body'), body: '{}' },
    { ...send('GET', 'cache', 'list with a body'), body: '{}' },
    ...['POST', 'PUT', 'PATCH', 'OPTIONS'].map((method) => send(method, 'cache')),
    ...['GET', 'POST', 'PATCH', 'OPTIONS'].map((method) => send(method, 'cache/{img}')),
    send('GET', 'cache/'),
  ],
};

const olderRoutes: Scenario = {
  name: 'cache: older routes',
  setup,
  steps: [
    ...createActiveImage('one', { id: '{uuid1}', visibility: 'community' }),
    ...everybody.flatMap((as) => [
      send('GET', 'cached_images', `${as} lists cached`, as),
      send('GET', 'queued_images', `${as} lists queued`, as),
    ]),
    ...(['alice', 'rita', 'service', 'stranger'] as const).flatMap((as) => [
      send('DELETE', 'cached_images', `${as} deletes all cached`, as),
      send('DELETE', 'cached_images/{one}', `${as} deletes a cached one`, as),
      send('PUT', 'queued_images/{one}', `${as} queues`, as),
      send('DELETE', 'queued_images', `${as} deletes all queued`, as),
      send('DELETE', 'queued_images/{one}', `${as} deletes a queued one`, as),
    ]),
    downloadFrom('one', 'download'),
    { ...send('GET', 'cached_images', 'list cached'), until: { '/cached_images/0/image_id': ['{one}'] } },
    send('DELETE', 'cached_images/{one}', 'delete a cached one'),
    send('DELETE', 'cached_images/{one}', 'delete it again'),
    send('DELETE', 'cached_images/{uuid9}', 'delete an unknown one'),
    downloadFrom('one', 'download again'),
    { ...send('GET', 'cached_images', 'list cached again'), until: { '/cached_images/0/image_id': ['{one}'] } },
    send('DELETE', 'cached_images', 'delete all cached'),
    send('GET', 'cached_images', 'list none'),
    send('PUT', 'queued_images/{uuid9}', 'queue an unknown one'),
    send('GET', 'queued_images', 'list queued'),
    send('DELETE', 'queued_images/{uuid9}', 'delete a queued one'),
    send('DELETE', 'queued_images/{uuid9}', 'delete it from the queue again'),
    send('PUT', 'queued_images/{uuid8}', 'queue another unknown one'),
    send('DELETE', 'queued_images', 'delete all queued'),
    send('GET', 'queued_images', 'list nothing queued'),
    ...['POST', 'PUT', 'PATCH'].map((method) => send(method, 'cached_images')),
    ...['GET', 'POST', 'PUT', 'PATCH'].map((method) => send(method, 'cached_images/{one}')),
    ...['POST', 'PUT', 'PATCH'].map((method) => send(method, 'queued_images')),
    ...['GET', 'POST', 'PATCH'].map((method) => send(method, 'queued_images/{one}')),
  ],
};

const withoutCache: Scenario = {
  name: 'cache: switched off',
  setup: 'multi-store',
  steps: [
    ...createActiveImage('img'),
    ...(['admin', 'alice', 'stranger'] as const).flatMap((as) => [
      send('GET', 'cache', `${as} lists`, as),
      send('DELETE', 'cache', `${as} clears`, as),
      send('PUT', 'cache/{img}', `${as} queues`, as),
      send('DELETE', 'cache/{img}', `${as} deletes`, as),
      send('PUT', 'cache/{uuid1}', `${as} queues an unknown image`, as),
      send('DELETE', 'cache/{uuid1}', `${as} deletes an unknown image`, as),
      send('GET', 'cached_images', `${as} lists cached`, as),
      send('GET', 'queued_images', `${as} lists queued`, as),
      send('PUT', 'queued_images/{img}', `${as} queues in the old way`, as),
    ]),
    clear('nonsense'),
    showImage('img', 'show'),
  ],
};

export const cacheScenarios: readonly Scenario[] = [callers, queueing, filling, clearing, olderRoutes, withoutCache];
