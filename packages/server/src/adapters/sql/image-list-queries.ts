/**
 * One page of the image list as SQL.
 *
 * What a caller may list is a union of disjoint sets (own, public, community, shared with it). Each is an index range
 * in list order, so each branch is ordered and limited by itself and the database merges at most a few pages, however
 * many images there are. Pages continue by key, never by offset. Source: contract 02 §9, 12 §8.
 */
import { sql } from 'kysely';
import type { Expression, ExpressionBuilder, Kysely, RawBuilder, SelectQueryBuilder, SqlBool } from 'kysely';
import type { ImageFilter, ImageListQuery, ImageSort, ImageSortKey } from '../../domain/images/list-query.ts';
import type { SqlDialect } from './dialect.ts';
import type { ImageRow } from './image-rows.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { timeToSql } from './values.ts';

type ImagesQuery = SelectQueryBuilder<Tables, 'images', ImageRow>;
type ImagesExpression = ExpressionBuilder<Tables, 'images'>;
type Condition = (where: ImagesExpression) => Expression<SqlBool>;

/** Values of the sort keys of the image a page starts behind, as the database holds them. */
type MarkerValues = Readonly<Record<ImageSortKey, string | number | bigint>>;

export async function selectPage(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  query: ImageListQuery,
): Promise<readonly ImageRow[]> {
  if (query.limit === 0 || query.filters.some((filter) => filter.kind === 'nothing')) return [];
  const marker = query.marker === null ? null : await markerValues(db, query.marker);
  if (marker === undefined) return [];
  const branches = branchesOf(query, dialect).map((branch) => {
    let rows: ImagesQuery = db.selectFrom('images').selectAll('images');
    for (const condition of [...commonConditions(query, dialect), branch]) rows = rows.where(condition);
    if (marker !== null) rows = rows.where(behind(marker, query.sort));
    return ordered(rows, query.sort).limit(query.limit);
  });
  const [first, ...others] = branches;
  if (first === undefined) return [];
  if (others.length === 0) return first.execute();
  let union = db.selectFrom(first.as('images')).selectAll();
  for (const branch of others) union = union.unionAll(db.selectFrom(branch.as('images')).selectAll());
  const merged = db.selectFrom(union.as('images')).selectAll();
  return ordered(merged, query.sort).limit(query.limit).execute();
}

/** Disjoint sets which together are what the query asks for. */
function branchesOf(query: ImageListQuery, dialect: SqlDialect): readonly Condition[] {
  const { viewer, visibility } = query;
  const project = viewer.projectId;
  const own: Condition = (where) => (project === null ? sql<SqlBool>`1 = 0` : where('owner', '=', project));
  const foreign: Condition = (where) =>
    project === null ? sql<SqlBool>`1 = 1` : where.or([where('owner', 'is', null), where('owner', '!=', project)]);
  const visible =
    (value: string): Condition =>
    (where) =>
      where('visibility', '=', value);
  const both =
    (...parts: readonly Condition[]): Condition =>
    (where) =>
      where.and(parts.map((part) => part(where)));
  if (viewer.isAdmin) {
    if (visibility === 'all') return [(where) => where('visibility', 'is not', null)];
    if (visibility !== null) return [visible(visibility)];
    return [(where) => where.or([where('visibility', '!=', 'community'), own(where)])];
  }
  const shared = both(foreign, visible('shared'), sharedWith(query, dialect));
  const branches = {
    private: [both(own, visible('private'))],
    shared: [both(own, visible('shared')), shared],
    public: [visible('public')],
    community: [visible('community')],
    all: [own, both(foreign, visible('public')), both(foreign, visible('community')), shared],
    default: [own, both(foreign, visible('public')), shared],
  };
  const wanted = branches[visibility ?? 'default'];
  return project === null ? wanted.filter((branch) => branch !== own && branch !== shared) : wanted;
}

/** The image has a live member row of the caller's project, with the status asked for. */
function sharedWith(query: ImageListQuery, dialect: SqlDialect): Condition {
  return (where) => {
    let members = where
      .selectFrom('image_members')
      .select('image_members.image_id')
      .where('image_members.member', '=', query.viewer.projectId ?? '')
      .where('image_members.deleted', '=', dialect.boolean(false));
    if (query.memberStatus !== 'all') members = members.where('image_members.status', '=', query.memberStatus);
    return where('images.id', 'in', members);
  };
}

function commonConditions(query: ImageListQuery, dialect: SqlDialect): readonly Condition[] {
  return [
    (where) => where('deleted', '=', dialect.boolean(false)),
    (where) => where('os_hidden', '=', dialect.boolean(query.hidden)),
    (where) => where('status', 'not in', ['killed', 'deleted', 'pending_delete']),
    ...query.filters.map((filter) => conditionOf(filter, dialect)),
  ];
}

