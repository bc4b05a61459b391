/** Runs background jobs in this process, in the order in which they were started. */
import type { BackgroundJobs } from '../../ports/background-jobs.ts';

export interface RunningJobs extends BackgroundJobs {
  /** Tells the jobs to stop and waits until they have. Those that wait begin, see that they are to stop, and end. */
  close(): Promise<void>;
}

export function openBackgroundJobs(places: number, report: (error: unknown) => void): RunningJobs {
  const waiting: (() => Promise<void>)[] = [];
  const running = new Set<Promise<void>>();
  const stop = new AbortController();

  function fill(): void {
    while (running.size < places) {
      const job = waiting.shift();
      if (job === undefined) return;
      run(job);
    }
  }

  function run(job: () => Promise<void>): void {
    const done = job()
      .catch(report)
      .finally(() => {
        running.delete(done);
        fill();
      });
    running.add(done);
  }

  return {
    stopping: stop.signal,
    hasRoom: () => running.size < places && !stop.signal.aborted,
    start(job) {
      waiting.push(job);
      fill();
    },
    async close() {
      stop.abort();
      while (running.size > 0) await Promise.all(running);
    },
  };
}
