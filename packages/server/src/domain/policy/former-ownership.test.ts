import { describe, expect, test } from 'vitest';
import { formerOwnershipAllows } from './former-ownership.ts';

const owned = { owner: 'own' };
const own = { isAdmin: false, projectId: 'own' };
const other = { isAdmin: false, projectId: 'other' };
const admin = { isAdmin: true, projectId: 'admin' };

describe('hard-coded ownership', () => {
  test.each([
    ['modify_image', true, false],
    ['delete_image', true, false],
    ['upload_image', true, false],
    ['deactivate', true, false],
    ['reactivate', true, false],
    ['add_member', true, false],
    ['delete_member', true, false],
    ['modify_member', false, true],
    ['get_image', true, true],
    ['download_image', true, true],
    ['publicize_image', true, true],
  ])('%s: owner %j, another project %j, admin always', (rule, byOwner, byOther) => {
    expect(formerOwnershipAllows(rule, owned, own)).toBe(byOwner);
    expect(formerOwnershipAllows(rule, owned, other)).toBe(byOther);
    expect(formerOwnershipAllows(rule, owned, admin)).toBe(true);
  });

  test('an image of nobody is owned by no caller, not even by one without a project', () => {
    expect(formerOwnershipAllows('modify_image', { owner: null }, { isAdmin: false, projectId: null })).toBe(false);
  });
});
