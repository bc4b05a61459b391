/** Prefixes, joined names, list parameters and files of metadata definitions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkObjectList, parseNamespaceList, parseTagList } from './list-parameters.ts';
import { joinRequired, splitRequired } from './metadefs.ts';
import type { NamespaceContents } from './metadefs.ts';
import { fileNames, namespaceDocument, readNamespaceFile } from './namespace-file.ts';
import { withPrefix, withoutPrefix } from './prefixes.ts';

const badRequest = expect.objectContaining({ code: 'badRequest' });
const viewer = { isAdmin: false, projectId: 'p' };
const limits = { defaultLimit: 25, maxLimit: 1000 };
const times = { createdAt: new Date(0), updatedAt: null };

function contentsOf(names: readonly string[]): NamespaceContents {
  const properties = new Map(names.map((name) => [name, new Map([['title', name]])]));
  const object = { name: 'o', description: null, required: names, properties, ...times };
  return { associations: [], properties, objects: [object], tags: [] };
}

describe('prefixes', () => {
  test('are put before every name of a property, and taken away again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.string({ minLength: 1 }), (names, prefix) => {
        const prefixed = withPrefix(contentsOf(names), prefix);
        const [object] = prefixed.objects;
        const all = [[...prefixed.properties.keys()], object?.required, [...(object?.properties?.keys() ?? [])]];
        expect(all).toEqual(all.map(() => names.map((name) => prefix + name)));
        expect([...prefixed.properties.keys()].map((name) => withoutPrefix(name, prefix))).toEqual(names);
      }),
    );
  });

  test.each<[string, string | null]>([
    ['name', null],
    ['name', ''],
    ['name', 'other_'],
  ])('%s without %s is not found', (name, prefix) => {
    expect(() => withoutPrefix(name, prefix)).toThrow(expect.objectContaining({ code: 'notFound' }));
  });
});

test.each<[readonly string[] | null, readonly string[]]>([
  [null, []],
  [[], []],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [
    ['a,b', 'c'],
    ['a', 'b', 'c'],
  ],
  [[''], []],
  [
    ['', 'a'],
    ['', 'a'],
  ],
])('required names %j come back as %j', (sent, read) => {
  expect(splitRequired(joinRequired(sent))).toEqual(read);
});

describe('lists of namespaces', () => {
  test('without parameters come newest first, by the default limit', () => {
    expect(parseNamespaceList([], viewer, limits)).toEqual({
      viewer,
      visibility: null,
      resourceTypes: null,
      sort: [
        { key: 'created_at', direction: 'desc' },
        { key: 'id', direction: 'desc' },
      ],
      limit: 25,
      marker: null,
    });
  });

  test.each<[string, string, object]>([
    ['limit', '0', { limit: 0 }],
    ['limit', ' +5 ', { limit: 5 }],
    ['limit', '99999999999999999999', { limit: 1000 }],
    ['marker', '', { marker: '' }],
    ['visibility', 'public', { visibility: 'public' }],
    ['visibility', '', { visibility: 'none' }],
    ['resource_types', 'a, b', { resourceTypes: ['a', ' b'] }],
    ['resource_types', '', { resourceTypes: [''] }],
    ['unknown', 'x', { limit: 25 }],
  ])('take %s=%s', (name, value, expected) => {
    expect(parseNamespaceList([[name, value]], viewer, limits)).toMatchObject(expected);
  });

  test.each<[string, string]>([
    ['limit', '-1'],
    ['limit', 'x'],
    ['limit', ''],
    ['limit', '1.0'],
    ['sort_key', 'nope'],
    ['sort_key', ''],
    ['sort_key', 'constructor'],
    ['sort_dir', 'up'],
    ['sort_dir', ''],
    ['visibility', 'shared'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => parseNamespaceList([[name, value]], viewer, limits)).toThrow(badRequest);
  });

  test('are sorted by the key, the time of creation and the row, in one direction', () => {
    const sort = (key: string) =>
      parseNamespaceList(
        [
          ['sort_key', key],
          ['sort_dir', 'asc'],
        ],
        viewer,
        limits,
      ).sort.map((each) => each.key);
    expect([sort('owner'), sort('id'), sort('created_at')]).toEqual([
      ['owner', 'created_at', 'id'],
      ['created_at', 'id'],
      ['created_at', 'id'],
    ]);
  });
});

describe('lists in a namespace', () => {
  test.each<[string, string]>([
    ['limit', '-1'],
    ['limit', 'x'],
    ['sort_dir', 'x'],
    ['visibility', 'community'],
  ])('refuse %s=%s, of tags and objects alike', (name, value) => {
    expect(() => parseTagList([[name, value]])).toThrow(badRequest);
    expect(() => checkObjectList([[name, value]])).toThrow(badRequest);
  });

  test('of tags have no limit unless asked for, of objects none of 0', () => {
    expect([parseTagList([]).limit, parseTagList([['limit', '']]).limit, parseTagList([['limit', '0']]).limit]).toEqual(
      [null, null, 0],
    );
    expect(() => checkObjectList([['limit', '0']])).toThrow(badRequest);
    expect(() => checkObjectList([['visibility', 'shared']])).not.toThrow();
  });
});

describe('files of definitions', () => {
  const whole = {
    namespace: 'ns',
    display_name: null,
    description: 'd',
    visibility: 'public',
    protected: true,
    resource_type_associations: [{ name: 't', prefix: 'p_', properties_target: null }],
    properties: { a: { title: 'A', type: 'integer', default: 5 } },
    objects: [{ name: 'o', description: null, properties: { b: {} } }],
    tags: [{ name: 'x' }],
  };

  test('come out as they went in, without owner and required names', () => {
    const file = readNamespaceFile({ ...whole, owner: 'me', objects: [{ ...whole.objects[0], required: ['b'] }] });
    expect(file.owner).toBe('me');
    const document = namespaceDocument(file);
    expect(Object.fromEntries(document)).toEqual({ ...whole, properties: new Map(Object.entries(whole.properties)) });
  });

  test('say only what they must: the owner is admin, an object without properties has none', () => {
    expect(readNamespaceFile({ namespace: 'ns', objects: [{ name: 'o' }] })).toEqual({
      name: 'ns',
      displayName: null,
      description: null,
      visibility: null,
      protected: null,
      owner: 'admin',
      associations: [],
      properties: new Map(),
      objects: [{ name: 'o', description: null, properties: {} }],
      tags: [],
    });
  });

  test.each<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['no namespace', {}],
    ['a namespace that is a number', { namespace: 1 }],
    ['a long namespace', { namespace: 'x'.repeat(81) }],
    ['another visibility', { namespace: 'ns', visibility: 'shared' }],
    ['protected as text', { namespace: 'ns', protected: 'yes' }],
    ['a list of properties', { namespace: 'ns', properties: [] }],
    ['a long property name', { namespace: 'ns', properties: { ['x'.repeat(81)]: {} } }],
    ['a tag that is text', { namespace: 'ns', tags: ['x'] }],
    ['a tag without name', { namespace: 'ns', tags: [{}] }],
    ['an object of objects', { namespace: 'ns', objects: {} }],
    ['an association without name', { namespace: 'ns', resource_type_associations: [{ prefix: 'x' }] }],
    ['U+0000', { namespace: 'n\0s' }],
  ])('cannot be %s', (_, document) => {
    expect(() => readNamespaceFile(document)).toThrow(badRequest);
  });

  test('are named after what is displayed, never two alike', () => {
    const named = (name: string, displayName: string | null) => ({
      ...readNamespaceFile({ namespace: name }),
      displayName,
    });
    const files = [
      named('OS::A', 'CPU Mode (x)'),
      named('OS::B', null),
      named('OS::C', 'CPU Mode X'),
      named('OS::D', '../../etc/passwd'),
      named('::', '…'),
      named('OS:B', null),
      named('/', ''),
    ];
    expect(fileNames(files)).toEqual([
      'CPUModex.json',
      'OSB.json',
      'OSC.json',
      'etcpasswd.json',
      'namespace.json',
      'OSB_2.json',
      'namespace_2.json',
    ]);
  });
});
