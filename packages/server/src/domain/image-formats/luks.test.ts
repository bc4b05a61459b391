import { describe, expect, test } from 'vitest';
import { inspectionOf, luksSample, u16, u32, verdictOn } from './image-samples.testing.ts';

describe('luks', () => {
  test('of version 1 has the size of what follows its header', () => {
    expect(inspectionOf(luksSample()).detect()).toEqual({ format: 'luks', virtualSizeBytes: 2048n, failedChecks: [] });
  });
  test.each([8, 9, 2 ** 32 - 1])('whose payload begins at sector %d of 8 has no size', (sector) => {
    expect(verdictOn(luksSample(u32(104, sector, 'be')), 'luks')).toMatchObject({
      accepted: true,
      virtualSizeBytes: null,
    });
  });
  test.each([0, 2, 256])('of version %d is refused, also as raw: 415', (version) => {
    const image = luksSample(u16(6, version, 'be'));
    expect(inspectionOf(image).detect().failedChecks).toEqual(['version']);
    expect(verdictOn(image, 'luks')).toMatchObject({ accepted: false });
    expect(verdictOn(image, 'raw')).toMatchObject({ accepted: false, reason: expect.stringContaining('--type luks1') });
  });
});
