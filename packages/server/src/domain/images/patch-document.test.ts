import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { parsePatchDocument } from './patch-document.ts';
import type { PatchOperation } from './patch-document.ts';
import { validateValue } from './schema-stand-in.testing.ts';

function parse(body: unknown): readonly PatchOperation[] {
  return parsePatchDocument('v2.1', body, validateValue);
}

function parseV20(body: unknown): readonly PatchOperation[] {
  return parsePatchDocument('v2.0', body, validateValue);
}

describe('the example of the contract', () => {
  const [name, bus, tags] = [
    { target: 'attribute', verb: 'replace', name: 'name', fields: { name: 'web-2' } },
    { target: 'property', verb: 'add', name: 'hw_disk_bus', value: 'virtio' },
    { target: 'attribute', verb: 'replace', name: 'tags', fields: { tags: ['lts', 'gold'] } },
  ];

  test('is read in dialect v2.1', () => {
    const operations = parse([
      { op: 'replace', path: '/name', value: 'web-2' },
      { op: 'add', path: '/hw_disk_bus', value: 'virtio' },
      { op: 'replace', path: '/tags', value: ['lts', 'gold'] },
      { op: 'remove', path: '/old~1key' },
    ]);
    expect(operations).toEqual([name, bus, tags, { target: 'property', verb: 'remove', name: 'old/key' }]);
  });

  test('is read in dialect v2.0, whose add allows nothing of that name', () => {
    const operations = parseV20([
      { replace: '/name', value: 'web-2' },
      { add: '/hw_disk_bus', value: 'virtio' },
      { replace: '/tags', value: ['lts', 'gold'] },
    ]);
    expect(operations).toEqual([name, { ...bus, verb: 'addNew' }, tags]);
  });
});

describe('a document that is no patch: 400', () => {
  test.each([undefined, null, {}, 'x', 1, [null], ['x'], [[]], [1]])('%j', (body) => {
    expect(errorCodeOf(() => parse(body))).toBe('badRequest');
    expect(errorCodeOf(() => parseV20(body))).toBe('badRequest');
  });
});

test('an empty array has no operations', () => {
  expect(parse([])).toEqual([]);
});

describe('an operation of dialect v2.1', () => {
  test.each([
    [{ path: '/name', value: 'x' }],
    [{ op: 'test', path: '/name', value: 'x' }],
    [{ op: 'move', path: '/name', from: '/x' }],
    [{ op: 'copy', path: '/name', from: '/x' }],
    [{ op: 'Add', path: '/name', value: 'x' }],
    [{ op: ['add'], path: '/name', value: 'x' }],
    [{ op: 'add', value: 'x' }],
    [{ op: 'add', path: null, value: 'x' }],
    [{ op: 'add', path: 'name', value: 'x' }],
    [{ op: 'add', path: '/name/', value: 'x' }],
    [{ op: 'add', path: '/a~2', value: 'x' }],
    [{ op: 'add', path: '/name' }],
    [{ add: '/name', value: 'x' }],
  ])('%j is malformed: 400', (item) => {
    expect(errorCodeOf(() => parse([item]))).toBe('badRequest');
  });

  test('may carry members nobody knows', () => {
    expect(parse([{ op: 'remove', path: '/a', value: 1, from: '/b', x: 'y' }])).toHaveLength(1);
  });

  test('is not read from an inherited member', () => {
    const item: unknown = JSON.parse('{"__proto__": {"op": "remove", "path": "/a"}}');
    expect(errorCodeOf(() => parse([item]))).toBe('badRequest');
  });
});

describe('an operation of dialect v2.0', () => {
  test.each([
    [{ value: 'x' }],
    [{ op: 'add', path: '/name', value: 'x' }],
    [{ add: '/a', remove: '/a', value: 'x' }],
    [{ add: '/a', replace: '/a', value: 'x' }],
    [{ test: '/a', value: 'x' }],
    [{ add: 5, value: 'x' }],
    [{ add: '/a' }],
  ])('%j is malformed: 400', (item) => {
    expect(errorCodeOf(() => parseV20([item]))).toBe('badRequest');
  });
});

