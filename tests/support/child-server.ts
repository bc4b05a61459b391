/** Servers of others as child processes: started, waited for, and ended with the tests that started them. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

const startDeadlineMilliseconds = 120_000;
const pollPauseMilliseconds = 100;
/** Below those that systems give to clients, so that no connection takes it before the server does. */
const ports = { first: 15_000, last: 32_000 };

/** A port of the loopback nobody listens on now, for servers that must be told one, or keep it when started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.first + Math.floor(Math.random() * (ports.last - ports.first));
    const probe = createServer();
    const isFree = new Promise<boolean>((resolve) => {
      probe.once('listening', () => resolve(true)).once('error', () => resolve(false));
    });
    probe.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

export interface ServerProgram {
  readonly program: string;
  readonly args?: readonly string[];
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What it writes is added to the output. It does not outlive this process. */
export function startServer({ program, args = [], directory, env }: ServerProgram, output: string[]): ChildProcess {
  const child = spawn(program, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.once('error', (error) => output.push(`${error.message}\n`));
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Raises with what it wrote when it ends, or does not serve in time. */
export async function untilServing(
  child: ChildProcess,
  isServing: () => Promise<boolean>,
  output: readonly string[],
): Promise<void> {
  const deadline = Date.now() + startDeadlineMilliseconds;
  while (!hasEnded(child)) {
    if (await isServing()) return;
    if (Date.now() > deadline) break;
    await pause(pollPauseMilliseconds);
  }
  throw new Error(`The server does not serve; it wrote:\n${output.join('')}`);
}

/** Also one that is stopped; kills it when it does not end in time. Safe to repeat. */
export async function endServer(child: ChildProcess, patienceMilliseconds: number): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMilliseconds);
  await ended;
  clearTimeout(impatience);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
