/**
 * Starts Lucarne as a user does, with `./lucarne serve`, on a free port and in a folder of its own, and ends exactly what
 * it started.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

export interface LucarneOptions {
  /** Text of a glance-api.conf. */
  readonly config?: string;
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of a service that was stopped or killed, to go on with its data; `stop` then leaves it alone. */
  readonly directory?: string;
  /** What is run instead of this checkout's `./lucarne`. */
  readonly program?: string;
}

export interface RunningLucarne {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Holds `data/` (the service's data folder) and the configuration file. */
  readonly directory: string;
  readonly dataDirectory: string;
  /** There when the service runs with its pocket identity. */
  readonly cloudsYaml: string;
  readonly process: ChildProcess;
  /** Everything written to standard output and standard error so far. */
  logs(): string;
  /** Ends the process and removes its folder; a test that restarts it calls `halt` instead. Safe to repeat. */
  stop(): Promise<void>;
  /** Ends the process with this signal and keeps the folder. Resolves when it has ended. */
  halt(signal?: NodeJS.Signals): Promise<void>;
}

const wrapper = join(import.meta.dirname, '../../lucarne');
const startDeadlineMilliseconds = 20_000;
const endDeadlineMilliseconds = 10_000;
const pollPauseMilliseconds = 25;

/** Resolves when the service is healthy; throws with everything it wrote when it ends before, or is not in time. */
export async function startLucarne(options: LucarneOptions = {}): Promise<RunningLucarne> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'lucarne-test-')));
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory, { recursive: true });
  const output: string[] = [];
  const child = spawn(options.program ?? wrapper, await serveArguments(directory, options), {
    cwd: directory,
    env: environment(dataDirectory, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.once('error', (error) => output.push(`${error.message}\n`));
  endWithThisProcess(child);

  const halt = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => end(child, signal);
  const stop = async (): Promise<void> => {
    await halt();
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    const url = await untilHealthy(child, output);
    const cloudsYaml = join(dataDirectory, 'clouds.yaml');
    return { url, directory, dataDirectory, cloudsYaml, process: child, logs: () => output.join(''), stop, halt };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A test run that is cut short must not leave a service behind; the runner ends a worker that hangs with SIGTERM. */
function endWithThisProcess(child: ChildProcess): void {
  const kill = (): boolean => child.kill('SIGKILL');
  const exit = (): never => process.exit(143);
  process.once('exit', kill).once('SIGTERM', exit);
  child.once('exit', () => process.off('exit', kill).off('SIGTERM', exit));
}

async function serveArguments(directory: string, { config, args = [] }: LucarneOptions): Promise<string[]> {
  const given = ['serve', '--host', '127.0.0.1', '--port', '0', ...args];
  if (config === undefined) return given;
  const file = join(directory, 'lucarne.conf');
  await writeFile(file, config);
  return [...given, '--config-file', file];
}

/** The caller's environment without what would configure an OpenStack client or another Lucarne. */
function environment(dataDirectory: string, added: LucarneOptions['env'] = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OS_|LUCARNE_|VITEST)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    LUCARNE_NODE: process.execPath,
    LUCARNE_DATA_DIR: dataDirectory,
    ...added,
  };
}

async function untilHealthy(child: ChildProcess, output: readonly string[]): Promise<string> {
  const deadline = Date.now() + startDeadlineMilliseconds;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const url = listeningUrl(output.join(''));
    if (url !== undefined && (await isHealthy(url))) return url;
    if (Date.now() > deadline) throw new Error(`Lucarne was not healthy in time; it wrote:\n${output.join('')}`);
    await pause(pollPauseMilliseconds);
  }
  throw new Error(`Lucarne ended with ${child.exitCode ?? child.signalCode}; it wrote:\n${output.join('')}`);
}

function listeningUrl(log: string): string | undefined {
  return /(?:listening on|Lucarne answers at) (http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1];
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthcheck`, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const impatience = setTimeout(() => child.kill('SIGKILL'), endDeadlineMilliseconds);
  await ended;
  clearTimeout(impatience);
}
