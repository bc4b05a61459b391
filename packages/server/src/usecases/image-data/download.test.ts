import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import { badRequest, ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  contextOf,
  openTestService,
  outcomeOf,
  owner,
  reader,
  stranger,
} from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import { downloadImageData } from './download.ts';

const bytes = randomBytes(100);

async function downloaded(service: TestService, imageId: string, context = owner): Promise<Buffer | null> {
  const { data } = await downloadImageData(service.parts, context, { imageId: imageId, preferredStores: [] });
  if (data === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of data.chunks(0, data.sizeBytes - 1)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('A download', () => {
  test('gives the image and its data', async () => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes);
    expect((await downloadImageData(service.parts, owner, { imageId: image.id, preferredStores: [] })).image).toEqual(
      image,
    );
    expect(await downloaded(service, image.id)).toEqual(bytes);
  });

  const callers: readonly (readonly [string, Partial<Image>, RequestContext, string])[] = [
    ['of an image the caller cannot see: 404', { visibility: 'private' }, stranger, 'notFound'],
    ['of a public image of others: 200', { visibility: 'public' }, stranger, 'none'],
    ['of an image shared with the caller: 200', {}, contextOf('member', 'member', 'reader'), 'none'],
    ['without role member: 403', {}, reader, 'forbidden'],
    ['without any role, as if it were not there: 404', {}, contextOf('own'), 'notFound'],
    ['of a deactivated image: 403', { status: 'deactivated' }, owner, 'forbidden'],
    [
      'of a deactivated image, before the policy is asked: 403',
      { status: 'deactivated' },
      contextOf('own'),
      'forbidden',
    ],
    ['of a deactivated image by an administrator: 200', { status: 'deactivated' }, administrator, 'none'],
  ];

  test.each(callers)('%s', async (_, overrides, context, outcome) => {
    const service = openTestService();
    const image = await addActiveImage(service, bytes, overrides);
    await service.parts.members.create(image.id, 'member', { at: service.clock.now(), quota: -1 });
    expect(await outcomeOf(downloaded(service, image.id, context))).toBe(outcome);
  });

  test.each(imageStatuses.filter((status) => !['active', 'deactivated', 'deleted', 'pending_delete'].includes(status)))(
    'of an image in status %s has no data, whatever locations it has: 204',
    async (status) => {
      const service = openTestService();
      const image = await addActiveImage(service, bytes, { status });
      expect(await downloaded(service, image.id)).toBeNull();
    },
  );

  describe('with several locations', () => {
    const failures = {
      missing: undefined,
      damaged: 'damaged',
      unreadable: badRequest('It cannot be read.'),
      away: new ImageServiceError('unavailable', 'The store is away.'),
    } as const;
    type Kind = keyof typeof failures | 'good';

    /** A store of which each location fails in its own way. */
    function storeOf(service: TestService, opened: string[]): ImageStore {
      return {
        ...service.store,
        async read(url) {
          const kind = url.split('/').at(-1) as Kind;
          opened.push(kind);
          if (kind === 'good' || kind === 'damaged') {
            const reader = await service.store.read(url);
            return { ...reader, close: async () => void opened.push('closed') };
          }
          const failure = failures[kind];
          if (failure instanceof Error) throw failure;
          return service.store.read('memory:///nowhere');
        },
      };
    }

    test.each<readonly [readonly Kind[], string, readonly string[]]>([
      [['good', 'away'], 'none', ['good']],
      [['missing', 'good'], 'none', ['missing', 'good']],
      [['away', 'unreadable', 'good'], 'none', ['away', 'unreadable', 'good']],
      [['damaged', 'good'], 'none', ['damaged', 'closed', 'good']],
      [['damaged'], 'internal', ['damaged', 'closed']],
      [['missing', 'away'], 'unavailable', ['missing', 'away']],
      [['away', 'unreadable'], 'badRequest', ['away', 'unreadable']],
      [['unreadable', 'missing'], 'no data', ['unreadable', 'missing']],
      [['missing', 'missing'], 'no data', ['missing', 'missing']],
      [[], 'no data', []],
    ])('%j tries them in order, and the last error decides: %s', async (kinds, outcome, expected) => {
      const service = openTestService();
      service.store.objects.set('memory:///good', bytes);
      service.store.objects.set('memory:///damaged', bytes.subarray(1));
      const locations = kinds.map((kind) => ({ url: `memory:///${kind}`, metadata: {} }));
      const image = await addImage(service, { status: 'active', sizeBytes: 100, locations });
      const opened: string[] = [];
      const attached = { ...service.parts.stores.default, store: storeOf(service, opened) };
      const stores = { ...service.parts.stores, attached: [attached], default: attached };
      const parts = { ...service.parts, stores };
      const found: (string | null)[] = [];
      const result = await outcomeOf(
        downloadImageData(parts, owner, { imageId: image.id, preferredStores: [] }).then(({ data }) =>
          found.push(data === null ? 'no data' : 'data'),
        ),
      );
      expect(result === 'none' && found[0] === 'no data' ? 'no data' : result).toBe(outcome);
      expect(opened).toEqual(expected);
      const failed = kinds.filter((kind) => kind !== 'good' && opened.includes(kind)).length;
      expect(service.reports.filter((event) => event === 'location unreadable')).toHaveLength(failed);
    });
  });
});
