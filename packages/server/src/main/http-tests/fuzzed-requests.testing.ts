/**
 * Requests from valid to garbage for the fuzz test: every operation of the contract, with variables, queries, headers
 * and bodies that are right, nearly right, or nonsense.
 */
import { operations } from '@lucarne/contract/operations.ts';
import type { Operation, RequestBodyRule } from '@lucarne/contract/operations.ts';
import fc from 'fast-check';
import { METHODS } from 'node:http';
import type { Persona } from './http-client.testing.ts';

export interface FuzzedRequest {
  readonly as: Persona;
  /** `METHOD /path?query`. */
  readonly request: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Names of attributes, of parameters, and of what every object has. */
const attributes = [
  'id name status visibility protected os_hidden owner tags container_format disk_format min_disk min_ram size checksum',
  'virtual_size os_hash_algo created_at updated_at self file schema direct_url stores locations location deleted',
  'os_glance_x kernel_id architecture member x __proto__ constructor toString hasOwnProperty then a/b a~b',
  'changes-since limit marker sort sort_key sort_dir member_status tag size_min min_ram_max created_at_min nothing_min',
  '_min prefer',
]
  .flatMap((names) => names.split(' '))
  .concat('', ' ', 'a\0b', '\ud800');

/** Values of parameters and path variables. */
const words = [
  'active queued public private shared community all raw qcow2 bare accepted asc name:asc created_at:desc,name eq:a',
  'in:a,"b in:"a" in: gt:2020-01-01T00:00:00Z 2020-01-01 neq:x true false 0 -1 +1 1.5 1e9 9223372036854775808 NaN',
  '99999999999999999999 % %00 %ff %F0%9F%98%80 %ed%a0%80 .. . %2e%2e %2F %5c p1 p2 {} [] é \u00ff : , " * clean stores',
  'detail tags file',
]
  .flatMap((values) => values.split(' '))
  .concat('', ' ', 'x'.repeat(256), 'x'.repeat(3000), "'; drop table images; --");

const jsonValues = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    2_147_483_648,
    '',
    'x',
    [],
    {},
    ['a', 'a'],
    [null],
    '\0',
    '\ud800',
    '😀',
  ),
  fc.constantFrom(...words),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

const imageBody = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...attributes) }, fc.string()),
  jsonValues,
  {
    maxKeys: 6,
  },
);

const pointer = fc.oneof(
  fc.constantFrom(...attributes).map((name) => `/${name}`),
  fc.constantFrom(
    '',
    '/',
    '//',
    '/a/b',
    '/tags/-',
    '/tags/0',
    '/locations/-',
    '/locations/0',
    '/~',
    '/~2',
    '/~0~1',
    'name',
    '/ a ',
  ),
  fc.string({ unit: 'binary' }),
);
const patchOperation = fc.oneof(
  fc.record({
    op: fc.constantFrom<unknown>('add', 'replace', 'remove', 'test', 'move', 1, null),
    path: pointer,
    value: jsonValues,
  }),
  fc.record({ op: fc.constantFrom('add', 'replace', 'remove'), path: pointer }),
  fc.dictionary(fc.constantFrom('add', 'replace', 'remove', 'value'), fc.oneof(pointer, jsonValues)),
  jsonValues,
);

const plausibleBody = fc.record(
  {
    name: fc.string(),
    disk_format: fc.constantFrom('raw', 'qcow2', null),
    container_format: fc.constantFrom('bare', 'ovf', null),
    visibility: fc.constantFrom('private', 'shared', 'community', 'public'),
    tags: fc.array(fc.constantFrom('a', 'b', 'ü', '')),
    min_disk: fc.nat({ max: 100 }),
    protected: fc.boolean(),
    os_hidden: fc.boolean(),
    x: fc.string(),
    constructor: fc.string(),
  },
  { requiredKeys: [] },
);
const plausiblePatch = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'replace'),
    path: fc.constantFrom('/name', '/a', '/x', '/__proto__', '/constructor', '/description'),
    value: fc.string(),
  }),
  { maxLength: 5 },
);

/** What an operation of each kind could want to read. */
const documents: Readonly<Record<RequestBodyRule, fc.Arbitrary<unknown>>> = {
  json: fc.oneof(
    plausibleBody,
    imageBody,
    fc.record({ member: fc.oneof(fc.constantFrom<unknown>('p2', 'p5'), jsonValues) }),
    fc.record({ status: fc.oneof(fc.constantFrom<unknown>('accepted', 'rejected'), jsonValues) }),
    jsonValues,
  ),
  patch: fc.oneof(plausiblePatch, fc.array(patchOperation, { maxLength: 5 }), jsonValues),
  data: jsonValues,
  ignored: jsonValues,
  rejected: jsonValues,
};

const contentTypes: Readonly<Record<RequestBodyRule, readonly string[]>> = {
  json: ['application/json'],
  patch: ['application/openstack-images-v2.1-json-patch', 'application/openstack-images-v2.0-json-patch'],
  data: ['application/octet-stream'],
  ignored: ['application/json'],
  rejected: ['application/octet-stream'],
};

