import { describe, expect, test } from 'vitest';

import type { Difference } from './comparison.ts';
import type { ComparedRequest } from './differential-run.ts';
import type { KnownDifference, KnownHeaderDifference } from './known-difference.ts';
import { misnamed, outdated, unexplained } from './verdict.ts';
import type { KnownDifferences } from './verdict.ts';

function request(name: string, differences: readonly Difference[]): ComparedRequest {
  const same = { status: 200, headers: {}, body: '' };
  return { name, send: 'GET /x', glance: same, lucarne: same, differences };
}

function list(entry: KnownDifference): KnownDifferences {
  return { ofRequests: [entry], ofHeaders: [] };
}

const crash: Difference = { at: 'status', glance: 500, lucarne: 400 };
const known: KnownDifference = { requests: ['a: x'], at: 'status', glance: 500, lucarne: 400, reason: 'defect' };

describe('a difference', () => {
  test('is explained by an entry with its place and values', () => {
    expect(unexplained(request('a: x', [crash]), list(known))).toEqual([]);
  });

  test.each<readonly [why: string, entry: KnownDifference]>([
    ['another request', { ...known, requests: ['a: y'] }],
    ['another place', { ...known, at: 'header allow' }],
    ['another value of Glance', { ...known, glance: 503 }],
    ['another value of Lucarne', { ...known, lucarne: 403 }],
  ])('is not explained by an entry about %s', (_why, entry) => {
    expect(unexplained(request('a: x', [crash]), list(entry))).toEqual(['a: x: status: Glance 500, Lucarne 400']);
  });

  test('is explained by an entry whose place ends in a star', () => {
    const deep: Difference = { at: 'body /versions/3/id', glance: 'a', lucarne: 'b' };
    const entry: KnownDifference = { requests: ['a: x'], at: 'body /versions*', reason: 'newer' };
    expect(unexplained(request('a: x', [deep]), list(entry))).toEqual([]);
    expect(unexplained(request('a: x', [{ ...deep, at: 'body /links' }]), list(entry))).toHaveLength(1);
  });
});

describe('an entry of the list', () => {
  test('is outdated when its request shows no such difference', () => {
    expect(outdated([request('a: x', [])], list(known))).toHaveLength(1);
    expect(outdated([request('a: x', [crash])], list(known))).toEqual([]);
  });

  test('is not judged when its request was not played', () => {
    expect(outdated([request('a: y', [])], list(known))).toEqual([]);
  });

  test('is misnamed when no table has its request', () => {
    expect(misnamed([known], new Set(['a: x']))).toEqual([]);
    expect(misnamed([known], new Set(['a: y']))).toEqual(['a: x']);
  });
});

describe('an entry about a header', () => {
  const header: KnownHeaderDifference = {
    send: /^GET \/x$/,
    status: 200,
    header: 'x-stores',
    glance: 'a,b',
    lucarne: 'a',
    reason: 'b is hidden',
  };
  const difference: Difference = { at: 'header x-stores', glance: 'a,b', lucarne: 'a' };
  const headers: KnownDifferences = { ofRequests: [], ofHeaders: [header] };

  function answered(differences: readonly Difference[]): ComparedRequest {
    const glance = { status: 200, headers: { 'x-stores': 'a,b' }, body: '' };
    return { name: 'a: x', send: 'GET /x', glance, lucarne: glance, differences };
  }

  test('explains the difference in every answer to such a request', () => {
    expect(unexplained(answered([difference]), headers)).toEqual([]);
    expect(unexplained(answered([{ ...difference, lucarne: 'c' }]), headers)).toHaveLength(1);
    expect(unexplained({ ...answered([difference]), send: 'GET /y' }, headers)).toHaveLength(1);
  });

  test('is outdated when both answer as Glance does', () => {
    expect(outdated([answered([])], headers)).toHaveLength(1);
    expect(outdated([answered([difference])], headers)).toEqual([]);
    expect(outdated([{ ...answered([]), send: 'GET /y' }], headers)).toEqual([]);
  });
});
