import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageLocation } from './image.ts';
import {
  changedLocations,
  dropsLocations,
  hasDuplicates,
  locationChanges,
  sameLocation,
  sameLocations,
  withoutCredentials,
} from './locations.ts';

const arbitraryLocation: fc.Arbitrary<ImageLocation> = fc.record({
  url: fc.constantFrom('a://1', 'a://2', 'a://3'),
  metadata: fc.constantFrom({}, { store: 's' }, { store: 't' }),
});
const arbitraryLocations = fc.array(arbitraryLocation, { maxLength: 5 });

test('locations are the same whatever the order of the members of their metadata', () => {
  const one = { url: 'a', metadata: { x: { p: '1', q: ['2', '3'] }, y: '' } };
  const other = { url: 'a', metadata: { y: '', x: { q: ['2', '3'], p: '1' } } };
  expect(sameLocation(one, other)).toBe(true);
  expect(sameLocation(one, { ...other, url: 'b' })).toBe(false);
  expect(sameLocation(one, { ...other, metadata: { y: '', x: { q: ['3', '2'], p: '1' } } })).toBe(false);
  expect(hasDuplicates([one, other])).toBe(true);
  expect(hasDuplicates([one, { ...other, url: 'b' }])).toBe(false);
});

describe('what becomes of locations', () => {
  const [a, b] = [
    { url: 'a', metadata: {} },
    { url: 'b', metadata: {} },
  ];
  const named = { ...a, metadata: { store: 's' } };

  test.each([
    ['nothing when nothing changes', [a, b], [a, b], ['kept', 'kept'], []],
    ['nothing when their order changes', [a, b], [b, a], ['kept', 'kept'], []],
    ['one that goes is dropped', [a, b], [b], ['dropped', 'kept'], []],
    ['one is added', [a], [b, a], ['kept'], [b]],
    ['one whose metadata change is kept', [a, b], [named, b], ['kept', 'kept'], []],
    ['one whose data another has is merged', [a, named], [named], ['merged', 'kept'], []],
    ['one that changes place with another is dropped and added', [a], [b], ['dropped'], [b]],
    ['one that is there twice', [a, a], [a], ['kept', 'merged'], []],
  ] as const)('%s', (_, before, after, kinds, added) => {
    const changes = locationChanges(before, after);
    expect(changes.fates.map(({ kind }) => kind)).toEqual(kinds);
    expect(changes.added).toEqual(added);
  });

  test('leads to the wanted list, whatever its order, and drops exactly what nobody refers to', () => {
    fc.assert(
      fc.property(arbitraryLocations, arbitraryLocations, (before, after) => {
        const texts = (locations: readonly ImageLocation[]) => locations.map((each) => JSON.stringify(each)).toSorted();
        expect(texts(changedLocations(before, after))).toEqual(texts(after));
        const { fates } = locationChanges(before, after);
        const dropped = before.filter((_, index) => fates[index]?.kind === 'dropped').map(({ url }) => url);
        const urls = new Set(after.map(({ url }) => url));
        expect(new Set(dropped)).toEqual(new Set(before.map(({ url }) => url).filter((url) => !urls.has(url))));
        expect(dropsLocations(before, after)).toBe(dropped.length > 0);
        expect(sameLocations(before, after)).toBe(JSON.stringify(before) === JSON.stringify(after));
      }),
    );
  });
});

test.each([
  ['http://user:pw@host/a@b', 'http://host/a@b'],
  ['http://host/a@b', 'http://host/a@b'],
  ['http://[::1]:80/a@b', 'http://[::1]:80/a@b'],
  ['http://user@[::1]?a@b', 'http://[::1]?a@b'],
  ['http://user:p/w@host:80/path', 'http://host:80/path'],
  ['swift+https://p%3Auser:key@host/v3/c/o', 'swift+https://host/v3/c/o'],
  ['s3://key:se/cr@et@host/bucket/object', 's3://host/bucket/object'],
  ['s3+https://host/bucket/object', 's3+https://host/bucket/object'],
  ['file:///images/x', 'file:///images/x'],
  ['no url', 'no url'],
])('%s without credentials is %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
