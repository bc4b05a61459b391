/** Generated requests that need stores with ids: imports, staged data, locations. */
import * as fc from 'fast-check';

import { patchMediaTypes } from '../requests/steps.ts';
import type { Caller } from '../callers.ts';
import { data, firstImage, sendData } from './image-requests.ts';
import { caller, image, inOrder, one, plain } from './requests.ts';
import type { Requests } from './requests.ts';

const store = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('fast', 'slow') },
  { weight: 1, arbitrary: fc.constantFrom('mirror', 'unknown') },
);

/** Stores that can be written to: Glance tries with the others too. */
const target = fc.oneof({ weight: 12, arbitrary: fc.constantFrom('fast', 'slow') }, fc.constant('unknown'));

const webDownload = fc
  .constantFrom('ten-bytes', 'ten-bytes', 'five-bytes', 'moved', 'missing', 'broken', 'cut-short')
  .map((page) => ({ name: 'web-download', uri: `{web}/${page}` }));

const method = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ name: 'glance-direct' }) },
  { weight: 3, arbitrary: fc.constant({ name: 'copy-image' }) },
  { weight: 5, arbitrary: webDownload },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Readonly<Record<string, unknown>>>(
      { name: 'carrier-pigeon' },
      { name: 'web-download' },
      { name: 'web-download', uri: 'ftp://127.0.0.1/x' },
    ),
  },
);

/** Where to: nothing said, a list (never an empty one, which Glance chokes on), or all there are. */
const targets = fc.oneof(
  fc.constant<Readonly<Record<string, unknown>>>({}),
  fc.uniqueArray(target, { minLength: 1, maxLength: 2 }).map((stores) => ({ stores })),
  fc.constant({ all_stores: true }),
);

function importOf(from: fc.Arbitrary<string>, by: fc.Arbitrary<unknown>, as = caller): fc.Arbitrary<Requests> {
  return fc
    .record({ as, from, by, targets, lenient: fc.constantFrom({}, { all_stores_must_succeed: false }) })
    .map((drawn): Requests => [
      {
        as: drawn.as,
        send: `POST /v2/images/${drawn.from}/import`,
        json: { method: drawn.by, ...drawn.targets, ...drawn.lenient },
      },
      // What the image shows when nothing works on it any more. Nobody but the administrator sees every image.
      { as: 'admin', send: `GET /v2/images/${drawn.from}`, until: { os_glance_import_task: [null] } },
    ]);
}

const first = fc.constant('{uuid1}');
const owner = fc.constant<Caller>('alice');

const stageFirst: fc.Arbitrary<Requests> = one(
  data.map((body) => ({
    as: 'alice',
    send: 'PUT /v2/images/{uuid1}/stage',
    headers: { 'Content-Type': 'application/octet-stream' },
    body,
  })),
);

const uploadFirst: fc.Arbitrary<Requests> = one(
  fc.record({ body: data, store }).map((drawn) => ({
    as: 'alice',
    send: 'PUT /v2/images/{uuid1}/file',
    headers: { 'Content-Type': 'application/octet-stream', 'X-Image-Meta-Store': drawn.store },
    body: drawn.body,
  })),
);

const location = fc
  .record({
    page: fc.constantFrom('ten-bytes', 'ten-bytes', 'five-bytes', 'moved', 'missing'),
    metadata: fc.constantFrom({}, { a: 'b' }, { store: 'slow' }, { store: 'mirror' }),
  })
  .map(({ page, metadata }) => ({ url: `{web}/${page}`, metadata }));

const position = fc.constantFrom('-', '0', '1', '2', 'x');

const locationOperation = fc.oneof(
  fc
    .record({ position, value: location })
    .map((drawn) => ({ op: 'add', path: `/locations/${drawn.position}`, value: drawn.value })),
  position.map((at) => ({ op: 'remove', path: `/locations/${at}` })),
  fc.array(location, { maxLength: 2 }).map((value) => ({ op: 'replace', path: '/locations', value })),
);

const patchLocations = one(
  fc.record({ as: caller, image, operation: locationOperation }).map((drawn) => ({
    as: drawn.as,
    send: `PATCH /v2/images/${drawn.image}`,
    headers: { 'Content-Type': patchMediaTypes.v21 },
    json: [drawn.operation],
  })),
);

const deleteFromStore = plain(
  'DELETE',
  fc.tuple(store, image).map(([from, id]) => `stores/${from}/${id}`),
  fc.constantFrom('admin', 'alice'),
);

const addFirst: fc.Arbitrary<Requests> = one(
  location.map((value) => ({
    as: 'alice',
    send: 'PATCH /v2/images/{uuid1}',
    headers: { 'Content-Type': patchMediaTypes.v21 },
    json: [{ op: 'add', path: '/locations/-', value }],
  })),
);

/** What a sequence about stores begins with: an image that got its data, or is about to, in one of the ways there are. */
export const storeOpening: fc.Arbitrary<Requests> = fc.oneof(
  inOrder(firstImage, uploadFirst),
  inOrder(firstImage, stageFirst),
  inOrder(firstImage, stageFirst, importOf(first, fc.constant({ name: 'glance-direct' }), owner)),
  inOrder(firstImage, importOf(first, webDownload, owner)),
  inOrder(firstImage, addFirst),
  inOrder(firstImage, uploadFirst, importOf(first, fc.constant({ name: 'copy-image' }), fc.constant<Caller>('admin'))),
);

export const storeRequests: ReadonlyArray<{ readonly weight: number; readonly arbitrary: fc.Arbitrary<Requests> }> = [
  {
    weight: 4,
    arbitrary: sendData(
      'file',
      store.map((id) => ({ 'X-Image-Meta-Store': id })),
    ),
  },
  { weight: 6, arbitrary: sendData('stage', fc.constant({})) },
  { weight: 6, arbitrary: importOf(image, method) },
  { weight: 4, arbitrary: importOf(image, fc.constant({ name: 'copy-image' }), fc.constant<Caller>('admin')) },
  { weight: 6, arbitrary: patchLocations },
  { weight: 4, arbitrary: deleteFromStore },
  { weight: 1, arbitrary: plain('GET', fc.constantFrom('info/stores', 'info/import')) },
];
