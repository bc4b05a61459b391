import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryListQuery, arbitraryStoredImages, sampleImage } from './image-samples.testing.ts';
import type { Image } from './image.ts';
import { listStoredImages } from './list-model.testing.ts';
import type { ImageListQuery, ImageSort } from './list-query.ts';
import { nextMarker } from './page-links.ts';

const everything: ImageListQuery = {
  viewer: { isAdmin: true, projectId: null },
  visibility: 'all',
  memberStatus: 'all',
  hidden: false,
  filters: [],
  sort: [{ key: 'id', direction: 'asc' }],
  limit: 100,
  marker: null,
};

function idsOf(images: readonly Image[], query: Partial<ImageListQuery>): readonly string[] {
  const stored = images.map((image) => ({ image, members: [] }));
  return listStoredImages(stored, { ...everything, ...query }).map(({ id }) => id);
}

describe('the model of the image list', () => {
  const byName: readonly ImageSort[] = [
    { key: 'name', direction: 'asc' },
    { key: 'id', direction: 'desc' },
  ];

  test('orders text by its bytes, with null as empty text', () => {
    const names = ['b', null, 'a', 'B', '', '😀', '\uffee'];
    const images = names.map((name, index) => sampleImage({ id: String(index), name }));
    expect(idsOf(images, { sort: byName })).toEqual(['4', '1', '3', '2', '0', '6', '5']);
  });

  test('orders sizes as numbers, with null as zero', () => {
    const images = [10, null, 9, 0].map((sizeBytes, index) => sampleImage({ id: String(index), sizeBytes }));
    const sort: readonly ImageSort[] = [
      { key: 'size', direction: 'desc' },
      { key: 'id', direction: 'asc' },
    ];
    expect(idsOf(images, { sort })).toEqual(['0', '2', '1', '3']);
  });

  test('goes on behind a marker that does not meet the filters', () => {
    const images = ['a', 'b', 'c'].map((name) => sampleImage({ id: name, name }));
    const filters = [{ kind: 'text', column: 'name', values: ['a', 'c'] }] as const;
    expect(idsOf(images, { filters, marker: 'b' })).toEqual(['c']);
  });

  test('finds null neither by empty text nor by a bound', () => {
    const images = [sampleImage({ name: null, sizeBytes: null })];
    expect(idsOf(images, { filters: [{ kind: 'text', column: 'name', values: [''] }] })).toEqual([]);
    const bound = { kind: 'number', column: 'size', operator: 'gte', value: -1n } as const;
    expect(idsOf(images, { filters: [bound] })).toEqual([]);
  });
});

test('walking the pages by marker gives every image of the list exactly once, in its order', () => {
  fc.assert(
    fc.property(arbitraryStoredImages, arbitraryListQuery, (stored, query) => {
      const walked: string[] = [];
      let marker: string | null = null;
      // Every page but the last holds an image, so there are no more pages than images and one.
      for (let page = 0; page <= stored.length; page++) {
        const images = listStoredImages(stored, { ...query, marker });
        walked.push(...images.map(({ id }) => id));
        marker = nextMarker(images, query.limit);
        if (marker === null) break;
      }
      expect(marker).toBeNull();
      const whole = listStoredImages(stored, { ...query, limit: stored.length });
      expect(walked).toEqual(whole.map(({ id }) => id));
    }),
    { numRuns: 300 },
  );
});
