import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import * as samples from '../image-formats/image-samples.testing.ts';
import { checkConversionInput, checkConversionOutput, checkDescription } from './conversion-rules.ts';
import type { ImageFileDescription } from './conversion-rules.ts';

const { strict, verdictOn } = samples;

function inputRule(image: Uint8Array, diskFormat: string, policy = strict) {
  return checkConversionInput({ diskFormat, verdict: verdictOn(image, diskFormat, policy) });
}

describe('data may be handed to qemu-img', () => {
  test.each([
    ['raw', samples.unknownSample],
    ['raw', samples.gptSample()],
    ['qcow2', samples.qcow2Sample()],
    ['vhd', samples.vhdSample()],
    ['vhdx', samples.vhdxSample()],
    ['vmdk', samples.vmdkSample()],
    ['vdi', samples.vdiSample()],
  ])('when they are what they are said to be: %s', (diskFormat, image) => {
    expect(inputRule(image, diskFormat)).toBe(diskFormat);
  });

  test('not when they are an ISO, which stays as it is if it is said to be one', () => {
    expect(inputRule(samples.isoSample(), 'iso')).toBe('iso');
    expect(inputRule(samples.hybridIsoSample(), 'iso')).toBe('iso');
    expect(errorCodeOf(() => inputRule(samples.isoSample(), 'raw'))).toBe('badRequest');
    expect(errorCodeOf(() => inputRule(samples.isoSample(), 'qcow2'))).toBe('badRequest');
  });

  test('with a partition table that is tolerated by configuration only', () => {
    const broken = samples.gptSample(samples.u8(446, 0x55));
    expect(errorCodeOf(() => inputRule(broken, 'raw'))).toBe('badRequest');
    expect(inputRule(broken, 'raw', { requireFormatMatch: true, gptSafetyChecksNonfatal: ['mbr'] })).toBe('raw');
  });

  test.each([
    ['qcow2 said to be raw', samples.qcow2Sample(), 'raw'],
    ['vmdk said to be raw', samples.vmdkSample(), 'raw'],
    ['raw said to be qcow2', samples.unknownSample, 'qcow2'],
    ['a backing file', samples.qcow2Sample(samples.u64(8, 1n, 'be')), 'qcow2'],
    ['a data file', samples.qcow2Sample(samples.u64(72, 4n, 'be')), 'qcow2'],
    ['qed', samples.qedSample(), 'qed'],
    ['luks, whose secret nobody knows', samples.luksSample(), 'luks'],
    ['a format qemu-img cannot be trusted with', samples.unknownSample, 'ami'],
    ['a disk with partitions said to be gpt', samples.gptSample(), 'gpt'],
  ])('not with %s: 400', (_, image, diskFormat) => {
    expect(errorCodeOf(() => inputRule(image, diskFormat))).toBe('badRequest');
  });

  test('not as raw when they are something else, even where formats need not match: 400', () => {
    const rule = () => inputRule(samples.qcow2Sample(), 'raw', samples.lenient);
    expect(rule).toThrow('The data are qcow2, but disk_format is "raw": they cannot be converted.');
  });
});

describe('what qemu-img says of an image', () => {
  const harmless: ImageFileDescription = {
    format: 'qcow2',
    virtualSizeBytes: 1n,
    backingFile: null,
    dataFile: null,
    vmdkCreateType: null,
    otherFiles: [],
    encrypted: false,
  };
  const vmdkAllowedTypes = ['streamOptimized', 'monolithicSparse'];

  test('is accepted when it says what we found', () => {
    expect(errorCodeOf(() => checkDescription({ diskFormat: 'qcow2', description: harmless, vmdkAllowedTypes }))).toBe(
      'none',
    );
  });

  test.each<[string, Partial<ImageFileDescription>]>([
    ['another format', { format: 'raw' }],
    ['a backing file', { backingFile: '/etc/passwd' }],
    ['a data file', { dataFile: 'data' }],
    ['extents in other files', { otherFiles: ['/etc/shadow'] }],
    ['encryption', { encrypted: true }],
  ])('is refused for %s: 400, and the file is not named', (_, change) => {
    const rule = () =>
      checkDescription({ diskFormat: 'qcow2', description: { ...harmless, ...change }, vmdkAllowedTypes });
    expect(errorCodeOf(rule)).toBe('badRequest');
    expect(rule).not.toThrow(/etc/);
  });

  test.each([
    ['streamOptimized', vmdkAllowedTypes, 'none'],
    ['monolithicSparse', vmdkAllowedTypes, 'none'],
    ['monolithicsparse', vmdkAllowedTypes, 'badRequest'],
    ['monolithicFlat', vmdkAllowedTypes, 'badRequest'],
    ['monolithicFlat', ['monolithicFlat'], 'none'],
    [null, vmdkAllowedTypes, 'badRequest'],
    ['monolithicSparse', [], 'badRequest'],
  ])('a vmdk of type %s, where %j are allowed: %s', (vmdkCreateType, allowed, code) => {
    const description = { ...harmless, format: 'vmdk', vmdkCreateType };
    expect(errorCodeOf(() => checkDescription({ diskFormat: 'vmdk', description, vmdkAllowedTypes: allowed }))).toBe(
      code,
    );
  });
});

describe('the outcome of a conversion', () => {
  test.each([
    ['raw', samples.unknownSample, 'none'],
    ['raw', samples.gptSample(), 'none'],
    ['raw', samples.gptSample(samples.u8(446, 0x55)), 'none'],
    ['qcow2', samples.qcow2Sample(), 'none'],
    ['vmdk', samples.vmdkSample(), 'none'],
    ['raw', samples.qcow2Sample(), 'badRequest'],
    ['raw', samples.isoSample(), 'badRequest'],
    ['qcow2', samples.unknownSample, 'badRequest'],
    ['qcow2', samples.qcow2Sample(samples.u64(8, 1n, 'be')), 'badRequest'],
  ] as const)('to be %s (case %#): %s', (target, image, code) => {
    const detected = samples.inspectionOf(image).detect();
    expect(errorCodeOf(() => checkConversionOutput(target, detected))).toBe(code);
  });
});
