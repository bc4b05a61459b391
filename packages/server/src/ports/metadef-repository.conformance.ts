/** What every keeper of metadata definitions must do, as `metadef-repository.ts` promises it. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceSortKeys, parseNamespaceList, parseTagList } from '../domain/metadefs/list-parameters.ts';
import type { MetadefNamespace, NamespaceAttributes, NewNamespaceContents } from '../domain/metadefs/metadefs.ts';
import { storedDefinition } from '../domain/metadefs/property-definition.ts';
import type { PropertyDefinition } from '../domain/metadefs/property-definition.ts';
import type { Viewer } from '../domain/request-context.ts';
import { memoryMetadefRepository, openMemoryMetadefs } from './memory-metadefs.testing.ts';
import type { MetadefRepository } from './metadef-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface OpenedMetadefs {
  readonly metadefs: MetadefRepository;
  /** The same definitions as another process works on them; the same object where there can be only one. */
  readonly elsewhere: MetadefRepository;
  close(): Promise<void>;
}

const admin: Viewer = { isAdmin: true, projectId: null };
const at = new Date('2026-03-01T09:00:00.001Z');
const later = new Date('2026-03-01T10:00:00.123Z');
const limits = { defaultLimit: 25, maxLimit: 1000 };

const nothing: NewNamespaceContents = { associations: null, properties: null, objects: null, tags: null };
const definition: PropertyDefinition = storedDefinition({
  title: 'Größe',
  type: 'integer',
  default: '5',
  minimum: 0,
  maximum: 9_223_372_036_854_775_807n,
  enum: ['a', null],
  items: { type: 'string', enum: ['ä'] },
});

const everything: NewNamespaceContents = {
  associations: [
    { name: 'type z', prefix: 'z_', propertiesTarget: 'image' },
    { name: 'type a', prefix: null, propertiesTarget: null },
  ],
  properties: new Map([
    ['z', definition],
    ['__proto__', definition],
    ['a', definition],
  ]),
  objects: [
    { name: 'z', description: 'of z', required: ['x', 'y'], properties: new Map([['x', definition]]) },
    { name: 'a', description: null, required: null, properties: null },
  ],
  tags: [{ name: 'first' }, { name: 'second' }],
};

function attributesOf(overrides: Partial<NamespaceAttributes> = {}): NamespaceAttributes {
  const plain = {
    displayName: null,
    description: null,
    visibility: 'private',
    protected: false,
    owner: 'own',
  } as const;
  return { ...plain, name: `ns-${randomUUID()}`, ...overrides };
}

