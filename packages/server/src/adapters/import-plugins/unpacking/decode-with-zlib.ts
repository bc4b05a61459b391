/** Decoders that Node has: deflate, gzip and zstd. */
import { constants, createGunzip, createInflateRaw, createZstdDecompress } from 'node:zlib';
import type { Gunzip, InflateRaw, ZstdDecompress } from 'node:zlib';
import type { PackingFormat } from '../../../domain/imports/archive-formats.ts';
import { damaged, needsTooMuchMemory } from './damaged-data.ts';
import { pump } from './pump.ts';
import type { Decoding } from './pump.ts';

const pieceBytes = 256 * 1024;
/** 2^27 bytes: what `zstd` itself allows unless it is told otherwise. */
const zstdWindowLog = 27;

export type ZlibMethod = 'deflate' | 'gzip' | 'zstd';

const streams: Readonly<Record<ZlibMethod, () => Gunzip | InflateRaw | ZstdDecompress>> = {
  deflate: () => createInflateRaw({ chunkSize: pieceBytes }),
  gzip: () => createGunzip({ chunkSize: pieceBytes }),
  zstd: () =>
    createZstdDecompress({ chunkSize: pieceBytes, params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
};

/**
 * Unpacks up to the end of what the method can read as one, and leaves the input right behind it. Gives the number of
 * packed bytes that were used up. `format` is the one to name in errors.
 */
export async function decodeWithZlib(method: ZlibMethod, format: PackingFormat, decoding: Decoding): Promise<number> {
  const stream = streams[method]();
  try {
    const { bytes, lastChunk } = await pump(decoding, {
      input: stream,
      output: stream,
      usedBytes: () => stream.bytesWritten,
    });
    const unused = bytes - stream.bytesWritten;
    decoding.packed.putBack(lastChunk.subarray(lastChunk.byteLength - unused));
    return stream.bytesWritten;
  } catch (error) {
    const code = zlibCodeOf(error);
    if (code === null) throw error;
    if (/memory|windowTooLarge|MEM_ERROR/i.test(code)) throw needsTooMuchMemory(format, error);
    throw damaged(format, error);
  } finally {
    stream.close();
  }
}

/** The code by which zlib says that data are not right; null for an error of anything else. */
function zlibCodeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return /^(Z_|ZSTD_)/.test(error.code) ? error.code : null;
}
