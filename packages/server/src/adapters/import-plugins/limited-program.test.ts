import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCodeOf } from '../../domain/errors.testing.ts';
import { outsideFailure, startProgram } from './limited-program.ts';
import type { ProgramEnd, ProgramLimits } from './limited-program.ts';

const searchPath = process.env['PATH'] ?? '';
const mebibyte = 1024 * 1024;
const shell = { name: 'sh', debianPackage: 'dash' };
const ample: ProgramLimits = {
  addressSpaceBytes: 512 * mebibyte,
  fileBytes: mebibyte,
  cpuSeconds: 10,
  wallSeconds: 20,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-programs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script; these tests use a shell to stand for any program, the product uses none. */
async function runScript(script: string, limits: Partial<ProgramLimits> = {}) {
  const args = ['-c', script, 'sh', folder];
  const running = await startProgram({ program: shell, args, limits: { ...ample, ...limits }, searchPath });
  running.input.end('input');
  let output = '';
  for await (const piece of running.output) output += String(piece);
  return { output, end: await running.ended };
}

describe('a program under limits', () => {
  test('reads its input, writes its output and tells how it ended', async () => {
    const { output, end } = await runScript('cat; echo problem >&2; exit 3');
    expect(output).toBe('input');
    expect(end).toEqual({ exitCode: 3, signal: null, errorText: 'problem\n', outOfTime: false });
  });

  test('knows nothing of the environment and works in no folder of the service', async () => {
    const { output } = await runScript('env | cut -d= -f1 | sort | tr "\\n" " "; pwd');
    expect(output).toBe('LC_ALL MALLOC_ARENA_MAX PATH PWD /\n');
  });

  test('cannot gain rights and leaves no core', async () => {
    const { output } = await runScript('grep NoNewPrivs /proc/self/status; ulimit -c');
    expect(output.split(/\s+/)).toEqual(['NoNewPrivs:', '1', '0', '']);
  });

  test('gets no more memory', async () => {
    const { output, end } = await runScript('head -c 300000000 /dev/zero | tail -c 299999999 | wc -c', {
      addressSpaceBytes: 64 * mebibyte,
    });
    expect(output.trim()).not.toBe('299999999');
    expect(end.errorText).toMatch(/memory/);
  });

  test('writes no larger file', async () => {
    const { end } = await runScript('cat /dev/zero > "$1/large"', { fileBytes: 100_000 });
    expect(end.exitCode === 0).toBe(false);
    expect((await stat(join(folder, 'large'))).size).toBeLessThanOrEqual(100_000);
  });

  test('is stopped when its processor time is used up', async () => {
    const { end } = await runScript('while :; do :; done', { cpuSeconds: 1 });
    expect([end.signal, end.outOfTime]).toEqual(['SIGXCPU', true]);
  });

  test('is stopped when its time is up, also while nobody reads what it says', async () => {
    const limits = { ...ample, wallSeconds: 0.05 };
    const args = ['-c', 'exec cat /dev/zero'];
    const running = await startProgram({ program: shell, args, limits, searchPath });
    const end = await running.ended;
    expect([end.signal, end.outOfTime]).toEqual(['SIGKILL', true]);
  });

  test('dies with the service', async () => {
    const script = `
      import { startProgram } from ${JSON.stringify(join(import.meta.dirname, 'limited-program.ts'))};
      const limits = { addressSpaceBytes: 2 ** 28, fileBytes: 0, cpuSeconds: null, wallSeconds: null };
      const running = await startProgram({
        program: { name: 'sh', debianPackage: 'dash' },
        args: ['-c', 'echo $$; exec sleep 600'],
        limits,
        searchPath: process.env.PATH,
      });
      running.output.once('data', (pid) => { console.log(String(pid)); process.kill(process.pid, 'SIGKILL'); });
    `;
    const service = await startProgram({
      program: { name: 'node', debianPackage: 'nodejs' },
      args: ['--input-type=module', '-e', script],
      // Node reserves address space without end.
      limits: { ...ample, addressSpaceBytes: 2 ** 46 },
      searchPath: [join(process.execPath, '..'), searchPath].join(':'),
    });
    let pid = '';
    for await (const piece of service.output) pid += String(piece);
    expect(pid).toMatch(/^\d+\s*$/);
    await expect.poll(() => readFile(`/proc/${pid.trim()}/cmdline`, 'utf8').catch(() => '')).toBe('');
  });

  test('that cannot be found is a 503 with the name of its package', async () => {
    const program = { name: 'no-such-program', debianPackage: 'no-such-package' };
    const starting = startProgram({ program, args: [], limits: ample, searchPath });
    await expect(starting).rejects.toThrow(
      'The program no-such-program is missing on this node. On Debian it is in the package no-such-package.',
    );
  });

  test('is not looked for in folders relative to wherever the service was started', async () => {
    const starting = startProgram({ program: shell, args: [], limits: ample, searchPath: '.:bin:' });
    await expect(starting).rejects.toThrow('The program sh is missing');
  });
});

describe('a program that ended by a signal', () => {
  const end: ProgramEnd = { exitCode: null, signal: 'SIGKILL', errorText: '', outOfTime: false };
  test.each<[string, Partial<ProgramEnd>, string]>([
    ['SIGKILL, as for want of memory', {}, 'unavailable'],
    ['SIGTERM, as from an operator', { signal: 'SIGTERM' }, 'unavailable'],
    ['SIGSEGV, as on bad data', { signal: 'SIGSEGV' }, 'none'],
    ['no signal', { signal: null, exitCode: 1 }, 'none'],
    ['SIGKILL of ours', { outOfTime: true }, 'none'],
    ['no signal, for it never ran', { signal: null, exitCode: 1, errorText: 'prlimit: failed to set' }, 'unavailable'],
  ])('%s: %s', (_, change, code) => {
    const rule = (): void => {
      const failure = outsideFailure({ ...end, ...change }, 'xz');
      if (failure !== null) throw failure;
    };
    expect(errorCodeOf(rule)).toBe(code);
  });
});
