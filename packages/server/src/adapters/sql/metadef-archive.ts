/**
 * Loading, dumping and clearing metadata definitions in SQL. Source: contract 09 §10.
 */
import type { Transaction } from 'kysely';
import type { AssociationAttributes } from '../../domain/metadefs/metadefs.ts';
import type { LoadMode, NamespaceFile } from '../../domain/metadefs/namespace-file.ts';
import { writePythonJson } from '../../lib/python-json.ts';
import type { LoadOutcome, MetadefArchive } from '../../ports/metadef-archive.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { namespaceFromRow, storedDocument } from './metadef-rows.ts';
import type { NamespaceRow } from './metadef-rows.ts';
import { objectRows, propertyRows, selectAssociations, tagRows } from './metadef-selects.ts';
import {
  childTables,
  deleteNamespace,
  insertAssociation,
  insertObject,
  insertProperty,
  insertTag,
  resourceTypeId,
} from './metadef-writes.ts';
import type { MetadefWrite } from './metadef-writes.ts';
import type { Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { numberFromSql, timeToSql } from './values.ts';

export function sqlMetadefArchive(database: SqlDatabase): MetadefArchive {
  const { dialect } = database;
  return {
    load: (file, mode, at) =>
      writing(database, (transaction) => load({ transaction, dialect, mode, time: timeToSql(at) }, file)),

    dump: () =>
      reading(database, async (db) => {
        const rows = await db.selectFrom('metadef_namespaces').selectAll().orderBy('id').execute();
        const files: NamespaceFile[] = [];
        for (const row of rows) files.push(await dumpNamespace(db, row));
        return files;
      }),

    clear: () =>
      writing(database, async (transaction) => {
        for (const table of childTables) await transaction.deleteFrom(table).execute();
        const namespaces = await transaction.deleteFrom('metadef_namespaces').executeTakeFirst();
        await transaction.deleteFrom('metadef_resource_types').execute();
        return Number(namespaces.numDeletedRows);
      }),
  };
}

interface Load {
  readonly transaction: Transaction<Tables>;
  readonly dialect: SqlDialect;
  readonly mode: LoadMode;
  readonly time: string;
}

async function load(context: Load, file: NamespaceFile): Promise<LoadOutcome> {
  const { transaction, dialect, mode } = context;
  const known = await namespaceId(transaction, file.name);
  if (known === undefined) {
    await createFrom(context, file);
    return 'created';
  }
  if (mode === 'skip') return 'skipped';
  const write: MetadefWrite = { transaction, dialect, events: null, namespaceId: known };
  if (mode === 'overwrite') {
    await deleteNamespace(write);
    await createFrom(context, file);
    return 'replaced';
  }
  if (mode === 'prefer-new') {
    await transaction
      .updateTable('metadef_namespaces')
      .set({ ...columnsOf(file, dialect), updated_at: context.time })
      .where('id', '=', known)
      .execute();
  }
  await addContents(context, write, file);
  return 'merged';
}

async function createFrom(context: Load, file: NamespaceFile): Promise<void> {
  const { transaction, dialect, time } = context;
  const row = { ...columnsOf(file, dialect), created_at: time, updated_at: null };
  await transaction.insertInto('metadef_namespaces').values(row).execute();
  const created = await namespaceId(transaction, file.name);
  if (created === undefined) throw new Error('The namespace is not there after it was made.');
  await addContents(context, { transaction, dialect, events: null, namespaceId: created }, file);
}

/** What is there already is left alone, or changed where the mode prefers the new. */
async function addContents(context: Load, write: MetadefWrite, file: NamespaceFile): Promise<void> {
  const isUpdating = context.mode === 'prefer-new';
  const known = await knownContents(write);
  const stamps = { created_at: context.time, updated_at: null };
  for (const association of file.associations) {
    if (!known.associations.has(association.name)) {
      await insertAssociation(write, { ...association, protectType: true }, stamps);
    } else if (isUpdating) await updateAssociation(write, association, context.time);
  }
  for (const object of file.objects) {
    if (!known.objects.has(object.name)) await insertObject(write, { ...object, required: null }, stamps);
    else if (isUpdating) {
      const { description, properties } = object;
      await updateDocument(write, ['metadef_objects', object.name], {
        json_schema: writePythonJson(properties),
        description,
        updated_at: context.time,
      });
    }
  }
  for (const name of file.tags) if (!known.tags.has(name)) await insertTag(write, name, stamps);
  for (const [name, definition] of file.properties) {
    if (!known.properties.has(name)) await insertProperty(write, { name, definition }, stamps);
    else if (isUpdating) {
      await updateDocument(write, ['metadef_properties', name], {
        json_schema: writePythonJson(definition),
        updated_at: context.time,
      });
    }
  }
}

async function knownContents({ transaction, namespaceId: id }: MetadefWrite) {
  const namesOf = (rows: readonly { readonly name: string }[]) => new Set(rows.map(({ name }) => name));
  return {
    associations: namesOf(await selectAssociations(transaction, id)),
    objects: namesOf(await objectRows(transaction, id).execute()),
    tags: namesOf(await tagRows(transaction, id).execute()),
    properties: namesOf(await propertyRows(transaction, id).execute()),
  };
}

async function updateAssociation(
  { transaction, namespaceId: id }: MetadefWrite,
  { name, prefix, propertiesTarget }: AssociationAttributes,
  time: string,
): Promise<void> {
  const typeId = await resourceTypeId(transaction, name);
  if (typeId === undefined) return;
  await transaction
    .updateTable('metadef_namespace_resource_types')
    .set({ prefix, properties_target: propertiesTarget, updated_at: time })
    .where('namespace_id', '=', id)
    .where('resource_type_id', '=', typeId)
    .execute();
}

async function updateDocument<Table extends 'metadef_objects' | 'metadef_properties'>(
  { transaction, namespaceId: id }: MetadefWrite,
  [table, name]: readonly [Table, string],
  columns: { json_schema: string; updated_at: string } & (Table extends 'metadef_objects'
    ? { description: string | null }
    : object),
): Promise<void> {
  await transaction
    .updateTable<'metadef_objects' | 'metadef_properties'>(table)
    .set(columns)
    .where('namespace_id', '=', id)
    .where('name', '=', name)
    .execute();
}

function columnsOf(file: NamespaceFile, dialect: SqlDialect) {
  return {
    namespace: file.name,
    display_name: file.displayName,
    description: file.description,
    visibility: file.visibility,
    protected: file.protected === null ? null : dialect.boolean(file.protected),
    owner: file.owner,
  };
}

async function namespaceId(transaction: Transaction<Tables>, name: string): Promise<number | undefined> {
  const row = await transaction
    .selectFrom('metadef_namespaces')
    .select('id')
    .where('namespace', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : numberFromSql(row.id);
}

async function dumpNamespace(db: Transaction<Tables>, row: NamespaceRow): Promise<NamespaceFile> {
  const namespace = namespaceFromRow(row);
  const { id } = namespace;
  const properties = await propertyRows(db, id).execute();
  const objects = await objectRows(db, id).execute();
  return {
    ...namespace,
    associations: await selectAssociations(db, id),
    properties: new Map(properties.map((property) => [property.name, storedDocument(property.json_schema)])),
    objects: objects.map((object) => ({
      name: object.name,
      description: object.description,
      properties: storedDocument(object.json_schema) ?? {},
    })),
    tags: (await tagRows(db, id).orderBy('id').execute()).map(({ name }) => name),
  };
}
