import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import type { ImageVisibility } from '@lucarne/contract/image-attributes.ts';
import { describe, expect, test } from 'vitest';
import { sampleImage } from './image-samples.testing.ts';
import type { ImageListQuery } from './list-query.ts';
import { isListed, isVisible } from './visibility.ts';

const member = { isAdmin: false, projectId: 'P' };
const admin = { isAdmin: true, projectId: 'P' };
const withoutProject = { isAdmin: false, projectId: null };
const adminWithoutProject = { isAdmin: true, projectId: null };
const viewers = { member, admin, withoutProject, adminWithoutProject };

/** Who sees an image by its id, in the order of `viewers`. */
describe('by id an image', () => {
  test.each<[string | null, ImageVisibility, boolean[]]>([
    ['P', 'private', [true, true, false, true]],
    ['P', 'shared', [true, true, false, true]],
    ['P', 'community', [true, true, true, true]],
    ['P', 'public', [true, true, true, true]],
    ['Q', 'private', [false, true, false, true]],
    ['Q', 'shared', [false, true, false, true]],
    ['Q', 'community', [true, true, true, true]],
    ['Q', 'public', [true, true, true, true]],
    [null, 'shared', [true, true, true, true]],
    [null, 'public', [true, true, true, true]],
  ])('of %j that is %s is visible to member, admin and both without project: %j', (owner, visibility, expected) => {
    const image = sampleImage({ owner, visibility });
    expect(Object.values(viewers).map((viewer) => isVisible(image, [], viewer))).toEqual(expected);
  });

  test.each(['pending', 'accepted', 'rejected'] as const)(
    'is visible to a member that is %s, while shared',
    (status) => {
      const members = [{ memberId: 'P', status }];
      expect(isVisible(sampleImage({ owner: 'Q', visibility: 'shared' }), members, member)).toBe(true);
      expect(isVisible(sampleImage({ owner: 'Q', visibility: 'private' }), members, member)).toBe(false);
      expect(isVisible(sampleImage({ owner: 'Q' }), [{ memberId: 'R', status }], member)).toBe(false);
    },
  );

  test('is visible in every status but the deleted ones, hidden or not', () => {
    const visible = imageStatuses.filter((status) => isVisible(sampleImage({ status, hidden: true }), [], admin));
    expect(visible).toEqual(imageStatuses.filter((status) => status !== 'deleted' && status !== 'pending_delete'));
  });
});

describe('a list', () => {
  const foreign = (visibility: ImageVisibility) => sampleImage({ id: `Q-${visibility}`, owner: 'Q', visibility });
  const own = (visibility: ImageVisibility) => sampleImage({ id: `P-${visibility}`, owner: 'P', visibility });
  const nobodys = (visibility: ImageVisibility) => sampleImage({ id: `-${visibility}`, owner: null, visibility });
  const all: readonly ImageVisibility[] = ['private', 'shared', 'community', 'public'];
  const images = [...all.map(own), ...all.map(foreign), ...all.map(nobodys)];

  const base: ImageListQuery = {
    viewer: member,
    visibility: null,
    memberStatus: 'accepted',
    hidden: false,
    filters: [],
    sort: [],
    limit: 25,
    marker: null,
  };

  test.each<[keyof typeof viewers, ImageListQuery['visibility'], string]>([
    ['member', null, 'P-private P-shared P-community P-public Q-public -public'],
    ['member', 'all', 'P-private P-shared P-community P-public Q-community Q-public -community -public'],
    ['member', 'community', 'P-community Q-community -community'],
    ['member', 'public', 'P-public Q-public -public'],
    ['member', 'private', 'P-private'],
    ['member', 'shared', 'P-shared'],
    ['withoutProject', null, 'Q-public P-public -public'],
    ['withoutProject', 'community', 'P-community Q-community -community'],
    ['withoutProject', 'shared', ''],
    ['admin', null, 'P-private P-shared P-community P-public Q-private Q-shared Q-public -private -shared -public'],
    ['admin', 'community', 'P-community Q-community -community'],
    ['admin', 'private', 'P-private Q-private -private'],
    ['admin', 'shared', 'P-shared Q-shared -shared'],
    ['admin', 'all', images.map(({ id }) => id).join(' ')],
    ['adminWithoutProject', null, 'P-private P-shared P-public Q-private Q-shared Q-public -private -shared -public'],
  ])('for %s with visibility %j holds: %s', (viewer, visibility, expected) => {
    const query = { ...base, viewer: viewers[viewer], visibility };
    const listed = images.filter((image) => isListed(image, [], query)).map(({ id }) => id);
    expect(new Set(listed)).toEqual(new Set(expected.split(' ').filter((id) => id !== '')));
  });

  test.each([
    ['accepted', 'accepted', true],
    ['accepted', 'pending', false],
    ['pending', 'pending', true],
    ['rejected', 'accepted', false],
    ['all', 'rejected', true],
    ['all', 'pending', true],
  ] as const)(
    'with member_status %s and a membership that is %s holds the image: %j',
    (memberStatus, status, expected) => {
      const query = { ...base, memberStatus };
      const members = [{ memberId: 'P', status }];
      expect(isListed(foreign('shared'), members, query)).toBe(expected);
      expect(isListed(foreign('shared'), members, { ...query, visibility: 'shared' })).toBe(expected);
      expect(isListed(foreign('private'), members, query)).toBe(false);
      expect(isListed(own('shared'), [], query)).toBe(true);
      expect(isListed(foreign('shared'), [], { ...query, viewer: admin })).toBe(true);
    },
  );

  test('holds either the hidden images or the others', () => {
    const [hidden, shown] = [sampleImage({ owner: 'P', hidden: true }), sampleImage({ owner: 'P' })];
    expect([hidden, shown].map((image) => isListed(image, [], base))).toEqual([false, true]);
    expect([hidden, shown].map((image) => isListed(image, [], { ...base, hidden: true }))).toEqual([true, false]);
  });

  test('never holds deleted, pending_delete and killed images', () => {
    const query: ImageListQuery = { ...base, viewer: admin, visibility: 'all' };
    const excluded = imageStatuses.filter((status) => !isListed(sampleImage({ status }), [], query));
    expect(excluded).toEqual(['killed', 'deleted', 'pending_delete']);
  });
});
