import { describe, expect, test } from 'vitest';
import { acceptedVersionTokens, advertisedVersions, versionDocument } from './versions.ts';

const old = '2.7 2.6 2.5 2.4 2.3 2.2 2.1 2.0';

const modes = [
  {
    imageCache: true,
    multiStore: true,
    list: `2.18 2.17 2.16 2.15 2.14 2.13 2.12 2.11 2.10 2.9 2.8 ${old}`,
    current: 'v2.18',
  },
  { imageCache: true, multiStore: false, list: `2.18 2.17 2.16 2.15 2.14 2.9 ${old}`, current: 'v2.18' },
  { imageCache: false, multiStore: true, list: `2.15 2.13 2.12 2.11 2.10 2.9 2.8 2.17 ${old}`, current: 'v2.17' },
  { imageCache: false, multiStore: false, list: `2.15 2.9 2.17 ${old}`, current: 'v2.17' },
];

describe.each(modes)('with image cache $imageCache and several stores $multiStore', ({ list, current, ...options }) => {
  const ids = list.split(' ').map((version) => `v${version}`);

  test('lists versions in the order Glance emits them', () => {
    expect(advertisedVersions(options).map(({ id }) => id)).toEqual(ids);
  });

  test('calls exactly one version current', () => {
    const currents = advertisedVersions(options).filter(({ status }) => status === 'CURRENT');
    expect(currents.map(({ id }) => id)).toEqual([current]);
  });

  test('accepts v2 and what it lists, and nothing else', () => {
    expect([...acceptedVersionTokens(options)].toSorted()).toEqual(['v2', ...ids].toSorted());
  });
});

test.each([
  ['2.1', 'v2.1 v2.0'],
  ['2.3', 'v2.3 v2.2 v2.1 v2.0'],
] as const)('with %s as the newest, it is current and nothing newer is listed or accepted', (newest, list) => {
  for (const imageCache of [true, false]) {
    const options = { imageCache, multiStore: true, newest };
    const versions = advertisedVersions(options);
    expect(versions.map(({ id }) => id).join(' ')).toBe(list);
    expect(versions.filter(({ status }) => status === 'CURRENT').map(({ id }) => id)).toEqual([`v${newest}`]);
    expect([...acceptedVersionTokens(options)].toSorted()).toEqual(['v2', ...list.split(' ')].toSorted());
  }
});

test('all versions link to the same URL below the base the client used', () => {
  const { versions } = versionDocument({ imageCache: false, multiStore: false }, 'https://images.example/glance');
  const links = new Set(versions.map((version) => JSON.stringify(version.links)));
  expect([...links]).toEqual(['[{"rel":"self","href":"https://images.example/glance/v2/"}]']);
  expect(Object.keys(versions[0] ?? {})).toEqual(['id', 'status', 'links']);
});
