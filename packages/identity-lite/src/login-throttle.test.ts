import { describe, expect, test } from 'vitest';
import { LoginThrottle } from './login-throttle.ts';

const wrong = () => Promise.resolve(false);
const right = () => Promise.resolve(true);

function openThrottle() {
  const clock = { ms: 1000 };
  return { clock, throttle: new LoginThrottle(() => new Date(clock.ms)) };
}

async function failTimes(throttle: LoginThrottle, account: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) await throttle.attempt(account, wrong);
}

describe('LoginThrottle', () => {
  test('lets four wrong attempts pass without a pause', async () => {
    const { throttle } = openThrottle();
    await failTimes(throttle, 'a', 4);
    expect(await throttle.attempt('a', right)).toBe(true);
  });

  test('makes the account wait after the fifth, without looking at the password: 429', async () => {
    const { throttle } = openThrottle();
    await failTimes(throttle, 'a', 5);
    const never = () => Promise.reject(new Error('must not be looked at'));
    await expect(throttle.attempt('a', never)).rejects.toMatchObject({ status: 429, headers: { 'Retry-After': '1' } });
  });

  test('doubles the pause up to half a minute', async () => {
    const { throttle, clock } = openThrottle();
    await failTimes(throttle, 'a', 5);
    for (const seconds of [2, 4, 8, 16, 30, 30]) {
      clock.ms += 30_000;
      await throttle.attempt('a', wrong);
      const retryAfter = { headers: { 'Retry-After': String(seconds) } };
      await expect(throttle.attempt('a', right)).rejects.toMatchObject(retryAfter);
    }
  });

  test('forgets the failures after a success', async () => {
    const { throttle, clock } = openThrottle();
    await failTimes(throttle, 'a', 5);
    clock.ms += 1000;
    expect(await throttle.attempt('a', right)).toBe(true);
    await failTimes(throttle, 'a', 4);
    expect(await throttle.attempt('a', right)).toBe(true);
  });

  test('leaves other accounts alone', async () => {
    const { throttle } = openThrottle();
    await failTimes(throttle, 'a', 5);
    expect(await throttle.attempt('b', right)).toBe(true);
  });

  test('gains nothing from guessing in parallel', async () => {
    const { throttle } = openThrottle();
    let looked = 0;
    const guess = () => throttle.attempt('a', () => Promise.resolve((looked += 1) < 0));
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, guess));
    expect(looked).toBe(5);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toHaveLength(45);
  });

  test('refuses to queue without bound: 503', async () => {
    const { throttle } = openThrottle();
    const attempts = Array.from({ length: 201 }, (_, index) => throttle.attempt(`user ${index}`, right));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { status: 503 } });
    expect(await throttle.attempt('later', right)).toBe(true);
  });

  test('forgets the account touched longest ago when there are more than a thousand', async () => {
    const { throttle } = openThrottle();
    await failTimes(throttle, 'first', 5);
    for (let count = 0; count < 1000; count += 1) await throttle.attempt(`user ${count}`, wrong);
    expect(await throttle.attempt('first', right)).toBe(true);
  });
});
