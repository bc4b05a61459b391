import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startPlainHasher } from '../../ports/plain-hasher.testing.ts';
import { bodyOf, outcomeOf } from '../service.testing.ts';
import { DamagedData, verifiedChunks, verifiedReader } from './verified-data.ts';

const data = randomBytes(300_000);
const checksum = createHash('md5').update(data).digest('hex');

async function received(chunks: AsyncIterable<Uint8Array>, into: Uint8Array[] = []): Promise<Buffer> {
  for await (const chunk of chunks) into.push(Uint8Array.from(chunk));
  return Buffer.concat(into);
}

describe('Verified data', () => {
  test('are passed on as they are, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(data.byteLength), { maxLength: 8 }), async (cuts) => {
        const hasher = startPlainHasher();
        const edges = [0, ...cuts.toSorted((one, other) => one - other), data.byteLength];
        const chunks = edges.slice(1).map((end, index) => data.subarray(edges[index], end));
        const expected = { sizeBytes: data.byteLength, checksum };
        expect((await received(verifiedChunks(hasher, bodyOf(...chunks), expected))).equals(data)).toBe(true);
        expect([hasher.buffersOut(), hasher.hashesOut()]).toEqual([0, 0]);
      }),
      { numRuns: 30, examples: [[[0, data.byteLength]]] },
    );
  });

  test.each([0, 150_000, 299_999])('with another bit at %i raise before the last chunk is out', async (position) => {
    const hasher = startPlainHasher();
    const bad = Buffer.from(data);
    bad[position] = (bad[position] ?? 0) ^ 1;
    const before: Uint8Array[] = [];
    const chunks = bodyOf(bad.subarray(0, 100_000), bad.subarray(100_000, 200_000), bad.subarray(200_000));
    const reading = received(verifiedChunks(hasher, chunks, { sizeBytes: data.byteLength, checksum }), before);
    await expect(reading).rejects.toThrow(DamagedData);
    expect(Buffer.concat(before).byteLength).toBe(200_000);
    expect([hasher.buffersOut(), hasher.hashesOut()]).toEqual([0, 0]);
  });

  test('that nobody reads to their end leave nothing behind', async () => {
    const hasher = startPlainHasher();
    const chunks = bodyOf(data.subarray(0, 100_000), data.subarray(100_000));
    for await (const _ of verifiedChunks(hasher, chunks, { sizeBytes: data.byteLength, checksum })) break;
    expect([hasher.buffersOut(), hasher.hashesOut()]).toEqual([0, 0]);
  });
});

describe('A verified reader', () => {
  const reader = {
    sizeBytes: data.byteLength,
    chunks: (start: number, end: number) => bodyOf(data.subarray(start, end + 1)),
    close: () => Promise.resolve(),
  };

  test.each<[string, string | null, readonly [number, number], string]>([
    ['the whole image', checksum, [0, 299_999], 'none'],
    ['the whole of another image', 'f'.repeat(32), [0, 299_999], 'internal'],
    ['the whole of an image without a checksum', null, [0, 299_999], 'none'],
    ['a range, of which there is no digest', 'f'.repeat(32), [0, 299_998], 'none'],
  ])('gives %s (%s, %j): %s', async (_, known, [start, end], outcome) => {
    const reports: string[] = [];
    const parts = { hasher: startPlainHasher(), report: (event: string) => void reports.push(event) };
    const verified = verifiedReader(parts, { id: 'id', checksum: known }, reader);
    expect(await outcomeOf(received(verified.chunks(start, end)))).toBe(outcome);
    expect(reports).toHaveLength(outcome === 'none' ? 0 : 1);
  });
});
