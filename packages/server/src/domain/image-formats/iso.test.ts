import { describe, expect, test } from 'vitest';
import { inspectionOf, isoSample, text, u16, u32, u8 } from './image-samples.testing.ts';

describe('iso', () => {
  test.each([
    ['a primary volume descriptor', [], 40_960n],
    ['another kind of first descriptor', [u8(32_768, 0)], null],
    ['an UDF 1 descriptor of kind 0', [u8(32_768, 0), text(32_769, 'NSR02')], null],
    ['an UDF 3 descriptor of kind 0', [u8(32_768, 0), text(32_769, 'NSR03')], null],
    ['an UDF descriptor of kind 1', [text(32_769, 'NSR02')], 40_960n],
    ['no blocks', [u32(32_848, 0, 'le')], null],
    ['the most and largest blocks', [u32(32_848, 2 ** 32 - 1, 'le'), u16(32_896, 65_535, 'le')], 281_470_681_677_825n],
  ])('with %s has the size it tells', (_, patches, virtualSizeBytes) => {
    expect(inspectionOf(isoSample(...patches)).detect()).toEqual({ format: 'iso', virtualSizeBytes, failedChecks: [] });
  });

  test('with another standard name is raw', () => {
    expect(inspectionOf(isoSample(text(32_769, 'BEA01'))).detect().format).toBe('raw');
  });
});
