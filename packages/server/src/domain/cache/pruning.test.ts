import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copiesToPrune } from './pruning.ts';
import type { PrunableCopy } from './pruning.ts';

function copy(imageId: string, sizeBytes: number, usedAt: number): PrunableCopy {
  return { imageId, sizeBytes, lastUsedAt: new Date(usedAt) };
}

function sum(copies: readonly PrunableCopy[]): number {
  return copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

const copies = fc.uniqueArray(
  fc.record({
    imageId: fc.uuid(),
    sizeBytes: fc.nat(1000),
    lastUsedAt: fc.nat(20).map((second) => new Date(second * 1000)),
  }),
  { selector: ({ imageId }) => imageId, maxLength: 12 },
);

describe('Pruning', () => {
  test.each<[string, number, readonly string[]]>([
    ['nothing while all fit', 60, []],
    ['the least recently used copy', 59, ['b']],
    ['in the order of their use', 10, ['b', 'c']],
    ['all when nothing may stay', 0, ['b', 'c', 'a']],
  ])('takes %s', (_, maxBytes, expected) => {
    const given = [copy('a', 10, 30), copy('b', 20, 10), copy('c', 30, 20)];
    expect(copiesToPrune(given, maxBytes).map(({ imageId }) => imageId)).toEqual(expected);
  });

  test('brings any cache below its limit, with no copy more than it must, and never a newer one before an older', () => {
    fc.assert(
      fc.property(copies, fc.nat(6000), (given, maxBytes) => {
        const pruned = copiesToPrune(given, maxBytes);
        const kept = given.filter((each) => !pruned.includes(each));
        expect(sum(kept)).toBeLessThanOrEqual(maxBytes);
        const last = pruned.at(-1);
        if (last !== undefined) expect(sum(kept) + last.sizeBytes).toBeGreaterThan(maxBytes);
        const newest = Math.max(...pruned.map(({ lastUsedAt }) => lastUsedAt.getTime()));
        for (const each of kept) expect(each.lastUsedAt.getTime()).toBeGreaterThanOrEqual(newest);
      }),
    );
  });

  test('does not depend on the order it is told of the copies in', () => {
    fc.assert(
      fc.property(copies, fc.nat(6000), (given, maxBytes) => {
        expect(copiesToPrune(given.toReversed(), maxBytes)).toEqual(copiesToPrune(given, maxBytes));
      }),
    );
  });
});
