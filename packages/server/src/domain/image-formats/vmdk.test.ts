import { describe, expect, test } from 'vitest';
import * as samples from './image-samples.testing.ts';
import {
  inspectionOf,
  text,
  u32,
  u64,
  u8,
  verdictOn,
  vmdkDescriptor,
  vmdkEnd,
  vmdkSample,
} from './image-samples.testing.ts';

const size = samples.virtualSizeBytes;
const encoder = new TextEncoder();

/** What a vmdk that fails comes to: its failed checks, and whether it is let through under either claim. */
function outcomeOf(image: Uint8Array): unknown {
  const { format, failedChecks } = inspectionOf(image).detect();
  return { format, failedChecks, accepted: ['vmdk', 'raw'].filter((claim) => verdictOn(image, claim).accepted) };
}

function failing(check: string): unknown {
  return { format: 'vmdk', failedChecks: [check], accepted: [] };
}

function withLine(line: string): string {
  return `${vmdkDescriptor()}${line}\n`;
}

describe('the sparse header of a vmdk', () => {
  test.each([1, 2, 3])('of version %d is read', (version) => {
    const image = vmdkSample(undefined, u32(4, version, 'le'));
    expect(inspectionOf(image).detect()).toEqual({ format: 'vmdk', virtualSizeBytes: size, failedChecks: [] });
  });
  test.each([
    ['version 0', u32(4, 0, 'le')],
    ['version 4', u32(4, 4, 'le')],
    ['no descriptor', u64(28, 0n, 'le')],
    ['a descriptor at sector 2', u64(28, 2n, 'le')],
    ['a descriptor of no length', u64(36, 0n, 'le')],
  ])('with %s fails, also as raw: 415', (_, patch) => {
    expect(outcomeOf(vmdkSample(undefined, patch))).toEqual(failing('descriptor'));
  });
  test('alone, 64 bytes of a version unknown, fails rather than counts as cut off', () => {
    expect(outcomeOf(vmdkSample(undefined, u32(4, 9, 'le')).slice(0, 64))).toEqual(failing('descriptor'));
  });
});

describe('the descriptor of a vmdk', () => {
  test.each([
    ['streamOptimized', vmdkDescriptor('streamOptimized')],
    ['another case', vmdkDescriptor('MONOLITHICSPARSE').replace('createType', 'CREATETYPE')],
    ['line ends of Windows', vmdkDescriptor().replaceAll('\n', '\r\n')],
    ['a back-slash in an extent', vmdkDescriptor(undefined, 'RW 1 SPARSE "..\\disk.vmdk"')],
    ['several extents', vmdkDescriptor(undefined, 'RW 1 SPARSE "a"\nRDONLY 1 ZERO\nNOACCESS 1 SPARSE "b"')],
    ['a parent hint', withLine('parentFileNameHint="/other/base.vmdk"')],
    ['an extent with an equals sign', vmdkDescriptor(undefined, 'RW 1 SPARSE "a=b.vmdk"')],
    ['anything behind a NUL', `${vmdkDescriptor()}\0nonsense /etc/passwd`],
  ])('with %s passes', (_, descriptor) => {
    expect(verdictOn(vmdkSample(descriptor), 'vmdk')).toMatchObject({ accepted: true, virtualSizeBytes: size });
  });

  test.each([
    'monolithicFlat',
    'twoGbMaxExtentSparse',
    'twoGbMaxExtentFlat',
    'vmfs',
    'vmfsSparse',
    'fullDevice',
    'custom',
    'x'.repeat(64),
    '',
  ])('of type "%s" fails, also as raw: 415', (createType) => {
    expect(outcomeOf(vmdkSample(vmdkDescriptor(createType)))).toEqual(failing('descriptor'));
  });

  test.each([
    ['no text', ''],
    ['no type', vmdkDescriptor().replace(/createType.*\n/, '')],
    ['a type without quotes', vmdkDescriptor().replace(/createType.*/, 'createType=monolithicSparse')],
    ['a type whose quote stays open', 'createType="monolithicSparse'],
    ['two types that differ', withLine('createType="monolithicFlat"')],
    ['a type in a comment before another', `# createType="monolithicSparse"\n${vmdkDescriptor('vmfs')}`],
    ['no extent', vmdkDescriptor(undefined, '')],
    ['a path in an extent', vmdkDescriptor(undefined, 'RW 1 FLAT "/etc/passwd" 0')],
    ['a path in the second extent', vmdkDescriptor(undefined, 'RW 1 SPARSE "a"\nrw\t1 FLAT "../b" 0')],
    ['an unknown line', withLine('READ 1 SPARSE "a"')],
    ['an extent word run into another', withLine('RWX 1 SPARSE "a"')],
    ['a blank before the equals sign', withLine('key = value')],
    ['a line that begins with an equals sign', withLine('=value')],
  ])('with %s fails, also as raw: 415', (_, descriptor) => {
    expect(outcomeOf(vmdkSample(descriptor))).toEqual(failing('descriptor'));
  });

  test('with a byte outside ASCII fails: 415', () => {
    expect(outcomeOf(samples.patched(vmdkSample(), u8(512 + 2, 0xe9)))).toEqual(failing('descriptor'));
  });

  test('as long as may be is read to its end', () => {
    const filler = `# ${'-'.repeat(97)}\n`.repeat(10_400);
    const header = samples.vmdkHeader(u64(36, 2n ** 40n, 'le'));
    const long = (last: string) =>
      samples.joined(
        header,
        samples.bytesWith(2 ** 21, { at: 0, bytes: encoder.encode(vmdkDescriptor() + filler + last) }),
      );
    expect(verdictOn(long('# end\n'), 'vmdk')).toMatchObject({ accepted: true, virtualSizeBytes: size });
    expect(verdictOn(long('RW 1 FLAT "/etc/passwd" 0\n'), 'vmdk')).toMatchObject({ accepted: false });
  });
});

