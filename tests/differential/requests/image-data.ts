/** Upload, download and ranges. Source: contract 03 §1, §3, §4. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import { qcow2Header } from '../support/qcow2-header.ts';
import { limits } from '../support/service-options.ts';
import { createActiveImage, createImage, patchImage, showImage, tenBytes, uploadTo } from './steps.ts';

const ready = { disk_format: 'raw', container_format: 'bare' };

function download(what: string, as: Caller = 'alice', headers: Step['headers'] = {}): Step {
  return { what, as, send: 'GET /v2/images/{img}/file', headers };
}

const contentTypes: ReadonlyArray<readonly [what: string, headers: Readonly<Record<string, string>>]> = [
  ['no content type', {}],
  ['empty content type', { 'Content-Type': '' }],
  ['application/json', { 'Content-Type': 'application/json' }],
  ['text/plain', { 'Content-Type': 'text/plain' }],
  ['upper case', { 'Content-Type': 'Application/Octet-Stream' }],
  ['a parameter', { 'Content-Type': 'application/octet-stream; charset=utf-8' }],
];

const ranges = [
  'bytes=0-4',
  'bytes=5-',
  'bytes=-3',
  'bytes=-20',
  'bytes=-10',
  'bytes=-0',
  'bytes=0-0',
  'bytes=9-9',
  'bytes=0-9',
  'bytes=0-100',
  'bytes=10-',
  'bytes=10-12',
  'bytes=5-2',
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'bytes=0-1,3-4',
  'bytes 0-4',
  'items=0-4',
  'bytes=0-4 ',
  'Bytes=0-4',
  'nonsense',
  '',
];

const contentRanges = [
  'bytes 0-4/*',
  'bytes 0-4/10',
  'bytes 0-4/5',
  'bytes 5-9/10',
  'bytes 5-20/*',
  'bytes 10-12/*',
  'bytes 5-2/10',
  'nonsense',
  'bytes 5-20/10',
  'bytes */10',
];

