/** Properties, objects and tags in SQL. Source: contract 09 §5–§7, 12 §9. */
import {
  objectNotification,
  propertyNotification,
  tagNotification,
} from '../../domain/notifications/metadef-notifications.ts';
import type { MetadefChange } from '../../domain/notifications/metadef-notifications.ts';
import type { Notification, NotificationType } from '../../domain/notifications/notification.ts';
import { namedDefinition } from '../../domain/metadefs/property-definition.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import { writePythonJson } from '../../lib/python-json.ts';
import type {
  MetadefObjectRepository,
  MetadefPropertyRepository,
  MetadefTagRepository,
} from '../../ports/metadef-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { tellDeletionOf, tellEmptying } from './metadef-events.ts';
import { selectTagPage } from './metadef-list-queries.ts';
import { definitionFromRow, newStamps, objectFromRow, tagFromRow } from './metadef-rows.ts';
import type { NamespaceRow } from './metadef-rows.ts';
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
import type { ChildTable, MetadefWrite } from './metadef-writes.ts';
import { tell } from './recorded-events.ts';
import { reading } from './transactions.ts';
import { numberFromSql, timeToSql } from './values.ts';

export function sqlProperties(database: SqlDatabase): MetadefPropertyRepository {
  return {
    list: (namespaceId) => reading(database, (db) => selectProperties(db, namespaceId)),

    show: (namespaceId, name) =>
      reading(database, async (db) => {
        const row = await propertyRows(db, namespaceId).where('name', '=', name).executeTakeFirst();
        return row === undefined ? undefined : definitionFromRow(row);
      }),

    create: (namespaceId, { name, definition }, at) =>
      writingIn(database, namespaceId, async (write, { namespace }) => {
        await insertProperty(write, { name, definition: namedDefinition(name, definition) }, newStamps(at));
        await tell(write, 'metadef_property.create', () =>
          propertyNotification('create', { namespace, name, definition }),
        );
      }),

    update: (namespaceId, name, { property, at }) =>
      writingIn(database, namespaceId, async (write, { namespace }) => {
        const document = namedDefinition(property.name, property.definition);
        const updated = await claiming(write.dialect, `property ${quoteForMessage(property.name)}`, () =>
          write.transaction
            .updateTable('metadef_properties')
            .set({ name: property.name, json_schema: writePythonJson(document), updated_at: timeToSql(at) })
            .where('namespace_id', '=', namespaceId)
            .where('name', '=', name)
            .executeTakeFirst(),
        );
        if (updated.numUpdatedRows === 0n) return false;
        await tell(write, 'metadef_property.update', () =>
          propertyNotification('update', { namespace, ...property }, { formerName: name }),
        );
        return true;
      }),

    ...deletions(database, 'metadef_properties', {
      bulk: 'delete_properties',
      single: 'metadef_property.delete',
      async describe({ transaction }, namespace, name) {
        const row = await propertyRows(transaction, numberFromSql(namespace.id))
          .where('name', '=', name)
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const property = { namespace: namespace.namespace, name: row.name, definition: definitionFromRow(row) };
        return (change) => propertyNotification('delete', property, change);
      },
    }),
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
      writingIn(database, namespaceId, async (write, { namespace }) => {
        await insertObject(write, object, newStamps(at));
        const stored = { ...object, createdAt: at, updatedAt: at };
        await tell(write, 'metadef_object.create', () => objectNotification('create', { namespace, object: stored }));
      }),

    update: (namespaceId, name, { object, at }) =>
      writingIn(database, namespaceId, async (write, { namespace }) => {
        const { transaction, dialect } = write;
        const before = await objectRows(transaction, namespaceId).where('name', '=', name).executeTakeFirst();
        if (before === undefined) return undefined;
        await claiming(dialect, `object ${quoteForMessage(object.name)}`, () =>
          transaction
            .updateTable('metadef_objects')
            .set({ ...objectColumns(object), updated_at: timeToSql(at) })
            .where('id', '=', before.id)
            .execute(),
        );
        const former = objectFromRow(before);
        const stored = { ...object, createdAt: former.createdAt, updatedAt: at };
        await tell(write, 'metadef_object.update', () =>
          objectNotification('update', { namespace, object: stored }, { formerName: former.name }),
        );
        return former;
      }),

    ...deletions(database, 'metadef_objects', {
      bulk: 'delete_objects',
      single: 'metadef_object.delete',
      async describe({ transaction }, namespace, name) {
        const row = await objectRows(transaction, numberFromSql(namespace.id))
          .where('name', '=', name)
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const object = { namespace: namespace.namespace, object: objectFromRow(row) };
        return (change) => objectNotification('delete', object, change);
      },
    }),
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
      writingIn(database, namespaceId, async (write, { namespace }) => {
        if (replace && names.length > 0) await deleteChildren(write, 'metadef_tags');
        for (const name of names) {
          await insertTag(write, name, newStamps(at));
          const tag = { name, createdAt: at, updatedAt: at };
          await tell(write, 'metadef_tag.create', () => tagNotification('create', { namespace, tag }));
        }
      }),

    rename: (namespaceId, name, { to, at }) =>
      writingIn(database, namespaceId, async (write, { namespace }) => {
        const { transaction, dialect } = write;
        const before = await tagRows(transaction, namespaceId).where('name', '=', name).executeTakeFirst();
        if (before === undefined) return undefined;
        await claiming(dialect, `tag ${quoteForMessage(to)}`, () =>
          transaction
            .updateTable('metadef_tags')
            .set({ name: to, updated_at: timeToSql(at) })
            .where('id', '=', before.id)
            .execute(),
        );
        const former = tagFromRow(before);
        const tag = { name: to, createdAt: former.createdAt, updatedAt: at };
        await tell(write, 'metadef_tag.update', () =>
          tagNotification('update', { namespace, tag }, { formerName: former.name }),
        );
        return former;
      }),

    ...deletions(database, 'metadef_tags', {
      bulk: 'delete_tags',
      single: 'metadef_tag.delete',
      async describe({ transaction }, namespace, name) {
        const row = await tagRows(transaction, numberFromSql(namespace.id)).where('name', '=', name).executeTakeFirst();
        if (row === undefined) return undefined;
        const tag = { namespace: namespace.namespace, tag: tagFromRow(row) };
        return (change) => tagNotification('delete', tag, change);
      },
    }),
  };
}

