/**
 * What the query string of GET /v2/images asks for. Whatever is not a parameter of the list names a custom property.
 * Of a repeated parameter the last value counts, except for tags and sort keys.
 * Source: contract 02 §9.1, §9.2, §9.4. Differs: a `_min` or `_max` of an unknown column is a 400, columns of the
 * implementation (`tags`, `locations`, …) are custom properties.
 */
import { imageVisibilities, memberStatuses } from '@lucarne/contract/image-attributes.ts';
import type { ImageStatus, ImageVisibility, MemberStatus } from '@lucarne/contract/image-attributes.ts';
import { parseIsoTime } from '../../lib/iso-time.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { badRequest } from '../errors.ts';
import type { Viewer } from '../request-context.ts';
import { quoteForMessage } from '../text-rules.ts';
import { parseTextFilterValues } from './filter-values.ts';
import type { ImageFilter, ImageListQuery, NumberColumn, TextColumn, TimeColumn, TimeOperator } from './list-query.ts';
import { parseSort } from './list-sort.ts';

export interface ListLimits {
  /** Images on a page when the client does not say. */
  readonly defaultLimit: number;
  /** Images on a page at most, whatever the client says. */
  readonly maxLimit: number;
}

/** What the words of clients that know fewer of them stand for. */
export interface ListDialect {
  /** The visibilities that can be asked for. */
  readonly visibilities: ReadonlyMap<string, readonly ImageVisibility[]>;
  /** Statuses; those not named are the status of no image. */
  readonly statuses: ReadonlyMap<string, readonly ImageStatus[]>;
}

export interface ListRules extends ListLimits {
  /** Null when clients use our own words. */
  readonly dialect?: ListDialect | null;
}

type FilterReader = (value: string) => ImageFilter;

/** Parameters that are no filters on attributes of the image. */
const controlParameters: ReadonlySet<string> = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'member_status',
  'os_hidden',
  'tag',
  // Glance's own clients send it; lists never hold deleted images.
  'deleted',
]);

const numberColumns: readonly NumberColumn[] = ['size', 'virtual_size', 'min_ram', 'min_disk'];

const filterReaders: ReadonlyMap<string, FilterReader> = new Map<string, FilterReader>([
  ...readersOf<TextColumn>(['name', 'id', 'status', 'container_format', 'disk_format'], (column, value) => ({
    kind: 'text',
    column,
    values: parseTextFilterValues(column, value),
  })),
  ...readersOf<TextColumn>(['owner', 'checksum', 'os_hash_value', 'os_hash_algo'], (column, value) => ({
    kind: 'text',
    column,
    values: [value],
  })),
  ...readersOf(numberColumns, numberFilter),
  ...readersOf<TimeColumn>(['created_at', 'updated_at'], timeFilter),
  ['protected', protectedFilter],
]);

const timeOperators: readonly TimeOperator[] = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte'];

/** Anything not understood is a 400. Whether the marker exists is for the caller to find out. */
export function parseListParameters(pairs: readonly QueryPair[], viewer: Viewer, rules: ListRules): ImageListQuery {
  const parameters = new Map(pairs);
  const dialect = rules.dialect ?? null;
  const { visibility, filters } = parseVisibility(parameters.get('visibility'), dialect);
  return {
    viewer,
    visibility,
    memberStatus: parseMemberStatus(parameters.get('member_status')),
    hidden: parseHidden(parameters.get('os_hidden')),
    filters: limited([
      ...filters,
      ...parseFilters(parameters).map((filter) => inOurWords(filter, dialect)),
      ...tagFilters(pairs),
    ]),
    sort: parseSort(pairs),
    limit: parseLimit(parameters.get('limit'), rules),
    marker: parseMarker(parameters.get('marker')),
  };
}

/** An image has no more properties and tags by default, and a database takes only so many conditions. */
const mostFilters = 256;

function limited(filters: readonly ImageFilter[]): readonly ImageFilter[] {
  if (filters.length <= mostFilters) return filters;
  throw badRequest(`A list takes at most ${mostFilters} filters.`);
}

function parseFilters(parameters: ReadonlyMap<string, string>): readonly ImageFilter[] {
  const filters: ImageFilter[] = [];
  for (const [name, value] of parameters) {
    if (controlParameters.has(name)) continue;
    filters.push(filterOf(name, value));
  }
  return filters;
}

function filterOf(name: string, value: string): ImageFilter {
  if (name === 'changes-since') throw badRequest('The parameter changes-since is not supported; filter by updated_at.');
  const reader = filterReaders.get(name);
  if (reader !== undefined) return reader(value);
  if (name.endsWith('_min') || name.endsWith('_max')) return boundFilter(name, value);
  return { kind: 'property', name, value };
}

/** Gives each of the columns the reader that knows it by its name. */
function readersOf<Column extends string>(
  columns: readonly Column[],
  read: (column: Column, value: string) => ImageFilter,
): readonly (readonly [string, FilterReader])[] {
  return columns.map((column) => [column, (value: string) => read(column, value)]);
}

