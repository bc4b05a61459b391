import { describe, expect, test } from 'vitest';
import * as samples from './image-samples.testing.ts';
import { lenient, strict, verdictOn } from './image-samples.testing.ts';
import { describeImage, recognise } from './recognition.ts';
import { judge } from './verdict.ts';
import type { FormatFinding, FormatInspector, InspectedFormat } from './format-inspector.ts';

const headerSize = samples.virtualSizeBytes;
const dataSize = 'data size';
const refused = 415;

/** What a claim leads to: refused, or accepted with this virtual size. */
type Outcome = typeof refused | typeof dataSize | bigint | null;

interface TruthRow {
  readonly content: string;
  readonly image: Uint8Array;
  readonly own: string;
  readonly asOwn: Outcome;
  readonly asRaw: Outcome;
  readonly asQcow2: Outcome;
  readonly asPloop: Outcome;
}

function row(content: string, image: Uint8Array, own: string, outcomes: readonly [Outcome, Outcome, Outcome, Outcome]) {
  const [asOwn, asRaw, asQcow2, asPloop] = outcomes;
  return { content, image, own, asOwn, asRaw, asQcow2, asPloop };
}

const backedQcow2 = samples.qcow2Sample(samples.u64(8, 512n, 'be'));
const splitQcow2 = samples.qcow2Sample(samples.u64(72, 4n, 'be'));
const qcow2Version2 = samples.qcow2Sample(samples.u32(4, 2, 'be'));

const truthTable: readonly TruthRow[] = [
  row('qcow2 version 3', samples.qcow2Sample(), 'qcow2', [headerSize, dataSize, headerSize, refused]),
  row('qcow2 version 2', qcow2Version2, 'qcow2', [headerSize, dataSize, headerSize, refused]),
  row('qcow2 with a backing file', backedQcow2, 'qcow2', [refused, refused, refused, refused]),
  row('qcow2 with a data file', splitQcow2, 'qcow2', [refused, refused, refused, refused]),
  row('vmdk monolithicSparse', samples.vmdkSample(), 'vmdk', [headerSize, dataSize, refused, refused]),
  row('vmdk streamOptimized', samples.streamOptimizedSample(), 'vmdk', [headerSize, dataSize, refused, refused]),
  row('vmdk monolithicFlat', samples.flatDescriptorSample(), 'vmdk', [refused, refused, refused, refused]),
  row('dynamic vhd', samples.vhdSample(), 'vhd', [headerSize, dataSize, refused, refused]),
  row('vhdx', samples.vhdxSample(), 'vhdx', [headerSize, dataSize, refused, refused]),
  row('vdi', samples.vdiSample(), 'vdi', [headerSize, dataSize, refused, refused]),
  row('fixed vhd', samples.fixedVhdSample(), 'vhd', [refused, dataSize, refused, null]),
  row('plain iso', samples.isoSample(), 'iso', [40_960n, dataSize, refused, refused]),
  row('hybrid iso', samples.hybridIsoSample(), 'iso', [40_960n, refused, refused, refused]),
  row('MBR disk', samples.mbrSample(), 'gpt', [dataSize, dataSize, refused, refused]),
  row('GPT disk', samples.gptSample(), 'gpt', [dataSize, dataSize, refused, refused]),
  row('boot sector without partitions', samples.bootSectorSample(), 'gpt', [refused, refused, refused, refused]),
  row('qed', samples.qedSample(), 'qed', [refused, refused, refused, refused]),
  row('luks version 1', samples.luksSample(), 'luks', [2048n, dataSize, refused, refused]),
  row('unknown bytes', samples.unknownSample, 'raw', [dataSize, dataSize, refused, null]),
  row('nothing at all', new Uint8Array(0), 'raw', [null, null, refused, null]),
];

/** What the claim led to: 415, or the virtual size. */
function outcomeOf(image: Uint8Array, diskFormat: string): number | bigint | null {
  const verdict = verdictOn(image, diskFormat);
  return verdict.accepted ? verdict.virtualSizeBytes : refused;
}

function expected(image: Uint8Array, outcome: Outcome): number | bigint | null {
  return outcome === dataSize ? BigInt(image.length) : outcome;
}

