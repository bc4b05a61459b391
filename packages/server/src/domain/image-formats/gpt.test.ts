import { describe, expect, test } from 'vitest';
import {
  bootSignature,
  bytesWith,
  gptSample,
  inspectionOf,
  mbrSample,
  partition,
  u8,
  verdictOn,
} from './image-samples.testing.ts';

const plain = { firstSector: 2048 };

describe('a partition table', () => {
  test.each([
    ['one bootable partition', mbrSample()],
    ['four partitions', mbrSample(partition(1, 0x83, plain), partition(2, 0x82, plain), partition(3, 0x0f, plain))],
    ['a partition in the last slot only', bytesWith(1024, partition(3, 0x83, plain), bootSignature)],
    ['a protective entry alone', gptSample()],
    ['a bootable protective entry', gptSample(partition(0, 0xee, { boot: 0x80 }))],
    ['left-overs in an unused slot', gptSample(u8(446 + 16 + 8, 1, 2, 3))],
    ['two FAT tables but another medium', mbrSample(u8(16, 2), u8(21, 0xf0))],
  ])('with %s is sound', (_, image) => {
    expect(inspectionOf(image).detect()).toEqual({
      format: 'gpt',
      virtualSizeBytes: BigInt(image.length),
      failedChecks: [],
    });
  });

  test.each([
    ['no partition', bytesWith(1024, bootSignature)],
    ['an odd boot flag', mbrSample(partition(0, 0x83, { boot: 1 }))],
    ['an odd boot flag in an unused slot', mbrSample(u8(446 + 32, 0x41))],
    ['a protective entry in the second slot', bytesWith(1024, partition(1, 0xee), bootSignature)],
    ['a protective entry beside a partition', gptSample(partition(1, 0x0c, plain))],
    ['two protective entries', gptSample(partition(1, 0xee))],
    ['a protective entry not at sector 1', gptSample(partition(0, 0xee, { firstSector: 2 }))],
    ['a protective entry with another start cylinder', gptSample(u8(447, 1))],
    ['one FAT table', bytesWith(1024, u8(16, 1), u8(21, 0xf8), bootSignature)],
  ])('with %s is refused, also as raw: 415', (_, image) => {
    expect(inspectionOf(image).detect()).toMatchObject({ format: 'gpt', failedChecks: ['mbr'] });
    expect(verdictOn(image, 'raw')).toMatchObject({ accepted: false, reason: expect.stringContaining('repair') });
    expect(verdictOn(image, 'gpt')).toMatchObject({ accepted: false });
  });

  test('is not looked for in a FAT boot sector', () => {
    const fat = bytesWith(1024, u8(16, 2), u8(21, 0xf8), bootSignature);
    expect(verdictOn(fat, 'raw')).toMatchObject({ accepted: true, detected: 'raw', warning: null });
    expect(verdictOn(fat, 'gpt')).toMatchObject({ accepted: false, detected: 'raw' });
  });
});
