/**
 * Glance's schema at revision `2024_1_contract01`, as data. A fresh database gets exactly these tables, so that a
 * Glance can be started on it afterwards. Source: contract 12 §3–§5, §9.
 */
export const glanceRevision = '2024_1_contract01';

export type ColumnKind =
  | 'boolean'
  | 'datetime'
  | 'integer'
  | 'bigint'
  | 'text'
  | 'visibility'
  | 'autoIncrement'
  | 'bigAutoIncrement'
  | { readonly varchar: number };

export interface ColumnDefinition {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable?: true;
  readonly primaryKey?: true;
  readonly references?: string;
  readonly serverDefault?: string | boolean;
}

export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  /** Composite primary key. */
  readonly primaryKey?: readonly string[];
  readonly unique?: readonly { readonly name: string; readonly columns: readonly string[] }[];
  readonly indices?: Readonly<Record<string, readonly string[]>>;
}

const softDelete: readonly ColumnDefinition[] = [
  { name: 'created_at', kind: 'datetime' },
  { name: 'updated_at', kind: 'datetime', nullable: true },
  { name: 'deleted_at', kind: 'datetime', nullable: true },
  { name: 'deleted', kind: 'boolean' },
];

const timeStamps: readonly ColumnDefinition[] = [
  { name: 'created_at', kind: 'datetime' },
  { name: 'updated_at', kind: 'datetime', nullable: true },
];

const rowId: ColumnDefinition = { name: 'id', kind: 'autoIncrement', primaryKey: true };

function varchar(name: string, length: number, rest: Partial<ColumnDefinition> = {}): ColumnDefinition {
  return { name, kind: { varchar: length }, ...rest };
}

const imageId = varchar('image_id', 36, { references: 'images.id' });
const namespaceId: ColumnDefinition = { name: 'namespace_id', kind: 'integer', references: 'metadef_namespaces.id' };
const nullable = { nullable: true } as const;

const imageTables: readonly TableDefinition[] = [
  {
    name: 'images',
    columns: [
      varchar('id', 36, { primaryKey: true }),
      varchar('name', 255, nullable),
      { name: 'size', kind: 'bigint', nullable: true },
      varchar('status', 30),
      ...softDelete,
      varchar('disk_format', 20, nullable),
      varchar('container_format', 20, nullable),
      varchar('checksum', 32, nullable),
      varchar('os_hash_algo', 64, nullable),
      varchar('os_hash_value', 128, nullable),
      varchar('owner', 255, nullable),
      { name: 'min_disk', kind: 'integer' },
      { name: 'min_ram', kind: 'integer' },
      { name: 'protected', kind: 'boolean', serverDefault: false },
      { name: 'virtual_size', kind: 'bigint', nullable: true },
      { name: 'visibility', kind: 'visibility', serverDefault: 'shared' },
      { name: 'os_hidden', kind: 'boolean', serverDefault: false },
    ],
    indices: {
      checksum_image_idx: ['checksum'],
      ix_images_deleted: ['deleted'],
      owner_image_idx: ['owner'],
      created_at_image_idx: ['created_at'],
      updated_at_image_idx: ['updated_at'],
      visibility_image_idx: ['visibility'],
      os_hidden_image_idx: ['os_hidden'],
      os_hash_value_image_idx: ['os_hash_value'],
    },
  },
  {
    name: 'image_properties',
    columns: [rowId, imageId, varchar('name', 255), { name: 'value', kind: 'text', nullable: true }, ...softDelete],
    unique: [{ name: 'ix_image_properties_image_id_name', columns: ['image_id', 'name'] }],
    indices: { ix_image_properties_image_id: ['image_id'], ix_image_properties_deleted: ['deleted'] },
  },
  {
    name: 'image_locations',
    columns: [
      rowId,
      imageId,
      { name: 'value', kind: 'text' },
      ...softDelete,
      { name: 'meta_data', kind: 'text', nullable: true },
      varchar('status', 30, { serverDefault: 'active' }),
    ],
    indices: { ix_image_locations_image_id: ['image_id'], ix_image_locations_deleted: ['deleted'] },
  },
  {
    name: 'image_members',
    columns: [
      rowId,
      imageId,
      varchar('member', 255),
      { name: 'can_share', kind: 'boolean' },
      ...softDelete,
      varchar('status', 20, { serverDefault: 'pending' }),
    ],
    unique: [{ name: 'image_members_image_id_member_deleted_at_key', columns: ['image_id', 'member', 'deleted_at'] }],
    indices: {
      ix_image_members_deleted: ['deleted'],
      ix_image_members_image_id: ['image_id'],
      ix_image_members_image_id_member: ['image_id', 'member'],
    },
  },
  {
    name: 'image_tags',
    columns: [rowId, imageId, varchar('value', 255), ...softDelete],
    indices: { ix_image_tags_image_id: ['image_id'], ix_image_tags_image_id_tag_value: ['image_id', 'value'] },
  },
];

