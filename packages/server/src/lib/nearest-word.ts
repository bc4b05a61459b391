/**
 * The word a person probably meant: the nearest of a list by edit distance.
 */

/**
 * The candidate that needs the fewest inserted, removed or replaced characters, at most `maxDistance`; among equals the
 * first. Null when none is that near.
 */
export function nearestWord(word: string, candidates: Iterable<string>, maxDistance: number): string | null {
  let nearest: string | null = null;
  let limit = maxDistance;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word, candidate);
    if (distance > limit) continue;
    nearest = candidate;
    limit = distance - 1;
  }
  return nearest;
}

/** Levenshtein distance, with one row of the table kept at a time. */
export function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
