/**
 * One page of the image list, as the rules understood the query string. The SQL adapter turns it into queries; the
 * property tests turn it into a filter over a plain array. Source: contract 02 §9.
 */
import type { ImageVisibility, MemberStatus } from '@lucarne/contract/image-attributes.ts';
import type { Viewer } from '../request-context.ts';

export const imageSortKeys = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const;
export type ImageSortKey = (typeof imageSortKeys)[number];
export type SortDirection = 'asc' | 'desc';

export interface ImageSort {
  readonly key: ImageSortKey;
  readonly direction: SortDirection;
}

export type TextColumn =
  | 'name'
  | 'id'
  | 'status'
  | 'visibility'
  | 'container_format'
  | 'disk_format'
  | 'owner'
  | 'checksum'
  | 'os_hash_value'
  | 'os_hash_algo';
export type NumberColumn = 'size' | 'virtual_size' | 'min_ram' | 'min_disk';
export type TimeColumn = 'created_at' | 'updated_at';
export type TimeOperator = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte';

export type ImageFilter =
  /** The column equals one of the values; no values match nothing. */
  | { readonly kind: 'text'; readonly column: TextColumn; readonly values: readonly string[] }
  | {
      readonly kind: 'number';
      readonly column: NumberColumn;
      readonly operator: 'eq' | 'gte' | 'lte';
      readonly value: bigint;
    }
  | { readonly kind: 'time'; readonly column: TimeColumn; readonly operator: TimeOperator; readonly value: Date }
  | { readonly kind: 'protected'; readonly value: boolean }
  /** A live custom property of that name has exactly that value. */
  | { readonly kind: 'property'; readonly name: string; readonly value: string }
  | { readonly kind: 'tag'; readonly value: string }
  /** Cannot be met by any image. */
  | { readonly kind: 'nothing' };

export interface ImageListQuery {
  readonly viewer: Viewer;
  /** null: the default set. `all`: the default set and everybody's community images. */
  readonly visibility: ImageVisibility | 'all' | null;
  /** Status of the member row through which another project's shared image is listed. */
  readonly memberStatus: MemberStatus | 'all';
  /** true lists only hidden images, false only the others. */
  readonly hidden: boolean;
  /** All must hold. */
  readonly filters: readonly ImageFilter[];
  /** Complete: ends with `created_at` and `id`, so that the order is total. */
  readonly sort: readonly ImageSort[];
  readonly limit: number;
  /** The page starts behind this image, which need not meet the filters. */
  readonly marker: string | null;
}
