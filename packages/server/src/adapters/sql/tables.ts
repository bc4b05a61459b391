/**
 * The rows of the database as the drivers give and take them. Table and column names are Glance's own; the tables
 * named `lucarne_…` are ours and Glance ignores them. Source: contract 12 §3–§5.
 *
 * Integers may arrive as number, bigint or text, booleans as 0/1 or true/false, whatever the driver likes; times are
 * always text `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC. `values.ts` turns them into what the service uses.
 */
import type { ColumnType, Generated } from 'kysely';

export type SqlInteger = ColumnType<number | bigint | string, number | bigint, number | bigint>;
export type SqlNullableInteger = ColumnType<
  number | bigint | string | null,
  number | bigint | null,
  number | bigint | null
>;
export type SqlBoolean = ColumnType<number | bigint | boolean, number | boolean, number | boolean>;

interface SoftDeletedRow {
  created_at: string;
  updated_at: string | null;
  deleted_at: string | null;
  deleted: SqlBoolean;
}

export interface ImagesTable extends SoftDeletedRow {
  id: string;
  name: string | null;
  size: SqlNullableInteger;
  virtual_size: SqlNullableInteger;
  status: string;
  disk_format: string | null;
  container_format: string | null;
  checksum: string | null;
  os_hash_algo: string | null;
  os_hash_value: string | null;
  owner: string | null;
  min_disk: SqlInteger;
  min_ram: SqlInteger;
  protected: SqlBoolean;
  os_hidden: SqlBoolean;
  visibility: string;
}

export interface ImagePropertiesTable extends SoftDeletedRow {
  id: Generated<number>;
  image_id: string;
  name: string;
  value: string | null;
}

export interface ImageLocationsTable extends SoftDeletedRow {
  id: Generated<number>;
  image_id: string;
  value: string;
  meta_data: string | null;
  status: string;
}

export interface ImageMembersTable extends SoftDeletedRow {
  id: Generated<number>;
  image_id: string;
  member: string;
  can_share: SqlBoolean;
  status: string;
}

export interface ImageTagsTable extends SoftDeletedRow {
  id: Generated<number>;
  image_id: string;
  value: string;
}

/** One row for every upload and every deletion that is under way. */
export interface ImageWorkTable {
  image_id: string;
  kind: string;
  attempt_id: string;
  lease_id: string;
  expires_at: string;
  /** Of a deletion: the status of the image before it. */
  former_status: string | null;
}

/** The steps by which our own tables came about. */
export interface MigrationsTable {
  name: string;
  timestamp: string;
}

export interface Tables {
  alembic_version: { version_num: string };
  images: ImagesTable;
  image_properties: ImagePropertiesTable;
  image_locations: ImageLocationsTable;
  image_members: ImageMembersTable;
  image_tags: ImageTagsTable;
  lucarne_image_work: ImageWorkTable;
  lucarne_migrations: MigrationsTable;
}