export function describeMetadefRepositoryConformance(name: string, open: () => Promise<OpenedMetadefs>): void {
  describe(`${name} as a metadef repository`, () => {
    let opened: OpenedMetadefs;
    let metadefs: MetadefRepository;

    beforeAll(async () => {
      opened = await open();
      metadefs = opened.metadefs;
    });

    afterAll(() => opened.close());

    function create(
      overrides: Partial<NamespaceAttributes> = {},
      contents: NewNamespaceContents = nothing,
    ): Promise<MetadefNamespace> {
      return metadefs.namespaces.create(attributesOf(overrides), contents, at);
    }

    test('gives back from everywhere what was created, with everything in it', async () => {
      const created = await create({ description: 'Größe', visibility: 'public' }, everything);
      expect(await opened.elsewhere.namespaces.show(admin, created.name)).toEqual(created);
      const stamps = { createdAt: at, updatedAt: at };
      expect(await opened.elsewhere.namespaces.showContents(created.id)).toEqual({
        associations: everything.associations?.map((association) => ({ ...association, ...stamps })),
        properties: everything.properties,
        objects: [
          { ...everything.objects?.[0], ...stamps },
          { ...everything.objects?.[1], required: [], properties: new Map(), ...stamps },
        ],
        tags: [
          { name: 'second', ...stamps },
          { name: 'first', ...stamps },
        ],
      });
      expect([...(await metadefs.properties.list(created.id)).keys()]).toEqual(['z', '__proto__', 'a']);
    });

    test.each<[string, Partial<NewNamespaceContents>]>([
      ['association', { associations: [...(everything.associations ?? []), ...(everything.associations ?? [])] }],
      ['object', { objects: [...(everything.objects ?? []), ...(everything.objects ?? [])] }],
      ['tag', { tags: [{ name: 'x' }, { name: 'x' }] }],
    ])('creates nothing at all when an %s is there twice: conflict', async (_, contents) => {
      const { name: taken } = await create();
      expect(await outcomeOf(create({ name: taken }))).toBe('conflict');
      const attributes = attributesOf({ protected: true });
      const broken = metadefs.namespaces.create(attributes, { ...everything, ...contents }, at);
      expect(await outcomeOf(broken)).toBe('conflict');
      expect(await metadefs.namespaces.show(admin, attributes.name)).toBeUndefined();
      expect(await outcomeOf(create(attributes, everything))).toBe('none');
    });

    test('lets one of many who create the same namespace win', async () => {
      const attributes = attributesOf();
      const repositories = [metadefs, opened.elsewhere, metadefs, opened.elsewhere];
      const outcomes = await Promise.all(
        repositories.map((repository) => outcomeOf(repository.namespaces.create(attributes, everything, at))),
      );
      expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'none']);
      expect((await metadefs.namespaces.show(admin, attributes.name))?.name).toBe(attributes.name);
    });

    test('shows a namespace to its owner, to admins, and to all when it is public', async () => {
      const hidden = await create();
      const open = await create({ visibility: 'public' });
      const seenBy = async (viewer: Viewer) => [
        (await metadefs.namespaces.show(viewer, hidden.name))?.name,
        (await metadefs.namespaces.show(viewer, open.name))?.name,
      ];
      expect(await seenBy(admin)).toEqual([hidden.name, open.name]);
      expect(await seenBy({ isAdmin: false, projectId: 'own' })).toEqual([hidden.name, open.name]);
      expect(await seenBy({ isAdmin: false, projectId: 'other' })).toEqual([undefined, open.name]);
      expect(await seenBy({ isAdmin: false, projectId: null })).toEqual([undefined, open.name]);
      expect(await metadefs.namespaces.show(admin, hidden.name.toUpperCase())).toBeUndefined();
    });

    test('replaces all attributes, and renames with all that is in it', async () => {
      const created = await create({ displayName: 'x', protected: true }, everything);
      const changed = attributesOf({ visibility: 'public', owner: 'other' });
      await metadefs.namespaces.update(created.id, changed, later);
      expect(await metadefs.namespaces.show(admin, created.name)).toBeUndefined();
      expect(await metadefs.namespaces.show(admin, changed.name)).toEqual({
        ...created,
        ...changed,
        updatedAt: later,
      });
      expect((await metadefs.namespaces.showContents(created.id)).objects).toHaveLength(2);
    });

    test('refuses the name of another namespace: conflict', async () => {
      const created = await create();
      const { name: taken } = await create();
      expect(await outcomeOf(metadefs.namespaces.update(created.id, attributesOf({ name: taken }), later))).toBe(
        'conflict',
      );
      expect(await metadefs.namespaces.show(admin, created.name)).toEqual(created);
    });

    test('deletes a namespace with everything in it, and never a resource type', async () => {
      const created = await create({}, everything);
      await metadefs.namespaces.delete(created.id);
      expect(await metadefs.namespaces.show(admin, created.name)).toBeUndefined();
      const contents = await metadefs.namespaces.showContents(created.id);
      expect(contents).toEqual({ associations: [], properties: new Map(), objects: [], tags: [] });
      const types = (await metadefs.resourceTypes.list()).map((type) => type.name);
      expect(types).toEqual(expect.arrayContaining(['type a', 'type z']));
    });

    test('deletes nothing of a protected namespace: forbidden, and unknown things are unknown', async () => {
      const { id, name } = await create({ protected: true }, everything);
      const outcomes = await Promise.all([
        outcomeOf(metadefs.namespaces.delete(id)),
        outcomeOf(metadefs.properties.delete(id, 'z')),
        outcomeOf(metadefs.properties.deleteAll(id)),
        outcomeOf(metadefs.objects.delete(id, 'z')),
        outcomeOf(metadefs.objects.deleteAll(id)),
        outcomeOf(metadefs.tags.delete(id, 'first')),
        outcomeOf(metadefs.tags.deleteAll(id)),
        outcomeOf(metadefs.resourceTypes.dissociate(id, 'type z')),
      ]);
      expect(outcomes).toEqual(outcomes.map(() => 'forbidden'));
      expect([
        await metadefs.properties.delete(id, 'none'),
        await metadefs.objects.delete(id, 'none'),
        await metadefs.tags.delete(id, 'none'),
        await metadefs.resourceTypes.dissociate(id, 'none'),
      ]).toEqual([false, false, false, false]);
      const { properties, objects, tags, associations } = await metadefs.namespaces.showContents(id);
      expect([properties.size, objects.length, tags.length, associations.length]).toEqual([3, 2, 2, 2]);
      expect((await metadefs.namespaces.show(admin, name))?.protected).toBe(true);
    });

    test('changes nothing in a namespace that is gone: notFound', async () => {
      const { id } = await create();
      await metadefs.namespaces.delete(id);
      const property = { name: 'x', definition };
      const object = { name: 'x', description: null, required: null, properties: null };
      const outcomes = await Promise.all([
        outcomeOf(metadefs.namespaces.update(id, attributesOf(), at)),
        outcomeOf(metadefs.namespaces.delete(id)),
        outcomeOf(metadefs.resourceTypes.associate(id, { name: 'x', prefix: null, propertiesTarget: null }, at)),
        outcomeOf(metadefs.properties.create(id, property, at)),
        outcomeOf(metadefs.properties.update(id, 'x', { property, at })),
        outcomeOf(metadefs.objects.create(id, object, at)),
        outcomeOf(metadefs.objects.update(id, 'x', { object, at })),
        outcomeOf(metadefs.tags.create(id, { names: ['x'], replace: true }, at)),
        outcomeOf(metadefs.tags.rename(id, 'x', { to: 'y', at })),
        outcomeOf(metadefs.tags.deleteAll(id)),
      ]);
      expect(outcomes).toEqual(outcomes.map(() => 'notFound'));
    });

    test('associates a namespace with a type once, knows the type from then on, and forgets the association', async () => {
      const { id } = await create();
      const { id: other } = await create();
      const type = `type ${randomUUID()}`;
      const association = { name: type, prefix: 'p_', propertiesTarget: null };
      await metadefs.resourceTypes.associate(id, association, at);
      expect(await outcomeOf(metadefs.resourceTypes.associate(id, association, at))).toBe('conflict');
      await metadefs.resourceTypes.associate(other, { ...association, prefix: null }, later);
      const stored = { ...association, createdAt: at, updatedAt: at };
      expect(await metadefs.resourceTypes.showAssociation(id, type)).toEqual(stored);
      expect(await metadefs.resourceTypes.listAssociations(id)).toEqual([stored]);
      expect(await metadefs.resourceTypes.showAssociation(id, 'none')).toBeUndefined();
      expect(await metadefs.resourceTypes.dissociate(id, type)).toBe(true);
      expect(await metadefs.resourceTypes.dissociate(id, type)).toBe(false);
      expect(await metadefs.resourceTypes.showAssociation(id, type)).toBeUndefined();
      const known = (await metadefs.resourceTypes.list()).filter((each) => each.name === type);
      expect(known).toEqual([{ name: type, createdAt: at, updatedAt: at }]);
    });

    test('keeps properties: created once under their name, replaced, renamed, deleted', async () => {
      const { id } = await create();
      await metadefs.properties.create(id, { name: 'a', definition }, at);
      await metadefs.properties.create(id, { name: 'b', definition }, at);
      expect(await outcomeOf(metadefs.properties.create(id, { name: 'a', definition }, at))).toBe('conflict');
      const named = await metadefs.properties.show(id, 'a');
      expect([...(named ?? [])]).toEqual([['name', 'a'], ...definition]);
      const property = { name: 'c', definition: storedDefinition({ title: 'C', type: 'string' }) };
      expect(
        await metadefs.properties.update(id, 'a', { property: { ...property, name: 'b' }, at }).catch(() => 'taken'),
      ).toBe('taken');
      expect(await metadefs.properties.update(id, 'a', { property, at: later })).toBe(true);
      expect(await metadefs.properties.update(id, 'a', { property, at: later })).toBe(false);
      expect((await metadefs.properties.show(id, 'c'))?.get('title')).toBe('C');
      expect([...(await metadefs.properties.list(id)).keys()]).toEqual(['c', 'b']);
      expect(await metadefs.properties.delete(id, 'c')).toBe(true);
      await metadefs.properties.deleteAll(id);
      expect((await metadefs.properties.list(id)).size).toBe(0);
    });

    test('keeps objects: created once, replaced with what was there before as the answer, deleted', async () => {
      const { id } = await create();
      const object = { name: 'a', description: 'x', required: ['r', 's,t'], properties: new Map([['r', definition]]) };
      await metadefs.objects.create(id, object, at);
      await metadefs.objects.create(id, { ...object, name: 'b' }, at);
      expect(await outcomeOf(metadefs.objects.create(id, object, at))).toBe('conflict');
      const stored = { ...object, required: ['r', 's', 't'], createdAt: at, updatedAt: at };
      expect(await metadefs.objects.show(id, 'a')).toEqual(stored);
      const less = { name: 'c', description: null, required: null, properties: null };
      expect(await outcomeOf(metadefs.objects.update(id, 'a', { object: { ...less, name: 'b' }, at }))).toBe(
        'conflict',
      );
      expect(await metadefs.objects.update(id, 'a', { object: less, at: later })).toEqual(stored);
      expect(await metadefs.objects.update(id, 'a', { object: less, at: later })).toBeUndefined();
      const replaced = { ...less, required: [], properties: new Map(), createdAt: at, updatedAt: later };
      expect(await metadefs.objects.show(id, 'c')).toEqual(replaced);
      expect((await metadefs.objects.list(id)).map((each) => each.name)).toEqual(['c', 'b']);
      expect(await metadefs.objects.delete(id, 'c')).toBe(true);
      expect(await metadefs.objects.delete(id, 'c')).toBe(false);
      await metadefs.objects.deleteAll(id);
      expect(await metadefs.objects.list(id)).toEqual([]);
    });

    test('replaces tags or adds to them, all or none, and none by an empty list', async () => {
      const { id } = await create({}, everything);
      const names = async () =>
        (
          await metadefs.tags.list(
            id,
            parseTagList([
              ['sort_key', 'name'],
              ['sort_dir', 'asc'],
            ]),
          )
        )?.map((tag) => tag.name);
      await metadefs.tags.create(id, { names: ['b', 'a'], replace: true }, at);
      expect(await names()).toEqual(['a', 'b']);
      for (const replace of [true, false]) {
        expect(await outcomeOf(metadefs.tags.create(id, { names: ['c', 'c'], replace }, at))).toBe('conflict');
        await metadefs.tags.create(id, { names: [], replace }, at);
        expect(await names()).toEqual(['a', 'b']);
      }
      expect(await outcomeOf(metadefs.tags.create(id, { names: ['c', 'a'], replace: false }, at))).toBe('conflict');
      await metadefs.tags.create(id, { names: ['c'], replace: false }, at);
      expect(await names()).toEqual(['a', 'b', 'c']);
      expect(await metadefs.tags.rename(id, 'a', { to: 'd', at: later })).toEqual({
        name: 'a',
        createdAt: at,
        updatedAt: at,
      });
      expect(await metadefs.tags.rename(id, 'a', { to: 'e', at: later })).toBeUndefined();
      expect(await outcomeOf(metadefs.tags.rename(id, 'b', { to: 'c', at: later }))).toBe('conflict');
      expect(await metadefs.tags.show(id, 'd')).toEqual({ name: 'd', createdAt: at, updatedAt: later });
      expect(await metadefs.tags.delete(id, 'd')).toBe(true);
      expect(await metadefs.tags.delete(id, 'd')).toBe(false);
      await metadefs.tags.deleteAll(id);
      expect(await names()).toEqual([]);
    });

    test('walks through tags page by page, in every order', async () => {
      const { id } = await create();
      await metadefs.tags.create(id, { names: ['c', 'ä', 'a'], replace: false }, later);
      await metadefs.tags.create(id, { names: ['b', 'd'], replace: false }, at);
      for (const key of ['created_at', 'updated_at', 'id', 'name', 'namespace_id']) {
        for (const direction of ['asc', 'desc']) {
          const whole = await metadefs.tags.list(
            id,
            parseTagList([
              ['sort_key', key],
              ['sort_dir', direction],
            ]),
          );
          const walked: string[] = [];
          for (let marker: string | undefined = ''; marker !== undefined; marker = walked.at(-1)) {
            const pairs = [
              ['sort_key', key],
              ['sort_dir', direction],
              ['limit', '2'],
              ['marker', marker],
            ] as const;
            const page = (await metadefs.tags.list(id, parseTagList(pairs))) ?? [];
            if (page.length === 0) break;
            walked.push(...page.map((tag) => tag.name));
          }
          expect([key, direction, walked]).toEqual([key, direction, whole?.map((tag) => tag.name)]);
          expect(walked).toHaveLength(5);
        }
      }
      expect(await metadefs.tags.list(id, parseTagList([['marker', 'none']]))).toBeUndefined();
      const byName = await metadefs.tags.list(
        id,
        parseTagList([
          ['sort_key', 'name'],
          ['sort_dir', 'asc'],
        ]),
      );
      expect(byName?.map((tag) => tag.name)).toEqual(['a', 'b', 'c', 'd', 'ä']);
    });

    test('lists the namespaces the model lists, for any query', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryNamespaces, arbitraryQuery, async (wanted, { pairs, viewer, marker }) => {
          const model = memoryMetadefRepository(openMemoryMetadefs());
          const run = randomUUID().slice(0, 8);
          // Only these, among all that other tests have left.
          const owned = (text: string) => `${run}-${text}`;
          const ids: number[] = [];
          for (const [index, { seconds, types, ...attributes }] of wanted.entries()) {
            const time = new Date(at.getTime() + seconds * 1000);
            const contents = {
              ...nothing,
              associations: [...types, `all ${run}`].map((type) => ({
                name: type,
                prefix: null,
                propertiesTarget: null,
              })),
            };
            const namespace = { ...attributes, name: owned(`${attributes.name}${index}`) };
            await model.namespaces.create(namespace, contents, time);
            ids.push((await metadefs.namespaces.create(namespace, contents, time)).id);
          }
          const query = {
            ...parseNamespaceList(pairs, viewer, limits),
            marker: marker === null ? null : owned(`${wanted[marker % wanted.length]?.name}${marker % wanted.length}`),
          };
          const resourceTypes = query.resourceTypes ?? [`all ${run}`];
          const listed = async (repository: MetadefRepository) =>
            (await repository.namespaces.list({ ...query, resourceTypes }))
              .filter(({ namespace }) => namespace.name.startsWith(run))
              .map(({ namespace, associations }) => [namespace.name, associations.map((each) => each.name).toSorted()]);
          try {
            expect(await listed(metadefs)).toEqual(await listed(model));
          } finally {
            for (const id of ids) await metadefs.namespaces.delete(id);
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}

const word = fc.constantFrom('', 'a', 'b', 'B', 'ä');

const arbitraryNamespaces = fc.array(
  fc.record({
    name: word,
    displayName: fc.option(word),
    description: fc.option(word),
    visibility: fc.constantFrom('public', 'private'),
    protected: fc.constant(false),
    owner: fc.constantFrom('p1', 'p2', ''),
    seconds: fc.nat({ max: 2 }),
    types: fc.uniqueArray(fc.constantFrom('t1', 't2', 't3')),
  }),
  { minLength: 1, maxLength: 8 },
);

const arbitraryQuery = fc.record({
  pairs: fc
    .record(
      {
        sort_key: fc.constantFrom(...namespaceSortKeys),
        sort_dir: fc.constantFrom('asc', 'desc'),
        limit: fc.constantFrom('0', '1', '2', '9'),
        visibility: fc.constantFrom('public', 'private', ''),
      },
      { requiredKeys: [] },
    )
    .map((parameters) => Object.entries(parameters)),
  viewer: fc.constantFrom<Viewer>(
    admin,
    { isAdmin: false, projectId: 'p1' },
    { isAdmin: false, projectId: '' },
    { isAdmin: false, projectId: null },
  ),
  marker: fc.option(fc.nat({ max: 7 })),
});
