import { describe, expect, test } from 'vitest';

import { givenPlaceholders } from '../differential-run.ts';
import { knownDifferences } from '../known-differences.ts';
import { overwrittenPlaceholders, requestName, undefinedPlaceholders } from '../scenario.ts';
import { misnamed } from '../verdict.ts';
import { allScenarios } from './all-scenarios.ts';

const names = allScenarios.flatMap((scenario) => scenario.steps.map((step) => requestName(scenario, step)));

describe('the differential table', () => {
  test('names every request once', () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('uses only placeholders that were saved before', () => {
    expect(allScenarios.flatMap((scenario) => undefinedPlaceholders(scenario, givenPlaceholders))).toEqual([]);
  });

  test('saves nothing under the name of a given placeholder', () => {
    expect(allScenarios.flatMap((scenario) => overwrittenPlaceholders(scenario, givenPlaceholders))).toEqual([]);
  });

  test('has every request the list of known differences speaks of', () => {
    expect(misnamed(knownDifferences.ofRequests, new Set(names))).toEqual([]);
  });
});
