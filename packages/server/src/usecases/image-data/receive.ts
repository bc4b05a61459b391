/**
 * Takes image data in once and gives every piece to all who need it: the store, the two hashes and the format
 * inspector. Pieces lie in shared buffers that are reused, at most a few at a time, so memory is the same for a
 * kilobyte and a terabyte, and a slow store slows the sender down.
 */
import { badRequest, limitExceeded } from '../../domain/errors.ts';
import type { StreamInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { DataHash, DataHasher } from '../../ports/data-hasher.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';

/** Pieces of one upload that may be on their way to the store and the hashes at the same time. */
const piecesInFlight = 8;

export interface DataReceivers {
  readonly hasher: DataHasher;
  /** null when the data are only passed on. */
  readonly hash: Pick<DataHash, 'update'> | null;
  readonly writer: Pick<ObjectWriter, 'write'>;
  /** null when the container format hides the disk image. */
  readonly inspection: StreamInspection | null;
}

export interface DataLimits {
  /** Exactly this many bytes must come; null when the sender did not say. */
  readonly expectedBytes: number | null;
  /** One more byte than this raises `limitExceeded` with that text. */
  readonly maximum: { readonly bytes: number; readonly exceeded: string };
  /** Called between pieces; raises to stop. */
  readonly proceed: () => void;
}

/** Gives the number of bytes received. Everything was hashed and written when it resolves. */
export async function receiveData(
  receivers: DataReceivers,
  body: AsyncIterable<Uint8Array>,
  limits: DataLimits,
): Promise<number> {
  const pieces = pieceSink(receivers);
  let received = 0;
  try {
    for await (const chunk of body) {
      limits.proceed();
      received += chunk.byteLength;
      if (received > limits.maximum.bytes) throw limitExceeded(limits.maximum.exceeded);
      if (limits.expectedBytes !== null && received > limits.expectedBytes) throw sizeDiffers(limits.expectedBytes);
      receivers.inspection?.observe(chunk);
      await pieces.take(chunk);
    }
    if (limits.expectedBytes !== null && received !== limits.expectedBytes) throw sizeDiffers(limits.expectedBytes);
    await pieces.flush();
    return received;
  } finally {
    // Nobody may touch the buffers any more when the caller goes on, whatever happened.
    await pieces.close();
  }
}

/** Only passes the data on. */
export function copyData(
  hasher: DataHasher,
  writer: ObjectWriter,
  { body, limits }: { readonly body: AsyncIterable<Uint8Array>; readonly limits: DataLimits },
): Promise<number> {
  return receiveData({ hasher, hash: null, writer, inspection: null }, body, limits);
}

function sizeDiffers(expectedBytes: number): Error {
  return badRequest(`The data do not have the announced size of ${expectedBytes} bytes.`);
}

/** Collects chunks into pieces and hands full ones on, in order, a bounded number at a time. */
function pieceSink({ hasher, hash, writer }: DataReceivers) {
  const inFlight = new Set<Promise<void>>();
  let lastWrite: Promise<void> = Promise.resolve();
  let buffer: Uint8Array | undefined;
  let filled = 0;
  let failure: { readonly error: unknown } | undefined;

  function handOn(): void {
    if (buffer === undefined || filled === 0) return;
    const whole = buffer;
    const piece = whole.subarray(0, filled);
    buffer = undefined;
    filled = 0;
    lastWrite = lastWrite.then(() => (failure === undefined ? writer.write(piece) : undefined));
    const done = Promise.allSettled([lastWrite, hash?.update(piece)]).then((results) => {
      for (const result of results) if (result.status === 'rejected') failure ??= { error: result.reason };
      hasher.releaseBuffer(whole);
      inFlight.delete(done);
    });
    // Its outcome is looked at through `done`; alone it must not count as unhandled.
    lastWrite.catch(() => undefined);
    inFlight.add(done);
  }

  async function settle(): Promise<void> {
    await Promise.all(inFlight);
  }

  return {
    async take(chunk: Uint8Array): Promise<void> {
      let taken = 0;
      while (taken < chunk.byteLength) {
        buffer ??= hasher.acquireBuffer();
        const count = Math.min(buffer.byteLength - filled, chunk.byteLength - taken);
        buffer.set(chunk.subarray(taken, taken + count), filled);
        filled += count;
        taken += count;
        if (filled === buffer.byteLength) handOn();
        while (inFlight.size >= piecesInFlight) await Promise.race(inFlight);
        if (failure !== undefined) throw failure.error;
      }
    },
    async close(): Promise<void> {
      await settle();
      if (buffer !== undefined) hasher.releaseBuffer(buffer);
      buffer = undefined;
    },
    async flush(): Promise<void> {
      handOn();
      await settle();
      if (failure !== undefined) throw failure.error;
    },
  };
}
