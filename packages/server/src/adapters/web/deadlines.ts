/** Waiting that ends: by a signal, or when nothing comes for too long. */
import { ConnectionTrouble } from './connection-failures.ts';

/** Settles as the promise does, or rejects with the reason of the signal, whichever comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Whichever of the two comes last is nobody's error.
    aborted.promise.catch(() => undefined);
    promise.catch(() => undefined);
  }
}

export interface IdleWatch {
  /** Starts to wait, from the beginning. */
  start(): void;
  /** Waits no more until the next start; cheap enough for every piece of data. */
  pause(): void;
  /** Waits never again. */
  end(): void;
}

/** Calls `expired` with the reason when nothing pauses a wait for so long. */
export function watchIdle(seconds: number, expired: (reason: ConnectionTrouble) => void): IdleWatch {
  let timer: NodeJS.Timeout | undefined;
  let isWaiting = false;
  const check = (): void => {
    if (isWaiting) expired(new ConnectionTrouble(`sent nothing for ${seconds} seconds`));
  };
  return {
    start() {
      isWaiting = true;
      timer = timer?.refresh() ?? setTimeout(check, seconds * 1000);
    },
    pause() {
      isWaiting = false;
    },
    end() {
      isWaiting = false;
      clearTimeout(timer);
    },
  };
}
