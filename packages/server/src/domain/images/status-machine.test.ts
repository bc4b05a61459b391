import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { checkTransition, mayBecome, statusesBefore } from './status-machine.ts';

/** One line per status of the contract, in its words. */
const contract: readonly [ImageStatus, string][] = [
  ['queued', 'saving uploading importing active deleted'],
  ['saving', 'active killed deleted queued'],
  ['uploading', 'importing queued deleted'],
  ['importing', 'active deleted queued'],
  ['active', 'pending_delete deleted deactivated'],
  ['killed', 'deleted'],
  ['deleted', ''],
  ['pending_delete', 'deleted active'],
  ['deactivated', 'active deleted'],
];

test.each(contract)('%s may become: %s', (from, to) => {
  const allowed = imageStatuses.filter((status) => mayBecome(from, status));
  expect(new Set(allowed)).toEqual(new Set(to.split(' ').filter((word) => word !== '')));
});

test('the statuses before one are those that may become it', () => {
  expect(statusesBefore('queued')).toEqual(['saving', 'uploading', 'importing']);
  expect(statusesBefore('killed')).toEqual(['saving']);
});

describe('a step', () => {
  const complete = { diskFormat: 'raw', containerFormat: 'bare' };

  test('the life cycle does not have: 409, formats or not', () => {
    expect(errorCodeOf(() => checkTransition({ ...complete, status: 'active' }, 'saving'))).toBe('conflict');
    expect(errorCodeOf(() => checkTransition({ ...complete, status: 'queued', diskFormat: null }, 'killed'))).toBe(
      'conflict',
    );
  });

  test.each<[ImageStatus, ImageStatus, string]>([
    ['queued', 'saving', 'badRequest'],
    ['queued', 'importing', 'badRequest'],
    ['queued', 'active', 'badRequest'],
    ['uploading', 'importing', 'badRequest'],
    ['queued', 'uploading', 'none'],
    ['queued', 'deleted', 'none'],
    ['uploading', 'queued', 'none'],
    ['saving', 'active', 'none'],
    ['deactivated', 'active', 'none'],
  ])('from %s to %s without formats: %s', (status, to, expected) => {
    for (const missing of [{ diskFormat: null }, { containerFormat: null }]) {
      expect(errorCodeOf(() => checkTransition({ ...complete, ...missing, status }, to))).toBe(expected);
    }
    expect(errorCodeOf(() => checkTransition({ ...complete, status }, to))).toBe('none');
  });

  test('names the formats that are missing', () => {
    const image = { status: 'queued', diskFormat: null, containerFormat: null } as const;
    expect(() => checkTransition(image, 'saving')).toThrow(/disk_format and container_format/);
  });
});

test('whatever happens to an image, deletion is final and reachable', () => {
  const step = fc.constantFrom(...imageStatuses);
  fc.assert(
    fc.property(fc.constantFrom(...imageStatuses), fc.array(step), (start, wishes) => {
      let status = start;
      for (const wish of wishes) {
        const before = status;
        if (mayBecome(status, wish)) status = wish;
        expect(before === 'deleted' && status !== 'deleted').toBe(false);
      }
      expect(status === 'deleted' || mayBecome(status, 'deleted')).toBe(true);
    }),
  );
});
