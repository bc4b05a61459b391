/** Namespaces in SQL. Source: contract 09 §4, 12 §9. */
import type { Transaction } from 'kysely';
import type {
  MetadefNamespace,
  NamespaceAttributes,
  NewNamespaceContents,
  ResourceTypeAssociation,
} from '../../domain/metadefs/metadefs.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import { namespaceNotification } from '../../domain/notifications/metadef-notifications.ts';
import type { ListedNamespace, MetadefNamespaceRepository } from '../../ports/metadef-repository.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { tellNamespaceDeletion, tellNewNamespace } from './metadef-events.ts';
import { selectNamespacePage } from './metadef-list-queries.ts';
import { associationFromRow, namespaceFromRow, newStamps } from './metadef-rows.ts';
import type { NamespaceRow } from './metadef-rows.ts';
import { associationRows, selectContents } from './metadef-selects.ts';
import {
  claiming,
  deleteNamespace,
  insertAssociation,
  insertObject,
  insertProperty,
  insertTag,
  refuseProtected,
  writingIn,
} from './metadef-writes.ts';
import { tell } from './recorded-events.ts';
import type { Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { numberFromSql, timeToSql } from './values.ts';

export function sqlNamespaces(database: SqlDatabase): MetadefNamespaceRepository {
  const { dialect, events } = database;
  return {
    list: (query) =>
      reading(database, async (db) => withAssociations(db, await selectNamespacePage(db, dialect, query))),

    show: (viewer, name) =>
      reading(database, async (db) => {
        const row = await db
          .selectFrom('metadef_namespaces')
          .selectAll()
          .where('namespace', '=', name)
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const namespace = namespaceFromRow(row);
        const isOwn = viewer.projectId !== null && namespace.owner === viewer.projectId;
        return viewer.isAdmin || isOwn || namespace.visibility === 'public' ? namespace : undefined;
      }),

    showContents: (id) => reading(database, (db) => selectContents(db, id)),

    create: (attributes, contents, at) =>
      writing(database, (transaction) => createNamespace({ transaction, dialect, events, at }, attributes, contents)),

    update: (id, attributes, at) =>
      writingIn(database, id, async ({ transaction }, row) => {
        const columns = { ...namespaceColumns(attributes, dialect), updated_at: timeToSql(at) };
        await claiming(dialect, `namespace ${quoteForMessage(attributes.name)}`, () =>
          transaction.updateTable('metadef_namespaces').set(columns).where('id', '=', id).execute(),
        );
        const { createdAt, name: formerName } = namespaceFromRow(row);
        const stored = { ...attributes, createdAt, updatedAt: at };
        await tell({ events, transaction }, 'metadef_namespace.update', () =>
          namespaceNotification('update', stored, { formerName }),
        );
      }),

    delete: (id) =>
      writingIn(database, id, async (write, namespace) => {
        refuseProtected(namespace);
        await deleteNamespace(write);
        await tellNamespaceDeletion(write, namespace);
      }),
  };
}

interface NamespaceWrite extends Pick<SqlDatabase, 'events'> {
  readonly transaction: Transaction<Tables>;
  readonly dialect: SqlDialect;
  readonly at: Date;
}

async function createNamespace(
  { transaction, dialect, events, at }: NamespaceWrite,
  attributes: NamespaceAttributes,
  contents: NewNamespaceContents,
): Promise<MetadefNamespace> {
  const stamps = newStamps(at);
  const columns = { ...namespaceColumns(attributes, dialect), ...stamps };
  await claiming(dialect, `namespace ${quoteForMessage(attributes.name)}`, () =>
    transaction.insertInto('metadef_namespaces').values(columns).execute(),
  );
  const { id } = await transaction
    .selectFrom('metadef_namespaces')
    .select('id')
    .where('namespace', '=', attributes.name)
    .executeTakeFirstOrThrow();
  const write = { transaction, dialect, events, namespaceId: numberFromSql(id) };
  for (const association of contents.associations ?? []) {
    await insertAssociation(write, { ...association, protectType: false }, stamps);
  }
  for (const object of contents.objects ?? []) await insertObject(write, object, stamps);
  for (const tag of contents.tags ?? []) await insertTag(write, tag.name, stamps);
  for (const [name, definition] of contents.properties ?? []) await insertProperty(write, { name, definition }, stamps);
  const namespace = { ...attributes, id: write.namespaceId, createdAt: at, updatedAt: at };
  await tellNewNamespace(write, namespace, contents);
  return namespace;
}

function namespaceColumns(attributes: NamespaceAttributes, dialect: SqlDialect) {
  return {
    namespace: attributes.name,
    display_name: attributes.displayName,
    description: attributes.description,
    visibility: attributes.visibility,
    protected: dialect.boolean(attributes.protected),
    owner: attributes.owner,
  };
}

async function withAssociations(
  db: Transaction<Tables>,
  rows: readonly NamespaceRow[],
): Promise<readonly ListedNamespace[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => numberFromSql(row.id));
  const associations = new Map<number, ResourceTypeAssociation[]>(ids.map((id) => [id, []]));
  for (const row of await associationRows(db, ids).execute()) {
    associations.get(numberFromSql(row.namespace_id))?.push(associationFromRow(row));
  }
  return rows.map((row) => {
    const namespace = namespaceFromRow(row);
    return { namespace, associations: associations.get(namespace.id) ?? [] };
  });
}