describe('the footer of a vmdk', () => {
  test('that repeats the header passes', () => {
    expect(verdictOn(samples.streamOptimizedSample(), 'vmdk')).toMatchObject({
      accepted: true,
      virtualSizeBytes: size,
    });
  });
  test.each([
    ['a marker of another type', u32(12, 2, 'le')],
    ['a marker with a size', u32(8, 1, 'le')],
    ['a marker with bytes behind it', u8(511, 1)],
    ['another signature', text(512, 'KDMX')],
    ['another version', u32(512 + 4, 1, 'le')],
    ['another place of the descriptor', u64(512 + 28, 2n, 'le')],
    ['another length of the descriptor', u64(512 + 36, 21n, 'le')],
    ['no grain directory either', u64(512 + 56, samples.noGrainDirectory, 'le')],
    ['an end marker with a value', u64(1024, 1n, 'le')],
    ['an end marker with a size', u32(1024 + 8, 1, 'le')],
    ['an end marker of another type', u32(1024 + 12, 3, 'le')],
    ['an end marker with bytes behind it', u8(1535, 1)],
  ])('with %s fails, also as raw: 415', (_, patch) => {
    expect(outcomeOf(samples.streamOptimizedSample(vmdkEnd(patch)))).toEqual(failing('footer'));
  });
  test('that is missing fails: 415', () => {
    expect(outcomeOf(samples.streamOptimizedSample(new Uint8Array(0)))).toEqual(failing('footer'));
  });
  test('in a stream shorter than a footer counts as cut off: 415', () => {
    const image = vmdkSample(vmdkDescriptor(), u64(36, 1n, 'le'), u64(56, samples.noGrainDirectory, 'le'));
    expect(inspectionOf(image.slice(0, 1535)).detect().failedChecks).toEqual(['incomplete']);
    expect(inspectionOf(image.slice(0, 1536)).detect().failedChecks).toEqual(['footer']);
  });
});

describe('a descriptor that is a file of its own', () => {
  const descriptorFile = (createType: string) => encoder.encode(vmdkDescriptor(createType));
  test.each(['monolithicFlat', 'vmfs', 'twoGbMaxExtentSparse', 'monolithicSparse', 'streamOptimized'])(
    'of type %s fails, also as raw: 415',
    (createType) => expect(outcomeOf(descriptorFile(createType))).toEqual(failing('descriptor')),
  );
  test.each([
    ['followed by NULs', samples.bytesWith(1024, { at: 0, bytes: descriptorFile('monolithicFlat') })],
    ['followed by other bytes', samples.joined(descriptorFile('monolithicFlat'), samples.unknownSample)],
    ['with the type after 64 KiB', samples.joined(encoder.encode('# x\n'.repeat(20_000)), descriptorFile('vmfs'))],
    ['just within 1 MiB', samples.joined(encoder.encode(' '.repeat(2 ** 20 - 1 - 500)), descriptorFile('vmfs'))],
  ])('%s fails, also as raw: 415', (_, image) => expect(outcomeOf(image)).toEqual(failing('descriptor')));

  test.each([
    ['shorter than 64 bytes', encoder.encode('createType="monolithicFlat"'.padEnd(63))],
    ['without a type', encoder.encode('plain words\n'.repeat(10_000))],
    ['with the type behind 1 MiB', samples.joined(encoder.encode(' '.repeat(2 ** 20)), descriptorFile('vmfs'))],
    ['with the type behind other bytes', samples.joined(samples.unknownSample, descriptorFile('vmfs'))],
    ['with a control character at the start', samples.joined(u8(0, 1).bytes, descriptorFile('vmfs'))],
    ['that goes on with other bytes', samples.joined(encoder.encode('a'.repeat(512)), samples.unknownSample)],
  ])('text %s is raw', (_, image) => {
    expect(verdictOn(image, 'raw')).toMatchObject({ accepted: true, detected: 'raw', warning: null });
    expect(verdictOn(image, 'qcow2')).toMatchObject({ accepted: false, detected: 'raw' });
  });
});
