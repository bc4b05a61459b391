/**
 * Compares the two services on random sequences of requests, several at a time:
 *
 *     node tests/differential/compare-random.ts [--sequences 10000] [--seed 1] [--lanes 2]
 *         [--about images,stores,metadefs] [--setup multi-store] [--against-itself]
 *
 * The sequences are drawn in batches, each with a seed of its own; a batch ends with the first difference that nothing
 * explains, cut down to the shortest sequence that still shows it. A lane is a pair of services that plays batches.
 */
import { parseArgs } from 'node:util';

import { playBatch } from './random/batch.ts';
import type { Batch } from './random/batch.ts';
import { subjects } from './random/sequence.ts';
import { startServicePair } from './service-pair.ts';
import { setupNames } from './setups.ts';
import type { SetupName } from './setups.ts';

const { values: flags } = parseArgs({
  options: {
    sequences: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    lanes: { type: 'string', default: '2' },
    about: { type: 'string', default: subjects.join(',') },
    setup: { type: 'string', default: 'multi-store' },
    'against-itself': { type: 'boolean' },
  },
});

/** Sequences of a batch: what is lost when a difference ends it. */
const batchSize = 100;
/** Services keep a record of every deleted image and get slower by it, so they are replaced after so many batches. */
const batchesOfAPair = 20;

const firstSeed = Number(flags.seed);
const setup = knownSetup(flags.setup);
const opponent = flags['against-itself'] ? 'another glance' : 'lucarne';
const chosen = subjects.filter((subject) => flags.about.split(',').includes(subject));
const batches = chosen.flatMap((subject) => batchesAbout(subject, Math.ceil(Number(flags.sequences) / chosen.length)));

const started = performance.now();
let played = 0;
let failed = 0;
await Promise.all(Array.from({ length: Number(flags.lanes) }, playLane));

const seconds = (performance.now() - started) / 1000;
console.log(
  `${played} sequences from seed ${firstSeed} in ${seconds.toFixed(0)} s (${(played / seconds).toFixed(1)} a second), ` +
    `${failed} batches with an unexplained difference`,
);
process.exitCode = failed === 0 ? 0 : 1;

function knownSetup(given: string): SetupName {
  const found = setupNames.find((name) => name === given);
  if (found === undefined) throw new Error(`--setup is one of ${setupNames.join(', ')}`);
  return found;
}

function batchesAbout(subject: Batch['subject'], sequences: number): Batch[] {
  return Array.from({ length: Math.ceil(sequences / batchSize) }, (_, index) => ({
    subject,
    seed: firstSeed + index,
    sequences: Math.min(batchSize, sequences - index * batchSize),
  }));
}

/** Takes batches from the shared list until it is empty. */
async function playLane(): Promise<void> {
  while (batches.length > 0) {
    const services = await startServicePair(setup, opponent);
    try {
      for (const batch of batches.splice(0, batchesOfAPair)) {
        const outcome = await playBatch(services, batch);
        played += outcome.played;
        if (outcome.difference === null) continue;
        failed += 1;
        console.log(outcome.difference);
      }
    } finally {
      await services.stop();
    }
  }
}
