/**
 * Formats that are one packed stream after the other, which are read as one: gzip, as Python and gzip do, and zstd.
 * Between streams of gzip there may be zeros, as tapes and block devices add them.
 */
import type { PackingFormat } from '../../../domain/imports/archive-formats.ts';
import { recognisePacking } from '../../../domain/imports/archive-formats.ts';
import { damaged } from './damaged-data.ts';
import { decodeWithZlib } from './decode-with-zlib.ts';
import type { PackedInput } from './packed-input.ts';
import type { Decoding } from './pump.ts';

/** More are only made to waste time: each costs a decoder. Node reads streams of gzip without a gap as one. */
const maxStreams = 2 ** 20;

export async function unpackFrames(format: 'gzip' | 'zstd', decoding: Decoding): Promise<void> {
  for (let streams = 0; streams < maxStreams; streams++) {
    const usedBytes = await decodeWithZlib(format, format, decoding);
    if (format === 'gzip') await skipZeros(decoding.packed);
    const start = await decoding.packed.peek(signatureBytes);
    if (start.byteLength === 0) return;
    if (usedBytes === 0 || !startsStream(format, start)) throw damaged(format);
  }
  throw damaged(format);
}

const signatureBytes = 4;

function startsStream(format: PackingFormat, start: Uint8Array): boolean {
  return recognisePacking(start) === format || (format === 'zstd' && isSkippableFrame(start));
}

/** A frame of zstd that holds notes of whoever packed: 184D2A50 to 184D2A5F, least significant byte first. */
function isSkippableFrame([first = 0, ...others]: Uint8Array): boolean {
  return first >> 4 === 5 && others.join() === '42,77,24';
}

async function skipZeros(packed: PackedInput): Promise<void> {
  for (;;) {
    const chunk = await packed.next();
    if (chunk === undefined) return;
    const end = chunk.findIndex((byte) => byte !== 0);
    if (end === -1) continue;
    packed.putBack(chunk.subarray(end));
    return;
  }
}
