/**
 * Moves packed data through something that unpacks: a stream of zlib, a program. No faster than the target takes what
 * comes out, with one chunk on the way in, so memory is the same for a kilobyte and a terabyte.
 */
import type { Readable, Writable } from 'node:stream';
import type { PackedInput } from './packed-input.ts';

/** What decoders work on. */
export interface Decoding {
  readonly packed: PackedInput;
  /** Takes what was unpacked; resolves when the buffer may be reused, raises to stop. */
  readonly take: (chunk: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

interface Ends {
  readonly input: Writable;
  readonly output: Readable;
  /** Bytes of the input that were used up, where that can be told: what ends does not use the rest. */
  readonly usedBytes?: () => number;
}

interface Fed {
  readonly bytes: number;
  readonly lastChunk: Uint8Array;
}

/**
 * Resolves when the output has ended, whether or not all of the input was wanted, and tells what was put in. Errors of
 * the source, of `take` and of the output are raised; those of the input are not, for the output shows what came of them.
 */
export async function pump(decoding: Decoding, ends: Ends): Promise<Fed> {
  const { take, signal } = decoding;
  const { output } = ends;
  const stop = Promise.withResolvers<false>();
  const feeding = feed(decoding.packed, ends, stop.promise);
  const onAbort = (): void => void output.destroy(new Error('Aborted.'));
  signal?.addEventListener('abort', onAbort);
  let outcome: { readonly error: unknown } | undefined;
  try {
    signal?.throwIfAborted();
    // No encoding is set, so chunks are bytes.
    for await (const chunk of output as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      await take(chunk);
    }
  } catch (error) {
    outcome = { error };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    output.destroy();
    stop.resolve(false);
  }
  const fed = await feeding;
  signal?.throwIfAborted();
  if ('sourceError' in fed) throw fed.sourceError;
  if (outcome !== undefined) throw outcome.error;
  return fed;
}

/** Puts chunks in, one after the other, until there are no more or `stopped` resolves. Never raises. */
async function feed(
  packed: PackedInput,
  { input, output, usedBytes }: Ends,
  stopped: Promise<false>,
): Promise<Fed | { readonly sourceError: unknown }> {
  let bytes = 0;
  let lastChunk: Uint8Array = new Uint8Array(0);
  try {
    for (;;) {
      const chunk = await packed.next();
      if (chunk === undefined) {
        input.end();
        break;
      }
      bytes += chunk.byteLength;
      lastChunk = chunk;
      const isTaken = await Promise.race([written(input, chunk), stopped]);
      // Nothing more is read when a part of this chunk is left over: the next one may lie in the same place.
      if (!isTaken || (usedBytes !== undefined && usedBytes() < bytes)) break;
    }
    return { bytes, lastChunk };
  } catch (sourceError) {
    output.destroy(new Error('The source failed.'));
    return { sourceError };
  }
}

/** Whether a chunk was taken; resolves when its buffer may be reused. */
function written(input: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    input.write(chunk, (error) => {
      resolve(error === null || error === undefined);
    });
  });
}
