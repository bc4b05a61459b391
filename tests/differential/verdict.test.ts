import { describe, expect, test } from 'vitest';

import type { Difference } from './comparison.ts';
import type { ComparedRequest } from './differential-run.ts';
import type { KnownDifference } from './known-differences.ts';
import { misnamed, outdated, unexplained } from './verdict.ts';

function request(name: string, differences: readonly Difference[]): ComparedRequest {
  const same = { status: 200, headers: {}, body: '' };
  return { name, glance: same, lucarne: same, differences };
}

const crash: Difference = { at: 'status', glance: 500, lucarne: 400 };
const known: KnownDifference = { requests: ['a: x'], at: 'status', glance: 500, lucarne: 400, reason: 'defect' };

describe('a difference', () => {
  test('is explained by an entry with its place and values', () => {
    expect(unexplained(request('a: x', [crash]), [known])).toEqual([]);
  });

  test.each<readonly [why: string, entry: KnownDifference]>([
    ['another request', { ...known, requests: ['a: y'] }],
    ['another place', { ...known, at: 'header allow' }],
    ['another value of Glance', { ...known, glance: 503 }],
    ['another value of Lucarne', { ...known, lucarne: 403 }],
  ])('is not explained by an entry about %s', (_why, entry) => {
    expect(unexplained(request('a: x', [crash]), [entry])).toEqual(['a: x: status: Glance 500, Lucarne 400']);
  });

  test('is explained by an entry whose place ends in a star', () => {
    const deep: Difference = { at: 'body /versions/3/id', glance: 'a', lucarne: 'b' };
    const entry: KnownDifference = { requests: ['a: x'], at: 'body /versions*', reason: 'newer' };
    expect(unexplained(request('a: x', [deep]), [entry])).toEqual([]);
    expect(unexplained(request('a: x', [{ ...deep, at: 'body /links' }]), [entry])).toHaveLength(1);
  });
});

describe('an entry of the list', () => {
  test('is outdated when its request shows no such difference', () => {
    expect(outdated([request('a: x', [])], [known])).toHaveLength(1);
    expect(outdated([request('a: x', [crash])], [known])).toEqual([]);
  });

  test('is not judged when its request was not played', () => {
    expect(outdated([request('a: y', [])], [known])).toEqual([]);
  });

  test('is misnamed when no table has its request', () => {
    expect(misnamed([known], new Set(['a: x']))).toEqual([]);
    expect(misnamed([known], new Set(['a: y']))).toEqual(['a: x']);
  });
});
