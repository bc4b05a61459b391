import { describe, expect, test } from 'vitest';
import {
  inspectionOf,
  text,
  u16,
  u32,
  u64,
  verdictOn,
  vhdxMetadataAt,
  vhdxRegionTableAt,
} from './image-samples.testing.ts';
import { vhdxSample, vhdxSizeItemOffset, virtualSizeBytes } from './image-samples.testing.ts';
import type { Patch } from './image-samples.testing.ts';

const region = vhdxRegionTableAt;
const metadata = vhdxMetadataAt;
const sizeField = (at: number) => u64(at, 4096n, 'le');

describe('vhdx', () => {
  test('is measured through the region table and the metadata table', () => {
    expect(inspectionOf(vhdxSample()).detect()).toEqual({ format: 'vhdx', virtualSizeBytes, failedChecks: [] });
  });

  const unknownSize: readonly [string, Patch[]][] = [
    ['a damaged region table', [text(region, 'xxxx')]],
    ['too many regions', [u32(region + 8, 2048, 'le')]],
    ['no metadata region', [u32(region + 8, 1, 'le')]],
    ['an empty metadata region', [u32(region + 72, 0, 'le')]],
    ['a metadata region that went by', [u64(region + 64, 0x20000n, 'le')]],
    ['a metadata region over the region table', [u64(region + 64, BigInt(region), 'le')]],
    ['a damaged metadata table', [text(metadata, 'metadat_')]],
    ['too many metadata items', [u16(metadata + 10, 2048, 'le')]],
    ['no size among the metadata', [u16(metadata + 10, 1, 'le')]],
    ['a metadata region too short for its table', [u32(region + 72, 64, 'le')]],
  ];
  test.each(unknownSize)('with %s is a vhdx of unknown size', (_, patches) => {
    expect(verdictOn(vhdxSample(...patches), 'vhdx')).toEqual({
      accepted: true,
      detected: 'vhdx',
      virtualSizeBytes: null,
      warning: null,
    });
  });

  const nearSizes: readonly [string, number][] = [
    ['inside the metadata table', 4096],
    ['across the end of the metadata table', vhdxSizeItemOffset - 3],
    ['right behind the metadata table', vhdxSizeItemOffset],
    ['further on', vhdxSizeItemOffset + 1001],
  ];
  test.each(nearSizes)('finds a size that lies %s', (_, offset) => {
    const image = vhdxSample(u32(metadata + 80, offset, 'le'), sizeField(metadata + offset));
    expect(inspectionOf(image).detect().virtualSizeBytes).toBe(4096n);
  });

  test.each([
    ['the end of the data', BigInt(vhdxSample().length)],
    ['2^53', 2n ** 53n + 1n],
    ['everything', 2n ** 64n - 1n],
  ])('with a metadata region beyond %s counts as cut off: 415', (_, offset) => {
    const image = vhdxSample(u64(region + 64, offset, 'le'));
    expect(verdictOn(image, 'vhdx')).toMatchObject({ accepted: false, reason: expect.stringContaining('cut off') });
  });

  test('with the largest tables is measured', () => {
    const last = 2046;
    const image = vhdxSample(
      u32(region + 8, 2047, 'le'),
      { at: region + 16 + last * 32, bytes: vhdxSample().slice(region + 48, region + 80) },
      text(region + 48, '\0'.repeat(16)),
    );
    expect(inspectionOf(image).detect().virtualSizeBytes).toBe(virtualSizeBytes);
  });
});
