/**
 * Reading one copy in large pieces: two buffers in turn, the next piece is read while the last one is being sent.
 * Invariant: a file that became shorter than it was when opened raises, it never ends early in silence.
 */
import type { ObjectReader } from '../../ports/image-store.ts';
import type { OpenCacheFile } from './cache-file-system.ts';

const pieceBytes = 1024 * 1024;

/** Takes over the file: it is closed when the reader is, or when its data end. */
export function cachedFileReader(file: OpenCacheFile, sizeBytes: number): ObjectReader {
  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= file.close();
    return closing;
  }
  return {
    sizeBytes,
    close,
    async *chunks(start, end) {
      try {
        yield* pieces(file, start, end);
      } finally {
        await close();
      }
    },
  };
}

async function* pieces(file: OpenCacheFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  const bufferBytes = Math.min(pieceBytes, end - start + 1);
  let spare = new Uint8Array(bufferBytes);
  let position = start;
  let next = readPiece(file, { into: new Uint8Array(bufferBytes), position, end });
  try {
    while (position <= end) {
      const piece = await next;
      position += piece.byteLength;
      next = readPiece(file, { into: spare, position, end });
      // The buffer of this piece is free again when the piece after the next one is read.
      spare = new Uint8Array(piece.buffer);
      yield piece;
    }
  } finally {
    // The file may be closed only when nobody reads it any more.
    await next.catch(() => undefined);
  }
}

interface PieceRequest {
  readonly into: Uint8Array<ArrayBuffer>;
  readonly position: number;
  readonly end: number;
}

function readPiece(file: OpenCacheFile, request: PieceRequest): Promise<Uint8Array<ArrayBuffer>> {
  const piece = fillPiece(file, request);
  // It is awaited one turn later; a failure until then is not "unhandled".
  piece.catch(() => undefined);
  return piece;
}

async function fillPiece(file: OpenCacheFile, { into, position, end }: PieceRequest): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = Math.max(0, Math.min(into.byteLength, end - position + 1));
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file.read(into, filled, wanted - filled, position + filled);
    if (bytesRead === 0) throw new Error('The cached copy has become shorter than it was.');
    filled += bytesRead;
  }
  return into.subarray(0, wanted);
}
