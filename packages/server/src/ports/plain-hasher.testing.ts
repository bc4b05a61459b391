/** Digests on the calling thread, with small buffers, and a count of the buffers that are out. */
import { createHash } from 'node:crypto';
import { ImageServiceError } from '../domain/errors.ts';
import type { DataHasher } from './data-hasher.ts';

export interface PlainHasher extends DataHasher {
  readonly buffersOut: () => number;
  /** Hashes that were started and neither digested nor aborted. */
  readonly hashesOut: () => number;
}

export function startPlainHasher(bufferBytes = 64 * 1024): PlainHasher {
  const out = new Set<Uint8Array>();
  const hashes = new Set<symbol>();

  return {
    buffersOut: () => out.size,
    hashesOut: () => hashes.size,
    start(hashAlgorithm) {
      if (!['md5', 'sha256', 'sha512'].includes(hashAlgorithm)) {
        throw new ImageServiceError('internal', `Hash algorithm ${hashAlgorithm} is not known on this host.`);
      }
      const id = Symbol(hashAlgorithm);
      hashes.add(id);
      const checksum = createHash('md5');
      const value = createHash(hashAlgorithm);
      return {
        async update(chunk) {
          if (!hashes.has(id)) throw new Error('The hash has ended.');
          checksum.update(chunk);
          value.update(chunk);
        },
        async digest() {
          if (!hashes.delete(id)) throw new Error('The hash has ended.');
          return { checksum: checksum.digest('hex'), hashValue: value.digest('hex') };
        },
        abort: () => void hashes.delete(id),
      };
    },
    acquireBuffer() {
      const buffer = new Uint8Array(bufferBytes);
      out.add(buffer);
      return buffer;
    },
    releaseBuffer(buffer) {
      if (!out.delete(buffer)) throw new Error('This buffer was not out.');
      // Whoever still reads it must notice.
      buffer.fill(0xee);
    },
    close: () => Promise.resolve(),
  };
}
