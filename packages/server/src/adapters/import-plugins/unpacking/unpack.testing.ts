/** Data to unpack and places to unpack to, which watch that the rules of their ports are kept. */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { isImageServiceError } from '../../../domain/errors.ts';
import type { UnpackRequest } from '../../../ports/data-unpacker.ts';
import type { ObjectReader, ObjectWriter } from '../../../ports/image-store.ts';
import { openDataUnpacker } from './data-unpacker.ts';

export const searchPath = process.env['PATH'] ?? '';

export interface WatchedSource {
  readonly open: () => Promise<ObjectReader>;
  /** Readers that were opened and neither closed nor read to their end. */
  readonly openReaders: () => number;
  /** Bytes that were given out altogether. */
  readonly givenBytes: () => number;
}

/** Data in chunks that lie in one buffer, so that who looks at a chunk too late sees another one. */
export function sourceOf(data: Uint8Array, chunkBytes = 1000): WatchedSource {
  let openReaders = 0;
  let givenBytes = 0;

  async function open(): Promise<ObjectReader> {
    openReaders += 1;
    let isClosed = false;
    async function close(): Promise<void> {
      if (!isClosed) openReaders -= 1;
      isClosed = true;
    }
    return {
      sizeBytes: data.byteLength,
      close,
      async *chunks(start, end) {
        if (isClosed) throw new Error('The reader is closed.');
        if (start < 0 || end < start || end >= data.byteLength) throw new Error('There are no such bytes.');
        const buffer = new Uint8Array(chunkBytes);
        try {
          for (let at = start; at <= end; at += chunkBytes) {
            const piece = data.subarray(at, Math.min(at + chunkBytes, end + 1));
            buffer.fill(0x55).set(piece);
            givenBytes += piece.byteLength;
            yield buffer.subarray(0, piece.byteLength);
          }
        } finally {
          await close();
        }
      },
    };
  }

  return { open, openReaders: () => openReaders, givenBytes: () => givenBytes };
}

export interface WatchedTarget extends ObjectWriter {
  readonly isOpen: () => boolean;
  readonly written: () => Buffer;
  readonly writtenBytes: () => number;
}

/** Keeps what is written, or with `keep: false` only counts it. */
export function openTarget({ keep = true }: { readonly keep?: boolean } = {}): WatchedTarget {
  const pieces: Uint8Array[] = [];
  let writtenBytes = 0;
  let isOpen = false;
  let isWriting = false;
  return {
    isOpen: () => isOpen,
    written: () => Buffer.concat(pieces),
    writtenBytes: () => writtenBytes,
    async open() {
      if (isOpen) throw new Error('The target is open already.');
      isOpen = true;
    },
    async write(chunk) {
      if (!isOpen || isWriting) throw new Error('Written to at the wrong time.');
      isWriting = true;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (keep) pieces.push(Uint8Array.from(chunk));
      writtenBytes += chunk.byteLength;
      isWriting = false;
    },
    commit: () => Promise.reject(new Error('Committing is the caller’s.')),
    abort: () => Promise.resolve(),
  };
}

export const tooLarge = 'The image would be too large.';
export const generous = { maximum: { bytes: 2 ** 40, exceeded: tooLarge }, maxRatio: 1000 } as const;

/**
 * Unpacks data and gives what was unpacked, `not packed`, or code and message of the error, as `result`. Anything but an
 * error of the port is passed on.
 */
export async function unpack(data: Uint8Array, options: Partial<UnpackRequest> & { chunkBytes?: number } = {}) {
  const { chunkBytes, ...request } = options;
  const source = sourceOf(data, chunkBytes);
  const target = openTarget();
  const unpacker = openDataUnpacker({ searchPath });
  const unpacked = await unpacker.unpack({ source: source.open, target, ...generous, ...request }).catch(refusal);
  if (source.openReaders() !== 0) throw new Error('A reader was left open.');
  if (typeof unpacked === 'string') return { result: unpacked, format: null, target, source };
  if (unpacked === null) return { result: 'not packed', format: null, target, source };
  if (unpacked.sizeBytes !== target.writtenBytes()) throw new Error('The size is not that of what was written.');
  return { result: target.written().toString('latin1'), format: unpacked.format, target, source };
}

/** What a program makes of its input. */
export function packed(program: string, args: readonly string[], input: Uint8Array | string): Buffer {
  return execFileSync(program, args, { input, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] });
}

/** Code and message of an error of the service. */
export function refusal(error: unknown): string {
  if (isImageServiceError(error)) return `${error.code}: ${error.message}`;
  throw error;
}

/** Text that packs well, and of which no two lines are the same. */
export const sampleText = Array.from({ length: 60 }, (_, index) => `line ${index} of a disk image\n`).join('');