describe('the truth table of claims', () => {
  test.each(truthTable)('$content as its own format: $asOwn', ({ image, own, asOwn }) => {
    expect(outcomeOf(image, own)).toBe(expected(image, asOwn));
  });
  test.each(truthTable)('$content as raw: $asRaw', ({ image, asRaw }) => {
    expect(outcomeOf(image, 'raw')).toBe(expected(image, asRaw));
  });
  test.each(truthTable)('$content as qcow2: $asQcow2', ({ image, asQcow2 }) => {
    expect(outcomeOf(image, 'qcow2')).toBe(expected(image, asQcow2));
  });
  test.each(truthTable)('$content as ploop or ami: $asPloop', ({ image, asPloop }) => {
    expect(outcomeOf(image, 'ploop')).toBe(expected(image, asPloop));
    expect(outcomeOf(image, 'ami')).toBe(expected(image, asPloop));
  });
  test.each(['qcow2', 'qed', 'vhd', 'vhdx', 'vmdk', 'vdi', 'iso', 'gpt', 'luks'])('no bytes as %s: 415', (format) => {
    expect(outcomeOf(new Uint8Array(0), format)).toBe(refused);
  });
  test('a refusal is told in sentences', () => {
    const reasons = truthTable
      .flatMap(({ image, own }) => [own, 'raw', 'qcow2', 'ploop'].map((diskFormat) => verdictOn(image, diskFormat)))
      .filter((verdict) => !verdict.accepted)
      .map(({ reason }) => reason);
    expect(reasons.length).toBeGreaterThan(30);
    expect(reasons.filter((reason) => !/^The [^]+\. ?[^]*\w"?\.$/.test(reason))).toEqual([]);
  });
  test('each table row is detected as what it is', () => {
    const detected = truthTable.map(({ image }) => samples.inspectionOf(image).detect().format);
    const fixedVhd = truthTable.findIndex(({ content }) => content === 'fixed vhd');
    expect(detected).toEqual(truthTable.map(({ own }, index) => (index === fixedVhd ? 'raw' : own)));
  });
});

describe('warnings', () => {
  test('data of its claimed format draws none', () => {
    expect(verdictOn(samples.qcow2Sample(), 'qcow2')).toMatchObject({ warning: null });
    expect(verdictOn(samples.unknownSample, 'ploop')).toMatchObject({ warning: null });
  });
  test('a disk image kept as raw draws one naming its format', () => {
    expect(verdictOn(samples.vdiSample(), 'raw')).toMatchObject({
      detected: 'vdi',
      warning: expect.stringContaining('vdi'),
    });
  });
});

describe('several formats at once', () => {
  test('a hybrid iso claimed as iso is measured as one, its partition table unchecked', () => {
    const emptyTable = samples.isoSample(samples.bootSignature);
    expect(verdictOn(emptyTable, 'iso')).toEqual({
      accepted: true,
      detected: 'iso',
      virtualSizeBytes: 40_960n,
      warning: null,
    });
  });
  test('a hybrid iso claimed as raw is told to be an iso', () => {
    expect(verdictOn(samples.hybridIsoSample(), 'raw')).toEqual({
      accepted: false,
      detected: 'gpt,iso',
      reason: expect.stringContaining('set disk_format to iso'),
    });
  });
  test('a hybrid iso claimed as gpt: 415', () => {
    expect(verdictOn(samples.hybridIsoSample(), 'gpt')).toMatchObject({ accepted: false, detected: 'iso' });
  });
  test.each(['qcow2', 'iso', 'raw', 'ploop'])('a qcow2 that is an iso as well, claimed as %s: 415', (format) => {
    const polyglot = samples.isoSample(samples.text(0, 'QFI\xfb'), samples.u32(4, 3, 'be'));
    expect(verdictOn(polyglot, format)).toMatchObject({ accepted: false, detected: 'iso,qcow2' });
  });
  test('three formats, gpt and iso among them: 415', () => {
    const image = samples.patched(samples.hybridIsoSample(), samples.u32(64, 0xbeda107f, 'le'));
    expect(verdictOn(image, 'iso')).toMatchObject({ accepted: false, detected: 'gpt,iso,vdi' });
  });
});

describe('with require_image_format_match off', () => {
  test.each([
    ['other data', samples.vdiSample(), 'qcow2', 'vdi'],
    ['unrecognised data', samples.unknownSample, 'vmdk', 'raw'],
    ['data of several formats', samples.hybridIsoSample(), 'raw', 'gpt,iso'],
    ['unsafe data that is not of the claimed format', backedQcow2, 'vmdk', 'qcow2'],
    ['unsafe data of a format claimed as ploop', samples.qedSample(), 'ploop', 'qed'],
  ])('%s is accepted without a virtual size and with a warning', (_, image, diskFormat, detected) => {
    expect(verdictOn(image, diskFormat, lenient)).toEqual({
      accepted: true,
      detected,
      virtualSizeBytes: null,
      warning: expect.stringContaining(detected.split(',')[0] === 'raw' ? 'no vmdk header' : detected),
    });
  });
  test.each([
    ['as claimed', backedQcow2, 'qcow2'],
    ['as raw', backedQcow2, 'raw'],
    ['as raw, with a damaged table', samples.bootSectorSample(), 'raw'],
  ])('unsafe data %s is still refused', (_, image, diskFormat) => {
    expect(verdictOn(image, diskFormat, lenient)).toMatchObject({ accepted: false });
  });
  test('data cut off inside a header is accepted with the size known so far', () => {
    const cut = samples.vmdkSample().slice(0, 2000);
    expect(verdictOn(cut, 'vmdk', lenient)).toMatchObject({ accepted: true, virtualSizeBytes: null });
    expect(verdictOn(cut, 'raw', lenient)).toMatchObject({ accepted: true, virtualSizeBytes: 2000n });
  });
  test('a virtual size beyond the column is still refused', () => {
    const image = samples.qcow2Sample(samples.u64(24, 2n ** 63n, 'be'));
    expect(verdictOn(image, 'qcow2', lenient)).toMatchObject({ accepted: false });
  });
});

describe('failed checks of a partition table', () => {
  const tolerant = { requireFormatMatch: true, gptSafetyChecksNonfatal: ['mbr'] };
  test.each(['raw', 'gpt'])('are a warning as %s when the operator tolerates them', (diskFormat) => {
    expect(verdictOn(samples.bootSectorSample(), diskFormat, tolerant)).toMatchObject({
      accepted: true,
      detected: 'gpt',
      virtualSizeBytes: 4096n,
      warning: expect.stringContaining('mbr'),
    });
  });
  test('are fatal when the operator tolerates another check only: 415', () => {
    const policy = { ...tolerant, gptSafetyChecksNonfatal: ['gptmbr'] };
    expect(verdictOn(samples.bootSectorSample(), 'raw', policy)).toMatchObject({ accepted: false });
  });
  test('a tolerated name changes nothing for other formats: 415', () => {
    const policy = { ...tolerant, gptSafetyChecksNonfatal: ['mbr', 'backing_file', 'banned'] };
    expect(verdictOn(backedQcow2, 'qcow2', policy)).toMatchObject({ accepted: false });
    expect(verdictOn(samples.qedSample(), 'qed', policy)).toMatchObject({ accepted: false });
  });
});

describe('truncated data', () => {
  const cutInside: readonly [string, Uint8Array][] = [
    ['20 bytes of vmdk', samples.vmdkSample().slice(0, 20)],
    ['4 bytes of vmdk', samples.vmdkSample().slice(0, 4)],
    ['a vmdk ending inside its descriptor', samples.vmdkSample().slice(0, 512 + 10_239)],
    ['18 bytes of vhd', samples.vhdSample().slice(0, 18)],
    ['511 bytes of vhd', samples.vhdSample().slice(0, 511)],
    ['100 bytes of luks', samples.luksSample().slice(0, 100)],
    ['591 bytes of luks', samples.luksSample().slice(0, 591)],
    ['40 bytes of vhdx', samples.vhdxSample().slice(0, 40)],
    ['a vhdx ending inside its region table', samples.vhdxSample().slice(0, 0x40000 - 1)],
    ['a vhdx ending inside its metadata table', samples.vhdxSample().slice(0, samples.vhdxMetadataAt + 65_535)],
    ['a vhdx ending inside its size', samples.vhdxSample().slice(0, samples.vhdxMetadataAt + 65_536 + 7)],
  ];
  test.each(cutInside)('%s cannot be checked, whatever it claims: 415', (_, image) => {
    for (const diskFormat of ['vmdk', 'vhd', 'luks', 'vhdx', 'raw', 'ploop']) {
      expect(verdictOn(image, diskFormat)).toMatchObject({ accepted: false });
    }
    expect(verdictOn(image, 'raw')).toMatchObject({ reason: expect.stringContaining('cut off') });
    expect(samples.inspectionOf(image).detect().failedChecks).toEqual(['incomplete']);
  });

  const tooShortToTell: readonly [string, Uint8Array, string][] = [
    ['100 bytes of qcow2', samples.qcow2Sample().slice(0, 100), 'qcow2'],
    ['511 bytes of qcow2 with a backing file', backedQcow2.slice(0, 511), 'qcow2'],
    ['511 bytes of qed', samples.qedSample().slice(0, 511), 'qed'],
    ['511 bytes of vdi', samples.vdiSample().slice(0, 511), 'vdi'],
    ['34815 bytes of iso', samples.isoSample().slice(0, 34_815), 'iso'],
    ['511 bytes of a partitioned disk', samples.mbrSample().slice(0, 511), 'gpt'],
    ['7 bytes of vhd', samples.vhdSample().slice(0, 7), 'vhd'],
    ['3 bytes of vmdk', samples.vmdkSample().slice(0, 3), 'vmdk'],
  ];
  test.each(tooShortToTell)('%s are raw', (_, image, own) => {
    expect(verdictOn(image, 'raw')).toEqual({
      accepted: true,
      detected: 'raw',
      virtualSizeBytes: BigInt(image.length),
      warning: null,
    });
    expect(verdictOn(image, own)).toMatchObject({ accepted: false, detected: 'raw' });
  });
});

describe('large virtual sizes', () => {
  const qcow2 = (size: bigint) => samples.qcow2Sample(samples.u64(24, size, 'be'));
  test.each([2n ** 62n, 2n ** 63n - 1n])('%d is kept exactly', (size) => {
    expect(verdictOn(qcow2(size), 'qcow2')).toMatchObject({ accepted: true, virtualSizeBytes: size });
  });
  test.each([
    ['qcow2', qcow2(2n ** 63n)],
    ['vhd', samples.vhdSample(samples.u64(40, 2n ** 64n - 1n, 'be'))],
    ['vdi', samples.vdiSample(samples.u64(368, 2n ** 63n, 'le'))],
    ['vmdk', samples.vmdkSample(undefined, samples.u64(12, 2n ** 54n, 'le'))],
  ])('2^63 and more in a %s header: 415', (diskFormat, image) => {
    expect(verdictOn(image, diskFormat)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('9223372036854775807'),
    });
  });
  test('what the header of a disk kept as raw says does not matter', () => {
    expect(verdictOn(qcow2(2n ** 63n), 'raw')).toMatchObject({ accepted: true, virtualSizeBytes: 1024n });
  });
  test('zero in a header means unknown', () => {
    expect(verdictOn(qcow2(0n), 'qcow2')).toMatchObject({ accepted: true, virtualSizeBytes: null });
  });
});

describe('an inspector that breaks down', () => {
  const seen = { sizeBytes: 10, read: () => null, readStart: () => new Uint8Array(0), readEnd: () => null };
  const broken: FormatInspector = {
    format: 'vdi',
    inspect: () => {
      throw new RangeError('offset is outside the bounds');
    },
  };
  const finding = (format: InspectedFormat, failedChecks: readonly string[]): FormatFinding => ({
    format,
    complete: true,
    virtualSizeBytes: 1n,
    failedChecks,
  });
  const unsafe: FormatInspector = { format: 'qcow2', inspect: () => finding('qcow2', ['backing_file']) };

  test('refuses the data, whatever it claims: 415', () => {
    const recognition = recognise(seen, [broken]);
    for (const diskFormat of ['raw', 'vdi', 'ploop']) {
      expect(judge(recognition, diskFormat, strict)).toMatchObject({ accepted: false, detected: null });
    }
    expect(describeImage(recognition)).toMatchObject({ format: 'raw', failedChecks: ['inspection'] });
  });
  test('is passed over when matches are not required', () => {
    expect(judge(recognise(seen, [broken]), 'raw', lenient)).toMatchObject({ accepted: true, virtualSizeBytes: 10n });
  });
  test('does not keep the others from refusing: 415', () => {
    expect(judge(recognise(seen, [broken, unsafe]), 'qcow2', lenient)).toMatchObject({ accepted: false });
  });
});
