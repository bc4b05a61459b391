/**
 * Runs the checks of the tree side by side and shows what those that fail have to say.
 *
 *   ./lucarne check                 all of them
 *   ./lucarne check types layers    these
 */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';

/** Below `.tool/`, so that nothing has to be ignored for it. */
const prettierCache = '--cache-location=.tool/prettier-cache';

const checks = {
  format: ['prettier', '--check', '--log-level=warn', '--cache', '--cache-strategy=content', prettierCache, '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['tsc', '--noEmit', '-p', 'tsconfig.json'],
  layers: ['node', 'tools/check-layers.ts'],
  unused: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
} as const satisfies Record<string, readonly [string, ...string[]]>;

type CheckName = keyof typeof checks;

interface Verdict {
  readonly name: CheckName;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const root = join(import.meta.dirname, '..');

function isCheckName(name: string): name is CheckName {
  return Object.hasOwn(checks, name);
}

/** Programs are looked up in the tree first, and run on this very Node rather than on the one in the caller's PATH. */
function searchPath(): string {
  return [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
}

async function runCheck(name: CheckName): Promise<Verdict> {
  const [program, ...args] = checks[name];
  const start = performance.now();
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: searchPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { name, passed: status === 0, output: `${output}${errors}`, seconds: (performance.now() - start) / 1000 };
}

function showVerdict({ name, passed, output, seconds }: Verdict): void {
  console.log(`${passed ? 'ok    ' : 'failed'} ${name.padEnd(7)} ${seconds.toFixed(1)} s`);
  if (!passed) console.log(`\n${output.trim()}\n`);
}

async function runChecks(names: readonly CheckName[]): Promise<boolean> {
  const verdicts = names.map(async (name) => {
    const verdict = await runCheck(name);
    showVerdict(verdict);
    return verdict.passed;
  });
  return (await Promise.all(verdicts)).every(Boolean);
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isCheckName(name));
if (unknown.length > 0) {
  console.error(`There is no check named ${unknown.join(', ')}: choose among ${Object.keys(checks).join(', ')}.`);
  process.exitCode = 2;
} else {
  const names = (asked.length > 0 ? asked : Object.keys(checks)).filter(isCheckName);
  if (!(await runChecks(names))) process.exitCode = 1;
}
