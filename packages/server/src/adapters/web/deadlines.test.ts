import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { abortable, watchIdle } from './deadlines.ts';

describe('a watch for silence', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function watch() {
    const reasons: string[] = [];
    return { idle: watchIdle(10, ({ message }) => reasons.push(message)), reasons };
  }

  test('tells when nothing paused a wait for so long', () => {
    const { idle, reasons } = watch();
    idle.start();
    vi.advanceTimersByTime(9999);
    expect(reasons).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reasons).toEqual(['sent nothing for 10 seconds']);
  });

  test('does not count the time in which nobody waits', () => {
    const { idle, reasons } = watch();
    idle.start();
    vi.advanceTimersByTime(9000);
    idle.pause();
    vi.advanceTimersByTime(60_000);
    idle.start();
    vi.advanceTimersByTime(9999);
    expect(reasons).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reasons).toHaveLength(1);
  });

  test('begins anew with each start', () => {
    const { idle, reasons } = watch();
    for (let each = 0; each < 5; each++) {
      idle.start();
      vi.advanceTimersByTime(9000);
      idle.pause();
    }
    expect(reasons).toEqual([]);
    idle.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what a signal can end', () => {
  const reason = new Error('enough');

  test('ends as the promise does, while the signal is silent', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  test('ends with the reason of the signal, also of an earlier one', async () => {
    const abortion = new AbortController();
    const waiting = abortable(new Promise(() => undefined), abortion.signal);
    abortion.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(abortable(Promise.resolve(1), abortion.signal)).rejects.toBe(reason);
  });
});
