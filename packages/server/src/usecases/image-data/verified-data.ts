/**
 * Data that are checked while they are read. Invariant: whoever has been given the last byte of an image whose MD5 is
 * known has been given the right ones; where they are not, reading raises in place of the last chunk.
 *
 * Only data read as a whole can be checked: there is no digest of a part.
 */
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { DataHash, DataHasher } from '../../ports/data-hasher.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import type { ServiceParts } from '../service-parts.ts';

/** The data are not those of the image. */
export class DamagedData extends ImageServiceError {
  constructor() {
    super('internal', 'The data of the image are damaged.');
  }
}

/** Passes data on that have so many bytes together; raises `DamagedData` in place of the last chunk. */
export async function* verifiedChunks(
  hasher: DataHasher,
  chunks: AsyncIterable<Uint8Array>,
  expected: { readonly sizeBytes: number; readonly checksum: string },
): AsyncGenerator<Uint8Array> {
  const hash = hasher.start('md5');
  let hashing: Promise<void> = Promise.resolve();
  let received = 0;
  try {
    for await (const chunk of chunks) {
      if (chunk.byteLength === 0) continue;
      received += chunk.byteLength;
      hashing = hashChunk(hasher, hash, chunk);
      // Awaited below; a failure until then is not "unhandled".
      hashing.catch(() => undefined);
      if (received >= expected.sizeBytes) {
        await hashing;
        if ((await hash.digest()).checksum !== expected.checksum) throw new DamagedData();
      }
      // Hashed while it is being sent.
      yield chunk;
      await hashing;
    }
  } finally {
    await hashing.catch(() => undefined);
    hash.abort();
  }
}

/** Through buffers that are used again: a new one for each chunk would pile up faster than it is collected. */
async function hashChunk(hasher: DataHasher, hash: DataHash, chunk: Uint8Array): Promise<void> {
  const updates: Promise<void>[] = [];
  let taken = 0;
  while (taken < chunk.byteLength) {
    const buffer = hasher.acquireBuffer();
    const piece = buffer.subarray(0, chunk.byteLength - taken);
    piece.set(chunk.subarray(taken, taken + piece.byteLength));
    taken += piece.byteLength;
    updates.push(hash.update(piece).finally(() => hasher.releaseBuffer(buffer)));
  }
  await Promise.all(updates);
}

/** Stored data of an image, checked when they are read as a whole. */
export function verifiedReader(
  parts: Pick<ServiceParts, 'hasher' | 'report'>,
  image: Pick<Image, 'id' | 'checksum'>,
  reader: ObjectReader,
): ObjectReader {
  const { checksum, id: imageId } = image;
  const { sizeBytes } = reader;
  if (checksum === null) return reader;
  return {
    sizeBytes,
    close: () => reader.close(),
    async *chunks(start, end) {
      const chunks = reader.chunks(start, end);
      if (!isWhole(reader, start, end)) return yield* chunks;
      try {
        yield* verifiedChunks(parts.hasher, chunks, { sizeBytes, checksum });
      } catch (error) {
        if (error instanceof DamagedData) {
          parts.report('the stored data of an image are not those that were uploaded', { imageId });
        }
        throw error;
      }
    },
  };
}

export function isWhole({ sizeBytes }: Pick<ObjectReader, 'sizeBytes'>, start: number, end: number): boolean {
  return start === 0 && end === sizeBytes - 1;
}
