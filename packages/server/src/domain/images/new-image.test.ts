import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import type { Image } from './image.ts';
import { checkNewImage, checkNewImageOwner, newImage, parseNewImage, policiesOfNewImage } from './new-image.ts';
import type { NewImageRequest } from './new-image.ts';
import { validateBody } from './schema-stand-in.testing.ts';

const origin = {
  id: '99999999-9999-4999-8999-999999999999',
  projectId: 'own',
  createdAt: new Date('2026-03-01T09:00:00Z'),
};
const quotas = { propertyQuota: 128, tagQuota: 128 };

function parse(body: unknown): NewImageRequest {
  return parseNewImage(body, validateBody);
}

function create(body: unknown): Image {
  return newImage(parse(body), origin);
}

function check(body: unknown, limits = quotas): void {
  const request = parse(body);
  checkNewImage(request, newImage(request, origin), limits);
}

describe('a new image', () => {
  test('has the defaults of the contract when nothing is asked for', () => {
    expect(create({})).toEqual({
      id: origin.id,
      name: null,
      status: 'queued',
      visibility: 'shared',
      protected: false,
      hidden: false,
      owner: 'own',
      diskFormat: null,
      containerFormat: null,
      minDiskGib: 0,
      minRamMib: 0,
      sizeBytes: null,
      virtualSizeBytes: null,
      checksum: null,
      hashAlgorithm: null,
      hashValue: null,
      createdAt: origin.createdAt,
      updatedAt: origin.createdAt,
      properties: new Map(),
      tags: [],
      locations: [],
    });
  });

  test('is what the client asked for, apart from its properties', () => {
    const id = 'AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee';
    const image = create({
      id,
      name: 'web',
      visibility: 'public',
      protected: true,
      os_hidden: true,
      owner: 'other',
      tags: ['b', 'a', 'b', ''],
      container_format: 'bare',
      disk_format: 'qcow2',
      min_disk: 4,
      min_ram: 512,
      os_distro: 'debian',
      declared_integer: 5,
      declared_nullable: null,
      '': '',
    });
    expect(image).toMatchObject({ id, name: 'web', visibility: 'public', protected: true, hidden: true });
    expect(image).toMatchObject({ owner: 'other', tags: ['b', 'a', ''], minDiskGib: 4, minRamMib: 512 });
    expect(image).toMatchObject({ containerFormat: 'bare', diskFormat: 'qcow2' });
    expect([...image.properties]).toEqual([
      ['os_distro', 'debian'],
      ['declared_integer', '5'],
      ['declared_nullable', null],
      ['', ''],
    ]);
  });

  test.each(['', null])('with owner %j belongs to nobody', (owner) => {
    expect(create({ owner }).owner).toBeNull();
  });

  test('can have properties named like members of every object', () => {
    const body: unknown = JSON.parse('{"__proto__": "p", "constructor": "c", "image_id": "i"}');
    expect([...create(body).properties]).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['image_id', 'i'],
    ]);
  });
});

describe('before the policies', () => {
  test.each([undefined, null, [], 'x', 1, true])('the body %j is no object: 400', (body) => {
    expect(errorCodeOf(() => parse(body))).toBe('badRequest');
  });

  test.each(['direct_url', 'self', 'file', 'schema', 'stores'])('%s is refused: 403', (name) => {
    expect(errorCodeOf(() => parse({ [name]: 'x' }))).toBe('forbidden');
  });

  test.each(['location', 'deleted', 'deleted_at', 'os_glance', 'os_glance_x', 'os_glanceful'])(
    '%s is reserved: 403, but 400 when it is no string',
    (name) => {
      expect(errorCodeOf(() => parse({ [name]: 'x' }))).toBe('forbidden');
      expect(errorCodeOf(() => parse({ [name]: 1 }))).toBe('badRequest');
    },
  );

  test('a property name of 255 characters fits, one of 256 does not: 400', () => {
    expect(errorCodeOf(() => parse({ ['é'.repeat(255)]: 'x' }))).toBe('none');
    expect(errorCodeOf(() => parse({ ['é'.repeat(256)]: 'x' }))).toBe('badRequest');
  });

  test('a derived attribute beats the schema, the schema beats reserved names, long names beat reserved names', () => {
    expect(errorCodeOf(() => parse({ name: 5, self: 'x' }))).toBe('forbidden');
    expect(errorCodeOf(() => parse({ deleted: 'x', name: 5 }))).toBe('badRequest');
    expect(errorCodeOf(() => parse({ deleted: 'x', ['n'.repeat(256)]: 'x' }))).toBe('badRequest');
  });

  test('the message of the schema reaches the client', () => {
    expect(() => parse({ min_disk: 'x' })).toThrow('min_disk is not valid');
  });
});

