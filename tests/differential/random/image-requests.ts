/** Generated requests on images, their data, members and tags. */
import * as fc from 'fast-check';

import { patchMediaTypes } from '../requests/steps.ts';
import type { Step } from '../scenario.ts';
import { limits } from '../support/service-options.ts';
import { caller, image, inOrder, oddValue, one, plain, project, some } from './requests.ts';
import type { Requests } from './requests.ts';

type Operation = Readonly<Record<string, unknown>>;

/** Beyond ASCII only in bodies: Glance misreads such tags in paths. */
const tag = fc.constantFrom('a', 'b', 'c', 'd', 'with space', 'x/y');
const tags = fc.uniqueArray(fc.oneof({ weight: 6, arbitrary: tag }, { weight: 1, arbitrary: fc.constant('ü') }), {
  maxLength: limits.tags + 1,
});
const name = fc.constantFrom('alpha', 'beta', 'Gamma', '', 'with space', 'x'.repeat(255));
const visibility = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('private', 'shared', 'shared', 'community') },
  { weight: 1, arbitrary: fc.constantFrom('public', 'secret') },
);
const propertyName = fc.constantFrom('os_distro', 'hw_disk_bus', 'p1', 'p2', 'p3', 'p4', 'a b');
const propertyValue = fc.constantFrom('', 'x', 'debian', 'ü', '1', 'true');
const wholeNumber = fc.constantFrom(0, 1, 5, 2_147_483_647);

const rarely: fc.Arbitrary<boolean> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

/** What an owner would say of an image. */
function attributesWith(
  of: Readonly<Record<'visibility' | 'tags', fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const base = some({ name, ...of, protected: rarely, os_hidden: rarely, min_disk: wholeNumber, min_ram: wholeNumber });
  return fc
    .tuple(base, fc.dictionary(propertyName, propertyValue, { maxKeys: 4 }))
    .map(([attributes, properties]) => ({ ...properties, ...attributes }));
}

const attributes = attributesWith({ visibility, tags });

/** Formats whose data are not looked at, so that any bytes do. */
const formats = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ disk_format: 'raw', container_format: 'bare' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Readonly<Record<string, unknown>>>(
      {},
      { disk_format: 'raw' },
      { container_format: 'bare' },
      { disk_format: 'qcow2', container_format: 'ovf' },
      { disk_format: 'ami', container_format: 'ami' },
      { disk_format: 'aki', container_format: 'bare' },
      { disk_format: 'tape', container_format: 'bare' },
    ),
  },
);

/** The image that a sequence begins with: nothing is wrong with it, and it is mostly alice's. */
export const firstImage: fc.Arbitrary<Requests> = one(
  fc
    .record({
      as: fc.constantFrom('alice' as const, 'alice' as const, 'alice' as const, 'alice' as const, 'bob' as const),
      attributes: attributesWith({
        visibility: fc.constantFrom('shared', 'private', 'community'),
        tags: fc.uniqueArray(tag, { maxLength: 2 }),
      }),
    })
    .map((drawn) => ({
      as: drawn.as,
      send: 'POST /v2/images',
      json: { id: '{uuid1}', ...drawn.attributes, disk_format: 'raw', container_format: 'bare' },
    })),
);

const create = one(
  fc
    .record({ as: caller, slot: fc.constantFrom('uuid2', 'uuid2', 'uuid3', 'uuid3', 'uuid1'), attributes, formats })
    .map((drawn) => ({
      as: drawn.as,
      send: 'POST /v2/images',
      json: { id: `{${drawn.slot}}`, ...drawn.attributes, ...drawn.formats },
    })),
);

const createOddly = one(
  fc
    .record({
      as: caller,
      attributes,
      odd: fc.dictionary(
        fc.constantFrom('name', 'visibility', 'tags', 'min_disk', 'id', 'owner', 'status', 'size', 'p1', 'protected'),
        oddValue,
        { minKeys: 1, maxKeys: 2 },
      ),
    })
    .map((drawn) => ({ as: drawn.as, send: 'POST /v2/images', json: { ...drawn.attributes, ...drawn.odd } })),
);

const createForSomebody = one(
  fc
    .record({ as: fc.constantFrom('admin' as const, 'alice' as const), owner: project, attributes })
    .map((drawn) => ({ as: drawn.as, send: 'POST /v2/images', json: { ...drawn.attributes, owner: drawn.owner } })),
);

export const data: fc.Arbitrary<NonNullable<Step['body']>> = fc
  .record({
    text: fc.oneof(
      { weight: 16, arbitrary: fc.constantFrom('0123456789', 'abc', 'x'.repeat(100)) },
      { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(limits.imageSizeCapBytes + 1)) },
    ),
    chunked: fc.boolean(),
  })
  .map(({ text, chunked }) => (chunked ? { chunked: text } : text));

