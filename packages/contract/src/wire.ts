/**
 * Bodies of requests and answers, by their wire names.
 *
 * Times are `YYYY-MM-DDTHH:MM:SSZ` unless said otherwise; links are paths from `/v2`. Source: contract 01–09.
 */
import type { ImageStatus, ImageVisibility, MemberStatus } from './image-attributes.ts';

// Common: 01 §2, §6.

export interface VersionView {
  readonly id: `v${string}`;
  readonly status: 'CURRENT' | 'SUPPORTED';
  readonly links: readonly { readonly rel: 'self'; readonly href: string }[];
}

export interface VersionList {
  readonly versions: readonly VersionView[];
}

/** The JSON form of an error. `message` ends in HTML line breaks; `code` is the whole status line. */
export interface ErrorBody {
  readonly message: string;
  readonly code: `${number} ${string}`;
  readonly title: string;
}

/** Query parameters and links of a list that comes in pages. */
export interface PageLinks {
  readonly first: string;
  /** Only while the page is full. */
  readonly next?: string;
}

// Images: 02.

export interface ImageView {
  readonly id: string;
  readonly name: string | null;
  readonly status: ImageStatus;
  readonly visibility: ImageVisibility;
  readonly protected: boolean;
  readonly os_hidden: boolean;
  readonly owner: string | null;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  /** Bytes. */
  readonly size: number | null;
  /** Bytes the disk has when it is not packed in its format. */
  readonly virtual_size: number | null;
  /** Hexadecimal MD5. */
  readonly checksum: string | null;
  readonly os_hash_algo: string | null;
  readonly os_hash_value: string | null;
  /** MiB. */
  readonly min_ram: number;
  /** GiB. */
  readonly min_disk: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** In no order. */
  readonly tags: readonly string[];
  readonly self: string;
  readonly file: string;
  readonly schema: string;
  /** Only where `show_multiple_locations` is on. */
  readonly locations?: readonly LocationView[];
  /** Only where `show_image_direct_url` is on and the image has data. */
  readonly direct_url?: string;
  /** Comma-joined, one for each location; only with several stores. */
  readonly stores?: string;
  /** Custom properties: text, unless `schema-image.json` declares another type. */
  readonly [customProperty: string]: unknown;
}

export interface ImageList extends PageLinks {
  readonly images: readonly ImageView[];
  readonly schema: string;
}

/** All optional; what is left out gets its default. */
export interface ImageCreateRequest {
  readonly id?: string;
  readonly name?: string | null;
  readonly visibility?: ImageVisibility;
  readonly protected?: boolean;
  readonly os_hidden?: boolean;
  readonly owner?: string | null;
  readonly disk_format?: string | null;
  readonly container_format?: string | null;
  readonly min_ram?: number;
  readonly min_disk?: number;
  readonly tags?: readonly string[];
  readonly [customProperty: string]: unknown;
}

/** `application/openstack-images-v2.1-json-patch`. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };
export type PatchDocument = readonly PatchOperation[];

/** `application/openstack-images-v2.0-json-patch`. */
export type DraftPatchOperation =
  | { readonly add: string; readonly value: unknown }
  | { readonly replace: string; readonly value: unknown }
  | { readonly remove: string };
export type DraftPatchDocument = readonly DraftPatchOperation[];

/** Filters, order and page of a list of images. Values go into the query as they are: `in:a,b`, `gte:2026-01-01`. */
export interface ImageListQuery {
  /** At most this many; the service has a limit of its own. */
  readonly limit?: number;
  /** Id of the last image seen. */
  readonly marker?: string;
  /** `name:asc,created_at:desc`. */
  readonly sort?: string;
  readonly name?: string;
  readonly id?: string;
  readonly status?: string;
  readonly visibility?: ImageVisibility | 'all';
  readonly member_status?: MemberStatus | 'all';
  readonly owner?: string;
  readonly container_format?: string;
  readonly disk_format?: string;
  readonly protected?: boolean;
  readonly os_hidden?: boolean;
  readonly size_min?: number;
  readonly size_max?: number;
  readonly created_at?: string;
  readonly updated_at?: string;
  /** An image must have all of them. */
  readonly tag?: string | readonly string[];
  /** Any other attribute, or a custom property by its exact value. */
  readonly [attribute: string]: string | number | boolean | readonly string[] | undefined;
}

// Import and tasks: 04.

export type ImportMethod =
  | { readonly name: 'glance-direct' }
  | { readonly name: 'web-download'; readonly uri: string }
  | { readonly name: 'copy-image' }
  | {
      readonly name: 'glance-download';
      readonly glance_region: string;
      readonly glance_image_id: string;
      /** `public` if left out. */
      readonly glance_service_interface?: string;
    };

