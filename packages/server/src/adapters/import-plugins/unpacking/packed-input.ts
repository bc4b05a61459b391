/** Packed data as they are read: a sequence of chunks into which one can look ahead. */
import type { ObjectReader } from '../../../ports/image-store.ts';

export interface PackedInput {
  /** The next chunk, valid until the one after it is asked for; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Makes the unused end of the last chunk the next one. */
  putBack(rest: Uint8Array): void;
  /** The bytes that come next, fewer only at the end of the data; they are not used up. */
  peek(count: number): Promise<Uint8Array>;
  /** Frees what is behind it; may be called twice. */
  close(): Promise<void>;
}

/** Opens the same data again and again; every reader gives its chunks once. */
export type PackedSource = () => Promise<ObjectReader>;

/** The bytes `[start, end)` of the data, with others before and after them if asked for. */
export interface PackedRange {
  readonly start: number;
  readonly end: number;
  readonly prefix?: Uint8Array;
  readonly suffix?: Uint8Array;
}

export async function openRange(source: PackedSource, range: PackedRange): Promise<PackedInput> {
  return packedInput(await source(), range);
}

/** Takes over the reader: it is closed with the input. */
export function packedInput(reader: ObjectReader, range: PackedRange): PackedInput {
  const chunks = framedChunks(reader, range);
  let waiting: Uint8Array | undefined;

  async function next(): Promise<Uint8Array | undefined> {
    const chunk = waiting;
    if (chunk === undefined) return (await chunks.next()).value;
    waiting = undefined;
    return chunk;
  }

  return {
    next,
    putBack(rest) {
      if (rest.byteLength > 0) waiting = rest;
    },
    async peek(count) {
      let head = await next();
      while (head !== undefined && head.byteLength < count) {
        // A copy, for the next chunk may be written over this one.
        const start = Uint8Array.from(head);
        const more = await next();
        if (more === undefined) {
          waiting = start;
          return start;
        }
        head = joinBytes(start, more);
      }
      waiting = head;
      return head?.subarray(0, count) ?? new Uint8Array(0);
    },
    async close() {
      await chunks.return(undefined);
      await reader.close();
    },
  };
}

async function* framedChunks(reader: ObjectReader, range: PackedRange): AsyncGenerator<Uint8Array, undefined> {
  if (range.prefix !== undefined) yield range.prefix;
  if (range.end > range.start) yield* reader.chunks(range.start, range.end - 1);
  if (range.suffix !== undefined) yield range.suffix;
  return undefined;
}

/** A copy of the bytes `[start, end)`, for headers of a few kilobytes. */
export async function readBytes(source: PackedSource, start: number, end: number): Promise<Uint8Array> {
  const reader = await source();
  try {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    if (bytes.byteLength === 0) return bytes;
    for await (const chunk of reader.chunks(start, end - 1)) {
      bytes.set(chunk, filled);
      filled += chunk.byteLength;
    }
    return bytes;
  } finally {
    await reader.close();
  }
}

function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.byteLength + second.byteLength);
  joined.set(first, 0);
  joined.set(second, first.byteLength);
  return joined;
}
