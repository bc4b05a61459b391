import { describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { addImage, findImage, openTestService, outcomeOf, owner, reader, stranger } from './service.testing.ts';
import { addImageTag, removeImageTag } from './tags.ts';

describe('A tag', () => {
  test('is added once, each time moves updatedAt, and is removed once', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service, { tags: ['a'] });
    for (const tag of ['b', 'b', 'a']) {
      await service.clock.advance(1);
      await addImageTag(service.parts, owner, { imageId, tag });
      expect(await findImage(service, imageId)).toMatchObject({ tags: ['a', 'b'], updatedAt: service.clock.now() });
    }
    await removeImageTag(service.parts, owner, { imageId, tag: 'b' });
    expect((await findImage(service, imageId))?.tags).toEqual(['a']);
    expect(await outcomeOf(removeImageTag(service.parts, owner, { imageId, tag: 'b' }))).toBe('notFound');
  });

  const rows: readonly (readonly [string, Partial<Image>, string, RequestContext, string])[] = [
    ['of blanks is legal', {}, ' ', owner, 'none'],
    ['on a protected image is legal', { protected: true }, 't', owner, 'none'],
    ['on a deactivated image is legal', { status: 'deactivated' }, 't', owner, 'none'],
    ['that the image has is legal at the quota', { tags: ['t', 'u'] }, 't', owner, 'none'],
    ['more than the quota: 413', { tags: ['a', 'b'] }, 't', owner, 'limitExceeded'],
    ['with an emoji: 400', {}, '😀', owner, 'badRequest'],
    ['by a reader: 403', {}, 't', reader, 'forbidden'],
    ['by a reader, before its characters are looked at: 403', {}, '😀', reader, 'forbidden'],
    ['by a stranger on a public image: 403', { visibility: 'public' }, 't', stranger, 'forbidden'],
    ['by a stranger on a private image: 404', { visibility: 'private' }, 't', stranger, 'notFound'],
    ['on a deleted image: 404', { status: 'deleted' }, 't', owner, 'notFound'],
  ];

  test.each(rows)('%s', async (_, overrides, tag, context, outcome) => {
    const service = openTestService({ limits: { tagQuota: 2 } });
    const { id: imageId } = await addImage(service, overrides);
    expect(await outcomeOf(addImageTag(service.parts, context, { imageId, tag }))).toBe(outcome);
  });

  test('is removed only by who may change the image: 403, 404', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service, { tags: ['t'] });
    expect(await outcomeOf(removeImageTag(service.parts, reader, { imageId, tag: 't' }))).toBe('forbidden');
    expect(await outcomeOf(removeImageTag(service.parts, stranger, { imageId, tag: 't' }))).toBe('notFound');
    expect((await findImage(service, imageId))?.tags).toEqual(['t']);
  });
});
