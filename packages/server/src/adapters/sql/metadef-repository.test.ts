import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseNamespaceList } from '../../domain/metadefs/list-parameters.ts';
import { readNamespaceFile } from '../../domain/metadefs/namespace-file.ts';
import type { LoadMode } from '../../domain/metadefs/namespace-file.ts';
import { describeMetadefRepositoryConformance } from '../../ports/metadef-repository.conformance.ts';
import type { OpenedMetadefs } from '../../ports/metadef-repository.conformance.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlMetadefArchive } from './metadef-archive.ts';
import { sqlMetadefRepository } from './metadef-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

async function openMetadefs(connections: readonly [SqlDatabase, ...SqlDatabase[]]): Promise<OpenedMetadefs> {
  const [database, other = database] = connections;
  await sqlDatabaseSchema(database).sync();
  return {
    metadefs: sqlMetadefRepository(database),
    elsewhere: sqlMetadefRepository(other),
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'lucarne-metadefs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeMetadefRepositoryConformance('SQLite in memory', () => openMetadefs([openSqlite(':memory:')]));
describeMetadefRepositoryConformance('SQLite in a file with two connections', () => {
  const path = join(folder, 'metadefs.db');
  return openMetadefs([openSqlite(path), openSqlite(path)]);
});

const admin = { isAdmin: true, projectId: null };
const at = new Date('2026-03-01T09:00:00.001Z');
const later = new Date('2026-03-01T10:00:00.123Z');

describe('metadata definitions in SQLite', () => {
  let database: SqlDatabase;
  beforeAll(async () => {
    database = openSqlite(':memory:');
    await sqlDatabaseSchema(database).sync();
  });
  afterAll(() => database.close());

  const before = readNamespaceFile({
    namespace: 'kept',
    display_name: 'Before',
    visibility: 'public',
    resource_type_associations: [{ name: 'shared', prefix: 'a_' }],
    properties: { same: { title: 'Before', type: 'integer', default: 5 }, gone: { title: 'Gone', type: 'string' } },
    objects: [{ name: 'same', description: 'before', properties: { p: { title: 'P', type: 'string' } } }],
    tags: [{ name: 'same' }],
  });
  const after = readNamespaceFile({
    namespace: 'kept',
    display_name: 'After',
    resource_type_associations: [{ name: 'shared', prefix: 'b_' }, { name: 'added' }],
    properties: { same: { title: 'After', type: 'string' }, added: { title: 'Added', type: 'string' } },
    objects: [{ name: 'same' }, { name: 'added', properties: {} }],
    tags: [{ name: 'same' }, { name: 'added' }],
  });

  test.each<[LoadMode, string, object]>([
    [
      'skip',
      'skipped',
      {
        title: 'Before',
        prefix: 'a_',
        object: 'before',
        names: ['same', 'gone'],
        types: ['shared'],
        visibility: 'public',
      },
    ],
    [
      'merge',
      'merged',
      {
        title: 'Before',
        prefix: 'a_',
        object: 'before',
        names: ['same', 'gone', 'added'],
        types: ['shared', 'added'],
        visibility: 'public',
      },
    ],
    [
      'prefer-new',
      'merged',
      {
        title: 'After',
        prefix: 'b_',
        object: null,
        names: ['same', 'gone', 'added'],
        types: ['shared', 'added'],
        visibility: 'private',
      },
    ],
    [
      'overwrite',
      'replaced',
      {
        title: 'After',
        prefix: 'b_',
        object: null,
        names: ['same', 'added'],
        types: ['shared', 'added'],
        visibility: 'private',
      },
    ],
  ])('loaded over what is there, mode %s: %s', async (mode, outcome, expected) => {
    const archive = sqlMetadefArchive(database);
    const metadefs = sqlMetadefRepository(database);
    await archive.clear();
    expect(await archive.load(before, mode, at)).toBe('created');
    expect(await archive.load(after, mode, later)).toBe(outcome);
    const namespace = await metadefs.namespaces.show(admin, 'kept');
    const contents = await metadefs.namespaces.showContents(namespace?.id ?? 0);
    expect({
      title: contents.properties.get('same')?.get('title'),
      prefix: contents.associations[0]?.prefix,
      object: contents.objects[0]?.description,
      names: [...contents.properties.keys()],
      types: contents.associations.map(({ name }) => name),
      visibility: namespace?.visibility,
    }).toEqual(expected);
  });

  test('loaded from a file were never changed, leave their resource types protected, and default to text', async () => {
    const archive = sqlMetadefArchive(database);
    await archive.clear();
    await archive.load(before, 'skip', at);
    const metadefs = sqlMetadefRepository(database);
    const [listed] = await metadefs.namespaces.list(parseNamespaceList([], admin, { defaultLimit: 1, maxLimit: 1 }));
    expect(listed?.namespace).toMatchObject({ owner: 'admin', createdAt: at, updatedAt: null });
    const types = await database.db.selectFrom('metadef_resource_types').selectAll().execute();
    expect(types).toMatchObject([{ name: 'shared', protected: 1n, updated_at: null }]);
    const property = await metadefs.properties.show(listed?.namespace.id ?? 0, 'same');
    expect(property?.get('default')).toBe('5');
    expect((await archive.dump())[0]?.properties.get('same')).toEqual({ title: 'Before', type: 'integer', default: 5 });
  });

  test('cleared take all resource types with them, also those that users made', async () => {
    const archive = sqlMetadefArchive(database);
    await archive.clear();
    await archive.load(before, 'skip', at);
    await sqlMetadefRepository(database).namespaces.create(
      { name: 'users', displayName: null, description: null, visibility: 'private', protected: true, owner: 'p' },
      {
        associations: [{ name: 'own', prefix: null, propertiesTarget: null }],
        properties: null,
        objects: null,
        tags: null,
      },
      at,
    );
    expect(await archive.clear()).toBe(2);
    expect(await sqlMetadefRepository(database).resourceTypes.list()).toEqual([]);
    expect(await archive.dump()).toEqual([]);
  });

  test('a file that names a part twice is loaded not at all: conflict', async () => {
    const archive = sqlMetadefArchive(database);
    await archive.clear();
    const twice = { ...before, tags: ['x', 'x'] };
    await expect(archive.load(twice, 'skip', at)).rejects.toMatchObject({ code: 'conflict' });
    expect(await archive.dump()).toEqual([]);
  });

  test('are readable whoever wrote them: a null document, no JSON, unknown and ill-typed attributes', async () => {
    const archive = sqlMetadefArchive(database);
    await archive.clear();
    await archive.load(before, 'skip', at);
    const strange = { title: 'T', type: 'string', required: ['x'], minimum: '1', enum: [1], default: [1], unknown: 1 };
    await database.db
      .updateTable('metadef_properties')
      .set({ json_schema: JSON.stringify(strange) })
      .execute();
    await database.db.updateTable('metadef_objects').set({ json_schema: 'null' }).execute();
    const metadefs = sqlMetadefRepository(database);
    const id = (await metadefs.namespaces.show(admin, 'kept'))?.id ?? 0;
    expect(await metadefs.properties.show(id, 'same')).toEqual(
      new Map<string, unknown>([
        ['type', 'string'],
        ['title', 'T'],
        ['default', null],
      ]),
    );
    expect((await metadefs.objects.show(id, 'same'))?.properties).toEqual(new Map());
    await database.db.updateTable('metadef_properties').set({ json_schema: '{' }).execute();
    expect(await metadefs.properties.show(id, 'same')).toEqual(new Map());
  });

  test('are written as Glance writes them: blanks after separators, ASCII alone', async () => {
    const archive = sqlMetadefArchive(database);
    await archive.clear();
    const file = readNamespaceFile({
      namespace: 'texts',
      properties: { p: { title: 'Größe 😀', type: 'integer', enum: ['a', 'b'], maximum: 10n ** 20n } },
      objects: [{ name: 'o' }],
    });
    await archive.load(file, 'skip', at);
    const property = await database.db.selectFrom('metadef_properties').select('json_schema').executeTakeFirst();
    expect(property?.json_schema).toBe(
      String.raw`{"title": "Gr\u00f6\u00dfe \ud83d\ude00", "type": "integer", "enum": ["a", "b"], "maximum": 100000000000000000000}`,
    );
    const object = await database.db.selectFrom('metadef_objects').select('json_schema').executeTakeFirst();
    expect(object?.json_schema).toBe('{}');
  });
});
