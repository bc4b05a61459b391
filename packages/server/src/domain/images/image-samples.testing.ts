/** Images for tests, plain or arbitrary. */
import { imageStatuses, imageVisibilities, memberStatuses } from '@lucarne/contract/image-attributes.ts';
import fc from 'fast-check';
import type { Image } from './image.ts';
import type { ImageFilter, ImageListQuery, ImageSort, TimeOperator } from './list-query.ts';
import { imageSortKeys } from './list-query.ts';
import type { StoredImage } from './list-model.testing.ts';

/** A queued image without data, different from the next one only in what `overrides` says. */
export function sampleImage(overrides: Partial<Image> = {}): Image {
  return {
    id: '11111111-2222-3333-4444-555555555555',
    name: 'sample',
    status: 'queued',
    visibility: 'shared',
    protected: false,
    hidden: false,
    owner: 'own',
    diskFormat: 'raw',
    containerFormat: 'bare',
    minDiskGib: 0,
    minRamMib: 0,
    sizeBytes: null,
    virtualSizeBytes: null,
    checksum: null,
    hashAlgorithm: null,
    hashValue: null,
    createdAt: new Date('2026-03-01T09:00:00Z'),
    updatedAt: new Date('2026-03-01T09:00:00Z'),
    properties: new Map(),
    tags: [],
    locations: [],
    ...overrides,
  };
}

const projects = ['own', 'other'] as const;
const texts = ['', 'a', 'A', 'b', 'a,b', '\uffee', 'é'] as const;
const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-02-01T00:00:00Z'].map((time) => new Date(time));

const nullableText = fc.constantFrom(null, ...texts);
const time = fc.constantFrom(...times);

const arbitraryImage: fc.Arbitrary<Image> = fc.record({
  id: fc.uuid(),
  name: nullableText,
  status: fc.constantFrom(...imageStatuses, ...Array<'active'>(6).fill('active')),
  visibility: fc.constantFrom(...imageVisibilities),
  protected: fc.boolean(),
  hidden: fc.constantFrom(false, false, false, true),
  owner: fc.constantFrom(null, ...projects),
  diskFormat: fc.constantFrom(null, 'raw', 'qcow2'),
  containerFormat: fc.constantFrom(null, 'bare', 'ovf'),
  minDiskGib: fc.constantFrom(0, 1, 2),
  minRamMib: fc.constantFrom(0, 512),
  sizeBytes: fc.constantFrom(null, 0, 1, 2 ** 40),
  virtualSizeBytes: fc.constantFrom(null, 0n, 1n, 2n ** 62n),
  checksum: fc.constantFrom(null, 'c1', 'c2'),
  hashAlgorithm: fc.constantFrom(null, 'sha512'),
  hashValue: fc.constantFrom(null, 'h1', 'h2'),
  createdAt: time,
  updatedAt: time,
  properties: fc
    .array(fc.tuple(fc.constantFrom('os', '__proto__', ''), fc.constantFrom(...texts)))
    .map((entries) => new Map(entries)),
  tags: fc.uniqueArray(fc.constantFrom(...texts), { maxLength: 3 }),
  locations: fc.constant([]),
});

/** Images with their members as a database may hold them: few values, so that ties and matches are frequent. */
export const arbitraryStoredImages: fc.Arbitrary<readonly StoredImage[]> = fc.uniqueArray(
  fc.record({
    image: arbitraryImage,
    members: fc.uniqueArray(
      fc.record({ memberId: fc.constantFrom(...projects), status: fc.constantFrom(...memberStatuses) }),
      { selector: ({ memberId }) => memberId },
    ),
  }),
  { maxLength: 20, selector: ({ image }) => image.id },
);

const timeOperator = fc.constantFrom<TimeOperator>('eq', 'neq', 'gt', 'gte', 'lt', 'lte');

const arbitraryFilter: fc.Arbitrary<ImageFilter> = fc.oneof(
  fc.record({
    kind: fc.constant('text'),
    column: fc.constantFrom('name', 'status', 'visibility', 'container_format', 'disk_format', 'owner', 'checksum'),
    values: fc.array(fc.constantFrom(...texts, 'active', 'private', 'shared', 'raw', 'bare', 'own', 'c1'), {
      maxLength: 3,
    }),
  }),
  fc.record({
    kind: fc.constant('number'),
    column: fc.constantFrom('size', 'virtual_size', 'min_ram', 'min_disk'),
    operator: fc.constantFrom('eq', 'gte', 'lte'),
    value: fc.constantFrom(-1n, 0n, 1n, 512n, 2n ** 40n, 2n ** 63n - 1n),
  }),
  fc.record({
    kind: fc.constant('time'),
    column: fc.constantFrom('created_at', 'updated_at'),
    operator: timeOperator,
    value: time,
  }),
  fc.record({ kind: fc.constant('protected'), value: fc.boolean() }),
  fc.record({
    kind: fc.constant('property'),
    name: fc.constantFrom('os', '__proto__', ''),
    value: fc.constantFrom(...texts),
  }),
  fc.record({ kind: fc.constant('tag'), value: fc.constantFrom(...texts) }),
  fc.constant<ImageFilter>({ kind: 'nothing' }),
);

/** Orders that are total, as the parser of the query string makes them. */
const arbitrarySort: fc.Arbitrary<readonly ImageSort[]> = fc
  .uniqueArray(fc.record({ key: fc.constantFrom(...imageSortKeys), direction: fc.constantFrom('asc', 'desc') }), {
    selector: ({ key }) => key,
    maxLength: 3,
  })
  .map((sort) => {
    const keys = new Set(sort.map(({ key }) => key));
    const ties = (['created_at', 'id'] as const).filter((key) => !keys.has(key));
    return [...sort, ...ties.map((key) => ({ key, direction: 'desc' as const }))];
  });

/** First pages of 1 to 5 images with at most two filters. */
export const arbitraryListQuery: fc.Arbitrary<ImageListQuery> = fc.record({
  viewer: fc.record({ isAdmin: fc.boolean(), projectId: fc.constantFrom(null, ...projects) }),
  visibility: fc.constantFrom(null, null, 'all', ...imageVisibilities),
  memberStatus: fc.constantFrom('all', ...memberStatuses),
  hidden: fc.constantFrom(false, false, false, true),
  filters: fc.oneof(fc.constant([]), fc.array(arbitraryFilter, { maxLength: 2 })),
  sort: arbitrarySort,
  limit: fc.integer({ min: 1, max: 5 }),
  marker: fc.constant(null),
});
