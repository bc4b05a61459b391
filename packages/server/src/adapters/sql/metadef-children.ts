/** Properties, objects and tags in SQL. Source: contract 09 §5–§7, 12 §9. */
import { namedDefinition } from '../../domain/metadefs/property-definition.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import { writePythonJson } from '../../lib/python-json.ts';
import type {
  MetadefObjectRepository,
  MetadefPropertyRepository,
  MetadefTagRepository,
} from '../../ports/metadef-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { selectTagPage } from './metadef-list-queries.ts';
import { definitionFromRow, newStamps, objectFromRow, tagFromRow } from './metadef-rows.ts';
import { objectRows, propertyRows, selectProperties, tagRows } from './metadef-selects.ts';
import {
  claiming,
  deleteChild,
  deleteChildren,
  insertObject,
  insertProperty,
  insertTag,
  objectColumns,
  refuseProtected,
  writingIn,
} from './metadef-writes.ts';
import type { ChildTable } from './metadef-writes.ts';
import { reading } from './transactions.ts';
import { timeToSql } from './values.ts';

export function sqlProperties(database: SqlDatabase): MetadefPropertyRepository {
  return {
    list: (namespaceId) => reading(database, (db) => selectProperties(db, namespaceId)),

    show: (namespaceId, name) =>
      reading(database, async (db) => {
        const row = await propertyRows(db, namespaceId).where('name', '=', name).executeTakeFirst();
        return row === undefined ? undefined : definitionFromRow(row);
      }),

    create: (namespaceId, { name, definition }, at) =>
      writingIn(database, namespaceId, (write) =>
        insertProperty(write, { name, definition: namedDefinition(name, definition) }, newStamps(at)),
      ),

    update: (namespaceId, name, { property, at }) =>
      writingIn(database, namespaceId, ({ transaction, dialect }) =>
        claiming(dialect, `property ${quoteForMessage(property.name)}`, async () => {
          const document = namedDefinition(property.name, property.definition);
          const updated = await transaction
            .updateTable('metadef_properties')
            .set({ name: property.name, json_schema: writePythonJson(document), updated_at: timeToSql(at) })
            .where('namespace_id', '=', namespaceId)
            .where('name', '=', name)
            .executeTakeFirst();
          return updated.numUpdatedRows > 0n;
        }),
      ),

    ...deletions(database, 'metadef_properties'),
  };
}

export function sqlObjects(database: SqlDatabase): MetadefObjectRepository {
  return {
    list: (namespaceId) =>
      reading(database, async (db) => (await objectRows(db, namespaceId).execute()).map(objectFromRow)),

    show: (namespaceId, name) =>
      reading(database, async (db) => {
        const row = await objectRows(db, namespaceId).where('name', '=', name).executeTakeFirst();
        return row === undefined ? undefined : objectFromRow(row);
      }),

    create: (namespaceId, object, at) =>
      writingIn(database, namespaceId, (write) => insertObject(write, object, newStamps(at))),

    update: (namespaceId, name, { object, at }) =>
      writingIn(database, namespaceId, async ({ transaction, dialect }) => {
        const before = await objectRows(transaction, namespaceId).where('name', '=', name).executeTakeFirst();
        if (before === undefined) return undefined;
        await claiming(dialect, `object ${quoteForMessage(object.name)}`, () =>
          transaction
            .updateTable('metadef_objects')
            .set({ ...objectColumns(object), updated_at: timeToSql(at) })
            .where('id', '=', before.id)
            .execute(),
        );
        return objectFromRow(before);
      }),

    ...deletions(database, 'metadef_objects'),
  };
}

export function sqlTags(database: SqlDatabase): MetadefTagRepository {
  return {
    list: (namespaceId, query) =>
      reading(database, async (db) => (await selectTagPage(db, namespaceId, query))?.map(tagFromRow)),

    show: (namespaceId, name) =>
      reading(database, async (db) => {
        const row = await tagRows(db, namespaceId).where('name', '=', name).executeTakeFirst();
        return row === undefined ? undefined : tagFromRow(row);
      }),

    create: (namespaceId, { names, replace }, at) =>
      writingIn(database, namespaceId, async (write) => {
        if (replace && names.length > 0) await deleteChildren(write, 'metadef_tags');
        for (const name of names) await insertTag(write, name, newStamps(at));
      }),

    rename: (namespaceId, name, { to, at }) =>
      writingIn(database, namespaceId, async ({ transaction, dialect }) => {
        const before = await tagRows(transaction, namespaceId).where('name', '=', name).executeTakeFirst();
        if (before === undefined) return undefined;
        await claiming(dialect, `tag ${quoteForMessage(to)}`, () =>
          transaction
            .updateTable('metadef_tags')
            .set({ name: to, updated_at: timeToSql(at) })
            .where('id', '=', before.id)
            .execute(),
        );
        return tagFromRow(before);
      }),

    ...deletions(database, 'metadef_tags'),
  };
}

/** A child that is not there is told before the namespace that is protected. */
function deletions(database: SqlDatabase, table: Exclude<ChildTable, 'metadef_namespace_resource_types'>) {
  return {
    delete: (namespaceId: number, name: string): Promise<boolean> =>
      writingIn(database, namespaceId, async (write, namespace) => {
        const deleted = await deleteChild(write, table, name);
        if (deleted) refuseProtected(namespace);
        return deleted;
      }),

    deleteAll: (namespaceId: number): Promise<void> =>
      writingIn(database, namespaceId, async (write, namespace) => {
        refuseProtected(namespace);
        await deleteChildren(write, table);
      }),
  };
}
