import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { readRemoteRecord } from './remote-image.ts';

const document = {
  id: 'r',
  status: 'active',
  disk_format: 'qcow2',
  container_format: 'bare',
  size: 4,
  checksum: 'AB'.repeat(16),
  os_hash_algo: 'sha512',
  os_hash_value: 'cd'.repeat(64),
  hw_disk_bus: 'virtio',
  os_distro: 'debian',
  os_hidden: false,
  os_glance_import_task: 'x',
  img_signature: 'kept there',
};

describe('The record of an image of another service', () => {
  test('tells formats, size, digests and the properties that are taken over', () => {
    expect(readRemoteRecord(JSON.stringify(document), ['hw_', 'os_'])).toEqual({
      diskFormat: 'qcow2',
      containerFormat: 'bare',
      sizeBytes: 4,
      checksum: 'ab'.repeat(16),
      hash: { algorithm: 'sha512', value: 'cd'.repeat(64) },
      properties: new Map([
        ['hw_disk_bus', 'virtio'],
        ['os_distro', 'debian'],
      ]),
    });
  });

  test('brings no property along that is not asked for', () => {
    expect(readRemoteRecord(JSON.stringify(document), []).properties.size).toBe(0);
  });

  test.each([
    ['a size that is none', { size: -1 }, { sizeBytes: null }],
    ['a size nobody can count to', { size: 2 ** 60 }, { sizeBytes: null }],
    ['no digests', { checksum: null, os_hash_value: null }, { checksum: null, hash: null }],
    ['a digest that is none', { checksum: 'none', os_hash_algo: null }, { checksum: null, hash: null }],
  ])('of %s knows nothing of it', (_, changes, expected) => {
    expect(readRemoteRecord(JSON.stringify({ ...document, ...changes }), [])).toMatchObject(expected);
  });

  test.each([
    ['of an image that is queued', JSON.stringify({ ...document, status: 'queued' }), 'conflict'],
    ['without a status', JSON.stringify({ ...document, status: undefined }), 'conflict'],
    ['without formats', JSON.stringify({ ...document, disk_format: null }), 'conflict'],
    ['that is a list', '[]', 'unavailable'],
    ['that is no JSON', '<html>', 'unavailable'],
    ['that is empty', '', 'unavailable'],
  ])('%s is refused: %s', (_, text, code) => {
    expect(errorCodeOf(() => readRemoteRecord(text, []))).toBe(code);
  });
});
