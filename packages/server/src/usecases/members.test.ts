/** The outcome table of contract 06 §3, and what the use cases do besides. */
import { describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { createMember, deleteMember, listMembers, showMember, updateMember } from './members.ts';
import { addImage, administrator, contextOf, openTestService, outcomeOf, owner, reader } from './service.testing.ts';
import type { ServiceOptions, TestService } from './service.testing.ts';

const member = contextOf('member', 'member', 'reader');
const otherMember = contextOf('other-member', 'member', 'reader');
const stranger = contextOf('stranger', 'member', 'reader');
const roleless = contextOf('own');

interface Situation {
  readonly title: string;
  readonly image?: Partial<Image>;
  readonly as: RequestContext;
  /** The member the call names, `member` when absent. */
  readonly about?: string;
  readonly options?: ServiceOptions;
  /** list, create, show, update, delete. */
  readonly outcomes: readonly [string, string, string, string, string];
}

const situations: readonly Situation[] = [
  {
    title: 'an image the caller cannot see',
    as: stranger,
    outcomes: ['notFound', 'notFound', 'notFound', 'notFound', 'notFound'],
  },
  {
    title: 'a public image',
    image: { visibility: 'public' },
    as: owner,
    outcomes: ['forbidden', 'forbidden', 'notFound', 'forbidden', 'forbidden'],
  },
  {
    title: 'a private image',
    image: { visibility: 'private' },
    as: owner,
    outcomes: ['forbidden', 'forbidden', 'notFound', 'forbidden', 'forbidden'],
  },
  {
    title: 'a community image of others',
    image: { visibility: 'community' },
    as: stranger,
    outcomes: ['forbidden', 'forbidden', 'notFound', 'forbidden', 'forbidden'],
  },
  {
    title: 'the owner and a member that is there',
    as: owner,
    outcomes: ['none', 'conflict', 'none', 'forbidden', 'none'],
  },
  {
    title: 'the owner and a member that is not there',
    as: owner,
    about: 'nobody',
    outcomes: ['none', 'none', 'notFound', 'notFound', 'notFound'],
  },
  {
    title: 'the owner with role reader alone',
    as: reader,
    outcomes: ['none', 'forbidden', 'none', 'forbidden', 'forbidden'],
  },
  {
    title: 'the owner without any role, who may not even read it',
    as: roleless,
    outcomes: ['notFound', 'notFound', 'notFound', 'notFound', 'notFound'],
  },
  {
    title: 'the member and itself',
    as: member,
    outcomes: ['none', 'forbidden', 'none', 'none', 'forbidden'],
  },
  {
    title: 'the member and another one',
    as: member,
    about: 'other-member',
    outcomes: ['none', 'forbidden', 'notFound', 'notFound', 'notFound'],
  },
  {
    title: 'the member with role reader alone',
    as: contextOf('member', 'reader'),
    outcomes: ['none', 'forbidden', 'none', 'forbidden', 'forbidden'],
  },
  {
    title: 'an administrator',
    as: administrator,
    outcomes: ['none', 'conflict', 'none', 'none', 'none'],
  },
  {
    title: 'a policy that forbids it to those who may read the image',
    as: owner,
    options: {
      rules: { get_members: '!', add_member: '!', get_member: '!', modify_member: '!', delete_member: '!' },
    },
    outcomes: ['forbidden', 'forbidden', 'notFound', 'forbidden', 'forbidden'],
  },
  {
    title: 'the quota, which is checked before the member is looked for',
    as: owner,
    options: { limits: { memberQuota: 2 } },
    outcomes: ['none', 'limitExceeded', 'none', 'forbidden', 'none'],
  },
];

async function sharedImage(service: TestService, overrides: Partial<Image> = {}): Promise<string> {
  const { id } = await addImage(service, { owner: 'own', visibility: 'shared', ...overrides });
  await service.parts.members.create(id, 'member', { at: service.clock.now(), quota: -1 });
  await service.parts.members.create(id, 'other-member', { at: service.clock.now(), quota: -1 });
  return id;
}

describe('Sharing an image', () => {
  const calls = {
    list: ({ parts }: TestService, as: RequestContext, { imageId }: { imageId: string }) =>
      listMembers(parts, as, imageId),
    create: ({ parts }: TestService, as: RequestContext, input: { imageId: string; memberId: string }) =>
      createMember(parts, as, input),
    show: ({ parts }: TestService, as: RequestContext, input: { imageId: string; memberId: string }) =>
      showMember(parts, as, input),
    update: ({ parts }: TestService, as: RequestContext, input: { imageId: string; memberId: string }) =>
      updateMember(parts, as, { ...input, status: 'accepted' }),
    delete: ({ parts }: TestService, as: RequestContext, input: { imageId: string; memberId: string }) =>
      deleteMember(parts, as, input),
  };

  test.each(situations)('$title: list, create, show, update, delete give $outcomes', async (situation) => {
    for (const [index, [name, call]] of Object.entries(calls).entries()) {
      const service = openTestService(situation.options);
      const imageId = await sharedImage(service, situation.image);
      const memberId = situation.about ?? 'member';
      const outcome = await outcomeOf(call(service, situation.as, { imageId, memberId }));
      expect({ name, outcome }).toEqual({ name, outcome: situation.outcomes[index] });
    }
  });

  test('of an image nobody has: notFound', async () => {
    const service = openTestService();
    for (const call of Object.values(calls)) {
      const input = { imageId: service.parts.ids.next(), memberId: 'member' };
      expect(await outcomeOf(call(service, owner, input))).toBe('notFound');
    }
  });

  test.each([
    ['the owner', owner, ['member', 'other-member']],
    ['an administrator', administrator, ['member', 'other-member']],
    ['a member', member, ['member']],
    ['another member', otherMember, ['other-member']],
  ])('%s sees the rows %3$j', async (_, as, expected) => {
    const service = openTestService();
    const imageId = await sharedImage(service);
    const members = await listMembers(service.parts, as, imageId);
    expect(members.map(({ memberId }) => memberId)).toEqual(expected);
  });

  test('gives a member pending, then what it decided, then pending again when it is added anew', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service);
    const input = { imageId, memberId: 'member' };
    const createdAt = service.clock.now();
    expect(await createMember(service.parts, owner, input)).toMatchObject({ status: 'pending', createdAt });
    await service.clock.advance(10);
    const updatedAt = service.clock.now();
    expect(await updateMember(service.parts, member, { ...input, status: 'rejected' })).toMatchObject({
      status: 'rejected',
      createdAt,
      updatedAt,
    });
    await deleteMember(service.parts, owner, input);
    expect(await outcomeOf(showMember(service.parts, owner, input))).toBe('notFound');
    expect(await createMember(service.parts, owner, input)).toMatchObject({ status: 'pending', createdAt });
  });

  test('with a negative quota has no limit, with a quota of 0 is forbidden', async () => {
    for (const [memberQuota, outcome] of [
      [-1, 'none'],
      [0, 'limitExceeded'],
    ] as const) {
      const service = openTestService({ limits: { memberQuota } });
      const { id: imageId } = await addImage(service);
      expect(await outcomeOf(createMember(service.parts, owner, { imageId, memberId: 'm' }))).toBe(outcome);
    }
  });

  test('as before the new defaults asks no roles of the member, and still refuses the owner', async () => {
    const service = openTestService({ enforceNewDefaults: false });
    const input = { imageId: await sharedImage(service), memberId: 'member', status: 'accepted' } as const;
    expect(await outcomeOf(updateMember(service.parts, contextOf('member'), input))).toBe('none');
    expect(await outcomeOf(updateMember(service.parts, contextOf('own'), input))).toBe('forbidden');
  });

  test('lets the owner decide for a member where the rules of the site say so', async () => {
    const service = openTestService({ rules: { modify_member: 'project_id:%(owner)s' } });
    const input = { imageId: await sharedImage(service), memberId: 'member', status: 'accepted' } as const;
    expect(await outcomeOf(updateMember(service.parts, owner, input))).toBe('none');
    expect(await outcomeOf(updateMember(service.parts, member, input))).toBe('forbidden');
  });
});
