/** Creating, showing, listing, updating and (de)activating image records. */
import { describe, expect, test } from 'vitest';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import {
  addImage,
  administrator,
  contextOf,
  findImage,
  interfereWith,
  openTestService,
  outcomeOf,
  owner,
  reader,
  stranger,
} from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import { addImageTag } from '../tags.ts';
import { deactivateImage, reactivateImage } from './change-activation.ts';
import { createImage } from './create.ts';
import { deleteImage } from './delete.ts';
import { listImages } from './list.ts';
import { showImage } from './show.ts';
import { updateImage } from './update.ts';

describe('Creating an image', () => {
  test('gives a queued image of the caller’s project', async () => {
    const service = openTestService();
    const image = await createImage(service.parts, owner, { name: 'n', os_distro: 'debian' });
    expect(image).toMatchObject({ name: 'n', status: 'queued', owner: 'own', visibility: 'shared' });
    expect(image.createdAt).toEqual(service.clock.now());
    expect(await findImage(service, image.id)).toEqual(image);
  });

  test.each<readonly [string, unknown, RequestContext, string]>([
    ['by a reader: 403', {}, reader, 'forbidden'],
    ['that is public, by a member: 403', { visibility: 'public' }, owner, 'forbidden'],
    ['that is public, by an administrator: 201', { visibility: 'public' }, administrator, 'none'],
    ['that is community, by a member: 201', { visibility: 'community' }, owner, 'none'],
    ['for another project: 403', { owner: 'other' }, owner, 'forbidden'],
    ['for another project, by an administrator: 201', { owner: 'other' }, administrator, 'none'],
    ['with too many tags: 413', { tags: ['a', 'b', 'c'] }, owner, 'limitExceeded'],
    ['malformed, by a reader: 400', { name: 1 }, reader, 'badRequest'],
  ])('%s', async (_, body, context, outcome) => {
    const service = openTestService({ limits: { tagQuota: 2 } });
    expect(await outcomeOf(createImage(service.parts, context, body))).toBe(outcome);
    expect(service.database.records.size).toBe(outcome === 'none' ? 1 : 0);
  });

  test('under an id that was ever used: 409', async () => {
    const service = openTestService();
    const { id } = await createImage(service.parts, owner, {});
    expect(await outcomeOf(createImage(service.parts, owner, { id }))).toBe('conflict');
    await deleteImage(service.parts, owner, { imageId: id, precondition: null, call: null });
    expect(await outcomeOf(createImage(service.parts, stranger, { id }))).toBe('conflict');
  });
});

describe('Showing an image', () => {
  test.each<readonly [string, Partial<Image>, RequestContext, string]>([
    ['of one’s own: 200', { visibility: 'private' }, reader, 'none'],
    ['of others, private: 404', { visibility: 'private' }, stranger, 'notFound'],
    ['of others, public: 200', { visibility: 'public' }, stranger, 'none'],
    ['without role reader: 404', {}, contextOf('own', 'member'), 'notFound'],
    ['that is deleted, by an administrator: 404', { status: 'deleted' }, administrator, 'notFound'],
  ])('%s', async (_, overrides, context, outcome) => {
    const service = openTestService();
    const { id } = await addImage(service, overrides);
    expect(await outcomeOf(showImage(service.parts, context, id))).toBe(outcome);
  });
});

