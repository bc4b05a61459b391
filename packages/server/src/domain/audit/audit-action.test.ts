import { operations } from '@lucarne/contract/operations.ts';
import { describe, expect, test } from 'vitest';
import { auditAction, auditedType, isAudited } from './audit-action.ts';

function operation(id: string) {
  const found = operations.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no operation ${id}.`);
  return found;
}

describe('The action of an operation', () => {
  test.each([
    ['listImages', 'read/list'],
    ['showImage', 'read'],
    ['createImage', 'create'],
    ['updateImage', 'update'],
    ['deleteImage', 'delete'],
    ['uploadImageData', 'update/upload'],
    ['downloadImageData', 'read/download'],
    ['stageImageData', 'update/stage'],
    ['importImage', 'update/import'],
    ['deactivateImage', 'update/deactivate'],
    ['createMember', 'create'],
    ['deleteImageFromStore', 'delete'],
  ])('%s is %s', (id, action) => {
    expect(auditAction(operation(id))).toBe(action);
  });

  test('begins with a word of CADF, and says more than the method where there is more to say, for every operation', () => {
    for (const each of operations) {
      expect(auditAction(each), each.id).toMatch(/^(?:create|read|update|delete)(?:\/[a-z]+)?$/);
      expect(each.id.startsWith('list') ? auditAction(each) : 'read/list').toBe('read/list');
    }
  });
});

test.each([
  ['listImages', 'service/storage/image/images'],
  ['uploadImageData', 'service/storage/image/images/file'],
  ['deleteMember', 'service/storage/image/images/members'],
  ['showTask', 'service/storage/image/tasks'],
])('%s acts on %s', (id, type) => {
  expect(auditedType(operation(id).path)).toBe(type);
});

test('Every operation leaves a record but those that only tell what the service is', () => {
  const silent = operations.filter((each) => !isAudited(each)).map(({ path }) => path);
  expect(silent.length).toBeGreaterThan(5);
  expect(silent.filter((path) => !path.startsWith('/v2/schemas/') && !path.startsWith('/v2/info/'))).toEqual([]);
  expect(isAudited(operation('listImages'))).toBe(true);
});
