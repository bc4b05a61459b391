import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apiOptions } from '../../config/options/api.ts';
import { describeDataHasherConformance, digestsOf, md5Of } from '../../ports/data-hasher.conformance.ts';
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

describe('The hasher on threads', () => {
  const python = '/usr/bin/python3';

  test.skipIf(!existsSync(python))('digests as Python does under the same names', async () => {
    const bytes = randomBytes(100_000);
    const program = `
import hashlib, sys
data = sys.stdin.buffer.read()
for name in sys.argv[1:]: print(hashlib.new(name, data).hexdigest())
`;
    const names = Object.keys(algorithms);
    const output = await new Promise<string>((resolve, reject) => {
      const child = execFile(python, ['-c', program, ...names], (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
      child.stdin?.end(bytes);
    });
    const hasher = startThreadedHasher();
    const digests = await Promise.all(names.map((name) => digestsOf(hasher, name, [bytes])));
    await hasher.close();
    expect(digests.map(({ hashValue }) => hashValue)).toEqual(output.trim().split('\n'));
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
      const underWay = Promise.allSettled([hash.update(Buffer.alloc(5_000_000)), hash.digest()]);
      await threads[broken]?.close();
      const outcomes = await underWay;
      expect(outcomes.map(({ status }) => status)).toContain('rejected');
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
    const underWay = Promise.allSettled([hash.update(Buffer.alloc(50_000_000))]);
    await hasher.close();
    expect(await underWay).toMatchObject([{ status: 'rejected' }]);
    expect(() => hasher.start('sha256')).toThrow('shutting down');
  });
});
