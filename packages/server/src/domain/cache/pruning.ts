/** Which copies leave a cache that has become too large. Source: contract 08 §2. */
export interface PrunableCopy {
  readonly imageId: string;
  readonly sizeBytes: number;
  readonly lastUsedAt: Date;
}

/**
 * The least recently used copies, in that order, until what remains is no larger than the limit; none when all fit.
 * Of copies used at the same time the larger one goes first.
 */
export function copiesToPrune<Copy extends PrunableCopy>(copies: readonly Copy[], maxBytes: number): readonly Copy[] {
  let totalBytes = copies.reduce((sum, copy) => sum + copy.sizeBytes, 0);
  const pruned: Copy[] = [];
  for (const copy of copies.toSorted(byUse)) {
    if (totalBytes <= maxBytes) break;
    pruned.push(copy);
    totalBytes -= copy.sizeBytes;
  }
  return pruned;
}

function byUse(one: PrunableCopy, other: PrunableCopy): number {
  return (
    one.lastUsedAt.getTime() - other.lastUsedAt.getTime() ||
    other.sizeBytes - one.sizeBytes ||
    (one.imageId < other.imageId ? -1 : 1)
  );
}
