/** Reads data where they are, only to hash them. Source: contract 05 §3. */
import { conflict } from '../../domain/errors.ts';
import type { ImageLocation } from '../../domain/images/image.ts';
import type { DataDigests } from '../../ports/data-hasher.ts';
import type { ObjectReader } from '../../ports/image-store.ts';
import { storeOfLocation } from '../image-locations.ts';
import { receiveData } from '../image-data/receive.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import type { RunningTask } from '../tasks/running-task.ts';

type Parts = Pick<ServiceParts, 'stores' | 'hasher' | 'clock' | 'report' | 'locations'>;

export interface DataToHash {
  readonly location: ImageLocation;
  readonly algorithm: string;
  /** What the image says its data have. */
  readonly sizeBytes: number | null;
}

/** How often it is looked whether the image is still there. */
const watchMilliseconds = 5_000;

/** Tries again as often as the site wants; raises what was wrong the last time. */
export async function hashData(parts: Parts, run: RunningTask, data: DataToHash): Promise<DataDigests> {
  const stopWatching = parts.clock.every(watchMilliseconds, async () => {
    await run.image();
  });
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await hashOnce(parts, run, data);
      } catch (error) {
        if (error instanceof TaskInterrupted) throw error;
        // What is stopped raises whatever it likes.
        run.proceed();
        if (attempt >= parts.locations.hashRetries) throw error;
        parts.report('data not hashed yet', { imageId: run.lease.work().imageId, error });
      }
    }
  } finally {
    stopWatching();
  }
}

async function hashOnce(parts: Parts, run: RunningTask, data: DataToHash): Promise<DataDigests> {
  const attached = storeOfLocation(parts.stores, data.location);
  if (attached === undefined) throw conflict('The data lie in a store that is not attached.');
  const hash = parts.hasher.start(data.algorithm);
  try {
    const reader = await attached.store.read(data.location.url);
    const close = () => void reader.close();
    run.signal.addEventListener('abort', close, { once: true });
    try {
      if (reader.sizeBytes !== data.sizeBytes) throw conflict('The data have another size than before.');
      await receiveData({ hasher: parts.hasher, hash, writer: nowhere, inspection: null }, chunksOf(reader), {
        expectedBytes: reader.sizeBytes,
        maximum: { bytes: Infinity, exceeded: '' },
        proceed: run.proceed,
      });
    } finally {
      run.signal.removeEventListener('abort', close);
      await reader.close();
    }
    return await hash.digest();
  } catch (error) {
    hash.abort();
    throw error;
  }
}

const nowhere = { write: () => Promise.resolve() };

function chunksOf(reader: ObjectReader): AsyncIterable<Uint8Array> {
  return reader.chunks(0, reader.sizeBytes - 1);
}
