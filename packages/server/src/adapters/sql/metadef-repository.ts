/**
 * Metadata definitions in SQL. Every write is one transaction that finds its namespace first. Source: contract 09,
 * 12 §9.
 */
import type { MetadefRepository, MetadefResourceTypeRepository } from '../../ports/metadef-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlObjects, sqlProperties, sqlTags } from './metadef-children.ts';
import { sqlNamespaces } from './metadef-namespaces.ts';
import { associationFromRow, newStamps, resourceTypeFromRow } from './metadef-rows.ts';
import { associationRows, selectAssociations } from './metadef-selects.ts';
import { insertAssociation, refuseProtected, resourceTypeId, writingIn } from './metadef-writes.ts';
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
      writingIn(database, namespaceId, (write) =>
        insertAssociation(write, { ...attributes, protectType: false }, newStamps(at)),
      ),

    dissociate: (namespaceId, name) =>
      writingIn(database, namespaceId, async ({ transaction }, namespace) => {
        const typeId = await resourceTypeId(transaction, name);
        if (typeId === undefined) return false;
        const deleted = await transaction
          .deleteFrom('metadef_namespace_resource_types')
          .where('namespace_id', '=', namespaceId)
          .where('resource_type_id', '=', typeId)
          .executeTakeFirst();
        if (deleted.numDeletedRows === 0n) return false;
        refuseProtected(namespace);
        return true;
      }),
  };
}
