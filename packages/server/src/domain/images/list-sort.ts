/**
 * The order of an image list, from either of its two syntaxes: `sort=name:asc,size` or repeated `sort_key` and
 * `sort_dir`. Source: contract 02 §9.3.
 */
import type { QueryPair } from '../../lib/query-string.ts';
import { badRequest } from '../errors.ts';
import { quoteForMessage } from '../text-rules.ts';
import { imageSortKeys } from './list-query.ts';
import type { ImageSort, ImageSortKey, SortDirection } from './list-query.ts';

/** Keys as asked for and as many directions, or one for all of them. */
interface RequestedSort {
  readonly keys: readonly ImageSortKey[];
  readonly directions: readonly SortDirection[];
}

/**
 * A total order: `created_at` and `id` are among the keys, appended unless asked for. Each key occurs once; a repetition
 * could not change the order. Mixing the syntaxes, unknown keys and directions are a 400.
 */
export function parseSort(pairs: readonly QueryPair[]): readonly ImageSort[] {
  const combined = valuesOf(pairs, 'sort').at(-1);
  const keys = valuesOf(pairs, 'sort_key');
  const directions = valuesOf(pairs, 'sort_dir');
  if (combined === undefined) return complete(readSeparate(keys, directions));
  if (keys.length > 0 || directions.length > 0) {
    throw badRequest('The parameter sort cannot be used together with sort_key or sort_dir.');
  }
  return complete(readCombined(combined));
}

function valuesOf(pairs: readonly QueryPair[], wanted: string): readonly string[] {
  return pairs.filter(([name]) => name === wanted).map(([, value]) => value.trim());
}

function readCombined(text: string): RequestedSort {
  const items = text.split(',').map((item) => {
    const [key = '', direction = '', ...rest] = item.split(':').map((token) => token.trim());
    if (rest.length > 0) throw badRequest(`The sort item ${quoteForMessage(item)} has more than one direction.`);
    return { key: readKey(key), direction: direction === '' ? 'desc' : readDirection(direction) };
  });
  return { keys: items.map(({ key }) => key), directions: items.map(({ direction }) => direction) };
}

function readSeparate(keys: readonly string[], directions: readonly string[]): RequestedSort {
  const requested = {
    keys: keys.length === 0 ? (['created_at'] as const) : keys.map(readKey),
    directions: directions.length === 0 ? (['desc'] as const) : directions.map(readDirection),
  };
  if (requested.directions.length > 1 && requested.directions.length !== requested.keys.length) {
    throw badRequest('There is either one sort_dir for all, or one for every sort_key.');
  }
  return requested;
}

function complete({ keys, directions }: RequestedSort): readonly ImageSort[] {
  const [single = 'desc', ...others] = directions;
  const tieDirection = others.length === 0 ? single : 'desc';
  const sort = new Map<ImageSortKey, SortDirection>();
  for (const [index, key] of keys.entries()) {
    if (!sort.has(key)) sort.set(key, directions[index] ?? single);
  }
  for (const key of ['created_at', 'id'] as const) if (!sort.has(key)) sort.set(key, tieDirection);
  return [...sort].map(([key, direction]) => ({ key, direction }));
}

function readKey(text: string): ImageSortKey {
  const key = imageSortKeys.find((candidate) => candidate === text);
  if (key !== undefined) return key;
  throw badRequest(`Images cannot be sorted by ${quoteForMessage(text)}, only by ${imageSortKeys.join(', ')}.`);
}

function readDirection(text: string): SortDirection {
  if (text === 'asc' || text === 'desc') return text;
  throw badRequest(`The direction of sorting is asc or desc, not ${quoteForMessage(text)}.`);
}
