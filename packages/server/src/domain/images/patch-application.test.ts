import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { sampleImage } from './image-samples.testing.ts';
import type { Image } from './image.ts';
import { allPropertyRights } from '../property-protections/property-rights.ts';
import { PatchDraft, policiesOf } from './patch-application.ts';
import type { PatchRules } from './patch-application.ts';
import { parsePatchDocument } from './patch-document.ts';
import type { PatchDialect, PatchOperation } from './patch-document.ts';
import { validateValue } from './schema-stand-in.testing.ts';

const memberRules: PatchRules = { isAdmin: false, propertyQuota: 128, tagQuota: 128, rights: allPropertyRights };
const adminRules: PatchRules = { ...memberRules, isAdmin: true };

/** All operations at once, without policies in between; none of them on locations. */
function applyPatch(image: Image, operations: readonly PatchOperation[], rules: PatchRules): Image {
  const draft = new PatchDraft(image, rules);
  for (const operation of operations) {
    if (operation.target === 'locations') throw new Error('Locations are changed elsewhere.');
    draft.apply(operation);
  }
  return draft.finish();
}

interface Item {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

function patched(image: Image, items: readonly Item[], rules: PatchRules = memberRules): Image {
  return applyPatch(image, parsePatchDocument('v2.1', items, validateValue), rules);
}

function operationIn(dialect: PatchDialect, { op, path, value }: Item): object {
  return dialect === 'v2.1' ? { op, path, value } : { [op]: path, value };
}

/** The text an image has under a name, of an attribute or a property. */
function valueOf(image: Image, target: string): string | null {
  return target === 'name' ? image.name : (image.properties.get(target) ?? 'gone');
}

describe('what an operation does', () => {
  const image = sampleImage({ name: 'old', properties: new Map([['held', 'old']]) });

  test.each<[PatchDialect, Item['op'], string, string]>([
    ['v2.1', 'add', 'name', 'new'],
    ['v2.1', 'add', 'held', 'new'],
    ['v2.1', 'add', 'absent', 'new'],
    ['v2.0', 'add', 'name', 'conflict'],
    ['v2.0', 'add', 'held', 'conflict'],
    ['v2.0', 'add', 'absent', 'new'],
    ['v2.1', 'replace', 'name', 'new'],
    ['v2.1', 'replace', 'held', 'new'],
    ['v2.1', 'replace', 'absent', 'conflict'],
    ['v2.0', 'replace', 'name', 'new'],
    ['v2.0', 'replace', 'held', 'new'],
    ['v2.0', 'replace', 'absent', 'conflict'],
    ['v2.1', 'remove', 'name', 'forbidden'],
    ['v2.1', 'remove', 'held', 'gone'],
    ['v2.1', 'remove', 'absent', 'conflict'],
    ['v2.0', 'remove', 'name', 'forbidden'],
    ['v2.0', 'remove', 'held', 'gone'],
    ['v2.0', 'remove', 'absent', 'conflict'],
  ])('%s %s of %s: %s', (dialect, op, target, outcome) => {
    const item = operationIn(dialect, { op, path: `/${target}`, value: 'new' });
    const apply = () => applyPatch(image, parsePatchDocument(dialect, [item], validateValue), memberRules);
    const code = errorCodeOf(apply);
    expect(code === 'none' ? valueOf(apply(), target) : code).toBe(outcome);
  });

  test.each(['name', 'visibility', 'protected', 'os_hidden', 'owner', 'tags', 'disk_format', 'min_disk'])(
    'attribute %s cannot be removed, by an administrator neither: 403',
    (name) => {
      expect(errorCodeOf(() => patched(image, [{ op: 'remove', path: `/${name}` }], adminRules))).toBe('forbidden');
    },
  );

  test('operations see what the ones before them did', () => {
    const after = patched(image, [
      { op: 'add', path: '/a', value: '1' },
      { op: 'replace', path: '/a', value: '2' },
      { op: 'remove', path: '/held' },
      { op: 'add', path: '/held', value: '3' },
    ]);
    expect([...after.properties]).toEqual([
      ['a', '2'],
      ['held', '3'],
    ]);
  });

  test('neither the image nor its time of change is touched', () => {
    const after = patched(image, [
      { op: 'add', path: '/a', value: '1' },
      { op: 'replace', path: '/name', value: 'x' },
    ]);
    expect(image).toEqual(sampleImage({ name: 'old', properties: new Map([['held', 'old']]) }));
    expect(after.updatedAt).toEqual(image.updatedAt);
  });

  test.each(['image_id', 'extra_properties', 'base', 'member', 'get_data', '__proto__', 'constructor', 'toString', ''])(
    'a custom property may be called %j',
    (name) => {
      const after = patched(image, [{ op: 'add', path: `/${name}`, value: 'v' }]);
      expect(after).toEqual({
        ...image,
        properties: new Map([
          ['held', 'old'],
          [name, 'v'],
        ]),
      });
      expect(errorCodeOf(() => patched(image, [{ op: 'replace', path: `/${name}`, value: 'v' }]))).toBe('conflict');
    },
  );
});

describe('formats', () => {
  test.each(imageStatuses)('in status %s are set only if it is queued or importing, else 403', (status) => {
    const expected = status === 'queued' || status === 'importing' ? 'none' : 'forbidden';
    const image = sampleImage({ status, diskFormat: 'raw', containerFormat: 'bare' });
    for (const op of ['add', 'replace'] as const) {
      expect(errorCodeOf(() => patched(image, [{ op, path: '/disk_format', value: 'raw' }]))).toBe(expected);
      expect(errorCodeOf(() => patched(image, [{ op, path: '/container_format', value: 'ovf' }]))).toBe(expected);
    }
  });
});

describe('owner', () => {
  test.each(['add', 'replace'] as const)('%s by others than an administrator, even of the same value: 403', (op) => {
    expect(errorCodeOf(() => patched(sampleImage(), [{ op, path: '/owner', value: 'own' }]))).toBe('forbidden');
    expect(patched(sampleImage(), [{ op, path: '/owner', value: 'new' }], adminRules).owner).toBe('new');
  });

  test('set to empty text is nobody', () => {
    expect(patched(sampleImage(), [{ op: 'replace', path: '/owner', value: '' }], adminRules).owner).toBeNull();
  });
});

test('data at new locations become those of the image, and nothing else changes', () => {
  const draft = new PatchDraft(sampleImage({ name: 'old' }), memberRules);
  const locations = [{ url: 'http://x', metadata: {} }];
  draft.relocate({ ...draft.current(), name: 'lost', status: 'active', sizeBytes: 5, checksum: 'c', locations });
  expect(draft.current()).toMatchObject({ name: 'old', status: 'active', sizeBytes: 5, checksum: 'c', locations });
  const [format] = parsePatchDocument('v2.1', [{ op: 'replace', path: '/disk_format', value: 'raw' }], validateValue);
  if (format === undefined || format.target === 'locations') throw new Error('It is on an attribute.');
  expect(errorCodeOf(() => draft.apply(format))).toBe('forbidden');
});

describe('policies', () => {
  test.each<[Item, string[]]>([
    [{ op: 'replace', path: '/name', value: 'x' }, ['modify_image']],
    [{ op: 'remove', path: '/name' }, ['modify_image']],
    [{ op: 'add', path: '/custom', value: 'x' }, ['modify_image']],
    [{ op: 'remove', path: '/custom' }, ['modify_image']],
    [{ op: 'replace', path: '/visibility', value: 'private' }, ['modify_image']],
    [{ op: 'replace', path: '/visibility', value: 'public' }, ['publicize_image', 'modify_image']],
    [{ op: 'add', path: '/visibility', value: 'community' }, ['communitize_image', 'modify_image']],
    [{ op: 'add', path: '/locations/-', value: { url: 'x', metadata: {} } }, ['set_image_location']],
    [{ op: 'replace', path: '/locations', value: [] }, ['set_image_location']],
    [{ op: 'remove', path: '/locations/0' }, ['delete_image_location']],
  ])('%j needs %j', (item, policies) => {
    expect(parsePatchDocument('v2.1', [item], validateValue).map(policiesOf)).toEqual([policies]);
  });
});

describe('quotas', () => {
  const full = sampleImage({
    tags: ['t1', 't2', 't3'],
    properties: new Map([
      ['a', ''],
      ['b', ''],
      ['c', ''],
      ['os_glance_failed_import', ''],
    ]),
  });
  const rules = { ...memberRules, propertyQuota: 3, tagQuota: 3 };
  const lowered = { ...memberRules, propertyQuota: 1, tagQuota: 1 };
  const add = { op: 'add', path: '/d', value: 'x' } as const;
  const drop = { op: 'remove', path: '/a' } as const;

  test('one property more than the quota: 413', () => {
    expect(errorCodeOf(() => patched(full, [add], rules))).toBe('limitExceeded');
  });

  test('one property for another at the quota', () => {
    expect([...patched(full, [add, drop], rules).properties.keys()]).toContain('d');
  });

  test('above a lowered quota properties can be replaced and removed', () => {
    expect(errorCodeOf(() => patched(full, [{ op: 'replace', path: '/a', value: 'x' }], lowered))).toBe('none');
    expect(errorCodeOf(() => patched(full, [drop], lowered))).toBe('none');
  });

  test('above a lowered quota no property can be added, not even for another: 413', () => {
    expect(errorCodeOf(() => patched(full, [add, drop], lowered))).toBe('limitExceeded');
  });

  test('a property added and removed again does not count', () => {
    expect(errorCodeOf(() => patched(full, [add, { op: 'remove', path: '/d' }], lowered))).toBe('none');
  });

  test('a negative quota allows any number', () => {
    expect(errorCodeOf(() => patched(full, [add], { ...rules, propertyQuota: -1 }))).toBe('none');
  });

  test.each([
    [['t1', 't2', 't3', 't4'], 3, 'limitExceeded'],
    [['t1', 't2', 't4'], 3, 'none'],
    [['t1', 't1', 't2', 't4', 't4'], 3, 'none'],
    [['t3', 't2', 't1'], 1, 'none'],
    [['t2', 't1'], 1, 'none'],
    [['t1', 't4'], 1, 'limitExceeded'],
    [['t4'], 0, 'limitExceeded'],
    [[], 0, 'none'],
  ])('tags %j with a quota of %i: %s', (tags, tagQuota, expected) => {
    const replace = { op: 'replace', path: '/tags', value: tags } as const;
    expect(errorCodeOf(() => patched(full, [replace], { ...rules, tagQuota }))).toBe(expected);
  });
});

describe('what the record cannot hold: 400', () => {
  test.each<[string, unknown]>([
    ['/name', 'a😀'],
    ['/custom', '😀'],
    ['/😀', 'x'],
    ['/tags', ['ok', '😀']],
    ['/owner', '😀'],
    ['/custom', '\ud83d'],
    ['/min_disk', -1],
    ['/min_ram', -1],
    ['/min_disk', 2_147_483_648],
    ['/min_ram', 1e300],
    ['/custom', 'é'.repeat(32_768)],
  ])('%s as %j', (path, value) => {
    expect(errorCodeOf(() => patched(sampleImage(), [{ op: 'add', path, value }], adminRules))).toBe('badRequest');
  });

  test.each<[string, unknown]>([
    ['/min_disk', 2_147_483_647],
    ['/min_ram', 0],
    ['/custom', `${'é'.repeat(32_767)}x`],
    ['/name', '\uffff'],
  ])('but %s as that fits', (path, value) => {
    expect(errorCodeOf(() => patched(sampleImage(), [{ op: 'add', path, value }]))).toBe('none');
  });

  test('is no obstacle to other changes when it is there already', () => {
    const image = sampleImage({ name: '😀', tags: ['😀'], properties: new Map([['😀', '😀']]), minDiskGib: 2 ** 40 });
    const items = [
      { op: 'add', path: '/a', value: 'x' },
      { op: 'replace', path: '/tags', value: ['😀', 'b'] },
    ] as const;
    expect(patched(image, items).tags).toEqual(['😀', 'b']);
  });

  test('comes to light only after the semantic errors of all operations', () => {
    const items = [
      { op: 'add', path: '/a', value: '😀' },
      { op: 'remove', path: '/absent' },
    ] as const;
    expect(errorCodeOf(() => patched(sampleImage(), items))).toBe('conflict');
  });
});

test('a draft stops at the first operation that is not possible', () => {
  const operations = parsePatchDocument(
    'v2.1',
    [
      { op: 'add', path: '/a', value: '1' },
      { op: 'replace', path: '/nope', value: '1' },
    ],
    validateValue,
  );
  const codes = operations.map((operation) => errorCodeOf(() => applyPatch(sampleImage(), [operation], memberRules)));
  expect(codes).toEqual(['none', 'conflict']);
});

test('a hundred thousand operations are applied in linear time', () => {
  const items = Array.from({ length: 100_000 }, (_, index) => ({
    op: 'add' as const,
    path: `/p${index % 50_000}`,
    value: String(index),
  }));
  const rules = { ...memberRules, propertyQuota: -1 };
  const image = patched(sampleImage(), items, rules);
  expect(image.properties.size).toBe(50_000);
  expect(image.properties.get('p49999')).toBe('99999');
  // Copying the properties for each operation would be 2.5 thousand million entries, which no test run survives.
});

/** The table of the contract, written down as naively as possible: plain entries in, entries or a code out. */
function modelOf(entries: ReadonlyMap<string, unknown>, items: readonly Item[], dialect: PatchDialect) {
  const state = new Map(entries);
  for (const { op, path, value } of items) {
    const name = path.slice(1);
    const isAttribute = name === 'name' || name === 'min_disk';
    if (op === 'remove' && isAttribute) return 'forbidden';
    if (op === 'add' && dialect === 'v2.0' && state.has(name)) return 'conflict';
    if (op !== 'add' && !state.has(name)) return 'conflict';
    if (op === 'remove') state.delete(name);
    else state.set(name, value);
  }
  return state;
}

function entriesOf(image: Image): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([...image.properties, ['name', image.name], ['min_disk', image.minDiskGib]]);
}

test('any patch of either dialect does what a naive model does', () => {
  const value = fc.constantFrom('v1', 'v2', '');
  const item = fc.oneof(
    fc.record({
      op: fc.constantFrom('add', 'add', 'replace', 'remove'),
      path: fc.constantFrom('/a', '/b', '/__proto__', '/constructor', '/', '/name'),
      value,
    }),
    fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant('/min_disk'), value: fc.nat({ max: 9 }) }),
  );
  const names = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
  const properties = fc.array(fc.tuple(names, value)).map((entries) => new Map(entries));
  fc.assert(
    fc.property(
      properties,
      fc.array<Item>(item, { maxLength: 6 }),
      fc.constantFrom<PatchDialect>('v2.0', 'v2.1'),
      (held, items, dialect) => {
        const image = sampleImage({ name: 'n', minDiskGib: 0, properties: held });
        const expected = modelOf(entriesOf(image), items, dialect);
        const document = items.map((entry) => operationIn(dialect, entry));
        const apply = () => applyPatch(image, parsePatchDocument(dialect, document, validateValue), memberRules);
        const code = errorCodeOf(apply);
        expect(code === 'none' ? entriesOf(apply()) : code).toEqual(expected);
      },
    ),
    { numRuns: 1000 },
  );
});
