/** The tests of one setup: its whole table, scenario by scenario, against one pair of services. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isLeftOut, requirePackages } from '../support/debian-packages.ts';
import { compareScenario } from './differential-run.ts';
import { knownDifferences } from './known-differences.ts';
import { allScenarios } from './requests/all-scenarios.ts';
import { scenariosOf } from './scenario.ts';
import { startServicePair } from './service-pair.ts';
import type { ServicePair } from './service-pair.ts';
import type { SetupName } from './setups.ts';
import { oraclePackages } from './support/glance-oracle.ts';
import { outdated, unexplained } from './verdict.ts';

const installTimeoutMs = 600_000;

/** Every difference must be known, and every known one real. A test file holds one call of this: files run side by side. */
export function testSetup(setup: SetupName): void {
  describe.skipIf(isLeftOut())(`Lucarne answers like Glance 25.1, except where it is known not to: ${setup}`, () => {
    let services: ServicePair | undefined;

    beforeAll(async () => {
      await requirePackages(oraclePackages);
      services = await startServicePair(setup);
    }, installTimeoutMs);

    afterAll(async () => services?.stop());

    const scenarios = scenariosOf(setup, allScenarios);
    test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
      if (services === undefined) throw new Error('the services did not start');
      const compared = await compareScenario(services, scenario);
      expect([
        ...compared.flatMap((request) => unexplained(request, knownDifferences)),
        ...outdated(compared, knownDifferences),
      ]).toEqual([]);
    });
  });
}
