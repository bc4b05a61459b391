/** What every data hasher must do, as `data-hasher.ts` promises it. */
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../domain/errors.ts';
import type { DataDigests, DataHasher } from './data-hasher.ts';

export async function digestsOf(
  hasher: DataHasher,
  algorithm: string,
  chunks: readonly Uint8Array[],
): Promise<DataDigests> {
  const hash = hasher.start(algorithm);
  for (const chunk of chunks) await hash.update(chunk);
  return hash.digest();
}

export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** `algorithms`: names as the service has them, with the name node:crypto knows them by. */
export function describeDataHasherConformance(
  name: string,
  open: () => DataHasher,
  algorithms: Readonly<Record<string, string>>,
): void {
  describe(`${name} as a data hasher`, () => {
    let hasher: DataHasher;

    beforeAll(() => {
      hasher = open();
    });

    afterAll(() => hasher.close());

    test.each(Object.entries(algorithms))(
      '%s gives the digest of all bytes, however they were cut',
      async (algorithm, known) => {
        await fc.assert(
          fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 }), async (chunks) => {
            const bytes = Buffer.concat(chunks);
            expect(await digestsOf(hasher, algorithm, chunks)).toEqual({
              checksum: md5Of(bytes),
              hashValue: createHash(known).update(bytes).digest('hex'),
            });
          }),
          { numRuns: 10 },
        );
      },
    );

    test('gives the digests of nothing', async () => {
      expect((await hasher.start('sha512').digest()).checksum).toBe('d41d8cd98f00b204e9800998ecf8427e');
    });

    test('keeps the order of overlapping calls', async () => {
      const bytes = randomBytes(500_000);
      const hash = hasher.start('sha256');
      const updates = [];
      for (let at = 0; at < bytes.byteLength; at += 7777) updates.push(hash.update(bytes.subarray(at, at + 7777)));
      const [digests] = await Promise.all([hash.digest(), ...updates]);
      expect(digests.checksum).toBe(md5Of(bytes));
    });

    test('keeps many streams apart', async () => {
      const streams = Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_000, index));
      const digests = await Promise.all(
        streams.map((bytes) => digestsOf(hasher, 'sha256', [bytes.subarray(0, 1), bytes.subarray(1)])),
      );
      expect(digests.map(({ checksum }) => checksum)).toEqual(streams.map(md5Of));
    });

    test('reads its own buffers, also parts of them, and lets them be used again', async () => {
      const hash = hasher.start('sha256');
      const expected = createHash('md5');
      for (let round = 0; round < 10; round += 1) {
        const buffer = hasher.acquireBuffer();
        expect(buffer.byteLength).toBeGreaterThanOrEqual(64 * 1024);
        buffer.fill(round);
        const part = buffer.subarray(round, 1000 * round);
        expected.update(part);
        await hash.update(part);
        hasher.releaseBuffer(buffer);
      }
      expect((await hash.digest()).checksum).toBe(expected.digest('hex'));
    });

    test('gives no buffer to two at once', () => {
      const buffers = Array.from({ length: 100 }, () => hasher.acquireBuffer());
      expect(new Set(buffers.map(({ buffer }) => buffer)).size).toBe(100);
      for (const buffer of buffers) hasher.releaseBuffer(buffer);
    });

    test('refuses what comes after the digest or the abort of a hash', async () => {
      const digested = hasher.start('sha256');
      await digested.digest();
      await expect(digested.digest()).rejects.toThrow();
      await expect(digested.update(Buffer.from('x'))).rejects.toThrow();
      digested.abort();
      const aborted = hasher.start('sha256');
      await aborted.update(Buffer.from('x'));
      aborted.abort();
      aborted.abort();
      await expect(aborted.digest()).rejects.toThrow();
    });

    test.each(['sha-none', '', '__proto__'])('refuses the algorithm %j by its name: internal', (algorithm) => {
      let raised: unknown;
      try {
        hasher.start(algorithm);
      } catch (error) {
        raised = error;
      }
      expect(isImageServiceError(raised, 'internal')).toBe(true);
      expect(String(raised)).toContain(algorithm);
    });
  });
}