export interface ImportRequest {
  readonly method: ImportMethod;
  readonly stores?: readonly string[];
  readonly all_stores?: boolean;
  /** True if left out. */
  readonly all_stores_must_succeed?: boolean;
}

export type TaskType = 'import' | 'api_image_import' | 'location_import';
export type TaskStatus = 'pending' | 'processing' | 'success' | 'failure';

export interface TaskStubView {
  readonly id: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  readonly owner: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly self: string;
  readonly schema: string;
  readonly expires_at?: string;
}

export interface TaskView extends TaskStubView {
  readonly input: Readonly<Record<string, unknown>> | null;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly message: string;
  readonly image_id?: string;
  readonly request_id?: string;
  readonly user_id?: string;
}

export interface TaskList extends PageLinks {
  readonly tasks: readonly TaskStubView[];
  readonly schema: string;
}

/** Filters, order and page of a list of tasks. */
export interface TaskListQuery {
  /** At most this many; the service has a limit of its own. */
  readonly limit?: number;
  /** Id of the last task seen. */
  readonly marker?: string;
  /** A column; `created_at` if left out. */
  readonly sort_key?: string;
  /** `desc` if left out. */
  readonly sort_dir?: 'asc' | 'desc';
  readonly status?: TaskStatus;
  readonly type?: TaskType;
  readonly owner?: string;
  readonly id?: string;
  readonly image_id?: string;
  readonly request_id?: string;
  readonly user_id?: string;
}

export interface TaskCreateRequest {
  readonly type: 'import';
  readonly input: {
    readonly import_from: string;
    readonly import_from_format: string;
    readonly image_properties: ImageCreateRequest;
  };
}

/** A record as it is kept. Times are `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC without saying so. */
export interface ImageTaskView {
  readonly id: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  readonly owner: string;
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly deleted: boolean;
  readonly image_id: string | null;
  readonly request_id: string | null;
  readonly user_id: string | null;
  readonly input: Readonly<Record<string, unknown>> | null;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly message: string | null;
}

export interface ImageTaskList {
  readonly tasks: readonly ImageTaskView[];
}

// Locations and stores: 05, 01 §10.

