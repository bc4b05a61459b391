import { describe, expect, test } from 'vitest';
import { tokenOf } from './fake-keystone.testing.ts';
import { limitCalls } from './call-limit.ts';
import { openMemoryTokenCache } from './token-cache.ts';
import { readToken } from './validated-token.ts';

const clock = { now: () => new Date(0), every: () => () => undefined };

function validated(size = 0) {
  const token = readToken({ token: tokenOf({ catalog: 'x'.repeat(size) }) });
  if (token === null) throw new Error('no token');
  return token;
}

describe('the cache in memory', () => {
  test('gives up what was not asked for longest when there are too many', async () => {
    const cache = openMemoryTokenCache({ clock, keptSeconds: 1, mostEntries: 3, mostBytes: 1_000_000 });
    for (const token of ['a', 'b', 'c']) await cache.keep(token, validated());
    await cache.find('a');
    await cache.keep('d', validated());
    const found = await Promise.all(['a', 'b', 'c', 'd'].map((token) => cache.find(token)));
    expect(found.map((each) => each !== null)).toEqual([true, false, true, true]);
  });

  test('or when they take too much, and never takes what is too large alone', async () => {
    const cache = openMemoryTokenCache({ clock, keptSeconds: 1, mostEntries: 100, mostBytes: 40_000 });
    await cache.keep('a', validated(10_000));
    await cache.keep('b', validated(10_000));
    await cache.keep('c', validated(20_000));
    const before = await Promise.all(['a', 'b', 'c'].map((token) => cache.find(token)));
    expect(before.map((each) => each !== null)).toEqual([false, true, false]);
    for (let round = 0; round < 50; round += 1) await cache.keep('b', validated(10_000));
    expect(await cache.find('b')).not.toBeNull();
  });
});

describe('calls beyond the limit', () => {
  test('wait, and are refused when too many wait', async () => {
    const limit = limitCalls({ parallel: 1, waiting: 1, patienceSeconds: 60 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = limit(() => promise);
    const second = limit(async () => 'second');
    await expect(limit(async () => 'third')).rejects.toMatchObject({ code: 'unavailable' });
    resolve('first');
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    expect(await limit(async () => 'later')).toBe('later');
  });

  test('or when they wait too long, and those behind them do not lose their turn', async () => {
    const limit = limitCalls({ parallel: 1, waiting: 9, patienceSeconds: 0.05 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = limit(() => promise);
    await expect(limit(async () => 'second')).rejects.toMatchObject({ code: 'unavailable' });
    resolve('first');
    await first;
    expect(await limit(async () => 'third')).toBe('third');
  });

  test('a call that fails gives its place away', async () => {
    const limit = limitCalls({ parallel: 1, waiting: 9, patienceSeconds: 60 });
    await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit(async () => 'next')).toBe('next');
  });
});