const contentType = fc.oneof(
  { weight: 40, arbitrary: fc.constant('application/octet-stream') },
  { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json', '') },
);

/** Sends data to a resource of an image, perhaps with further headers. */
export function sendData(
  resource: 'file' | 'stage',
  more: fc.Arbitrary<Record<string, string>>,
): fc.Arbitrary<Requests> {
  return one(
    fc.record({ as: caller, image, data, contentType, more }).map((drawn) => ({
      as: drawn.as,
      send: `PUT /v2/images/${drawn.image}/${resource}`,
      headers: { 'Content-Type': drawn.contentType, ...drawn.more },
      body: drawn.data,
    })),
  );
}

const position = fc.constantFrom('', '0', '1', '5', '9', '10', '99', '100', 'x');
const download = one(
  fc
    .record({
      as: caller,
      image,
      headers: fc.oneof(
        { weight: 2, arbitrary: fc.constant<Record<string, string>>({}) },
        // Both ends missing is a defect of Glance.
        fc
          .tuple(position, position)
          .filter(([first, last]) => first !== '' || (last !== '' && last !== '0'))
          .map(([first, last]): Record<string, string> => ({ Range: `bytes=${first}-${last}` })),
      ),
    })
    .map((drawn) => ({ as: drawn.as, send: `GET /v2/images/${drawn.image}/file`, headers: drawn.headers })),
);

/** Paths and values that go together most of the time. */
const goodOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant('/name'), value: name }),
  fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant('/visibility'), value: visibility }),
  fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant('/tags'), value: tags }),
  fc.record({ op: fc.constant('replace'), path: fc.constantFrom('/min_disk', '/min_ram'), value: wholeNumber }),
  fc.record({ op: fc.constant('replace'), path: fc.constantFrom('/protected', '/os_hidden'), value: fc.boolean() }),
  fc.record({
    op: fc.constantFrom('add', 'add', 'add', 'replace'),
    path: propertyName.map((property) => `/${property}`),
    value: propertyValue,
  }),
  // What is there only sometimes, or may be changed only sometimes.
  fc.oneof(
    fc.record({ op: fc.constant('remove'), path: propertyName.map((property) => `/${property}`) }),
    fc.record({ op: fc.constant('replace'), path: fc.constant('/disk_format'), value: fc.constantFrom('raw', 'ami') }),
    fc.record({
      op: fc.constant('replace'),
      path: fc.constant('/container_format'),
      value: fc.constantFrom('bare', 'ovf', 'ami'),
    }),
  ),
);

const oddOperation: fc.Arbitrary<Operation> = fc.record(
  {
    op: fc.constantFrom('add', 'replace', 'remove', 'test', 'move'),
    path: fc.constantFrom(
      '/name',
      '/tags/-',
      '/tags/0',
      '/status',
      '/size',
      '/id',
      '/checksum',
      '/min_disk',
      '/protected',
      '/deleted',
      '/os_glance_x',
      '/p1',
      '/p1/',
      '/p~1',
      '/p~2',
      '',
      'name',
    ),
    value: oddValue,
  },
  { requiredKeys: ['op', 'path'] },
);

const operations = fc.array(fc.oneof({ weight: 8, arbitrary: goodOperation }, { weight: 1, arbitrary: oddOperation }), {
  minLength: 1,
  maxLength: 3,
});

/** The same operation in the dialect of draft 4. */
function inDraft4(operation: Operation): Operation {
  const { op, path, ...rest } = operation;
  return { [String(op)]: path, ...rest };
}

const patch = one(
  fc.record({ as: caller, image, operations, draft4: fc.boolean() }).map((drawn) => ({
    as: drawn.as,
    send: `PATCH /v2/images/${drawn.image}`,
    headers: { 'Content-Type': drawn.draft4 ? patchMediaTypes.v20 : patchMediaTypes.v21 },
    json: drawn.draft4 ? drawn.operations.map(inDraft4) : drawn.operations,
  })),
);

const goodFilter = fc.oneof(
  fc.constantFrom('name=alpha', 'name=in:alpha,beta', 'name=', 'name=eq:Gamma'),
  fc.constantFrom('status=queued', 'status=active', 'status=in:queued,active', 'status=saving'),
  fc.constantFrom('visibility=private', 'visibility=shared', 'visibility=community', 'visibility=public'),
  fc.constantFrom('visibility=all'),
  fc.constantFrom('tag=a', 'tag=b', 'tag=with+space', 'tag=none'),
  fc.constantFrom('os_distro=debian', 'p1=x', 'p1=', 'a+b=1', 'nothing=x'),
  fc.constantFrom('os_hidden=true', 'os_hidden=false', 'protected=true', 'protected=false'),
  fc.constantFrom('size_min=1', 'size_max=50', 'min_ram=0', 'min_disk=1'),
  fc.constantFrom('member_status=all', 'member_status=pending', 'member_status=accepted'),
  fc.constantFrom('owner={p1}', 'owner={p2}', 'id={uuid1}', 'disk_format=raw', 'container_format=in:bare,ovf'),
);

