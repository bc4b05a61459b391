import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { apiOptions } from '../../config/options/api.ts';
import { describeDataHasherConformance, digestsOf, md5Of } from '../../ports/data-hasher.conformance.ts';
import type { DataHash } from '../../ports/data-hasher.ts';
import { startHashThread } from './hash-thread.ts';
import type { HashThread } from './hash-thread.ts';
import { startThreadedHasher } from './threaded-hasher.ts';

const algorithms = {
  md5: 'md5',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha3_224: 'sha3-224',
  sha3_256: 'sha3-256',
  sha3_384: 'sha3-384',
  sha3_512: 'sha3-512',
  blake2b: 'blake2b512',
  blake2s: 'blake2s256',
};

describeDataHasherConformance('Threads', startThreadedHasher, algorithms);

/** A second of work and more, so that whatever is done to the threads meanwhile comes before its end. */
function muchWork(hash: DataHash) {
  const piece = new Uint8Array(new SharedArrayBuffer(4_000_000));
  return Promise.allSettled(Array.from({ length: 300 }, () => hash.update(piece)));
}

describe('The hasher on threads', () => {
  /** What Python's hashlib gives under the same names: clients verify what they download with it. */
  test.each([
    ['md5', '7c023747564cee725fa049c584655084'],
    ['sha1', '1001d257efa3672827f1042437eb585826b2cc58'],
    ['sha224', 'd2a2e971857079d5e187d7d6bec2eb3ac4cd0673a880e2d9bbaf202e'],
    ['sha256', 'b55723db1384b81386dfa26ddac92002d0d0adbc1b887e0ef39e56ebe6160586'],
    ['sha384', 'cd10bfff0c8e7aaaa2d9a38310b2e82ee9f6dabe0c263452bcd2834a4e5601467f536096d3e8632b1f9526d12aa12652'],
    [
      'sha512',
      '85025b26e74baa21a0c6dcc8b53e6f522e561dc1ff327fc87442066cc59319ee6889bab0a50111b80d69c6f7d215f68c9da52842ba6cbec735ed2f17bad4d6ea',
    ],
    ['sha3_224', '7f6da951154270181f56874cfbe8cd3efd5c99ac4ef04dc57880ec52'],
    ['sha3_256', 'd73d71c1f35461957eb105219d6e09e40ce4803813d6de3bc2566b1b922e2a2d'],
    ['sha3_384', 'd12bae8fe4bd9ec9e6e8789385cffa59f2282a31898d94eaf6dd4d34971093e33b835438296e0dfb14fea83a0059aa6c'],
    [
      'sha3_512',
      '842573c920742a996d817b799a4373bd03d12d389d536316629f1d0708dd68d153ec42f7e68ca206c5454edf9334a42d1810381e427b582dfc04d9fdf1f0adf4',
    ],
    [
      'blake2b',
      '757d473c69693d6d66003f68e65756ad0f41556ef4f5f936268de6f1c429e84ac1a28a472eb0cf8bc9b1ef83e21347495b46a979fc8bb9d13183d80421923507',
    ],
    ['blake2s', '0160f8665b764aae5db57f8622a64ee39b5b78060adfb0231d955efd53c67d6c'],
  ])('digests as Python does: %s', async (name, digest) => {
    const hasher = startThreadedHasher();
    const { hashValue } = await digestsOf(hasher, name, [Buffer.from('image data '.repeat(10_000))]);
    await hasher.close();
    expect(hashValue).toBe(digest);
  });

  test('knows every algorithm an operator may choose', () => {
    expect(apiOptions.hashingAlgorithm.choices).toEqual(Object.keys(algorithms));
  });

  describe('when a thread breaks down', () => {
    function watchedHasher() {
      const threads: HashThread[] = [];
      const hasher = startThreadedHasher(() => {
        const thread = startHashThread();
        threads.push(thread);
        return thread;
      });
      return { hasher, threads };
    }

    test.each([0, 1])('rejects all calls under way and later ones, and begins anew (thread %i)', async (broken) => {
      const { hasher, threads } = watchedHasher();
      const hash = hasher.start('sha256');
      await hash.update(Buffer.from('before'));
      const underWay = muchWork(hash);
      await threads[broken]?.close();
      expect((await underWay).at(-1)).toMatchObject({ status: 'rejected' });
      await expect(hash.update(Buffer.from('after'))).rejects.toThrow();
      await expect(hash.digest()).rejects.toThrow();
      hash.abort();

      const bytes = randomBytes(1000);
      expect((await digestsOf(hasher, 'sha256', [bytes])).checksum).toBe(md5Of(bytes));
      expect(threads).toHaveLength(3);
      await hasher.close();
    });
  });

  test('that was closed rejects what is under way and starts nothing', async () => {
    const hasher = startThreadedHasher();
    const hash = hasher.start('sha256');
    const underWay = muchWork(hash);
    await hasher.close();
    expect((await underWay).at(-1)).toMatchObject({ status: 'rejected' });
    expect(() => hasher.start('sha256')).toThrow('shutting down');
  });
});
