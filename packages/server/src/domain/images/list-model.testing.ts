/**
 * The image list as the plainest program there is: filter, sort and cut an array. What lists images out of a database
 * is compared with it. Source: contract 02 §9, 12 §8.
 */
import { compareUtf8 } from '../text-rules.ts';
import type { Image, ImageMember } from './image.ts';
import type { ImageFilter, ImageListQuery, ImageSortKey, NumberColumn, TextColumn } from './list-query.ts';
import { isListed } from './visibility.ts';

export interface StoredImage {
  readonly image: Image;
  /** Live member rows of the image. */
  readonly members: readonly Pick<ImageMember, 'memberId' | 'status'>[];
}

/** One page. A marker must be among the stored images, listed or not. */
export function listStoredImages(stored: readonly StoredImage[], query: ImageListQuery): readonly Image[] {
  const marker = stored.find(({ image }) => image.id === query.marker)?.image;
  return stored
    .filter(({ image, members }) => isListed(image, members, query))
    .map(({ image }) => image)
    .filter((image) => query.filters.every((filter) => matchesFilter(image, filter)))
    .filter((image) => marker === undefined || compareImages(marker, image, query) < 0)
    .toSorted((one, other) => compareImages(one, other, query))
    .slice(0, query.limit);
}

function matchesFilter(image: Image, filter: ImageFilter): boolean {
  switch (filter.kind) {
    case 'text':
      return filter.values.some((value) => value === textOf(image, filter.column));
    case 'number':
      return matchesNumber(numberOf(image, filter.column), filter);
    case 'time': {
      const time = filter.column === 'created_at' ? image.createdAt : image.updatedAt;
      return matchesTime(time.getTime() - filter.value.getTime(), filter);
    }
    case 'protected':
      return image.protected === filter.value;
    case 'property':
      return image.properties.get(filter.name) === filter.value;
    case 'tag':
      return image.tags.includes(filter.value);
    case 'nothing':
      return false;
  }
}

function matchesNumber(number: bigint | null, filter: Extract<ImageFilter, { kind: 'number' }>): boolean {
  if (number === null) return false;
  if (filter.operator === 'eq') return number === filter.value;
  return filter.operator === 'gte' ? number >= filter.value : number <= filter.value;
}

function matchesTime(difference: number, filter: Extract<ImageFilter, { kind: 'time' }>): boolean {
  const holds = {
    eq: difference === 0,
    neq: difference !== 0,
    gt: difference > 0,
    gte: difference >= 0,
    lt: difference < 0,
    lte: difference <= 0,
  };
  return holds[filter.operator];
}

function compareImages(one: Image, other: Image, query: Pick<ImageListQuery, 'sort'>): number {
  for (const { key, direction } of query.sort) {
    const order = compareByKey(one, other, key);
    if (order !== 0) return direction === 'asc' ? order : -order;
  }
  return 0;
}

/** What is not set counts as empty or zero. */
function compareByKey(one: Image, other: Image, key: ImageSortKey): number {
  if (key === 'size') return (one.sizeBytes ?? 0) - (other.sizeBytes ?? 0);
  if (key === 'created_at') return one.createdAt.getTime() - other.createdAt.getTime();
  if (key === 'updated_at') return one.updatedAt.getTime() - other.updatedAt.getTime();
  return compareUtf8(textOf(one, key) ?? '', textOf(other, key) ?? '');
}

function textOf(image: Image, column: TextColumn): string | null {
  const columns: Readonly<Record<TextColumn, string | null>> = {
    name: image.name,
    id: image.id,
    status: image.status,
    visibility: image.visibility,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    owner: image.owner,
    checksum: image.checksum,
    os_hash_value: image.hashValue,
    os_hash_algo: image.hashAlgorithm,
  };
  return columns[column];
}

function numberOf(image: Image, column: NumberColumn): bigint | null {
  if (column === 'virtual_size') return image.virtualSizeBytes;
  const columns = { size: image.sizeBytes, min_ram: image.minRamMib, min_disk: image.minDiskGib };
  const number = columns[column];
  return number === null ? null : BigInt(number);
}
