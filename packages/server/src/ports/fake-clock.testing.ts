/** A clock that moves when a test moves it, and ids that can be told apart. */
import type { Clock } from './clock.ts';
import type { RandomIds } from './random-ids.ts';

export interface FakeClock extends Clock {
  /** Moves the time on, in steps, and runs what is due at each; resolves when all of it has ended. */
  advance(seconds: number): Promise<void>;
  /** Tasks that were not stopped. */
  readonly running: () => number;
}

interface Repetition {
  readonly pause: number;
  readonly task: () => Promise<void>;
  dueAt: number;
}

export function startFakeClock(start = new Date('2026-03-01T09:00:00Z')): FakeClock {
  let time = start.getTime();
  const repetitions = new Set<Repetition>();

  return {
    now: () => new Date(time),
    running: () => repetitions.size,
    every(pause, task) {
      const repetition = { pause, task, dueAt: time + pause };
      repetitions.add(repetition);
      return () => repetitions.delete(repetition);
    },
    async advance(seconds) {
      const end = time + seconds * 1000;
      for (;;) {
        const [next] = [...repetitions].toSorted((one, other) => one.dueAt - other.dueAt);
        if (next === undefined || next.dueAt > end) break;
        time = Math.max(time, next.dueAt);
        next.dueAt = time + next.pause;
        await next.task().catch(() => undefined);
      }
      time = end;
    },
  };
}

/** 00000000-0000-4000-8000-000000000001 and so on. */
export function countedIds(): RandomIds {
  let last = 0;
  return {
    next() {
      last += 1;
      return `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`;
    },
  };
}
