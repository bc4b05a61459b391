import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearestWord } from './nearest-word.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['debug', 'debug', 0],
    ['debgu', 'debug', 2],
    ['bind_prot', 'bind_port', 2],
    ['kitten', 'sitting', 3],
  ])('from "%s" to "%s" it is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  test('is the same in both directions, and 0 for equal words alone', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one));
        expect(editDistance(one, other) === 0).toBe(one === other);
      }),
    );
  });
});

describe('nearestWord', () => {
  const words = ['workers', 'backlog', 'bind_host', 'bind_port'];

  test.each([
    { word: 'bind_prt', maxDistance: 2, nearest: 'bind_port' },
    { word: 'bindhost', maxDistance: 2, nearest: 'bind_host' },
    { word: 'backlog', maxDistance: 0, nearest: 'backlog' },
    { word: 'backlock', maxDistance: 1, nearest: null },
    { word: 'bind_xxxt', maxDistance: 3, nearest: 'bind_host' },
    { word: 'image_size_cap', maxDistance: 3, nearest: null },
  ])('of $word within $maxDistance is $nearest', ({ word, maxDistance, nearest }) => {
    expect(nearestWord(word, words, maxDistance)).toBe(nearest);
  });
});
