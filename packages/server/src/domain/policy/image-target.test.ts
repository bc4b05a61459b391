import { describe, expect, test } from 'vitest';
import { sampleImage } from '../images/image-samples.testing.ts';
import { callerProjectTarget, imageTarget, newImageTarget } from './image-target.ts';
import { toRecord } from './named-values.ts';

const caller = { projectId: 'own' };

describe('an existing image', () => {
  test('is known by its wire names, its aliases and its custom properties', () => {
    const image = sampleImage({
      id: 'i',
      owner: 'o',
      status: 'active',
      visibility: 'public',
      sizeBytes: 3,
      virtualSizeBytes: 4n,
      hashAlgorithm: 'sha512',
      hashValue: 'h',
      checksum: 'c',
      minDiskGib: 1,
      minRamMib: 2,
      tags: ['t'],
      properties: new Map([['os_distro', 'debian']]),
    });
    expect(toRecord(imageTarget(image, caller))).toEqual({
      id: 'i',
      image_id: 'i',
      name: 'sample',
      status: 'active',
      visibility: 'public',
      protected: false,
      os_hidden: false,
      owner: 'o',
      project_id: 'o',
      member_id: null,
      disk_format: 'raw',
      container_format: 'bare',
      min_disk: 1,
      min_ram: 2,
      size: 3,
      virtual_size: 4,
      checksum: 'c',
      os_hash_algo: 'sha512',
      os_hash_value: 'h',
      created_at: image.createdAt,
      updated_at: image.updatedAt,
      tags: ['t'],
      os_distro: 'debian',
    });
  });

  test.each(['locations', 'direct_url', 'constructor', '__proto__', 'toString', 'absent'])('has no %s', (name) => {
    expect(imageTarget(sampleImage(), caller).get(name)).toBeUndefined();
  });

  test('a property may have the name of something built in', () => {
    const image = sampleImage({ properties: new Map([['__proto__', 'p']]) });
    const target = imageTarget(image, caller);
    expect(target.get('__proto__')).toBe('p');
    expect(Object.getOwnPropertyDescriptor(toRecord(target), '__proto__')?.value).toBe('p');
  });

  test.each(['project_id', 'owner', 'member_id', 'visibility', 'image_id'])(
    'a custom property %s does not change what rules see',
    (name) => {
      const forged = sampleImage({ owner: 'o', visibility: 'private', properties: new Map([[name, 'own']]) });
      const genuine = sampleImage({ owner: 'o', visibility: 'private' });
      expect(imageTarget(forged, caller).get(name)).toBe(imageTarget(genuine, caller).get(name));
    },
  );

  test.each([
    ['shared', 'other', 'own', 'own'],
    ['shared', 'own', 'own', null],
    ['shared', null, 'own', 'own'],
    ['shared', 'other', null, null],
    ['public', 'other', 'own', null],
    ['community', 'other', 'own', null],
    ['private', 'other', 'own', null],
  ] as const)('%s, owned by %s, seen from %s: the member is %s', (visibility, owner, projectId, memberId) => {
    expect(imageTarget(sampleImage({ visibility, owner }), { projectId }).get('member_id')).toBe(memberId);
  });
});

describe('an image to be created', () => {
  test('belongs to the caller and is private unless the request says otherwise', () => {
    expect(toRecord(newImageTarget({ owner: null, visibility: null }, caller))).toEqual({
      project_id: 'own',
      owner: 'own',
      visibility: 'private',
    });
    expect(toRecord(newImageTarget({ owner: 'other', visibility: 'public' }, caller))).toEqual({
      project_id: 'other',
      owner: 'other',
      visibility: 'public',
    });
  });
});

test('a list is the business of the project of the caller', () => {
  expect(toRecord(callerProjectTarget(caller))).toEqual({ project_id: 'own' });
});
