import { describe, expect, test } from 'vitest';
import { inspectionOf, qcow2Sample, u32, u64, verdictOn } from './image-samples.testing.ts';
import type { Patch } from './image-samples.testing.ts';

function failedChecks(...patches: readonly Patch[]): readonly string[] {
  return inspectionOf(qcow2Sample(...patches)).detect().failedChecks;
}

describe('qcow2', () => {
  test.each([
    ['a backing file', u64(8, 1n, 'be'), 'backing_file'],
    ['a backing file far out', u64(8, 2n ** 63n, 'be'), 'backing_file'],
    ['an external data file', u64(72, 4n, 'be'), 'data_file'],
    ['extended L2 entries', u64(72, 16n, 'be'), 'unknown_features'],
    ['a feature bit of the future', u64(72, 2n ** 63n, 'be'), 'unknown_features'],
    ['version 1 (qcow)', u32(4, 1, 'be'), 'unknown_features'],
    ['version 4', u32(4, 4, 'be'), 'unknown_features'],
  ])('with %s is refused, also as raw: 415', (_, patch, check) => {
    expect(failedChecks(patch)).toEqual([check]);
    for (const diskFormat of ['qcow2', 'raw']) {
      expect(verdictOn(qcow2Sample(patch), diskFormat)).toMatchObject({
        accepted: false,
        detected: 'qcow2',
        reason: expect.stringContaining('qemu-img convert'),
      });
    }
  });

  test.each([
    ['the dirty bit', u64(72, 1n, 'be')],
    ['the corrupt bit', u64(72, 2n, 'be')],
    ['zstd compression', u64(72, 8n, 'be')],
    ['a name length but no backing file', u32(16, 20, 'be')],
    ['an odd cluster size', u32(20, 99, 'be')],
  ])('with %s is accepted', (_, patch) => {
    expect(failedChecks(patch)).toEqual([]);
  });

  test('of version 2 has no feature bits, but the one of a data file is heeded all the same', () => {
    expect(failedChecks(u32(4, 2, 'be'), u64(72, 0xe2792aca_00000000n, 'be'))).toEqual([]);
    expect(failedChecks(u32(4, 2, 'be'), u64(72, 4n, 'be'))).toEqual(['data_file']);
  });

  test('names every check that failed', () => {
    expect(failedChecks(u64(8, 1n, 'be'), u64(72, 0xffn, 'be'))).toEqual([
      'backing_file',
      'data_file',
      'unknown_features',
    ]);
  });
});
