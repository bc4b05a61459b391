import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { givenPlaceholders } from '../differential-run.ts';
import { undefinedPlaceholders } from '../scenario.ts';
import { sequenceAbout, subjects } from './sequence.ts';

describe.each(subjects)('sequences about %s', (subject) => {
  test('name every request once and use only placeholders that are given', () => {
    fc.assert(
      fc.property(sequenceAbout(subject), (sequence) => {
        const names = sequence.steps.map((step) => step.what);
        expect(new Set(names).size).toBe(names.length);
        expect(undefinedPlaceholders(sequence, givenPlaceholders)).toEqual([]);
      }),
    );
  });

  test('come again from the same seed', () => {
    const draw = (): unknown => fc.sample(sequenceAbout(subject), { numRuns: 20, seed: 7 });
    expect(draw()).toEqual(draw());
  });
});
