/**
 * A few seconds of random sequences for each subject: the same ones in every run, and new ones. `compare-random.ts` plays as
 * many as one likes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isLeftOut, requirePackages } from '../support/debian-packages.ts';
import { playBatch } from './random/batch.ts';
import { subjects } from './random/sequence.ts';
import { startServicePair } from './service-pair.ts';
import type { ServicePair } from './service-pair.ts';
import { oraclePackages } from './support/glance-oracle.ts';

const installTimeoutMs = 600_000;
const timeLimitMs = 2_500;
const fixedSeed = 20_251;

describe.skipIf(isLeftOut())(
  'Lucarne answers random sequences like Glance 25.1, except where it is known not to',
  () => {
    const freshSeed = Date.now() % 1_000_000_000;
    let services: ServicePair | undefined;

    beforeAll(async () => {
      await requirePackages(oraclePackages);
      services = await startServicePair('multi-store');
    }, installTimeoutMs);

    afterAll(async () => services?.stop());

    test.each(subjects.flatMap((subject) => [[subject, fixedSeed] as const, [subject, freshSeed] as const]))(
      'about %s from seed %i',
      async (subject, seed) => {
        if (services === undefined) throw new Error('the services did not start');
        const outcome = await playBatch(services, { subject, seed, sequences: 100, timeLimitMs });
        expect(outcome.difference).toBeNull();
        expect(outcome.played).toBeGreaterThan(0);
      },
    );
  },
);
