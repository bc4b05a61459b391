import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAuditFile } from './audit-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'audit-file-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function linesOf(path: string): readonly unknown[] {
  const text = readFileSync(path, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe('An audit file', () => {
  test('has the records of all times, in order, each in a line; others may not read it', async () => {
    const path = join(root, 'deep', 'audit.log');
    for (const round of [0, 1]) {
      const file = openAuditFile(path, () => undefined);
      for (let number = 0; number < 500; number++) file.record({ round, number, text: 'a\nb' });
      await file.close();
    }
    expect(linesOf(path)).toEqual(
      [0, 1].flatMap((round) => Array.from({ length: 500 }, (_, number) => ({ round, number, text: 'a\nb' }))),
    );
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  test('is opened anew after it was moved away', async () => {
    const path = join(root, 'audit.log');
    const file = openAuditFile(path, () => undefined);
    file.record({ number: 1 });
    await expect.poll(() => readFileSync(path, 'utf8'), { timeout: 20_000 }).toContain('1');
    renameSync(path, `${path}.1`);
    file.reopen();
    await expect.poll(() => statSync(path, { throwIfNoEntry: false })?.isFile(), { timeout: 20_000 }).toBe(true);
    file.record({ number: 2 });
    await file.close();
    expect([linesOf(`${path}.1`), linesOf(path)]).toEqual([[{ number: 1 }], [{ number: 2 }]]);
    expect([`${path}.1`, path].map((each) => statSync(each).mode & 0o007)).toEqual([0, 0]);
  });

  test('that cannot be written is an error at once, with its name', () => {
    writeFileSync(join(root, 'file'), '');
    const path = join(root, 'file', 'audit.log');
    expect(() => openAuditFile(path, () => undefined)).toThrow(`The audit file ${path} cannot be written: `);
  });

  test('takes no more records once it is closed', async () => {
    const problems: string[] = [];
    const path = join(root, 'audit.log');
    const file = openAuditFile(path, (problem) => problems.push(problem));
    file.record({ number: 1 });
    await file.close();
    file.record({ number: 2 });
    expect(linesOf(path)).toEqual([{ number: 1 }]);
    expect(problems).toEqual([expect.stringContaining('lost so far: 1')]);
  });

  test('that stands still takes so much memory and no more, and does not keep anybody from ending', async () => {
    const problems: string[] = [];
    const path = join(root, 'pipe');
    execFileSync('mkfifo', [path]);
    // Reads nothing, so that a write waits once the pipe is full.
    const reader = openSync(path, constants.O_RDWR);
    const file = openAuditFile(path, (problem) => problems.push(problem));
    const text = 'x'.repeat(1024 * 1024);
    for (let number = 0; number < 32; number++) file.record({ number, text });
    expect(problems).toEqual([expect.stringContaining('lost so far: 1')]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const closed = file.close();
      await vi.advanceTimersByTimeAsync(60_000);
      await closed;
    } finally {
      vi.useRealTimers();
      closeSync(reader);
    }
  });

  test('on a device that is full loses records, says so once, and takes nothing along', async () => {
    const problems: string[] = [];
    const file = openAuditFile('/dev/full', (problem) => problems.push(problem));
    for (let number = 0; number < 10; number++) file.record({ number });
    await expect.poll(() => problems, { timeout: 20_000 }).toEqual([expect.stringContaining('/dev/full')]);
    await file.close();
    expect(problems).toHaveLength(1);
  });
});
