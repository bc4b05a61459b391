import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { claimOf, grantClaim, greatestAmount, growingClaim, inUnit } from './project-limits.ts';
import type { ProjectLimit } from './project-limits.ts';

const mebibyte = 1024 * 1024;
const bytes: ProjectLimit = { resource: 'image_size_total', projectId: 'p', maximum: 100, unit: 'bytes' };
const inMiB: ProjectLimit = { ...bytes, maximum: 2, unit: 'MiB' };
const images: ProjectLimit = { ...bytes, resource: 'image_count_total', maximum: 1, unit: 'images' };

function outcome(limit: ProjectLimit, amount: number, byOthers: number, held = 0): number | string {
  const grant = () => grantClaim(claimOf(limit, amount), { byOthers, held });
  const code = errorCodeOf(grant);
  return code === 'none' ? grant() : code;
}

describe('a claim on an exact amount', () => {
  test.each<[string, ProjectLimit, number, number, number | string]>([
    ['what fits', bytes, 60, 40, 60],
    ['one byte too many', bytes, 61, 40, 'limitExceeded'],
    ['nothing, with the limit reached', bytes, 0, 100, 0],
    ['nothing, with the limit exceeded', bytes, 0, 101, 'limitExceeded'],
    ['MiB that are rounded down to the limit', inMiB, 3 * mebibyte - 1, 0, 3 * mebibyte - 1],
    ['MiB that are not', inMiB, 3 * mebibyte, 0, 'limitExceeded'],
    ['parts of MiB of which each alone is rounded to nothing', inMiB, mebibyte, 2.5 * mebibyte, 'limitExceeded'],
    ['the first image', images, 1, 0, 1],
    ['the second image', images, 1, 1, 'limitExceeded'],
    ['nothing of a limit that allows nothing', { ...images, maximum: 0 }, 0, 0, 0],
  ])('grants %s or refuses it', (_, limit, amount, byOthers, expected) => {
    expect(outcome(limit, amount, byOthers)).toBe(expected);
  });

  test('leaves who holds it already what it holds, whatever became of the limit', () => {
    expect(outcome({ ...bytes, maximum: 10 }, 50, 0, 50)).toBe(50);
    expect(outcome({ ...bytes, maximum: 10 }, 20, 0, 50)).toBe(50);
    expect(outcome({ ...bytes, maximum: 10 }, 51, 0, 50)).toBe('limitExceeded');
  });

  test('says in a refusal what was attempted, what there is and what may be', () => {
    expect(() => outcome(bytes, 61, 40)).not.toThrow();
    expect(() => grantClaim(claimOf(bytes, 61), { byOthers: 40, held: 0 })).toThrow(
      'Image exceeds the storage quota: The size of the data 61 will exceed the limit. 60 bytes remaining.',
    );
    expect(() => grantClaim(claimOf(inMiB, 2 * mebibyte), { byOthers: 1.5 * mebibyte, held: 0 })).toThrow(
      'Project p is over a limit for [Resource image_size_total is over limit of 2 due to current usage 1 and delta 2]',
    );
    expect(() => grantClaim(claimOf(images, 1), { byOthers: 1, held: 0 })).toThrow(
      '[Resource image_count_total is over limit of 1 due to current usage 1 and delta 1]',
    );
  });
});

describe('a claim that grows with the data', () => {
  test('takes what it needs and some more, and never more than there is', () => {
    const amounts = fc.record({
      maximum: fc.nat(2 ** 40),
      byOthers: fc.nat(2 ** 40),
      held: fc.nat(2 ** 30),
      needed: fc.nat(2 ** 31),
    });
    fc.assert(
      fc.property(amounts, ({ maximum, byOthers, held, needed }) => {
        fc.pre(held <= Math.max(0, maximum - byOthers));
        const claim = growingClaim({ ...bytes, maximum }, needed);
        const grant = () => grantClaim(claim, { byOthers, held });
        const fits = needed <= maximum - byOthers;
        expect(errorCodeOf(grant)).toBe(fits ? 'none' : 'limitExceeded');
        if (!fits) return;
        expect(grant()).toBeGreaterThanOrEqual(Math.max(needed, held));
        expect(grant()).toBeLessThanOrEqual(maximum - byOthers);
        expect(grant()).toBeLessThanOrEqual(Math.max(held, needed + Math.max(16 * mebibyte, needed)));
      }),
    );
  });

  test('needs few steps to any size', () => {
    let steps = 0;
    for (let held = 0; held < 2 ** 40; steps += 1) {
      held = grantClaim(growingClaim({ ...bytes, maximum: 2 ** 50 }, held + 262_144), { byOthers: 0, held });
    }
    expect(steps).toBeLessThan(1100);
  });
});

test('amounts are shown in the unit of the limit, rounded down', () => {
  expect([inUnit(3 * mebibyte - 1, 'MiB'), inUnit(7, 'bytes'), inUnit(7, 'images')]).toEqual([2, 7, 7]);
  expect(inUnit(greatestAmount(inMiB), 'MiB')).toBe(2);
});
