/**
 * Images of every format with damaged headers: no inspection throws, hoards memory or takes long.
 * LUCARNE_MUTATIONS sets how many (100,000 unless told).
 */
import { describe, expect, test } from 'vitest';
import * as samples from './image-samples.testing.ts';
import { lenient, strict } from './image-samples.testing.ts';
import { startInspection } from './stream-inspection.ts';

const memoryLimitBytes = 1.5 * 2 ** 20;
const millisecondsAllowedEach = 2;

/** Where the fields are that decide, for each seed: mutations hit them, not the padding between. */
interface Seed {
  readonly name: string;
  readonly image: Uint8Array;
  readonly fields: readonly (readonly [from: number, to: number])[];
}

const { vhdxRegionTableAt, vhdxMetadataAt, vhdxSizeItemOffset } = samples;
const head = [0, 512] as const;

const seeds: readonly Seed[] = [
  { name: 'qcow2', image: samples.qcow2Sample(), fields: [head] },
  { name: 'qed', image: samples.qedSample(), fields: [head] },
  { name: 'vhd', image: samples.vhdSample(), fields: [head] },
  {
    name: 'vhdx',
    image: samples.vhdxSample(),
    fields: [
      [0, 32],
      [vhdxRegionTableAt, vhdxRegionTableAt + 80],
      [vhdxMetadataAt, vhdxMetadataAt + 96],
      [vhdxMetadataAt + vhdxSizeItemOffset, vhdxMetadataAt + vhdxSizeItemOffset + 8],
    ],
  },
  {
    name: 'vmdk',
    image: samples.vmdkSample(),
    fields: [
      [0, 64],
      [512, 900],
    ],
  },
  {
    name: 'streamOptimized',
    image: samples.streamOptimizedSample(),
    fields: [
      [0, 64],
      [512, 900],
      [33_280, 34_816],
    ],
  },
  { name: 'descriptor', image: samples.flatDescriptorSample(), fields: [[0, 300]] },
  {
    name: 'vdi',
    image: samples.vdiSample(),
    fields: [
      [60, 72],
      [360, 380],
    ],
  },
  { name: 'iso', image: samples.isoSample(), fields: [head, [32_768, 32_900]] },
  {
    name: 'hybrid iso',
    image: samples.hybridIsoSample(),
    fields: [
      [440, 512],
      [32_768, 32_900],
    ],
  },
  {
    name: 'mbr',
    image: samples.mbrSample(),
    fields: [
      [0, 32],
      [440, 512],
    ],
  },
  { name: 'gpt', image: samples.gptSample(), fields: [[440, 512]] },
  { name: 'luks', image: samples.luksSample(), fields: [[0, 120]] },
];

/** A small generator of reproducible numbers below `limit` (mulberry32). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

type Random = (limit: number) => number;

function pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[], random: Random): Item {
  const item = items[random(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** One damage: a flipped bit, a run of extreme bytes, random bytes, or a piece of another seed's header. */
function damage(image: Uint8Array, seed: Seed, random: Random): void {
  const [from, to] = pick(seed.fields, random);
  const at = Math.min(from + random(to - from), image.length - 1);
  const width = Math.min(pick([1, 2, 4, 8], random), image.length - at);
  const donor = pick(seeds, random);
  const [donorFrom] = pick(donor.fields, random);
  pick<() => void>(
    [
      () => image.set([(image[at] ?? 0) ^ (1 << random(8))], at),
      () => image.fill(pick([0, 0xff, 0x7f, 0x80, 0x20, 0x2f], random), at, at + width),
      () =>
        image.set(
          Uint8Array.from({ length: width }, () => random(256)),
          at,
        ),
      () => image.set(donor.image.subarray(donorFrom, donorFrom + Math.min(64, image.length - from)), from),
      () => image.set(donor.image.subarray(0, Math.min(8, image.length)), 0),
    ],
    random,
  )();
}

describe('damaged headers', () => {
  const mutations = Number(process.env['LUCARNE_MUTATIONS'] ?? 100_000);

  test(`${mutations} of them are all judged, in bounded memory and time`, { timeout: 600_000 }, () => {
    const random = randomNumbers(0x1ca12e);
    const scratch = new Map(seeds.map((seed) => [seed, seed.image.slice()]));
    const outcomes = { accepted: 0, refused: 0 };
    const sizes: bigint[] = [];
    let mostRetainedBytes = 0;
    const startedAt = performance.now();
    for (let index = 0; index < mutations; index++) {
      const seed = pick(seeds, random);
      const image = scratch.get(seed) ?? seed.image.slice();
      for (let damages = 1 + random(4); damages > 0; damages--) damage(image, seed, random);
      const length = random(4) === 0 ? random(image.length + 1) : image.length;
      const inspection = startInspection();
      const firstPiece = random(length + 1);
      inspection.observe(image.subarray(0, firstPiece));
      mostRetainedBytes = Math.max(mostRetainedBytes, inspection.retainedBytes);
      inspection.observe(image.subarray(firstPiece, length));
      mostRetainedBytes = Math.max(mostRetainedBytes, inspection.retainedBytes);
      const policy = random(8) === 0 ? lenient : strict;
      const claim = pick(['qcow2', 'vhd', 'vhdx', 'vmdk', 'vdi', 'iso', 'gpt', 'luks', 'raw', 'ploop'], random);
      const verdict = inspection.conclude(claim, policy);
      outcomes[verdict.accepted ? 'accepted' : 'refused']++;
      if (verdict.accepted) sizes.push(verdict.virtualSizeBytes ?? 0n);
      inspection.detect();
      if (index % 8 === 7) image.set(seed.image);
    }
    expect(sizes.filter((size) => size < 0n || size >= 2n ** 63n)).toEqual([]);
    expect(mostRetainedBytes).toBeLessThanOrEqual(memoryLimitBytes);
    expect(performance.now() - startedAt).toBeLessThan(mutations * millisecondsAllowedEach);
    // Both verdicts were met often, so the run did not get stuck in one branch.
    expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(mutations / 100);
  });
});
