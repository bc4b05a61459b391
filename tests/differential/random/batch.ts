/** Plays a batch of generated sequences, all from one seed, and tells what it found. */
import * as fc from 'fast-check';

import type { ServicePair } from '../service-pair.ts';
import { unexplainedDifference } from './compare-sequence.ts';
import { sequenceAbout } from './sequence.ts';
import type { Subject } from './sequence.ts';

export interface Batch {
  readonly subject: Subject;
  readonly seed: number;
  /** How many sequences at most. */
  readonly sequences: number;
  /** The batch is over after so long, also if it has not played all sequences. */
  readonly timeLimitMs?: number;
}

export interface BatchOutcome {
  /** Sequences that were played, those of cutting down a difference included. */
  readonly played: number;
  /** The first unexplained difference, shown by the shortest sequence that still has it, and how to repeat it; or null. */
  readonly difference: string | null;
}

/** Time to look for a shorter sequence once a difference is found, also if the time of the batch is over. */
const cuttingTimeMs = 10_000;

export async function playBatch(services: ServicePair, batch: Batch): Promise<BatchOutcome> {
  let played = 0;
  let deadline = performance.now() + (batch.timeLimitMs ?? Number.POSITIVE_INFINITY);
  let found = false;
  const property = fc.asyncProperty(sequenceAbout(batch.subject), async (sequence) => {
    // Left out rather than broken off: a sequence that goes on in the background would disturb the next.
    if (performance.now() > deadline) return;
    played += 1;
    const difference = await unexplainedDifference(services, sequence);
    if (difference === null) return;
    if (!found) deadline = Math.max(deadline, performance.now() + cuttingTimeMs);
    found = true;
    throw new Error(difference);
  });
  const details = await fc.check(property, { seed: batch.seed, numRuns: batch.sequences });
  if (!details.failed) return { played, difference: null };
  const cause = details.errorInstance;
  return { played, difference: `${repeatCommand(services, batch)}\n${cause instanceof Error ? cause.message : ''}` };
}

function repeatCommand(services: ServicePair, { subject, seed }: Batch): string {
  const options = `--setup ${services.setup} --about ${subject} --seed ${seed} --sequences 100`;
  return `node tests/differential/compare-random.ts ${options}`;
}
