/**
 * Reserves room for data of unknown size while they come, a block at a time and always before they are written.
 * Source: architecture, invariant 3; docs/decisions/0013.
 */
import { growingClaim } from '../../domain/images/project-limits.ts';
import type { Claim, ProjectLimit } from '../../domain/images/project-limits.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';

/** Makes work hold what it claims, and gives the amounts it holds then. Raises when it cannot. */
export type Reserve = (claims: readonly Claim[]) => Promise<readonly number[]>;

/** `leastBytes`: reserved from the first byte on, whatever comes. */
export function reservingWriter(
  writer: ObjectWriter,
  reserve: Reserve,
  { limits, leastBytes = 0 }: { readonly limits: readonly ProjectLimit[]; readonly leastBytes?: number },
): ObjectWriter {
  let writtenBytes = 0;
  let coveredBytes = limits.length === 0 ? Infinity : 0;
  return {
    open: () => writer.open(),
    async write(chunk) {
      writtenBytes += chunk.byteLength;
      if (writtenBytes > coveredBytes) {
        const needed = Math.max(writtenBytes, leastBytes);
        coveredBytes = Math.min(...(await reserve(limits.map((limit) => growingClaim(limit, needed)))));
      }
      await writer.write(chunk);
    },
    commit: () => writer.commit(),
    abort: () => writer.abort(),
  };
}