describe('pointers', () => {
  test.each([
    ['/ a ', 'a'],
    ['//a', 'a'],
    ['/', ''],
    ['/a~1b~0c', 'a/b~c'],
    ['/__proto__', '__proto__'],
    ['/constructor', 'constructor'],
    ['/image_id', 'image_id'],
    ['/extra_properties', 'extra_properties'],
    ['/delete', 'delete'],
    ['/Name', 'Name'],
    ['/os_glanc', 'os_glanc'],
  ])('%j addresses the custom property %j', (path, name) => {
    expect(parse([{ op: 'add', path, value: 'x' }])).toEqual([{ target: 'property', verb: 'add', name, value: 'x' }]);
  });

  test('trimmed to an attribute address the attribute', () => {
    expect(parse([{ op: 'remove', path: '/ name' }])).toEqual([{ target: 'attribute', verb: 'remove', name: 'name' }]);
  });

  test.each([
    ['add', '/tags/-', 'x'],
    ['add', '/tags/0', 'x'],
    ['add', '/a/b', 'x'],
    ['remove', '/a/b', undefined],
    ['add', '/locations', [{}]],
    ['remove', '/locations', undefined],
    ['replace', '/locations/0', {}],
    ['add', '/locations/0/url', 'x'],
  ])('%s %s is of the wrong depth: 400', (op, path, value) => {
    expect(errorCodeOf(() => parse([{ op, path, value }]))).toBe('badRequest');
  });

  test('of a hundred thousand tokens are refused at once: 400', () => {
    expect(errorCodeOf(() => parse([{ op: 'add', path: '/a'.repeat(100_000), value: 'x' }]))).toBe('badRequest');
  });
});

describe('locations', () => {
  const plain = { url: 'x', metadata: { a: 'b' } };
  const said = { os_hash_algo: 'sha512', os_hash_value: 'ab' };
  const location = { ...plain, validation: null };
  const validated = { ...plain, validation: { hashAlgorithm: 'sha512', hashValue: 'ab' } };

  test.each<[object, object]>([
    [
      { op: 'add', path: '/locations/-', value: plain },
      { verb: 'add', position: '-', location },
    ],
    [
      { op: 'add', path: '/locations/1', value: { ...plain, validation_data: said, other: 1 } },
      { verb: 'add', position: '1', location: validated },
    ],
    [
      { op: 'replace', path: '/locations', value: [] },
      { verb: 'replace', locations: [] },
    ],
    [
      { op: 'replace', path: '/locations', value: [plain, { ...plain, validation_data: { ...said, checksum: 'c' } }] },
      { verb: 'replace', locations: [location, { ...plain, validation: { ...validated.validation, checksum: 'c' } }] },
    ],
    [
      { op: 'remove', path: '/locations/0' },
      { verb: 'remove', position: '0' },
    ],
  ])('%j is an operation on them', (item, operation) => {
    expect(parse([item])).toEqual([{ target: 'locations', ...operation }]);
  });

  test('are added in the older dialect whether or not there are some', () => {
    expect(parseV20([{ add: '/locations/-', value: plain }])).toEqual([
      { target: 'locations', verb: 'add', position: '-', location },
    ]);
  });

  test.each<unknown>([
    { url: 'x' },
    { metadata: {} },
    { url: 1, metadata: {} },
    { url: 'x', metadata: null },
    { url: 'x', metadata: [] },
    { ...plain, validation_data: null },
    { ...plain, validation_data: { os_hash_algo: 'md5' } },
    { ...plain, validation_data: { ...said, checksum: null } },
    [plain],
  ])('%j is none: 400', (value) => {
    const anything = () => null;
    for (const item of [
      { op: 'add', path: '/locations/-', value },
      { op: 'replace', path: '/locations', value: [value] },
    ]) {
      expect(errorCodeOf(() => parsePatchDocument('v2.1', [item], anything))).toBe('badRequest');
    }
    const whole = { op: 'replace', path: '/locations', value };
    if (!Array.isArray(value)) {
      expect(errorCodeOf(() => parsePatchDocument('v2.1', [whole], anything))).toBe('badRequest');
    }
  });

  test('an item added is held against the schema as a list of one: 400 when it does not fit', () => {
    expect(errorCodeOf(() => parse([{ op: 'add', path: '/locations/-', value: 'x' }]))).toBe('badRequest');
  });
});

const protectedNames = [
  'created_at updated_at status checksum size virtual_size direct_url self file schema id os_hash_algo os_hash_value',
  'stores location deleted deleted_at os_glance os_glanceful os_glance_import_task',
].flatMap((names) => names.split(' '));

