/** Generated requests on the metadata definitions catalog. Namespaces carry the project in their name: no two sequences meet. */
import * as fc from 'fast-check';

import type { Caller } from '../callers.ts';
import { one, plain, some } from './requests.ts';
import type { Requests } from './requests.ts';

/** Only administrators write to the catalog. */
const caller = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Caller>('admin') },
  { weight: 2, arbitrary: fc.constant<Caller>('alice') },
  { weight: 1, arbitrary: fc.constantFrom<Caller>('bob', 'rita', 'nobody', 'service', 'bareAdmin') },
);
const namespace = fc.constantFrom('One-{p1}', 'One-{p1}', 'One-{p1}', 'One-{p1}', 'Two-{p1}');
const name = fc.constantFrom('first', 'first', 'first', 'second', 'Third');
const visibility = fc.constantFrom('public', 'private', 'public', 'private', 'secret');
const text = fc.constantFrom('', 'some words', 'ü');
const type = fc.constantFrom('string', 'integer', 'boolean', 'number', 'array', 'nonsense');

function write(
  method: 'POST' | 'PUT',
  path: fc.Arbitrary<string>,
  document: fc.Arbitrary<unknown>,
): fc.Arbitrary<Requests> {
  return one(
    fc
      .record({ as: caller, path, json: document })
      .map((drawn) => ({ as: drawn.as, send: `${method} /v2/metadefs/${drawn.path}`, json: drawn.json })),
  );
}

const namespaceDocument = fc
  .tuple(namespace, some({ display_name: text, description: text, visibility, protected: fc.constant(false) }))
  .map(([id, rest]) => ({ namespace: id, ...rest }));

const propertyDocument = fc
  .tuple(fc.record({ name, title: text, type }), some({ description: text, readonly: fc.boolean() }))
  .map(([required, rest]) => ({ ...required, ...rest }));

const objectDocument = fc
  .tuple(name, some({ description: text, required: fc.array(name, { maxLength: 1 }) }))
  .map(([objectName, rest]) => ({ name: objectName, ...rest }));

const namespacePath = namespace.map((id) => `namespaces/${id}`);

function collection(kind: 'properties' | 'objects' | 'tags' | 'resource_types'): fc.Arbitrary<string> {
  return namespace.map((id) => `namespaces/${id}/${kind}`);
}

function item(kind: 'properties' | 'objects' | 'tags' | 'resource_types'): fc.Arbitrary<string> {
  return fc.tuple(namespace, name).map(([id, of]) => `namespaces/${id}/${kind}/${of}`);
}

const listed = fc.oneof(
  collection('properties'),
  collection('objects'),
  collection('tags'),
  collection('resource_types'),
  namespacePath,
);

const anyItem = fc.oneof(item('properties'), item('objects'), item('tags'));

function underMetadefs(path: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return path.map((rest) => `metadefs/${rest}`);
}

/** What a sequence about definitions begins with: a namespace, mostly with something in it. */
export const metadefOpening: fc.Arbitrary<Requests> = fc.tuple(fc.boolean(), fc.boolean()).map(([hidden, filled]) => [
  {
    as: 'admin',
    send: 'POST /v2/metadefs/namespaces',
    json: { namespace: 'One-{p1}', visibility: hidden ? 'private' : 'public' },
  },
  ...(filled ? contents : []),
]);

const contents: Requests = [
  {
    as: 'admin',
    send: 'POST /v2/metadefs/namespaces/One-{p1}/properties',
    json: { name: 'first', title: 'First', type: 'string' },
  },
  { as: 'admin', send: 'POST /v2/metadefs/namespaces/One-{p1}/objects', json: { name: 'first' } },
  { as: 'admin', send: 'POST /v2/metadefs/namespaces/One-{p1}/tags/first' },
];

export const metadefRequests: ReadonlyArray<{ readonly weight: number; readonly arbitrary: fc.Arbitrary<Requests> }> = [
  { weight: 6, arbitrary: write('POST', fc.constant('namespaces'), namespaceDocument) },
  { weight: 2, arbitrary: write('PUT', namespacePath, namespaceDocument) },
  { weight: 3, arbitrary: write('POST', collection('properties'), propertyDocument) },
  { weight: 2, arbitrary: write('PUT', item('properties'), propertyDocument) },
  { weight: 3, arbitrary: write('POST', collection('objects'), objectDocument) },
  { weight: 2, arbitrary: write('PUT', item('objects'), objectDocument) },
  { weight: 2, arbitrary: write('POST', item('tags'), fc.constant(undefined)) },
  {
    weight: 2,
    arbitrary: write(
      'PUT',
      item('tags'),
      name.map((tag) => ({ name: tag })),
    ),
  },
  {
    weight: 2,
    arbitrary: write(
      'POST',
      collection('resource_types'),
      name.map((resource) => ({ name: `OS::{p1}::${resource}` })),
    ),
  },
  { weight: 6, arbitrary: plain('GET', underMetadefs(listed), caller) },
  { weight: 3, arbitrary: plain('GET', underMetadefs(anyItem), caller) },
  { weight: 2, arbitrary: plain('DELETE', underMetadefs(anyItem), caller) },
  { weight: 1, arbitrary: plain('DELETE', underMetadefs(listed), caller) },
];
