import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Revocations } from './revocations.ts';

async function temporaryPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'revocations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, 'revoked-tokens.json');
}

describe('Revocations', () => {
  test('remembers a revoked token over a restart, in a private file', async () => {
    const path = await temporaryPath();
    await new Revocations(path).revoke({ auditId: 'a', issuedAtMs: 5, keepUntilMs: 100 }, 10);
    const reopened = new Revocations(path);
    expect(reopened.isRevoked({ auditId: 'a', issuedAtMs: 5 })).toBe(true);
    expect(reopened.isRevoked({ auditId: 'b', issuedAtMs: 5 })).toBe(false);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('forgets tokens that are of no use any more', async () => {
    const path = await temporaryPath();
    const revocations = new Revocations(path);
    await revocations.revoke({ auditId: 'old', issuedAtMs: 5, keepUntilMs: 100 }, 10);
    await revocations.revoke({ auditId: 'new', issuedAtMs: 150, keepUntilMs: 300 }, 200);
    expect(await readFile(path, 'utf8')).not.toContain('old');
  });

  test('when full, counts everything issued up to the middle one as revoked instead of forgetting', async () => {
    const path = await temporaryPath();
    const revocations = new Revocations(path, 4);
    for (const issuedAtMs of [30, 10, 50, 20, 40]) {
      await revocations.revoke({ auditId: `at ${issuedAtMs}`, issuedAtMs, keepUntilMs: 1000 }, 60);
    }
    for (const opened of [revocations, new Revocations(path, 4)]) {
      for (const issuedAtMs of [10, 20, 30, 40, 50]) {
        expect(opened.isRevoked({ auditId: `at ${issuedAtMs}`, issuedAtMs })).toBe(true);
      }
      expect(opened.isRevoked({ auditId: 'other', issuedAtMs: 30 })).toBe(true);
      expect(opened.isRevoked({ auditId: 'other', issuedAtMs: 31 })).toBe(false);
    }
  });

  test.each(['', '{', '[]', '{"issued_up_to": 0, "tokens": [1]}'])(
    'refuses to start on a damaged file: %s',
    async (text) => {
      const path = await temporaryPath();
      await writeFile(path, text);
      expect(() => new Revocations(path)).toThrow(/damaged/);
    },
  );
});
