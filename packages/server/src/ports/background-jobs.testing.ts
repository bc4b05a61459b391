/** Jobs that run at once, and can be waited for. */
import type { BackgroundJobs } from './background-jobs.ts';

export interface TestJobs extends BackgroundJobs {
  /** Resolves when none runs; raises what one of them raised. */
  settled(): Promise<void>;
  /** As the end of the process does. */
  stop(): void;
}

export function openTestJobs(): TestJobs {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const failures: Error[] = [];
  return {
    stopping: stopping.signal,
    hasRoom: () => true,
    start(job) {
      const done = job()
        .catch((error: unknown) => void failures.push(error instanceof Error ? error : new Error(String(error))))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
      const [failure] = failures.splice(0);
      if (failure !== undefined) throw failure;
    },
    stop: () => stopping.abort(),
  };
}
