/**
 * Reading one image file in large pieces: two buffers in turn, the next piece is read while the last one is being
 * sent. Invariant: a file that became shorter than it was when opened raises an error, it never ends early in silence.
 */
import { ImageServiceError } from '../../../domain/errors.ts';
import type { ObjectReader } from '../../../ports/image-store.ts';
import { readFlags } from './file-system.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { missing, readError } from './filesystem-errors.ts';
import type { FileKeeper } from './filesystem-errors.ts';

const pieceBytes = 1024 * 1024;

/** Opens a plain file for reading; `notFound` when there is none of that name. */
export async function openFileReader(files: FileSystem, path: string, keeper: FileKeeper): Promise<ObjectReader> {
  try {
    return await fileReader(await files.open(path, readFlags), keeper);
  } catch (error) {
    throw readError(error, keeper);
  }
}

/** Takes over the file: it is closed when the reader is, or when there is none because it is no plain file. */
async function fileReader(file: OpenFile, keeper: FileKeeper): Promise<ObjectReader> {
  const sizeBytes = await sizeOf(file, keeper).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  let closed = false;

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await file.close();
  }

  async function readPiece(buffer: Uint8Array, position: number): Promise<Uint8Array> {
    let filled = 0;
    while (filled < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, filled, buffer.byteLength - filled, position + filled);
      if (bytesRead === 0) throw new ImageServiceError('internal', `The image data in the ${keeper} are incomplete.`);
      filled += bytesRead;
    }
    return buffer;
  }

  return {
    sizeBytes,
    close,
    async *chunks(start, end) {
      const length = end - start + 1;
      const buffers = [
        Buffer.allocUnsafe(Math.min(pieceBytes, length)),
        Buffer.allocUnsafe(Math.min(pieceBytes, length)),
      ];
      let position = start;
      let turn = 0;

      function readNext(): Promise<Uint8Array> | undefined {
        const wanted = Math.min(pieceBytes, end - position + 1);
        const buffer = buffers[turn];
        if (wanted <= 0 || buffer === undefined) return undefined;
        const piece = readPiece(buffer.subarray(0, wanted), position);
        // Awaited one turn later; a failure until then is not "unhandled".
        piece.catch(() => undefined);
        position += wanted;
        turn = 1 - turn;
        return piece;
      }

      let next = readNext();
      try {
        while (next !== undefined) {
          const piece: Uint8Array = await next;
          next = readNext();
          yield piece;
        }
      } catch (error) {
        throw readError(error, keeper);
      } finally {
        await next?.catch(() => undefined);
        await close();
      }
    },
  };
}

async function sizeOf(file: OpenFile, keeper: FileKeeper): Promise<number> {
  const stat = await file.stat();
  if (!stat.isFile()) throw missing(keeper);
  return stat.size;
}
