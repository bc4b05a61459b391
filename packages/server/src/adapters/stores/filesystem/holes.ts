/**
 * Finding the parts of written data that are nothing but zeroes, and so need no space on the disk: what a new file
 * was never given reads as zeroes.
 */

/** Smaller blocks would cost calls and save nothing: file systems give out space in pages. */
const leastBlockBytes = 4096;

export interface DataRun {
  readonly bytes: Uint8Array;
  readonly isZero: boolean;
}

/**
 * The runs of zeroes and of anything else in a chunk that goes to this position of the file, in order. Zeroes are
 * looked for in blocks of that many bytes of the file; of a block that is in the chunk in part, in that part.
 */
export function splitRuns(chunk: Uint8Array, position: number, blockBytes: number): readonly DataRun[] {
  const step = Math.max(leastBlockBytes, blockBytes);
  const runs: DataRun[] = [];
  let runStart = 0;
  let runIsZero: boolean | undefined;
  for (let start = 0; start < chunk.byteLength;) {
    const end = Math.min(chunk.byteLength, start + step - ((position + start) % step));
    const isZero = isAllZero(chunk.subarray(start, end));
    if (runIsZero !== undefined && runIsZero !== isZero) {
      runs.push({ bytes: chunk.subarray(runStart, start), isZero: runIsZero });
      runStart = start;
    }
    runIsZero = isZero;
    start = end;
  }
  if (runIsZero !== undefined) runs.push({ bytes: chunk.subarray(runStart), isZero: runIsZero });
  return runs;
}

/** Bytes are all zero when the first one is and each is as the one before it; comparing is done by the processor. */
function isAllZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}