describe('Updating an image', () => {
  function rename(service: TestService, input: { imageId: string; precondition?: (image: Image) => void }) {
    const document = [{ op: 'replace', path: '/name', value: 'new' }];
    const precondition = input.precondition ?? null;
    return { imageId: input.imageId, dialect: 'v2.1', document, precondition, service } as const;
  }

  test('writes all of a patch and gives the image as it is then', async () => {
    const service = openTestService();
    const image = await addImage(service, { tags: ['a'] });
    await service.clock.advance(9);
    const document = [
      { op: 'replace', path: '/name', value: 'new' },
      { op: 'add', path: '/p', value: '1' },
      { op: 'replace', path: '/tags', value: ['b'] },
    ];
    const input = { imageId: image.id, dialect: 'v2.1', document, precondition: null, call: null } as const;
    const updated = await updateImage(service.parts, owner, input);
    expect(updated).toEqual({
      ...image,
      name: 'new',
      tags: ['b'],
      properties: new Map([['p', '1']]),
      updatedAt: service.clock.now(),
    });
    expect(await findImage(service, image.id)).toEqual(updated);
  });

  test.each<readonly [string, unknown, RequestContext, string]>([
    ['by a reader: 403', [{ op: 'replace', path: '/name', value: 'x' }], reader, 'forbidden'],
    ['by a stranger: 404', [{ op: 'replace', path: '/name', value: 'x' }], stranger, 'notFound'],
    [
      'malformed, by a stranger, before the image is looked up: 400',
      [{ op: 'test', path: '/name' }],
      stranger,
      'badRequest',
    ],
    ['empty, by a reader: 200', [], reader, 'none'],
    ['to public, by a member: 403', [{ op: 'replace', path: '/visibility', value: 'public' }], owner, 'forbidden'],
    [
      'whose second operation is not possible: 409',
      [
        { op: 'replace', path: '/name', value: 'x' },
        { op: 'remove', path: '/none' },
      ],
      owner,
      'conflict',
    ],
  ])('%s, and nothing is written on a refusal', async (_, document, context, outcome) => {
    const service = openTestService();
    const image = await addImage(service, { visibility: 'private' });
    const input = { imageId: image.id, dialect: 'v2.1', document, precondition: null, call: null } as const;
    expect(await outcomeOf(updateImage(service.parts, context, input))).toBe(outcome);
    expect(await findImage(service, image.id)).toEqual(image);
  });

  test('under a precondition is refused when the image does not meet it: 412', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service);
    function precondition(): void {
      throw new ImageServiceError('preconditionFailed', 'It has changed.');
    }
    const input = rename(service, { imageId, precondition });
    expect(await outcomeOf(updateImage(service.parts, owner, input))).toBe('preconditionFailed');
    expect((await findImage(service, imageId))?.name).toBe('sample');
  });

  test('under a precondition is refused when the image changes before it is written: 412', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service);
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call === 'images.update') await addImageTag(service.parts, owner, { imageId, tag: 'meanwhile' });
      },
      after: () => undefined,
    });
    const input = rename(service, { imageId, precondition: () => undefined });
    expect(await outcomeOf(updateImage(parts, owner, input))).toBe('preconditionFailed');
    expect(await findImage(service, imageId)).toMatchObject({ name: 'sample', tags: ['meanwhile'] });
    // Without one, both changes last.
    await updateImage(parts, owner, rename(service, { imageId }));
    expect(await findImage(service, imageId)).toMatchObject({ name: 'new', tags: ['meanwhile'] });
  });

  test('that is deleted meanwhile: 404', async () => {
    const service = openTestService();
    const { id: imageId } = await addImage(service);
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call === 'images.update')
          await deleteImage(service.parts, owner, { imageId, precondition: null, call: null });
      },
      after: () => undefined,
    });
    expect(await outcomeOf(updateImage(parts, owner, rename(service, { imageId })))).toBe('notFound');
  });
});

