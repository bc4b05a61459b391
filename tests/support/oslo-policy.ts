/** Debian's oslo.policy: its tools, which write and convert policy files, and the library as the judge of what rules mean. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);
const oracle = join(import.meta.dirname, 'oslo-policy-oracle.py');
const mostBytes = 64 * 1024 * 1024;

export type OsloTool =
  'oslopolicy-sample-generator' | 'oslopolicy-policy-generator' | 'oslopolicy-convert-json-to-yaml';

/** What a tool prints for the rules of Glance. */
export async function runOsloTool(tool: OsloTool, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(`/usr/bin/${tool}`, ['--namespace', 'glance', ...args], { maxBuffer: mostBytes });
  return stdout;
}

export interface OsloQuestion {
  readonly rule: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly target: Readonly<Record<string, unknown>>;
}

/** Whether each question is allowed by these rules, in the order they are asked. */
export async function askOslo(
  rules: Readonly<Record<string, unknown>>,
  questions: readonly OsloQuestion[],
): Promise<readonly boolean[]> {
  const child = spawn('/usr/bin/python3', [oracle]);
  const ended = once(child, 'close');
  const complaints = text(child.stderr);
  const answer = text(child.stdout);
  child.stdin.end(
    JSON.stringify({
      rules,
      default: 'default',
      questions: questions.map(({ rule, credentials, target }) => [rule, credentials, target]),
    }),
  );
  await ended;
  const outcomes: unknown = JSON.parse((await answer) || 'null');
  if (!Array.isArray(outcomes)) throw new Error(`oslo.policy gave no answer:\n${await complaints}`);
  return outcomes.map((outcome) => outcome === true);
}
