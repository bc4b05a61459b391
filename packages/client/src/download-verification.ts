/**
 * Whether what was downloaded is what the image has: its length always, its hash where the runtime can compute one
 * while the data passes. Browsers hash only what is in memory as a whole, so there the length alone is checked.
 */

/** As an image shows it: `os_hash_algo` and `os_hash_value`. */
export interface ExpectedHash {
  readonly algorithm: string;
  /** Hexadecimal. */
  readonly value: string;
}

/** Raised at the end of the stream, when everything has already passed: what was made of the data must be dropped. */
export class DownloadMismatchError extends Error {
  override readonly name = 'DownloadMismatchError';
}

export interface IncrementalHash {
  update(chunk: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

/** A hash to feed with the data, or null where the runtime has none of this name that takes data in pieces. */
export function incrementalHash(algorithm: string): IncrementalHash | null {
  const crypto = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:crypto');
  return crypto?.getHashes().includes(algorithm) ? crypto.createHash(algorithm) : null;
}

export interface Expectation {
  /** Null if the service did not say. */
  readonly sizeBytes: number | null;
  readonly hash: { readonly expected: ExpectedHash; readonly computing: IncrementalHash } | null;
  readonly onBytes: (bytes: number) => void;
}

/** Passes data through unchanged and fails at its end if it is not what was expected. */
export function verifyingStream({ sizeBytes, hash, onBytes }: Expectation): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      hash?.computing.update(chunk);
      controller.enqueue(chunk);
      onBytes(bytes);
    },
    flush() {
      if (sizeBytes !== null && bytes !== sizeBytes) {
        throw new DownloadMismatchError(`${bytes} bytes arrived, announced were ${sizeBytes}.`);
      }
      if (hash !== null && hash.computing.digest('hex') !== hash.expected.value.toLowerCase()) {
        throw new DownloadMismatchError(`The ${hash.expected.algorithm} hash of the data is not that of the image.`);
      }
    },
  });
}