export const imageDataScenarios: readonly Scenario[] = [
  {
    name: 'upload: content types',
    steps: [
      createImage('img', ready),
      ...contentTypes.map(([what, headers]): Step => ({
        what,
        as: 'alice',
        send: 'PUT /v2/images/{img}/file',
        headers,
        body: tenBytes,
      })),
      showImage('img', 'show'),
      { what: 'wrong type for an unknown image', as: 'alice', send: 'PUT /v2/images/{uuid1}/file', body: 'x' },
    ],
  },
  {
    name: 'upload: bodies',
    steps: [
      createImage('sized', ready),
      uploadTo('sized', 'with Content-Length', tenBytes),
      showImage('sized', 'show a sized upload'),
      createImage('chunked', ready),
      uploadTo('chunked', 'chunked', { chunked: 'abcdef' }),
      showImage('chunked', 'show a chunked upload'),
      createImage('empty', ready),
      {
        ...uploadTo('empty', 'empty', ''),
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': '0' },
      },
      showImage('empty', 'show an empty upload'),
      { what: 'download an empty image', as: 'alice', send: 'GET /v2/images/{empty}/file' },
      {
        what: 'range of an empty image',
        as: 'alice',
        send: 'GET /v2/images/{empty}/file',
        headers: { Range: 'bytes=0-4' },
      },
      {
        what: 'suffix range of an empty image',
        as: 'alice',
        send: 'GET /v2/images/{empty}/file',
        headers: { Range: 'bytes=-3' },
      },
      createImage('large', ready),
      uploadTo('large', 'at the size cap', 'x'.repeat(limits.imageSizeCapBytes)),
      showImage('large', 'show the largest'),
      createImage('tooLarge', ready),
      uploadTo('tooLarge', 'above the size cap', 'x'.repeat(limits.imageSizeCapBytes + 1)),
      showImage('tooLarge', 'show after a refused upload'),
      uploadTo('tooLarge', 'above the size cap, chunked', { chunked: 'x'.repeat(limits.imageSizeCapBytes + 1) }),
      uploadTo('tooLarge', 'upload again', tenBytes),
      showImage('tooLarge', 'show after the second upload'),
    ],
  },
  {
    name: 'upload: states',
    steps: [
      createImage('bare', {}),
      uploadTo('bare', 'no formats', tenBytes),
      patchImage('bare', 'set one format', [{ op: 'replace', path: '/disk_format', value: 'raw' }]),
      uploadTo('bare', 'one format', tenBytes),
      showImage('bare', 'show after refusals'),
      patchImage('bare', 'set the other format', [{ op: 'replace', path: '/container_format', value: 'bare' }]),
      uploadTo('bare', 'both formats', tenBytes),
      uploadTo('bare', 'active', tenBytes),
      showImage('bare', 'show unchanged data'),
      { ...uploadTo('bare', 'unknown image', tenBytes), send: 'PUT /v2/images/{uuid1}/file' },
      { ...uploadTo('bare', 'malformed id', tenBytes), send: 'PUT /v2/images/not-an-id/file' },
      createImage('kept', { ...ready, protected: true }),
      uploadTo('kept', 'protected', tenBytes),
    ],
  },
  {
    name: 'upload: callers',
    steps: [
      createImage('img', { ...ready, visibility: 'community' }),
      uploadTo('img', 'another project', tenBytes, 'bob'),
      uploadTo('img', 'a reader', tenBytes, 'rita'),
      uploadTo('img', 'nobody', tenBytes, 'nobody'),
      uploadTo('img', 'a service', tenBytes, 'service'),
      uploadTo('img', 'system scope', tenBytes, 'systemAdmin'),
      uploadTo('img', 'no token', tenBytes, 'stranger'),
      uploadTo('img', 'a member without reader', tenBytes, 'anna'),
      createImage('private', { ...ready, visibility: 'private' }),
      uploadTo('private', 'invisible', tenBytes, 'bob'),
      uploadTo('private', 'an admin', tenBytes, 'admin'),
      showImage('private', 'show'),
    ],
  },
  {
    name: 'upload: headers',
    steps: [
      createImage('img', ready),
      {
        ...uploadTo('img', 'a store in single-store mode', tenBytes),
        headers: { 'Content-Type': 'application/octet-stream', 'X-Image-Meta-Store': 'fast' },
      },
      showImage('img', 'show'),
      ...(['5', '20', '10', 'ten', '', '-1', '0'] as const).flatMap((size, index) => [
        createImage(`sized${index}`, ready),
        {
          ...uploadTo(`sized${index}`, `X-Openstack-Image-Size "${size}" for ten bytes`, tenBytes),
          headers: { 'Content-Type': 'application/octet-stream', 'X-Openstack-Image-Size': size },
        },
        showImage(`sized${index}`, `show after X-Openstack-Image-Size "${size}"`),
      ]),
    ],
  },
  {
    name: 'upload: formats',
    steps: [
      createImage('qcow2', { disk_format: 'qcow2', container_format: 'bare' }),
      uploadTo('qcow2', 'a qcow2 header as qcow2', qcow2Header()),
      showImage('qcow2', 'show the qcow2 image'),
      createImage('claimed', { disk_format: 'qcow2', container_format: 'bare' }),
      uploadTo('claimed', 'raw bytes as qcow2', tenBytes),
      showImage('claimed', 'show raw bytes as qcow2'),
      createImage('disguised', { disk_format: 'raw', container_format: 'bare' }),
      uploadTo('disguised', 'a qcow2 header as raw', qcow2Header()),
      showImage('disguised', 'show a qcow2 header as raw'),
      createImage('boxed', { disk_format: 'qcow2', container_format: 'ovf' }),
      uploadTo('boxed', 'raw bytes as qcow2 in ovf', tenBytes),
      showImage('boxed', 'show raw bytes as qcow2 in ovf'),
      createImage('ami', { disk_format: 'ami', container_format: 'ami' }),
      uploadTo('ami', 'raw bytes as ami', tenBytes),
      showImage('ami', 'show raw bytes as ami'),
      createImage('ploop', { disk_format: 'ploop', container_format: 'bare' }),
      uploadTo('ploop', 'raw bytes as ploop', tenBytes),
      showImage('ploop', 'show raw bytes as ploop'),
    ],
  },
  {
    name: 'download',
    steps: [
      createImage('img', { ...ready, visibility: 'community' }),
      download('queued'),
      download('queued with a range', 'alice', { Range: 'bytes=0-4' }),
      uploadTo('img', 'upload', tenBytes),
      download('whole'),
      download('for Accept application/json', 'alice', { Accept: 'application/json' }),
      download('another project', 'bob'),
      download('a reader', 'rita'),
      download('a reader elsewhere', 'ben'),
      download('a member without reader', 'anna'),
      download('nobody', 'nobody'),
      download('a service', 'service'),
      download('an admin', 'admin'),
      download('a bare admin', 'bareAdmin'),
      download('system scope', 'systemAdmin'),
      download('no token', 'stranger'),
      download('If-None-Match of something else', 'alice', { 'If-None-Match': '"x"' }),
      { what: 'a query', as: 'alice', send: 'GET /v2/images/{img}/file?x=y' },
      { what: 'prefer', as: 'alice', send: 'GET /v2/images/{img}/file?prefer=fast' },
      { what: 'prefer nothing', as: 'alice', send: 'GET /v2/images/{img}/file?prefer=' },
      { what: 'unknown image', as: 'alice', send: 'GET /v2/images/{uuid1}/file' },
      { what: 'malformed id', as: 'alice', send: 'GET /v2/images/not-an-id/file' },
      patchImage('img', 'make it private', [{ op: 'replace', path: '/visibility', value: 'private' }]),
      download('invisible', 'bob'),
      download('invisible with a range', 'bob', { Range: 'bytes=0-4' }),
    ],
  },
  {
    name: 'download: ranges',
    steps: [
      ...createActiveImage('img'),
      ...ranges.map((range) => download(`Range "${range}"`, 'alice', { Range: range })),
      ...contentRanges.map((range) => download(`Content-Range "${range}"`, 'alice', { 'Content-Range': range })),
      download('Range beats Content-Range', 'alice', { Range: 'bytes=0-1', 'Content-Range': 'bytes 5-9/10' }),
      download('a range for a reader', 'rita', { Range: 'bytes=0-4' }),
      download('If-Range', 'alice', { Range: 'bytes=0-4', 'If-Range': '"x"' }),
    ],
  },
];
