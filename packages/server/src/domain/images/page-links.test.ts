import { describe, expect, test } from 'vitest';
import { nextMarker, pageLinks } from './page-links.ts';

const id = '6d0b3c1e-0000-4000-8000-1d2e3f405060';

describe('page links', () => {
  test('are those of the example of the contract', () => {
    const pairs = [
      ['limit', '1'],
      ['sort', 'name:asc'],
      ['status', 'in:active,queued'],
    ] as const;
    expect(pageLinks('/v2/images', pairs, id)).toEqual({
      first: '/v2/images?limit=1&sort=name%3Aasc&status=in%3Aactive%2Cqueued',
      next: `/v2/images?limit=1&sort=name%3Aasc&status=in%3Aactive%2Cqueued&marker=${id}`,
    });
  });

  test('have no question mark without parameters, and no next on the last page', () => {
    expect(pageLinks('/v2/images', [], null)).toEqual({ first: '/v2/images' });
    expect(pageLinks('/v2/images', [['marker', 'old']], null)).toEqual({ first: '/v2/images' });
  });

  test('keep all values of a repeated parameter, but only the new marker, and that last', () => {
    const pairs = [
      ['tag', 'a b'],
      ['marker', 'old'],
      ['tag', 'c'],
      ['marker', 'older'],
      ['limit', '5000'],
    ] as const;
    expect(pageLinks('/v2/images', pairs, 'new')).toEqual({
      first: '/v2/images?tag=a+b&tag=c&limit=5000',
      next: '/v2/images?tag=a+b&tag=c&limit=5000&marker=new',
    });
  });
});

test.each([
  [0, 0, null],
  [0, 1, null],
  [1, 2, null],
  [2, 2, 'image 2'],
])('a page of %i images with room for %i goes on behind %j', (count, limit, expected) => {
  const page = Array.from({ length: count }, (_, index) => ({ id: `image ${index + 1}` }));
  expect(nextMarker(page, limit)).toBe(expected);
});
