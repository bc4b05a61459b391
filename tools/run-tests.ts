/**
 * The test command: words a person types become vitest's arguments, and vitest runs in this very process, so that a
 * signal reaches it.
 *
 *   ./lucarne test                        everything
 *   ./lucarne test unit | system          one project
 *   ./lucarne test images tests/cli       the files whose path contains a word
 *   ./lucarne test --without real-servers leaves out, by name, what needs programs this machine does not have
 *
 * Whatever begins with `-` goes to vitest as it is; `--watch` watches.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseTestArguments } from './test-arguments.ts';

const root = join(import.meta.dirname, '..');

/** A path is meant as the caller sees it, also from a folder below the root. */
function toAbsolute(word: string): string {
  return !word.startsWith('-') && word.includes('/') && existsSync(word) ? resolve(word) : word;
}

const { vitestArguments, without, problem } = parseTestArguments(process.argv.slice(2).map(toAbsolute));
if (problem !== undefined) {
  console.error(`lucarne test: ${problem}`);
  process.exitCode = 2;
} else {
  if (without.length > 0) process.env['LUCARNE_WITHOUT'] = without.join(',');
  process.chdir(root);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  process.argv.splice(1, Infinity, vitest, ...vitestArguments);
  await import(pathToFileURL(vitest).href);
}
