/**
 * Metadata definitions in SQL. Every write is one transaction that finds its namespace first. Source: contract 09,
 * 12 §9.
 */
import type { AssociationAttributes } from '../../domain/metadefs/metadefs.ts';
import { associationNotification } from '../../domain/notifications/metadef-notifications.ts';
import type { MetadefRepository, MetadefResourceTypeRepository } from '../../ports/metadef-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlObjects, sqlProperties, sqlTags } from './metadef-children.ts';
import { tellDeletionOf } from './metadef-events.ts';
import { sqlNamespaces } from './metadef-namespaces.ts';
import { associationFromRow, newStamps, resourceTypeFromRow } from './metadef-rows.ts';
import { associationRows, selectAssociations } from './metadef-selects.ts';
import { insertAssociation, refuseProtected, resourceTypeId, writingIn } from './metadef-writes.ts';
import type { MetadefWrite } from './metadef-writes.ts';
import { tell } from './recorded-events.ts';
import { reading } from './transactions.ts';

export function sqlMetadefRepository(database: SqlDatabase): MetadefRepository {
  return {
    namespaces: sqlNamespaces(database),
    resourceTypes: sqlResourceTypes(database),
    properties: sqlProperties(database),
    objects: sqlObjects(database),
    tags: sqlTags(database),
  };
}

function sqlResourceTypes(database: SqlDatabase): MetadefResourceTypeRepository {
  return {
    list: () =>
      reading(database, async (db) => {
        const rows = await db.selectFrom('metadef_resource_types').selectAll().orderBy('id').execute();
        return rows.map(resourceTypeFromRow);
      }),

    listAssociations: (namespaceId) => reading(database, (db) => selectAssociations(db, namespaceId)),

    showAssociation: (namespaceId, name) =>
      reading(database, async (db) => {
        const row = await associationRows(db, [namespaceId])
          .where('metadef_resource_types.name', '=', name)
          .executeTakeFirst();
        return row === undefined ? undefined : associationFromRow(row);
      }),

    associate: (namespaceId, attributes, at) =>
      writingIn(database, namespaceId, (write, namespace) =>
        associate(write, { namespace: namespace.namespace, attributes, at }),
      ),

    dissociate: (namespaceId, name) =>
      writingIn(database, namespaceId, async (write, namespace) => {
        const { transaction } = write;
        const typeId = await resourceTypeId(transaction, name);
        const row = await associationRows(transaction, [namespaceId])
          .where('metadef_resource_types.name', '=', name)
          .executeTakeFirst();
        if (typeId === undefined || row === undefined) return false;
        await transaction
          .deleteFrom('metadef_namespace_resource_types')
          .where('namespace_id', '=', namespaceId)
          .where('resource_type_id', '=', typeId)
          .execute();
        refuseProtected(namespace);
        const told = { namespace: namespace.namespace, association: associationFromRow(row) };
        await tellDeletionOf(write, 'metadef_resource_type.delete', (change) =>
          associationNotification('delete', told, change),
        );
        return true;
      }),
  };
}

async function associate(
  write: MetadefWrite,
  { namespace, attributes, at }: { namespace: string; attributes: AssociationAttributes; at: Date },
): Promise<void> {
  await insertAssociation(write, { ...attributes, protectType: false }, newStamps(at));
  const association = { ...attributes, createdAt: at, updatedAt: at };
  await tell(write, 'metadef_resource_type.create', () =>
    associationNotification('create', { namespace, association }),
  );
}
