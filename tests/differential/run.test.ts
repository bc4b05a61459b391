/**
 * The whole differential table, Lucarne against a real Glance 25.1: every difference must be known, and every known one
 * real.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isLeftOut, requirePackages } from '../support/debian-packages.ts';
import { compareScenario } from './differential-run.ts';
import type { ServicePair } from './differential-run.ts';
import { knownDifferences } from './known-differences.ts';
import { allScenarios } from './requests/all-scenarios.ts';
import { oraclePackages, startGlanceOracle } from './support/glance-oracle.ts';
import { startLucarneUnderTest } from './support/lucarne-under-test.ts';
import type { RunningService } from './support/service-process.ts';
import { outdated, unexplained } from './verdict.ts';

const installTimeoutMs = 600_000;

describe.skipIf(isLeftOut())('Lucarne answers like Glance 25.1, except where it is known not to', () => {
  const running: RunningService[] = [];
  let baseUrls: ServicePair;

  beforeAll(async () => {
    await requirePackages(oraclePackages);
    const glance = await startGlanceOracle();
    running.push(glance);
    const lucarne = await startLucarneUnderTest();
    running.push(lucarne);
    baseUrls = { glance: glance.baseUrl, lucarne: lucarne.baseUrl };
  }, installTimeoutMs);

  afterAll(async () => {
    await Promise.all(running.map((service) => service.stop()));
  });

  test.each(allScenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const compared = await compareScenario(baseUrls, scenario);
    expect([
      ...compared.flatMap((request) => unexplained(request, knownDifferences)),
      ...outdated(compared, knownDifferences),
    ]).toEqual([]);
  });
});
