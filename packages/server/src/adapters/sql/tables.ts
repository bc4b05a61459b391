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

export interface TasksTable extends SoftDeletedRow {
  id: string;
  type: string;
  status: string;
  owner: string;
  expires_at: string | null;
  image_id: string | null;
  request_id: string | null;
  user_id: string | null;
}

export interface TaskInfoTable {
  task_id: string;
  input: string | null;
  result: string | null;
  message: string | null;
}

interface StampedRow {
  created_at: string;
  updated_at: string | null;
}

export interface MetadefNamespacesTable extends StampedRow {
  id: Generated<number>;
  namespace: string;
  display_name: string | null;
  description: string | null;
  visibility: string | null;
  protected: ColumnType<number | bigint | boolean | null, number | boolean | null, number | boolean | null>;
  owner: string;
}

export interface MetadefResourceTypesTable extends StampedRow {
  id: Generated<number>;
  name: string;
  protected: SqlBoolean;
}

export interface MetadefAssociationsTable extends StampedRow {
  resource_type_id: SqlInteger;
  namespace_id: SqlInteger;
  properties_target: string | null;
  prefix: string | null;
}

export interface MetadefPropertiesTable extends StampedRow {
  id: Generated<number>;
  namespace_id: SqlInteger;
  name: string;
  json_schema: string;
}

export interface MetadefObjectsTable extends MetadefPropertiesTable {
  description: string | null;
  required: string | null;
}

export interface MetadefTagsTable extends StampedRow {
  id: Generated<number>;
  namespace_id: SqlInteger;
  name: string;
}

/** One row for every piece of work that is under way. */
export interface ImageWorkTable {
  image_id: string;
  kind: string;
  attempt_id: string;
  lease_id: string;
  expires_at: string;
  /** Of a deletion: the status of the image before it. */
  former_status: string | null;
  /** Of an upload: the store that takes the data. */
  store_id: string | null;
  /** Of a task: how far it is. */
  progress: string | null;
}

/** What a piece of work has reserved of a limit; it goes with the work. */
export interface ReservationsTable {
  image_id: string;
  kind: string;
  resource: string;
  /** Empty for none. */
  project_id: string;
  /** In bytes. */
  amount: SqlInteger;
}

/** Written first by every transaction that counts what a project uses. */
export interface ProjectLocksTable {
  project_id: string;
  taken: SqlInteger;
}

/** A node with a cache, by the URL at which others reach it. */
export interface NodeReferenceTable {
  node_reference_id: Generated<number>;
  node_reference_url: string;
}

/** A copy in the cache of a node. */
export interface CachedImagesTable {
  id: Generated<number>;
  image_id: string;
  last_accessed: string;
  last_modified: string;
  size: SqlInteger;
  hits: SqlInteger;
  checksum: string | null;
  node_reference_id: SqlInteger;
}

/** A notification that waits for one of its receivers. */
export interface OutboxTable {
  position: Generated<number>;
  target: string;
  message_id: string;
  event_type: string;
  priority: string;
  subject: string;
  stream: string;
  /** JSON. */
  payload: string;
  /** How many characters the payload has, about, so that none must be read to know. */
  size: SqlInteger;
  recorded_at: string;
}

/** Who delivers to a receiver at the moment. */
export interface OutboxLeaseTable {
  target: string;
  holder: string;
  expires_at: string;
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
  tasks: TasksTable;
  task_info: TaskInfoTable;
  metadef_namespaces: MetadefNamespacesTable;
  metadef_resource_types: MetadefResourceTypesTable;
  metadef_namespace_resource_types: MetadefAssociationsTable;
  metadef_properties: MetadefPropertiesTable;
  metadef_objects: MetadefObjectsTable;
  metadef_tags: MetadefTagsTable;
  node_reference: NodeReferenceTable;
  cached_images: CachedImagesTable;
  lucarne_image_work: ImageWorkTable;
  lucarne_reservations: ReservationsTable;
  lucarne_project_locks: ProjectLocksTable;
  lucarne_migrations: MigrationsTable;
  lucarne_outbox: OutboxTable;
  lucarne_outbox_lease: OutboxLeaseTable;
}