function numberFilter(column: NumberColumn, value: string): ImageFilter {
  const number = parseInteger(value);
  // A number no column can hold is not wrong, there just is no such image.
  if (number === null || !fitsColumn(number)) return { kind: 'nothing' };
  return { kind: 'number', column, operator: 'eq', value: number };
}

function boundFilter(name: string, value: string): ImageFilter {
  const column = numberColumns.find((candidate) => candidate === name.slice(0, -'_min'.length));
  if (column === undefined) throw badRequest(`There is no number to compare for parameter ${quoteForMessage(name)}.`);
  const number = parseInteger(value);
  if (number === null || !fitsColumn(number)) {
    throw badRequest(`The parameter ${name} takes a whole number, not ${quoteForMessage(value)}.`);
  }
  return { kind: 'number', column, operator: name.endsWith('_min') ? 'gte' : 'lte', value: number };
}

function timeFilter(column: TimeColumn, value: string): ImageFilter {
  const bare = parseIsoTime(value);
  if (bare !== null) return { kind: 'time', column, operator: 'eq', value: bare };
  const colon = value.indexOf(':');
  const operator = timeOperators.find((candidate) => candidate === value.slice(0, Math.max(0, colon)));
  if (operator === undefined) {
    throw badRequest(`The parameter ${column} takes an operator (${timeOperators.join(', ')}), a colon and a time.`);
  }
  const time = parseIsoTime(value.slice(colon + 1));
  if (time === null) {
    throw badRequest(
      `The parameter ${column} takes a time in ISO 8601, not ${quoteForMessage(value.slice(colon + 1))}.`,
    );
  }
  return { kind: 'time', column, operator, value: time };
}

function protectedFilter(value: string): ImageFilter {
  return { kind: 'protected', value: oneOf('protected', value, ['true', 'false']) === 'true' };
}

function tagFilters(pairs: readonly QueryPair[]): readonly ImageFilter[] {
  return pairs.filter(([name]) => name === 'tag').map(([, value]) => ({ kind: 'tag', value: value.trim() }));
}

/** An empty visibility is that of no image. */
function parseVisibility(
  value: string | undefined,
  dialect: ListDialect | null,
): Pick<ImageListQuery, 'visibility' | 'filters'> {
  if (value === undefined) return { visibility: null, filters: [] };
  if (value === '') return { visibility: null, filters: [{ kind: 'nothing' }] };
  if (dialect === null) {
    return { visibility: oneOf('visibility', value, [...imageVisibilities, 'all'] as const), filters: [] };
  }
  const values = dialect.visibilities.get(oneOf('visibility', value, [...dialect.visibilities.keys()])) ?? [];
  // What the word stands for is looked for in the default set: other projects' community images are not private ones.
  return { visibility: null, filters: [{ kind: 'text', column: 'visibility', values }] };
}

function inOurWords(filter: ImageFilter, dialect: ListDialect | null): ImageFilter {
  if (dialect === null || filter.kind !== 'text' || filter.column !== 'status') return filter;
  return { ...filter, values: filter.values.flatMap((value) => dialect.statuses.get(value) ?? []) };
}

function parseMemberStatus(value: string | undefined): MemberStatus | 'all' {
  return value === undefined ? 'accepted' : oneOf('member_status', value, [...memberStatuses, 'all']);
}

function parseHidden(value: string | undefined): boolean {
  return value !== undefined && oneOf('os_hidden', value.toLowerCase(), ['true', 'false']) === 'true';
}

function oneOf<Value extends string>(name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw badRequest(`The parameter ${name} is one of ${allowed.join(', ')}, not ${quoteForMessage(value)}.`);
}

/** Images or tasks on a page. */
export function parseLimit(value: string | undefined, { defaultLimit, maxLimit }: ListLimits): number {
  if (value === undefined) return Math.min(defaultLimit, maxLimit);
  const limit = parseInteger(value);
  if (limit === null) throw badRequest(`The parameter limit takes a whole number, not ${quoteForMessage(value)}.`);
  if (limit < 0n) throw badRequest('The parameter limit must not be negative.');
  return limit < BigInt(maxLimit) ? Number(limit) : maxLimit;
}

function parseMarker(value: string | undefined): string | null {
  if (value === '') throw badRequest('The parameter marker takes the id of an image.');
  return value ?? null;
}

/** Blanks around and a sign before the digits are fine. Longer than any number meant is as good as no number. */
function parseInteger(text: string): bigint | null {
  const digits = text.trim();
  if (digits.length > 100 || !/^[+-]?[0-9]+$/.test(digits)) return null;
  return BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
}

/** Database integers have 64 bits. */
function fitsColumn(number: bigint): boolean {
  return BigInt.asIntN(64, number) === number;
}
