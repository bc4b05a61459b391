/**
 * Unpacks staged data: gzip and zstd with Node's own decoders, xz, bzip2 and lha with programs of the system, zip with
 * whichever its method asks for. Source: contract 04 §7, 14 §7.
 *
 * Invariant: every unpacked byte passes `take`, which counts it against the limit before it is written.
 */
import { limitExceeded } from '../../../domain/errors.ts';
import { packingSignatureBytes, recognisePacking, unpackedSizeLimit } from '../../../domain/imports/archive-formats.ts';
import type { PackingFormat } from '../../../domain/imports/archive-formats.ts';
import type { DataUnpacker, UnpackedData, UnpackRequest } from '../../../ports/data-unpacker.ts';
import { unpackMember } from './archive-member.ts';
import type { MemberTarget } from './archive-member.ts';
import { decodeWithProgram } from './decode-with-program.ts';
import { findLhaMember } from './lha-archive.ts';
import { packedInput } from './packed-input.ts';
import type { PackedInput } from './packed-input.ts';
import { unpackFrames } from './unpack-frames.ts';
import { findZipMember } from './zip-archive.ts';

export interface DataUnpackerOptions {
  /** Folders that are searched for programs, as in the environment variable `PATH`. */
  readonly searchPath: string;
}

interface UnpackJob extends MemberTarget {
  readonly packed: PackedInput;
  readonly packedBytes: number;
}

type Unpack = (job: UnpackJob) => Promise<void>;

const unpackers: Readonly<Record<PackingFormat, Unpack>> = {
  gzip: (job) => unpackFrames('gzip', job),
  zstd: (job) => unpackFrames('zstd', job),
  xz: (job) => decodeWithProgram('xz', job),
  bzip2: (job) => decodeWithProgram('bzip2', job),
  zip: async (job) => unpackMember(await findZipMember(job.source, job.packedBytes), job),
  lha: async (job) => unpackMember(await findLhaMember(job.source, job.packedBytes), job),
};

export function openDataUnpacker({ searchPath }: DataUnpackerOptions): DataUnpacker {
  return {
    async unpack(request) {
      request.signal?.throwIfAborted();
      const reader = await request.source();
      const packedBytes = reader.sizeBytes;
      const packed = packedInput(reader, { start: 0, end: packedBytes });
      try {
        const format = recognisePacking(await packed.peek(packingSignatureBytes));
        if (format === null) return null;
        return await unpackAs(format, request, { packed, packedBytes, searchPath });
      } finally {
        await packed.close();
      }
    },
  };
}

type OpenedData = Pick<UnpackJob, 'packed' | 'packedBytes' | 'searchPath'>;

async function unpackAs(format: PackingFormat, request: UnpackRequest, data: OpenedData): Promise<UnpackedData> {
  const { source, target, maximum, maxRatio, signal } = request;
  const limit = unpackedSizeLimit({ packedBytes: data.packedBytes, maximum, maxRatio });
  let sizeBytes = 0;
  async function take(chunk: Uint8Array): Promise<void> {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limit.bytes) throw limitExceeded(limit.exceeded);
    await target.write(chunk);
  }
  await target.open();
  await unpackers[format]({ ...data, format, source, limit, take, signal });
  return { format, sizeBytes };
}
