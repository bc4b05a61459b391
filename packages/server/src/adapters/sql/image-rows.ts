/**
 * Between rows and images: one query for the images themselves, one for each child table, never a join of them.
 *
 * Invariant: readers filter children on `deleted`, never on `deleted_at`, because Glance revives rows and leaves their
 * `deleted_at` set. Source: contract 12 §3.
 */
import type { ImageStatus, ImageVisibility } from '@lucarne/contract/image-attributes.ts';
import type { Kysely, Selectable } from 'kysely';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { inBatches } from './batches.ts';
import type { SqlDatabase } from './dialect.ts';
import type { ImagesTable, Tables } from './tables.ts';
import { booleanFromSql, nullableBigintFromSql, nullableNumberFromSql, numberFromSql, timeFromSql } from './values.ts';

export type ImageRow = Selectable<ImagesTable>;

const idsAtOnce = 500;

interface ImageChildren {
  readonly properties: Map<string, string | null>;
  readonly tags: string[];
  readonly locations: ImageLocation[];
}

/** What rows are read from. */
export type RowSource = Pick<SqlDatabase, 'urls'> & { readonly db: Kysely<Tables> };

/** Completes rows to images, keeping their order. */
export async function imagesFromRows(source: RowSource, rows: readonly ImageRow[]): Promise<readonly Image[]> {
  const children = new Map<string, ImageChildren>();
  for (const row of rows) children.set(row.id, { properties: new Map(), tags: [], locations: [] });
  for (const ids of inBatches([...children.keys()], idsAtOnce)) await loadChildren(source, ids, children);
  return rows.map((row) => imageFromRow(row, children.get(row.id)));
}

async function loadChildren(
  { db, urls }: RowSource,
  ids: readonly string[],
  children: ReadonlyMap<string, ImageChildren>,
): Promise<void> {
  const properties = await db
    .selectFrom('image_properties')
    .select(['id', 'deleted', 'image_id', 'name', 'value'])
    .where('image_id', 'in', ids)
    .execute();
  for (const row of liveInOrder(properties)) children.get(row.image_id)?.properties.set(row.name, row.value);
  const tags = await db
    .selectFrom('image_tags')
    .select(['id', 'deleted', 'image_id', 'value'])
    .where('image_id', 'in', ids)
    .execute();
  for (const row of liveInOrder(tags)) {
    const known = children.get(row.image_id)?.tags;
    if (known?.includes(row.value) === false) known.push(row.value);
  }
  const locations = await db
    .selectFrom('image_locations')
    .select(['id', 'deleted', 'status', 'image_id', 'value', 'meta_data'])
    .where('image_id', 'in', ids)
    .execute();
  for (const row of liveInOrder(locations)) {
    if (row.status === 'active') children.get(row.image_id)?.locations.push(locationFromRow(urls, row));
  }
}

/**
 * The rows that are not deleted, in row order. Looked at here and not by the database: one without statistics takes
 * the index on `deleted`, which gives the order too, and walks all live rows of all images.
 */
function liveInOrder<Row extends Pick<Selectable<Tables['image_tags']>, 'id' | 'deleted'>>(
  rows: readonly Row[],
): readonly Row[] {
  return rows
    .filter((row) => !booleanFromSql(row.deleted))
    .toSorted((one, other) => numberFromSql(one.id) - numberFromSql(other.id));
}

export function locationFromRow(
  urls: RowSource['urls'],
  row: { readonly value: string; readonly meta_data: string | null },
): ImageLocation {
  return { url: urls.open(row.value), metadata: parseMetadata(row.meta_data) };
}

/** Old rows may hold anything in `meta_data`; what is not an object counts as empty. */
function parseMetadata(text: string | null): Record<string, unknown> {
  if (text === null || text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function imageFromRow(row: ImageRow, children: ImageChildren | undefined): Image {
  return {
    id: row.id,
    name: row.name,
    // The columns hold only these words: both servers write nothing else.
    status: row.status as ImageStatus,
    visibility: row.visibility as ImageVisibility,
    protected: booleanFromSql(row.protected),
    hidden: booleanFromSql(row.os_hidden),
    owner: row.owner,
    diskFormat: row.disk_format,
    containerFormat: row.container_format,
    minDiskGib: numberFromSql(row.min_disk),
    minRamMib: numberFromSql(row.min_ram),
    sizeBytes: nullableNumberFromSql(row.size),
    virtualSizeBytes: nullableBigintFromSql(row.virtual_size),
    checksum: row.checksum,
    hashAlgorithm: row.os_hash_algo,
    hashValue: row.os_hash_value,
    createdAt: timeFromSql(row.created_at),
    updatedAt: timeFromSql(row.updated_at ?? row.created_at),
    properties: children?.properties ?? new Map(),
    tags: children?.tags ?? [],
    locations: children?.locations ?? [],
  };
}