describe('the protected name', () => {
  test.each(protectedNames)('%s is refused for every operation: 403', (name) => {
    for (const op of ['add', 'replace', 'remove']) {
      expect(errorCodeOf(() => parse([{ op, path: `/${name}`, value: 1 }]))).toBe('forbidden');
      expect(errorCodeOf(() => parseV20([{ [op]: `/${name}`, value: 'x' }]))).toBe('forbidden');
    }
  });

  test.each(protectedNames)('%s without a value is malformed before it is refused: 400', (name) => {
    expect(errorCodeOf(() => parse([{ op: 'replace', path: `/${name}` }]))).toBe('badRequest');
  });

  test.each(protectedNames)('%s with a second token is malformed before it is refused: 400', (name) => {
    expect(errorCodeOf(() => parse([{ op: 'add', path: `/${name}/0`, value: 'x' }]))).toBe('badRequest');
  });
});

describe('the order of checks', () => {
  const malformed = { op: 'nope', path: '/name' };
  const refused = { op: 'add', path: '/status', value: 'active' };

  test('an earlier 400 beats a later 403', () => {
    expect(errorCodeOf(() => parse([malformed, refused]))).toBe('badRequest');
  });

  test('an earlier 403 beats a later 400', () => {
    expect(errorCodeOf(() => parse([refused, malformed]))).toBe('forbidden');
    expect(errorCodeOf(() => parse([refused, 'no object']))).toBe('forbidden');
  });

  test('nothing behind the first failure is validated', () => {
    const validated: string[] = [];
    const recording = (property: string, value: unknown) => {
      validated.push(property);
      return validateValue(property, value);
    };
    const body = [
      { op: 'add', path: '/a', value: 'x' },
      { op: 'add', path: '/b', value: 1 },
      { op: 'add', path: '/c', value: 'x' },
    ];
    expect(errorCodeOf(() => parsePatchDocument('v2.1', body, recording))).toBe('badRequest');
    expect(validated).toEqual(['a', 'b']);
  });
});

describe('values', () => {
  test.each([
    ['/n', 1],
    ['/n', null],
    ['/n', ['x']],
    ['/name', 5],
    ['/visibility', 'secret'],
    ['/protected', 'true'],
    ['/tags', ['a', 1]],
    ['/min_disk', '4'],
    ['/min_disk', true],
    ['/min_ram', 1.5],
    ['/disk_format', 'floppy'],
  ])('%s cannot be %j: 400', (path, value) => {
    expect(errorCodeOf(() => parse([{ op: 'add', path, value }]))).toBe('badRequest');
  });

  test.each([
    ['/name', null, { name: null }],
    ['/visibility', 'public', { visibility: 'public' }],
    ['/protected', true, { protected: true }],
    ['/os_hidden', false, { hidden: false }],
    ['/owner', '', { owner: null }],
    ['/owner', 'p', { owner: 'p' }],
    ['/tags', ['b', 'a', 'b', ''], { tags: ['b', 'a', ''] }],
    ['/container_format', 'bare', { containerFormat: 'bare' }],
    ['/disk_format', null, { diskFormat: null }],
    ['/min_disk', 1, { minDiskGib: 1 }],
    ['/min_ram', -1, { minRamMib: -1 }],
  ])('%s set to %j becomes %j', (path, value, fields) => {
    expect(parse([{ op: 'replace', path, value }])).toMatchObject([{ fields }]);
  });

  test('of the wrong type are refused even when the schema lets them pass: 400', () => {
    const lax = () => null;
    for (const path of ['/name', '/visibility', '/protected', '/os_hidden', '/tags', '/min_disk', '/disk_format']) {
      const body = [{ op: 'add', path, value: { odd: 1 } }];
      expect(errorCodeOf(() => parsePatchDocument('v2.1', body, lax))).toBe('badRequest');
    }
  });

  test.each([
    ['/declared_integer', 5, '5'],
    ['/declared_nullable', null, null],
  ])('%s declared otherwise by the operator keeps %j as %j', (path, value, text) => {
    expect(parse([{ op: 'add', path, value }])).toMatchObject([{ value: text }]);
  });

  test('a property name of 255 characters fits, one of 256 does not: 400', () => {
    const add = (name: string) => () => parse([{ op: 'add', path: `/${name}`, value: 'x' }]);
    expect(errorCodeOf(add('é'.repeat(255)))).toBe('none');
    expect(errorCodeOf(add('é'.repeat(256)))).toBe('badRequest');
  });

  test('the message of the schema reaches the client', () => {
    expect(() => parse([{ op: 'add', path: '/n', value: 1 }])).toThrow('n is not valid');
  });
});