const taskTables: readonly TableDefinition[] = [
  {
    name: 'tasks',
    columns: [
      varchar('id', 36, { primaryKey: true }),
      varchar('type', 30),
      varchar('status', 30),
      varchar('owner', 255),
      { name: 'expires_at', kind: 'datetime', nullable: true },
      ...softDelete,
      varchar('image_id', 36, nullable),
      varchar('request_id', 64, nullable),
      varchar('user_id', 64, nullable),
    ],
    indices: {
      ix_tasks_type: ['type'],
      ix_tasks_status: ['status'],
      ix_tasks_owner: ['owner'],
      ix_tasks_deleted: ['deleted'],
      ix_tasks_image_id: ['image_id'],
      ix_tasks_updated_at: ['updated_at'],
    },
  },
  {
    name: 'task_info',
    columns: [
      varchar('task_id', 36, { primaryKey: true, references: 'tasks.id' }),
      { name: 'input', kind: 'text', nullable: true },
      { name: 'result', kind: 'text', nullable: true },
      { name: 'message', kind: 'text', nullable: true },
    ],
  },
];

const cacheTables: readonly TableDefinition[] = [
  {
    name: 'node_reference',
    columns: [
      { name: 'node_reference_id', kind: 'bigAutoIncrement', primaryKey: true },
      varchar('node_reference_url', 255),
    ],
    unique: [{ name: 'uq_node_reference_node_reference_url', columns: ['node_reference_url'] }],
  },
  {
    name: 'cached_images',
    columns: [
      { name: 'id', kind: 'bigAutoIncrement', primaryKey: true },
      varchar('image_id', 36),
      { name: 'last_accessed', kind: 'datetime' },
      { name: 'last_modified', kind: 'datetime' },
      { name: 'size', kind: 'bigint' },
      { name: 'hits', kind: 'integer' },
      varchar('checksum', 32, nullable),
      { name: 'node_reference_id', kind: 'bigint', references: 'node_reference.node_reference_id' },
    ],
    unique: [{ name: 'ix_cached_images_image_id_node_reference_id', columns: ['image_id', 'node_reference_id'] }],
  },
];