describe('the policies', () => {
  test.each([
    ['private', ['add_image']],
    ['shared', ['add_image']],
    ['public', ['add_image', 'publicize_image']],
    ['community', ['add_image', 'communitize_image']],
  ] as const)('for a %s image are %j', (visibility, policies) => {
    expect(policiesOfNewImage(visibility)).toEqual(policies);
  });

  test.each([
    ['own', false, 'none'],
    ['other', false, 'forbidden'],
    [null, false, 'forbidden'],
    ['other', true, 'none'],
    [null, true, 'none'],
  ])(
    'let owner %j be named by a caller who is an administrator: %j, with the outcome: %s',
    (owner, isAdmin, expected) => {
      expect(errorCodeOf(() => checkNewImageOwner({ owner }, { isAdmin, projectId: 'own' }))).toBe(expected);
    },
  );
});

describe('after the policies', () => {
  test.each<[object, string]>([
    [{ status: 'active' }, 'forbidden'],
    [{ size: 1 }, 'forbidden'],
    [{ size: null }, 'forbidden'],
    [{ checksum: 'c' }, 'forbidden'],
    [{ os_hash_algo: 'sha512' }, 'forbidden'],
    [{ os_hash_value: 'h' }, 'forbidden'],
    [{ created_at: 'x' }, 'forbidden'],
    [{ updated_at: 'x' }, 'forbidden'],
    [{ virtual_size: 'x' }, 'forbidden'],
    [{ locations: [] }, 'forbidden'],
    [{ min_disk: -1 }, 'badRequest'],
    [{ min_ram: -1 }, 'badRequest'],
    [{ min_ram: 2 ** 31 }, 'badRequest'],
    [{ name: '😀' }, 'badRequest'],
    [{ owner: '😀' }, 'badRequest'],
    [{ tags: ['😀'] }, 'badRequest'],
    [{ '😀': 'x' }, 'badRequest'],
    [{ x: '😀' }, 'badRequest'],
    [{ x: 'x'.repeat(65_536) }, 'badRequest'],
    [{ x: 'x'.repeat(65_535), min_disk: 2 ** 31 - 1 }, 'none'],
  ])('%o: %s', (body, expected) => {
    expect(errorCodeOf(() => check(body))).toBe(expected);
  });

  test.each([
    [{ tags: ['a', 'b'] }, { propertyQuota: 128, tagQuota: 1 }, 'limitExceeded'],
    [{ tags: ['a', 'a'] }, { propertyQuota: 128, tagQuota: 1 }, 'none'],
    [{ x: '', y: '' }, { propertyQuota: 1, tagQuota: 128 }, 'limitExceeded'],
    [{ x: '', y: '' }, { propertyQuota: 2, tagQuota: 0 }, 'none'],
    [{ x: '', tags: ['a'] }, { propertyQuota: -1, tagQuota: -1 }, 'none'],
    [{ x: '' }, { propertyQuota: 0, tagQuota: 0 }, 'limitExceeded'],
  ])('%j within %j: %s', (body, limits, expected) => {
    expect(errorCodeOf(() => check(body, limits))).toBe(expected);
  });

  test('the tag quota beats attributes of the service, those beat minimums, those beat the property quota', () => {
    const none = { propertyQuota: 0, tagQuota: 0 };
    expect(errorCodeOf(() => check({ tags: ['a'], status: 'x' }, none))).toBe('limitExceeded');
    expect(errorCodeOf(() => check({ status: 'x', min_disk: -1 }, none))).toBe('forbidden');
    expect(errorCodeOf(() => check({ x: '', min_disk: -1 }, none))).toBe('badRequest');
    expect(errorCodeOf(() => check({ x: '', min_disk: 2 ** 31 }, none))).toBe('limitExceeded');
  });
});
