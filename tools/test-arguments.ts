/** What the words after `./lucarne test` mean to vitest. */

export interface TestArguments {
  readonly vitestArguments: readonly string[];
  /** What the caller chose to leave out, by name. */
  readonly without: readonly string[];
  readonly problem?: string;
}

const projects = new Set(['unit', 'system']);
const omissible = new Set(['real-servers']);

export function parseTestArguments(words: readonly string[]): TestArguments {
  const vitestArguments = [words.includes('--watch') ? 'watch' : 'run'];
  const without: string[] = [];
  const rest = words.filter((word) => word !== '--watch').values();
  for (const word of rest) {
    if (projects.has(word)) {
      vitestArguments.push('--project', word);
    } else if (word === '--without' || word.startsWith('--without=')) {
      const name = word === '--without' ? (rest.next().value ?? '') : word.slice('--without='.length);
      if (!omissible.has(name)) return { vitestArguments, without, problem: describeOmissible(name) };
      without.push(name);
    } else {
      vitestArguments.push(word);
    }
  }
  return { vitestArguments, without };
}

function describeOmissible(name: string): string {
  return `--without takes ${[...omissible].join(' or ')}, not ${JSON.stringify(name)}`;
}
