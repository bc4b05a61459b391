/** Unpacking in memory, of gzip alone. */
import { gunzipSync } from 'node:zlib';
import { badRequest, limitExceeded } from '../domain/errors.ts';
import { recognisePacking, unpackedSizeLimit } from '../domain/imports/archive-formats.ts';
import type { DataUnpacker } from './data-unpacker.ts';
import type { ObjectReader } from './image-store.ts';

export function openMemoryUnpacker(): DataUnpacker {
  return {
    async unpack({ source, target, maximum, maxRatio, signal }) {
      signal?.throwIfAborted();
      const packed = await readAll(await source());
      if (recognisePacking(packed) !== 'gzip') return null;
      await target.open();
      const limit = unpackedSizeLimit({ packedBytes: packed.byteLength, maximum, maxRatio });
      const unpacked = gunzipOrRefuse(packed);
      if (unpacked.byteLength > limit.bytes) throw limitExceeded(limit.exceeded);
      await target.write(unpacked);
      return { format: 'gzip', sizeBytes: unpacked.byteLength };
    },
  };
}

function gunzipOrRefuse(packed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(packed);
  } catch (cause) {
    throw badRequest('The gzip data are damaged.', cause);
  }
}

async function readAll(reader: ObjectReader): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  if (reader.sizeBytes > 0) {
    for await (const piece of reader.chunks(0, reader.sizeBytes - 1)) pieces.push(Uint8Array.from(piece));
  }
  await reader.close();
  return Buffer.concat(pieces);
}