const filter = fc.oneof(
  { weight: 20, arbitrary: goodFilter },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'name=bad:x',
      'visibility=secret',
      'os_hidden=maybe',
      'protected=yes',
      'size_min=x',
      'member_status=x',
    ),
  },
);

const order = fc.oneof(
  fc.constantFrom('sort=name:asc', 'sort=name,status:desc', 'sort=size:asc', 'sort=created_at'),
  fc.constantFrom('sort_key=name', 'sort_key=status&sort_dir=asc', 'sort_dir=asc', 'sort=x'),
);

const page = fc.oneof(
  fc.constantFrom('limit=0', 'limit=1', 'limit=2', 'limit=100', 'limit=2', 'limit=-1'),
  fc.constantFrom('limit=1&marker={uuid1}', 'marker={uuid1}', 'marker={uuid1}', 'marker={uuid2}'),
);

/** A query in which no parameter comes twice: Glance forgets all but one. */
const query = fc
  .tuple(fc.array(filter, { maxLength: 2 }), fc.option(order), fc.option(page))
  .map(([filters, ...rest]) => [...filters, ...rest.filter((part) => part !== null)].join('&'))
  .filter((text) => {
    const names = text.split('&').map((part) => part.split('=')[0]);
    return new Set(names).size === names.length;
  });

const list = one(
  fc.record({ as: caller, query }).map(({ as, query: text }) => ({
    as,
    send: text === '' ? 'GET /v2/images' : `GET /v2/images?${text}`,
  })),
);

const addMember = one(
  fc.record({ as: caller, image, member: project }).map((drawn) => ({
    as: drawn.as,
    send: `POST /v2/images/${drawn.image}/members`,
    json: { member: drawn.member },
  })),
);

const answerMembership = one(
  fc
    .record({
      as: fc.constantFrom('bob' as const, 'bob' as const, 'bob' as const, 'alice' as const, 'admin' as const),
      image,
      member: fc.constantFrom('{p2}', '{p2}', '{p2}', '{p3}'),
      status: fc.constantFrom('accepted', 'accepted', 'rejected', 'rejected', 'pending', 'all'),
    })
    .map((drawn) => ({
      as: drawn.as,
      send: `PUT /v2/images/${drawn.image}/members/${drawn.member}`,
      json: { status: drawn.status },
    })),
);

const share: fc.Arbitrary<Requests> = fc.constant([
  {
    as: 'alice',
    send: 'PATCH /v2/images/{uuid1}',
    headers: { 'Content-Type': patchMediaTypes.v21 },
    json: [{ op: 'replace', path: '/visibility', value: 'shared' }],
  },
  { as: 'alice', send: 'POST /v2/images/{uuid1}/members', json: { member: '{p2}' } },
]);

const memberPath = fc.tuple(image, project).map(([id, member]) => `images/${id}/members/${member}`);
const tagPath = fc.tuple(image, tag).map(([id, text]) => `images/${id}/tags/${encodeURIComponent(text)}`);

/** What a sequence about images begins with: an image, mostly with data. */
export const imageOpening: fc.Arbitrary<Requests> = fc.oneof(
  firstImage,
  inOrder(
    firstImage,
    one(
      data.map((body) => ({
        as: 'alice',
        send: 'PUT /v2/images/{uuid1}/file',
        headers: { 'Content-Type': 'application/octet-stream' },
        body,
      })),
    ),
  ),
);

/** Requests every setup answers, with how often each is drawn. */
export const imageRequests: ReadonlyArray<{ readonly weight: number; readonly arbitrary: fc.Arbitrary<Requests> }> = [
  { weight: 8, arbitrary: create },
  { weight: 1, arbitrary: createOddly },
  { weight: 1, arbitrary: createForSomebody },
  { weight: 8, arbitrary: sendData('file', fc.constant({})) },
  { weight: 5, arbitrary: download },
  { weight: 8, arbitrary: patch },
  { weight: 8, arbitrary: list },
  {
    weight: 5,
    arbitrary: plain(
      'GET',
      image.map((id) => `images/${id}`),
    ),
  },
  {
    weight: 3,
    arbitrary: plain(
      'DELETE',
      image.map((id) => `images/${id}`),
    ),
  },
  {
    weight: 2,
    arbitrary: plain(
      'POST',
      image.map((id) => `images/${id}/actions/deactivate`),
    ),
  },
  {
    weight: 2,
    arbitrary: plain(
      'POST',
      image.map((id) => `images/${id}/actions/reactivate`),
    ),
  },
  { weight: 2, arbitrary: addMember },
  { weight: 4, arbitrary: inOrder(share, answerMembership) },
  { weight: 3, arbitrary: answerMembership },
  {
    weight: 2,
    arbitrary: plain(
      'GET',
      image.map((id) => `images/${id}/members`),
    ),
  },
  { weight: 2, arbitrary: plain('GET', memberPath) },
  { weight: 1, arbitrary: plain('DELETE', memberPath) },
  { weight: 3, arbitrary: plain('PUT', tagPath) },
  { weight: 1, arbitrary: plain('DELETE', tagPath) },
];
