/**
 * Runs programs of the system on data of strangers: without a shell, in an empty environment, and under limits that
 * the kernel keeps. A program dies with the service, so that nothing works on behind the back of whoever takes over.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ImageServiceError } from '../../domain/errors.ts';

export interface SystemProgram {
  readonly name: string;
  readonly debianPackage: string;
}

export interface ProgramLimits {
  readonly addressSpaceBytes: number;
  /** Of each file it writes; pipes are free. More than files can have is no limit. */
  readonly fileBytes: number;
  /** Processor time; null for no limit. */
  readonly cpuSeconds: number | null;
  /** Null for no limit; so is more than three weeks. */
  readonly wallSeconds: number | null;
}

export interface ProgramRun {
  readonly program: SystemProgram;
  readonly args: readonly string[];
  readonly limits: ProgramLimits;
  /** Folders that are searched for programs, as in the environment variable `PATH`. */
  readonly searchPath: string;
}

export interface ProgramEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said about errors, cut after a few thousand characters. Names paths: for logs only. */
  readonly errorText: string;
  /** It had used up its processor time or its time altogether. */
  readonly outOfTime: boolean;
}

export interface RunningProgram {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when it has ended and its output was read or destroyed. */
  readonly ended: Promise<ProgramEnd>;
  /** Without effect when it has ended. */
  kill(): void;
}

const utilLinux = { setpriv: 'setpriv', prlimit: 'prlimit', debianPackage: 'util-linux' } as const;
const maxErrorTextLength = 4096;
/** What a timer can be set to. */
const longestTimerSeconds = 2_000_000;

/** Starts a program; one that is not there raises `unavailable` and says which package has it. */
export async function startProgram(run: ProgramRun): Promise<RunningProgram> {
  const { debianPackage } = utilLinux;
  const program = await findProgram(run.program, run.searchPath);
  const setpriv = await findProgram({ name: utilLinux.setpriv, debianPackage }, run.searchPath);
  const prlimit = await findProgram({ name: utilLinux.prlimit, debianPackage }, run.searchPath);
  const args = ['--pdeathsig', 'KILL', '--no-new-privs', '--', prlimit, ...limitArguments(run.limits), '--', program];
  const child = spawn(setpriv, [...args, ...run.args], {
    cwd: '/',
    // Every thread would reserve address space of its own for its heap otherwise.
    env: { PATH: run.searchPath, LC_ALL: 'C', MALLOC_ARENA_MAX: '2' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program may end before it has read everything; how it ended says what that means.
  child.stdin.on('error', () => undefined);
  return {
    input: child.stdin,
    output: child.stdout,
    ended: watchEnd(child, run),
    kill: () => void child.kill('SIGKILL'),
  };
}

function limitArguments({ addressSpaceBytes, fileBytes, cpuSeconds }: ProgramLimits): string[] {
  const fileSize = Number.isSafeInteger(fileBytes) ? fileBytes : 'unlimited';
  const limits = ['--core=0', `--as=${addressSpaceBytes}`, `--fsize=${fileSize}`, '--nofile=64'];
  // First the signal that tells why, then the one that cannot be ignored.
  return cpuSeconds === null ? limits : [...limits, `--cpu=${cpuSeconds}:${cpuSeconds + 1}`];
}

async function findProgram({ name, debianPackage }: SystemProgram, searchPath: string): Promise<string> {
  for (const folder of searchPath.split(delimiter).filter((each) => isAbsolute(each))) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new ImageServiceError(
    'unavailable',
    `The program ${name} is missing on this node. On Debian it is in the package ${debianPackage}.`,
  );
}

function watchEnd(child: ChildProcess, { program, limits }: ProgramRun): Promise<ProgramEnd> {
  let errorText = '';
  let outOfWallTime = false;
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    errorText = (errorText + text).slice(0, maxErrorTextLength);
  });
  const timer =
    limits.wallSeconds === null || limits.wallSeconds > longestTimerSeconds
      ? undefined
      : setTimeout(() => {
          outOfWallTime = true;
          child.kill('SIGKILL');
          child.stdout?.destroy();
        }, limits.wallSeconds * 1000);
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new ImageServiceError('unavailable', `The program ${program.name} cannot be started.`, { cause }));
    });
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, errorText, outOfTime: outOfWallTime || signal === 'SIGXCPU' });
    });
  });
  // Awaited later; a failure until then is not "unhandled".
  ended.catch(() => undefined);
  return ended;
}

/**
 * What the end of a program means for its caller when it was no fault of the data: it was stopped from outside, by the
 * operator or for want of memory on the machine, or never got to run. Null otherwise.
 */
export function outsideFailure({ signal, outOfTime, errorText }: ProgramEnd, name: string): ImageServiceError | null {
  const cause = { signal, errorText };
  if (/^(setpriv|prlimit): /.test(errorText)) {
    return new ImageServiceError('unavailable', `The program ${name} cannot be run under its limits here.`, { cause });
  }
  if (outOfTime || (signal !== 'SIGKILL' && signal !== 'SIGTERM' && signal !== 'SIGINT')) return null;
  return new ImageServiceError('unavailable', `The program ${name} was stopped while it worked. Try again.`, { cause });
}
