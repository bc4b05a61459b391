/** The host's time. Timers never keep the process alive by themselves, and wait for 24 days at most. */
import type { Clock } from '../../ports/clock.ts';

/** Longer pauses than the host can count would be none at all. */
const mostMilliseconds = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  every(milliseconds, task) {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    function wait(): void {
      timer = setTimeout(
        () => {
          void task()
            .catch(() => undefined)
            .finally(() => {
              if (!stopped) wait();
            });
        },
        Math.min(milliseconds, mostMilliseconds),
      );
      timer.unref();
    }
    wait();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  },
};
