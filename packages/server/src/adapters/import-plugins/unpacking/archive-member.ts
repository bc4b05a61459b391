/** The one file of an archive of zip or lha, and how it is unpacked. Names of archives are never looked at. */
import { limitExceeded } from '../../../domain/errors.ts';
import type { PackingFormat, SizeLimit } from '../../../domain/imports/archive-formats.ts';
import { damaged } from './damaged-data.ts';
import { decodeWithProgram } from './decode-with-program.ts';
import type { ProgramMethod } from './decode-with-program.ts';
import { decodeWithZlib } from './decode-with-zlib.ts';
import type { ZlibMethod } from './decode-with-zlib.ts';
import { openRange } from './packed-input.ts';
import type { PackedRange, PackedSource } from './packed-input.ts';
import type { Decoding } from './pump.ts';

export interface ArchiveMember {
  readonly method: 'stored' | ZlibMethod | ProgramMethod;
  /** The packed bytes, with what the decoder needs around them. */
  readonly range: PackedRange;
  /** Unpacked, as the archive says. */
  readonly sizeBytes: number;
  readonly checksum: {
    readonly expected: number;
    /** The sum over more bytes, from the sum so far; 0 is that of none. */
    readonly extend: (sum: number, bytes: Uint8Array) => number;
  };
}

export interface MemberTarget {
  readonly format: PackingFormat;
  readonly source: PackedSource;
  readonly limit: SizeLimit;
  readonly take: Decoding['take'];
  readonly signal: AbortSignal | undefined;
  readonly searchPath: string;
}

/** Unpacks a member; one that is not what the archive says raises `badRequest`. */
export async function unpackMember(member: ArchiveMember, target: MemberTarget): Promise<void> {
  const { format, limit, signal, searchPath } = target;
  if (member.sizeBytes > limit.bytes) throw limitExceeded(limit.exceeded);
  const check = memberCheck(member, target);
  const packed = await openRange(target.source, member.range);
  try {
    await decode(member, { packed, take: check.take, signal, searchPath, format });
    check.finish();
  } finally {
    await packed.close();
  }
}

function memberCheck({ sizeBytes, checksum }: ArchiveMember, { format, take }: MemberTarget) {
  let unpackedBytes = 0;
  let sum = 0;
  return {
    async take(chunk: Uint8Array): Promise<void> {
      unpackedBytes += chunk.byteLength;
      if (unpackedBytes > sizeBytes) throw damaged(format);
      sum = checksum.extend(sum, chunk);
      await take(chunk);
    },
    finish(): void {
      if (unpackedBytes !== sizeBytes || sum !== checksum.expected) throw damaged(format);
    },
  };
}

async function decode({ method }: ArchiveMember, decoding: Parameters<typeof decodeWithProgram>[1]): Promise<void> {
  switch (method) {
    case 'stored':
      return copy(decoding);
    case 'deflate':
    case 'gzip':
    case 'zstd':
      await decodeWithZlib(method, decoding.format, decoding);
      if ((await decoding.packed.peek(1)).byteLength > 0) throw damaged(decoding.format);
      return;
    default:
      return decodeWithProgram(method, decoding);
  }
}

async function copy({ packed, take, signal }: Decoding): Promise<void> {
  for (let chunk = await packed.next(); chunk !== undefined; chunk = await packed.next()) {
    signal?.throwIfAborted();
    await take(chunk);
  }
}
