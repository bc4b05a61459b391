import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imageStatuses, imageVisibilities } from '../image-attributes.ts';
import { defaultImageSchemaOptions } from '../schemas/image.ts';
import type { SchemaDocument } from '../schemas/json-schema.ts';
import { schemaDocumentIds } from '../schemas/json-schema.ts';
import type { SchemaSite } from './api-profile.ts';
import { apiProfiles } from './api-profiles.ts';
import { inEarlyManner } from './read-only-marks.ts';
import { spacedJson } from './schema-texts.ts';

const site: SchemaSite = { ...defaultImageSchemaOptions, ownProperties: null };

describe.each(Object.entries(apiProfiles))('the profile %s', (_, profile) => {
  const { properties } = profile.imageSchema(site);

  test('publishes every schema document, each named as today', () => {
    const texts = profile.schemaTexts(site);
    expect(Object.keys(texts).toSorted()).toEqual([...schemaDocumentIds].toSorted());
    for (const id of schemaDocumentIds) expect(JSON.parse(texts[id])).toHaveProperty('properties');
  });

  test('has for every visibility and status a word that its schema has', () => {
    for (const visibility of imageVisibilities) {
      expect(properties['visibility']?.enum).toContain(profile.words.visibilities[visibility]);
    }
    for (const status of imageStatuses) expect(properties['status']?.enum).toContain(profile.words.statuses[status]);
  });

  test('shows every word of its schema as itself', () => {
    for (const word of properties['visibility']?.enum ?? []) {
      expect(new Map<unknown, string>(Object.entries(profile.words.visibilities)).get(word)).toBe(word);
    }
    for (const word of properties['status']?.enum ?? []) {
      expect(new Map<unknown, string>(Object.entries(profile.words.statuses)).get(word)).toBe(word);
    }
  });

  test('holds images against a schema that a validator can read', () => {
    const schema = profile.imageSchema(site);
    const valid = new Ajv({ strict: false }).compile({ ...schema, type: 'object' });
    expect([valid({ name: 'n', any: 'text' }), valid({ any: 1 }), valid({ visibility: 'shared' })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('does not know the attributes its schema lacks', () => {
    expect(profile.words.unknownAttributes.filter((name) => Object.hasOwn(properties, name))).toEqual([]);
  });

  test('takes the formats and properties of the site, but no property that is an attribute', () => {
    const own = { color: { type: ['null', 'string'], readOnly: true }, size: { type: 'string' } } as const;
    const schema = profile.imageSchema({
      diskFormats: ['qcow2', 'raw', 'unheard-of'],
      containerFormats: ['bare'],
      required: ['color'],
      ownProperties: own,
    });
    const declared = Object.entries(schema.properties).filter(([, { is_base: isBase }]) => isBase === false);
    expect(declared.map(([name]) => name)).toEqual(['color']);
    expect(schema.properties['size']).toEqual(properties['size']);
    expect(schema.properties['disk_format']?.enum?.filter((format) => format !== null)).toEqual(['raw', 'qcow2']);
    expect(schema.required).toEqual(['color']);
  });
});

describe('a document in the manner from before Kilo', () => {
  test.each<[string, SchemaDocument['properties'], SchemaDocument['properties']]>([
    ['marks what is read-only', { a: { readOnly: true } }, { a: { description: '(READ-ONLY)' } }],
    [
      'marks it behind its description',
      { a: { readOnly: true, description: 'Text.' } },
      { a: { description: 'Text. (READ-ONLY)' } },
    ],
    ['drops the mark of what is not', { a: { readOnly: false } }, { a: {} }],
    ['has no null type', { a: { type: ['null', 'string'] } }, { a: { type: 'string' } }],
    [
      'has no null in an enumeration',
      { a: { type: ['null', 'string'], enum: [null, 'x'] } },
      { a: { type: 'string', enum: ['x'] } },
    ],
    ['keeps several types', { a: { type: ['null', 'string', 'integer'] } }, { a: { type: ['string', 'integer'] } }],
    [
      'is so at every depth',
      { a: { items: { properties: { b: { readOnly: true, type: ['null', 'object'] } } } } },
      { a: { items: { properties: { b: { description: '(READ-ONLY)', type: 'object' } } } } },
    ],
    ['leaves a property of that name alone', { readOnly: { type: 'boolean' } }, { readOnly: { type: 'boolean' } }],
  ])('%s', (_, properties, expected) => {
    expect(inEarlyManner({ name: 'n', properties }).properties).toEqual(expected);
  });
});

describe('JSON with blanks', () => {
  test('has one behind every comma and colon', () => {
    expect(spacedJson({ a: [1, { b: 'c, d:\n{ }' }], e: [], f: {} })).toBe(
      '{"a": [1, {"b": "c, d:\\n{ }"}], "e": [], "f": {}}',
    );
  });

  test('means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(JSON.parse(spacedJson(value)))).toBe(JSON.stringify(value));
      }),
    );
  });
});
