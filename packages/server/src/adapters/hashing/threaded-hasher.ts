/**
 * Digests on two threads, MD5 on one and the configured algorithm on the other, because each costs a second of CPU
 * for about 650 MiB and together on the main thread they would stop everybody else.
 *
 * Buffers are shared memory, pooled and reused: a piece is copied into one once and read there by both threads, the
 * format inspector and the store. Memory is bounded by the uploads under way times the buffers each may hold.
 *
 * A thread that broke down takes the hashes it had along; the next hash is started on a new one.
 */
import { getHashes } from 'node:crypto';
import { ImageServiceError } from '../../domain/errors.ts';
import type { DataHasher } from '../../ports/data-hasher.ts';
import { startHashThread } from './hash-thread.ts';
import type { HashThread } from './hash-thread.ts';

/** Names of Python's hashlib, which are on the wire, where OpenSSL calls the algorithm otherwise. */
const opensslNames: Readonly<Record<string, string>> = {
  sha3_224: 'sha3-224',
  sha3_256: 'sha3-256',
  sha3_384: 'sha3-384',
  sha3_512: 'sha3-512',
  blake2b: 'blake2b512',
  blake2s: 'blake2s256',
};

const bufferBytes = 256 * 1024;
/** Buffers kept for the next upload; more are left to the garbage collector. */
const pooledBuffers = 64;

export function startThreadedHasher(startThread: () => HashThread = startHashThread): DataHasher {
  let checksumThread = startThread();
  let valueThread = startThread();
  let closed = false;
  const pool: Uint8Array<SharedArrayBuffer>[] = [];
  const known = new Set(getHashes());
  let lastStream = 0;

  return {
    start(hashAlgorithm) {
      const algorithm = opensslNames[hashAlgorithm] ?? hashAlgorithm;
      if (!known.has(algorithm)) {
        throw new ImageServiceError('internal', `Hash algorithm ${hashAlgorithm} is not known on this host.`);
      }
      if (closed) throw new ImageServiceError('internal', 'The service is shutting down.');
      if (checksumThread.ended) checksumThread = startThread();
      if (valueThread.ended) valueThread = startThread();
      lastStream += 1;
      const stream = lastStream;
      const isMd5Alone = algorithm === 'md5';
      // The hash stays with the threads it began on; those of MD5 alone go to both threads by turns.
      const checksums = isMd5Alone && stream % 2 === 0 ? valueThread : checksumThread;
      const values = isMd5Alone ? null : valueThread;
      checksums.start(stream, 'md5');
      values?.start(stream, algorithm);
      return {
        async update(chunk) {
          const shared = inSharedMemory(chunk);
          await Promise.all([checksums.update(stream, shared), values?.update(stream, shared)]);
        },
        async digest() {
          const [checksum, hashValue] = await Promise.all([checksums.digest(stream), values?.digest(stream)]);
          return { checksum, hashValue: hashValue ?? checksum };
        },
        abort() {
          checksums.abort(stream);
          values?.abort(stream);
        },
      };
    },
    acquireBuffer: () => pool.pop() ?? new Uint8Array(new SharedArrayBuffer(bufferBytes)),
    releaseBuffer(buffer) {
      const whole = inSharedMemory(buffer).buffer;
      if (pool.length < pooledBuffers) pool.push(new Uint8Array(whole));
    },
    async close() {
      closed = true;
      await Promise.all([checksumThread.close(), valueThread.close()]);
    },
  };
}

/** The chunk itself when it lies in shared memory, else a copy that does. */
function inSharedMemory(chunk: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const { buffer, byteOffset, byteLength } = chunk;
  if (buffer instanceof SharedArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  const copy = new Uint8Array(new SharedArrayBuffer(byteLength));
  copy.set(chunk);
  return copy;
}
