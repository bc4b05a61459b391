/**
 * The tables on SQLite, as SQLite itself tells them, against contract 12 §3–§5, §9.
 * A column is `name TYPE`, `?` when it may be NULL; `→` names what it refers to.
 */
import Database from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlDatabaseSchema } from '../database-schema.ts';
import { openSqlite } from './open-sqlite.ts';

const rowId = 'id INTEGER primary';
const stamps = ['created_at DATETIME', 'updated_at DATETIME?'];
const softDelete = [...stamps, 'deleted_at DATETIME?', 'deleted BOOLEAN'];
const ofImage = 'image_id VARCHAR(36) → images.id';
const ofNamespace = 'namespace_id INTEGER → metadef_namespaces.id';

interface ExpectedTable {
  readonly columns: readonly string[];
  readonly unique?: readonly string[];
  readonly indices?: readonly string[];
}

const expectedTables: Readonly<Record<string, ExpectedTable>> = {
  alembic_version: { columns: ['version_num VARCHAR(32) primary'] },
  images: {
    columns: [
      'id VARCHAR(36) primary',
      'name VARCHAR(255)?',
      'size BIGINT?',
      'virtual_size BIGINT?',
      'status VARCHAR(30)',
      'disk_format VARCHAR(20)?',
      'container_format VARCHAR(20)?',
      'checksum VARCHAR(32)?',
      'os_hash_algo VARCHAR(64)?',
      'os_hash_value VARCHAR(128)?',
      'owner VARCHAR(255)?',
      'min_disk INTEGER',
      'min_ram INTEGER',
      'protected BOOLEAN default 0',
      'os_hidden BOOLEAN default 0',
      "visibility VARCHAR(9) default 'shared'",
      ...softDelete,
    ],
    indices: [
      'checksum_image_idx(checksum)',
      'ix_images_deleted(deleted)',
      'owner_image_idx(owner)',
      'created_at_image_idx(created_at)',
      'updated_at_image_idx(updated_at)',
      'visibility_image_idx(visibility)',
      'os_hidden_image_idx(os_hidden)',
      'os_hash_value_image_idx(os_hash_value)',
    ],
  },
  image_properties: {
    columns: [rowId, ofImage, 'name VARCHAR(255)', 'value TEXT?', ...softDelete],
    unique: ['(image_id, name)'],
    indices: ['ix_image_properties_image_id(image_id)', 'ix_image_properties_deleted(deleted)'],
  },
  image_locations: {
    columns: [rowId, ofImage, 'value TEXT', 'meta_data TEXT?', "status VARCHAR(30) default 'active'", ...softDelete],
    indices: ['ix_image_locations_image_id(image_id)', 'ix_image_locations_deleted(deleted)'],
  },
  image_members: {
    columns: [
      rowId,
      ofImage,
      'member VARCHAR(255)',
      'can_share BOOLEAN',
      "status VARCHAR(20) default 'pending'",
      ...softDelete,
    ],
    unique: ['(image_id, member, deleted_at)'],
    indices: [
      'ix_image_members_deleted(deleted)',
      'ix_image_members_image_id(image_id)',
      'ix_image_members_image_id_member(image_id, member)',
    ],
  },
  image_tags: {
    columns: [rowId, ofImage, 'value VARCHAR(255)', ...softDelete],
    indices: ['ix_image_tags_image_id(image_id)', 'ix_image_tags_image_id_tag_value(image_id, value)'],
  },
  tasks: {
    columns: [
      'id VARCHAR(36) primary',
      'type VARCHAR(30)',
      'status VARCHAR(30)',
      'owner VARCHAR(255)',
      'expires_at DATETIME?',
      'image_id VARCHAR(36)?',
      'request_id VARCHAR(64)?',
      'user_id VARCHAR(64)?',
      ...softDelete,
    ],
    indices: [
      'ix_tasks_type(type)',
      'ix_tasks_status(status)',
      'ix_tasks_owner(owner)',
      'ix_tasks_deleted(deleted)',
      'ix_tasks_image_id(image_id)',
      'ix_tasks_updated_at(updated_at)',
    ],
  },
  task_info: {
    columns: ['task_id VARCHAR(36) primary → tasks.id', 'input TEXT?', 'result TEXT?', 'message TEXT?'],
  },
  node_reference: {
    columns: ['node_reference_id INTEGER primary', 'node_reference_url VARCHAR(255)'],
    unique: ['(node_reference_url)'],
  },
  cached_images: {
    columns: [
      rowId,
      'image_id VARCHAR(36)',
      'last_accessed DATETIME',
      'last_modified DATETIME',
      'size BIGINT',
      'hits INTEGER',
      'checksum VARCHAR(32)?',
      'node_reference_id BIGINT → node_reference.node_reference_id',
    ],
    unique: ['(image_id, node_reference_id)'],
  },
  metadef_namespaces: {
    columns: [
      rowId,
      'namespace VARCHAR(80)',
      'display_name VARCHAR(80)?',
      'description TEXT?',
      'visibility VARCHAR(32)?',
      'protected BOOLEAN?',
      'owner VARCHAR(255)',
      ...stamps,
    ],
    unique: ['(namespace)'],
    indices: ['ix_metadef_namespaces_owner(owner)'],
  },
  metadef_resource_types: {
    columns: [rowId, 'name VARCHAR(80)', 'protected BOOLEAN', ...stamps],
    unique: ['(name)'],
  },
  metadef_namespace_resource_types: {
    columns: [
      'resource_type_id INTEGER primary → metadef_resource_types.id',
      'namespace_id INTEGER primary → metadef_namespaces.id',
      'properties_target VARCHAR(80)?',
      'prefix VARCHAR(80)?',
      ...stamps,
    ],
    indices: ['ix_metadef_ns_res_types_namespace_id(namespace_id)'],
  },
  metadef_objects: {
    columns: [
      rowId,
      ofNamespace,
      'name VARCHAR(80)',
      'description TEXT?',
      'required TEXT?',
      'json_schema TEXT',
      ...stamps,
    ],
    unique: ['(namespace_id, name)'],
    indices: ['ix_metadef_objects_name(name)'],
  },
  metadef_properties: {
    columns: [rowId, ofNamespace, 'name VARCHAR(80)', 'json_schema TEXT', ...stamps],
    unique: ['(namespace_id, name)'],
    indices: ['ix_metadef_properties_name(name)'],
  },
  metadef_tags: {
    columns: [rowId, ofNamespace, 'name VARCHAR(80)', ...stamps],
    unique: ['(namespace_id, name)'],
    indices: ['ix_metadef_tags_name(name)'],
  },
};

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

