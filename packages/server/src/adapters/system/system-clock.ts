/** The host's time. Timers never keep the process alive by themselves. */
import type { Clock } from '../../ports/clock.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  every(milliseconds, task) {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    function wait(): void {
      timer = setTimeout(() => {
        void task()
          .catch(() => undefined)
          .finally(() => {
            if (!stopped) wait();
          });
      }, milliseconds);
      timer.unref();
    }
    wait();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  },
};
