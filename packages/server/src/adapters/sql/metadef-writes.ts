/**
 * The steps that writes of metadata definitions are made of; each runs in the transaction of its caller. No foreign key
 * cascades, so what a namespace holds goes before it does. Source: contract 12 §9.
 */
import type { Transaction } from 'kysely';
import { conflict, forbidden, notFound } from '../../domain/errors.ts';
import { joinRequired } from '../../domain/metadefs/metadefs.ts';
import type { AssociationAttributes, ObjectAttributes } from '../../domain/metadefs/metadefs.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import { writePythonJson } from '../../lib/python-json.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { namespaceFromRow } from './metadef-rows.ts';
import type { NamespaceRow } from './metadef-rows.ts';
import type { Tables } from './tables.ts';
import { writing } from './transactions.ts';
import { numberFromSql } from './values.ts';

/** In the order in which they are emptied. */
export const childTables = [
  'metadef_tags',
  'metadef_objects',
  'metadef_properties',
  'metadef_namespace_resource_types',
] as const;
export type ChildTable = (typeof childTables)[number];

/** What a new row is stamped with. */
export interface RowStamps {
  readonly created_at: string;
  readonly updated_at: string | null;
}

export interface MetadefWrite extends Pick<SqlDatabase, 'events'> {
  readonly transaction: Transaction<Tables>;
  readonly dialect: SqlDialect;
  readonly namespaceId: number;
}

/** Writes in a namespace that is there, else raises `notFound`. */
export function writingIn<T>(
  database: SqlDatabase,
  namespaceId: number,
  work: (write: MetadefWrite, namespace: NamespaceRow) => Promise<T>,
): Promise<T> {
  return writing(database, async (transaction) => {
    const namespace = await transaction
      .selectFrom('metadef_namespaces')
      .selectAll()
      .where('id', '=', namespaceId)
      .executeTakeFirst();
    if (namespace === undefined) throw notFound('The metadata definition namespace does not exist any more.');
    const { dialect, events } = database;
    return work({ transaction, dialect, events, namespaceId }, namespace);
  });
}

export function refuseProtected(row: NamespaceRow): void {
  const namespace = namespaceFromRow(row);
  if (!namespace.protected) return;
  throw forbidden(
    `The metadata definition namespace ${quoteForMessage(namespace.name)} is protected: nothing in it can be deleted.`,
  );
}

/** Does what may break a unique key; if it does, `what` is there already. */
export async function claiming<T>(dialect: SqlDialect, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (dialect.isUniqueViolation(error)) throw conflict(`The metadata definition ${what} exists already.`, error);
    throw error;
  }
}

export async function insertProperty(
  { transaction, dialect, namespaceId }: MetadefWrite,
  property: { readonly name: string; readonly definition: unknown },
  stamps: RowStamps,
): Promise<void> {
  const { name, definition } = property;
  const row = { namespace_id: namespaceId, name, json_schema: writePythonJson(definition), ...stamps };
  await claiming(dialect, `property ${quoteForMessage(name)}`, () =>
    transaction.insertInto('metadef_properties').values(row).execute(),
  );
}

export async function insertObject(
  { transaction, dialect, namespaceId }: MetadefWrite,
  object: Omit<ObjectAttributes, 'properties'> & { readonly properties: unknown },
  stamps: RowStamps,
): Promise<void> {
  const row = { namespace_id: namespaceId, ...objectColumns(object), ...stamps };
  await claiming(dialect, `object ${quoteForMessage(object.name)}`, () =>
    transaction.insertInto('metadef_objects').values(row).execute(),
  );
}

export function objectColumns(object: Omit<ObjectAttributes, 'properties'> & { readonly properties: unknown }) {
  return {
    name: object.name,
    description: object.description,
    required: joinRequired(object.required),
    json_schema: writePythonJson(object.properties ?? {}),
  };
}

export async function insertTag(
  { transaction, dialect, namespaceId }: MetadefWrite,
  name: string,
  stamps: RowStamps,
): Promise<void> {
  await claiming(dialect, `tag ${quoteForMessage(name)}`, () =>
    transaction
      .insertInto('metadef_tags')
      .values({ namespace_id: namespaceId, name, ...stamps })
      .execute(),
  );
}

/** Makes the resource type known if it is not; `protectType` is for types that are new then. */
export async function insertAssociation(
  write: MetadefWrite,
  association: AssociationAttributes & { readonly protectType: boolean },
  stamps: RowStamps,
): Promise<void> {
  const { transaction, dialect, namespaceId } = write;
  const { name, prefix, propertiesTarget } = association;
  const known = await resourceTypeId(transaction, name);
  const row = { name, protected: dialect.boolean(association.protectType), ...stamps };
  await claiming(dialect, `association with resource type ${quoteForMessage(name)}`, async () => {
    if (known === undefined) await transaction.insertInto('metadef_resource_types').values(row).execute();
    const id = known ?? (await resourceTypeId(transaction, name));
    if (id === undefined) throw new Error('The resource type is not there after it was made.');
    await transaction
      .insertInto('metadef_namespace_resource_types')
      .values({
        resource_type_id: id,
        namespace_id: namespaceId,
        prefix,
        properties_target: propertiesTarget,
        ...stamps,
      })
      .execute();
  });
}

export async function resourceTypeId(transaction: Transaction<Tables>, name: string): Promise<number | undefined> {
  const row = await transaction
    .selectFrom('metadef_resource_types')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : numberFromSql(row.id);
}

/** False when there is no such child. */
export async function deleteChild(
  { transaction, namespaceId }: MetadefWrite,
  table: Exclude<ChildTable, 'metadef_namespace_resource_types'>,
  name: string,
): Promise<boolean> {
  const deleted = await transaction
    .deleteFrom(table)
    .where('namespace_id', '=', namespaceId)
    .where('name', '=', name)
    .executeTakeFirst();
  return deleted.numDeletedRows > 0n;
}

export async function deleteChildren({ transaction, namespaceId }: MetadefWrite, table: ChildTable): Promise<void> {
  await transaction.deleteFrom(table).where('namespace_id', '=', namespaceId).execute();
}

/** The namespace and all it holds. */
export async function deleteNamespace(write: MetadefWrite): Promise<void> {
  for (const table of childTables) await deleteChildren(write, table);
  await write.transaction.deleteFrom('metadef_namespaces').where('id', '=', write.namespaceId).execute();
}
