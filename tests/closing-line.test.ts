/** The last line of a test run, which machines read, and the exit status that goes with it. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const reporter = join(import.meta.dirname, 'support/closing-line-reporter.ts');
const imports = `import { afterAll, beforeAll, describe, expect, test } from 'vitest';\n`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-closing-line-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'tests'));
  await writeFile(
    join(folder, 'vitest.config.mjs'),
    `import { ClosingLineReporter } from ${JSON.stringify(reporter)};
     export default { test: {
       include: ['tests/*.test.js'],
       globalSetup: ['./setup.mjs'],
       reporters: ['default', new ClosingLineReporter()],
     } };`,
  );
  await writeFile(join(folder, 'setup.mjs'), `export const setup = () => () => console.log('torn down');`);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function runTests(code: string | undefined, setUp?: string): Promise<{ status: number; lastLine: string }> {
  if (code !== undefined) await writeFile(join(folder, 'tests/a.test.js'), imports + code);
  if (setUp !== undefined) await writeFile(join(folder, 'setup.mjs'), setUp);
  // Both streams into one, as a log keeps them: the line must be last there too.
  const child = spawn('sh', ['-c', 'exec "$0" node_modules/vitest/vitest.mjs run 2>&1', process.execPath], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const [output, status] = await Promise.all([text(child.stdout), ended]);
  expect(output.endsWith('\n')).toBe(true);
  return { status: status ?? -1, lastLine: output.slice(0, -1).split('\n').at(-1) ?? '' };
}

const passing = `test('a', () => {});`;
const failing = `test('b', () => { expect(1).toBe(2); });`;

test.each([
  { what: 'two passing tests', code: `${passing} test('c', () => {});`, line: '2 passed, 0 failed', status: 0 },
  { what: 'a failing test', code: passing + failing, line: '1 passed, 1 failed', status: 1 },
  {
    what: 'a skipped test',
    code: `${passing} test.skip('c', () => {});`,
    line: '1 passed, 0 failed, 1 skipped',
    status: 0,
  },
  { what: 'skipped tests alone', code: `test.skip('c', () => {});`, line: '0 passed, 1 failed, 1 skipped', status: 1 },
  { what: 'no file at all', code: undefined, line: '0 passed, 1 failed', status: 1 },
  {
    what: 'a file that does not load',
    code: `${passing} throw new Error('no');`,
    line: '0 passed, 1 failed',
    status: 1,
  },
  {
    what: 'a hook that throws',
    code: `describe('d', () => { beforeAll(() => { throw new Error('no'); }); ${passing} });`,
    line: '0 passed, 1 failed, 1 skipped',
    status: 1,
  },
  {
    what: 'a rejection nobody handles',
    code: `test('a', async () => { void Promise.reject(new Error('no')); await new Promise(setImmediate); });`,
    line: '1 passed, 1 failed',
    status: 1,
  },
])('$what: the last line is “$line”, the status $status', async ({ code, line, status }) => {
  expect(await runTests(code)).toEqual({ status, lastLine: line });
});

test('a global set-up that throws: the last line is “0 passed, 1 failed”, the status 1', async () => {
  const setUp = `export const setup = () => { throw new Error('no'); };`;
  expect(await runTests(passing, setUp)).toEqual({ status: 1, lastLine: '0 passed, 1 failed' });
});