/** A document, or one with a byte of it changed, dropped or doubled. */
function bodies(rule: RequestBodyRule): fc.Arbitrary<Buffer | undefined> {
  const mutation = fc.tuple(fc.nat(), fc.constantFrom('', '"', '}', ',', '\0', '\xff', '\ufeff', '1e999'));
  const json = fc.tuple(documents[rule], fc.option(mutation, { freq: 3 })).map(([value, change]) => {
    const text = JSON.stringify(value) ?? '';
    if (change === null) return Buffer.from(text);
    const at = change[0] % (text.length + 1);
    return Buffer.from(text.slice(0, at) + change[1] + text.slice(at + 1), 'latin1');
  });
  const bytes = fc.uint8Array({ maxLength: 2000 }).map((data) => Buffer.from(data));
  const none = fc.constant(undefined);
  if (rule === 'rejected' || rule === 'ignored') return fc.oneof({ weight: 9, arbitrary: none }, json, bytes);
  return fc.oneof({ weight: 9, arbitrary: json }, { weight: 2, arbitrary: bytes }, none);
}

const oddHeaders = fc
  .array(
    fc.oneof(
      header('content-type', [
        'application/json',
        'application/octet-stream',
        'application/openstack-images-v2.1-json-patch',
        'application/openstack-images-v2.0-json-patch',
        ';;;',
        '',
        'a/b; charset="',
      ]),
      header('accept', ['application/json', 'text/html', '*/*', ',;q', 'x'.repeat(4000)]),
      header('range', ['bytes=0-4', 'bytes=-1', 'bytes=9-', 'bytes=0-0,2-3', 'bytes=99999999999999999999-', '', 'x']),
      header('content-range', ['bytes 0-4/*', 'bytes 0-4/10', 'bytes */*', '']),
      header('x-openstack-image-size', ['0', '5', '-1', 'x', '', '99999999999999999999']),
      header('x-openstack-request-id', ['req-x', 'x'.repeat(65), '', '\u00e9']),
      header('x-roles', ['admin', 'reader', ',,,', '', 'member, reader', '\u00ff']),
      header('x-project-id', ['p1', 'p2', '', 'x'.repeat(255), '\u00e9']),
      header('if-match', ['*', '"x"', 'W/"x"', '', ',', '"']),
      header('if-none-match', ['*', '"x"', '', ',,,']),
      header('expect', ['100-continue', '100-Continue', 'something']),
      header('origin', ['https://horizon', 'null', '']),
      header('host', ['a', 'a:b', '[::1]', '"', '']),
      header('transfer-encoding', ['chunked']),
      header('connection', ['close', 'keep-alive', 'upgrade']),
      header('upgrade', ['websocket', 'h2c']),
      header('x-image-meta-store', ['', 'fast']),
      header('x-service-catalog', ['{', '[]']),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => Object.fromEntries(pairs));

function header(name: string, values: readonly string[]): fc.Arbitrary<readonly [string, string]> {
  return fc.tuple(fc.constant(name), fc.constantFrom(...values));
}

/** Characters that may stand in a request line as they are; everything else is escaped byte by byte. */
function inUrl(text: string): string {
  return text.replaceAll(/[^\x21-\x22\x24-\x3e\x40-\x7e]/g, (character) =>
    encodeURIComponent(character.toWellFormed()),
  );
}

const query = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...attributes), fc.string()),
      fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' })),
    ),
    {
      maxLength: 4,
    },
  )
  .map((pairs) => pairs.map(([name, value]) => `${inUrl(name)}=${inUrl(value)}`).join('&'));

/** Requests to images with these ids, among others. */
export function fuzzedRequests(ids: readonly string[]): fc.Arbitrary<FuzzedRequest> {
  const variable = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ids) },
    { weight: 2, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const method = fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT'));
  const operation = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Operation>(...operations.filter(isAboutStoredThings)) },
    { weight: 1, arbitrary: fc.constantFrom<Operation>(...operations) },
  );
  return fc
    .tuple(operation, fc.array(variable, { minLength: 3, maxLength: 3 }))
    .chain(([{ method: own, path, body: rule }, values]) => {
      const rest = [...values];
      const url = path.replaceAll(/\{\w+\}/g, () => inUrl(rest.shift() ?? ''));
      return fc.record({
        as: fc.constantFrom<Persona>('admin', 'admin', 'member', 'member', 'member', ...others),
        method: fc.oneof({ weight: 9, arbitrary: fc.constant<string>(own) }, method),
        url: fc.oneof({ weight: 9, arbitrary: fc.constant(url) }, { weight: 1, arbitrary: oddUrls(url) }),
        search: own === 'GET' ? query : fc.oneof({ weight: 9, arbitrary: fc.constant('') }, query),
        type: fc.constantFrom(...contentTypes[rule]),
        odd: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, oddHeaders),
        body: bodies(rule),
      });
    })
    .map(({ as, method: name, url, search, type, odd, body }) => ({
      as,
      request: `${name} ${url}${search === '' ? '' : `?${search}`}`,
      headers: { ...(body === undefined ? {} : { 'content-type': type }), ...odd },
      body,
    }));
}

const others: readonly Persona[] = ['otherMember', 'reader', 'service', 'nobody', 'stranger'];

function oddUrls(url: string): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('/', '//', '?', '#', ';a', '%', '%00', '/..', '/../..').map((end) => `${url}${end}`),
    fc.string({ unit: 'binary' }).map((text) => `/${inUrl(text)}`),
    fc.constantFrom('*', '/', '//', '/v2', '/v2/', '/v2.99/images', '/versions', '/healthcheck', 'http://a/v2/images'),
  );
}

function isAboutStoredThings({ path }: Operation): boolean {
  return !path.startsWith('/v2/schemas/');
}