describe('Deactivating and reactivating an image', () => {
  const calls = { deactivate: deactivateImage, reactivate: reactivateImage };

  test.each(imageStatuses.filter((status) => status !== 'deleted' && status !== 'pending_delete'))(
    'in status %s',
    async (status) => {
      for (const [name, call] of Object.entries(calls)) {
        const service = openTestService();
        const { id } = await addImage(service, { status });
        const possible = status === 'active' || status === 'deactivated';
        expect(await outcomeOf(call(service.parts, owner, id))).toBe(possible ? 'none' : 'forbidden');
        const after = possible ? { deactivate: 'deactivated', reactivate: 'active' }[name] : status;
        expect((await findImage(service, id))?.status).toBe(after);
      }
    },
  );

  test.each([
    [reader, 'public', 'forbidden'],
    [stranger, 'public', 'forbidden'],
    [stranger, 'private', 'notFound'],
    [administrator, 'private', 'none'],
  ] as const)('is for who may: %#', async (context, visibility, outcome) => {
    const service = openTestService();
    const { id } = await addImage(service, { status: 'active', visibility });
    expect(await outcomeOf(deactivateImage(service.parts, context, id))).toBe(outcome);
  });

  test.each([
    ['deactivates', 'none', async (service: TestService, id: string) => deactivateImage(service.parts, owner, id)],
    [
      'deletes',
      'notFound',
      async (service: TestService, imageId: string) =>
        deleteImage(service.parts, owner, { imageId, precondition: null, call: null }),
    ],
  ])('when somebody else %s it at the same moment: %s', async (_, outcome, act) => {
    const service = openTestService();
    const { id } = await addImage(service, { status: 'active' });
    let done = false;
    const parts = interfereWith(service.parts, {
      async before(call) {
        if (call !== 'images.changeStatus' || done) return;
        done = true;
        await act(service, id);
      },
      after: () => undefined,
    });
    expect(await outcomeOf(deactivateImage(parts, owner, id))).toBe(outcome);
  });
});

describe('Listing images', () => {
  async function filled(rules: Record<string, string> = {}) {
    const service = openTestService({ rules, limits: { defaultLimit: 2 } });
    for (const name of ['a', 'b', 'c', 'd']) {
      await addImage(service, { name, visibility: name === 'b' ? 'public' : 'private', owner: 'own' });
    }
    return service;
  }

  test('gives pages that follow each other, the last one without a next', async () => {
    const service = await filled();
    const names: (string | null)[] = [];
    let marker: string | undefined;
    for (let page = 0; page < 5; page += 1) {
      const query: [string, string][] = [['sort', 'name:asc']];
      if (marker !== undefined) query.push(['marker', marker]);
      const { images, links } = await listImages(service.parts, owner, { path: '/v2/images', query });
      names.push(...images.map(({ name }) => name));
      marker = images.at(-1)?.id;
      expect(links.next === null || links.next === undefined).toBe(images.length < 2);
      if (images.length < 2) break;
    }
    expect(names).toEqual(['a', 'b', 'c', 'd']);
  });

  test.each<readonly [string, readonly [string, string][], RequestContext, string]>([
    ['without role reader: 403', [], contextOf('own', 'member'), 'forbidden'],
    ['with a malformed query, before the policy is asked: 400', [['limit', '-1']], contextOf('own'), 'badRequest'],
    ['behind a marker nobody has: 400', [['marker', '11111111-2222-3333-4444-555555555555']], owner, 'badRequest'],
  ])('%s', async (_, query, context, outcome) => {
    const service = await filled();
    const listed = listImages(service.parts, context, { path: '/v2/images', query });
    expect(await outcomeOf(listed)).toBe(outcome);
  });

  test('behind a marker the caller cannot see: 400', async () => {
    const service = await filled();
    const hidden = await addImage(service, { visibility: 'private', owner: 'nobody' });
    const listed = listImages(service.parts, owner, { path: '/v2/images', query: [['marker', hidden.id]] });
    expect(await outcomeOf(listed)).toBe('badRequest');
  });

  test('leaves out what the policy does not let the caller read, and still goes on to the next page', async () => {
    const service = await filled({ get_image: "'public':%(visibility)s" });
    const { images, links } = await listImages(service.parts, owner, {
      path: '/v2/images',
      query: [['sort', 'name:asc']],
    });
    expect(images.map(({ name }) => name)).toEqual(['b']);
    expect(links.next).toContain('marker=');
  });
});