const timeOperators = { eq: '=', neq: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const numberOperators = { eq: '=', gte: '>=', lte: '<=' } as const;

function conditionOf(filter: ImageFilter, dialect: SqlDialect): Condition {
  return (where) => {
    switch (filter.kind) {
      case 'text':
        if (filter.values.length === 0) return sql<SqlBool>`1 = 0`;
        return where(filter.column, 'in', filter.values);
      case 'number':
        return where(filter.column, numberOperators[filter.operator], filter.value);
      case 'time':
        return timeCondition(where, filter);
      case 'protected':
        return where('protected', '=', dialect.boolean(filter.value));
      case 'property':
        return where('images.id', 'in', holdersOfProperty(where, filter, dialect));
      case 'tag':
        return where('images.id', 'in', holdersOfTag(where, filter.value, dialect));
      case 'nothing':
        return sql<SqlBool>`1 = 0`;
    }
  };
}

/** A row that was never stamped by a change counts as changed when it was created. */
function timeCondition(where: ImagesExpression, filter: Extract<ImageFilter, { kind: 'time' }>): Expression<SqlBool> {
  const operator = timeOperators[filter.operator];
  const value = timeToSql(filter.value);
  if (filter.column === 'created_at') return where('created_at', operator, value);
  // Not `coalesce`: each half can use an index of its own.
  const unstamped = where.and([where('updated_at', 'is', null), where('created_at', operator, value)]);
  return where.or([where('updated_at', operator, value), unstamped]);
}

function holdersOfProperty(
  where: ImagesExpression,
  filter: { readonly name: string; readonly value: string },
  dialect: SqlDialect,
) {
  return where
    .selectFrom('image_properties')
    .select('image_properties.image_id')
    .where('image_properties.name', '=', filter.name)
    .where('image_properties.value', '=', filter.value)
    .where('image_properties.deleted', '=', dialect.boolean(false));
}

function holdersOfTag(where: ImagesExpression, tag: string, dialect: SqlDialect) {
  return where
    .selectFrom('image_tags')
    .select('image_tags.image_id')
    .where('image_tags.value', '=', tag)
    .where('image_tags.deleted', '=', dialect.boolean(false));
}

/**
 * What a key is ordered by. NULL counts as empty or zero, and a missing time of change as the time of creation, in the
 * order and across pages alike.
 */
function sortExpression(key: ImageSortKey): RawBuilder<string | number> {
  const column = sql.ref(key satisfies keyof ImagesTable);
  if (key === 'size') return sql`coalesce(${column}, 0)`;
  if (key === 'updated_at') return sql`coalesce(${column}, ${sql.ref('created_at')})`;
  if (key === 'name' || key === 'disk_format' || key === 'container_format') return sql`coalesce(${column}, '')`;
  return sql`${column}`;
}

function ordered<Row>(
  query: SelectQueryBuilder<Tables, 'images', Row>,
  sort: readonly ImageSort[],
): SelectQueryBuilder<Tables, 'images', Row> {
  let built = query;
  for (const { key, direction } of sort) built = built.orderBy(sortExpression(key), direction);
  return built;
}

async function markerValues(db: Kysely<Tables>, id: string): Promise<MarkerValues | undefined> {
  const row = await db.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    name: row.name ?? '',
    status: row.status,
    container_format: row.container_format ?? '',
    disk_format: row.disk_format ?? '',
    size: row.size ?? 0,
    id: row.id,
    created_at: row.created_at,
    updated_at: row.updated_at ?? row.created_at,
  };
}

/**
 * Rows strictly behind the marker in the order of the keys: for keys a, b, c
 * `a > A or (a = A and (b > B or (b = B and c > C)))`, the comparison turned round for descending keys. The leading
 * `a >= A` says nothing new and lets the database start its index walk there.
 */
function behind(marker: MarkerValues, sort: readonly ImageSort[]): Condition {
  return (where) => {
    const [leading] = sort;
    if (leading === undefined) return sql<SqlBool>`1 = 1`;
    const value = marker[leading.key];
    const start = sql<SqlBool>`${sortExpression(leading.key)} ${sql.raw(leading.direction === 'asc' ? '>=' : '<=')} ${value}`;
    return where.and([start, strictlyBehind(marker, sort)]);
  };
}

function strictlyBehind(marker: MarkerValues, sort: readonly ImageSort[]): Expression<SqlBool> {
  const [first, ...rest] = sort;
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  const expression = sortExpression(first.key);
  const value = marker[first.key];
  const past = sql<SqlBool>`${expression} ${sql.raw(first.direction === 'asc' ? '>' : '<')} ${value}`;
  if (rest.length === 0) return past;
  return sql<SqlBool>`(${past} or (${expression} = ${value} and ${strictlyBehind(marker, rest)}))`;
}
