/**
 * Pages of namespaces and of tags as SQL. They continue by key, never by offset; what is not set counts as empty, in
 * the order and across pages alike. Source: contract 09 §4.3, §7.
 */
import { sql } from 'kysely';
import type { Expression, RawBuilder, SqlBool, Transaction } from 'kysely';
import type {
  MetadefSort,
  NamespaceListQuery,
  NamespaceSortKey,
  TagListQuery,
  TagSortKey,
} from '../../domain/metadefs/list-parameters.ts';
import type { SqlDialect } from './dialect.ts';
import type { NamespaceRow, TagRow } from './metadef-rows.ts';
import type { Tables } from './tables.ts';

type Value = string | number | bigint | boolean;
/** What one key is ordered by: as an expression, and its value in the row the page starts behind. */
interface OrderTerm {
  readonly expression: RawBuilder<Value>;
  readonly direction: 'asc' | 'desc';
  readonly markerValue: Value | null;
}

export async function selectNamespacePage(
  db: Transaction<Tables>,
  dialect: SqlDialect,
  query: NamespaceListQuery,
): Promise<readonly NamespaceRow[]> {
  if (query.limit === 0 || query.visibility === 'none') return [];
  const marker = query.marker === null ? null : await namespaceRow(db, query.marker);
  if (marker === undefined) return [];
  let rows = db.selectFrom('metadef_namespaces').selectAll();
  const { viewer, visibility, resourceTypes } = query;
  if (!viewer.isAdmin) {
    rows = rows.where((where) =>
      where.or([
        where('visibility', '=', 'public'),
        ...(viewer.projectId === null ? [] : [where('owner', '=', viewer.projectId)]),
      ]),
    );
  }
  if (visibility !== null) rows = rows.where(sql`coalesce(visibility, 'private')`, '=', visibility);
  if (resourceTypes !== null) {
    rows = rows.where((where) =>
      where(
        'id',
        'in',
        where
          .selectFrom('metadef_namespace_resource_types')
          .innerJoin('metadef_resource_types', 'metadef_resource_types.id', 'resource_type_id')
          .select((select) => select.ref('namespace_id').$castTo<number>().as('namespace_id'))
          .where('metadef_resource_types.name', 'in', resourceTypes),
      ),
    );
  }
  const terms = query.sort.map((sort) => namespaceTerm(sort, marker, dialect));
  if (marker !== null) rows = rows.where(behind(terms));
  for (const { expression, direction } of terms) rows = rows.orderBy(expression, direction);
  return rows.limit(query.limit).execute();
}

/** Undefined when there is no tag of the marker's name. */
export async function selectTagPage(
  db: Transaction<Tables>,
  namespaceId: number,
  query: TagListQuery,
): Promise<readonly TagRow[] | undefined> {
  const inNamespace = db.selectFrom('metadef_tags').selectAll().where('namespace_id', '=', namespaceId);
  const marker = query.marker === null ? null : await inNamespace.where('name', '=', query.marker).executeTakeFirst();
  if (marker === undefined) return undefined;
  const terms = query.sort.map((sort) => tagTerm(sort, marker));
  let rows = marker === null ? inNamespace : inNamespace.where(behind(terms));
  for (const { expression, direction } of terms) rows = rows.orderBy(expression, direction);
  return (query.limit === null ? rows : rows.limit(query.limit)).execute();
}

function namespaceRow(db: Transaction<Tables>, name: string): Promise<NamespaceRow | undefined> {
  return db.selectFrom('metadef_namespaces').selectAll().where('namespace', '=', name).executeTakeFirst();
}

function namespaceTerm(
  { key, direction }: MetadefSort<NamespaceSortKey>,
  marker: NamespaceRow | null,
  dialect: SqlDialect,
): OrderTerm {
  const column = sql.ref(key);
  if (key === 'updated_at') return { ...lastChange(marker), direction };
  const missing = { protected: dialect.boolean(false), visibility: 'private', display_name: '', description: '' };
  if (key === 'protected' || key === 'visibility' || key === 'display_name' || key === 'description') {
    const markerValue = marker === null ? null : (marker[key] ?? missing[key]);
    return { expression: sql`coalesce(${column}, ${missing[key]})`, direction, markerValue };
  }
  return { expression: sql`${column}`, direction, markerValue: marker?.[key] ?? null };
}

function tagTerm({ key, direction }: MetadefSort<TagSortKey>, marker: TagRow | null): OrderTerm {
  if (key === 'updated_at') return { ...lastChange(marker), direction };
  return { expression: sql`${sql.ref(key)}`, direction, markerValue: marker?.[key] ?? null };
}

/** A row that nobody changed counts as changed when it was made. */
function lastChange(marker: { created_at: string; updated_at: string | null } | null): Omit<OrderTerm, 'direction'> {
  return {
    expression: sql`coalesce(updated_at, created_at)`,
    markerValue: marker === null ? null : (marker.updated_at ?? marker.created_at),
  };
}

/** `a > A or (a = A and (b > B or …))`, turned round for descending keys. */
function behind([first, ...rest]: readonly OrderTerm[]): Expression<SqlBool> {
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  const { expression, markerValue } = first;
  const past = sql<SqlBool>`${expression} ${sql.raw(first.direction === 'asc' ? '>' : '<')} ${markerValue}`;
  if (rest.length === 0) return past;
  return sql<SqlBool>`(${past} or (${expression} = ${markerValue} and ${behind(rest)}))`;
}
