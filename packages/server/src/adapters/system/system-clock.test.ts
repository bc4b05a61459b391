import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

describe('The clock of the host', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('calls a task again a pause after it ended, also when it failed, until it is stopped', async () => {
    let calls = 0;
    const stop = systemClock.every(100, async () => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (calls === 2) throw new Error('once');
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(calls).toBe(0);
    await vi.advanceTimersByTimeAsync(1 + 50 + 99);
    expect(calls).toBe(1);
    await vi.advanceTimersByTimeAsync(1 + 50 + 100);
    expect(calls).toBe(3);
    // Stopped in the middle of a call: that one ends, and no other follows.
    stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});
