/**
 * At most so many calls at a time: a flood of tokens nobody knows must not become a flood of calls. Those beyond wait
 * for their turn, and neither too many of them nor for too long.
 */
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';

export interface CallLimitOptions {
  readonly parallel: number;
  /** How many may wait. */
  readonly waiting: number;
  readonly patienceSeconds: number;
}

/** Runs a call when its turn has come. Raises `unavailable` when too many wait, or it would wait for too long. */
export type CallLimit = <T>(call: () => Promise<T>) => Promise<T>;

export function limitCalls({ parallel, waiting, patienceSeconds }: CallLimitOptions): CallLimit {
  const queue = new Set<() => void>();
  let running = 0;

  function turn(): Promise<void> {
    if (queue.size >= waiting) {
      return Promise.reject(keystoneUnavailable(new KeystoneTrouble(`${waiting} calls wait for it already`)));
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(patience);
        resolve();
      };
      const patience = setTimeout(() => {
        queue.delete(begin);
        reject(keystoneUnavailable(new KeystoneTrouble(`no turn to ask it came within ${patienceSeconds} seconds`)));
      }, patienceSeconds * 1000);
      queue.add(begin);
    });
  }

  /** The place goes straight to who waits longest. */
  function end(): void {
    const [next] = queue;
    if (next === undefined) {
      running -= 1;
      return;
    }
    queue.delete(next);
    next();
  }

  return async (call) => {
    if (running < parallel) running += 1;
    else await turn();
    try {
      return await call();
    } finally {
      end();
    }
  };
}
