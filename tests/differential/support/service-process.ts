/**
 * Starts one service process on a free loopback port, waits until it answers, and ends exactly that process.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

export interface RunningService {
  /** `http://127.0.0.1:<port>` */
  readonly baseUrl: string;
  /** Ends the process and removes what it kept. Safe to call twice. */
  stop(): Promise<void>;
}

interface ServiceCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly port: number;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;

/** Resolves once the process answers HTTP; throws what it wrote if it ends before or never does. */
export async function startService(command: ServiceCommand): Promise<RunningService> {
  const child = spawn(command.command, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  endWithThisProcess(child);
  const output: string[] = [];
  const keep = (chunk: Buffer): void => {
    output.push(chunk.toString());
    if (output.length > 200) output.shift();
  };
  child.on('error', (error) => output.push(error.message));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  const baseUrl = `http://127.0.0.1:${command.port}`;
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(baseUrl))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stopProcess(child);
      throw new Error(`${command.command} did not start:\n${output.join('')}`);
    }
    await pause(50);
  }
  return { baseUrl, stop: () => stopProcess(child) };
}

/** A run that is cut short must not leave a service behind. */
function endWithThisProcess(child: ChildProcess): void {
  const kill = (): boolean => child.kill('SIGKILL');
  const exit = (): never => process.exit(143);
  process.once('exit', kill).once('SIGTERM', exit).once('SIGINT', exit);
  child.once('exit', () => process.off('exit', kill).off('SIGTERM', exit).off('SIGINT', exit));
}

async function answers(baseUrl: string): Promise<boolean> {
  try {
    await (await fetch(baseUrl)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(killing);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
