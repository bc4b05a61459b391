import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { sampleImage } from './image-samples.testing.ts';
import type { Image, ImageLocation } from './image.ts';
import { checkLocationOperation, planLocations, withLocations } from './location-patch.ts';
import type { LocationOperation, LocationRules, NewLocation } from './location-patch.ts';

const rules: LocationRules = {
  areShown: true,
  quota: 3,
  hashAlgorithm: 'sha512',
  placed: ({ url, metadata }) => ({ url, metadata: { ...metadata, store: 'web' } }),
};

function at(name: string, metadata: ImageLocation['metadata'] = {}): NewLocation {
  return { url: `http://${name}`, metadata, validation: null };
}

function stored(...names: readonly string[]): readonly ImageLocation[] {
  return names.map((name) => ({ url: `http://${name}`, metadata: { store: 'web' } }));
}

function add(position: string, location: NewLocation = at('new')): LocationOperation {
  return { target: 'locations', verb: 'add', position, location };
}

function replace(...locations: readonly NewLocation[]): LocationOperation {
  return { target: 'locations', verb: 'replace', locations };
}

function remove(position: string): LocationOperation {
  return { target: 'locations', verb: 'remove', position };
}

const queued = sampleImage();
const active = sampleImage({ status: 'active', sizeBytes: 5, locations: stored('a', 'b') });

/** Names in the list after an operation whose data are 7 bytes, or the code of its error. */
function outcome(image: Image, operation: LocationOperation, given: Partial<LocationRules> = {}): string {
  let names = '';
  const code = errorCodeOf(() => {
    checkLocationOperation(operation);
    const plan = planLocations(image, operation, { ...rules, ...given });
    names = withLocations(image, plan, 7)
      .locations.map(({ url }) => url.slice('http://'.length))
      .join(' ');
  });
  return code === 'none' ? names : code;
}

const others = imageStatuses.filter((status) => status !== 'queued' && status !== 'active');

describe('The locations of an image', () => {
  type Row = readonly [string, Image, LocationOperation, string, Partial<LocationRules>?];
  const rows: readonly Row[] = [
    ['get one at the end', active, add('-'), 'a b new'],
    ['get one at a position', active, add('0'), 'new a b'],
    ['get one behind the last at a position beyond', active, add('99999999999999999999'), 'a b new'],
    ['get one at no position: 400', active, add('-1'), 'badRequest'],
    ['get one at a word: 400', active, add('x'), 'badRequest'],
    ['get the first one', queued, add('-'), 'new'],
    ['get one too many: 413', active, add('-'), 'limitExceeded', { quota: 2 }],
    ['get any number', active, add('-'), 'a b new', { quota: -1 }],
    ['get one that is there already: 400', active, add('-', at('a')), 'badRequest'],
    ['get the same URL with other metadata', active, add('-', at('a', { x: 'y' })), 'a b a'],
    ['are set', queued, replace(at('x'), at('y')), 'x y'],
    ['are set with two that are the same: 400', queued, replace(at('x'), at('x')), 'badRequest'],
    ['are set to too many: 413', queued, replace(at('x'), at('y')), 'limitExceeded', { quota: 1 }],
    ['get other metadata', active, replace(at('b', { x: 'y' }), at('a')), 'b a'],
    ['get a URL that they did not have: 400', active, replace(at('a'), at('b'), at('c')), 'badRequest'],
    [
      'get a URL once more by being replaced: 400',
      active,
      replace(at('a'), at('b'), at('b', { x: 'y' })),
      'badRequest',
    ],
    ['lose a URL by being replaced: 400', active, replace(at('a')), 'badRequest'],
    ['are replaced by none: 403', active, replace(), 'forbidden'],
    ['are replaced by none although they are not shown: 403', active, replace(), 'forbidden', { areShown: false }],
    ['lose one', active, remove('0'), 'b'],
    ['lose the last one in the list', active, remove('-'), 'a'],
    ['lose one that is not there: 400', active, remove('2'), 'badRequest'],
    ['lose one at no position: 400', active, remove('x'), 'badRequest'],
    ['lose the only one: 403', { ...active, locations: stored('a') }, remove('0'), 'forbidden'],
    ['of a queued image lose one: 409', queued, remove('0'), 'conflict'],
    ['that are not shown get one: 403', active, add('-'), 'forbidden', { areShown: false }],
    ['that are not shown lose one: 403', active, remove('0'), 'forbidden', { areShown: false }],
    ['of an image without format get the first one: 400', { ...queued, diskFormat: null }, add('-'), 'badRequest'],
    ['get one with characters that cannot be stored: 400', active, add('-', at('\u{1f600}')), 'badRequest'],
    ['get metadata that are not text: 400', active, add('-', at('x', { a: 1 })), 'badRequest'],
    ['get metadata that are null: 400', active, add('-', at('x', { a: { b: null } })), 'badRequest'],
    ['get metadata that are lists of text', active, add('-', at('x', { a: [{ b: 'c' }] })), 'a b x'],
    ['get metadata that are too long: 400', active, add('-', at('x', { a: 'b'.repeat(65_530) })), 'badRequest'],
  ];
  test.each(rows.map((row) => [row[0], row] as const))('%s', (_, [, image, operation, expected, given]) => {
    expect(outcome(image, operation, given)).toBe(expected);
  });

  test.each(others)('of an image in status %s do not change: 409', (status) => {
    const image = { ...active, status };
    for (const operation of [add('-'), replace(at('a'), at('b')), remove('0')]) {
      expect(outcome(image, operation)).toBe('conflict');
    }
  });

  test('with metadata of any depth are refused and not followed: 400', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}"b"${'}'.repeat(5000)}`) as Record<string, unknown>;
    expect(outcome(active, add('-', at('x', deep)))).toBe('badRequest');
  });

  test('that are the first make a queued image active, with their size and what is said of their hash', () => {
    const validation = { hashAlgorithm: 'sha512', hashValue: 'a'.repeat(128) };
    const plan = planLocations(queued, add('-', { ...at('new'), validation }), rules);
    expect(plan.newUrls).toEqual(['http://new']);
    expect(withLocations(queued, plan, 7)).toEqual({
      ...queued,
      ...validation,
      status: 'active',
      sizeBytes: 7,
      locations: [{ url: 'http://new', metadata: { store: 'web' } }],
    });
  });

  test('that join others leave the size as it is', () => {
    expect(withLocations(active, planLocations(active, add('-'), rules), 7)).toMatchObject({ sizeBytes: 5 });
  });

  test('that change only their metadata are not looked at', () => {
    expect(planLocations(active, replace(at('a', { x: 'y' }), at('b')), rules).newUrls).toEqual([]);
  });
});