const metadefTables: readonly TableDefinition[] = [
  {
    name: 'metadef_namespaces',
    columns: [
      rowId,
      varchar('namespace', 80),
      varchar('display_name', 80, nullable),
      { name: 'description', kind: 'text', nullable: true },
      varchar('visibility', 32, nullable),
      { name: 'protected', kind: 'boolean', nullable: true },
      varchar('owner', 255),
      ...timeStamps,
    ],
    unique: [{ name: 'uq_metadef_namespaces_namespace', columns: ['namespace'] }],
    indices: { ix_metadef_namespaces_owner: ['owner'] },
  },
  {
    name: 'metadef_resource_types',
    columns: [rowId, varchar('name', 80), { name: 'protected', kind: 'boolean' }, ...timeStamps],
    unique: [{ name: 'uq_metadef_resource_types_name', columns: ['name'] }],
  },
  {
    name: 'metadef_namespace_resource_types',
    columns: [
      { name: 'resource_type_id', kind: 'integer', references: 'metadef_resource_types.id' },
      namespaceId,
      varchar('properties_target', 80, nullable),
      varchar('prefix', 80, nullable),
      ...timeStamps,
    ],
    primaryKey: ['resource_type_id', 'namespace_id'],
    indices: { ix_metadef_ns_res_types_namespace_id: ['namespace_id'] },
  },
  {
    name: 'metadef_objects',
    columns: [
      rowId,
      namespaceId,
      varchar('name', 80),
      { name: 'description', kind: 'text', nullable: true },
      { name: 'required', kind: 'text', nullable: true },
      { name: 'json_schema', kind: 'text' },
      ...timeStamps,
    ],
    unique: [{ name: 'uq_metadef_objects_namespace_id_name', columns: ['namespace_id', 'name'] }],
    indices: { ix_metadef_objects_name: ['name'] },
  },
  {
    name: 'metadef_properties',
    columns: [rowId, namespaceId, varchar('name', 80), { name: 'json_schema', kind: 'text' }, ...timeStamps],
    unique: [{ name: 'uq_metadef_properties_namespace_id_name', columns: ['namespace_id', 'name'] }],
    indices: { ix_metadef_properties_name: ['name'] },
  },
  {
    name: 'metadef_tags',
    columns: [rowId, namespaceId, varchar('name', 80), ...timeStamps],
    unique: [{ name: 'uq_metadef_tags_namespace_id_name', columns: ['namespace_id', 'name'] }],
    indices: { ix_metadef_tags_name: ['name'] },
  },
];

/** In the order in which foreign keys allow them to be created. */
export const glanceTables: readonly TableDefinition[] = [
  ...imageTables,
  ...taskTables,
  ...cacheTables,
  ...metadefTables,
];

/** Indices Glance lacks and fast lists need; made on fresh databases only. Source: contract 12 §11. */
export const addedIndices: readonly { name: string; table: string; columns: readonly string[] }[] = [
  {
    name: 'lucarne_images_visibility_idx',
    table: 'images',
    columns: ['visibility', 'deleted', 'os_hidden', 'created_at', 'id'],
  },
  {
    name: 'lucarne_images_owner_idx',
    table: 'images',
    columns: ['owner', 'deleted', 'os_hidden', 'created_at', 'id'],
  },
  { name: 'lucarne_images_usage_idx', table: 'images', columns: ['owner', 'deleted', 'status', 'size', 'id'] },
  { name: 'lucarne_images_created_idx', table: 'images', columns: ['deleted', 'os_hidden', 'created_at', 'id'] },
  { name: 'lucarne_images_name_idx', table: 'images', columns: ['name', 'deleted'] },
  { name: 'lucarne_images_status_idx', table: 'images', columns: ['status'] },
  { name: 'lucarne_images_updated_idx', table: 'images', columns: ['updated_at', 'id'] },
  { name: 'lucarne_images_size_idx', table: 'images', columns: ['size'] },
  {
    name: 'lucarne_image_members_member_idx',
    table: 'image_members',
    columns: ['member', 'deleted', 'status', 'image_id'],
  },
  {
    name: 'lucarne_image_properties_value_idx',
    table: 'image_properties',
    columns: ['name', 'value', 'deleted', 'image_id'],
  },
  { name: 'lucarne_image_tags_value_idx', table: 'image_tags', columns: ['value', 'deleted', 'image_id'] },
  {
    name: 'lucarne_image_locations_image_idx',
    table: 'image_locations',
    columns: ['image_id', 'deleted', 'status'],
  },
  { name: 'lucarne_image_locations_status_idx', table: 'image_locations', columns: ['status'] },
  {
    name: 'lucarne_cached_images_accessed_idx',
    table: 'cached_images',
    columns: ['node_reference_id', 'last_accessed'],
  },
  { name: 'lucarne_tasks_expiry_idx', table: 'tasks', columns: ['owner', 'deleted', 'expires_at'] },
];
