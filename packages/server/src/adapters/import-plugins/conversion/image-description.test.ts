import { describe, expect, test } from 'vitest';
import { qemuNameOf, readDescription } from './image-description.ts';

const path = '/staging/image';
const plain = {
  format: 'qcow2',
  virtualSizeBytes: 1024n,
  backingFile: null,
  dataFile: null,
  vmdkCreateType: null,
  otherFiles: [],
  encrypted: false,
};

function described(document: object): unknown {
  return readDescription(JSON.stringify({ format: 'qcow2', 'virtual-size': 1024, ...document }), path);
}

describe('what qemu-img says', () => {
  test('is told in terms of images', () => {
    expect(described({ filename: path, 'dirty-flag': false })).toEqual(plain);
    expect(described({ format: 'vpc' })).toEqual({ ...plain, format: 'vhd' });
    expect(qemuNameOf('vhd')).toBe('vpc');
    expect(qemuNameOf('vhdx')).toBe('vhdx');
  });

  test('keeps every digit of a size', () => {
    const text = '{"format": "raw", "virtual-size": 9223372036854775807}';
    expect(readDescription(text, path).virtualSizeBytes).toBe(9_223_372_036_854_775_807n);
  });

  test.each([
    ['a backing file', { 'backing-filename': 'b' }, { backingFile: 'b' }],
    ['a backing file in full', { 'full-backing-filename': '/b' }, { backingFile: '/b' }],
    ['a data file', { 'format-specific': { data: { 'data-file': 'd' } } }, { dataFile: 'd' }],
    ['encryption', { encrypted: true }, { encrypted: true }],
    ['a subtype', { 'format-specific': { data: { 'create-type': 'custom' } } }, { vmdkCreateType: 'custom' }],
    [
      'extents in other files, and nameless ones',
      { 'format-specific': { data: { extents: [{ filename: path }, { filename: '/other' }, {}] } } },
      { otherFiles: ['/other', ''] },
    ],
  ])('of %s is passed on', (_, document, difference) => {
    expect(described(document)).toEqual({ ...plain, ...difference });
  });

  test.each(['', '[]', 'null', '{}', '{"format": "raw"}', '{"format": "raw", "virtual-size": "1"}', '{"format":'])(
    'is not understood in any other shape: %s',
    (json) => {
      expect(() => readDescription(json, path)).toThrow();
    },
  );
});