function describeColumns(file: Database.Database, table: string): readonly string[] {
  const references = new Map(
    file
      .prepare<[], { from: string; table: string; to: string }>(`pragma foreign_key_list(${table})`)
      .all()
      .map((key) => [key.from, ` → ${key.table}.${key.to}`]),
  );
  return file
    .prepare<[], ColumnRow>(`pragma table_info(${table})`)
    .all()
    .map(({ name, type, notnull, dflt_value: byDefault, pk }) => {
      const nullable = notnull === 0 ? '?' : '';
      const defaultValue = byDefault === null ? '' : ` default ${byDefault}`;
      const reference = references.get(name) ?? '';
      return `${name} ${type.toUpperCase()}${nullable}${pk > 0 ? ' primary' : ''}${defaultValue}${reference}`;
    });
}

/** Keys made by an index and those made by a constraint (`unique`), without primary keys and indices of our own. */
function describeIndices(file: Database.Database, table: string): { unique: string[]; indices: string[] } {
  const unique: string[] = [];
  const indices: string[] = [];
  const rows = file.prepare<[], { name: string; unique: number; origin: string }>(`pragma index_list(${table})`).all();
  for (const { name, unique: isUnique, origin } of rows) {
    if (origin === 'pk' || name.startsWith('lucarne_')) continue;
    const columns = file.prepare<[], { name: string }>(`pragma index_info(${name})`).all();
    const text = `(${columns.map((column) => column.name).join(', ')})`;
    if (isUnique === 1) unique.push(text);
    else indices.push(`${name}${text}`);
  }
  return { unique, indices };
}

function sorted(texts: readonly string[] = []): readonly string[] {
  return texts.toSorted();
}

describe('The schema on SQLite', () => {
  let folder: string;
  let file: Database.Database;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-schema-'));
    const path = join(folder, 'images.db');
    const database = openSqlite(path);
    await sqlDatabaseSchema(database).sync();
    await database.close();
    file = new Database(path);
  });

  afterAll(async () => {
    file.close();
    await rm(folder, { recursive: true });
  });

  test('has the tables of Glance, and beside them only our own', () => {
    const names = file
      .prepare<[], { name: string }>("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('lucarne_') && !name.startsWith('sqlite_'));
    expect(sorted(names)).toEqual(sorted(Object.keys(expectedTables)));
  });

  test.each(Object.entries(expectedTables))(
    'table %s has the columns, keys and indices of Glance',
    (name, expected) => {
      expect(sorted(describeColumns(file, name))).toEqual(sorted(expected.columns));
      const { unique, indices } = describeIndices(file, name);
      expect(sorted(unique)).toEqual(sorted(expected.unique));
      expect(sorted(indices)).toEqual(sorted(expected.indices));
    },
  );

  test('is recorded as the revision Glance knows', () => {
    expect(file.prepare('select * from alembic_version').all()).toEqual([{ version_num: '2024_1_contract01' }]);
  });

  test('names the unique keys as Glance does', () => {
    const text = file
      .prepare<[], { sql: string }>("select group_concat(sql) as sql from sqlite_master where type = 'table'")
      .get()?.sql;
    for (const name of [
      'ix_image_properties_image_id_name',
      'image_members_image_id_member_deleted_at_key',
      'uq_node_reference_node_reference_url',
      'ix_cached_images_image_id_node_reference_id',
      'uq_metadef_namespaces_namespace',
      'uq_metadef_resource_types_name',
      'uq_metadef_objects_namespace_id_name',
      'uq_metadef_properties_namespace_id_name',
      'uq_metadef_tags_namespace_id_name',
    ]) {
      expect(text).toContain(`"${name}" unique`);
    }
  });

  test('is kept in a file in WAL mode, and with foreign keys', async () => {
    expect(file.pragma('journal_mode', { simple: true })).toBe('wal');
    const database = openSqlite(join(folder, 'images.db'));
    const row = { image_id: 'nobody', value: 'x', created_at: '', updated_at: '', deleted_at: null, deleted: 0 };
    await expect(database.db.insertInto('image_tags').values(row).execute()).rejects.toThrow('FOREIGN KEY');
    await database.close();
  });
});