export interface LocationView {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface LocationValidation {
  readonly os_hash_algo: string;
  readonly os_hash_value: string;
  /** Hexadecimal MD5; in a patch only. */
  readonly checksum?: string;
}

/** A location in a patch. */
export interface LocationPatchValue extends LocationView {
  readonly validation_data?: LocationValidation;
}

export interface LocationAddRequest {
  readonly url: string;
  readonly validation_data?: Omit<LocationValidation, 'checksum'>;
}

export interface ImportMethodsView {
  readonly 'import-methods': {
    readonly description: string;
    readonly type: 'array';
    readonly value: readonly string[];
  };
}

export interface StoreView {
  readonly id: string;
  readonly description?: string;
  /** Text, not a boolean. */
  readonly default?: 'true';
  /** Text, not a boolean. */
  readonly 'read-only'?: 'true';
}

export interface StoreList {
  readonly stores: readonly StoreView[];
}

export interface StoreDetailView extends StoreView {
  readonly type: string;
  readonly weight: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StoreDetailList {
  readonly stores: readonly StoreDetailView[];
}

export type LimitName = 'image_size_total' | 'image_stage_total' | 'image_count_total' | 'image_count_uploading';

export interface UsageView {
  /** Empty where unified limits are off. Sizes are MiB. */
  readonly usage: { readonly [Name in LimitName]?: { readonly usage: number; readonly limit: number } };
}

// Members: 06.

export interface MemberView {
  readonly member_id: string;
  readonly image_id: string;
  readonly status: MemberStatus;
  readonly created_at: string;
  readonly updated_at: string;
  readonly schema: string;
}

export interface MemberList {
  readonly members: readonly MemberView[];
  readonly schema: string;
}

export interface MemberCreateRequest {
  /** Project id. */
  readonly member: string;
}

export interface MemberUpdateRequest {
  readonly status: MemberStatus;
}

// Cache: 08 §2.

export interface CachedImageView {
  readonly id?: number;
  readonly image_id: string;
  /** Seconds since 1970. */
  readonly last_accessed: number;
  readonly last_modified: number;
  readonly size: number;
  readonly hits: number;
  readonly checksum?: string | null;
}

export interface CacheView {
  readonly cached_images: readonly CachedImageView[];
  /** Image ids in the order they were queued. */
  readonly queued_images: readonly string[];
}

export interface CachePruneView {
  readonly total_files_pruned: number;
  readonly total_bytes_pruned: number;
}

// Metadata definitions: 09. A field without a value is left out, never null.

export type MetadefPropertyType = 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';

/** A property inside a namespace or an object, where its name is a key. */
export interface MetadefPropertyDefinition {
  readonly name?: string;
  readonly type: MetadefPropertyType;
  readonly title: string;
  readonly description?: string;
  readonly operators?: readonly string[];
  /** Text in answers, whatever was sent; null for what was a list or an object. */
  readonly default?: unknown;
  readonly readonly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: { readonly type: MetadefPropertyType; readonly enum?: readonly string[] };
  readonly uniqueItems?: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly additionalItems?: boolean;
}

/** A property as a resource, in requests and answers. */
export interface MetadefPropertyView extends MetadefPropertyDefinition {
  readonly name: string;
}

export interface MetadefPropertyList {
  readonly properties: Readonly<Record<string, MetadefPropertyDefinition>>;
}

export interface MetadefObjectRequest {
  readonly name: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, MetadefPropertyDefinition>>;
}

export interface MetadefObjectView extends MetadefObjectRequest {
  readonly created_at?: string;
  readonly updated_at?: string;
  readonly self?: string;
  readonly schema?: string;
}

export interface MetadefObjectList {
  readonly objects: readonly MetadefObjectView[];
  readonly schema: string;
}

export interface MetadefTagView {
  readonly name: string;
  readonly created_at?: string;
  readonly updated_at?: string;
}

export interface MetadefTagList {
  readonly tags: readonly MetadefTagView[];
}

export interface MetadefTagRequest {
  readonly name: string;
}

export interface MetadefTagsRequest {
  readonly tags: readonly MetadefTagRequest[];
}

export interface MetadefResourceTypeAssociationRequest {
  readonly name: string;
  readonly prefix?: string;
  readonly properties_target?: string;
}

export interface MetadefResourceTypeAssociationView extends MetadefResourceTypeAssociationRequest {
  readonly created_at?: string;
  readonly updated_at?: string;
}

export interface MetadefResourceTypeAssociationList {
  readonly resource_type_associations: readonly MetadefResourceTypeAssociationView[];
}

export interface MetadefResourceTypeView {
  readonly name: string;
  readonly created_at: string;
  readonly updated_at?: string;
}

export interface MetadefResourceTypeList {
  readonly resource_types: readonly MetadefResourceTypeView[];
}

/** Filters, order and page of a list of namespaces. */
export interface MetadefNamespaceListQuery {
  /** At most this many; the service has a limit of its own. */
  readonly limit?: number;
  /** Name of the last namespace seen. */
  readonly marker?: string;
  /** A field of a namespace; `created_at` if left out. */
  readonly sort_key?: string;
  /** `desc` if left out. */
  readonly sort_dir?: 'asc' | 'desc';
  readonly visibility?: 'public' | 'private';
  /** Comma-joined names; associated with one of them is enough. */
  readonly resource_types?: string;
}

/** Order and part of a list of tags. */
export interface MetadefTagListQuery {
  /** All if left out. */
  readonly limit?: number;
  /** Name of the last tag seen. */
  readonly marker?: string;
  /** `created_at` if left out. */
  readonly sort_key?: 'created_at' | 'updated_at' | 'name' | 'id' | 'namespace_id';
  /** `desc` if left out. */
  readonly sort_dir?: 'asc' | 'desc';
}

export interface MetadefNamespaceRequest {
  readonly namespace: string;
  readonly display_name?: string;
  readonly description?: string;
  readonly visibility?: 'public' | 'private';
  readonly protected?: boolean;
  readonly owner?: string;
  readonly resource_type_associations?: readonly MetadefResourceTypeAssociationRequest[];
  readonly properties?: Readonly<Record<string, MetadefPropertyDefinition>>;
  readonly objects?: readonly MetadefObjectRequest[];
  readonly tags?: readonly MetadefTagRequest[];
}

export interface MetadefNamespaceView extends MetadefNamespaceRequest {
  readonly visibility: 'public' | 'private';
  readonly protected: boolean;
  readonly owner: string;
  readonly created_at: string;
  readonly updated_at?: string;
  readonly self: string;
  readonly schema: string;
  readonly resource_type_associations?: readonly MetadefResourceTypeAssociationView[];
  readonly objects?: readonly MetadefObjectView[];
}

export interface MetadefNamespaceList extends PageLinks {
  readonly namespaces: readonly MetadefNamespaceView[];
  readonly schema: string;
}
