/**
 * What the query strings of the lists of metadata definitions ask for. Of a repeated parameter the last value counts;
 * a parameter a list does not know is ignored. Source: contract 09 §4.3, §6, §7. Differs: contract 09 §4.3 [BUG], §7
 * [BUG]: what cannot be understood is a 400.
 */
import type { QueryPair } from '../../lib/query-string.ts';
import { badRequest } from '../errors.ts';
import type { ListLimits } from '../images/list-parameters.ts';
import type { SortDirection } from '../images/list-query.ts';
import type { Viewer } from '../request-context.ts';
import { quoteForMessage } from '../text-rules.ts';
import type { MetadefVisibility } from './metadefs.ts';

export const namespaceSortKeys = [
  'created_at',
  'updated_at',
  'id',
  'namespace',
  'display_name',
  'description',
  'visibility',
  'protected',
  'owner',
] as const;
export type NamespaceSortKey = (typeof namespaceSortKeys)[number];

export const tagSortKeys = ['created_at', 'updated_at', 'id', 'name', 'namespace_id'] as const;
export type TagSortKey = (typeof tagSortKeys)[number];

export interface MetadefSort<Key> {
  readonly key: Key;
  readonly direction: SortDirection;
}

export interface NamespaceListQuery {
  readonly viewer: Viewer;
  /** `none` is that of no namespace. */
  readonly visibility: MetadefVisibility | 'none' | null;
  /** Namespaces that go with any of these; null for all namespaces. */
  readonly resourceTypes: readonly string[] | null;
  /** A total order. */
  readonly sort: readonly MetadefSort<NamespaceSortKey>[];
  readonly limit: number;
  /** Name of the namespace the page starts behind. */
  readonly marker: string | null;
}

export interface TagListQuery {
  readonly sort: readonly MetadefSort<TagSortKey>[];
  /** Null for all. */
  readonly limit: number | null;
  /** Name of the tag the page starts behind. */
  readonly marker: string | null;
}

export function parseNamespaceList(
  pairs: readonly QueryPair[],
  viewer: Viewer,
  limits: ListLimits,
): NamespaceListQuery {
  const parameters = new Map(pairs);
  const limit = parameters.get('limit');
  const resourceTypes = parameters.get('resource_types');
  return {
    viewer,
    visibility: namespaceVisibility(parameters.get('visibility')),
    resourceTypes: resourceTypes === undefined ? null : resourceTypes.split(','),
    sort: parseSort(parameters, namespaceSortKeys),
    limit: Math.min(limit === undefined ? limits.defaultLimit : parseLimit(limit), limits.maxLimit),
    marker: parameters.get('marker') ?? null,
  };
}

/** Here empty values count as none. */
export function parseTagList(pairs: readonly QueryPair[]): TagListQuery {
  const parameters = new Map(pairs);
  const limit = parameters.get('limit') ?? '';
  const marker = parameters.get('marker') ?? '';
  checkSharedVisibility(parameters.get('visibility'));
  return {
    sort: parseSort(parameters, tagSortKeys),
    limit: limit === '' ? null : parseLimit(limit),
    marker: marker === '' ? null : marker,
  };
}

/** Lists of objects check their parameters, and come whole and in one order all the same. */
export function checkObjectList(pairs: readonly QueryPair[]): void {
  const parameters = new Map(pairs);
  const limit = parameters.get('limit');
  if (limit !== undefined && parseLimit(limit) === 0) throw badRequest('The parameter limit must be positive.');
  const direction = parameters.get('sort_dir');
  if (direction !== undefined) parseDirection(direction);
  checkSharedVisibility(parameters.get('visibility'));
}

/** The first key, then the time of creation and the number of the row, all in one direction. */
function parseSort<Key extends string>(
  parameters: ReadonlyMap<string, string>,
  keys: readonly Key[],
): readonly MetadefSort<Key | 'created_at' | 'id'>[] {
  const asked = parameters.get('sort_key') ?? 'created_at';
  const key = keys.find((candidate) => candidate === asked);
  if (key === undefined) {
    throw badRequest(`The parameter sort_key is one of ${keys.join(', ')}, not ${quoteForMessage(asked)}.`);
  }
  const direction = parseDirection(parameters.get('sort_dir') ?? 'desc');
  const order = key === 'id' || key === 'created_at' ? [] : [key];
  return [...order, 'created_at' as const, 'id' as const].map((each) => ({ key: each, direction }));
}

function parseDirection(text: string): SortDirection {
  if (text === 'asc' || text === 'desc') return text;
  throw badRequest(`The parameter sort_dir is asc or desc, not ${quoteForMessage(text)}.`);
}

/** Blanks around and a sign before the digits are fine. */
function parseLimit(text: string): number {
  const digits = text.trim();
  if (!/^[+-]?[0-9]+$/.test(digits)) {
    throw badRequest(`The parameter limit takes a whole number, not ${quoteForMessage(text)}.`);
  }
  const limit = Number(digits);
  if (limit < 0) throw badRequest('The parameter limit must not be negative.');
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

function namespaceVisibility(text: string | undefined): NamespaceListQuery['visibility'] {
  if (text === undefined) return null;
  if (text === '') return 'none';
  if (text === 'public' || text === 'private') return text;
  throw badRequest(`The parameter visibility is public or private, not ${quoteForMessage(text)}.`);
}

/** Lists inside a namespace know one word more, and do not care which. */
function checkSharedVisibility(text: string | undefined): void {
  if (text === undefined || ['', 'public', 'private', 'shared'].includes(text)) return;
  throw badRequest(`The parameter visibility is public, private or shared, not ${quoteForMessage(text)}.`);
}