/** What deletions tell others. */
interface ToldDeletions {
  readonly bulk: 'delete_objects' | 'delete_properties' | 'delete_tags';
  readonly single: NotificationType;
  /** Called while the child is there still; undefined when there is none. */
  describe(
    write: MetadefWrite,
    namespace: NamespaceRow,
    name: string,
  ): Promise<((change: MetadefChange) => Notification) | undefined>;
}

/** A child that is not there is told before the namespace that is protected. */
function deletions(
  database: SqlDatabase,
  table: Exclude<ChildTable, 'metadef_namespace_resource_types'>,
  told: ToldDeletions,
) {
  return {
    delete: (namespaceId: number, name: string): Promise<boolean> =>
      writingIn(database, namespaceId, async (write, namespace) => {
        const isTold = write.events?.wants(told.single) === true;
        const notification = isTold ? await told.describe(write, namespace, name) : undefined;
        const deleted = await deleteChild(write, table, name);
        if (deleted) refuseProtected(namespace);
        if (notification !== undefined) await tellDeletionOf(write, told.single, notification);
        return deleted;
      }),

    deleteAll: (namespaceId: number): Promise<void> =>
      writingIn(database, namespaceId, async (write, namespace) => {
        refuseProtected(namespace);
        await deleteChildren(write, table);
        await tellEmptying(write, told.bulk, namespace);
      }),
  };
}
