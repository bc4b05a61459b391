/**
 * Digests of image data, computed off the event loop.
 *
 * When what computes them breaks down, all calls of the hashes under way are rejected; hashes started afterwards work.
 */
export interface DataDigests {
  /** MD5, lower-case hex, 32 digits. */
  readonly checksum: string;
  /** Digest by the configured algorithm, lower-case hex. */
  readonly hashValue: string;
}

export interface DataHash {
  /** Takes bytes in order; resolves when they were hashed and the buffer may be reused. Calls may overlap. */
  update(chunk: Uint8Array): Promise<void>;
  /** The digests of everything taken. Ends this hash. */
  digest(): Promise<DataDigests>;
  /** Forgets the hash; without effect after `digest`. */
  abort(): void;
}

export interface DataHasher {
  /**
   * Starts a hash by an algorithm Python's hashlib names: md5, sha1, sha224 to sha512, sha3_224 to sha3_512, blake2b,
   * blake2s. One the platform does not know raises `internal` with its name.
   */
  start(hashAlgorithm: string): DataHash;
  /**
   * A buffer of at least 64 KiB which `update` can read without copying. Give it back with `releaseBuffer`, once.
   */
  acquireBuffer(): Uint8Array;
  releaseBuffer(buffer: Uint8Array): void;
  close(): Promise<void>;
}
