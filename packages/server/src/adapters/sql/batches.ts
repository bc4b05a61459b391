/** Rows and ids in portions: databases limit how many values one statement may bind, the smallest of them to 999. */
export function* inBatches<Item>(items: readonly Item[], size: number): Iterable<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
