/** What is read of a namespace, always in row order. */
import type { Transaction } from 'kysely';
import type { NamespaceContents, ResourceTypeAssociation } from '../../domain/metadefs/metadefs.ts';
import type { PropertyDefinition } from '../../domain/metadefs/property-definition.ts';
import { associationFromRow, definitionFromRow, objectFromRow, tagFromRow } from './metadef-rows.ts';
import type { Tables } from './tables.ts';

type Reader = Transaction<Tables>;

/** Tags come from the newest. */
export async function selectContents(db: Reader, id: number): Promise<NamespaceContents> {
  const tags = await tagRows(db, id).orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
  return {
    associations: await selectAssociations(db, id),
    properties: await selectProperties(db, id),
    objects: (await objectRows(db, id).execute()).map(objectFromRow),
    tags: tags.map(tagFromRow),
  };
}

export function associationRows(db: Reader, namespaceIds: readonly number[]) {
  return db
    .selectFrom('metadef_namespace_resource_types')
    .innerJoin('metadef_resource_types', 'metadef_resource_types.id', 'resource_type_id')
    .selectAll('metadef_namespace_resource_types')
    .select('metadef_resource_types.name')
    .where('namespace_id', 'in', namespaceIds)
    .orderBy('metadef_namespace_resource_types.created_at')
    .orderBy('resource_type_id');
}

export async function selectAssociations(db: Reader, namespaceId: number): Promise<readonly ResourceTypeAssociation[]> {
  return (await associationRows(db, [namespaceId]).execute()).map(associationFromRow);
}

export async function selectProperties(
  db: Reader,
  namespaceId: number,
): Promise<ReadonlyMap<string, PropertyDefinition>> {
  const rows = await propertyRows(db, namespaceId).execute();
  return new Map(rows.map((row) => [row.name, definitionFromRow(row)]));
}

export function propertyRows(db: Reader, namespaceId: number) {
  return db.selectFrom('metadef_properties').selectAll().where('namespace_id', '=', namespaceId).orderBy('id');
}

export function objectRows(db: Reader, namespaceId: number) {
  return db.selectFrom('metadef_objects').selectAll().where('namespace_id', '=', namespaceId).orderBy('id');
}

export function tagRows(db: Reader, namespaceId: number) {
  return db.selectFrom('metadef_tags').selectAll().where('namespace_id', '=', namespaceId);
}
