/**
 * One thread that digests. It keeps one hash per stream and answers every piece when it has been taken in, so that
 * the piece's buffer can be used again. Buffers are shared memory: nothing is copied between threads.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

export type HashRequest =
  | { readonly kind: 'start'; readonly stream: number; readonly algorithm: string }
  | {
      readonly kind: 'update';
      readonly stream: number;
      readonly call: number;
      readonly memory: SharedArrayBuffer;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: 'digest'; readonly stream: number; readonly call: number }
  | { readonly kind: 'abort'; readonly stream: number };

export interface HashAnswer {
  readonly call: number;
  /** Lower-case hex, in answer to `digest`. */
  readonly digest?: string;
  readonly failure?: string;
}

/** The hash of each stream, or the name of its algorithm until the first bytes come. */
const hashes = new Map<number, Hash | string>();

parentPort?.on('message', (request: HashRequest) => {
  try {
    serve(request);
  } catch (error) {
    if ('call' in request) answer({ call: request.call, failure: String(error) });
  }
});

function serve(request: HashRequest): void {
  switch (request.kind) {
    case 'start':
      hashes.set(request.stream, request.algorithm);
      return;
    case 'update':
      hashOf(request.stream).update(new Uint8Array(request.memory, request.offset, request.length));
      answer({ call: request.call });
      return;
    case 'digest':
      answer({ call: request.call, digest: hashOf(request.stream).digest('hex') });
      hashes.delete(request.stream);
      return;
    case 'abort':
      hashes.delete(request.stream);
  }
}

function hashOf(stream: number): Hash {
  const known = hashes.get(stream);
  if (known === undefined) throw new Error('Unknown stream.');
  if (typeof known !== 'string') return known;
  const hash = createHash(known);
  hashes.set(stream, hash);
  return hash;
}

function answer(message: HashAnswer): void {
  parentPort?.postMessage(message);
}
